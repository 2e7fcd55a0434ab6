"""People with several needs get few providers, and nobody goes unserved for it."""

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.bundles import Bundles, bundle
from matching.graph import Graph


def some_bundles(seed: int, n: int = 6, m: int = 4) -> Bundles:
    """A small problem in which providers have several openings and people several needs."""
    rng = np.random.default_rng(seed)
    linked = rng.random((n, m)) < 0.7
    need, opening = np.nonzero(linked)
    ptr = np.concatenate([[0], np.cumsum(linked.sum(axis=1))]).astype(np.int64)
    cost = rng.integers(0, 200, len(need))
    graph = Graph(ptr, opening.astype(np.int32), cost, rng.integers(0, 4, m), rng.choice([100_000, 200_000], n))
    person = rng.integers(-1, 3, n).astype(np.int32)
    return Bundles(graph, person, rng.integers(-1, 2, m).astype(np.int32), int(rng.integers(0, 150)))


def plainly(bundles: Bundles, chosen: np.ndarray) -> int:
    """The value of a plan, counted without arrays."""
    graph, total = bundles.graph, 0
    placed = {int(graph.need[pair]): int(graph.opening[pair]) for pair in chosen.tolist() if pair >= 0}
    for need in range(graph.n):
        if need not in placed:
            total += int(graph.penalty[need])
            continue
        total += int(graph.cost[chosen[need]])
        person, provider = bundles.person[need], bundles.provider[placed[need]]
        kin = [other for other in range(graph.n) if other != need and bundles.person[other] == person >= 0]
        if kin and not any(k in placed and bundles.provider[placed[k]] == provider >= 0 for k in kin):
            total += bundles.weight
    return total


def best(bundles: Bundles) -> int:
    """The lowest value of any plan that holds, by trying every one."""
    graph, values = bundles.graph, []
    for pairs in product(*([-1, *range(graph.ptr[i], graph.ptr[i + 1])] for i in range(graph.n))):
        chosen = np.array(pairs, dtype=np.int64)
        taken = np.bincount(graph.opening[chosen[chosen >= 0]], minlength=graph.m)
        if (taken <= graph.places).all():
            values.append(plainly(bundles, chosen))
    return min(values)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_the_best_value_lies_between_the_bound_and_the_plan_and_the_plan_holds(seed: int) -> None:
    bundles = some_bundles(seed)
    found, lowest = bundle(bundles, effort=2.0), best(bundles)
    graph, used = bundles.graph, found.chosen[found.chosen >= 0]
    assert np.array_equal(graph.need[used], np.flatnonzero(found.chosen >= 0))
    assert (np.bincount(graph.opening[used], minlength=graph.m) <= graph.places).all()
    assert found.value == bundles.value(found.chosen) == plainly(bundles, found.chosen)
    assert found.bound <= lowest <= found.value
    assert found.value // 100_000 == lowest // 100_000, "as many people as can be"


def test_nearly_every_small_problem_is_solved_to_the_best_plan() -> None:
    found = [(bundle(some_bundles(seed), effort=2.0).value, best(some_bundles(seed, 6, 4))) for seed in range(40)]
    assert sum(one == other for one, other in found) >= 38


def test_two_needs_go_to_one_provider_where_that_costs_less_than_two() -> None:
    graph = Graph(
        np.array([0, 2, 4, 5]),
        np.array([0, 1, 2, 3, 1], dtype=np.int32),
        np.array([0, 40, 0, 40, 10]),
        np.array([1, 1, 1, 1]),
        np.full(3, 100_000),
    )
    person, provider = np.array([7, 7, -1], dtype=np.int32), np.array([1, 2, 3, 2], dtype=np.int32)
    weak, strong = (bundle(Bundles(graph, person, provider, weight)) for weight in (20, 60))
    assert weak.before == weak.after == (1, 2)
    assert strong.before == (1, 2)
    # The third need takes the only place of the provider that could serve both; nobody goes unserved for a bundle.
    assert strong.after == (1, 2)
    roomy = Graph(graph.ptr, graph.opening, graph.cost, np.array([1, 2, 1, 1]), graph.penalty)
    together = bundle(Bundles(roomy, person, provider, 60))
    assert together.after == (1, 1)
    assert together.value == 90 == together.bound
    assert bundle(Bundles(roomy, person, provider, 20)).after == (1, 2)
