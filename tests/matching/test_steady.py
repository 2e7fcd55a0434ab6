"""A plan put right around declined needs, with today's plan as the records have it."""

from dataclasses import replace
from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import PairFacts, Problem, Rule, solve
from matching.steady import around, component, only
from matching.synthetic import city
from matching.transport import tier_base
from tests.matching.small import PARAMS, costs, problems


def forbid(problem: Problem, need: int, opening: int) -> Problem:
    facts = problem.facts
    more = PairFacts(
        np.append(facts.forbidden_need, need),
        np.append(facts.forbidden_opening, opening),
        np.append(facts.forbidden_rule, int(Rule.REJECTED_BEFORE)),
        facts.continuity_need,
        facts.continuity_provider,
    )
    return replace(problem, facts=more)


@settings(max_examples=60, deadline=None)
@given(problems(most_needs=6, most_openings=3, types=1), st.sampled_from([0, 50, 400]), st.data())
def test_no_plan_of_the_component_is_better(problem: Problem, steady: int, data: st.DataObject) -> None:
    n, m = len(problem.needs), len(problem.openings)
    today = np.array(data.draw(st.lists(st.integers(-1, m - 1), min_size=n, max_size=n)), dtype=np.int32)
    declined = data.draw(st.integers(0, n - 1))
    today[declined] = -1
    found = around(problem, PARAMS, today, np.array([declined]), steady=steady)
    assert found.told.certificate.exact
    rows, was = found.rows.tolist(), today[found.rows]
    assert declined in rows
    cost, tiers, base = costs(problem), 4, tier_base(2 * m)

    def value(plan: np.ndarray) -> tuple[int, int]:
        total = sum(
            cost[i, j] if j >= 0 else (tiers - int(problem.needs.tier[i]) + 1) * base
            for i, j in zip(rows, plan.tolist(), strict=True)
        )
        return total + steady * int(((plan != was) & (was >= 0)).sum()), int((plan != was).sum())

    options = [[-1] + [j for (i, j) in cost if i == row] for row in rows]
    plans = [
        np.array(plan)
        for plan in product(*options)
        if (np.bincount([j for j in plan if j >= 0], minlength=m) <= problem.openings.places).all()
    ]
    assert min(value(plan) for plan in plans) == value(found.told.assignment)


@settings(max_examples=40, deadline=None)
@given(problems(), st.data())
def test_without_a_price_on_moves_it_is_as_good_as_a_new_round(problem: Problem, data: st.DataObject) -> None:
    before = solve(problem, PARAMS)
    matched = np.flatnonzero(before.assignment >= 0)
    if not len(matched):
        return
    need = int(data.draw(st.sampled_from(matched.tolist())))
    changed = forbid(problem, need, int(before.assignment[need]))
    today = before.assignment.copy()
    today[need] = -1
    found = around(changed, PARAMS, today, np.array([need]), steady=0)
    best = solve(only(changed, found.rows), PARAMS)
    assert found.told.served.tolist() == best.served.tolist()
    taken = found.told.chosen[found.told.chosen >= 0]
    assert int(found.told.candidates.cost[taken].sum()) == best.cost


def test_the_component_holds_whoever_competes_and_nobody_else() -> None:
    problem = city(400, seed=2)
    rows = component(problem, PARAMS, np.array([7]))
    assert 7 in rows
    assert set(problem.needs.service_type[rows]) == {problem.needs.service_type[7]}


def test_in_a_city_few_people_move_and_reasons_come_with_the_plan() -> None:
    problem = city(3000, seed=1)
    before = solve(problem, PARAMS)
    moves = []
    for need in np.flatnonzero(before.assignment >= 0)[::150]:
        today = before.assignment.copy()
        today[need] = -1
        changed = forbid(problem, int(need), int(before.assignment[need]))
        found = around(changed, PARAMS, today, np.array([need]))
        assert found.told.certificate.exact
        assert len(found.told.reasons.code) == len(found.rows)
        moves.append(int((found.moved & (today[found.rows] >= 0)).sum()))
    assert np.median(moves) <= 2
