"""Among equally good plans the one is taken that a stable hash prefers, not the one met first.

Prices tell the whole set of optimal plans: a plan is optimal if it uses only pairs with c_ij + p_j = v_i, fills
every opening with a price, and serves every need with v_i < U_i. Within that set the sum of the pairs' hashes is
minimised, so the answer depends on the records alone: not on the order of rows, nor on the solver.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.flow import min_cost_flow
from matching.graph import Graph
from matching.prices import worth

Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]
MOST_BITS = 40


def mix(value: Keys) -> Keys:
    """Each key well scrambled (the finaliser of SplitMix64: Steele, Lea & Flood 2014)."""
    value = value + np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def pair_hash(need: Keys, opening: Keys, seed: int) -> Keys:
    """uint64: hash of pairs of tie keys; another seed, another hash."""
    salt = mix(np.array([seed & 0xFFFFFFFFFFFFFFFF], dtype=np.uint64))[0]
    return mix(mix(need ^ salt) ^ mix(opening + np.uint64(1)))


@dataclass(frozen=True, eq=False)
class Ties:
    """The keys that settle ties: of needs, of openings, and the round's seed."""

    need: Keys
    opening: Keys
    seed: int

    def of_pairs(self, need: NDArray[np.int32], opening: NDArray[np.int32]) -> Keys:
        """uint64: the hash of each pair."""
        return pair_hash(self.need[need], self.opening[opening], self.seed)

    def of_waiting(self, need: Ints) -> Keys:
        """uint64: the hash of each need's staying unmet."""
        return mix(pair_hash(self.need[need], np.zeros(len(need), np.uint64), self.seed))


def settle(graph: Graph, chosen: Ints, prices: Ints, ties: Ties) -> Ints:
    """int64[n]: the optimal plan the hash prefers, given one and the prices that prove it."""
    value = worth(graph, prices)
    tight = np.flatnonzero(graph.cost + prices[graph.opening] == value[graph.need])
    may_wait = value == graph.penalty
    unsure = np.bincount(graph.need[tight], minlength=graph.n) + may_wait > 1
    if not unsure.any():
        return chosen
    placed = graph.placed(chosen)
    left = graph.places - np.bincount(placed[~unsure & (placed >= 0)], minlength=graph.m)
    pairs = tight[unsure[graph.need[tight]]]
    rows = np.flatnonzero(unsure)
    used = _preferred(graph, pairs, rows, np.flatnonzero(may_wait[rows]), np.where(prices > 0, left, -left), ties)
    result = chosen.copy()
    result[rows] = -1
    result[graph.need[used]] = used
    return result


def _preferred(graph: Graph, pairs: Ints, rows: Ints, waiting: Ints, room: Ints, ties: Ties) -> Ints:  # noqa: PLR0917
    """The pairs used when the sum of hashes is least; `room` is places to fill, or minus those that may stay free."""
    openings = np.unique(graph.opening[pairs])
    nodes = len(rows) + len(openings) + 1
    shift = np.uint64(64 - min(MOST_BITS, 60 - nodes.bit_length()))
    hashes = np.concatenate([ties.of_pairs(graph.need[pairs], graph.opening[pairs]), ties.of_waiting(rows[waiting])])
    due, free = np.maximum(room[openings], 0), np.maximum(-room[openings], 0)
    at = np.arange(len(rows), nodes - 1)
    flows, _ = min_cost_flow(
        np.concatenate([np.searchsorted(rows, graph.need[pairs]), waiting, at]),
        np.concatenate(
            [at[np.searchsorted(openings, graph.opening[pairs])], np.full(len(waiting) + len(at), nodes - 1)]
        ),
        np.concatenate([np.ones(len(hashes), np.int64), free]),
        np.concatenate([(hashes >> shift).astype(np.int64), np.zeros(len(at), np.int64)]),
        np.concatenate([np.ones(len(rows), np.int64), -due, [due.sum() - len(rows)]]),
    )
    return pairs[np.flatnonzero(flows[: len(pairs)])]
