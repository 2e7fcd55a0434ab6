"""The plan of a round."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Needs, Openings, Params, Problem, Reason, solve
from matching.bench import networkx_value
from matching.graph import Graph
from matching.synthetic import city
from tests.matching.small import PARAMS, best_by_trying, costs, problems, shuffled, with_places

many = settings(max_examples=50, deadline=None)
some = settings(max_examples=40, deadline=None)


@many
@given(problems(most_needs=6, most_openings=3))
def test_tiers_come_first_and_then_cost_as_trying_every_plan_shows(problem: Problem) -> None:
    result = solve(problem, PARAMS)
    assert (0, result.served.tolist(), result.cost) == best_by_trying(problem)


@many
@given(problems())
def test_no_opening_takes_more_people_than_places_and_no_rule_is_broken(problem: Problem) -> None:
    result, allowed = solve(problem, PARAMS), costs(problem)
    matched = np.flatnonzero(result.assignment >= 0)
    assert (np.bincount(result.assignment[matched], minlength=len(problem.openings)) <= problem.openings.places).all()
    for need in matched.tolist():
        pair = result.chosen[need]
        assert result.candidates.opening[pair] == result.assignment[need]
        assert allowed[need, int(result.assignment[need])] == result.candidates.cost[pair]


@many
@given(problems())
def test_every_plan_is_proved_and_the_proof_covers_every_feasible_pair(problem: Problem) -> None:
    result = solve(problem, Params(nearest_per_class=1))
    assert result.certificate.exact
    assert result.certificate.primal == result.certificate.dual == result.value
    assert result.certificate.pairs + result.certificate.priced - result.certificate.added == len(costs(problem))
    assert result.value == solve(problem, PARAMS).value


@many
@given(problems(), st.integers(0, 99))
def test_the_order_of_rows_changes_nothing(problem: Problem, seed: int) -> None:
    one = solve(problem, PARAMS, seed=3)
    other, needs, openings = shuffled(problem, seed)
    two = solve(other, PARAMS, seed=3)
    back = np.append(openings, -1)
    assert np.array_equal(one.assignment[needs], back[two.assignment])
    assert np.array_equal(one.gain[openings], two.gain)
    assert np.array_equal(one.loss[openings], two.loss)
    assert np.array_equal(one.reasons.code[needs], two.reasons.code)
    assert np.array_equal(one.reasons.opening[needs], back[two.reasons.opening])
    chains = [tuple((needs[i], back[a], back[b]) for i, a, b in two.chains[at]) for at in np.argsort(openings)]
    assert chains == [tuple(map(tuple, chain)) for chain in one.chains]


def test_a_tie_does_not_depend_on_needs_and_openings_elsewhere() -> None:
    tied = Needs.make(6, age=40, tier=2, tie_key=[50, 40, 30, 20, 10, 60])
    alone = solve(Problem(tied, Openings.make(1, places=3, tie_key=[9])), PARAMS)
    more = Needs.make(
        9, age=40, tier=2, tie_key=[1, 2, 3, 50, 40, 30, 20, 10, 60], service_type=[1, 1, 1, 0, 0, 0, 0, 0, 0]
    )
    openings = Openings.make(3, places=[1, 3, 1], tie_key=[3, 9, 99], service_type=[1, 0, 1])
    assert alone.served.tolist() == [0, 3, 0, 0]
    assert np.array_equal(alone.assignment >= 0, solve(Problem(more, openings), PARAMS).assignment[3:] >= 0)


def test_another_seed_settles_ties_otherwise_at_the_same_value() -> None:
    tied = Problem(Needs.make(40, age=40), Openings.make(1, places=20))
    plans = [solve(tied, PARAMS, seed=seed) for seed in range(4)]
    assert len({plan.value for plan in plans}) == 1
    assert len({plan.assignment.tobytes() for plan in plans}) == 4
    assert np.array_equal(plans[2].assignment, solve(tied, PARAMS, seed=2).assignment)


@some
@given(problems(), st.data())
def test_one_more_place_never_serves_fewer(problem: Problem, data: st.DataObject) -> None:
    opening = data.draw(st.integers(0, len(problem.openings) - 1))
    before, after = solve(problem, PARAMS), solve(with_places(problem, opening, 1), PARAMS)
    assert (np.cumsum(after.served) >= np.cumsum(before.served)).all()


@some
@given(problems(most_needs=20))
def test_networkx_finds_the_same_value(problem: Problem) -> None:
    result = solve(problem, PARAMS)
    penalty = (result.tiers - problem.needs.tier.astype(np.int64) + 1) * result.base
    graph = Graph(
        result.candidates.ptr,
        result.candidates.opening,
        result.candidates.cost.astype(np.int64),
        problem.openings.places.astype(np.int64),
        penalty,
    )
    assert networkx_value(graph) == result.value


@some
@given(problems(most_needs=20))
def test_for_every_tier_at_least_as_many_are_served_up_to_it_as_by_greedy(problem: Problem) -> None:
    result = solve(problem, PARAMS)
    for baseline in (result.greedy, result.first_come):
        assert (np.cumsum(result.served) >= np.cumsum(baseline.served)).all()
        used = baseline.assignment[baseline.assignment >= 0]
        assert (np.bincount(used, minlength=len(problem.openings)) <= problem.openings.places).all()


def test_a_city_of_ten_thousand_is_proved_and_serves_more_than_greedy() -> None:
    problem = city(10_000)
    result = solve(problem, PARAMS)
    assert result.certificate.exact
    assert result.served.sum() > result.greedy.served.sum()
    assert (np.cumsum(result.served) >= np.cumsum(result.greedy.served)).all()
    assert result.served[0] > result.first_come.served[0]


def test_pairs_left_out_at_first_are_taken_in_until_the_proof_covers_all() -> None:
    problem = city(1_500, seed=4)
    short, full = solve(problem, Params(nearest_per_class=2)), solve(problem, Params(nearest_per_class=1000))
    assert short.certificate.added > 0
    assert short.certificate.exact
    assert np.array_equal(short.assignment, full.assignment)
    assert (short.cost, short.served.tolist()) == (full.cost, full.served.tolist())


def test_nothing_to_decide_is_decided() -> None:
    for needs, openings in ((0, 0), (0, 2), (3, 0)):
        result = solve(Problem(Needs.make(needs), Openings.make(openings)), PARAMS)
        assert result.certificate.exact
        assert result.assignment.tolist() == [-1] * needs
        assert result.reasons.code.tolist() == [Reason.NO_SERVICE] * needs
        assert result.gain.tolist() == [0] * openings
