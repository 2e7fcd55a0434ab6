"""Who could go where, as a graph with whole-number costs, and its connected blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Ints = NDArray[np.int64]
Rows = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Graph:
    """Needs, openings and the pairs between them, by need (CSR)."""

    ptr: Ints
    opening: Rows
    """int32[E]"""
    cost: Ints
    """int64[E]"""
    places: Ints
    """int64[m]"""
    penalty: Ints
    """int64[n]: cost of leaving each need unmet"""

    @property
    def n(self) -> int:
        """Needs."""
        return len(self.ptr) - 1

    @property
    def m(self) -> int:
        """Openings."""
        return len(self.places)

    @cached_property
    def need(self) -> Rows:
        """int32[E]: the need of each pair."""
        return np.repeat(np.arange(self.n, dtype=np.int32), np.diff(self.ptr))

    @cached_property
    def by_opening(self) -> tuple[Ints, Rows]:
        """Pointer int64[m + 1] and pairs int32[E] in the order of their openings, then needs."""
        pairs = np.arange(len(self.opening), dtype=np.int32)
        ptr = self.ptr.astype(np.int32)  # with pointers of 64 bits scipy would widen every index first
        turned = csr_array((pairs, self.opening, ptr), shape=(self.n, self.m)).tocsc()
        return turned.indptr.astype(np.int64), turned.data

    def pay(self, chosen: Ints) -> Ints:
        """int64[n]: what each need costs when `chosen` holds its pair, or -1 for none."""
        return np.where(chosen >= 0, self.cost[chosen], self.penalty) if len(self.cost) else self.penalty

    def only(self, keep: NDArray[np.bool_]) -> Graph:
        """The graph with some of its pairs (bool[E])."""
        counts = np.bincount(self.need[keep], minlength=self.n)
        ptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return Graph(ptr, self.opening[keep], self.cost[keep], self.places, self.penalty)

    def placed(self, chosen: Ints) -> Rows:
        """int32[n]: the opening of each need's chosen pair, -1 for none."""
        if not len(self.opening):
            return np.full(self.n, -1, dtype=np.int32)
        return np.where(chosen >= 0, self.opening[chosen], -1).astype(np.int32)


@dataclass(frozen=True, eq=False)
class Block:
    """One connected component: rows of its needs, openings and pairs, and the graph among them."""

    needs: Ints
    openings: Ints
    pairs: Ints
    graph: Graph


@dataclass(frozen=True, eq=False)
class Split:
    """The graph's components."""

    graph: Graph
    count: int
    """Components that hold at least one pair"""
    of_need: Rows
    of_opening: Rows

    def blocks(self, wanted: NDArray[np.bool_]) -> Iterator[Block]:
        """The components wanted (bool by label), each as a graph of its own."""
        graph = self.graph
        needs, need_start = _grouped(self.of_need, wanted)
        openings, opening_start = _grouped(self.of_opening, wanted)
        local = np.zeros(graph.m, dtype=np.int32)
        labels = np.flatnonzero(wanted)
        for label in labels:
            mine = openings[opening_start[label] : opening_start[label + 1]]
            local[mine] = np.arange(len(mine), dtype=np.int32)
        pairs, ptr = ragged(graph.ptr, needs)
        for label in labels:
            rows = slice(need_start[label], need_start[label + 1])
            span = slice(ptr[rows.start], ptr[rows.stop])
            mine = openings[opening_start[label] : opening_start[label + 1]]
            inner = Graph(
                ptr=ptr[rows.start : rows.stop + 1] - ptr[rows.start],
                opening=local[graph.opening[pairs[span]]],
                cost=graph.cost[pairs[span]],
                places=graph.places[mine],
                penalty=graph.penalty[needs[rows]],
            )
            yield Block(needs[rows], mine, pairs[span], inner)


def split(graph: Graph) -> Split:
    """The connected components of the pairs."""
    n, m = graph.n, graph.m
    ptr = np.concatenate([graph.ptr, np.full(m, graph.ptr[-1])]).astype(np.int32)
    links = csr_array((np.ones(len(graph.opening), np.int8), graph.opening + np.int32(n), ptr), shape=(n + m, n + m))
    count, label = connected_components(links, directed=False)
    of_need, of_opening = label[:n], label[n:]
    paired = np.bincount(of_need, np.diff(graph.ptr) > 0, minlength=count) > 0
    return Split(graph, int(paired.sum()), of_need, of_opening)


def ragged(ptr: Ints, rows: Ints) -> tuple[Ints, Ints]:
    """Positions of these rows' entries in CSR order of `rows`, and the new pointer."""
    counts = (ptr[1:] - ptr[:-1])[rows]
    new = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return np.repeat(ptr[rows] - new[:-1], counts) + np.arange(new[-1]), new


def _grouped(label: Rows, wanted: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Rows with a wanted label in the order of labels, and where each label starts."""
    rows = np.flatnonzero(wanted[label])
    rows = rows[np.argsort(label[rows], kind="stable")]
    return rows, np.searchsorted(label[rows], np.arange(len(wanted) + 1))
