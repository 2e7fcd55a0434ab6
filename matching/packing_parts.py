"""The parts of a packing that share nothing, and what of its openings and funds can be used at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from matching.graph import Graph

if TYPE_CHECKING:
    from matching.packing import Packing

Ints = NDArray[np.int64]

FILLED = 4096
"""Up to so many units every sum of sizes is looked at."""


@dataclass(frozen=True, eq=False)
class Part:
    """Needs, openings, pairs and funds that hang together, and the packing among them."""

    needs: Ints
    openings: Ints
    pairs: Ints
    funds: Ints
    packing: Packing


def parts(packing: Packing) -> Iterator[Part]:
    """The parts of a packing; pairs that can never be used join nothing and are left out."""
    graph, usable = packing.graph, np.flatnonzero(packing.usable())
    n, m, funds = graph.n, graph.m, len(packing.left)
    drawn = np.flatnonzero(packing.fund >= 0)
    tails = np.concatenate([graph.need[usable], n + drawn])
    heads = np.concatenate([n + graph.opening[usable], n + m + packing.fund[drawn]])
    links = csr_array((np.ones(len(tails), np.int8), (tails, heads)), shape=(n + m + funds,) * 2)
    _, label = connected_components(links, directed=False)
    of_pair = label[graph.need[usable]]
    for mark in np.unique(of_pair).tolist():
        needs, pairs = np.flatnonzero(label[:n] == mark), usable[of_pair == mark]
        openings, own = np.flatnonzero(label[n : n + m] == mark), np.flatnonzero(label[n + m :] == mark)
        ptr = np.concatenate(
            [[0], np.cumsum(np.bincount(np.searchsorted(needs, graph.need[pairs]), minlength=len(needs)))]
        )
        inner = Graph(
            ptr.astype(np.int64),
            np.searchsorted(openings, graph.opening[pairs]).astype(np.int32),
            graph.cost[pairs],
            graph.places[openings],
            graph.penalty[needs],
        )
        fund = packing.fund[openings]
        local = np.where(fund >= 0, np.searchsorted(own, fund), -1).astype(np.int32)
        part = replace(
            packing,
            graph=inner,
            tier=packing.tier[needs],
            use=packing.use[pairs],
            fund=local,
            money=packing.money[pairs],
            left=packing.left[own],
        )
        yield Part(needs, openings, pairs, own, part)


def tightened(packing: Packing) -> Packing:
    """The same plans with less to share out: of each opening no more than the sizes of its needs can add up to.

    Twelve hours and a half cannot be filled with needs of two hours; the relaxation would count that half.
    """
    graph = packing.graph
    ptr, order = graph.by_opening
    places = graph.places.copy()
    for opening, most in enumerate(places.tolist()):
        places[opening] = fillable(packing.use[order[ptr[opening] : ptr[opening + 1]]], most)
    left = packing.left.copy()
    fund = packing.fund[graph.opening]
    for number, most in enumerate(left.tolist()):
        left[number] = fillable(packing.money[fund == number], most)
    return replace(packing, graph=replace(graph, places=places), left=left)


def fillable(sizes: Ints, most: int) -> int:
    """The largest sum of some of these sizes that is not above `most` (by their common divisor where that is large)."""
    if int(sizes.sum()) <= most or not len(sizes):
        return int(sizes.sum())
    step = int(np.gcd.reduce(sizes)) or 1
    if most // step > FILLED:
        return most - most % step
    within, sums = (1 << (most // step + 1)) - 1, 1
    for size in (sizes // step).tolist():
        sums |= (sums << size) & within
    return (sums.bit_length() - 1) * step
