"""Hours, funds and bundles around the plain solve."""

from dataclasses import fields, replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Needs, Openings, Params, Problem, Reason, Result, assign, solve
from matching.graph import Graph
from matching.packing import Packing
from matching.synthetic import city
from tests.matching.small import PARAMS, problem, problems, shuffled
from tests.matching.test_packing import best

some = settings(max_examples=25, deadline=None)
QUICK = Params(hours_seconds=1.0)


def with_extras(seed: int, n: int = 6, m: int = 4) -> Problem:
    """A small problem whose openings count hours or draw on funds."""
    given, rng = problem(seed, n, m, types=2), np.random.default_rng(seed)
    needs = replace(
        given.needs,
        hours=rng.integers(1, 6, n).astype(np.int32),
        amount=rng.integers(1, 9, n) * 100,
        person=rng.integers(0, 3, n).astype(np.int32),
    )
    openings = replace(
        given.openings,
        places=rng.integers(0, 9, m).astype(np.int32),
        counts_hours=rng.random(m) < 0.4,
        fund=rng.integers(-1, 2, m).astype(np.int32),
    )
    return replace(given, needs=needs, openings=openings, fund_left=rng.integers(0, 12, 2) * 100)


def packing_of(given: Problem, result: Result) -> Packing:
    """All of a result's pairs with what they take."""
    needs, openings, found = given.needs, given.openings, result.candidates
    graph = Graph(
        found.ptr, found.opening, found.cost.astype(np.int64), openings.places.astype(np.int64), result.penalty
    )
    use = np.where(openings.counts_hours[graph.opening], needs.hours[graph.need], 1)
    money = np.where(openings.fund[graph.opening] >= 0, needs.amount[graph.need], 0)
    return Packing(graph, needs.tier, result.tiers, use, openings.fund, money, given.fund_left)


@some
@given(st.integers(0, 10_000))
def test_the_plan_holds_and_is_the_best_there_is_tier_by_tier(seed: int) -> None:
    asked = with_extras(seed)
    result = solve(asked, QUICK)
    packing = packing_of(asked, result)
    assert packing.holds(result.chosen)
    assert np.array_equal(result.assignment, packing.graph.placed(result.chosen))
    served, cost = best(packing)
    assert (result.served.tolist(), result.cost) == (served, cost)
    assert result.certificate.exact
    assert result.value == cost + int(result.penalty[result.chosen < 0].sum())
    for baseline in (result.greedy, result.first_come):
        at = np.flatnonzero(packing.graph.opening == baseline.assignment[packing.graph.need])
        pairs = np.full(packing.graph.n, -1, dtype=np.int64)
        pairs[packing.graph.need[at]] = at
        assert packing.holds(pairs)


@some
@given(st.integers(0, 10_000))
def test_the_order_of_rows_changes_nothing_with_hours_funds_and_bundles(seed: int) -> None:
    asked = with_extras(seed)
    params = replace(QUICK, weight_together=0 if seed % 2 else 100, weight_quality=50)
    one = solve(asked, params, seed=3)
    other, needs, openings = shuffled(asked, seed)
    two = solve(other, params, seed=3)
    assert np.array_equal(one.assignment[needs], np.append(openings, -1)[two.assignment])
    assert np.array_equal(one.reasons.code[needs], two.reasons.code)
    assert one.value == two.value
    for told, again in ((one.hours, two.hours), (one.budgets, two.budgets)):
        assert (told is None) == (again is None)
    if one.budgets is not None and two.budgets is not None:
        assert np.array_equal(one.budgets.proposed, two.budgets.proposed)


@some
@given(problems(), st.integers(0, 99))
def test_without_hours_funds_and_bundles_nothing_is_other_than_before(given: Problem, seed: int) -> None:
    for params in (PARAMS, replace(PARAMS, weight_together=0, hours_seconds=0.5)):
        one, two = solve(given, params, seed=seed), assign._plain(given, params, seed)
        for spec in fields(Result):
            left, right = getattr(one, spec.name), getattr(two, spec.name)
            if isinstance(left, np.ndarray):
                assert np.array_equal(left, right), spec.name
        assert one.certificate == two.certificate
        assert one.chains == two.chains
        assert (one.hours, one.budgets, one.together) == (None, None, None)


def test_a_fund_that_suffices_changes_no_plan_and_leaves_the_proof_exact() -> None:
    given = city(600)
    drawn = np.where(np.arange(len(given.openings)) % 3 == 0, 0, -1).astype(np.int32)
    rich = replace(
        given,
        needs=replace(given.needs, amount=np.full(600, 500)),
        openings=replace(given.openings, fund=drawn),
        fund_left=np.array([600 * 500]),
    )
    plain, result = solve(given, PARAMS), solve(rich, PARAMS)
    assert np.array_equal(plain.assignment, result.assignment)
    assert result.certificate.exact
    assert result.hours is None
    assert result.budgets is not None
    assert result.budgets.proposed[0] == 500 * (drawn[plain.assignment[plain.assignment >= 0]] == 0).sum()
    assert result.budgets.people.sum() == 0


def test_a_fund_that_is_short_is_never_overdrawn_and_tells_what_more_would_buy() -> None:
    given = city(600)
    drawn = np.where(given.openings.service_type < 3, 0, -1).astype(np.int32)
    poor = replace(
        given,
        needs=replace(given.needs, amount=np.arange(600) % 7 * 100 + 100),
        openings=replace(given.openings, fund=drawn),
        fund_left=np.array([6_000]),
    )
    result = solve(poor, Params(hours_seconds=2.0))
    assert result.budgets is not None
    assert 5_500 <= result.budgets.proposed[0] <= 6_000
    assert result.budgets.wanted[0] > 6_000
    assert result.budgets.people.sum() > 0
    assert result.hours is not None
    assert (result.hours.served <= result.hours.most).all()
    assert 0 <= result.hours.gap < 0.02
    assert result.certificate.dual <= result.certificate.primal == result.value
    elsewhere = ~np.isin(given.needs.service_type, given.openings.service_type[drawn == 0])
    assert np.array_equal(result.assignment[elsewhere], solve(given, PARAMS).assignment[elsewhere])


def test_an_unmet_need_of_hours_is_told_that_others_came_first() -> None:
    needs = Needs.make(2, age=40, tier=[1, 2], hours=[6, 6])
    result = solve(Problem(needs, Openings.make(1, places=10, counts_hours=True)), PARAMS)
    assert result.assignment.tolist() == [0, -1]
    assert result.reasons.code.tolist() == [Reason.MATCHED, Reason.PRICED_OUT]
    assert result.hours is not None
    assert (result.hours.hours_left, result.hours.hours_given) == (10, 6)


def test_one_person_gets_one_provider_where_the_weight_says_so_and_nobody_goes_unserved() -> None:
    needs = Needs.make(2, age=40, service_type=[0, 1], person=[5, 5])
    openings = Openings.make(4, service_type=[0, 0, 1, 1], provider=[1, 2, 3, 2], quality=[900, 700, 900, 700])
    asked = Problem(needs, openings)
    apart, joined = solve(asked, PARAMS), solve(asked, Params(weight_quality=150, weight_together=0))
    assert apart.assignment.tolist() == joined.assignment.tolist() == [0, 2]
    together = solve(asked, Params(weight_uptake=50, weight_together=100))
    assert together.assignment.tolist() == [1, 3]
    assert together.together is not None
    assert together.together.people == (1, 1)
    assert together.together.providers == (2, 1)
    assert together.together.gap == 0


def test_bundles_in_a_city_serve_as_many_of_each_tier_with_fewer_providers() -> None:
    given = city(900)
    person = np.random.default_rng(1).integers(0, 400, 900).astype(np.int32)
    given = replace(given, needs=replace(given.needs, person=person))
    lighter = Params(weight_uptake=50, hours_seconds=2.0)
    apart, joined = solve(given, lighter), solve(given, replace(lighter, weight_together=100))
    assert joined.served.tolist() == apart.served.tolist()
    told = joined.together
    assert told is not None
    assert told.providers[1] < told.providers[0]
    assert told.bound <= told.value
    assert joined.certificate.exact
