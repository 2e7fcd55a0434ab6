"""Who hangs on whom: bridges, dependence, the cut, closings, each against the plain way."""

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Problem, solve
from matching.graph import Graph
from matching.network import Care, bottlenecks, closing, dependence, plan, reach
from matching.planning import Ground, ground
from tests.matching.small import PARAMS, problems

many = settings(max_examples=60, deadline=None)


def test_a_group_with_one_carrier_hangs_on_a_bridge() -> None:
    pairs = [(1, (0, 0)), (1, (0, 1)), (2, (0, 1)), (2, (1, 1)), (3, (1, 1)), (1, (0, 0))]
    found = reach(pairs)
    assert found.single == {(0, 0): 1}
    assert found.hubs == {1, 2}


@many
@given(st.sets(st.tuples(st.integers(0, 4), st.tuples(st.integers(0, 2), st.integers(0, 2))), max_size=14))
def test_single_carriers_and_hubs_are_what_leaving_each_out_shows(pairs: set[tuple[int, tuple[int, int]]]) -> None:
    found = reach(pairs)
    carriers: dict[tuple[int, int], set[int]] = {}
    for one, group in pairs:
        carriers.setdefault(group, set()).add(one)
    assert found.single == {group: min(those) for group, those in carriers.items() if len(those) == 1}
    for organization in {one for one, _ in pairs}:
        graph: nx.Graph = nx.Graph([(("o", one), group) for one, group in pairs])
        before = nx.number_connected_components(graph)
        graph.remove_node(("o", organization))
        assert (nx.number_connected_components(graph) > before) == (organization in found.hubs)


def test_dependence_names_the_largest_carrier() -> None:
    found = dependence({(1, "a"): 3, (2, "a"): 1, (3, "b"): 2, (1, "c"): 0, (5, "d"): 2, (4, "d"): 2})
    assert found["a"] == (4, 1, 3, 10 / 16)
    assert found["b"].concentration == 1
    assert "c" not in found
    assert found["d"].organization == 4


def _minimum_cut(graph: Graph) -> int:
    flow: nx.DiGraph = nx.DiGraph()
    flow.add_nodes_from(["s", "t"])
    for need in range(graph.n):
        flow.add_edge("s", ("n", need), capacity=1)
    for opening, places in enumerate(graph.places.tolist()):
        flow.add_edge(("o", opening), "t", capacity=places)
    for need, opening in zip(graph.need.tolist(), graph.opening.tolist(), strict=True):
        flow.add_edge(("n", need), ("o", opening), capacity=1)
    return int(nx.minimum_cut_value(flow, "s", "t"))


@many
@given(problems())
def test_the_bottlenecks_are_a_minimum_cut(problem: Problem) -> None:
    there: Ground = ground(problem, PARAMS)
    graph = there.parts.graph
    cut = bottlenecks(graph, there.chosen)
    served = int((there.chosen >= 0).sum())
    reachable = int((np.diff(graph.ptr) > 0).sum())
    assert served == reachable - sum(one.short for one in cut)
    inside = np.zeros(graph.n, dtype=bool)
    for one in cut:
        assert one.short > 0
        assert not inside[one.needs].any()
        inside[one.needs] = True
        fits = np.isin(graph.need, one.needs)
        assert set(graph.opening[fits].tolist()) == set(one.openings.tolist())
        assert one.places == graph.places[one.openings].sum()
    assert served == _minimum_cut(graph)


def _care(problem: Problem, carrier: np.ndarray) -> Care:
    there = ground(problem, PARAMS)
    return Care(
        there.parts.graph,
        problem.needs.service_type,
        problem.needs.tier,
        problem.openings.provider,
        problem.openings.service_type,
        carrier.astype(np.int32),
        there.tiers,
    )


@many
@given(problems(), st.data())
def test_a_closing_costs_what_solving_without_it_says(problem: Problem, data: st.DataObject) -> None:
    helped = data.draw(st.lists(st.integers(-1, 1), min_size=len(problem.needs), max_size=len(problem.needs)))
    carrier = np.array(helped)
    care = _care(problem, carrier)
    chosen = plan(care)
    assert (chosen[carrier >= 0] < 0).all()
    waiting = replace(problem, needs=problem.needs.take(np.flatnonzero(carrier < 0)), facts=type(problem.facts)())
    if len(problem.facts.forbidden_need) == 0 and len(waiting.needs):
        assert (chosen >= 0).sum() == solve(waiting, PARAMS).served.sum()
    for organization in (0, 1):
        lost = closing(care, chosen, organization)
        keep = care.provider != organization
        part = (carrier < 0) | (carrier == organization)
        allowed = [
            (need, opening)
            for need, opening in zip(care.graph.need.tolist(), care.graph.opening.tolist(), strict=True)
            if keep[opening] and part[need]
        ]
        was = (chosen >= 0) | (carrier == organization)
        for tier in range(1, 5):
            among = [pair for pair in allowed if problem.needs.tier[pair[0]] <= tier]
            still = _minimum_cut(_graph_of(care.graph, among))
            before = int((was & (problem.needs.tier <= tier)).sum())
            assert lost[:tier].sum() == before - still
        assert (lost >= 0).all()


def _graph_of(graph: Graph, pairs: list[tuple[int, int]]) -> Graph:
    counts = np.bincount([need for need, _ in pairs], minlength=graph.n)
    return Graph(
        np.concatenate([[0], np.cumsum(counts)]),
        np.array([opening for _, opening in pairs], dtype=np.int32),
        np.zeros(len(pairs), dtype=np.int64),
        graph.places,
        graph.penalty,
    )


@pytest.mark.parametrize("free", [0, 1])
def test_whoever_is_helped_waits_again_and_takes_a_place_that_is_free(free: int) -> None:
    from matching import Needs, Openings

    problem = Problem(
        Needs.make(2, tier=[2, 1], age=40), Openings.make(2, places=[0, free], provider=[0, 1], quality=[900, 500])
    )
    care = _care(problem, np.array([0, -1]))
    chosen = plan(care)
    assert (chosen >= 0).tolist() == [False, bool(free)]
    assert closing(care, chosen, 0).tolist() == [0, 1, 0, 0]
    assert closing(care, chosen, 1).tolist() == [free, 0, 0, 0]
