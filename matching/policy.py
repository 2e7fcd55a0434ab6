"""What other weights would have brought, from rounds in which chance decided among near-ties, with a known chance.

Each row is a need for which a coin fell: which of its places it got, with which chance (propensity), what came of it
(1 or 0), and how likely the changed weights would have taken that same place. Rows count as much more as the changed
weights would have taken their place more often: that makes up for what was not tried.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST_ROWS = 100
"""Fewer outcomes of coins are no evidence."""
LEAST_EFFECTIVE = 50
"""Rows that the weighted rows are worth; fewer, and few of them decide everything."""
SURE = 1.96
"""Standard errors to either side: 95 %."""

Column = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Logged:
    """Decisions by chance, as parallel columns."""

    propensity: Column
    """Chance with which the place was taken, above 0."""
    target: Column
    """Chance with which the changed weights take it."""
    reward: Column
    """What came of it, 0 or 1."""
    guess: Column
    """What was expected of the place taken, 0..1."""
    guess_target: Column
    """What was expected of the places that the changed weights take, on average."""

    def __len__(self) -> int:
        return len(self.reward)


@dataclass(frozen=True)
class Value:
    """An estimate with its interval of 95 %."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, mean: float, error: float) -> Value:
        """The value with its interval, kept between 0 and 1."""
        low, high = mean - SURE * error, mean + SURE * error
        return cls(*(float(np.clip(one, 0.0, 1.0)) for one in (mean, low, high)))


@dataclass(frozen=True)
class Estimate:
    """What the changed weights would have brought on these rows."""

    rows: int
    effective: float
    """Rows that the weighted rows are worth."""
    now: Value
    """What came of what was done."""
    ips: Value
    """Rows weighted by how much more often the changed weights take them: right on average, and rough."""
    snips: Value
    """The same, divided by the sum of the weights: steadier, a little off where rows are few."""
    doubly_robust: Value
    """What was expected, mended by what came: right where the chances or the expectations are."""
    gain: float
    """Doubly robust, less what came of what was done."""
    gain_error: float
    """Standard error of the gain."""


def weigh(logged: Logged) -> Estimate | str:
    """The estimate, or why there is none: `no_draws`, `too_few`, `too_thin`.

    Raises:
        ValueError: a chance of 0 was logged: then the place could not have been taken.
    """
    drawn = logged.propensity < 1
    if not drawn.any():
        return "no_draws"
    if len(logged) < LEAST_ROWS or int(drawn.sum()) < LEAST_ROWS:
        return "too_few"
    if float(logged.propensity.min()) <= 0:
        raise ValueError("a place was taken that had no chance")
    weight = logged.target / logged.propensity
    total = float(weight.sum())
    effective = total**2 / float(np.square(weight).sum()) if total else 0.0
    if effective < LEAST_EFFECTIVE:
        return "too_thin"
    reward, rows = logged.reward, len(logged)

    def mean(values: Column) -> Value:
        return Value.of(float(values.mean()), float(values.std(ddof=1)) / np.sqrt(rows))

    steady = float((weight * reward).sum()) / total
    robust = logged.guess_target + weight * (reward - logged.guess)
    gain = robust - reward
    return Estimate(
        rows=rows,
        effective=effective,
        now=mean(reward),
        ips=mean(weight * reward),
        snips=Value.of(steady, float(np.sqrt(np.square(weight * (reward - steady)).sum())) / total),
        doubly_robust=mean(robust),
        gain=float(gain.mean()),
        gain_error=float(gain.std(ddof=1)) / float(np.sqrt(rows)),
    )


def rescaled(parts: NDArray[np.float64], before: NDArray[np.float64], after: NDArray[np.float64]) -> Column:
    """float64[k]: the cost of pairs under other weights, from their parts (float64[k, p]) under those of their round.

    Each part is in proportion to its weight; one whose weight was 0 tells nothing and stays 0.
    """
    scale = np.divide(after, before, out=np.zeros(len(before)), where=before > 0)
    return np.asarray(parts @ scale, dtype=np.float64)


def prefers(cost: Column, other: Column) -> Column:
    """float64[k]: chance that the cheaper of two places is the first; a half where they cost the same."""
    return np.where(cost < other, 1.0, np.where(cost > other, 0.0, 0.5))
