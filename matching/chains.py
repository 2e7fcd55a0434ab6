"""Who moves when an opening gets one more place, or one fewer: the story behind each gain and loss."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from matching.graph import Graph
from matching.result import Move

Ints = NDArray[np.int64]
Rows = NDArray[np.int32]


def predecessors(graph: Graph, chosen: Ints, prices: Ints, real: int | None = None) -> tuple[Ints, Rows]:
    """For each opening the pair whose need takes one more place there (int64[m], -1 none), and the need that is
    newly served at the end of the chain (int32[m], -1 nobody).

    Chains have as few moves as the gain allows; among equals the first pair wins. Openings from number `real` on
    are pools of unmet needs: who leaves one is newly served.
    """
    real = graph.m if real is None else real
    _, order = graph.by_opening
    placed = graph.placed(chosen)
    need, head = graph.need[order], graph.opening[order]
    source = np.where(placed[need] < 0, graph.m, placed[need])
    worth = np.append(-prices, 0)
    tight = (worth[source] + graph.cost[order] - graph.pay(chosen)[need] == worth[head]) & (source != head)
    tight &= worth[head] < 0
    need, head, source, order = need[tight], head[tight], source[tight], order[tight]
    pair, root = np.full(graph.m, -1, dtype=np.int64), np.full(graph.m + 1, -1, dtype=np.int32)
    reached = worth == 0
    while True:
        step = np.flatnonzero(reached[source] & ~reached[head])
        if not len(step):
            return pair, root[: graph.m]
        found, first = np.unique(head[step], return_index=True)
        step = step[first]
        pair[found] = order[step]
        root[found] = np.where(source[step] >= real, need[step], root[source[step]])
        reached[found] = True


def stories(graph: Graph, chosen: Ints, pair: Ints, real: int | None = None) -> list[tuple[Move, ...]]:
    """The moves for each of the `real` openings, beginning with the one that takes its new place."""
    real = graph.m if real is None else real
    placed = graph.placed(chosen)
    need = np.where(pair >= 0, graph.need[pair], -1).tolist() if len(graph.need) else [-1] * graph.m
    origin = [int(placed[who]) if who >= 0 else -1 for who in need]
    told: list[tuple[Move, ...]] = []
    for opening in range(real):
        moves, at = [], opening
        while at >= 0 and need[at] >= 0:
            moves.append(Move(need[at], _told(origin[at], real), _told(at, real)))
            at = origin[at]
        told.append(tuple(moves))
    return told


def departures(graph: Graph, chosen: Ints, loss: Ints, real: int) -> list[tuple[Move, ...]]:
    """The moves for each of the `real` openings when it loses a place, beginning with who leaves it."""
    placed, pay = graph.placed(chosen), graph.pay(chosen)
    source = placed[graph.need]
    tight = (source >= 0) & (source != graph.opening) & (graph.places[graph.opening] > 0)
    tight &= graph.cost - pay[graph.need] + loss[graph.opening] == loss[source]
    pairs = np.flatnonzero(tight)
    source, head = source[pairs], graph.opening[pairs]
    who, goal = np.full(graph.m, -1, dtype=np.int64), np.full(graph.m, -1, dtype=np.int64)
    quits = np.flatnonzero((placed >= 0) & (graph.penalty - pay == loss[placed]))
    who[placed[quits]] = quits
    reached = (loss <= 0) | (who >= 0)
    who[loss <= 0] = -1
    while True:
        step = np.flatnonzero(reached[head] & ~reached[source])
        if not len(step):
            break
        found, first = np.unique(source[step], return_index=True)
        who[found], goal[found] = graph.need[pairs[step[first]]], head[step[first]]
        reached[found] = True
    told: list[tuple[Move, ...]] = []
    movers, goals = who.tolist(), goal.tolist()
    for opening in range(real):
        moves, at = [], opening
        while at >= 0 and movers[at] >= 0:
            moves.append(Move(movers[at], _told(at, real), _told(goals[at], real)))
            at = goals[at]
        told.append(tuple(moves))
    return told


def changes(
    graph: Graph, told: Sequence[tuple[Move, ...]], tier: NDArray[np.int8], tiers: int
) -> tuple[NDArray[np.int64], Ints]:
    """For each chain how many more needs of each tier it serves (int64[m, T]), and how much more the pairs cost."""
    served, cost = np.zeros((len(told), tiers), dtype=np.int64), np.zeros(len(told), dtype=np.int64)
    for row, moves in enumerate(told):
        for need, origin, goal in moves:
            for opening, sign in ((origin, -1), (goal, 1)):
                if opening >= 0:
                    mine = slice(graph.ptr[need], graph.ptr[need + 1])
                    served[row, tier[need] - 1] += sign
                    cost[row] += sign * graph.cost[mine][graph.opening[mine] == opening][0]
    return served, cost


def _told(opening: int, real: int) -> int:
    """An opening as the caller knows it; a pool is -1, unserved."""
    return opening if opening < real else -1
