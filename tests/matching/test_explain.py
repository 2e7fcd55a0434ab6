"""Why each need came out as it did."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from matching import Change, Needs, Openings, PairFacts, Params, Problem, Reason, Rule, Why, solve
from matching.eligibility import failed_rules
from tests.matching.small import PARAMS, all_pairs, costs, problems, with_places

OF_THE_NEED = Rule.STATUS | Rule.WORKER_SEX | Rule.CONSENT
"""Rules a test can lift for one need alone."""


def test_a_type_nobody_offers_is_said_so() -> None:
    result = solve(Problem(Needs.make(1, service_type=7), Openings.make(1, service_type=3)), PARAMS)
    assert result.reasons.code[0] == Reason.NO_SERVICE
    assert result.reasons.change[0] == Change.OFFER
    assert result.reasons.offered[0] == 0


def test_a_radius_too_short_is_told_in_kilometres() -> None:
    needs = Needs.make(1, age=40, latitude=32.0, longitude=119.0)
    openings = Openings.make(2, latitude=[32.3, 32.1], longitude=119.0, radius_km=10.0)
    reasons = solve(Problem(needs, openings), PARAMS).reasons
    assert (reasons.code[0], reasons.change[0], reasons.opening[0]) == (Reason.NO_PAIR, Change.RULE, 1)
    assert reasons.rules[0] == Rule.RADIUS
    assert reasons.excess_km[0] == pytest.approx(1.12, abs=0.01)


def test_the_smallest_set_of_broken_rules_is_told_before_the_nearest_opening() -> None:
    needs = Needs.make(1, age=10, latitude=32.0, longitude=119.0)
    openings = Openings.make(
        2, latitude=[32.0, 32.02], longitude=119.0, licence_valid=[False, True], serves_minors_checked=False
    )
    reasons = solve(Problem(needs, openings), PARAMS).reasons
    assert (reasons.opening[0], reasons.rules[0]) == (1, Rule.CHILD_SAFETY)
    assert reasons.distance_km[0] == pytest.approx(2.22, abs=0.01)
    assert np.isnan(reasons.excess_km[0])


def test_only_full_openings_fit_and_one_more_place_serves() -> None:
    reasons = solve(Problem(Needs.make(1, age=40), Openings.make(1, places=0)), PARAMS).reasons
    assert (reasons.code[0], reasons.change[0]) == (Reason.NO_PAIR, Change.PLACE)
    assert (reasons.opening[0], reasons.rules[0]) == (0, Rule.NO_PLACES)


def test_priced_out_tells_who_holds_the_places_and_how_many_come_first() -> None:
    needs = Needs.make(5, age=40, tier=[1, 1, 2, 3, 4])
    reasons = solve(Problem(needs, Openings.make(1, places=3)), PARAMS).reasons
    assert reasons.code.tolist() == [0, 0, 0, Reason.PRICED_OUT, Reason.PRICED_OUT]
    assert reasons.held[4].tolist() == [2, 1, 0, 0]
    assert (reasons.change[3], reasons.ahead[3]) == (Change.PLACE, 0)
    assert (reasons.change[4], reasons.ahead[4]) == (Change.PLACES, 1)


def test_a_free_place_behind_one_rule_comes_before_a_new_place() -> None:
    needs = Needs.make(2, age=40, tier=[1, 2])
    facts = PairFacts([0, 1], [1, 1], [int(Rule.REJECTED_BEFORE), int(Rule.CONSENT)])
    reasons = solve(Problem(needs, Openings.make(2), facts), PARAMS).reasons
    assert (reasons.code[1], reasons.change[1]) == (Reason.PRICED_OUT, Change.RULE)
    assert (reasons.opening[1], reasons.rules[1]) == (1, Rule.CONSENT)


def test_alternatives_are_told_as_full_dearer_or_barred() -> None:
    needs = Needs.make(2, age=40, tier=[2, 1])
    openings = Openings.make(
        4, places=[1, 1, 1, 5], quality=[1000, 900, 500, 1000], accepting=[True, True, True, False]
    )
    facts = PairFacts([1], [1], [int(Rule.REJECTED_BEFORE)])
    reasons = solve(Problem(needs, openings, facts), PARAMS).reasons
    assert reasons.alternative[0].tolist() == [0, 2, 3]
    assert reasons.alternative_why[0].tolist() == [Why.FULL, Why.DEARER, Why.FAILED]
    assert reasons.alternative_extra[0].tolist() == [-15, 60, 0]
    assert reasons.alternative_rules[0].tolist() == [0, 0, Rule.ACCEPTING]
    assert reasons.rank.tolist() == [2, 1]


@settings(max_examples=70, deadline=None)
@given(problems(most_needs=14))
def test_every_need_has_a_reason_that_is_true(problem: Problem) -> None:
    result, allowed = solve(problem, PARAMS), costs(problem)
    reasons = result.reasons
    for need in range(len(problem.needs)):
        fits = [j for (i, j) in allowed if i == need]
        offered = int((problem.openings.service_type == problem.needs.service_type[need]).sum())
        assert (reasons.offered[need], reasons.fitting[need]) == (offered, len(fits))
        if result.assignment[need] >= 0:
            expected = Reason.MATCHED
        elif not offered:
            expected = Reason.NO_SERVICE
        elif not any(problem.openings.places[j] for j in fits):
            expected = Reason.NO_PAIR
        else:
            expected = Reason.PRICED_OUT
        assert reasons.code[need] == expected
        if expected in {Reason.NO_PAIR, Reason.PRICED_OUT}:
            assert reasons.opening[need] >= 0
        if expected is Reason.PRICED_OUT:
            held = [int((problem.needs.tier[np.isin(result.assignment, fits)] == tier).sum()) for tier in range(1, 5)]
            assert reasons.held[need].tolist() == held
            assert sum(held) == problem.openings.places[fits].sum()


@settings(max_examples=70, deadline=None)
@given(problems(most_needs=14))
def test_making_the_change_told_serves_the_need(problem: Problem) -> None:
    result = solve(problem, PARAMS)
    reasons = result.reasons
    for need in range(len(problem.needs)):
        opening, rules = int(reasons.opening[need]), Rule(int(reasons.rules[need]))
        if reasons.change[need] == Change.PLACE:
            again = solve(with_places(problem, opening, 1), PARAMS)
            assert result.value - again.value == result.gain[opening]
            assert result.gain_tier[opening] == problem.needs.tier[need]
        if reasons.change[need] == Change.RULE and not rules & ~OF_THE_NEED:
            assert solve(_lifted(problem, need), PARAMS).assignment[need] >= 0


def _lifted(problem: Problem, need: int) -> Problem:
    """The problem with everything of the need's own side granted."""
    statuses, worker_sex = problem.needs.statuses.copy(), problem.needs.worker_sex.copy()
    statuses[need], worker_sex[need] = 0b111, 0
    kept = problem.facts.forbidden_need != need
    facts = replace(
        problem.facts,
        forbidden_need=problem.facts.forbidden_need[kept],
        forbidden_opening=problem.facts.forbidden_opening[kept],
        forbidden_rule=problem.facts.forbidden_rule[kept],
    )
    return replace(problem, needs=replace(problem.needs, statuses=statuses, worker_sex=worker_sex), facts=facts)


@settings(max_examples=50, deadline=None)
@given(problems())
def test_near_misses_carry_every_rule_they_break(problem: Problem) -> None:
    near = solve(problem, Params(near_km=0.5, near_kept=3)).near
    pairs = all_pairs(problem)
    masks = {
        (int(i), int(j)): int(mask) for i, j, mask in zip(pairs.need, pairs.opening, failed_rules(pairs), strict=True)
    }
    assert (np.diff(near.need) >= 0).all()
    assert (np.bincount(near.need, minlength=1) <= 3).all()
    for i, j, mask in zip(near.need.tolist(), near.opening.tolist(), near.mask.tolist(), strict=True):
        assert masks[i, j] == mask
        assert mask & ~Rule.NO_PLACES
