"""Near misses: openings of the right type close by that break a hard rule, and which."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from matching.candidates import ANYWHERE, AREA, RADIUS, Places, by_type, distinct, everybody, in_areas
from matching.distance import between, within
from matching.eligibility import Pairs, Rule, failed_rules
from matching.params import Params
from matching.problem import Problem
from matching.result import NearFailing

Rows = NDArray[np.int32]
TAKEN = np.int64(1) << 62


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
            key = distinct(need.astype(np.int64) * len(places.problem.openings) + opening)
            need, opening = (column.astype(np.int32) for column in np.divmod(key, len(places.problem.openings)))
            yield need, opening, between(places.here[need], places.there[opening])


def _fewest(pairs: Pairs, most: int) -> tuple[Rows, Rows, NDArray[np.uint32], NDArray[np.float32]]:
    """Of pairs sorted by need: need, opening, broken rules and distance of the failing ones kept for each."""
    mask = failed_rules(pairs)
    broken = np.flatnonzero(mask & ~np.uint32(Rule.NO_PLACES))
    need, mask, km = pairs.need[broken], mask[broken], pairs.km[broken]
    first = np.flatnonzero(np.concatenate([np.ones(min(len(need), 1), np.bool_), need[1:] != need[:-1]]))
    counts = np.diff(np.append(first, len(need)))
    # Kilometres of 0 or more are ordered as the whole numbers their bits spell; unknown ones come last.
    far = np.where(np.isnan(km), np.float32(np.inf), km).view(np.int32)
    merit = (np.bitwise_count(mask).astype(np.int64) << 32) + far
    taken: list[NDArray[np.int64]] = []
    for _ in range(min(most, int(counts.max(initial=0)))):
        least = np.minimum.reduceat(merit, first)
        hits = np.flatnonzero(merit == np.repeat(least, counts))
        rows = hits[np.searchsorted(hits, first)][least < TAKEN]  # of equal ones the first
        merit[rows] = TAKEN
        taken.append(rows)
    rows = np.concatenate(taken) if taken else first[:0]
    return need[rows], pairs.opening[broken[rows]], mask[rows], km[rows]
