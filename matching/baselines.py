"""How simpler ways decide, on the same candidates: the measure of what the optimum gains."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matching.graph import Graph
from matching.result import Baseline

Ints = NDArray[np.int64]


def first_come(graph: Graph, tier: NDArray[np.int8], waiting: NDArray[np.int32], tiers: int) -> Baseline:
    """Whoever waits longest takes the cheapest place left, and so on."""
    return _in_turn(graph, np.argsort(-waiting, kind="stable"), tier, tiers)


def greedy(graph: Graph, tier: NDArray[np.int8], waiting: NDArray[np.int32], tiers: int) -> Baseline:
    """The same, all of tier 1 before tier 2 and so on: what systems of this kind do."""
    return _in_turn(graph, np.lexsort((-waiting, tier)), tier, tiers)


def _in_turn(graph: Graph, order: Ints, tier: NDArray[np.int8], tiers: int) -> Baseline:
    ptr, opening, left = graph.ptr.tolist(), graph.opening.tolist(), graph.places.tolist()
    chosen = np.full(graph.n, -1, dtype=np.int64)
    for need in order.tolist():
        for pair in range(ptr[need], ptr[need + 1]):  # cheapest first
            if left[opening[pair]]:
                left[opening[pair]] -= 1
                chosen[need] = pair
                break
    used = chosen[chosen >= 0]
    return Baseline(graph.placed(chosen), by_tier(tier[chosen >= 0], tiers), int(graph.cost[used].sum()))


def by_tier(tier: NDArray[np.int8], tiers: int) -> Ints:
    """int64[T]: how many of each tier."""
    return np.bincount(tier - 1, minlength=tiers).astype(np.int64)
