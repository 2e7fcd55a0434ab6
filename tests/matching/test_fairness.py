"""Floors for groups: what they reach, what they cost, what is kept, and that the proof holds with them."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Needs, Openings, Params, Problem, solve
from matching.decline import redo
from matching.flow import Overflow
from matching.graph import Graph
from matching.prices import dual, primal
from matching.reports import Fairness
from matching.result import Result
from matching.synthetic import city
from matching.transport import compact
from tests.matching.small import (
    GROUPS,
    PARAMS,
    best_by_trying,
    by_group,
    costs,
    every_plan,
    problems,
    shuffled,
    with_places,
)

many = settings(max_examples=60, deadline=None)
floors = st.sampled_from([1, 300, 500, 700, 1000])
fair = st.one_of(st.builds(Params, fair_floor=floors), st.just(Params(fair_share=True)))


def _held(problem: Problem, result: Result) -> None:
    used = result.assignment[result.assignment >= 0]
    assert (np.bincount(used, minlength=len(problem.openings)) <= problem.openings.places).all()
    allowed = costs(problem)
    assert all((i, int(j)) in allowed for i, j in enumerate(result.assignment) if j >= 0)


@many
@given(problems(most_needs=6, most_openings=3), floors)
def test_with_floors_the_plan_is_the_best_of_all_as_trying_every_plan_shows(problem: Problem, floor: int) -> None:
    result = solve(problem, Params(fair_floor=floor))
    asked = result.fairness.floor.tolist()
    size = np.bincount(problem.needs.group + 1, minlength=GROUPS + 1)[1:]
    assert asked == [-(-int(count) * floor // 1000) for count in size]
    assert (int(result.fairness.shortfall.sum()), result.served.tolist(), result.cost) == best_by_trying(problem, asked)


@many
@given(problems(), fair)
def test_floors_keep_rules_and_the_number_served_and_are_proved(problem: Problem, params: Params) -> None:
    plain, result = solve(problem, PARAMS), solve(problem, params)
    told = result.fairness
    _held(problem, result)
    assert result.certificate.exact
    assert told.lexicographic
    assert result.served.sum() == plain.served.sum()
    assert len(told.given_up) == len(told.taken_in)
    assert told.served.tolist() == by_group(problem, result.assignment.tolist())
    assert told.without.tolist() == plain.fairness.served.tolist()
    assert (told.served_without.tolist(), told.cost_without) == (plain.served.tolist(), plain.cost)
    assert (told.served <= told.reachable).all()
    assert (told.price[told.served > told.floor] == 0).all()
    outside = problem.needs.group < 0
    assert set(np.flatnonzero(outside & (result.assignment < 0) & (plain.assignment >= 0))) <= set(told.given_up)


@many
@given(problems(most_needs=6, most_openings=3))
def test_no_share_is_higher_that_every_group_can_have_at_once(problem: Problem) -> None:
    told = solve(problem, Params(fair_share=True)).fairness
    reached = [by_group(problem, plan) for plan in every_plan(problem)]
    alone = np.max(reached, axis=0)
    assert told.reachable.tolist() == alone.tolist()

    def can(share: int) -> bool:
        floor = np.minimum(-(-told.wanted * share // 1000), alone)
        return any((np.array(counts) >= floor).all() for counts in reached)

    assert can(told.share)
    assert told.share == 1000 or not can(told.share + 1)
    assert not told.shortfall.any()


@many
@given(problems(), floors, st.data())
def test_gain_and_loss_with_floors_are_what_solving_again_gives(
    problem: Problem, floor: int, data: st.DataObject
) -> None:
    params = Params(fair_floor=floor)
    result = solve(problem, params)
    opening = data.draw(st.integers(0, len(problem.openings) - 1))
    again = solve(with_places(problem, opening, 1), params)
    assert result.value - again.value == result.gain[opening]
    assert again.cost - result.cost == result.gain_cost[opening]
    assert result.gain_tier[opening] == _first_more(again.served - result.served)
    assert again.served.sum() >= result.served.sum()
    if problem.openings.places[opening]:
        fewer = solve(with_places(problem, opening, -1), params)
        assert fewer.value - result.value == result.loss[opening]
        assert result.loss_tier[opening] == _first_more(result.served - fewer.served)
    else:
        assert result.loss[opening] == -1


def _first_more(change: np.ndarray) -> int:
    return int(np.flatnonzero(change > 0)[0]) + 1 if (change > 0).any() else 0


@many
@given(problems(), fair, st.integers(0, 99))
def test_with_floors_the_order_of_rows_changes_nothing(problem: Problem, params: Params, seed: int) -> None:
    one = solve(problem, params, seed=3)
    other, needs, openings = shuffled(problem, seed)
    two = solve(other, params, seed=3)
    back = np.append(openings, -1)
    assert np.array_equal(one.assignment[needs], back[two.assignment])
    assert np.array_equal(one.gain[openings], two.gain)
    assert np.array_equal(one.loss[openings], two.loss)
    assert np.array_equal(one.penalty[needs], two.penalty)
    assert np.array_equal(one.fairness.price, two.fairness.price)
    for name in ("given_up", "taken_in", "worse", "better"):
        assert sorted(needs[getattr(two.fairness, name)]) == getattr(one.fairness, name).tolist()


@many
@given(problems(), fair)
def test_pairs_left_out_at_first_change_no_floor_and_no_plan(problem: Problem, params: Params) -> None:
    full, short = solve(problem, params), solve(problem, replace(params, nearest_per_class=1))
    assert short.certificate.exact
    assert short.value == full.value
    assert short.fairness.share == full.fairness.share
    assert np.array_equal(short.assignment, full.assignment)


@many
@given(problems(), fair)
def test_chains_with_floors_name_only_openings_that_are_there_and_add_up(problem: Problem, params: Params) -> None:
    result, cost = solve(problem, params), costs(problem)
    for opening, chain in enumerate(result.chains):
        assert bool(chain) == (result.gain[opening] > 0)
        for need, origin, _ in chain:
            assert result.assignment[need] == origin
        points = [cost.get((i, b), 0) - cost.get((i, a), 0) for i, a, b in chain]
        assert sum(points) == result.gain_cost[opening]
        if chain:
            assert chain[0].to_opening == opening


@many
@given(problems())
def test_groups_without_a_floor_change_nothing_but_the_report(problem: Problem) -> None:
    nobody = replace(problem, needs=replace(problem.needs, group=np.full(len(problem.needs), -1)), groups=0)
    told, quiet = solve(problem, PARAMS), solve(nobody, PARAMS)
    assert np.array_equal(told.chosen, quiet.chosen)
    assert np.array_equal(told.gain, quiet.gain)
    assert told.certificate == quiet.certificate
    assert told.fairness.served.tolist() == by_group(problem, told.assignment.tolist())
    assert len(quiet.fairness.wanted) == 0
    penalty = (told.tiers - problem.needs.tier.astype(int) + 1) * told.base
    assert np.array_equal(told.penalty, penalty)


@many
@given(problems(), st.one_of(fair, st.just(PARAMS)))
def test_who_is_worse_off_than_down_the_list_is_always_told(problem: Problem, params: Params) -> None:
    result = solve(problem, params)
    here, listed = result.assignment >= 0, result.greedy.assignment >= 0
    assert result.fairness.worse.tolist() == np.flatnonzero(listed & ~here).tolist()
    assert result.fairness.better.tolist() == np.flatnonzero(here & ~listed).tolist()
    assert result.fairness.greedy.tolist() == by_group(problem, result.greedy.assignment.tolist())


@many
@given(problems(), fair, st.data())
def test_a_decline_after_a_fair_round_is_put_right_at_the_prices_of_its_floors(
    problem: Problem, params: Params, data: st.DataObject
) -> None:
    result = solve(problem, params)
    matched = np.flatnonzero(result.assignment >= 0).tolist()
    if not matched:
        return
    need = data.draw(st.sampled_from(matched))
    redone = redo(problem, result, need, accepted=np.zeros(len(problem.needs), dtype=bool))
    assert redone.exact
    assert redone.assignment[need] != result.assignment[need]


def test_a_floor_serves_a_group_at_the_cost_of_points_and_of_less_urgent_people() -> None:
    """One place; the need of group 1 is less urgent, and with a floor for each group nobody else can have it."""
    needs = Needs.make(3, tier=[2, 2, 3], age=40, group=[0, 0, 1], statuses=[1, 1, 2])
    openings = Openings.make(2, places=[1, 1], statuses_any=[1, 3])
    problem = Problem(needs, openings, groups=2)
    plain, result = solve(problem, PARAMS), solve(problem, Params(fair_floor=500))
    assert plain.assignment.tolist()[2] == -1
    assert result.assignment.tolist()[2] == 1
    told = result.fairness
    assert (told.without.tolist(), told.served.tolist()) == ([2, 0], [1, 1])
    assert (told.floor.tolist(), told.reachable.tolist()) == ([1, 1], [2, 1])
    assert (Fairness.least(told.without, told.wanted), Fairness.least(told.served, told.wanted)) == (0, 0.5)
    assert told.taken_in.tolist() == [2]
    assert (told.served_without.tolist(), result.served.tolist()) == ([0, 2, 0, 0], [0, 1, 1, 0])
    assert told.price[1] > 0


def test_a_floor_that_cannot_be_reached_is_missed_by_as_little_as_can_be() -> None:
    needs = Needs.make(4, age=40, group=[0, 0, 1, 1], statuses=[1, 1, 2, 2])
    problem = Problem(needs, Openings.make(1, places=[3], statuses_any=[1]), groups=2)
    told = solve(problem, Params(fair_floor=1000)).fairness
    assert (told.served.tolist(), told.reachable.tolist(), told.shortfall.tolist()) == ([2, 0], [2, 0], [0, 2])
    assert solve(problem, Params(fair_share=True)).fairness.share == 1000


def test_at_ten_thousand_needs_the_worst_township_is_lifted_and_nobody_is_lost(
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole = city(10_000)
    problem = replace(whole, needs=replace(whole.needs, group=whole.needs.district), groups=whole.districts)
    result = solve(problem, Params(fair_share=True))
    told = result.fairness
    before, after, greedy = (
        Fairness.least(served, told.wanted) or 0.0 for served in (told.without, told.served, told.greedy)
    )
    with capsys.disabled():
        sys.stdout.write(
            f"\nworst township {before:.1%} -> {after:.1%}, down the list {greedy:.1%};"
            f" served {told.served_without.sum()} -> {result.served.sum()}, by tier {told.served_without} ->"
            f" {result.served}; {len(told.given_up)} needs change places with others; points"
            f" {result.cost / told.cost_without - 1:+.2%}; floors {result.seconds['floors']:.2f} s,"
            f" solve {result.seconds['solve']:.2f} s\n"
        )
    assert result.certificate.exact
    assert told.lexicographic
    assert after > before + 0.05
    assert after * 1000 >= told.share
    assert result.served.sum() == told.served_without.sum()
    assert result.served[:2].tolist() == told.served_without[:2].tolist()
    assert result.cost < 1.03 * told.cost_without


def test_penalties_far_apart_are_brought_together_as_far_as_the_plan_allows() -> None:
    stakes, prices = compact(np.array([900, 10, 900, 35]), np.array([880, 0, 12, 36]), 50)
    assert (stakes.tolist(), prices.tolist()) == ([85, 10, 85, 35], [65, 0, 12, 36])
    assert compact(np.array([1000, 3000]), np.array([990, 2800]), 500)[1].tolist() == [490, 800]
    assert compact(np.zeros(0, np.int64), np.zeros(2, np.int64), 5)[1].tolist() == [0, 0]


@many
@given(problems(), fair)
def test_penalties_and_prices_told_prove_the_plan_without_pools(problem: Problem, params: Params) -> None:
    result = solve(problem, params)
    graph = Graph(
        result.candidates.ptr,
        result.candidates.opening,
        result.candidates.cost.astype(np.int64),
        problem.openings.places.astype(np.int64),
        result.penalty,
    )
    assert primal(graph, result.chosen) == dual(graph, result.prices)


def test_more_groups_than_sums_can_hold_are_refused() -> None:
    needs = Needs.make(2, age=40, tier=[1, 100], group=[0, 1])
    with pytest.raises(Overflow):
        solve(Problem(needs, Openings.make(1, places=1), groups=2), Params(fair_floor=500))


def test_needs_of_hours_are_outside_the_floors_and_told_so() -> None:
    needs = Needs.make(4, age=40, group=[0, 0, 1, 1], service_type=[0, 1, 0, 1], hours=[1, 3, 1, 3])
    openings = Openings.make(2, places=[1, 4], service_type=[0, 1], counts_hours=[False, True])
    told = solve(Problem(needs, openings, groups=2), Params(fair_floor=100)).fairness
    assert (told.wanted.tolist(), told.outside.tolist()) == ([2, 2], [1, 1])
    assert told.served.sum() == 2
