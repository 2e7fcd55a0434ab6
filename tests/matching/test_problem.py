"""What may be put to the core, and how a round is told what to weigh."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import matching
from matching import BadParams, BadProblem, Needs, Openings, PairFacts, Params, Problem
from matching.bench import bench_round
from matching.synthetic import city


def test_columns_are_brought_to_their_types_and_must_be_of_one_length() -> None:
    needs = Needs.make(2, tier=[1, 4], statuses=[1 << 63, 0])
    assert needs.tier.dtype == np.int8
    assert needs.statuses.dtype == np.uint64
    with pytest.raises(BadProblem, match="age has 3 rows"):
        Needs.make(2, age=[1, 2, 3])
    with pytest.raises(BadProblem, match="tier holds values"):
        Needs.make(1, tier=[300])
    with pytest.raises(BadProblem, match="unknown columns: colour"):
        Needs.make(1, colour=1)
    with pytest.raises(BadProblem, match="one dimension"):
        Needs.make(1, tier=[[1]])


def test_what_cannot_be_decided_is_refused() -> None:
    with pytest.raises(BadProblem, match="tie_key of the needs"):
        Problem(Needs.make(2, tie_key=5), Openings.make(1))
    with pytest.raises(BadProblem, match="tie_key of the openings"):
        Problem(Needs.make(1), Openings.make(2, tie_key=5))
    with pytest.raises(BadProblem, match="tier counts from 1"):
        Problem(Needs.make(1, tier=0), Openings.make(1))
    with pytest.raises(BadProblem, match="negative"):
        Openings.make(1, places=-1)
    with pytest.raises(BadProblem, match="area_ptr"):
        Openings.make(2, area_ptr=[0, 1], area_ranges=[[1, 2]])
    with pytest.raises(BadProblem, match="not there"):
        Problem(Needs.make(1), Openings.make(1), PairFacts([1], [0], [1]))
    with pytest.raises(BadProblem, match="differ in length"):
        PairFacts([1], [0], [])


def test_rows_keep_their_areas_and_facts_in_another_order() -> None:
    openings = Openings.make(3, area_ptr=[0, 1, 1, 3], area_ranges=[[1, 2], [5, 6], [7, 8]])
    problem = Problem(Needs.make(2), openings, PairFacts([0], [2], [1], [1], [4]))
    turned = problem.rearranged(np.array([1, 0]), np.array([2, 0, 1]))
    assert turned.openings.area_ptr.tolist() == [0, 2, 3, 3]
    assert turned.openings.area_ranges.tolist() == [[5, 6], [7, 8], [1, 2]]
    assert (turned.facts.forbidden_need[0], turned.facts.forbidden_opening[0]) == (1, 0)
    assert (turned.facts.continuity_need[0], turned.facts.continuity_provider[0]) == (0, 4)


def test_parameters_go_to_json_and_back_and_bad_ones_are_named() -> None:
    params = Params(weight_distance=200, nearest_per_class=9)
    assert Params.from_dict(json.loads(json.dumps(params.as_dict()))) == params
    assert Params.from_dict({}) == Params()
    for values in (
        {"weight_distance": 600},
        {"weight_quality": -1},
        {"unknown_distance": 400},
        {"far_km": 0},
        {"nearest_per_class": 0},
        {"colour": 1},
    ):
        with pytest.raises(BadParams):
            Params.from_dict(values)


def test_the_same_seed_makes_the_same_city_about_a_seventh_short_of_places() -> None:
    one, two = city(2000, seed=3), city(2000, seed=3)
    assert np.array_equal(one.needs.tie_key, two.needs.tie_key)
    assert np.array_equal(one.openings.places, two.openings.places)
    assert one.openings.places.sum() / 2000 == pytest.approx(0.85, abs=0.05)
    assert not np.array_equal(one.needs.tie_key, city(2000, seed=4).needs.tie_key)


def test_a_measured_round_is_proved_agrees_with_networkx_and_counts_its_memory() -> None:
    figures = bench_round(400)
    assert figures["certified"]
    assert figures["networkx_agrees"]
    assert figures["networkx_ratio"] > 1
    assert figures["served"] >= figures["served_greedy"]
    assert figures["peak_mb"] is None or 0 <= figures["peak_mb"] < 150
    assert figures["seconds"] == pytest.approx(
        sum(
            figures["parts"][part]
            for part in ("order", "candidates", "scores", "split", "solve", "prices", "ties", "certificate")
        ),
        abs=0.001,
    )


def test_the_core_does_not_load_the_learning_library_until_it_learns() -> None:
    code = "import sys, matching, matching.text, matching.bench; sys.exit('sklearn' in sys.modules)"
    root = Path(matching.__file__).resolve().parents[1]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
