"""Fairness between groups: how many of each must be served, and what that asks of the plan.

A need that stays unmet goes to the pool of its group, an opening with as many places as the floor leaves and a
cost of what staying unmet costs. So a plan with floors is a flow like any other: prices, proof, gains, losses and
chains stay exact, with the pools among the openings. Whoever finds no place in the pool either is a shortfall,
dearer than everything that can be moved to avoid it.

What is kept, and why. The needs that can be served together are the independent sets of a matroid. Whatever
satisfies the floors can be added to until nothing more can, so **as many people in all are served as without
floors**, always. Under floors that can be reached (else: with the least shortfall) the most of tier 1 are served,
then of tier 2 and so on, then the points are the fewest, as long as `ratio` is at least the number of pools + 2:
a way to better the plan passes each pool once, so it changes at most D + 1 needs for D + 1 others, and the penalties
`B * ratio ** (T - t)` outweigh them. Where so large numbers do not fit into 62 bits the largest ratio that fits is
taken, and one need of a tier counts as `ratio` of the next.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python.max_flow import SimpleMaxFlow

from matching.flow import LIMIT, Overflow
from matching.graph import Graph
from matching.params import Params
from matching.problem import Problem
from matching.transport import tier_base

Ints = NDArray[np.int64]
Rows = NDArray[np.int32]
MILLE = 1000
ROOM = LIMIT >> 6
"""For costs times nodes; the solver's potentials rise some way above them."""


@dataclass(frozen=True, eq=False)
class Pools:
    """Where the unmet needs of each group go, one pool a group."""

    group: Rows
    """int32[n]: the pool of each need; -1 none"""
    places: Ints
    """int64[D]: how many of each group may stay unmet"""
    penalty: Ints
    """int64[n]: what staying unmet costs, in the pool"""
    beyond: int
    """What it costs more beyond the pool: a shortfall"""
    base: int
    """B: more than any change of pairs costs"""
    ratio: int
    """One need of a tier counts as so many of the next"""
    share: int
    """Per mille asked of every group"""
    reachable: Ints
    """int64[D]: how many of each group could be served if there were nobody else"""

    @property
    def lexicographic(self) -> bool:
        """A more urgent need outweighs whatever number of less urgent ones."""
        return self.ratio >= len(self.places) + 2

    def graph(self, plain: Graph) -> Graph:
        """The graph with a pool for each group behind its openings, and a pair to it behind the pairs of each need."""
        has = self.group >= 0
        ends, pool = plain.ptr[1:][has], (plain.m + self.group[has]).astype(np.int32)
        return Graph(
            ptr=plain.ptr + np.concatenate([[0], np.cumsum(has)]),
            opening=np.insert(plain.opening, ends, pool),
            cost=np.insert(plain.cost, ends, self.penalty[has]),
            places=np.concatenate([plain.places, self.places]),
            penalty=np.where(has, self.penalty + self.beyond, self.penalty),
        )

    def plain(self, pooled: Graph) -> Graph:
        """The graph again without pools; a need's penalty is what it pays for staying unmet in its pool."""
        m = pooled.m - len(self.places)
        real = pooled.opening < m
        ptr = pooled.ptr - np.concatenate([[0], np.cumsum(self.group >= 0)])
        return Graph(ptr, pooled.opening[real], pooled.cost[real], pooled.places[:m], self.penalty)

    def stakes(self, prices: Ints) -> Ints:
        """int64[n]: what staying unmet costs each need, the price of a place in its pool (int64[D]) in it."""
        return np.asarray(self.penalty + np.append(prices, 0)[self.group])

    def without(self, chosen: Ints, plain: Graph) -> Ints:
        """int64[n]: the pairs chosen in `graph(plain)` as pairs of `plain`; -1 unmet, in a pool or beyond it."""
        has = self.group >= 0
        pair = chosen - (np.cumsum(has) - has)
        return np.where((chosen >= 0) & (pair < plain.ptr[1:]), pair, -1)


def wanted(problem: Problem, params: Params) -> bool:
    """Whether the round is asked to be fair between groups that it knows."""
    return problem.groups > 0 and (params.fair_share or params.fair_floor > 0)


def pools(problem: Problem, params: Params, reach: Reach, served: Ints, tiers: int) -> Pools:
    """The pools that leave each group its floor: `fair_floor` of it, or the highest share all can have at once.

    `served` counts each group in some plan (int64[G]).

    Raises:
        flow.Overflow: the problem is too large for exact 64-bit sums.
    """
    groups, group = problem.groups, problem.needs.group
    size, alone = count(group, groups), reach.alone()
    share = reach.highest_share(size, alone, served) if params.fair_share else params.fair_floor
    floors = share_of(size, share)
    if params.fair_share:
        floors = np.minimum(floors, alone)
    base = tier_base(len(problem.openings), groups)  # through its pool a need of one service moves one of another
    nodes = len(problem.needs) + len(problem.openings) + groups + 2
    found = pools_of(group, size - floors, problem.needs.tier, tiers, base, nodes)
    return replace(found, share=share, reachable=alone)


def pools_of(  # noqa: PLR0917
    group: Rows, places: Ints, tier: NDArray[np.int8], tiers: int, base: int, nodes: int
) -> Pools:
    """The pools with so many places (int64[D]), and what staying unmet costs in them and beyond, in a flow of so many
    nodes."""
    groups = len(places)
    ratio = _ratio(nodes, groups, tiers, base)
    weight = base * np.array([ratio**step for step in range(tiers)], dtype=np.int64)
    penalty = weight[tiers - tier.astype(np.int64)]
    return Pools(group, places, penalty, (groups + 2) * int(weight[-1]), base, ratio, 0, places)


def _ratio(nodes: int, groups: int, tiers: int, base: int) -> int:
    """The largest ratio up to groups + 2 whose costs the solver takes at this size, 2 or more."""
    for ratio in range(groups + 2, 1, -1):
        if (groups + 3) * base * ratio ** (tiers - 1) * nodes < ROOM:
            return ratio
    raise Overflow(f"{nodes} needs, openings and groups in {tiers} tiers")


def count(group: Rows, groups: int) -> Ints:
    """int64[G]: how many of each group; -1 is nobody's."""
    return np.bincount(group[group >= 0], minlength=groups).astype(np.int64)


def share_of(size: Ints, share: int) -> Ints:
    """int64[G]: the fewest people that are `share` per mille of a group, rounded up."""
    return -(-size * share // MILLE)


@dataclass(frozen=True, eq=False)
class Reach:
    """All feasible pairs, to ask what floors can be reached. Only counts matter here, no points."""

    need: Rows
    opening: Rows
    places: Ints
    group: Rows
    groups: int

    def alone(self) -> Ints:
        """int64[G]: how many of each group could be served if there were nobody else."""
        mine = self.group[self.need] >= 0
        need, group = self.need[mine].astype(np.int64), self.group[self.need[mine]].astype(np.int64)
        m = len(self.places)
        own, at = np.unique(
            group * m + self.opening[mine], return_inverse=True
        )  # each group has the openings to itself
        flow = SimpleMaxFlow()
        n = len(self.group)
        source, sink = n + len(own), n + len(own) + 1
        rows = np.unique(need)
        starts = _arcs(flow, np.full(len(rows), source), rows, np.ones(len(rows), np.int64))
        _arcs(flow, need, n + at, np.ones(len(need), np.int64))
        _arcs(flow, n + np.arange(len(own)), np.full(len(own), sink), self.places[own % max(m, 1)])
        if not len(rows):
            return np.zeros(self.groups, dtype=np.int64)
        flow.solve(source, sink)
        served = rows[np.asarray(flow.flows(starts)) > 0]
        return count(self.group[served], self.groups)

    def highest_share(self, size: Ints, alone: Ints, served: Ints) -> int:
        """The highest share, per mille, that every group can have at once; one that cannot reach it even alone
        counts as satisfied with what it can. `served` is some plan's, and where the search begins.
        """
        low, high = 0, MILLE
        while low < high and (np.minimum(share_of(size, low + 1), alone) <= served).all():
            low += 1
        asked = _Asker(self, size)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if asked(np.minimum(share_of(size, middle), alone)) else (low, middle - 1)
        return low


class _Asker:
    """Whether floors can be reached, all at once: a maximum flow from the groups to the openings."""

    def __init__(self, reach: Reach, size: Ints) -> None:
        self.flow, n, m = SimpleMaxFlow(), len(reach.group), len(reach.places)
        self.source, self.sink = n + m + reach.groups, n + m + reach.groups + 1
        mine = reach.group[reach.need] >= 0
        need, opening = reach.need[mine], reach.opening[mine]
        rows = np.unique(need)
        pools = n + m + np.arange(reach.groups)
        self.floors = _arcs(self.flow, np.full(reach.groups, self.source), pools, size)
        _arcs(self.flow, n + m + reach.group[rows], rows, np.ones(len(rows), np.int64))
        _arcs(self.flow, need, n + opening, np.ones(len(need), np.int64))
        _arcs(self.flow, n + np.arange(m), np.full(m, self.sink), reach.places)

    def __call__(self, floors: Ints) -> bool:
        """Whether so many of each group can be served together."""
        self.flow.set_arcs_capacity(self.floors, floors)
        self.flow.solve(self.source, self.sink)
        return int(self.flow.optimal_flow()) == int(floors.sum())


def _arcs(flow: SimpleMaxFlow, tails: NDArray[np.integer], heads: NDArray[np.integer], capacity: Ints) -> NDArray[Any]:
    added = flow.add_arcs_with_capacity(tails.astype(np.int32), heads.astype(np.int32), capacity.astype(np.int64))
    return np.asarray(added)
