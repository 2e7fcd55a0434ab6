"""The best plan of a problem, with its proof."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from matching import prices, ties
from matching.candidates import Left, extended, find
from matching.fairness import Pools
from matching.graph import Graph, Split, split
from matching.params import Params
from matching.problem import Problem
from matching.result import Candidates, Certificate
from matching.transport import optimum, penalties, tier_base

Ints = NDArray[np.int64]


class Clock:
    """Seconds spent on each part."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Add what this takes to the part's seconds."""
        start = perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + perf_counter() - start


@dataclass(frozen=True, eq=False)
class Plan:
    """An optimal plan of a problem in canonical order, with its proof."""

    candidates: Candidates
    left: Left
    """Feasible pairs that no better plan uses"""
    parts: Split
    """What was solved: pairs of needs with openings, and with the pools of their groups"""
    chosen: Ints
    """int64[n]: pairs of `parts.graph`"""
    prices: Ints
    """Of its openings, pools last"""
    pools: Pools | None
    tiers: int
    base: int
    certificate: Certificate

    @property
    def graph(self) -> Graph:
        """The pairs solved, pools among the openings."""
        return self.parts.graph


def best_plan(problem: Problem, params: Params, *, seed: int, clock: Clock) -> Plan:
    """The best plan without floors, over all feasible pairs."""
    candidates, left = find(problem, params, clock.seconds)
    tiers = max(params.tiers, int(problem.needs.tier.max(initial=1)))
    _, widths = np.unique(problem.openings.service_type, return_counts=True)
    base = tier_base(int(widths.max(initial=0)))  # holds for pairs left out as well: no block is wider than its type
    rows = _Rows(problem, params, tiers, base, penalties(problem.needs.tier, tiers, base), None)
    return _proved(rows, candidates, left, seed=seed, clock=clock)


def fair_plan(problem: Problem, params: Params, plan: Plan, pools: Pools, *, seed: int, clock: Clock) -> Plan:
    """The best plan that leaves no more of each group unmet than its pool holds, where that can be done."""
    rows = _Rows(problem, params, plan.tiers, pools.base, pools.penalty, pools)
    return _proved(rows, plan.candidates, plan.left, seed=seed, clock=clock)


@dataclass(frozen=True, eq=False)
class _Rows:
    """What a plan is made for."""

    problem: Problem
    params: Params
    tiers: int
    base: int
    penalty: Ints
    pools: Pools | None

    def split(self, candidates: Candidates) -> Split:
        """The graph of these pairs in its components."""
        places = self.problem.openings.places.astype(np.int64)
        graph = Graph(candidates.ptr, candidates.opening, candidates.cost.astype(np.int64), places, self.penalty)
        return split(graph if self.pools is None else self.pools.graph(graph))

    def keys(self, seed: int) -> ties.Ties:
        """What settles ties; pools have keys of their own."""
        openings = self.problem.openings.tie_key
        if self.pools is not None:
            openings = np.concatenate([openings, ties.mix(np.arange(len(self.pools.places), dtype=np.uint64))])
        return ties.Ties(self.problem.needs.tie_key, openings, seed)


def _proved(rows: _Rows, candidates: Candidates, left: Left, *, seed: int, clock: Clock) -> Plan:
    """Solve, prices, proof; pairs left out are taken in until none could help; then ties are settled."""
    placed, touched, rounds, added = None, None, 0, 0
    while True:
        rounds += 1
        with clock.part("split"):
            parts = rows.split(candidates)
        graph = parts.graph
        with clock.part("solve"):
            chosen = optimum(parts, None if placed is None else _pairs_of(graph, placed), touched)
        with clock.part("prices"):
            price = prices.gains(graph, chosen)
        with clock.part("certificate"):
            helpful = _helpful(graph, price, left)
        if not helpful.any():
            break
        with clock.part("candidates"):
            placed, touched, added = graph.placed(chosen), left.need[helpful], added + int(helpful.sum())
            candidates = extended(rows.problem, rows.params, candidates, touched, left.opening[helpful])
            left = Left(left.need[~helpful], left.opening[~helpful], left.cost[~helpful])
    with clock.part("ties"):
        chosen = ties.settle(graph, chosen, price, rows.keys(seed))
    with clock.part("certificate"):
        primal, dual = prices.primal(graph, chosen), prices.dual(graph, price)
    pairs, priced = len(candidates.opening), len(left) + added
    certificate = Certificate(primal, dual, primal == dual, parts.count, pairs, priced, added, rounds)
    return Plan(candidates, left, parts, chosen, price, rows.pools, rows.tiers, rows.base, certificate)


def _pairs_of(graph: Graph, placed: NDArray[np.int32]) -> Ints:
    """int64[n]: the pair of each need with its opening."""
    chosen = np.full(graph.n, -1, dtype=np.int64)
    used = np.flatnonzero(graph.opening == placed[graph.need])
    chosen[graph.need[used]] = used
    return chosen


def _helpful(graph: Graph, price: Ints, left: Left) -> NDArray[np.bool_]:
    """bool[left]: pairs left out with c_ij + p_j < v_i."""
    worth = prices.worth(graph, price)
    return np.asarray(left.cost + price[left.opening] < worth[left.need])
