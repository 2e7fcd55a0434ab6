"""What a plan says to those who asked: reasons, chains, gains and losses, fairness, in the rows of the caller."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matching import baselines, chains, drawing, explain, fairness, near, prices
from matching.graph import Graph
from matching.params import Params
from matching.plan import Clock, Plan
from matching.problem import Problem
from matching.reports import Drawing, Fairness
from matching.restore import Order
from matching.result import Baseline, Move, Result
from matching.transport import compact

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Told:
    """A plan without its pools: pairs and openings that the caller knows."""

    graph: Graph
    """The penalty of a need in it holds the price of its group's pool"""
    chosen: Ints
    gain: Ints
    loss: Ints
    moves: list[tuple[Move, ...]]
    """For each opening with a gain, who moves"""
    root: NDArray[np.int32]
    gain_tier: NDArray[np.int8]
    gain_cost: Ints
    loss_tier: NDArray[np.int8]


def tell(  # noqa: PLR0917
    problem: Problem, params: Params, free: Plan, plan: Plan, order: Order, seed: int, clock: Clock
) -> Result:
    """The result of a plan; `free` is the best plan without floors, the same one where none were asked for."""
    needs, tiers = problem.needs, plan.tiers
    with clock.part("losses"):
        loss = prices.losses(plan.graph, plan.chosen)
    with clock.part("chains"):
        told = _plain(plan, loss) if plan.pools is None else _pooled(problem, plan, plan.pools, loss)
    graph, chosen = told.graph, told.chosen
    drawn = drawing.nothing(graph.n)
    if params.draw_within:
        with clock.part("draws"):
            chosen, drawn = _drawn(problem, params, told, seed)
    with clock.part("near"):
        missed = near.misses(problem, params, explain.lonely(graph))
    with clock.part("explain"):
        km = plan.candidates.distance_km
        solved = explain.Solved(
            problem, params, tiers, graph, km, chosen, told.gain, loss[: graph.m], told.root, missed, drawn.other
        )
        reasons = order.reasons(explain.explain(solved))
    with clock.part("baselines"):
        greedy = baselines.greedy(graph, needs.tier, needs.waiting_days, tiers)
        first_come = baselines.first_come(graph, needs.tier, needs.waiting_days, tiers)
    with clock.part("restore"):
        candidates, pairs = order.candidates(plan.candidates, chosen)
        matched = chosen >= 0
        stakes, worth = graph.penalty, told.gain
        if plan.pools is not None:
            stakes, worth = compact(stakes, worth, plan.base)
        return Result(
            assignment=order.assignment(graph.placed(chosen)),
            chosen=pairs,
            candidates=candidates,
            near=order.near(missed),
            tiers=tiers,
            base=plan.base,
            penalty=order.by_need(stakes),
            value=plan.certificate.primal,
            cost=int(graph.cost[chosen[matched]].sum()),
            certificate=plan.certificate,
            served=baselines.by_tier(needs.tier[matched], tiers),
            wanted=baselines.by_tier(needs.tier, tiers),
            prices=order.by_opening(worth),
            gain=order.by_opening(told.gain),
            gain_tier=order.by_opening(told.gain_tier),
            gain_cost=order.by_opening(told.gain_cost),
            loss=order.by_opening(told.loss),
            loss_tier=order.by_opening(told.loss_tier),
            chains=order.chains(told.moves),
            reasons=reasons,
            greedy=order.baseline(greedy),
            first_come=order.baseline(first_come),
            fairness=order.fairness(_fairness(problem, free, plan, chosen, greedy)),
            drawing=order.drawing(drawn),
            seconds=clock.seconds,
        )


def _plain(plan: Plan, loss: Ints) -> Told:
    graph = plan.graph
    pair, root = chains.predecessors(graph, plan.chosen, plan.prices)
    gain_tier, gain_cost = _tier_and_cost(plan.prices, plan)
    loss_tier, _ = _tier_and_cost(np.maximum(loss, 0), plan)
    moves = chains.stories(graph, plan.chosen, pair)
    return Told(graph, plan.chosen, plan.prices, loss, moves, root, gain_tier, gain_cost, loss_tier)


def _tier_and_cost(worth: Ints, plan: Plan) -> tuple[NDArray[np.int8], Ints]:
    """round(worth / B) names the tier of the person served (0 nobody); the rest is the change of the pairs' cost."""
    steps = (worth + plan.base // 2) // plan.base
    return np.where(steps > 0, plan.tiers + 1 - steps, 0).astype(np.int8), steps * plan.base - worth


def _pooled(problem: Problem, plan: Plan, pools: fairness.Pools, loss: Ints) -> Told:
    """With pools one more place may serve several and leave others out: tiers and cost are read off the chains."""
    tier, m = problem.needs.tier, len(problem.openings)
    pair, root = chains.predecessors(plan.graph, plan.chosen, plan.prices, m)
    arrivals = chains.stories(plan.graph, plan.chosen, pair, m)
    served, cost = chains.changes(plan.graph, arrivals, tier, plan.tiers)
    lost, _ = chains.changes(plan.graph, chains.departures(plan.graph, plan.chosen, loss, m), tier, plan.tiers)
    plain = pools.plain(plan.graph)
    graph = replace(plain, penalty=pools.stakes(plan.prices[m:]))
    chosen = pools.without(plan.chosen, plain)
    return Told(graph, chosen, plan.prices[:m], loss[:m], arrivals, root[:m], _first(served), cost, _first(-lost))


def _first(more: Ints) -> NDArray[np.int8]:
    """int8[m]: the most urgent tier with more than before; 0 = none."""
    some = more > 0
    return np.where(some.any(axis=1), some.argmax(axis=1) + 1, 0).astype(np.int8)


def _drawn(problem: Problem, params: Params, told: Told, seed: int) -> tuple[Ints, Drawing]:
    """The plan after the draws. Needs that hang together, hours and funds stay out of it."""
    needs, openings = problem.needs, problem.openings
    fixed = np.zeros(len(needs), dtype=np.bool_)
    if params.weight_together:
        fixed = (needs.person >= 0) & (np.bincount(needs.person + 1)[needs.person + 1] > 1)
    closed = openings.counts_hours | (openings.fund >= 0)
    keys, within = needs.tie_key, params.draw_within
    found = drawing.exchanges(told.graph, told.chosen, told.gain, keys, within, fixed, closed)
    return drawing.draw(told.graph, told.chosen, found, keys, within, seed)


def _fairness(problem: Problem, free: Plan, plan: Plan, chosen: Ints, greedy: Baseline) -> Fairness:
    group, groups, pools = problem.needs.group, problem.groups, plan.pools
    here, list_ = chosen >= 0, greedy.assignment >= 0
    before = free.chosen >= 0
    size, none = fairness.count(group, groups), np.zeros(groups, dtype=np.int64)
    return Fairness(
        wanted=size,
        served=fairness.count(group[here], groups),
        without=fairness.count(group[before], groups),
        greedy=fairness.count(group[list_], groups),
        floor=none if pools is None else size - pools.places,
        reachable=none - 1 if pools is None else pools.reachable,
        price=none if pools is None else plan.prices[len(problem.openings) :],
        outside=none,
        share=0 if pools is None else pools.share,
        ratio=1 if pools is None else pools.ratio,
        lexicographic=pools is None or pools.lexicographic,
        served_without=baselines.by_tier(problem.needs.tier[before], plan.tiers),
        cost_without=int(free.graph.cost[free.chosen[before]].sum()),
        given_up=np.flatnonzero(before & ~here).astype(np.int32),
        taken_in=np.flatnonzero(here & ~before).astype(np.int32),
        worse=np.flatnonzero(list_ & ~here).astype(np.int32),
        better=np.flatnonzero(here & ~list_).astype(np.int32),
    )
