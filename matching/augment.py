"""Shortest paths that put a plan right when one place is set free, or one need comes in: Dijkstra over openings.

With prices that prove a plan, no move costs less than nothing (its reduced cost c_ij + p_j - v_i is 0 or more), so only
the neighbourhood in which something cheap enough can happen is looked at. The prices are put right on the way, as in
successive shortest paths (Ahuja, Magnanti & Orlin, Network Flows, 1993, ch. 9.7), and prove the new plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from matching.graph import Graph, ragged
from matching.prices import FAR, worth

Ints = NDArray[np.int64]


@dataclass(eq=False)
class Proven:
    """A plan with prices that prove it; both change in place."""

    graph: Graph
    chosen: Ints
    price: Ints


def fill(plan: Proven, opening: int, absent: int) -> None:
    """One place at `opening` has become free: let somebody take it where that saves something, and so on.

    The need `absent` takes no part.
    """
    graph, price = plan.graph, plan.price
    value, placed = worth(graph, price), graph.placed(plan.chosen)
    ptr, order = graph.by_opening
    search = _Search(graph.m)
    search.reach(opening, 0, -1)
    while (at := search.next()) >= 0:
        so_far = int(search.distance[at])
        search.end(so_far + int(price[at]), at, -1)  # it stays free
        pairs = order[ptr[at] : ptr[at + 1]]
        who = graph.need[pairs]
        step = so_far + graph.cost[pairs] + price[at] - value[who]
        source = placed[who]
        usable = (source != at) & (who != absent) & (step < search.best)
        pairs, step, source = pairs[usable], step[usable], source[usable]
        waiting = np.flatnonzero(source < 0)
        if len(waiting):
            cheapest = waiting[step[waiting].argmin()]
            search.end(int(step[cheapest]), at, int(pairs[cheapest]))
        search.relax(source, step, pairs, source >= 0)
    at, last = search.last
    if last >= 0:
        plan.chosen[graph.need[last]] = last
    while at != opening:
        pair = int(search.via[at])
        plan.chosen[graph.need[pair]] = pair
        at = int(graph.opening[pair])
    near = search.distance < search.best
    price[near] -= search.best - search.distance[near]


def insert(plan: Proven, need: int) -> None:
    """A need without a place comes in: it takes one where that saves something; others move, or one gives way."""
    graph, price = plan.graph, plan.price
    value, placed = worth(graph, price), graph.placed(plan.chosen)
    by_place = np.argsort(placed, kind="stable")
    start = np.searchsorted(placed[by_place], np.arange(graph.m + 1))
    free = start[1:] - start[:-1] < graph.places
    search = _Search(graph.m)
    search.end(int(graph.penalty[need] - value[need]), -1, need)
    own = np.arange(graph.ptr[need], graph.ptr[need + 1])
    search.relax(graph.opening[own], graph.cost[own] + price[graph.opening[own]] - value[need], own, slice(None))
    while (at := search.next()) >= 0:
        so_far = int(search.distance[at])
        if free[at]:
            search.end(so_far, at, -1)
            continue
        there = by_place[start[at] : start[at + 1]]
        if not len(there):
            continue
        gives_way = graph.penalty[there] - value[there]
        search.end(so_far + int(gives_way.min()), at, int(there[gives_way.argmin()]))
        pairs, _ = ragged(graph.ptr, there)
        who, target = graph.need[pairs], graph.opening[pairs]
        step = so_far + graph.cost[pairs] + price[target] - value[who]
        search.relax(target, step, pairs, target != at)
    at, last = search.last
    if last >= 0:
        plan.chosen[last] = -1
    while at >= 0:
        pair = int(search.via[at])
        mover = int(graph.need[pair])
        plan.chosen[mover] = pair
        at = int(placed[mover]) if mover != need else -1
    near = search.distance < search.best
    price[near] += search.best - search.distance[near]


class _Search:
    """Openings in the order of their distance, up to the best end found."""

    def __init__(self, size: int) -> None:
        self.distance = np.full(size, FAR, dtype=np.int64)
        self.via = np.full(size, -1, dtype=np.int64)
        self.best = int(FAR)
        self.last = (-1, -1)
        self._done = np.zeros(size, dtype=np.bool_)
        self._heap: list[tuple[int, int]] = []

    def reach(self, opening: int, distance: int, pair: int) -> None:
        self.distance[opening], self.via[opening] = distance, pair
        heappush(self._heap, (distance, opening))

    def end(self, distance: int, opening: int, last: int) -> None:
        """A way to end: at an opening, with the pair or need that comes last (-1 none)."""
        if distance < self.best:
            self.best, self.last = distance, (opening, last)

    def relax(self, target: NDArray[np.int32], step: Ints, pairs: Ints, usable: NDArray[np.bool_] | slice) -> None:
        target, step, pairs = target[usable], step[usable], pairs[usable]
        better = (step < self.best) & (step < self.distance[target])
        if not better.any():
            return
        target, step, pairs = target[better], step[better], pairs[better]
        order = np.lexsort((step, target))
        target, step, pairs = target[order], step[order], pairs[order]
        first = np.flatnonzero(np.concatenate([[True], target[1:] != target[:-1]]))
        for opening, distance, pair in zip(
            target[first].tolist(), step[first].tolist(), pairs[first].tolist(), strict=True
        ):
            self.reach(opening, distance, pair)

    def next(self) -> int:
        """The nearest opening not looked at; -1 where none is nearer than the best end."""
        while self._heap:
            distance, opening = heappop(self._heap)
            if distance >= self.best:
                return -1
            if not self._done[opening]:
                self._done[opening] = True
                return opening
        return -1
