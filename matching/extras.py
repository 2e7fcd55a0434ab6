"""Hours, funds and bundles around the plain solve, which they leave as it is where they are not asked for.

1. Bundles become facts of pairs (`bundles`), with which everything after is solved.
2. Types in which an opening counts hours, and types whose funds the plain plan would overdraw, are closed to the
   plain solve and packed (`packing`); everything else stays a flow with an exact proof.
3. The two plans are put together. The value of both is told against the bound of both: equal where the packing is
   proved as well. A place more or fewer of a packed opening has no exact worth: 0 is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from matching import baselines, explain, fairness, near
from matching.budgets import Budgets, amounts, overdrawn, report
from matching.bundles import Bundles, Together, bundle
from matching.candidates import find
from matching.graph import Graph
from matching.hours import Hours, units
from matching.packing import Packed, Packing, pack
from matching.params import Params
from matching.prices import FAR
from matching.problem import Problem
from matching.reports import Fairness
from matching.restore import Order
from matching.result import Baseline, NearFailing, Result
from matching.transport import penalties, tier_base

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Plain = Callable[[Problem, Params, int], Result]
EVERY_PAIR = 1 << 30
"""Candidates of each class to keep where no pair may be left out."""


def wanted(problem: Problem, params: Params) -> bool:
    """Whether there is anything here to do."""
    openings = problem.openings
    asked = openings.counts_hours.any() or (openings.fund >= 0).any()
    return bool(asked or (params.weight_together and several(problem).any()))


def several(problem: Problem) -> Mask:
    """bool[n]: needs of people with more than one need in the round."""
    person = problem.needs.person
    return np.asarray((person >= 0) & (np.bincount(person + 1)[person + 1] > 1))


def solve(problem: Problem, params: Params, seed: int, plain: Plain) -> Result:
    """As `plain` solves, with hours, funds and bundles. One input, one plan, whatever the rows' order."""
    order = Order.of(problem)
    problem = problem.rearranged(order.needs, order.openings)
    if params.weight_together and several(problem).any():
        result = _together(problem, params, seed, plain)
    else:
        result = _packed(problem, params, seed, plain)
    return order.result(result)


def _together(problem: Problem, params: Params, seed: int, plain: Plain) -> Result:
    """The round with the facts of the best bundles found, or without where that turns out better."""
    bundles = _bundles(problem, params)
    found = bundle(bundles, effort=params.hours_seconds, seed=seed)
    graph, used = bundles.graph, found.chosen[(found.chosen >= 0) & bundles.several]
    need, provider = graph.need[used], bundles.provider[graph.opening[used]]
    mine, whose = np.nonzero(problem.needs.person[need][:, None] == problem.needs.person[need][None, :])
    kin = (mine != whose) & (provider[whose] >= 0)
    facts = replace(problem.facts, together_need=need[mine[kin]], together_provider=provider[whose[kin]])
    apart = _packed(problem, params, seed, plain)
    joined = _packed(replace(problem, facts=facts), params, seed, plain)
    before, after = (_pairs(graph, result.assignment) for result in (apart, joined))
    result, chosen = (
        (apart, before)
        if (apart.served.tolist(), -bundles.value(before)) >= (joined.served.tolist(), -bundles.value(after))
        else (joined, after)
    )
    old, new = bundles.providers(before), bundles.providers(chosen)
    told = Together((old[0], new[0]), (old[1], new[1]), bundles.value(chosen), found.bound)
    return replace(result, together=told)


def _bundles(problem: Problem, params: Params) -> Bundles:
    needs, openings = problem.needs, problem.openings
    candidates, _ = find(problem, replace(params, nearest_per_class=EVERY_PAIR))
    tiers = max(params.tiers, int(needs.tier.max(initial=1)))
    _, widths = np.unique(openings.service_type, return_counts=True)
    penalty = penalties(needs.tier, tiers, tier_base(int(widths.max(initial=0))))
    shortest = np.full(1 + int(max(needs.service_type.max(), openings.service_type.max(initial=0))), 1 << 30)
    np.minimum.at(shortest, needs.service_type, np.maximum(needs.hours, 1))
    places = openings.places.astype(np.int64)
    places = np.where(openings.counts_hours, places // shortest[openings.service_type], places)
    graph = Graph(candidates.ptr, candidates.opening, candidates.cost.astype(np.int64), places, penalty)
    return Bundles(graph, needs.person, openings.provider, params.weight_together)


def _pairs(graph: Graph, assignment: NDArray[np.int32]) -> Ints:
    chosen = np.full(graph.n, -1, dtype=np.int64)
    used = np.flatnonzero(graph.opening == assignment[graph.need])
    chosen[graph.need[used]] = used
    return chosen


def _packed(problem: Problem, params: Params, seed: int, plain: Plain) -> Result:
    """The round with hours and funds."""
    needs, openings = problem.needs, problem.openings
    own = _closed(problem, openings.counts_hours)
    every = replace(params, nearest_per_class=EVERY_PAIR) if own.any() or len(problem.fund_left) else params
    while True:
        result = plain(_without(problem, own), every, seed)
        graph = _graph(problem, result)
        short = overdrawn(graph, result.chosen, needs.amount, openings.fund, problem.fund_left)
        if not short.any():
            break
        own = _closed(problem, own | (np.append(short, False)[openings.fund] & (openings.fund >= 0)))
    if not own.any() and not len(problem.fund_left):
        return result
    return _Joined(problem, params, seed, result, own).told()


def _closed(problem: Problem, first: Mask) -> Mask:
    """bool[m]: the openings of the types of these, and of every type that shares a fund with them."""
    openings, own = problem.openings, first.copy()
    while True:
        more = own | np.isin(openings.service_type, openings.service_type[own])
        more |= (openings.fund >= 0) & np.isin(openings.fund, openings.fund[own & (openings.fund >= 0)])
        if np.array_equal(more, own):
            return own
        own = more


def _without(problem: Problem, own: Mask) -> Problem:
    """The problem in which these openings have no place and floors do not count their needs."""
    if not own.any():
        return problem
    openings, needs = problem.openings, problem.needs
    mine = np.isin(needs.service_type, openings.service_type[own])
    return replace(
        problem,
        openings=replace(openings, places=np.where(own, 0, openings.places).astype(np.int32)),
        needs=replace(needs, group=np.where(mine, -1, needs.group).astype(np.int32)),
    )


def _graph(problem: Problem, result: Result) -> Graph:
    found = result.candidates
    places = problem.openings.places.astype(np.int64)
    return Graph(found.ptr, found.opening, found.cost.astype(np.int64), places, result.penalty)


@dataclass(frozen=True, eq=False)
class _Joined:
    """A plain result and the packing of the openings closed to it, to be told as one."""

    problem: Problem
    params: Params
    seed: int
    result: Result
    own: Mask
    """bool[m]"""

    @cached_property
    def packing(self) -> Packing:
        """All pairs with what they take."""
        needs, openings, graph = self.problem.needs, self.problem.openings, _graph(self.problem, self.result)
        stakes = penalties(needs.tier, self.result.tiers, self.result.base)
        if self.result.fairness.share:
            steps = self.result.tiers - needs.tier.astype(np.int64)
            stakes = self.result.base * self.result.fairness.ratio**steps
        return Packing(
            replace(graph, penalty=stakes),
            needs.tier,
            self.result.tiers,
            units(graph, needs.hours, openings.counts_hours),
            openings.fund,
            amounts(graph, needs.amount, openings.fund),
            self.problem.fund_left,
        )

    def told(self) -> Result:
        """The result of both."""
        packing, result, mine = self.packing, self.result, self.own[self.packing.graph.opening]
        packed = pack(packing.kept(mine), effort=self.params.hours_seconds, seed=self.seed)
        at = np.append(np.flatnonzero(mine), -1)
        chosen = np.where(packed.chosen >= 0, at[packed.chosen], result.chosen)
        graph, needs, tiers = packing.graph, self.problem.needs, result.tiers
        stakes = int(graph.penalty.sum())  # in the packed value as well as in the plain one: once too often
        primal = result.certificate.primal + packed.value - stakes
        dual = result.certificate.dual + packed.value_bound - stakes
        greedy = self._in_turn(np.lexsort((-needs.waiting_days, needs.tier)))
        first_come = self._in_turn(np.argsort(-needs.waiting_days, kind="stable"))
        used = chosen[chosen >= 0]
        missed = near.misses(self.problem, self.params, explain.lonely(graph))
        return replace(
            result,
            assignment=graph.placed(chosen),
            chosen=chosen,
            near=missed,
            value=primal,
            cost=int(graph.cost[used].sum()),
            certificate=replace(result.certificate, primal=primal, dual=dual, exact=primal == dual),
            served=baselines.by_tier(needs.tier[chosen >= 0], tiers),
            prices=np.where(self.own, 0, result.prices),
            gain=np.where(self.own, 0, result.gain),
            gain_tier=np.where(self.own, 0, result.gain_tier).astype(np.int8),
            gain_cost=np.where(self.own, 0, result.gain_cost),
            loss=np.where(self.own, 0, result.loss),
            chains=tuple(() if own else chain for own, chain in zip(self.own.tolist(), result.chains, strict=True)),
            reasons=explain.explain(self._solved(chosen, missed)),
            greedy=greedy,
            first_come=first_come,
            fairness=self._fairness(chosen, greedy),
            hours=self._hours(packed) if self.own.any() else None,
            budgets=self._budgets(packed, chosen),
        )

    def _solved(self, chosen: Ints, missed: NearFailing) -> explain.Solved:
        """What reasons are drawn from. Nothing is sure at a packed opening: as if a place there were beyond price."""
        result, graph = self.result, replace(self.packing.graph, penalty=self.result.penalty)
        root = np.array([chain[-1].need if chain else -1 for chain in result.chains], dtype=np.int32)
        dear = np.where(self.own, FAR, 0)
        return explain.Solved(
            self.problem,
            self.params,
            result.tiers,
            graph,
            result.candidates.distance_km,
            chosen,
            np.where(self.own, dear, result.gain),
            np.where(self.own, dear, result.loss),
            np.where(self.own, -1, root).astype(np.int32),
            missed,
            result.drawing.other,
        )

    def _in_turn(self, order: Ints) -> Baseline:
        """Whoever is next takes the cheapest that is left: places, hours and money."""
        packing, graph = self.packing, self.packing.graph
        ptr, opening, places, money = graph.ptr, graph.opening, graph.places.copy(), packing.left.copy()
        chosen = np.full(graph.n, -1, dtype=np.int64)
        for need in order.tolist():
            for pair in range(int(ptr[need]), int(ptr[need + 1])):
                at = opening[pair]
                fund = packing.fund[at]
                if packing.use[pair] <= places[at] and (fund < 0 or packing.money[pair] <= money[fund]):
                    places[at] -= packing.use[pair]
                    if fund >= 0:
                        money[fund] -= packing.money[pair]
                    chosen[need] = pair
                    break
        tier, used = packing.tier[chosen >= 0], chosen[chosen >= 0]
        return Baseline(graph.placed(chosen), baselines.by_tier(tier, packing.tiers), int(graph.cost[used].sum()))

    def _fairness(self, chosen: Ints, greedy: Baseline) -> Fairness:
        told, group, groups = self.result.fairness, self.problem.needs.group, self.problem.groups
        here, listed = chosen >= 0, greedy.assignment >= 0
        packed = here & (self.result.chosen < 0)
        mine = np.isin(self.problem.needs.service_type, self.problem.openings.service_type[self.own])
        return replace(
            told,
            wanted=fairness.count(group, groups),
            served=fairness.count(group[here], groups),
            without=told.without + fairness.count(group[packed], groups),
            greedy=fairness.count(group[listed], groups),
            outside=fairness.count(group[mine], groups),
            served_without=told.served_without + baselines.by_tier(self.problem.needs.tier[packed], self.result.tiers),
            worse=np.flatnonzero(listed & ~here).astype(np.int32),
            better=np.flatnonzero(here & ~listed).astype(np.int32),
        )

    def _hours(self, packed: Packed) -> Hours:
        openings, needs = self.problem.openings, self.problem.needs
        graph = self.packing.graph
        mine = np.isin(needs.service_type, openings.service_type[self.own])
        kept = self.packing.kept(self.own[graph.opening])
        units_used, _ = kept.used(packed.chosen)
        others = int(graph.penalty[~mine].sum())
        return Hours(
            needs=int(mine.sum()),
            openings=int(self.own.sum()),
            served=packed.served,
            most=packed.most,
            cost=packed.cost,
            cost_bound=packed.cost_bound,
            value=packed.value - others,
            value_bound=packed.value_bound - others,
            hours_left=int(openings.places[openings.counts_hours].sum()),
            hours_given=int(units_used[openings.counts_hours].sum()),
        )

    def _budgets(self, packed: Packed, chosen: Ints) -> Budgets | None:
        return report(self.packing, packed, chosen) if len(self.problem.fund_left) else None
