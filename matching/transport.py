"""The optimal plan of a graph: a transportation problem, block by block."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matching.flow import LIMIT, Overflow, min_cost_flow
from matching.graph import Graph, Split
from matching.params import COST_CAP

Ints = NDArray[np.int64]


def tier_base(widest: int, pools: int = 0) -> int:
    """B for components of at most `widest` openings and `pools` fairness pools.

    Serving one need more moves others along a path that visits each opening once, so it changes the cost of
    the pairs by at most C * (m + D + 1). With penalties (T - t + 1) * B, and B above that, every optimum
    serves most of tier 1, then of tier 2, and so on: the sets that can be served together form a transversal
    matroid, so an urgent need never costs two others. Twice the bound, so that round(gain / B) names the tier.
    """
    return 2 * COST_CAP * (widest + pools + 1) + 1


def penalties(tier: NDArray[np.int8], tiers: int, base: int) -> Ints:
    """int64[n]: (T - t + 1) * B.

    Raises:
        Overflow: their sum could pass 2**62.
    """
    if len(tier) * tiers * base >= LIMIT:
        raise Overflow(f"{len(tier)} needs in {tiers} tiers with base {base}")
    return (tiers - tier.astype(np.int64) + 1) * base


def compact(penalty: Ints, prices: Ints, base: int) -> tuple[Ints, Ints]:
    """int64[n] and int64[m]: penalties with no step between two of them, or below the first, larger than B; and the
    prices of openings that go with them.

    Where nothing but openings is shared, a step of B outweighs every change of points as well as a larger one does, so
    the same plans are the best. A price is what somebody's being served is worth, give or take less than B / 2 points:
    it goes with the penalty nearest to it. Penalties of `penalties` come out as they are.
    """
    levels = np.unique(np.append(penalty, 0))
    less = levels - np.concatenate([[0], np.cumsum(np.minimum(np.diff(levels), base))])

    def shifted(values: Ints) -> Ints:
        above = np.minimum(np.searchsorted(levels, values), len(levels) - 1)
        below = np.maximum(above - 1, 0)
        nearest = np.where(values - levels[below] < levels[above] - values, below, above)
        return np.asarray(values - less[nearest], dtype=np.int64)

    return shifted(penalty), shifted(prices)


def optimum(parts: Split, start: Ints | None = None, touched: NDArray[np.int32] | None = None) -> Ints:
    """int64[n]: for each need its pair in the cheapest plan, -1 unmet.

    With `start`, a plan that is optimal but for the components of the needs `touched`, only those are solved.
    """
    graph = parts.graph
    chosen = _first(graph)
    crowded = np.zeros(int(max(parts.of_need.max(initial=-1), parts.of_opening.max(initial=-1))) + 1, dtype=np.bool_)
    asked = np.bincount(graph.opening[chosen[chosen >= 0]], minlength=graph.m)
    crowded[parts.of_opening[asked > graph.places]] = True
    if start is not None and touched is not None:
        dirty = np.zeros_like(crowded)
        dirty[parts.of_need[touched]] = True
        chosen = np.where(dirty[parts.of_need], chosen, start)
        crowded &= dirty
    for block in parts.blocks(crowded):
        best = solve_block(block.graph)
        chosen[block.needs] = np.where(best >= 0, block.pairs[best], -1)
    return chosen


def _first(graph: Graph) -> Ints:
    """Everybody's cheapest pair; where nobody is in the way of another, it is the optimum."""
    has_pair = np.diff(graph.ptr) > 0
    chosen = np.where(has_pair, graph.ptr[:-1], -1)
    rows = np.flatnonzero(has_pair)
    if len(rows):
        lowest = np.minimum.reduceat(graph.cost, graph.ptr[rows])
        at = graph.cost == np.repeat(lowest, np.diff(graph.ptr)[rows])
        hits = np.flatnonzero(at)
        chosen[rows] = hits[np.searchsorted(hits, graph.ptr[rows])]
    return chosen


def solve_block(graph: Graph) -> Ints:
    """int64[n]: the chosen pair of each need in one block, -1 unmet, by min-cost flow."""
    n, m, pairs = graph.n, graph.m, len(graph.opening)
    sink = n + m
    flows, _ = min_cost_flow(
        np.concatenate([graph.need, np.arange(n, n + m), np.arange(n)]),
        np.concatenate([graph.opening + n, np.full(m + n, sink)]),
        np.concatenate([np.ones(pairs, np.int64), graph.places, np.ones(n, np.int64)]),
        np.concatenate([graph.cost, np.zeros(m, np.int64), _least_penalties(graph)]),
        np.concatenate([np.ones(n, np.int64), np.zeros(m, np.int64), [-n]]),
    )
    used = np.flatnonzero(flows[:pairs])
    chosen = np.full(n, -1, dtype=np.int64)
    chosen[graph.need[used]] = used
    return chosen


def _least_penalties(graph: Graph) -> Ints:
    """int64[n]: penalties in the same proportions that are as small as tiers allow here; the same plans are optimal.

    B is that of the widest block of a city. In this block a smaller one does (see `tier_base`), and the solver's work
    grows with the size of its numbers.
    """
    step = int(np.gcd.reduce(graph.penalty)) if graph.n else 0
    enough = COST_CAP * (graph.m + 1) + 1
    if step <= enough or graph.cost.max(initial=0) > COST_CAP or graph.cost.min(initial=0) < 0:
        return graph.penalty
    return graph.penalty // step * enough
