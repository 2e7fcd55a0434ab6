"""The needs of a round as the engine's columns: one function for each that is not simply there."""

from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching import Needs
from referral.queries.gathering.codes import (
    DIALECT,
    NEEDS_DIALECT,
    PLAIN_LANGUAGE,
    SEX,
    Codes,
    district_of,
    mask,
    status_mask,
    tie_keys,
)
from referral.queries.gathering.raw import coded, floats, masks, moment, numbered, translated
from referral.queries.gathering.rows import NeedFacts, OfPeople

MONTHS_A_WEEK = 12 / 52
DAY = 86_400_000_000
"""Microseconds."""


def need_arrays(facts: NeedFacts, codes: Codes, *, at: datetime, day: date) -> Needs:
    """Return the engine's table of needs, in the order of the facts."""
    person, people = numbered(facts.people)
    by_status = {code: status_mask(code, codes.statuses) for code in set(facts.statuses.codes)}
    by_feature = {code: mask((code,), codes.features) for code in set(facts.features.codes)}
    dialect_only = {code: int(code == NEEDS_DIALECT) for code in by_feature}

    def of_person(given: OfPeople, bits: dict[str, int]) -> NDArray[np.uint64]:
        rows, _ = numbered(given.people, people)
        return masks(rows, translated(given.codes, bits.__getitem__, np.uint64), len(people))[person]

    bound = of_person(facts.features, dialect_only) > 0
    return Needs.make(
        len(facts),
        service_type=numbered(facts.terms, codes.terms)[0],
        tier=np.array(facts.tier, dtype=np.int8),
        waiting_days=waiting_days(facts, at),
        area=translated(facts.area_code, int, np.int64),
        district=districts(facts),
        household=numbered(facts.households)[0],
        latitude=floats(facts.latitude),
        longitude=floats(facts.longitude),
        age=ages(facts.born_on, day),
        sex=translated(facts.sex, SEX.__getitem__, np.int8),
        statuses=of_person(facts.statuses, by_status),
        features=of_person(facts.features, by_feature),
        languages=languages(facts, bound, codes),
        wanted_times=np.array(facts.wanted_times, dtype=np.uint32),
        worker_sex=translated(facts.worker_sex, SEX.__getitem__, np.int8),
        language_is_hard=bound,
        quantity=units_a_month(facts),
        person=person,
        hours=facts.hours,
        amount=facts.yuan,
        tie_key=tie_keys(facts.ids),
    )


def waiting_days(facts: NeedFacts, at: datetime) -> NDArray[Any]:
    """Whole days since the needs were recorded, at least 0."""
    return np.maximum((moment(at) - facts.opened_at) // DAY, 0)


def districts(facts: NeedFacts) -> NDArray[Any]:
    """Number of the township of each need, among the townships that occur."""
    townships = [district_of(code) for code in facts.area_code]
    return coded(townships)[0]


def ages(born_on: NDArray[np.datetime64], day: date) -> NDArray[Any]:
    """Completed years on a day; -1 where the birth date is not known."""
    unknown = np.isnat(born_on)
    born = np.where(unknown, np.datetime64(day), born_on)
    year, month = born.astype("datetime64[Y]"), born.astype("datetime64[M]")
    calendar = (month - year).astype(np.int64) * 32 + (born - month).astype(np.int64)
    later = calendar > (day.month - 1) * 32 + day.day - 1
    return np.where(unknown, -1, day.year - 1970 - year.astype(np.int64) - later)


def languages(facts: NeedFacts, bound: NDArray[np.bool_], codes: Codes) -> NDArray[Any]:
    """Languages that would do: the need's own, else the person's; the dialect for whoever understands nothing else."""

    def bit(language: str) -> int:
        return 0 if language == PLAIN_LANGUAGE else codes.languages.get(language, 0)

    own = translated(facts.language, bit, np.uint32)
    spoken = translated(facts.spoken, bit, np.uint32)
    names_none = translated(facts.language, PLAIN_LANGUAGE.__eq__, np.bool_)
    speaks_plain = translated(facts.spoken, PLAIN_LANGUAGE.__eq__, np.bool_)
    asks_nothing = names_none & speaks_plain
    found = np.where(names_none, spoken, own)
    return np.where(asks_nothing & bound, np.uint32(codes.languages.get(DIALECT, 0)), found)


def units_a_month(facts: NeedFacts) -> NDArray[Any]:
    """Units a month; 0 for what is wanted once, which is held against the whole period of a place instead."""
    weekly = translated(facts.frequency, "week".__eq__, np.bool_)
    once = translated(facts.frequency, "once".__eq__, np.bool_)
    return np.where(once, 0.0, np.where(weekly, facts.quantity / MONTHS_A_WEEK, facts.quantity))
