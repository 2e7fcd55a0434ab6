"""Near misses: openings of the right type close by that break a hard rule, and which."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from matching.candidates import ANYWHERE, AREA, RADIUS, Places, by_type, everybody, in_areas
from matching.distance import between, within
from matching.eligibility import Pairs, Rule, failed_rules
from matching.params import Params
from matching.problem import Problem
from matching.result import NearFailing

Rows = NDArray[np.int32]


def misses(problem: Problem, params: Params, lonely: NDArray[np.bool_]) -> NearFailing:
    """The `near_kept` failing pairs of each need that break the fewest rules, nearest first.

    Near means: within `near_km` of the opening's reach (its radius, its areas, or everywhere). For needs that
    are `lonely` (bool[n]: nothing fits them) every opening of the type is near.
    """
    places = Places.of(problem)
    kept = [
        _fewest(Pairs(problem, need, opening, km), params.near_kept)
        for need, opening, km in _near(places, params, lonely)
    ]
    if not kept:
        none = np.zeros(0, dtype=np.int32)
        return NearFailing(none, none, none.astype(np.uint32), none.astype(np.float32))
    need, opening, mask, km = (np.concatenate(column) for column in zip(*kept, strict=True))
    order = np.argsort(need, kind="stable")
    return NearFailing(need[order], opening[order], mask[order], km[order])


def _near(
    places: Places, params: Params, lonely: NDArray[np.bool_]
) -> Iterator[tuple[Rows, Rows, NDArray[np.float32]]]:
    radius = places.problem.openings.radius_km
    for needs, openings in by_type(places.problem, useful_only=False):
        alone, others = needs[lonely[needs]], needs[~lonely[needs]]
        located = others[~np.isnan(places.here[others, 0])]
        reach = places.reach[openings]
        beyond = openings[(reach == RADIUS) | (reach == AREA) & ~np.isnan(places.there[openings, 0])]
        found = [everybody(alone, openings), everybody(others, openings[reach == ANYWHERE])]
        found.append(in_areas(places.problem, others, openings[reach == AREA]))
        if len(located) and len(beyond):
            limit = params.near_km + np.where(places.reach[beyond] == RADIUS, radius[beyond], 0.0)
            rows, cols, _ = within(places.here[located], places.there[beyond], limit)
            found.append((located[rows], beyond[cols]))
        need, opening = (np.concatenate(column) for column in zip(*found, strict=True))
        if len(need):
            key = np.unique(need.astype(np.int64) * len(places.problem.openings) + opening)
            need, opening = (column.astype(np.int32) for column in np.divmod(key, len(places.problem.openings)))
            yield need, opening, between(places.here[need], places.there[opening])


def _fewest(pairs: Pairs, most: int) -> tuple[Rows, Rows, NDArray[np.uint32], NDArray[np.float32]]:
    mask = failed_rules(pairs)
    broken = np.flatnonzero(mask & ~np.uint32(Rule.NO_PLACES))
    need, mask, km = pairs.need[broken], mask[broken], pairs.km[broken]
    order = np.lexsort((km, np.bitwise_count(mask), need))
    need = need[order]
    first = np.searchsorted(need, need)
    order = order[np.arange(len(order)) - first < most]
    rows = broken[order]
    return pairs.need[rows], pairs.opening[rows], mask[order], pairs.km[rows]
