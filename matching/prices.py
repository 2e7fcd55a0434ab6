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

from matching.graph import Graph, ragged

Ints = NDArray[np.int64]
Rows = NDArray[np.int32]
FAR = np.int64(1) << 61


class NotOptimal(ArithmeticError):
    """The plan can be bettered: a circle of moves saves something for ever."""


def gains(graph: Graph, chosen: Ints) -> Ints:
    """int64[m]: by how much one more place at each opening would lower the value. They are its prices.

    Raises:
        NotOptimal: the plan is not optimal.
    """
    _, order = graph.by_opening
    need, head = graph.need[order], graph.opening[order]
    source = graph.placed(chosen)[need]
    source[source < 0] = graph.m
    useful = source != head
    step = graph.cost[order] - graph.pay(chosen)[need]
    distance = np.zeros(graph.m + 1, dtype=np.int64)
    _settle(distance, head[useful], source[useful], step[useful])
    return -distance[: graph.m]


def _settle(distance: Ints, head: Rows, source: Rows, step: Ints) -> None:
    """Shorten the distances along arcs source -> head, sorted by head, until none can be shortened (Bellman-Ford).

    A sweep looks only at arcs from where the sweep before has changed something.
    """
    changed = distance < FAR
    for _ in range(len(distance) + 1):
        arcs = np.flatnonzero(changed[source])
        if not len(arcs):
            return
        at = head[arcs]
        first = np.flatnonzero(np.concatenate([[True], at[1:] != at[:-1]]))
        best, rows = np.minimum.reduceat(distance[source[arcs]] + step[arcs], first), at[first]
        shorter = best < distance[rows]
        distance[rows[shorter]] = best[shorter]
        changed[:] = False
        changed[rows[shorter]] = True
    raise NotOptimal("moves around a circle save something: the plan is not optimal")


def losses(graph: Graph, chosen: Ints) -> Ints:
    """int64[m]: by how much one place fewer would raise the value; 0 with a free place, -1 without any.

    Raises:
        NotOptimal: the plan is not optimal.
    """
    placed, pay = graph.placed(chosen), graph.pay(chosen)
    matched = np.flatnonzero(placed >= 0)
    matched = matched[np.argsort(placed[matched], kind="stable")]
    taken = np.bincount(placed[matched], minlength=graph.m)
    loss = np.where(taken < graph.places, 0, FAR)
    if len(matched):
        rows = np.flatnonzero(taken)
        starts = (np.cumsum(taken) - taken)[rows]
        loss[rows] = np.minimum(loss[rows], np.minimum.reduceat((graph.penalty - pay)[matched], starts))
        pairs, ptr = ragged(graph.ptr, matched)
        counts = np.diff(ptr)
        head, source = np.repeat(placed[matched], counts), graph.opening[pairs]
        useful = head != source
        step = graph.cost[pairs] - np.repeat(pay[matched], counts)
        _settle(loss, head[useful], source[useful], step[useful])
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
