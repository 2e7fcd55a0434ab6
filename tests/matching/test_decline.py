"""Putting a plan right after a no."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from matching import PairFacts, Problem, Result, Rule, solve
from matching.decline import redo
from matching.synthetic import city
from tests.matching.small import PARAMS, costs, problems


def _without(problem: Problem, need: int, opening: int) -> Problem:
    facts = problem.facts
    more = PairFacts(
        forbidden_need=np.append(facts.forbidden_need, need),
        forbidden_opening=np.append(facts.forbidden_opening, opening),
        forbidden_rule=np.append(facts.forbidden_rule, int(Rule.REJECTED_BEFORE)),
        continuity_need=facts.continuity_need,
        continuity_provider=facts.continuity_provider,
    )
    return replace(problem, facts=more)


def _declined(result: Result, data: st.DataObject) -> int:
    matched = np.flatnonzero(result.assignment >= 0)
    assume(len(matched) > 0)
    return int(data.draw(st.sampled_from(matched.tolist())))


def _value(problem: Problem, result: Result, assignment: np.ndarray) -> int:
    cost = costs(problem)
    return sum(
        cost[i, j] if j >= 0 else (result.tiers - int(problem.needs.tier[i]) + 1) * result.base
        for i, j in enumerate(assignment.tolist())
    )


@settings(max_examples=70, deadline=None)
@given(problems(), st.booleans(), st.data())
def test_after_a_decline_the_plan_is_as_good_as_a_new_one(problem: Problem, lost: bool, data: st.DataObject) -> None:
    result = solve(problem, PARAMS)
    need = _declined(result, data)
    opening = int(result.assignment[need])
    redone = redo(problem, result, need, accepted=np.zeros(len(problem.needs), dtype=bool), place_lost=lost)
    changed = _without(problem, need, opening)
    if lost:
        places = problem.openings.places.copy()
        places[opening] -= 1
        changed = replace(changed, openings=replace(changed.openings, places=places))
    assert redone.exact
    assert _value(changed, result, redone.assignment) == solve(changed, PARAMS).value
    assert redone.moved.tolist() == np.flatnonzero(redone.assignment != result.assignment).tolist()


@settings(max_examples=50, deadline=None)
@given(problems(most_needs=6, most_openings=3, types=1), st.data())
def test_no_plan_as_good_moves_fewer_people(problem: Problem, data: st.DataObject) -> None:
    result = solve(problem, PARAMS)
    need = _declined(result, data)
    redone = redo(problem, result, need, accepted=np.zeros(len(problem.needs), dtype=bool))
    changed = _without(problem, need, int(result.assignment[need]))
    cost, n = costs(changed), len(problem.needs)
    options = [[-1] + [j for (i, j) in cost if i == row] for row in range(n)]
    plans = [
        np.array(plan)
        for plan in product(*options)
        if (np.bincount([j for j in plan if j >= 0], minlength=len(problem.openings)) <= problem.openings.places).all()
    ]
    best = min((_value(changed, result, plan), int((plan != result.assignment).sum())) for plan in plans)
    assert best == (_value(changed, result, redone.assignment), len(redone.moved))


@settings(max_examples=50, deadline=None)
@given(problems(), st.data())
def test_an_accepted_referral_stays_where_it_is(problem: Problem, data: st.DataObject) -> None:
    result = solve(problem, PARAMS)
    need = _declined(result, data)
    accepted = np.array(data.draw(st.lists(st.booleans(), min_size=len(problem.needs), max_size=len(problem.needs))))
    accepted[need] = False
    redone = redo(problem, result, need, accepted=accepted)
    assert redone.exact
    assert np.array_equal(redone.assignment[accepted], result.assignment[accepted])
    assert redone.assignment[need] != result.assignment[need]
    used = redone.assignment[redone.assignment >= 0]
    assert (np.bincount(used, minlength=len(problem.openings)) <= problem.openings.places).all()


def test_in_a_city_few_people_move() -> None:
    problem = city(3000, seed=1)
    result = solve(problem, PARAMS)
    matched = np.flatnonzero(result.assignment >= 0)
    none = np.zeros(3000, dtype=bool)
    redone = [redo(problem, result, int(need), accepted=none) for need in matched[::100]]
    assert all(step.exact for step in redone)
    assert np.median([len(step.moved) for step in redone]) <= 3


def test_who_has_no_open_proposal_cannot_be_declined() -> None:
    problem = city(300)
    result = solve(problem, PARAMS)
    none = np.zeros(300, dtype=bool)
    with pytest.raises(ValueError, match="no open proposal"):
        redo(problem, result, int(np.flatnonzero(result.assignment < 0)[0]), accepted=none)
    with pytest.raises(ValueError, match="no open proposal"):
        redo(problem, result, int(np.flatnonzero(result.assignment >= 0)[0]), accepted=~none)
