"""Chance among places that are nearly as good, with a chance that is known, so that other weights can be judged later.

Why not simply blur the points and solve again: how likely that makes a place depends on every other need, and nobody
could say it. Here instead:

1. The best plan is settled without the round's seed (ties by the stable hash of the records alone).
2. From that plan, and from nothing that is drawn, exchanges are laid down that do not touch each other: two needs that
   can swap their places, or one need that can move to a place that stays free anyhow, each for at most `within` points
   more. A need is in at most one exchange; a free place is kept for one exchange alone.
3. For each exchange one fair coin falls (a bit of a hash of the records and the round's seed): made, or not made.

The exchanges are disjoint, and fixed before any coin falls, so each need of an exchange has its place with chance 1/2
and the other with chance 1/2, whatever the other coins say; every other need has its place with chance 1. Whoever is
served stays served, in the same type, so no tier, no group and no count changes; no opening gets more people than
places; and the plan costs at most the sum of the exchanges' points more, which is told.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.graph import Graph
from matching.reports import Drawing
from matching.ties import Keys, mix

Ints = NDArray[np.int64]
Rows = NDArray[np.int32]
TRIES = 12
"""How many of its near-ties each need offers in turn, to find somebody to swap with."""


@dataclass(frozen=True, eq=False)
class Exchanges:
    """Exchanges that do not touch each other: pairs that one or two needs may take instead of theirs."""

    first: Ints
    """The pair that the first need takes instead"""
    second: Ints
    """The pair the second takes; -1 where the first moves to a free place"""
    points: Ints
    """How many points more it costs, 0 or more"""


def exchanges(  # noqa: PLR0917
    graph: Graph,
    chosen: Ints,
    prices: Ints,
    keys: Keys,
    within: int,
    fixed: NDArray[np.bool_],
    closed: NDArray[np.bool_],
) -> Exchanges:
    """The exchanges of an optimal plan. They depend on the plan and the needs' keys, not on the order of rows.

    Args:
        graph: openings, pairs and costs, without pools.
        chosen: int64[n], the plan.
        prices: int64[m], of its openings.
        keys: uint64[n], of the needs.
        within: most points an exchange may cost.
        fixed: bool[n], needs that nothing is drawn for.
        closed: bool[m], openings that nothing is drawn at.
    """
    placed = graph.placed(chosen)
    matched = (placed >= 0) & ~fixed
    source = placed[graph.need]
    more = graph.cost - np.where(matched, graph.cost[chosen] if len(graph.cost) else 0, 0)[graph.need]
    other = matched[graph.need] & (source != graph.opening) & (graph.places[graph.opening] > 0)
    other &= ~(closed[graph.opening] | np.append(closed, True)[source])
    reduced = more + prices[graph.opening] - np.append(prices, 0)[source]
    near = np.flatnonzero(other & (reduced <= within))
    near = near[np.lexsort((mix(keys)[graph.need[near]] ^ graph.opening[near].astype(np.uint64), graph.need[near]))]
    first, second = _swaps(graph, source, reduced, near, keys, within)
    busy = np.zeros(graph.n, dtype=np.bool_)
    busy[graph.need[first]] = busy[graph.need[second]] = True
    free = graph.places - np.bincount(placed[placed >= 0], minlength=graph.m)
    loose = np.flatnonzero(other & (more >= 0) & (more <= within) & ~busy[graph.need])
    loose = loose[(free[graph.opening[loose]] > 0) & (prices[source[loose]] == 0)]
    moves = _moves(graph, loose, more, free, keys)
    firsts = np.concatenate([first, moves])
    seconds = np.concatenate([second, np.full(len(moves), -1, dtype=np.int64)])
    points = more[firsts] + np.where(seconds >= 0, more[seconds] if len(more) else 0, 0)
    return Exchanges(firsts, seconds, points)


def _swaps(  # noqa: PLR0917
    graph: Graph, source: Rows, reduced: Ints, near: Ints, keys: Keys, within: int
) -> tuple[Ints, Ints]:
    """Pairs (first, second) that are each other's way back, for needs met once."""
    busy = np.zeros(graph.n, dtype=np.bool_)
    found: list[tuple[Ints, Ints]] = []
    start = np.searchsorted(graph.need[near], np.arange(graph.n + 1))
    offers = np.diff(start)
    for turn in range(min(TRIES, int(offers.max(initial=0)))):
        rows = np.flatnonzero((offers > turn) & ~busy)
        pairs = near[start[rows] + turn]
        here, there = source[pairs].astype(np.int64), graph.opening[pairs].astype(np.int64)
        edge = np.minimum(here, there) * graph.m + np.maximum(here, there)
        forth = here < there
        order = np.lexsort((keys[rows], reduced[pairs], forth, edge))
        pairs, edge, forth, rank = pairs[order], edge[order], forth[order], np.arange(len(order))
        side = edge * 2 + forth
        rank -= np.searchsorted(side, side)
        back, ahead = np.flatnonzero(~forth), np.flatnonzero(forth)
        span = int(rank.max(initial=0)) + 1
        _, one, two = np.intersect1d(
            edge[back] * span + rank[back], edge[ahead] * span + rank[ahead], return_indices=True
        )
        one, two = pairs[back[one]], pairs[ahead[two]]
        good = reduced[one] + reduced[two] <= within
        found.append((one[good], two[good]))
        busy[graph.need[one[good]]] = busy[graph.need[two[good]]] = True
    none = np.zeros(0, dtype=np.int64)
    return (
        np.concatenate([none, *(one for one, _ in found)]).astype(np.int64),
        np.concatenate([none, *(two for _, two in found)]).astype(np.int64),
    )


def _moves(graph: Graph, loose: Ints, more: Ints, free: Ints, keys: Keys) -> Ints:
    """For each need the cheapest move to a free place, as many to an opening as it has places free."""
    order = loose[np.lexsort((graph.opening[loose], more[loose], graph.need[loose]))]
    _, at = np.unique(graph.need[order], return_index=True)
    pairs = order[at]
    pairs = pairs[np.lexsort((mix(keys)[graph.need[pairs]], graph.opening[pairs]))]
    goal = graph.opening[pairs]
    return np.asarray(pairs[np.arange(len(pairs)) - np.searchsorted(goal, goal) < free[goal]], dtype=np.int64)


def draw(  # noqa: PLR0917
    graph: Graph, chosen: Ints, found: Exchanges, keys: Keys, within: int, seed: int
) -> tuple[Ints, Drawing]:
    """The plan with the exchanges made whose coins fell so (int64[n]), and what was drawn."""
    both = found.second >= 0
    one = graph.need[found.first]
    two = np.where(both, graph.need[found.second] if len(graph.need) else 0, 0)
    salt = mix(np.array([seed & 0xFFFFFFFFFFFFFFFF], dtype=np.uint64))[0]
    coin = np.minimum(keys[one], np.where(both, keys[two], keys[one]))  # the same whichever need comes first
    made = (mix(mix(coin + np.uint64(0xD1CE)) ^ salt) >> np.uint64(63)).astype(np.bool_)
    result, other = chosen.copy(), np.full(graph.n, -1, dtype=np.int32)
    propensity = np.ones(graph.n)
    for pairs, mine in ((found.first, made), (found.second[both], made[both])):
        need = graph.need[pairs]
        result[need[mine]] = pairs[mine]
        other[need] = np.where(mine, graph.opening[chosen[need]], graph.opening[pairs])
        propensity[need] = 0.5
    told = Drawing(
        propensity=propensity,
        other=other,
        within=within,
        exchanges=len(made),
        made=int(made.sum()),
        points=int(found.points[made].sum()),
        most=int(found.points.sum()),
    )
    return result, told


def nothing(needs: int) -> Drawing:
    """Nothing was drawn for so many needs."""
    return Drawing(np.ones(needs), np.full(needs, -1, dtype=np.int32), 0, 0, 0, 0, 0)
