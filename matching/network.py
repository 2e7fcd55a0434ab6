"""Who carries whom, and what hangs on whom: dependence, single carriers, deserts, bottlenecks, what a closing costs.

The reach of organizations is a graph of two sides: organizations, and groups of needs (a service in a township). The
plan itself is a flow from needs to places; its minimum cut says which places limit how many are served.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from matching.baselines import by_tier
from matching.graph import Graph, split
from matching.transport import optimum

Ints = NDArray[np.int64]
Rows = NDArray[np.int32]
Group = tuple[int, int]
"""(service type, district)."""


class Reach(NamedTuple):
    """What the graph of organizations and groups of needs says."""

    single: dict[Group, int]
    """Groups that one organization alone can reach, and which: a bridge of the graph leads to them."""
    hubs: frozenset[int]
    """Organizations without which groups of needs would lose touch with all others (articulation points)."""


def reach(providers: Iterable[tuple[int, Group]]) -> Reach:
    """The reach of organizations, from pairs (organization, group of needs of which it could take somebody)."""
    reached: dict[Group, set[int]] = {}
    for one, group in providers:
        reached.setdefault(group, set()).add(one)
    # A link to a group that has no other is a bridge. A bridge between groups that have others is told by its hub.
    single = {group: next(iter(ones)) for group, ones in reached.items() if len(ones) == 1}
    # Groups are numbered below zero: on whole numbers the search takes a third of the time.
    graph: nx.Graph[int] = nx.Graph()
    graph.add_edges_from((one, ~number) for number, ones in enumerate(reached.values()) for one in ones)
    hubs = {node for node in nx.articulation_points(graph) if node >= 0}
    return Reach(single, frozenset(hubs))


class Dependence(NamedTuple):
    """How much of what one thing gets comes from a single organization."""

    total: int
    organization: int
    """The largest carrier (the smallest number among equals)."""
    carried: int
    """By it."""
    concentration: float
    """Sum of squared shares, 1 = all from one (Herfindahl-Hirschman)."""


def dependence(carried: Mapping[tuple[int, Any], int]) -> dict[Any, Dependence]:
    """For each thing (township, service, …) how it depends on organizations, from (organization, thing) → people."""
    by_thing: dict[Any, dict[int, int]] = {}
    for (organization, thing), people in carried.items():
        if people:
            shares = by_thing.setdefault(thing, {})
            shares[organization] = shares.get(organization, 0) + people
    found = {}
    for thing, shares in by_thing.items():
        total = sum(shares.values())
        first = min(shares, key=lambda one: (-shares[one], one))
        found[thing] = Dependence(
            total, first, shares[first], sum(people * people for people in shares.values()) / (total * total)
        )
    return found


@dataclass(frozen=True, eq=False)
class Bottleneck:
    """A place where the flow is cut: these needs can go to these openings alone, and all their places are taken."""

    needs: Ints
    openings: Ints
    places: int

    @property
    def short(self) -> int:
        """How many of the needs stay unmet, whoever gets the places."""
        return len(self.needs) - self.places


def bottlenecks(graph: Graph, chosen: Ints) -> list[Bottleneck]:
    """The minimum cut between needs and places, in its connected pieces, the largest lack first.

    Needs that nobody could take are not in it: they lack reach, not places. From every other unmet need all openings
    it fits are followed, then those who sit there, and so on. Where the plan serves as many as can be served, all
    openings found are full: places there, and nothing else, would serve more.
    """
    placed = graph.placed(chosen)
    needs = (placed < 0) & (np.diff(graph.ptr) > 0)
    openings = np.zeros(graph.m, dtype=np.bool_)
    while True:
        found = np.zeros(graph.m, dtype=np.bool_)
        found[graph.opening[needs[graph.need]]] = True
        if np.array_equal(found, openings):
            break
        openings = found
        needs |= (placed >= 0) & openings[placed]
    pairs = np.flatnonzero(needs[graph.need])
    if not len(pairs):
        return []
    size = graph.n + graph.m
    links = csr_array((np.ones(len(pairs), np.int8), (graph.need[pairs], graph.opening[pairs] + graph.n)), (size, size))
    count, label = connected_components(links, directed=False)
    pieces = np.unique(label[: graph.n][needs])
    at = np.full(count, -1)
    at[pieces] = np.arange(len(pieces))
    need_rows, opening_rows = np.flatnonzero(needs), np.flatnonzero(openings)
    of_need, of_opening = at[label[need_rows]], at[label[opening_rows + graph.n]]
    cut = [
        Bottleneck(
            need_rows[of_need == piece],
            opening_rows[of_opening == piece],
            int(graph.places[opening_rows[of_opening == piece]].sum()),
        )
        for piece in range(len(pieces))
    ]
    return sorted(cut, key=lambda one: (-one.short, int(one.needs[0])))


@dataclass(frozen=True, eq=False)
class Care:
    """Who waits and who is helped now, over the same openings; pairs of both."""

    graph: Graph
    """All needs with all openings; places are those left."""
    kind: Rows
    """int32[n]: service type of each need"""
    tier: NDArray[np.int8]
    provider: Rows
    """int32[m]: organization of each opening"""
    opening_kind: Rows
    """int32[m]: service type of each opening"""
    carrier: Rows
    """int32[n]: the organization that helps each need now; -1 = it waits"""
    tiers: int


def plan(care: Care) -> Ints:
    """int64[n]: the best plan for those who wait, over the places left; -1 for those who are helped now."""
    return optimum(split(care.graph.only(care.carrier[care.graph.need] < 0)))


def closing(care: Care, chosen: Ints, organization: int) -> Ints:
    """int64[T]: people left without help, by tier, if an organization closed. Exact: solved again without it.

    Its places are gone; whoever it helps now waits again, beside all others who wait. Help by others goes on as it is.
    How many of each tier can be served does not hang on points (the sets served form a matroid, in which any weights
    that fall with the tier serve most of tier 1, then of tier 2, …), so they are left out, which is faster.

    Args:
        care: who waits and who is helped.
        chosen: the plan for those who wait (`plan`): for each need whether it is served (-1 = not).
        organization: its number.
    """
    graph = care.graph
    kinds = np.unique(
        np.concatenate([care.opening_kind[care.provider == organization], care.kind[care.carrier == organization]])
    )
    mine = care.carrier == organization
    takes_part = np.isin(care.kind, kinds) & ((care.carrier < 0) | mine)
    before = takes_part & ((chosen >= 0) | mine)
    rows = np.flatnonzero(takes_part)
    small, pairs = _of_needs(graph, rows)
    left = small.only(care.provider[graph.opening[pairs]] != organization)
    weight = (care.tiers + 1 - care.tier[rows]).astype(np.int64)
    again = optimum(split(replace(left, cost=np.zeros_like(left.cost), penalty=weight)))
    lost = by_tier(care.tier[before], care.tiers) - by_tier(care.tier[rows[again >= 0]], care.tiers)
    return np.asarray(lost, dtype=np.int64)


def _of_needs(graph: Graph, rows: Ints) -> tuple[Graph, Ints]:
    """The graph of some needs (all openings stay), and the pairs of the old one in it."""
    counts = np.diff(graph.ptr)[rows]
    ptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    pairs = np.repeat(graph.ptr[rows] - ptr[:-1], counts) + np.arange(ptr[-1])
    return Graph(ptr, graph.opening[pairs], graph.cost[pairs], graph.places, graph.penalty[rows]), pairs
