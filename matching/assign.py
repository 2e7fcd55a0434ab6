"""A round: find the pairs, solve, price, prove, explain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from matching import baselines, chains, explain, near, prices, ties
from matching.candidates import Left, extended, find
from matching.graph import Graph, Split, split
from matching.params import Params
from matching.problem import Problem
from matching.restore import Order
from matching.result import Candidates, Certificate, Result
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
    parts: Split
    chosen: Ints
    prices: Ints
    tiers: int
    base: int
    certificate: Certificate

    @property
    def graph(self) -> Graph:
        """The pairs solved."""
        return self.parts.graph


def solve(problem: Problem, params: Params, *, seed: int = 0) -> Result:
    """The best plan for the problem, with its proof, its prices and its reasons.

    The same problem, parameters and seed give the same plan, in whatever order the rows come. The result's
    `certificate.exact` says that no plan over all feasible pairs is better.

    Raises:
        flow.Overflow: the problem is too large for exact 64-bit sums.
        prices.NotOptimal: the solver's plan is not optimal (a fault in the solver).
    """
    clock = Clock()
    with clock.part("order"):
        order = Order.of(problem)
        problem = problem.rearranged(order.needs, order.openings)
    plan = best_plan(problem, params, seed=seed, clock=clock)
    return _tell(problem, params, plan, order, clock)


def best_plan(problem: Problem, params: Params, *, seed: int, clock: Clock) -> Plan:
    """Candidates, solve, prices, proof; pairs left out are taken in until none could help."""
    candidates, left = find(problem, params, clock.seconds)
    tiers = max(params.tiers, int(problem.needs.tier.max(initial=1)))
    placed, touched, rounds, added = None, None, 0, 0
    _, widths = np.unique(problem.openings.service_type, return_counts=True)
    base = tier_base(int(widths.max(initial=0)))  # holds for pairs left out as well: no block is wider than its type
    penalty = penalties(problem.needs.tier, tiers, base)
    while True:
        rounds += 1
        with clock.part("split"):
            parts = _split(problem, candidates, penalty)
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
            candidates = extended(problem, params, candidates, touched, left.opening[helpful])
            left = Left(left.need[~helpful], left.opening[~helpful], left.cost[~helpful])
    with clock.part("ties"):
        keys = ties.Ties(problem.needs.tie_key, problem.openings.tie_key, seed)
        chosen = ties.settle(graph, chosen, price, keys)
    with clock.part("certificate"):
        primal, dual = prices.primal(graph, chosen), prices.dual(graph, price)
    certificate = Certificate(
        primal, dual, primal == dual, parts.count, len(graph.opening), len(left) + added, added, rounds
    )
    return Plan(candidates, parts, chosen, price, tiers, base, certificate)


def _split(problem: Problem, candidates: Candidates, penalty: Ints) -> Split:
    places = problem.openings.places.astype(np.int64)
    return split(Graph(candidates.ptr, candidates.opening, candidates.cost.astype(np.int64), places, penalty))


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


def _tell(problem: Problem, params: Params, plan: Plan, order: Order, clock: Clock) -> Result:
    graph, needs, tiers = plan.graph, problem.needs, plan.tiers
    with clock.part("losses"):
        loss = prices.losses(graph, plan.chosen)
    with clock.part("chains"):
        pair, root = chains.predecessors(graph, plan.chosen, plan.prices)
        told = order.chains(chains.stories(graph, plan.chosen, pair))
    with clock.part("near"):
        missed = near.misses(problem, params, explain.lonely(graph))
    with clock.part("explain"):
        km = plan.candidates.distance_km
        solved = explain.Solved(problem, params, tiers, graph, km, plan.chosen, plan.prices, loss, root, missed)
        reasons = order.reasons(explain.explain(solved))
    with clock.part("baselines"):
        greedy = baselines.greedy(graph, needs.tier, needs.waiting_days, tiers)
        first_come = baselines.first_come(graph, needs.tier, needs.waiting_days, tiers)
    with clock.part("restore"):
        candidates, chosen = order.candidates(plan.candidates, plan.chosen)
        matched = plan.chosen >= 0
        gain_tier, gain_cost = _tier_and_cost(plan.prices, plan)
        loss_tier, _ = _tier_and_cost(np.maximum(loss, 0), plan)
        return Result(
            assignment=order.assignment(graph.placed(plan.chosen)),
            chosen=chosen,
            candidates=candidates,
            near=order.near(missed),
            tiers=tiers,
            base=plan.base,
            value=plan.certificate.primal,
            cost=int(graph.cost[plan.chosen[matched]].sum()),
            certificate=plan.certificate,
            served=baselines.by_tier(needs.tier[matched], tiers),
            wanted=baselines.by_tier(needs.tier, tiers),
            prices=order.by_opening(plan.prices),
            gain=order.by_opening(plan.prices),
            gain_tier=order.by_opening(gain_tier),
            gain_cost=order.by_opening(gain_cost),
            loss=order.by_opening(loss),
            loss_tier=order.by_opening(loss_tier),
            chains=told,
            reasons=reasons,
            greedy=order.baseline(greedy),
            first_come=order.baseline(first_come),
            seconds=clock.seconds,
        )


def _tier_and_cost(worth: Ints, plan: Plan) -> tuple[NDArray[np.int8], Ints]:
    """round(worth / B) names the tier of the person served (0 nobody); the rest is the change of the pairs' cost."""
    steps = (worth + plan.base // 2) // plan.base
    return np.where(steps > 0, plan.tiers + 1 - steps, 0).astype(np.int8), steps * plan.base - worth
