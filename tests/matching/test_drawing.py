"""Draws among near-ties: the chance that is kept is the chance there is."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Needs, Openings, Params, Problem, Why, solve
from matching.decline import redo
from matching.result import Result
from matching.synthetic import city
from tests.matching.small import PARAMS, by_group, costs, problems, shuffled

many = settings(max_examples=60, deadline=None)
drawn = st.builds(
    Params,
    draw_within=st.sampled_from([1, 40, 300, 1000]),
    fair_floor=st.sampled_from([0, 500]),
    weight_together=st.just(0),
)
SEEDS = 400


def _seeds(problem: Problem, params: Params, count: int = SEEDS) -> list[Result]:
    return [solve(problem, params, seed=seed) for seed in range(count)]


@settings(max_examples=12, deadline=None)
@given(problems(most_needs=10))
def test_over_many_seeds_each_place_is_drawn_as_often_as_its_chance_says(problem: Problem) -> None:
    results = _seeds(problem, Params(draw_within=400), 200)
    chance = results[0].propensity
    seen = np.array([result.assignment for result in results])
    for need in range(len(problem.needs)):
        assert all(result.propensity[need] == chance[need] for result in results)
        options, counts = np.unique(seen[:, need], return_counts=True)
        if chance[need] == 1:
            assert len(options) == 1
        else:  # five standard deviations of a fair coin
            assert len(options) == 2
            assert abs(counts[0] - len(results) / 2) < 5 * np.sqrt(len(results)) / 2


def test_coins_of_different_exchanges_fall_independently() -> None:
    """Sixteen swaps of two: each pair of coins agrees half of the time, and the number made spreads as it should."""
    needs = Needs.make(32, age=40, statuses=[1 << (row // 2) for row in range(32)], tie_key=np.arange(32) * 977 + 5)
    openings = Openings.make(32, places=1, statuses_any=[1 << (row // 2) for row in range(32)], quality=500)
    results = _seeds(Problem(needs, openings), Params(draw_within=1))
    assert all(result.drawing.exchanges == 16 for result in results)
    coins = np.array([result.assignment[::2] == results[0].assignment[::2] for result in results], dtype=float)
    assert np.abs(coins[1:].mean(axis=0) - 0.5).max() < 5 * 0.5 / np.sqrt(SEEDS)
    together = np.corrcoef(coins[1:].T) - np.eye(16)
    assert np.abs(together).max() < 5 / np.sqrt(SEEDS)


@many
@given(problems(most_needs=16), drawn, st.integers(0, 999))
def test_a_draw_keeps_rules_places_tiers_and_groups_and_costs_what_it_says(
    problem: Problem, params: Params, seed: int
) -> None:
    best = solve(problem, replace(params, draw_within=0))
    result = solve(problem, params, seed=seed)
    told, cost = result.drawing, costs(problem)
    used = result.assignment[result.assignment >= 0]
    assert (np.bincount(used, minlength=len(problem.openings)) <= problem.openings.places).all()
    assert all((i, int(j)) in cost for i, j in enumerate(result.assignment) if j >= 0)
    assert np.array_equal(result.assignment >= 0, best.assignment >= 0)
    assert result.served.tolist() == best.served.tolist()
    assert result.fairness.served.tolist() == by_group(problem, result.assignment.tolist())
    assert result.cost == best.cost + told.points
    assert 0 <= told.points <= told.most <= told.exchanges * params.draw_within
    assert result.certificate == best.certificate
    assert result.value == best.value
    moved = result.assignment != best.assignment
    assert (result.propensity[moved] == 0.5).all()
    assert np.array_equal(told.other[moved], best.assignment[moved])
    assert np.array_equal(told.other >= 0, result.propensity < 1)
    shown = (result.reasons.alternative == told.other[:, None]) & (told.other >= 0)[:, None]
    assert (result.reasons.alternative_why[shown] == Why.DRAWN).all()


@many
@given(problems(), st.integers(0, 99), st.integers(0, 99))
def test_draws_do_not_depend_on_the_order_of_rows(problem: Problem, seed: int, order: int) -> None:
    params = Params(draw_within=300)
    one = solve(problem, params, seed=seed)
    other, needs, openings = shuffled(problem, order)
    two = solve(other, params, seed=seed)
    back = np.append(openings, -1)
    assert np.array_equal(one.assignment[needs], back[two.assignment])
    assert np.array_equal(one.propensity[needs], two.propensity)
    assert np.array_equal(one.drawing.other[needs], back[two.drawing.other])


@many
@given(problems(), st.integers(0, 99), st.data())
def test_a_decline_after_draws_is_put_right(problem: Problem, seed: int, data: st.DataObject) -> None:
    result = solve(problem, Params(draw_within=300), seed=seed)
    matched = np.flatnonzero(result.assignment >= 0).tolist()
    if matched:
        need = data.draw(st.sampled_from(matched))
        redone = redo(problem, result, need, accepted=np.zeros(len(problem.needs), dtype=bool))
        assert redone.exact
        assert redone.assignment[need] != result.assignment[need]


def test_nothing_is_drawn_at_hours_and_funds_nor_for_people_with_several_needs_that_hang_together() -> None:
    needs = Needs.make(2, age=40, person=[3, 3])
    openings = Openings.make(2, places=1)
    plain = Problem(needs, openings)
    assert solve(plain, Params(draw_within=5)).drawing.exchanges == 1
    assert solve(plain, Params(draw_within=5, weight_quality=100, weight_together=50)).drawing.exchanges == 0
    funded = Problem(needs, replace(openings, fund=np.array([0, 0])), fund_left=np.array([10**6]))
    assert solve(funded, Params(draw_within=5)).drawing.exchanges == 0
    assert solve(plain, PARAMS).propensity.tolist() == [1.0, 1.0]


def test_a_city_draws_for_many_at_a_small_cost() -> None:
    problem = city(3000)
    results = [solve(problem, Params(draw_within=20), seed=7) for _attempt in range(3)]
    result = results[0]
    told = result.drawing
    assert told.exchanges > 50
    assert 0.3 < told.made / told.exchanges < 0.7
    assert told.points <= 0.002 * result.cost
    assert min(one.seconds["draws"] for one in results) < 0.2
