"""Finding pairs fast finds the same pairs."""

import numpy as np
import pytest
from hypothesis import given, settings
from sklearn.neighbors import BallTree

from matching import Needs, Openings, PairFacts, Params, Problem, Rule, distance
from matching.candidates import find
from matching.distance import EARTH_KM, arc_km, unit_vectors, within
from matching.eligibility import failed_rules
from matching.result import PARTS
from matching.synthetic import city
from tests.matching.small import all_pairs, costs, problems


def test_a_ball_tree_finds_the_same_neighbours_at_the_same_distance() -> None:
    rng = np.random.default_rng(5)
    here = np.column_stack([rng.normal(32, 0.3, 3000), rng.normal(119, 0.3, 3000)])
    there = np.column_stack([rng.normal(32, 0.3, 200), rng.normal(119, 0.3, 200)])
    reach = rng.choice([0.5, 3.0, 9.0, 40.0], 200)
    rows, cols, km = within(unit_vectors(*here.T), unit_vectors(*there.T), reach)
    found, far = BallTree(np.radians(here), metric="haversine").query_radius(
        np.radians(there), reach / EARTH_KM, return_distance=True
    )
    expected = {(int(i), j): d * EARTH_KM for j in range(200) for i, d in zip(found[j], far[j], strict=True)}
    assert {(int(i), int(j)) for i, j in zip(rows, cols, strict=True)} == set(expected)
    assert km == pytest.approx([expected[int(i), int(j)] for i, j in zip(rows, cols, strict=True)], abs=1e-4)


def test_distances_hold_across_the_date_line_and_at_the_poles() -> None:
    points = unit_vectors([0.0, 0.0, 90.0, -90.0], [179.9, -179.9, 0.0, 50.0])
    assert arc_km(np.linalg.norm(points[0] - points[1])) == pytest.approx(0.2 * np.pi / 180 * EARTH_KM, rel=1e-5)
    assert arc_km(np.linalg.norm(points[2] - points[3])) == pytest.approx(np.pi * EARTH_KM, rel=1e-5)


@pytest.mark.parametrize("small", [0, 4096], ids=["by trees", "by trying all"])
def test_every_feasible_pair_of_a_city_is_found_once(monkeypatch: pytest.MonkeyPatch, small: int) -> None:
    monkeypatch.setattr(distance, "SMALL", small)
    problem = city(1200, seed=2)
    candidates, left = find(problem, Params(nearest_per_class=10_000))
    pairs = all_pairs(problem)
    fits = (failed_rules(pairs) & ~np.uint32(Rule.NO_PLACES)) == 0
    expected = pairs.need[fits].astype(np.int64) * len(problem.openings) + pairs.opening[fits]
    found = candidates.need().astype(np.int64) * len(problem.openings) + candidates.opening
    assert not len(left)
    assert np.array_equal(np.sort(found), np.sort(expected))


@settings(max_examples=50, deadline=None)
@given(problems())
def test_what_is_not_kept_is_left_with_its_cost_and_is_no_cheaper_in_its_class(problem: Problem) -> None:
    candidates, left = find(problem, Params(nearest_per_class=1))
    kept = list(zip(candidates.need().tolist(), candidates.opening.tolist(), candidates.cost.tolist(), strict=True))
    others = list(zip(left.need.tolist(), left.opening.tolist(), left.cost.tolist(), strict=True))
    assert {(i, j): c for i, j, c in kept + others} == costs(problem)
    for i, _, c in others:
        assert any(need == i and cost <= c for need, _, cost in kept)


def test_candidates_come_cheapest_first_and_their_parts_add_up() -> None:
    problem = city(1000)
    candidates, _ = find(problem, Params())
    assert candidates.parts.shape == (len(candidates.opening), len(PARTS))
    assert (candidates.parts >= 0).all()
    assert np.array_equal(candidates.parts.sum(axis=1), candidates.cost)
    need, cost = candidates.need(), candidates.cost.astype(int)
    assert ((np.diff(need) > 0) | (np.diff(cost) >= 0)).all()
    assert 0 <= cost.min() <= cost.max() <= 1000


def test_each_part_counts_what_it_says() -> None:
    needs = Needs.make(
        1, age=40, latitude=32.0, longitude=119.0, languages=0b10, worker_sex=2, waiting_days=90, tie_key=[5]
    )
    openings = Openings.make(
        2,
        latitude=[32.0, np.nan],
        longitude=119.0,
        provider=[0, 1],
        languages=[0b10, 0b01],
        worker_sex=[2, 0],
        quality=[1000, 500],
        p_accept=[1.0, 0.5],
        p_complete=[1.0, 0.8],
    )
    problem = Problem(needs, openings, PairFacts(continuity_need=[0], continuity_provider=[0]))
    candidates, _ = find(problem, Params())
    assert candidates.opening.tolist() == [0, 1]
    assert candidates.parts.tolist() == [[0, 0, 0, 0, 0, 0, 50], [175, 120, 80, 50, 75, 90, 50]]
