"""Prices of the needs at which every opening is packed as well as it can be: a bound that splitting does not weaken.

The relaxation of `packing_bounds` lets needs be split, so half a need may fill the last hour of an opening. Here each
opening is filled with whole needs (a knapsack, solved exactly by dynamic programming for all openings at once), and
only that one need may be packed twice is left to prices: Lagrange's relaxation, whose best bound is that of a linear
program over all fillings of openings (Dantzig & Wolfe 1960; for this problem Savelsbergh 1997). The prices are found by
subgradient steps; the fillings on the way, averaged, are close to a plan (the volume algorithm, Barahona & Anbil 2000).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matching.packing_bounds import Prices

if TYPE_CHECKING:
    from matching.packing import Packing

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

WIDEST = 512
"""Units of an opening up to which a knapsack is exact; sizes in larger ones are rounded down, which only relaxes."""
PATIENCE = 12
"""Steps without a better bound after which they get shorter."""
TIER_STEP = 0.02
"""How far a price of a tier moves beside that of a need: it stands for all its needs at once."""
MEMORY = 0.93
"""How much of the average of fillings each new one leaves."""
LIMIT = float(1 << 61)
DONE = 1e-3
"""Steps shorter than this share of the first are not worth their time."""


class Knapsacks:
    """All openings of a packing, to be filled at once."""

    def __init__(self, packing: Packing) -> None:
        graph = packing.graph
        ptr, self._order = graph.by_opening
        self._opening = graph.opening[self._order].astype(np.int64)
        size = packing.use[self._order]
        step = np.ones(graph.m, dtype=np.int64)
        some = np.flatnonzero(np.diff(ptr) > 0)
        if len(some):
            step[some] = np.gcd.reduceat(size, ptr[some])
        step *= np.maximum(-(-(graph.places // step) // WIDEST), 1)
        self._room = graph.places // step
        self._size = size // step[self._opening]
        self._fits = size <= graph.places[self._opening]

    def fill(self, worth: Ints) -> tuple[Ints, Mask]:
        """The most worth (int64[m]) that each opening can hold of its pairs (int64[E]), and which pairs (bool[E])."""
        ordered = worth[self._order]
        items = np.flatnonzero((ordered > 0) & self._fits)
        opening, size, value = self._opening[items], self._size[items], ordered[items]
        total, filled = np.zeros(len(self._room), dtype=np.int64), np.zeros(len(self._room), dtype=np.int64)
        np.add.at(filled, opening, size)
        np.add.at(total, opening, value)
        roomy = filled <= self._room
        taken = np.zeros(len(worth), dtype=np.bool_)
        taken[self._order[items[roomy[opening]]]] = True
        tight = np.flatnonzero(~roomy)
        if len(tight):
            mine = np.flatnonzero(~roomy[opening])
            row, room = np.searchsorted(tight, opening[mine]), self._room[tight]
            useful = _useful(row, size[mine], value[mine], room)
            mine, row = mine[useful], row[useful]
            best, chosen = _knapsacks(row, size[mine], value[mine], room)
            total[tight] = best
            taken[self._order[items[mine][chosen]]] = True
        return total, taken


def _useful(row: Ints, size: Ints, value: Ints, room: Ints) -> Ints:
    """Items in order of their rows without those that others of their size fill the knapsack before."""
    order = np.lexsort((-value, size, row))
    ranked, heavy = row[order], size[order]
    new = np.concatenate([[True], (ranked[1:] != ranked[:-1]) | (heavy[1:] != heavy[:-1])])
    first = np.flatnonzero(new)
    place = np.arange(len(order)) - first[np.cumsum(new) - 1]
    return np.asarray(order[(place + 1) * heavy <= room[ranked]])


def _knapsacks(row: Ints, size: Ints, value: Ints, room: Ints) -> tuple[Ints, Ints]:
    """The best value of each knapsack, and the items in it; items come by row, one item of every row at a step."""
    count = np.bincount(row, minlength=len(room))
    longest = np.argsort(-count, kind="stable")
    start, count = (np.cumsum(count) - count)[longest], count[longest]
    width = int(room.max()) + 1
    best = np.zeros((len(room), width), dtype=np.int64)
    columns, steps = np.arange(width), list[Mask]()
    for turn in range(int(count[0])):
        active = int(np.searchsorted(-count, -turn, side="left"))
        item = start[:active] + turn
        source = columns[None, :] - size[item][:, None]
        with_it = np.take_along_axis(best[:active], np.maximum(source, 0), 1) + value[item][:, None]
        better = (source >= 0) & (with_it > best[:active])
        np.copyto(best[:active], with_it, where=better)
        steps.append(better)
    left, found = room[longest].copy(), list[Ints]()
    total = np.empty(len(room), dtype=np.int64)
    total[longest] = best[np.arange(len(room)), left]
    for turn in range(len(steps) - 1, -1, -1):
        rows = np.arange(len(steps[turn]))
        hit = rows[steps[turn][rows, left[: len(rows)]]]
        item = start[hit] + turn
        left[hit] -= size[item]
        found.append(item)
    return total, np.concatenate(found)


@dataclass(frozen=True, eq=False)
class Priced:
    """The best prices found, what they prove, and the fillings on the way."""

    prices: Prices
    bound: int
    """No plan that serves the numbers due has a lower objective"""
    share: Floats
    """float64[E], 0..1: how often each pair was in the fillings, the later ones counting more"""


def priced(
    packing: Packing, objective: Ints, asked: Mask, prices: Prices, *, turns: int, above: int | None = None
) -> Priced:
    """Better the prices of a relaxation for whole needs, by at most so many steps.

    Args:
        packing: the problem.
        objective: int64[E], to be made least.
        asked: bool[n]: the others are not served.
        prices: to begin with, those of the needs among them; `due` tells how many of each tier must be served.
        turns: most steps; 0 tells the bound of the prices as they are.
        above: the objective of a plan that serves so many, where one is known: steps aim there, and end where no plan
            can be better.
    """
    graph, filling = packing.graph, Knapsacks(packing)
    at = _Point.of(packing, prices)
    scale = at.scale(packing, objective)
    mine = asked[graph.need]
    share = np.zeros(len(graph.opening))
    best, found, pace, waited = at, -(1 << 62), 1.0, 0
    yuan = float(np.square(packing.money[packing.money > 0]).mean()) if packing.money.any() else 1.0
    for turn in range(turns + 1):
        cost, credit = at.counted(packing, objective, scale)
        if float(np.abs(cost).max(initial=0)) * max(len(cost), 2) >= LIMIT or abs(credit) >= LIMIT:
            break  # prices have grown past what sums can hold
        total, taken = filling.fill(np.where(mine, -cost, 0))
        value = -(-(credit - int(total.sum())) // scale)
        share = MEMORY * share + (1 - MEMORY) * taken if turn else taken.astype(np.float64)
        if value > found:
            waited = 0 if value - found > 1e-5 * abs(value) else waited + 1
            best, found = at, value
        else:
            waited += 1
        if (above is not None and found >= above) or turn == turns:
            break
        if waited >= PATIENCE:
            at, pace, waited = best, pace * 0.6, 0
            if pace < DONE:
                break
        aim = max((above if above is not None else found + abs(found) // 20) - value, 1)
        at = at.moved(packing, taken, aim * pace, yuan)
    return Priced(best.prices(prices), found, share)


@dataclass(frozen=True, eq=False)
class _Point:
    """Prices of needs, tiers and yuan."""

    need: Floats
    tier: Floats
    fund: Floats
    due: Ints

    @classmethod
    def of(cls, packing: Packing, prices: Prices) -> _Point:
        need = np.zeros(packing.graph.n) if prices.need is None else np.maximum(prices.need, 0.0)
        return cls(need, prices.tier, np.maximum(prices.fund, 0.0), prices.due)

    def prices(self, old: Prices) -> Prices:
        return replace(old, need=self.need, tier=self.tier, fund=self.fund)

    def scale(self, packing: Packing, objective: Ints) -> int:
        """Parts of a point in which prices are counted: as fine as sums in 62 bits allow, with room to grow."""
        largest = (
            float(np.abs(objective).max(initial=1)) * 8
            + float(np.abs(self.tier).max(initial=1)) * 8
            + float(self.need.max(initial=1)) * 8
            + float(packing.money.max(initial=0)) * float(self.fund.max(initial=0)) * 8
            + float((self.fund * packing.left).sum()) / max(packing.graph.n, 1) * 8
        )
        return 1 << max(0, min(20, 60 - int(np.ceil(np.log2(largest * max(len(objective), 2))))))

    def counted(self, packing: Packing, objective: Ints, scale: int) -> tuple[Ints, int]:
        """What each pair costs at these prices, and what all prices together give, in whole parts of a point."""
        graph = packing.graph
        need, fund = np.rint(self.need * scale).astype(np.int64), np.rint(self.fund * scale).astype(np.int64)
        tier = np.rint(self.tier * scale).astype(np.int64)
        earned = np.zeros(packing.tiers + 1, dtype=np.int64)
        earned[1 : len(tier) + 1] = tier
        cost = objective * scale + (need - earned[packing.tier])[graph.need]
        if len(fund):
            cost += packing.money * np.append(fund, 0)[packing.fund[graph.opening]]
        return cost, int((tier * self.due).sum()) - int(need.sum()) - int((fund * packing.left).sum())

    def moved(self, packing: Packing, taken: Mask, aim: float, yuan: float) -> _Point:
        """A step towards prices at which no need is packed twice and as many are served as are due."""
        graph = packing.graph
        times = np.bincount(graph.need[taken], minlength=graph.n)
        over = times - 1.0
        over[(self.need <= 0) & (over < 0)] = 0.0
        missing = self.due - np.bincount(packing.tier, times, packing.tiers + 1)[1 : len(self.due) + 1]
        spent = np.zeros(len(self.fund) + 1)
        np.add.at(spent, packing.fund[graph.opening[taken]], packing.money[taken])
        excess = spent[:-1] - packing.left
        excess[(self.fund <= 0) & (excess < 0)] = 0.0
        length = float((over**2).sum() + TIER_STEP * (missing**2).sum() + (excess**2).sum() / yuan)
        step = aim / max(length, 1.0)
        return _Point(
            np.maximum(self.need + step * over, 0.0),
            self.tier + step * TIER_STEP * missing,
            np.maximum(self.fund + step * excess / yuan, 0.0),
            self.due,
        )
