"""Each hard rule, by the pairs that keep and break it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from matching import Needs, Openings, PairFacts, Problem, Rule
from matching.eligibility import TESTS, failed_rules, feasible
from tests.matching.small import all_pairs, problems

HERE = {"latitude": 32.0, "longitude": 119.0}
FAR = {"latitude": 32.1, "longitude": 119.0}
"""11.1 km to the north"""
TOWN = {"area_ptr": [0, 2], "area_ranges": [[321181001000, 321181001999], [321181005000, 321181005000]]}

CASES: list[tuple[str, Rule, dict[str, Any], dict[str, Any], bool]] = [
    ("an area named holds", Rule.SERVICE_AREA, {"area": 321181001205}, TOWN, False),
    ("the last code of an interval holds", Rule.SERVICE_AREA, {"area": 321181001999}, TOWN, False),
    ("the second interval holds", Rule.SERVICE_AREA, {"area": 321181005000}, TOWN, False),
    ("another area breaks", Rule.SERVICE_AREA, {"area": 321181002205}, TOWN, True),
    ("an unknown area breaks", Rule.SERVICE_AREA, {"area": 0}, TOWN, True),
    ("no area named serves anywhere", Rule.SERVICE_AREA, {"area": 0}, {}, False),
    ("inside the radius", Rule.RADIUS, HERE, FAR | {"radius_km": 12.0}, False),
    ("outside the radius", Rule.RADIUS, HERE, FAR | {"radius_km": 11.0}, True),
    ("no radius", Rule.RADIUS, HERE, FAR, False),
    ("a radius binds only where both places are known", Rule.RADIUS, {}, FAR | {"radius_km": 1.0}, False),
    ("old enough", Rule.AGE, {"age": 60}, {"min_age": 60}, False),
    ("too young", Rule.AGE, {"age": 59}, {"min_age": 60}, True),
    ("the oldest age itself is served", Rule.AGE, {"age": 17}, {"max_age": 17}, False),
    ("too old", Rule.AGE, {"age": 18}, {"max_age": 17}, True),
    ("an age not recorded breaks a limit", Rule.AGE, {"age": -1}, {"min_age": 60}, True),
    ("an age not recorded breaks no limit where there is none", Rule.AGE, {"age": -1}, {}, False),
    ("women served", Rule.SEX, {"sex": 2}, {"sex": 2}, False),
    ("only women served", Rule.SEX, {"sex": 1}, {"sex": 2}, True),
    ("a sex not recorded", Rule.SEX, {"sex": 0}, {"sex": 2}, True),
    ("one status of several is enough", Rule.STATUS, {"statuses": 0b100}, {"statuses_any": 0b110}, False),
    ("no status asked for", Rule.STATUS, {"statuses": 0b001}, {"statuses_any": 0b110}, True),
    ("status in the highest bit", Rule.STATUS, {"statuses": 1 << 63}, {"statuses_any": 1 << 63}, False),
    ("one feature of several is enough", Rule.FEATURE, {"features": 0b011}, {"features_any": 0b110}, False),
    ("no feature asked for", Rule.FEATURE, {"features": 0}, {"features_any": 0b110}, True),
    ("language spoken", Rule.LANGUAGE, {"languages": 2, "language_is_hard": True}, {"languages": 6}, False),
    ("language not spoken", Rule.LANGUAGE, {"languages": 1, "language_is_hard": True}, {"languages": 6}, True),
    ("a language wished breaks nothing", Rule.LANGUAGE, {"languages": 1}, {"languages": 6}, False),
    ("a time in common", Rule.OPENING_TIMES, {"wanted_times": 0b11}, {"times": 0b10}, False),
    ("no time in common", Rule.OPENING_TIMES, {"wanted_times": 0b01}, {"times": 0b10}, True),
    ("times not stated", Rule.OPENING_TIMES, {"wanted_times": 0b01}, {"times": 0}, False),
    ("a woman can come", Rule.WORKER_SEX, {"worker_sex": 2}, {"worker_sex": 0b11}, False),
    ("only men can come", Rule.WORKER_SEX, {"worker_sex": 2}, {"worker_sex": 0b01}, True),
    ("a man can come", Rule.WORKER_SEX, {"worker_sex": 1}, {"worker_sex": 0b01}, False),
    ("not said who can come", Rule.WORKER_SEX, {"worker_sex": 2}, {"worker_sex": 0}, False),
    ("a child and a check in date", Rule.CHILD_SAFETY, {"age": 17}, {"serves_minors_checked": True}, False),
    ("a child and no check", Rule.CHILD_SAFETY, {"age": 17}, {"serves_minors_checked": False}, True),
    ("grown up", Rule.CHILD_SAFETY, {"age": 18}, {"serves_minors_checked": False}, False),
    ("perhaps a child", Rule.CHILD_SAFETY, {"age": -1}, {"serves_minors_checked": False}, True),
    ("licence out of date", Rule.LICENCE, {}, {"licence_valid": False}, True),
    ("licence in date", Rule.LICENCE, {}, {"licence_valid": True}, False),
    ("takes nobody at present", Rule.ACCEPTING, {}, {"accepting": False}, True),
    ("takes people", Rule.ACCEPTING, {}, {"accepting": True}, False),
    ("as much as a place gives", Rule.QUANTITY, {"quantity": 3.0}, {"units_per_place": 3.0}, False),
    ("more than a place gives", Rule.QUANTITY, {"quantity": 3.5}, {"units_per_place": 3.0}, True),
    ("no limit to a place", Rule.QUANTITY, {"quantity": 99.0}, {}, False),
    ("no place left", Rule.NO_PLACES, {}, {"places": 0}, True),
    ("a place left", Rule.NO_PLACES, {}, {"places": 1}, False),
    ("too few hours left", Rule.NO_PLACES, {"hours": 6}, {"places": 5, "counts_hours": True}, True),
    ("hours enough", Rule.NO_PLACES, {"hours": 6}, {"places": 6, "counts_hours": True}, False),
    ("the fund has so much left", Rule.FUND, {"amount": 500}, {"fund": 0}, False),
    ("the fund has not so much left", Rule.FUND, {"amount": 501}, {"fund": 0}, True),
    ("nobody said what it takes of a fund", Rule.FUND, {"amount": 0}, {"fund": 0}, True),
    ("without a fund no amount is asked for", Rule.FUND, {"amount": 0}, {}, False),
]


@pytest.mark.parametrize(("rule", "need", "opening", "broken"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_rule(rule: Rule, need: dict[str, Any], opening: dict[str, Any], broken: bool) -> None:
    given = {"age": 40} | need, {"serves_minors_checked": True} | opening
    problem = Problem(Needs.make(1, **given[0]), Openings.make(1, **given[1]), fund_left=np.array([500]))
    mask = Rule(int(failed_rules(all_pairs(problem))[0]))
    assert (rule in mask) is broken
    assert broken or not mask & rule
    assert not mask & ~rule


def test_every_rule_has_a_test_or_is_a_fact_of_the_pair() -> None:
    assert set(Rule) - set(TESTS) == {Rule.CONSENT, Rule.REJECTED_BEFORE}
    assert set(TESTS) == {case[1] for case in CASES}


def test_facts_forbid_a_single_pair_and_say_why() -> None:
    facts = PairFacts([0, 1, 1], [1, 0, 0], [int(Rule.CONSENT), int(Rule.CONSENT), int(Rule.REJECTED_BEFORE)])
    problem = Problem(Needs.make(2, age=40), Openings.make(2), facts)
    assert failed_rules(all_pairs(problem)).tolist() == [0, Rule.CONSENT, Rule.CONSENT | Rule.REJECTED_BEFORE, 0]


@settings(max_examples=40, deadline=None)
@given(problems())
def test_feasible_pairs_are_those_without_a_broken_rule_full_openings_among_them(problem: Problem) -> None:
    pairs = all_pairs(problem)
    mask = failed_rules(pairs) & ~np.uint32(Rule.NO_PLACES)
    kept = feasible(pairs)
    assert np.array_equal(kept.need, pairs.need[mask == 0])
    assert np.array_equal(kept.opening, pairs.opening[mask == 0])
