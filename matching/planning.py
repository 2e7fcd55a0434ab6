"""Where more places would help most: curves of the value of k more places, and n places spread over many cells.

Each step adds one place to an opening and moves people along the chain of its gain, which is one step of successive
shortest paths: the plan stays optimal, so every gain told is exact.

Two facts of assignment valuations (the best value as a function of the places is M-natural-concave: Lehmann, Lehmann &
Nisan 2006; Murota 2003; Paes Leme 2017, "Gross substitutability: an algorithmic survey") are used:

* Gains never rise along a curve, and a place taken elsewhere never makes one more valuable. So the sum of the curves
  of single cells bounds what any spread of places can do.
* For n places of equal price, taking the best place n times is optimal, whatever cells take people from each other.
  With different prices under a budget it is not, and the bound from the curves says how far off it could be.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching import prices
from matching.candidates import find
from matching.cells import Cell, with_cells
from matching.chains import predecessors
from matching.graph import Graph, Split, split
from matching.params import Params
from matching.problem import Problem
from matching.transport import optimum, penalties, tier_base

Ints = NDArray[np.int64]
Rows = NDArray[np.int32]
Pick = Callable[[Ints], int]
"""From the gains of a block's openings to the one that gets a place; -1 for none."""


class Step(NamedTuple):
    """One more place."""

    opening: int
    gain: int
    """Fall of the plan's value, exact."""
    tier: int
    """Tier of the person newly served."""
    need: int
    """Row of the need newly served; -1 where chains were not followed to their end."""


@dataclass(frozen=True, eq=False)
class Ground:
    """A solved problem with cells in it; rows of openings beyond `offered` are the cells, in their order."""

    problem: Problem
    reach: Graph
    """All needs with all openings, whether they wait or not"""
    parts: Split
    """The needs that wait"""
    chosen: Ints
    gains: Ints
    tiers: int
    base: int
    offered: int
    skipped: frozenset[int] = frozenset()
    """Types whose openings count hours: their places cannot be told apart from hours, so no curve is drawn."""

    @property
    def cells(self) -> range:
        """Rows of the cells among the openings."""
        return range(self.offered, self.parts.graph.m)

    def tier_of(self, gain: int) -> int:
        """The tier of the person that a gain serves; 0 = nobody more."""
        steps = (gain + self.base // 2) // self.base
        return self.tiers + 1 - steps if steps > 0 else 0


def ground(
    problem: Problem, params: Params, cells: Sequence[Cell] = (), waiting: NDArray[np.bool_] | None = None
) -> Ground:
    """The problem solved with the cells beside its openings, every feasible pair taken in.

    It is the plain plan: without floors for groups, draws among near-ties, bundles, or the money of funds. Needs of
    types whose openings count hours take no part, nor do those that are not `waiting` (bool[n]; all wait by default).
    """
    hours = np.unique(problem.openings.service_type[problem.openings.counts_hours])
    if any(cell.service_type in set(hours.tolist()) for cell in cells):
        raise ValueError("a cell of a type that counts hours has no curve")
    whole = with_cells(problem, cells) if cells else problem
    every = replace(params, nearest_per_class=max(len(whole.openings), 1))
    candidates, _none_left = find(whole, every)
    tiers = max(params.tiers, int(problem.needs.tier.max(initial=1)))
    _, widths = np.unique(whole.openings.service_type, return_counts=True)
    base = tier_base(int(widths.max(initial=0)))
    graph = Graph(
        candidates.ptr,
        candidates.opening,
        candidates.cost.astype(np.int64),
        whole.openings.places.astype(np.int64),
        penalties(problem.needs.tier, tiers, base),
    )
    if len(hours):
        graph = graph.only(~np.isin(problem.needs.service_type, hours)[graph.need])
    parts = split(graph if waiting is None else graph.only(waiting[graph.need]))
    chosen = optimum(parts)
    gains = prices.gains(parts.graph, chosen)
    skipped = frozenset(int(one) for one in hours)
    return Ground(whole, graph, parts, chosen, gains, tiers, base, len(problem.openings), skipped)


@dataclass(eq=False)
class Block:
    """One component of a ground, in which places are added one after another."""

    ground: Ground
    graph: Graph
    openings: Ints
    needs: Ints
    chosen: Ints
    gains: Ints

    def copy(self) -> Block:
        """The same state, to go on from it twice."""
        return replace(self, chosen=self.chosen.copy(), gains=self.gains.copy())

    def at(self, opening: int) -> int:
        """Where an opening of the ground stands in the block."""
        return int(np.searchsorted(self.openings, opening))

    def add(self, local: int) -> Step:
        """Put one more place at an opening (its number in the block) and let everybody move to the new best plan."""
        gain = int(self.gains[local])
        pair, root = predecessors(self.graph, self.chosen, self.gains)
        placed = self.graph.placed(self.chosen)
        here = local
        while here >= 0 and pair[here] >= 0:
            need = int(self.graph.need[pair[here]])
            self.chosen[need] = pair[here]
            here = int(placed[need])
        self.gains = prices.gains(self.graph, self.chosen)
        newly = int(root[local])
        tier = self.ground.tier_of(gain)
        return Step(int(self.openings[local]), gain, tier, int(self.needs[newly]) if newly >= 0 and tier else -1)

    def walk(self, pick: Pick) -> Iterator[Step]:
        """Steps as `pick` asks for them, as long as each serves somebody more."""
        while (local := pick(self.gains)) >= 0 and self.ground.tier_of(int(self.gains[local])):
            yield self.add(local)


def blocks(ground: Ground, openings: Iterator[int] | Sequence[int]) -> list[Block]:
    """The components in which one of these openings would serve somebody more."""
    useful = [opening for opening in openings if ground.tier_of(int(ground.gains[opening]))]
    parts = ground.parts
    size = int(max(parts.of_need.max(initial=-1), parts.of_opening.max(initial=-1))) + 1
    wanted = np.zeros(size, dtype=np.bool_)
    wanted[parts.of_opening[useful]] = True
    found = []
    for block in parts.blocks(wanted):
        inner = ground.chosen[block.needs]
        found.append(
            Block(
                ground,
                block.graph,
                block.openings,
                block.needs,
                np.where(inner >= 0, np.searchsorted(block.pairs, inner), -1),
                ground.gains[block.openings].copy(),
            )
        )
    return found


def curve(block: Block, opening: int, most: int) -> list[Step]:
    """What the first, second, … `most`-th more place at one opening gives; ends where nobody more is served."""
    local = block.at(opening)
    steps = block.copy().walk(lambda _gains: local)
    return [step for step, _ in zip(steps, range(most), strict=False)]


def allocate(found: Sequence[Block], allowed: Sequence[int], places: int) -> list[Step]:
    """The best `places` places over the openings allowed, in the order of what they give: optimal for each count.

    Components do not touch each other, so their own best steps are merged.
    """
    walks = [block.copy().walk(_best_of(block, allowed)) for block in found]
    heads = [(-step.gain, number, step) for number, walk in enumerate(walks) if (step := next(walk, None))]
    heapq.heapify(heads)
    taken: list[Step] = []
    while heads and len(taken) < places:
        _, number, step = heads[0]
        taken.append(step)
        following = next(walks[number], None)
        if following is None:
            heapq.heappop(heads)
        else:
            heapq.heapreplace(heads, (-following.gain, number, following))
    return taken


def _best_of(block: Block, allowed: Sequence[int]) -> Pick:
    rows = np.flatnonzero(np.isin(block.openings, np.asarray(allowed, dtype=np.int64)))

    def pick(gains: Ints) -> int:
        return int(rows[np.argmax(gains[rows])]) if len(rows) else -1

    return pick


@dataclass(frozen=True)
class Purchase:
    """Places bought under a budget, and how good that is."""

    steps: list[Step]
    spent: int
    bounds: list[int]
    """For each tier t: no purchase within the budget serves more than so many people of tiers 1..t."""

    def newly(self, tiers: int) -> list[int]:
        """People of tiers 1..t newly served, for each t."""
        return [sum(step.tier <= tier for step in self.steps) for tier in range(1, tiers + 1)]


def buy(
    found: Sequence[Block], cost: Mapping[int, int], budget: int, places: int, curves: Mapping[int, Sequence[Step]]
) -> Purchase:
    """At most `places` places within a budget: the most urgent person first, then the cheapest place, the best fit.

    Args:
        found: blocks of the openings that may be bought.
        cost: price of one place at each of them, in whole units of money.
        budget: in the same units.
        places: how many at most.
        curves: the curve of each opening alone; with them the bound is told (at least as long as `places`, or whole).

    Two bounds hold, and the smaller is told: what the curves alone allow at these prices, and what as many places as
    the cheapest price allows would do if all had it.
    """
    states = [block.copy() for block in found]
    tiers = found[0].ground.tiers if found else 0
    rows = [
        np.array([at for at, one in enumerate(state.openings.tolist()) if one in cost], dtype=np.int64)
        for state in states
    ]
    price = [
        np.array([cost[int(state.openings[at])] for at in mine], dtype=np.int64)
        for state, mine in zip(states, rows, strict=True)
    ]
    heads = [_cheapest(state, mine, asked, budget) for state, mine, asked in zip(states, rows, price, strict=True)]
    steps, spent = list[Step](), 0
    while len(steps) < places:
        heads = [
            _cheapest(states[number], rows[number], price[number], budget - spent)
            if head and cost[int(states[number].openings[head[-1]])] > budget - spent
            else head
            for number, head in enumerate(heads)
        ]
        known = [(head, number) for number, head in enumerate(heads) if head]
        if not known:
            break
        head, number = min(known)
        step = states[number].add(head[-1])
        steps.append(step)
        spent += cost[step.opening]
        heads[number] = _cheapest(states[number], rows[number], price[number], budget - spent)
    cheapest = min(cost.values(), default=0)
    most = min(places, budget // cheapest) if cheapest else places
    best = allocate(found, list(cost), most)
    bounds = [
        min(_bound(curves, cost, budget, places, tier), sum(step.tier <= tier for step in best))
        for tier in range(1, tiers + 1)
    ]
    return Purchase(steps, spent, bounds)


def _cheapest(block: Block, rows: Ints, price: Ints, left: int) -> tuple[int, int, int, int] | None:
    """The best affordable place of a block: (tier, price, -gain, its number); None where it serves nobody more."""
    if not len(rows):
        return None
    gains, ground = block.gains[rows], block.ground
    steps = (gains + ground.base // 2) // ground.base
    useful = np.flatnonzero((steps > 0) & (price <= left))
    if not len(useful):
        return None
    best = useful[np.lexsort((-gains[useful], price[useful], -steps[useful]))[0]]
    return ground.tiers + 1 - int(steps[best]), int(price[best]), -int(gains[best]), int(rows[best])


def _bound(curves: Mapping[int, Sequence[Step]], cost: Mapping[int, int], budget: int, places: int, tier: int) -> int:
    """The most people of tiers 1..t that separate curves allow: cheapest first, which is best where each counts one."""
    served, left = 0, budget
    for opening in sorted(curves, key=lambda one: cost.get(one, 0)):
        if opening not in cost:
            continue
        long = sum(step.tier <= tier for step in curves[opening])
        take = min(long, places - served, left // cost[opening] if cost[opening] else long)
        served, left = served + take, left - take * cost[opening]
    return served
