"""Which openings a need could go to: every feasible pair is found, the cheapest few are kept.

Openings fall into three classes by how they reach people: within a radius, in named areas, anywhere. Each
class has its own way of finding pairs fast (a k-d tree, sorted intervals, all). The k cheapest of each class
are kept for each need, so that a town's hotline does not crowd out the neighbour; the others are remembered
with their cost alone, and priced after the solve.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching import scoring
from matching.distance import between, unit_vectors, within
from matching.eligibility import Pairs, feasible
from matching.params import COST_CAP, Params
from matching.problem import Problem
from matching.result import PARTS, Candidates

CHUNK = 1 << 20
"""Pairs tested at a time, about: bounds the memory of a round."""
RADIUS, AREA, ANYWHERE = range(3)

Rows = NDArray[np.int32]
Found = tuple[Rows, Rows, NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class Left:
    """Feasible pairs not kept: rows and cost."""

    need: Rows
    opening: Rows
    cost: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.need)


@dataclass(frozen=True, eq=False)
class Places:
    """The problem with its places as unit vectors and each opening's class of reach."""

    problem: Problem
    here: NDArray[np.float64]
    there: NDArray[np.float64]
    reach: NDArray[np.int8]

    @classmethod
    def of(cls, problem: Problem) -> Places:
        """Where everybody is."""
        openings = problem.openings
        there = unit_vectors(openings.latitude, openings.longitude)
        has_radius = ~np.isnan(openings.radius_km) & ~np.isnan(there[:, 0])
        has_area = np.diff(openings.area_ptr) > 0
        reach = np.where(has_radius, RADIUS, np.where(has_area, AREA, ANYWHERE)).astype(np.int8)
        return cls(problem, unit_vectors(problem.needs.latitude, problem.needs.longitude), there, reach)


def find(problem: Problem, params: Params, seconds: dict[str, float] | None = None) -> tuple[Candidates, Left]:
    """All feasible pairs of the problem, as the candidates kept and the pairs left."""
    from time import perf_counter

    spent = {"candidates": 0.0, "scores": 0.0} if seconds is None else seconds
    places = Places.of(problem)
    kept: list[tuple[NDArray[np.int64], Pairs, NDArray[np.int16]]] = []
    left = []
    clock = perf_counter()
    for found in _chunks(places):
        pairs = found
        spent["candidates"] = spent.get("candidates", 0.0) + perf_counter() - clock
        clock = perf_counter()
        parts = scoring.score(pairs, params)
        cost = parts.sum(axis=0, dtype=np.int16)
        spent["scores"] = spent.get("scores", 0.0) + perf_counter() - clock
        clock = perf_counter()
        keep = _cheapest(places, pairs, cost, params.nearest_per_class)
        if not keep.all():
            left.append(Left(pairs.need[~keep], pairs.opening[~keep], cost[~keep]))
            pairs, parts, cost = pairs.where(keep), parts[:, keep], cost[keep]
        kept.append((_rank(problem, pairs, cost), pairs, parts))
    candidates = _sorted(problem, kept)
    spent["candidates"] = spent.get("candidates", 0.0) + perf_counter() - clock
    return candidates, _join(left)


def extended(problem: Problem, params: Params, candidates: Candidates, need: Rows, opening: Rows) -> Candidates:
    """The candidates with these feasible pairs taken in."""
    places = Places.of(problem)
    more = Pairs(problem, need, opening, between(places.here[need], places.there[opening]))
    parts = scoring.score(more, params)
    cost = parts.sum(axis=0, dtype=np.int16)
    rank = _rank(problem, more, cost)
    order = np.argsort(rank)
    old = Pairs(problem, candidates.need(), candidates.opening, candidates.distance_km)
    at = np.searchsorted(_rank(problem, old, candidates.cost), rank[order])
    counts = np.diff(candidates.ptr) + np.bincount(need, minlength=len(problem.needs))
    return Candidates(
        ptr=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        opening=np.insert(candidates.opening, at, opening[order]),
        cost=np.insert(candidates.cost, at, cost[order]),
        parts=np.insert(candidates.parts, at, parts.T[order], axis=0),
        distance_km=np.insert(candidates.distance_km, at, more.km[order]),
    )


def _rank(problem: Problem, pairs: Pairs, cost: NDArray[np.int16]) -> NDArray[np.int64]:
    """int64[k]: sorts by need, then cost, then opening."""
    span = (COST_CAP + 1) * max(len(problem.openings), 1)
    if span * max(len(problem.needs), 1) >= 2**62:
        raise OverflowError("too many needs and openings for one round; split it by city")
    return (pairs.need.astype(np.int64) * (COST_CAP + 1) + cost) * max(len(problem.openings), 1) + pairs.opening


def _sorted(problem: Problem, found: list[tuple[NDArray[np.int64], Pairs, NDArray[np.int16]]]) -> Candidates:
    n = len(problem.needs)
    if not found:
        none = np.zeros(0, dtype=np.int32)
        found = [
            (
                np.zeros(0, np.int64),
                Pairs(problem, none, none, none.astype(np.float32)),
                np.zeros((len(PARTS), 0), np.int16),
            )
        ]
    order = np.argsort(np.concatenate([rank for rank, _, _ in found]))
    need = np.concatenate([pairs.need for _, pairs, _ in found])
    parts = np.concatenate([part.T for _, _, part in found])[order]
    return Candidates(
        ptr=np.concatenate([[0], np.cumsum(np.bincount(need, minlength=n))]).astype(np.int64),
        opening=np.concatenate([pairs.opening for _, pairs, _ in found])[order],
        cost=parts.sum(axis=1, dtype=np.int16),
        parts=parts,
        distance_km=np.concatenate([pairs.km for _, pairs, _ in found])[order],
    )


def _cheapest(places: Places, pairs: Pairs, cost: NDArray[np.int16], k: int) -> NDArray[np.bool_]:
    """bool[pairs]: among the k cheapest of their need and class."""
    group = pairs.need.astype(np.int64) * 3 + places.reach[pairs.opening]
    base = int(group.min(initial=0))
    sizes = np.bincount(group - base)
    crowded = sizes[group - base] > k
    keep: NDArray[np.bool_] = ~crowded
    rows = np.flatnonzero(crowded)
    if len(rows):
        m = len(places.problem.openings)
        key = (group[rows] * (COST_CAP + 1) + cost[rows]) * m + pairs.opening[rows]
        rows = rows[np.argsort(key)]
        first = np.concatenate([[True], np.diff(group[rows]) > 0])
        start = np.flatnonzero(first)[np.cumsum(first) - 1]
        keep[rows[np.arange(len(rows)) - start < k]] = True
    return keep


def _join(left: list[Left]) -> Left:
    if not left:
        none = np.zeros(0, dtype=np.int32)
        return Left(none, none, none.astype(np.int16))
    return Left(
        np.concatenate([part.need for part in left]),
        np.concatenate([part.opening for part in left]),
        np.concatenate([part.cost for part in left]),
    )


def _chunks(places: Places) -> Iterator[Pairs]:
    """Feasible pairs, a bounded number at a time; all pairs of a need come in one chunk."""
    gathered: list[Found] = []
    size = 0
    for need_rows, opening_rows in by_type(places.problem, useful_only=True):
        for found in _pairs_of_type(places, need_rows, opening_rows):
            gathered.append(found)
            size += len(found[0])
        if size >= CHUNK:
            yield _tested(places, gathered)
            gathered, size = [], 0
    if size:
        yield _tested(places, gathered)


def _tested(places: Places, gathered: list[Found]) -> Pairs:
    need, opening, km = (np.concatenate(column) for column in zip(*gathered, strict=True))
    return feasible(Pairs(places.problem, need, opening, km))


def by_type(problem: Problem, *, useful_only: bool) -> Iterator[tuple[Rows, Rows]]:
    """For each service type the rows of its needs (in blocks of at most `CHUNK` pairs) and its openings.

    With `useful_only` openings that take nobody at all (closed, no licence) are left out.
    """
    openings = problem.openings
    useful = openings.accepting & openings.licence_valid if useful_only else np.ones(len(openings), np.bool_)
    rows = np.flatnonzero(useful).astype(np.int32)
    rows = rows[np.argsort(openings.service_type[rows], kind="stable")]
    kinds = openings.service_type[rows]
    need_order = np.argsort(problem.needs.service_type, kind="stable").astype(np.int32)
    need_kinds = problem.needs.service_type[need_order]
    for kind in np.intersect1d(kinds, need_kinds):
        mine = rows[np.searchsorted(kinds, kind) : np.searchsorted(kinds, kind, side="right")]
        theirs = need_order[np.searchsorted(need_kinds, kind) : np.searchsorted(need_kinds, kind, side="right")]
        step = max(1, CHUNK // len(mine))
        for start in range(0, len(theirs), step):
            yield theirs[start : start + step], mine


def _pairs_of_type(places: Places, needs: Rows, openings: Rows) -> Iterator[Found]:
    reach = places.reach[openings]
    yield from _in_radius(places, needs, openings[reach == RADIUS])
    for rows, cols in (
        in_areas(places.problem, needs, openings[reach == AREA]),
        everybody(needs, openings[reach == ANYWHERE]),
    ):
        if len(rows):
            yield rows, cols, between(places.here[rows], places.there[cols])


def _in_radius(places: Places, needs: Rows, openings: Rows) -> Iterator[Found]:
    if not len(openings):
        return
    located = ~np.isnan(places.here[needs, 0])
    lost = needs[~located]
    if len(lost):  # a radius cannot be held against a person whose place is unknown
        rows, cols = everybody(lost, openings)
        yield rows, cols, np.full(len(rows), np.nan, dtype=np.float32)
    found = needs[located]
    if len(found):
        rows, cols, km = within(places.here[found], places.there[openings], places.problem.openings.radius_km[openings])
        yield found[rows], openings[cols], km


def in_areas(problem: Problem, needs: Rows, openings: Rows) -> tuple[Rows, Rows]:
    """Pairs whose need lies in one of the opening's closed intervals of codes, each once."""
    order = np.argsort(problem.needs.area[needs], kind="stable")
    codes = problem.needs.area[needs][order]
    start, stop = problem.openings.area_ptr[openings], problem.openings.area_ptr[openings + 1]
    counts = stop - start
    owner = np.repeat(np.arange(len(openings)), counts)
    which = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(start, counts)
    low, high = problem.openings.area_ranges[which].T
    first = np.searchsorted(codes, low)
    hits = np.maximum(np.searchsorted(codes, high, side="right") - first, 0)
    cols = np.repeat(owner, hits)
    at = np.arange(len(cols)) - np.repeat(np.cumsum(hits) - hits, hits) + np.repeat(first, hits)
    key = order[at] * max(len(openings), 1) + cols
    if len(which) > len(openings):  # intervals of one opening may overlap
        key = distinct(key)
    rows, cols = np.divmod(key, max(len(openings), 1))
    return needs[rows], openings[cols]


def distinct(key: NDArray[np.int64]) -> NDArray[np.int64]:
    """The different numbers among these, in order. Sorting whole numbers is several times faster than hashing them."""
    key = np.sort(key)
    first: NDArray[np.bool_] = np.concatenate([np.ones(min(len(key), 1), np.bool_), key[1:] != key[:-1]])
    return np.asarray(key[first])


def everybody(needs: Rows, openings: Rows) -> tuple[Rows, Rows]:
    """Every pair of these needs and openings."""
    return np.repeat(needs, len(openings)), np.tile(openings, len(needs))
