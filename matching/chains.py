"""Who moves when an opening gets one more place: the story behind each gain."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matching.graph import Graph
from matching.result import Move

Ints = NDArray[np.int64]
Rows = NDArray[np.int32]


def predecessors(graph: Graph, chosen: Ints, prices: Ints) -> tuple[Ints, Rows]:
    """For each opening the pair whose need takes one more place there (int64[m], -1 none), and the need that is
    newly served at the end of the chain (int32[m], -1 nobody).

    Chains have as few moves as the gain allows; among equals the first pair wins.
    """
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
        root[found] = np.where(source[step] == graph.m, need[step], root[source[step]])
        reached[found] = True


def stories(graph: Graph, chosen: Ints, pair: Ints) -> list[tuple[Move, ...]]:
    """The moves for each opening, beginning with the one that takes its new place."""
    placed = graph.placed(chosen)
    need = np.where(pair >= 0, graph.need[pair], -1).tolist() if len(graph.need) else [-1] * graph.m
    origin = [int(placed[who]) if who >= 0 else -1 for who in need]
    told: list[tuple[Move, ...]] = []
    for opening in range(graph.m):
        moves, at = [], opening
        while at >= 0 and need[at] >= 0:
            moves.append(Move(need[at], origin[at], at))
            at = origin[at]
        told.append(tuple(moves))
    return told
