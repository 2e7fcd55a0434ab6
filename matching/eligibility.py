"""Hard rules: each either holds for a pair or is broken. One function a rule, all over arrays of pairs.

A pair is row k of two index arrays `need[k]`, `opening[k]` of the same service type, with its distance
`km[k]` (NaN unknown). Every function says where its rule is **broken**.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

from matching.problem import AGE_UNKNOWN, AREA_UNKNOWN, MINOR_UNDER, Problem

Broken = NDArray[np.bool_]
Index = NDArray[np.int32]


class Rule(IntFlag):
    """The hard rules, a bit each. Their values are stored with rounds: append, never renumber."""

    SERVICE_AREA = 1 << 0
    RADIUS = 1 << 1
    AGE = 1 << 2
    SEX = 1 << 3
    STATUS = 1 << 4
    FEATURE = 1 << 5
    LANGUAGE = 1 << 6
    OPENING_TIMES = 1 << 7
    WORKER_SEX = 1 << 8
    CHILD_SAFETY = 1 << 9
    LICENCE = 1 << 10
    ACCEPTING = 1 << 11
    QUANTITY = 1 << 12
    CONSENT = 1 << 13
    REJECTED_BEFORE = 1 << 14
    NO_PLACES = 1 << 15
    FUND = 1 << 16


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs under test, with the problem they index."""

    problem: Problem
    need: Index
    opening: Index
    km: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.need)

    def where(self, keep: Broken) -> Pairs:
        """The pairs kept."""
        return Pairs(self.problem, self.need[keep], self.opening[keep], self.km[keep])


def service_area(pairs: Pairs) -> Broken:
    """Broken where the opening names areas and the need lies in none; an unknown area lies in none."""
    openings, area = pairs.problem.openings, pairs.problem.needs.area[pairs.need]
    counts = np.diff(openings.area_ptr)[pairs.opening]
    inside = np.zeros(len(pairs), dtype=np.bool_)
    first = openings.area_ptr[:-1][pairs.opening]
    for step in range(int(counts.max(initial=0))):
        rows = np.flatnonzero((counts > step) & ~inside)
        low, high = openings.area_ranges[first[rows] + step].T
        inside[rows] = (low <= area[rows]) & (area[rows] <= high)
    return np.asarray((counts > 0) & (~inside | (area == AREA_UNKNOWN)))


def radius(pairs: Pairs) -> Broken:
    """Broken beyond the radius; not where there is none or a place is unknown."""
    with np.errstate(invalid="ignore"):
        return np.asarray(pairs.km > pairs.problem.openings.radius_km[pairs.opening])


def age(pairs: Pairs) -> Broken:
    """Broken outside the ages served, and where ages are limited and the person's is not recorded."""
    openings = pairs.problem.openings
    years = pairs.problem.needs.age[pairs.need]
    low, high = openings.min_age[pairs.opening], openings.max_age[pairs.opening]
    limited = (low >= 0) | (high >= 0)
    outside = (years < low) | ((high >= 0) & (years > high)) | (years == AGE_UNKNOWN)
    return np.asarray(limited & outside)


def sex(pairs: Pairs) -> Broken:
    """Broken where the opening serves one sex and the person is not (or not known to be) of it."""
    wanted = pairs.problem.openings.sex[pairs.opening]
    return np.asarray((wanted != 0) & (pairs.problem.needs.sex[pairs.need] != wanted))


def status(pairs: Pairs) -> Broken:
    """Broken where the opening asks for one of several statuses and none is held."""
    return _none_of(pairs.problem.openings.statuses_any[pairs.opening], pairs.problem.needs.statuses[pairs.need])


def feature(pairs: Pairs) -> Broken:
    """Broken where the opening asks for one of several features and none is present."""
    return _none_of(pairs.problem.openings.features_any[pairs.opening], pairs.problem.needs.features[pairs.need])


def _none_of(asked: NDArray[np.uint64], held: NDArray[np.uint64]) -> Broken:
    return np.asarray((asked != 0) & ((asked & held) == 0))


def language(pairs: Pairs) -> Broken:
    """Broken where the language is required and not spoken (or nothing is said of languages)."""
    needs = pairs.problem.needs
    spoken = pairs.problem.openings.languages[pairs.opening]
    wanted = needs.languages[pairs.need]
    return np.asarray(needs.language_is_hard[pairs.need] & (wanted != 0) & ((wanted & spoken) == 0))


def opening_times(pairs: Pairs) -> Broken:
    """Broken where both name times and none is common."""
    wanted = pairs.problem.needs.wanted_times[pairs.need]
    times = pairs.problem.openings.times[pairs.opening]
    return np.asarray((wanted != 0) & (times != 0) & ((wanted & times) == 0))


def worker_sex(pairs: Pairs) -> Broken:
    """Broken where a man or a woman is asked for and the provider is known to have none."""
    wanted = pairs.problem.needs.worker_sex[pairs.need].astype(np.uint8)
    able = pairs.problem.openings.worker_sex[pairs.opening]
    return np.asarray((wanted != 0) & (able != 0) & ((able & wanted) == 0))


def child_safety(pairs: Pairs) -> Broken:
    """Broken for a minor, or a person of unknown age, where no check for work with children is in date."""
    years = pairs.problem.needs.age[pairs.need]
    return np.asarray((years < MINOR_UNDER) & ~pairs.problem.openings.serves_minors_checked[pairs.opening])


def licence(pairs: Pairs) -> Broken:
    """Broken where a licence is out of date."""
    return ~pairs.problem.openings.licence_valid[pairs.opening]


def accepting(pairs: Pairs) -> Broken:
    """Broken where the service takes nobody at present."""
    return ~pairs.problem.openings.accepting[pairs.opening]


def quantity(pairs: Pairs) -> Broken:
    """Broken where more units a period are wanted than one place gives."""
    return np.asarray(pairs.problem.needs.quantity[pairs.need] > pairs.problem.openings.units_per_place[pairs.opening])


def no_places(pairs: Pairs) -> Broken:
    """Broken where no place is left, or fewer hours than are wanted."""
    openings = pairs.problem.openings
    left = openings.places[pairs.opening]
    if not openings.counts_hours.any():
        return np.asarray(left == 0)
    return np.asarray(left < np.where(openings.counts_hours[pairs.opening], pairs.problem.needs.hours[pairs.need], 1))


def fund(pairs: Pairs) -> Broken:
    """Broken where the opening draws on a fund that has not so much left, or nobody said what the need takes."""
    drawn = pairs.problem.openings.fund[pairs.opening]
    if not len(pairs.problem.fund_left):
        return np.zeros(len(pairs), dtype=np.bool_)
    amount, left = pairs.problem.needs.amount[pairs.need], np.append(pairs.problem.fund_left, 0)[drawn]
    return np.asarray((drawn >= 0) & ((amount <= 0) | (amount > left)))


TESTS: dict[Rule, Callable[[Pairs], Broken]] = {
    Rule.ACCEPTING: accepting,
    Rule.LICENCE: licence,
    Rule.RADIUS: radius,
    Rule.CHILD_SAFETY: child_safety,
    Rule.AGE: age,
    Rule.STATUS: status,
    Rule.FEATURE: feature,
    Rule.SEX: sex,
    Rule.LANGUAGE: language,
    Rule.OPENING_TIMES: opening_times,
    Rule.WORKER_SEX: worker_sex,
    Rule.QUANTITY: quantity,
    Rule.SERVICE_AREA: service_area,
    Rule.FUND: fund,
    Rule.NO_PLACES: no_places,
}
"""Every rule that follows from the two rows; `CONSENT` and `REJECTED_BEFORE` come from the pair facts."""


def failed_rules(pairs: Pairs) -> NDArray[np.uint32]:
    """uint32[k]: the bits of every rule each pair breaks; 0 = feasible and a place is there."""
    mask = forbidden(pairs)
    for rule, test in TESTS.items():
        mask |= test(pairs).astype(np.uint32) * np.uint32(rule)
    return mask


def feasible(pairs: Pairs) -> Pairs:
    """The pairs that break no rule but, perhaps, `NO_PLACES`.

    Full openings stay in: only so can the worth of one more place there be told.
    """
    for rule, test in TESTS.items():
        if rule is Rule.NO_PLACES:
            continue
        broken = test(pairs)
        if broken.any():
            pairs = pairs.where(~broken)
    barred = forbidden(pairs) != 0
    return pairs.where(~barred) if barred.any() else pairs


def forbidden(pairs: Pairs) -> NDArray[np.uint32]:
    """uint32[k]: the rule bits the pair facts forbid."""
    facts, m = pairs.problem.facts, len(pairs.problem.openings)
    mask = np.zeros(len(pairs), dtype=np.uint32)
    if not len(facts.forbidden_need):
        return mask
    keys = facts.forbidden_need.astype(np.int64) * m + facts.forbidden_opening
    unique, inverse = np.unique(keys, return_inverse=True)
    rules = np.zeros(len(unique), dtype=np.uint32)
    np.bitwise_or.at(rules, inverse, facts.forbidden_rule)
    wanted = pairs.need.astype(np.int64) * m + pairs.opening
    at = np.minimum(np.searchsorted(unique, wanted), len(unique) - 1)
    hit = unique[at] == wanted
    mask[hit] = rules[at[hit]]
    return mask
