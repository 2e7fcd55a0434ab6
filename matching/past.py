"""What was known at a moment: counts over a past in which every fact carries the moment it became known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.int32]
Moments = NDArray[np.float64]
"""Seconds; NaN = not known yet."""


class Known:
    """Facts of keys (a provider, a service), each with a value and the moment since when it is known."""

    def __init__(self, keys: Keys, moments: Moments, values: NDArray[np.float64] | None = None) -> None:
        """Sort the facts; those whose moment is NaN are left out."""
        kept = np.flatnonzero(~np.isnan(moments))
        order = kept[np.lexsort((moments[kept], keys[kept]))]
        self.keys = keys[order].astype(np.int64)
        self.moments = moments[order]
        worth = np.ones(len(order)) if values is None else values[order].astype(np.float64)
        self.total = np.concatenate([[0.0], np.cumsum(worth)])

    def before(self, keys: Keys, at: Moments) -> NDArray[np.float64]:
        """float64[k]: the sum of the values of each key's facts known strictly before each moment."""
        grid = np.unique(np.concatenate([self.moments, at]))
        width = len(grid) + 1
        line = self.keys * width + np.searchsorted(grid, self.moments)
        first = np.searchsorted(line, keys.astype(np.int64) * width)
        last = np.searchsorted(line, keys.astype(np.int64) * width + np.searchsorted(grid, at))
        return np.asarray(self.total[last] - self.total[first])

    def within(self, keys: Keys, at: Moments, seconds: float) -> NDArray[np.float64]:
        """float64[k]: the same for facts of the last `seconds` before each moment alone."""
        return self.before(keys, at) - self.before(keys, at - seconds)


def shrunken(hits: NDArray[np.float64], of: NDArray[np.float64], usual: float, strength: float) -> NDArray[np.float64]:
    """float64[k]: shares of hits, drawn towards what is usual as if `strength` more facts had shown it (beta prior)."""
    return (hits + strength * usual) / (of + strength)
