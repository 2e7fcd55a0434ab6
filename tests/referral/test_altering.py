"""Changed copies of a problem: what no change, closing, and adding places can do to a plan. Any small problem."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Problem, solve
from referral.actions.rounding.altering import AddOpening, AddPlaces, Close, Radius, altered
from tests.matching.small import PARAMS, problem

problems = st.builds(problem, st.integers(0, 10_000), st.integers(1, 25), st.integers(1, 9), types=st.integers(1, 3))
some = settings(max_examples=60, deadline=None)


def lexicographic(one: Problem) -> tuple[int, ...]:
    """Needs served, most urgent first."""
    return tuple(int(count) for count in solve(one, PARAMS, seed=1).served)


@some
@given(problems)
def test_without_changes_the_plan_is_the_same(one: Problem) -> None:
    first, second = solve(one, PARAMS, seed=1), solve(altered(one, []), PARAMS, seed=1)
    assert np.array_equal(first.assignment, second.assignment)
    assert (first.value, first.certificate.dual) == (second.value, second.certificate.dual)


@some
@given(problems, st.data())
def test_closing_never_serves_more(one: Problem, data: st.DataObject) -> None:
    rows = tuple(data.draw(st.sets(st.integers(0, len(one.openings) - 1), min_size=1)))
    closed = altered(one, [Close(rows)])
    assert lexicographic(closed) <= lexicographic(one)
    assert not np.isin(solve(closed, PARAMS, seed=1).assignment, rows).any()


@some
@given(problems, st.data())
def test_adding_places_never_serves_fewer(one: Problem, data: st.DataObject) -> None:
    row, places = data.draw(st.integers(0, len(one.openings) - 1)), data.draw(st.integers(1, 4))
    before = lexicographic(one)
    assert lexicographic(altered(one, [AddPlaces((row,), places)])) >= before
    assert lexicographic(altered(one, [AddOpening(row, places)])) >= before
    assert lexicographic(altered(one, [AddOpening(row, places, 32.05, 119.05)])) >= before


@some
@given(problems, st.data())
def test_going_farther_never_serves_fewer(one: Problem, data: st.DataObject) -> None:
    row = data.draw(st.integers(0, len(one.openings) - 1))
    if not np.isnan(one.openings.radius_km[row]):
        assert lexicographic(altered(one, [Radius((row,), 1_000.0)])) >= lexicographic(one)


@some
@given(problems, st.data())
def test_a_second_opening_is_worth_as_much_as_places_at_the_first(one: Problem, data: st.DataObject) -> None:
    row, places = data.draw(st.integers(0, len(one.openings) - 1)), data.draw(st.integers(1, 3))
    there = bool(one.openings.accepting[row])
    same = lexicographic(altered(one, [AddPlaces((row,), places)])) == lexicographic(
        altered(one, [AddOpening(row, places)])
    )
    assert same or not there


@given(problems)
@settings(max_examples=20, deadline=None)
def test_the_problem_given_stays_as_it_was(one: Problem) -> None:
    before = (one.openings.places.copy(), one.openings.radius_km.copy(), len(one.openings))
    altered(one, [Close((0,)), AddPlaces((0,), 3), AddOpening(0, 2), Radius((0,), 3.0)])
    assert np.array_equal(one.openings.places, before[0])
    assert np.array_equal(one.openings.radius_km, before[1], equal_nan=True)
    assert len(one.openings) == before[2]


def test_whom_the_first_may_not_take_the_second_may_not_either() -> None:
    one = problem(3, 12, 4)
    copied = altered(one, [AddOpening(2, 5), AddOpening(2, 5)])
    first = set(one.facts.forbidden_need[one.facts.forbidden_opening == 2].tolist())
    for row in (4, 5):
        assert set(copied.facts.forbidden_need[copied.facts.forbidden_opening == row].tolist()) == first
    assert len(np.unique(copied.openings.tie_key)) == 6
    assert np.array_equal(copied.openings.tie_key, altered(one, [AddOpening(2, 5), AddOpening(2, 5)]).openings.tie_key)


@pytest.mark.parametrize("places", [0, -3])
def test_an_opening_without_places_serves_nobody(places: int) -> None:
    one = problem(5, 12, 4)
    assert lexicographic(altered(one, [AddOpening(1, places)])) == lexicographic(one)
