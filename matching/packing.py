"""Needs that take more than one unit: whole hours of an opening, yuan of a fund, or both, and nothing is split.

Unlike places these do not form a matroid: one urgent need may cost two others. So tiers are served one after the
other: the most of tier 1, then with these the most of tier 2, and so on, then the cheapest plan with these numbers.
Each step has a linear program as its bound (needs may be split there: the flow with supplies of whole hours, and one
row for each fund), whose prices are turned into whole numbers and counted over **every** pair, so that no rounding
and no pair left out can make a bound wrong. CP-SAT then looks for a plan on the pairs of small reduced cost.

The search is bounded by CP-SAT's deterministic time, on one thread, never by the clock: the same problem gives the
same plan on every machine, only not equally fast.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matching.graph import Graph
from matching.packing_bounds import bound, reduced, relaxed
from matching.packing_parts import parts, tightened
from matching.packing_prices import Priced, priced
from matching.packing_search import WHOLE, Search, repaired
from matching.params import COST_CAP

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

STEP = 16
"""How much more the relaxation that starts the search values a tier than the next."""
NEARLY = 1e-6
MOST_STEPS = 300
"""Steps towards better prices."""
TURN = 3e-7
"""Deterministic seconds that one step counts for, a pair."""


@dataclass(frozen=True, eq=False)
class Packing:
    """A graph whose pairs take units of their opening and yuan of a fund."""

    graph: Graph
    """`places` are units (hours or places); `penalty` is not looked at"""
    tier: NDArray[np.int8]
    """int8[n], 1 first"""
    tiers: int
    use: Ints
    """int64[E]: units of its opening that each pair takes, 1 or more"""
    fund: NDArray[np.int32]
    """int32[m]: the fund each opening draws on, -1 none"""
    money: Ints
    """int64[E]: yuan of that fund that each pair takes, 0 or more"""
    left: Ints
    """int64[F]: yuan left in each fund"""

    def usable(self) -> Mask:
        """bool[E]: pairs that take no more units than there are, and no more yuan than are left."""
        fund = self.fund[self.graph.opening]
        affordable = (fund < 0) | (self.money <= np.append(self.left, 0)[fund])
        return np.asarray((self.use <= self.graph.places[self.graph.opening]) & affordable)

    def kept(self, keep: Mask) -> Packing:
        """The same with these pairs only (bool[E])."""
        graph = self.graph
        ptr = np.concatenate([[0], np.cumsum(np.bincount(graph.need[keep], minlength=graph.n))]).astype(np.int64)
        inner = replace(graph, ptr=ptr, opening=graph.opening[keep], cost=graph.cost[keep])
        return replace(self, graph=inner, use=self.use[keep], money=self.money[keep])

    def used(self, chosen: Ints) -> tuple[Ints, Ints]:
        """Units taken of each opening (int64[m]) and yuan of each fund (int64[F]) by a plan."""
        pairs = chosen[chosen >= 0]
        opening = self.graph.opening[pairs]
        units = np.zeros(self.graph.m, dtype=np.int64)
        np.add.at(units, opening, self.use[pairs])
        yuan = np.zeros(len(self.left) + 1, dtype=np.int64)
        np.add.at(yuan, self.fund[opening], self.money[pairs])
        return units, yuan[:-1]

    def holds(self, chosen: Ints) -> bool:
        """Say whether a plan gives each need a pair of its own and takes no more than there is."""
        pairs = chosen[chosen >= 0]
        units, yuan = self.used(chosen)
        own = np.array_equal(self.graph.need[pairs], np.flatnonzero(chosen >= 0))
        return bool(own and (units <= self.graph.places).all() and (yuan <= self.left).all())

    def cost(self, chosen: Ints) -> int:
        """What the pairs of a plan cost together."""
        return int(self.graph.cost[chosen[chosen >= 0]].sum())

    def served(self, chosen: Ints) -> Ints:
        """int64[T]: needs served of each tier."""
        return np.bincount(self.tier[chosen >= 0], minlength=self.tiers + 1)[1:].astype(np.int64)


@dataclass(frozen=True, eq=False)
class Packed:
    """A plan in which nothing is split, with what is proved of it."""

    chosen: Ints
    """int64[n]: the pair of each need, -1 unmet"""
    served: Ints
    """int64[T]"""
    most: Ints
    """int64[T]: of each tier nobody can serve more, with the tiers before as they are here"""
    cost: int
    cost_bound: int
    """With these numbers served no plan costs less"""
    value: int
    """`cost` and the penalties of the unmet"""
    value_bound: int
    """No plan that serves most of tier 1, then of tier 2 and so on has a lower value"""
    opening_price: NDArray[np.float64]
    """float64[m]: points that one more unit of each opening saves in the relaxation"""
    fund_price: NDArray[np.float64]
    """float64[F]: points that one more yuan saves there"""
    fund_people: NDArray[np.float64]
    """float64[F, T]: people of each tier that one more yuan serves, at the margin of the relaxation"""

    @property
    def counts_proven(self) -> bool:
        """No plan serves more, tier by tier."""
        return np.array_equal(self.served, self.most)

    @property
    def gap(self) -> float:
        """(value - bound) / value; 0 when proved."""
        return (self.value - self.value_bound) / self.value if self.value else 0.0

    @property
    def people_gap(self) -> int:
        """People, over all tiers, that may be missing to the most; 0 when proved."""
        return int((self.most - self.served).sum())


def pack(packing: Packing, *, effort: float, seed: int = 0) -> Packed:
    """The best plan found, tier by tier and then by cost, with its bounds.

    Parts that share neither an opening nor a fund are solved each alone; the effort is shared out by their pairs.

    Args:
        packing: the problem; rows in an order that does not depend on the caller's.
        effort: deterministic seconds (about as long as seconds of a fast core) to search in all.
        seed: of the search.
    """
    graph, tiers = packing.graph, packing.tiers
    total = Packed(
        chosen=np.full(graph.n, -1, dtype=np.int64),
        served=np.zeros(tiers, dtype=np.int64),
        most=np.zeros(tiers, dtype=np.int64),
        cost=0,
        cost_bound=0,
        value=int(graph.penalty.sum()),
        value_bound=int(graph.penalty.sum()),
        opening_price=np.zeros(graph.m),
        fund_price=np.zeros(len(packing.left)),
        fund_people=np.zeros((len(packing.left), tiers)),
    )
    for part in parts(packing):
        found = _pack_part(part.packing, effort * len(part.pairs) / len(graph.opening), seed)
        total.chosen[part.needs] = np.append(part.pairs, -1)[found.chosen]
        total.opening_price[part.openings] = found.opening_price
        total.fund_price[part.funds] = found.fund_price
        total.fund_people[part.funds] = found.fund_people
        total = replace(
            total,
            served=total.served + found.served,
            most=total.most + found.most,
            cost=total.cost + found.cost,
            cost_bound=total.cost_bound + found.cost_bound,
            value=total.value + found.value - int(part.packing.graph.penalty.sum()),
            value_bound=total.value_bound + found.value_bound - int(part.packing.graph.penalty.sum()),
        )
    return total


def _pack_part(packing: Packing, effort: float, seed: int) -> Packed:
    packing = tightened(packing)
    graph, everybody = packing.graph, np.ones(packing.graph.n, dtype=np.bool_)
    rising = graph.cost - STEP ** (packing.tiers + 1 - packing.tier.astype(np.int64))[graph.need] * COST_CAP
    first, share = relaxed(packing, rising, everybody, np.zeros(0, np.int64))
    starts, turns = [(share, reduced(packing, rising, first))], _turns(packing, effort)
    sure = None
    if len(graph.opening) > WHOLE:
        likely = np.bincount(packing.tier[graph.need], share, packing.tiers + 1)[1:]
        due = np.floor(likely + NEARLY).astype(np.int64)
        prices, _ = relaxed(packing, graph.cost, everybody, due, share > 0)
        sure = priced(packing, graph.cost, everybody, prices, turns=turns)
        starts.append((np.round(sure.share, 1), reduced(packing, graph.cost, sure.prices) + _paid(packing, sure)))
        effort -= TURN * turns * len(graph.opening)
    plans = [(repaired(packing, share, dear), dear) for share, dear in starts]
    chosen, _ = max(plans, key=lambda plan: (*packing.served(plan[0]).tolist(), -packing.cost(plan[0])))
    search = Search(packing, chosen, plans[-1][1], effort, seed)
    proven = search.run()
    return _told(packing, search.chosen, sure, turns, proven=proven)


def _turns(packing: Packing, effort: float) -> int:
    """Steps towards better prices that a fifth of the effort allows."""
    return int(min(MOST_STEPS, effort / 5 / (TURN * max(len(packing.graph.opening), 1))))


def _paid(packing: Packing, sure: Priced) -> NDArray[np.float64]:
    """float64[E]: what the need of each pair pays at these prices."""
    need = sure.prices.need
    return np.zeros(len(packing.graph.opening)) if need is None else need[packing.graph.need]


def _told(packing: Packing, chosen: Ints, sure: Priced | None, turns: int, *, proven: bool) -> Packed:
    """The plan with what can be proved of it."""
    graph, everybody = packing.graph, np.ones(packing.graph.n, dtype=np.bool_)
    held = np.zeros(len(graph.opening), dtype=np.bool_)
    held[chosen[chosen >= 0]] = True
    served = packing.served(chosen)
    most, people = _most(packing, served, held, turns, proven=proven)
    prices, _ = relaxed(packing, graph.cost, everybody, served, held)
    cost = packing.cost(chosen)
    lowest = cost
    if not proven:
        lowest = max(bound(packing, graph.cost, everybody, prices), 0)
        begin = prices
        if sure is not None:
            begin = replace(sure.prices, due=served)
            turns = 0 if np.array_equal(sure.prices.due, served) else turns // 2
        lowest = max(lowest, priced(packing, graph.cost, everybody, begin, turns=turns, above=cost).bound)
    value, penalty = cost + int(graph.penalty[chosen < 0].sum()), graph.penalty
    if np.array_equal(served, most):
        least = value - cost + lowest
    else:
        short = int(np.flatnonzero(served != most)[0])
        later = packing.tier > short
        falling = graph.cost - np.where(later, penalty, 0)[graph.need]
        # Of the first tier not proved the best plan serves as many as this one or more: its price is 0 or more.
        rest, _ = relaxed(packing, falling, everybody, served[: short + 1], held)
        rest = replace(rest, tier=np.append(rest.tier[:-1], max(float(rest.tier[-1]), 0.0)))
        whole = priced(packing, falling, everybody, rest, turns=0)
        least = max(bound(packing, falling, everybody, rest), whole.bound)
        least += int(penalty[later | (chosen < 0)].sum())
    return Packed(chosen, served, most, cost, lowest, value, min(least, value), prices.opening, prices.fund, people)


def _most(packing: Packing, served: Ints, held: Mask, turns: int, *, proven: bool) -> tuple[Ints, NDArray[np.float64]]:
    """How many of each tier can be served at most beside those before it, and what a yuan adds of each tier."""
    has_pair = np.diff(packing.graph.ptr) > 0
    most, people = served.copy(), np.zeros((len(packing.left), packing.tiers))
    for tier in range(1, packing.tiers + 1):
        mine = packing.tier == tier
        able = int((has_pair & mine).sum())
        if served[tier - 1] < able and (not proven or len(packing.left)):
            gain = np.where(mine[packing.graph.need], -1, 0).astype(np.int64)
            asked = packing.tier <= tier
            prices, _ = relaxed(packing, gain, asked, served[: tier - 1], held)
            people[:, tier - 1] = prices.fund
            able = min(able, -bound(packing, gain, asked, prices))
            if able > served[tier - 1]:
                whole = priced(packing, gain, asked, prices, turns=turns // 4, above=-int(served[tier - 1]))
                able = min(able, -whole.bound)
        most[tier - 1] = served[tier - 1] if proven else able
    return most, people
