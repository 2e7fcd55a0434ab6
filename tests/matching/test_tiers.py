"""Tiers against exact big integers: weights so far apart that nobody can doubt their order, whatever their size."""

from typing import Any

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Needs, Openings, Params, Problem, solve
from matching.fairness import Pools, pools_of
from matching.graph import Graph, split
from matching.transport import optimum, penalties, tier_base
from tests.matching.small import GROUPS, PARAMS, costs, problems

TIERS = 4


def exactly(
    pairs: dict[tuple[int, int], int], tier: list[int], places: list[int], group: list[int], pool: list[int] | None
) -> tuple[int, list[int], int]:
    """Shortfall, unmet by tier and cost of the best plan, by networkx with Python's integers of any size.

    One shortfall outweighs every need, one need of a tier all needs after it, one need every point there is.
    """
    n = len(tier)
    point = 1 + sum(pairs.values())
    weight = [point * (n + 1) ** (TIERS - t) for t in tier]
    flow: Any = nx.DiGraph()
    flow.add_node("sink", demand=n)
    for need in range(n):
        flow.add_node(("need", need), demand=-1)
        pooled = pool is not None and group[need] >= 0
        short = point * (n + 1) ** TIERS if pooled else 0
        flow.add_edge(("need", need), "sink", capacity=1, weight=weight[need] + short)
        if pooled:
            flow.add_edge(("need", need), ("pool", group[need]), capacity=1, weight=weight[need])
    for number, most in enumerate(pool or []):
        flow.add_edge(("pool", number), "sink", capacity=most, weight=0)
    for (need, opening), cost in pairs.items():
        flow.add_edge(("need", need), ("opening", opening), capacity=1, weight=cost)
    for opening, most in enumerate(places):
        flow.add_edge(("opening", opening), "sink", capacity=most, weight=0)
    value, _ = nx.network_simplex(flow)
    short, rest = divmod(int(value), point * (n + 1) ** TIERS)
    unmet = []
    for t in range(1, TIERS + 1):
        count, rest = divmod(rest, point * (n + 1) ** (TIERS - t))
        unmet.append(count)
    return short, unmet, rest


@settings(max_examples=60, deadline=None)
@given(problems(most_needs=25), st.sampled_from([0, 400, 700, 1000]))
def test_a_round_serves_what_big_integers_say_with_and_without_floors(problem: Problem, floor: int) -> None:
    result = solve(problem, Params(fair_floor=floor) if floor else PARAMS)
    size = np.bincount(problem.needs.group + 1, minlength=GROUPS + 1)[1:]
    pool = (size - result.fairness.floor).tolist() if floor else None
    told = exactly(
        costs(problem),
        problem.needs.tier.tolist(),
        problem.openings.places.tolist(),
        problem.needs.group.tolist(),
        pool,
    )
    unmet = (result.wanted - result.served).tolist()
    assert told == (int(result.fairness.shortfall.sum()), unmet, result.cost)


def _chained(seed: int, n: int, m: int) -> tuple[dict[tuple[int, int], int], Graph, np.ndarray, np.ndarray]:
    """Needs that each fit two or three neighbouring openings of one place, for 0 or 1000 points: whoever comes in sends
    the others along a chain through every opening, at the dearest."""
    rng = np.random.default_rng([seed, n, m])
    pairs = {
        (need, int(opening)): int(rng.choice([0, 1000]))
        for need in range(n)
        for opening in np.unique((need + rng.integers(0, 3, 3)) % m)
    }
    tier, group = rng.integers(1, TIERS + 1, n).astype(np.int8), rng.integers(-1, GROUPS, n).astype(np.int32)
    order = sorted(pairs, key=lambda pair: (pair[0], pairs[pair], pair[1]))
    counts = np.bincount([need for need, _ in order], minlength=n)
    graph = Graph(
        np.concatenate([[0], np.cumsum(counts)]),
        np.array([opening for _, opening in order], dtype=np.int32),
        np.array([pairs[pair] for pair in order], dtype=np.int64),
        np.ones(m, dtype=np.int64),
        penalties(tier, TIERS, tier_base(m)),
    )
    return pairs, graph, tier, group


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 100_000), st.integers(2, 16), st.integers(2, 12), st.booleans())
def test_chains_through_every_opening_do_not_upset_the_order_of_tiers(seed: int, n: int, m: int, fair: bool) -> None:
    pairs, plain, tier, group = _chained(seed, n, m)
    graph, pool = plain, None
    pools: Pools | None = None
    if fair:
        size = np.bincount(group + 1, minlength=GROUPS + 1)[1:]
        pool = np.random.default_rng(seed).integers(0, size + 1)
        pools = pools_of(group, pool, tier, TIERS, tier_base(m, GROUPS), n + m + GROUPS + 2)
        graph = pools.graph(plain)
    chosen = optimum(split(graph))
    real = chosen if pools is None else pools.without(chosen, plain)
    unmet = np.bincount(tier[real < 0], minlength=TIERS + 1)[1:].tolist()
    held = np.bincount(group[(real < 0) & (group >= 0)], minlength=GROUPS)
    short = 0 if pool is None else int(np.maximum(held - pool, 0).sum())
    cost = int(plain.cost[real[real >= 0]].sum())
    told = exactly(pairs, tier.tolist(), [1] * m, group.tolist(), None if pool is None else pool.tolist())
    assert told == (short, unmet, cost)


def test_one_more_urgent_need_outweighs_three_others_that_floors_of_three_groups_move() -> None:
    """Whoever is more urgent takes the place of group 2, whose floor then takes that of group 1, whose floor takes that
    of group 0. Weights two times as large for each tier would keep the three of tier 2."""
    needs = Needs.make(
        6, age=40, tier=[1, 2, 2, 2, 4, 4], group=[0, 0, 1, 2, 2, 1], statuses=[0b100, 0b1, 0b10, 0b100, 0b10, 0b1]
    )
    problem = Problem(needs, Openings.make(3, places=1, statuses_any=[0b1, 0b10, 0b100]), groups=3)
    result = solve(problem, Params(fair_floor=1))
    assert result.fairness.floor.tolist() == [1, 1, 1]
    assert result.served.tolist() == [1, 0, 0, 2]
    assert result.assignment.tolist() == [2, -1, -1, -1, 1, 0]
