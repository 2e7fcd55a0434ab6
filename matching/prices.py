"""What a place is worth, exactly, and the proof that a plan is the best.

In the residual graph every way to better a plan is a path: somebody moves from one opening to another, whose
place is taken by the next. Contracted to the openings and one pool of unmet needs, an arc a -> b costs the
least, over needs i now at a with (i, b) a pair, of c_ib minus what i pays now. The shortest path from the pool
to b is what one more place at b saves; from b to the pool, what one fewer costs. The savings are prices in the
sense of linear programming (the lowest optimal ones), so the same numbers prove the plan.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matching.graph import Graph

Ints = NDArray[np.int64]
FAR = np.int64(1) << 61


class NotOptimal(ArithmeticError):
    """The plan can be bettered: a circle of moves saves something for ever."""


def gains(graph: Graph, chosen: Ints) -> Ints:
    """int64[m]: by how much one more place at each opening would lower the value. They are its prices.

    Raises:
        NotOptimal: the plan is not optimal.
    """
    ptr, order = graph.by_opening
    need = graph.need[order]
    step = graph.cost[order] - graph.pay(chosen)[need]
    source = graph.placed(chosen)[need]
    source[source < 0] = graph.m
    useful = source != graph.opening[order]
    return -_settle(ptr, useful, source, step, graph.m)


def _settle(ptr: Ints, useful: NDArray[np.bool_], source: NDArray[np.int32], step: Ints, m: int) -> Ints:
    """Shortest distances from the pool (number m, distance 0) to every opening, by Bellman-Ford sweeps."""
    counts = np.add.reduceat(np.append(useful, False).astype(np.int64), ptr[:-1]) * (np.diff(ptr) > 0)
    rows = np.flatnonzero(counts)
    starts = (np.cumsum(counts) - counts)[rows]
    source, step = source[useful], step[useful]
    distance = np.zeros(m + 1, dtype=np.int64)
    for _ in range(m + 2):
        if not len(rows):
            break
        best = np.minimum(np.minimum.reduceat(distance[source] + step, starts), 0)
        if np.array_equal(best, distance[rows]):
            break
        distance[rows] = best
    else:
        raise NotOptimal("moves around a circle save something: the plan is not optimal")
    return distance[:m]


def losses(graph: Graph, chosen: Ints) -> Ints:
    """int64[m]: by how much one place fewer would raise the value; 0 with a free place, -1 without any.

    Raises:
        NotOptimal: the plan is not optimal.
    """
    placed = graph.placed(chosen)
    matched = np.flatnonzero(placed >= 0)
    matched = matched[np.argsort(placed[matched], kind="stable")]
    taken = np.bincount(placed[matched], minlength=graph.m)
    loss = np.where(taken < graph.places, 0, FAR)
    if len(matched):
        rows = np.flatnonzero(taken)
        starts = (np.cumsum(taken) - taken)[rows]
        first, pay = graph.ptr[:-1], graph.pay(chosen)
        has_pair = np.flatnonzero(np.diff(graph.ptr) > 0)
        for _ in range(graph.m + 2):
            leave = graph.penalty.copy()
            onward = np.minimum.reduceat(graph.cost + loss[graph.opening], first[has_pair])
            leave[has_pair] = np.minimum(leave[has_pair], onward)
            best = np.minimum(np.minimum.reduceat((leave - pay)[matched], starts), loss[rows])
            if np.array_equal(best, loss[rows]):
                break
            loss[rows] = best
        else:
            raise NotOptimal("moves around a circle save something: the plan is not optimal")
    loss[graph.places == 0] = -1
    return loss


def worth(graph: Graph, prices: Ints) -> Ints:
    """int64[n]: v_i = min(U_i, min_j(c_ij + p_j)), what serving each need is worth at these prices."""
    value = graph.penalty.copy()
    rows = np.flatnonzero(np.diff(graph.ptr) > 0)
    if len(rows):
        cheapest = np.minimum.reduceat(graph.cost + prices[graph.opening], graph.ptr[rows])
        value[rows] = np.minimum(value[rows], cheapest)
    return value


def primal(graph: Graph, chosen: Ints) -> int:
    """The plan's value, counted anew from the pairs.

    Raises:
        NotOptimal: an opening is overfull or a need got a pair not its own.
    """
    used = chosen[chosen >= 0]
    if not np.array_equal(graph.need[used], np.flatnonzero(chosen >= 0)):
        raise NotOptimal("a need was given another's pair")
    if (np.bincount(graph.opening[used], minlength=graph.m) > graph.places).any():
        raise NotOptimal("an opening was given more people than places")
    return int(graph.pay(chosen).sum())


def dual(graph: Graph, prices: Ints) -> int:
    """A lower bound on every plan's value from any prices of 0 or more; equal to the optimum for the right ones."""
    if (prices < 0).any():
        raise NotOptimal("a price below 0 proves nothing")
    return int(worth(graph, prices).sum() - (prices * graph.places).sum())
