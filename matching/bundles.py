"""One person with several needs in a round is better helped by few providers.

A pair counts `weight_together` points more where its provider serves none of the person's other needs. What a pair
costs then hangs on other pairs, which no flow can say, so: flows with the costs that the last plan implies, begun from
the costs that would hold if everybody could be together (whose optimum is a bound for every plan), then a search
around single people by CP-SAT. The plan found is turned into plain facts (`PairFacts.together_*`), with which the
round is solved as ever: tiers first, with prices and a proof at these costs. Nobody goes unserved for a bundle.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matching.graph import Graph, split
from matching.transport import optimum

Ints = NDArray[np.int64]
Rows = NDArray[np.int32]
Mask = NDArray[np.bool_]

TURNS = 12
"""Flows at most."""
PEOPLE = 6
"""People whose needs are moved at once in the search."""
EACH = 0.1
"""Deterministic seconds of one neighbourhood."""


@dataclass(frozen=True, eq=False)
class Bundles:
    """A graph whose needs belong to people and whose openings to providers."""

    graph: Graph
    """Costs without `weight`"""
    person: Rows
    """int32[n]; -1 unknown"""
    provider: Rows
    """int32[m]; -1 unknown: together with nobody"""
    weight: int

    @property
    def several(self) -> Mask:
        """bool[n]: needs of people who have more than one."""
        counts = np.bincount(self.person + 1)
        return np.asarray((self.person >= 0) & (counts[self.person + 1] > 1))

    def with_sibling(self, need: Rows, opening: Rows, pairs: tuple[Rows, Rows]) -> Mask:
        """bool[k]: of pairs (need, opening) those whose provider stands in `pairs` for another need of the person."""
        width = int(self.provider.max(initial=0)) + 1
        known = (self.person[pairs[0]] >= 0) & (self.provider[pairs[1]] >= 0)
        whom, where = pairs[0][known], pairs[1][known]
        mine = np.unique(np.stack([self._key(whom, where, width), whom.astype(np.int64)]), axis=1)
        keys, first, counts = np.unique(mine[0], return_index=True, return_counts=True)
        if not len(keys):
            return np.zeros(len(need), dtype=np.bool_)
        asked = self._key(need, opening, width)
        at = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
        there = (keys[at] == asked) & (self.provider[opening] >= 0) & (self.person[need] >= 0)
        return np.asarray(there & ((counts[at] > 1) | (mine[1][first[at]] != need)))

    def _key(self, need: Rows, opening: Rows, width: int) -> Ints:
        return self.person[need].astype(np.int64) * width + self.provider[opening]

    def possible(self) -> Mask:
        """bool[E]: pairs whose provider could serve another need of the person as well."""
        graph = self.graph
        open_ = graph.places[graph.opening] > 0
        pairs = (graph.need[open_], graph.opening[open_])
        return self.with_sibling(graph.need, graph.opening, pairs)

    def costs(self, together: Mask) -> Ints:
        """int64[E]: costs where pairs marked are together and the others of these people are not."""
        return self.graph.cost + np.where(self.several[self.graph.need] & ~together, self.weight, 0)

    def given(self, chosen: Ints) -> Mask:
        """bool[E]: pairs whose provider serves another need of the person in this plan."""
        used = chosen[chosen >= 0]
        graph = self.graph
        return self.with_sibling(graph.need, graph.opening, (graph.need[used], graph.opening[used]))

    def value(self, chosen: Ints) -> int:
        """Cost of a plan with the points of everybody who is not together, and the penalties of the unmet."""
        used = chosen[chosen >= 0]
        return int(self.costs(self.given(chosen))[used].sum()) + int(self.graph.penalty[chosen < 0].sum())

    def providers(self, chosen: Ints) -> tuple[int, int]:
        """People with several needs served, and how many providers they have between them."""
        served = np.flatnonzero((chosen >= 0) & self.several)
        person, provider = self.person[served], self.provider[self.graph.opening[chosen[served]]].astype(np.int64)
        unknown = provider < 0
        provider = np.where(unknown, self.graph.m + served, provider)
        pairs = np.unique(np.stack([person.astype(np.int64), provider]), axis=1)
        people, needs = np.unique(person, return_counts=True)
        some = people[needs > 1]
        return len(some), int(np.isin(pairs[0], some).sum())


@dataclass(frozen=True, eq=False)
class Bundled:
    """The best plan found, and what is proved of it."""

    chosen: Ints
    """int64[n]: pairs of the graph"""
    value: int
    bound: int
    """No plan has a lower value"""
    before: tuple[int, int]
    """People with several needs served, and their providers, without bundles"""
    after: tuple[int, int]

    @property
    def gap(self) -> float:
        """(value - bound) / value; 0 when proved."""
        return (self.value - self.bound) / self.value if self.value else 0.0


def bundle(bundles: Bundles, *, effort: float = 5.0, seed: int = 0) -> Bundled:
    """The best plan found for people with several needs, and the bound of all plans.

    Args:
        bundles: the problem; rows in an order that does not depend on the caller's.
        effort: deterministic seconds of search after the flows.
        seed: of the search.
    """
    hopeful = bundles.costs(bundles.possible())
    first = _flow(bundles, hopeful)
    bound = int(hopeful[first[first >= 0]].sum()) + int(bundles.graph.penalty[first < 0].sum())
    before = _flow(bundles, bundles.graph.cost)
    best = min((first, before), key=bundles.value)
    for start in (first, before):
        best = min((best, _iterated(bundles, start)), key=bundles.value)
    best = _searched(bundles, best, bound, effort, seed)
    best = min((best, _iterated(bundles, best)), key=bundles.value)
    return Bundled(best, bundles.value(best), bound, bundles.providers(before), bundles.providers(best))


def _flow(bundles: Bundles, costs: Ints) -> Ints:
    return optimum(split(replace(bundles.graph, cost=costs)))


def _iterated(bundles: Bundles, chosen: Ints) -> Ints:
    """The best plan on the way from this one, each solved at the costs that the last one implies."""
    best, seen = chosen, set()
    for _ in range(TURNS):
        seen.add(chosen.tobytes())
        chosen = _flow(bundles, bundles.costs(bundles.given(chosen)))
        best = min((best, chosen), key=bundles.value)
        if chosen.tobytes() in seen:
            break
    return best


def _searched(bundles: Bundles, chosen: Ints, bound: int, effort: float, seed: int) -> Ints:
    """A plan bettered around the people who are not together, some at a time."""
    rng, graph = np.random.default_rng(seed), bundles.graph
    value, chosen = bundles.value(chosen), chosen.copy()
    could = np.unique(bundles.person[graph.need[bundles.possible() & bundles.several[graph.need]]])
    while effort > 0 and value > bound and len(could):
        alone = chosen[(chosen >= 0) & bundles.several]
        alone = alone[~bundles.given(chosen)[alone]]
        people = np.intersect1d(np.unique(bundles.person[graph.need[alone]]), could)
        helped = False
        for start in range(0, len(people), PEOPLE):
            if effort <= 0:
                break
            some = rng.permutation(people)[:PEOPLE] if start else people[:PEOPLE]
            spent, found = _around(bundles, chosen, some, seed)
            effort -= spent
            if bundles.value(found) < value:
                chosen, value, helped = found, bundles.value(found), True
        if not helped:
            break
    return chosen


def _around(bundles: Bundles, chosen: Ints, people: Rows, seed: int) -> tuple[float, Ints]:
    """Deterministic seconds spent, and the plan with the needs of these people and whom they could displace moved."""
    from ortools.sat.python import cp_model

    graph = bundles.graph
    placed = graph.placed(chosen)
    mine = np.isin(bundles.person, people)
    reach = np.zeros(graph.m, dtype=np.bool_)
    reach[graph.opening[mine[graph.need] & bundles.possible()]] = True
    play = mine | ((placed >= 0) & reach[placed] & ~bundles.several)
    left = graph.places - np.bincount(placed[(placed >= 0) & ~play], minlength=graph.m)
    pairs = np.flatnonzero(play[graph.need] & (left[graph.opening] > 0))
    need, opening = graph.need[pairs], graph.opening[pairs]
    model = cp_model.CpModel()
    takes = [model.new_bool_var("") for _ in range(len(pairs))]
    worth = (graph.penalty[need] - graph.cost[pairs]).tolist()
    for who in np.unique(need).tolist():
        rows = np.flatnonzero(need == who).tolist()
        model.add_at_most_one([takes[row] for row in rows])
    for at in np.unique(opening).tolist():
        rows = np.flatnonzero(opening == at).tolist()
        if len(rows) > left[at]:
            model.add(cp_model.LinearExpr.sum([takes[row] for row in rows]) <= int(left[at]))
    bonus = []
    for who in np.flatnonzero(mine).tolist():
        for provider in np.unique(bundles.provider[opening[need == who]]).tolist():
            own = np.flatnonzero((need == who) & (bundles.provider[opening] == provider)).tolist()
            kin = np.flatnonzero(
                (bundles.person[need] == bundles.person[who]) & (need != who) & (bundles.provider[opening] == provider)
            ).tolist()
            if provider >= 0 and kin:
                both = model.new_bool_var("")
                model.add(both <= cp_model.LinearExpr.sum([takes[row] for row in own]))
                model.add(both <= cp_model.LinearExpr.sum([takes[row] for row in kin]))
                bonus.append(both)
    held = np.isin(pairs, chosen)
    for var, start in zip(takes, held.tolist(), strict=True):
        model.add_hint(var, start)
    alone = np.where(bundles.several[need], bundles.weight, 0).tolist()
    total = cp_model.LinearExpr.weighted_sum(takes, [gain - less for gain, less in zip(worth, alone, strict=True)])
    model.maximize(total + bundles.weight * cp_model.LinearExpr.sum(bonus))
    solver = cp_model.CpSolver()
    solver.parameters.max_deterministic_time = EACH
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed % (1 << 31)
    status = solver.solve(model)
    spent = solver.response_proto.deterministic_time + 1e-5 * len(pairs)
    if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return spent, chosen
    found = np.where(play, -1, chosen)
    used = pairs[[row for row, var in enumerate(takes) if solver.boolean_value(var)]]
    found[graph.need[used]] = used
    return spent, found


@dataclass(frozen=True)
class Together:
    """What a round says of people with several needs in it."""

    people: tuple[int, int]
    """People with several needs served, without bundles and with them"""
    providers: tuple[int, int]
    """Their providers, without bundles and with them"""
    value: int
    """Points and penalties of the plan, with the points of everybody who is not together"""
    bound: int
    """No plan has a lower value"""

    @property
    def gap(self) -> float:
        """(value - bound) / value; 0 when proved."""
        return (self.value - self.bound) / self.value if self.value else 0.0
