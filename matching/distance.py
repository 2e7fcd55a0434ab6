"""Great-circle distances on a sphere, and who lies within reach of whom.

Places are kept as unit vectors: straight-line distance between them is monotone in the great-circle one,
so a k-d tree finds neighbours on the sphere without any projection.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

EARTH_KM = 6371.0088
"""Mean radius of the Earth (IUGG)."""
HALF_WAY_ROUND_KM = np.pi * EARTH_KM
SMALL = 4096
"""Below so many pairs a tree costs more than it saves."""

Points = NDArray[np.float64]
Rows = NDArray[np.int32]
Km = NDArray[np.float32]


def unit_vectors(latitude: ArrayLike, longitude: ArrayLike) -> Points:
    """float64[n, 3]: points on the unit sphere from degrees; NaN where a place is unknown."""
    phi, lam = np.radians(latitude), np.radians(longitude)
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=-1)


def arc_km(chord: ArrayLike) -> Km:
    """float32: kilometres along the sphere for straight distances on the unit sphere."""
    half = np.minimum(np.asarray(chord, dtype=np.float64) / 2, 1.0)
    return (2 * EARTH_KM * np.arcsin(half)).astype(np.float32)


def between(here: Points, there: Points) -> Km:
    """float32[k]: kilometres from here[k] to there[k]; NaN where either is unknown."""
    return arc_km(np.sqrt(np.square(here - there).sum(axis=1)))


def within(here: Points, there: Points, reach_km: NDArray[np.float64]) -> tuple[Rows, Rows, Km]:
    """Pairs (row of `here`, row of `there`, km) no farther apart than `reach_km[row of there]`.

    Every point must be known. Rows are grouped by reach in powers of two, so that one far-reaching
    service does not make the search wide for all.
    """
    if len(here) * len(there) <= SMALL:
        rows, cols = _product(len(here), len(there))
        km = between(here[rows], there[cols])
        keep = km <= reach_km[cols]
        return rows[keep], cols[keep], km[keep]
    tree = cKDTree(here)
    found = []
    band = np.frexp(np.maximum(reach_km, 1e-3))[1]
    for step in np.unique(band):
        members = np.flatnonzero(band == step).astype(np.int32)
        widest = min(float(reach_km[members].max()), HALF_WAY_ROUND_KM)
        chord = 2 * np.sin(widest / (2 * EARTH_KM)) * (1 + 1e-9) + 1e-12
        near = tree.sparse_distance_matrix(cKDTree(there[members]), chord, output_type="ndarray")
        km = arc_km(near["v"])
        cols = members[near["j"]]
        keep = km <= reach_km[cols]
        found.append((near["i"][keep].astype(np.int32), cols[keep], km[keep]))
    rows, cols, km = (np.concatenate(column) for column in zip(*found, strict=True))
    return rows, cols, km


def _product(n: int, m: int) -> tuple[Rows, Rows]:
    return np.repeat(np.arange(n, dtype=np.int32), m), np.tile(np.arange(m, dtype=np.int32), n)
