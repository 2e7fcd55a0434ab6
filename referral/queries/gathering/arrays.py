"""From plain rows to the engine's arrays. Which bit means which code is settled here, once for each problem."""

import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching import Needs, Openings, PairFacts, Problem, Rule
from referral.queries.gathering.rates import Rates
from referral.queries.gathering.rows import History, NeedFacts, NeedRow, OpeningFacts, OpeningRow

SEX = {None: 0, "any": 0, "male": 1, "female": 2}
WORKER_BITS = {"male": 1, "female": 2}
PLAIN_LANGUAGE = "zh"
"""What everybody speaks; a need in it asks for nothing special."""
DIALECT = "zh-dialect"
NEEDS_DIALECT = "needs_dialect"
"""Feature of a person who is not helped without the dialect: then the language is a hard rule."""
MONTHS_A_WEEK = 12 / 52
DAYS_A_MONTH = 365.25 / 12
TOWNSHIP_DIGITS = 9


@dataclass(frozen=True)
class Codes:
    """Which number or bit stands for which code, in one problem."""

    terms: Mapping[Any, int]
    providers: Mapping[Any, int]
    statuses: Mapping[str, int]
    features: Mapping[str, int]
    languages: Mapping[str, int]


def problem(needs: NeedFacts, openings: OpeningFacts, history: History, *, at: datetime, day: date) -> Problem:
    """Return the problem of a round; rows in the order of the rows given."""
    districts = _index(row.area_code[:TOWNSHIP_DIGITS] for row in needs.needs)
    spoken = [set(row.languages.split()) for row in openings.openings]
    wanted = [_languages(row, needs.features.get(row.person_id, ())) for row in needs.needs]
    helpers = chain(
        (row.organization_id for row in openings.openings),
        (organization for _, organization in history.helped),
        (row.preferred_organization_id for row in needs.needs if row.preferred_organization_id),
    )
    codes = Codes(
        terms=_index(chain((row.term_id for row in needs.needs), (row.term_id for row in openings.openings))),
        providers=_index(helpers),
        statuses=_bits(chain.from_iterable(openings.statuses.values()), 64),
        features=_bits(chain.from_iterable(openings.features.values()), 64),
        languages=_bits(chain.from_iterable([*spoken, *wanted]), 32),
    )
    need_table = Needs.make(
        len(needs.needs),
        service_type=_column([codes.terms[row.term_id] for row in needs.needs], np.int32),
        tier=_column([row.tier for row in needs.needs], np.int8),
        waiting_days=_column([max((at - row.opened_at).days, 0) for row in needs.needs], np.int32),
        area=_column([int(row.area_code) for row in needs.needs], np.int64),
        district=_column([districts[row.area_code[:TOWNSHIP_DIGITS]] for row in needs.needs], np.int32),
        household=_places_in(row.household_id for row in needs.needs),
        latitude=_column([row.latitude for row in needs.needs], np.float64),
        longitude=_column([row.longitude for row in needs.needs], np.float64),
        age=_column([-1 if row.born_on is None else full_years(row.born_on, day) for row in needs.needs], np.int16),
        sex=_column([SEX[row.sex] for row in needs.needs], np.int8),
        statuses=_column(
            [_status_mask(needs.statuses.get(row.person_id, ()), codes.statuses) for row in needs.needs], np.uint64
        ),
        features=_column(
            [_mask(needs.features.get(row.person_id, ()), codes.features) for row in needs.needs], np.uint64
        ),
        languages=_column([_mask(names, codes.languages) for names in wanted], np.uint32),
        wanted_times=_column([row.wanted_times for row in needs.needs], np.uint32),
        worker_sex=_column([SEX[row.worker_sex] for row in needs.needs], np.int8),
        language_is_hard=_column(
            [NEEDS_DIALECT in needs.features.get(row.person_id, ()) for row in needs.needs], np.bool_
        ),
        quantity=_column([_units_a_month(row) for row in needs.needs], np.float64),
        tie_key=_column([tie_key(row.id) for row in needs.needs], np.uint64),
    )
    return Problem(
        need_table,
        _openings(openings, spoken, codes, Rates.of(history)),
        _facts(needs.needs, openings.openings, history, codes.providers),
        districts=len(districts),
    )


def _openings(facts: OpeningFacts, spoken: Sequence[set[str]], codes: Codes, rates: Rates) -> Openings:
    rows = facts.openings
    ranges = [facts.areas.get(row.service_id, ()) for row in rows]
    flat = [(int(first), int(last)) for one in ranges for first, last in one]
    return Openings.make(
        len(rows),
        service_type=_column([codes.terms[row.term_id] for row in rows], np.int32),
        places=_column([max(row.left, 0) for row in rows], np.int32),
        latitude=_column([row.latitude for row in rows], np.float64),
        longitude=_column([row.longitude for row in rows], np.float64),
        radius_km=_column([row.radius_km for row in rows], np.float64),
        min_age=_column([-1 if row.minimum_age is None else row.minimum_age for row in rows], np.int16),
        max_age=_column([-1 if row.maximum_age is None else row.maximum_age for row in rows], np.int16),
        sex=_column([SEX[row.sex] for row in rows], np.int8),
        statuses_any=_column(
            [_mask(facts.statuses.get(row.service_id, ()), codes.statuses) for row in rows], np.uint64
        ),
        features_any=_column(
            [_mask(facts.features.get(row.service_id, ()), codes.features) for row in rows], np.uint64
        ),
        languages=_column([_mask(names, codes.languages) for names in spoken], np.uint32),
        times=_column([_times(facts.times, row) for row in rows], np.uint32),
        worker_sex=_column([_mask((row.worker_sexes or "").split(), WORKER_BITS) for row in rows], np.uint8),
        serves_minors_checked=_column([row.organization_id in facts.child_safety for row in rows], np.bool_),
        licence_valid=_column([row.id not in facts.unlicensed for row in rows], np.bool_),
        accepting=_column([row.accepting for row in rows], np.bool_),
        units_per_place=_column([_given_a_month(row) for row in rows], np.float64),
        provider=_column([codes.providers[row.organization_id] for row in rows], np.int32),
        quality=_column([rates.quality(row.organization_id) for row in rows], np.int32),
        p_accept=_column([rates.accept(row.organization_id) for row in rows], np.float64),
        p_complete=_column([rates.complete(row.organization_id) for row in rows], np.float64),
        tie_key=_column([tie_key(row.id) for row in rows], np.uint64),
        area_ptr=np.concatenate([[0], np.cumsum([len(one) for one in ranges], dtype=np.int64)]).astype(np.int64),
        area_ranges=np.array(flat, dtype=np.int64).reshape(-1, 2),
    )


def _facts(
    needs: Sequence[NeedRow], openings: Sequence[OpeningRow], history: History, providers: Mapping[Any, int]
) -> PairFacts:
    need_at = {row.id: number for number, row in enumerate(needs)}
    openings_at: dict[uuid.UUID, list[int]] = {}
    for number, row in enumerate(openings):
        openings_at.setdefault(row.service_at_location_id, []).append(number)
    refused = [(need_at[need], opening) for need, place in history.rejected for opening in openings_at.get(place, ())]
    too_much = _more_than_a_place_gives(needs, openings)
    helpers: dict[uuid.UUID, list[int]] = {}
    for person, organization in history.helped:
        helpers.setdefault(person, []).append(providers[organization])
    known = [
        (number, provider)
        for number, row in enumerate(needs)
        for provider in (
            [providers[row.preferred_organization_id]]
            if row.preferred_organization_id
            else helpers.get(row.person_id, ())
        )
    ]
    rules = [int(Rule.REJECTED_BEFORE)] * len(refused) + [int(Rule.QUANTITY)] * len(too_much)
    forbidden = [*refused, *too_much]
    return PairFacts(
        forbidden_need=_column([need for need, _ in forbidden], np.int32),
        forbidden_opening=_column([opening for _, opening in forbidden], np.int32),
        forbidden_rule=_column(rules, np.uint32),
        continuity_need=_column([need for need, _ in known], np.int32),
        continuity_provider=_column([provider for _, provider in known], np.int32),
    )


def _more_than_a_place_gives(needs: Sequence[NeedRow], openings: Sequence[OpeningRow]) -> list[tuple[int, int]]:
    """Pairs whose need is wanted once, and whose place gives less than that in its whole period."""
    limits: dict[uuid.UUID, list[tuple[int, float]]] = {}
    for number, opening in enumerate(openings):
        if opening.units_per_place is not None:
            limits.setdefault(opening.term_id, []).append((number, opening.units_per_place))
    return [
        (number, opening)
        for number, row in enumerate(needs)
        if row.frequency == "once"
        for opening, most in limits.get(row.term_id, ())
        if row.quantity > most
    ]


def _units_a_month(row: NeedRow) -> float:
    """Units a month; 0 for what is wanted once, which is held against the whole period of a place instead."""
    if row.frequency == "once":
        return 0.0
    return row.quantity / MONTHS_A_WEEK if row.frequency == "week" else row.quantity


def _given_a_month(row: OpeningRow) -> float:
    """Units a month that one place gives; NaN without a limit. Periods count in whole months, at least one."""
    if row.units_per_place is None:
        return float("nan")
    months = round(((row.ends_on - row.starts_on).days + 1) / DAYS_A_MONTH)
    return row.units_per_place / max(months, 1)


def _times(times: Mapping[uuid.UUID, int], row: OpeningRow) -> int:
    """Opening times as they are stated most closely: at the place, for the service, for the location."""
    return next(
        (times[key] for key in (row.service_at_location_id, row.service_id, row.location_id) if key in times), 0
    )


def _languages(row: NeedRow, features: Sequence[str]) -> set[str]:
    code = row.spoken if row.language == PLAIN_LANGUAGE else row.language
    if code != PLAIN_LANGUAGE:
        return {code}
    return {DIALECT} if NEEDS_DIALECT in features else set()


def full_years(born_on: date, day: date) -> int:
    """Return completed years on a day."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def tie_key(key: uuid.UUID) -> int:
    """Return a stable 64-bit hash of a record's key, so that no order of rows decides between equals."""
    return int.from_bytes(hashlib.blake2b(key.bytes, digest_size=8).digest(), "big")


def digest(given: Problem) -> str:
    """Return the SHA-256 of every array of a problem: what was decided on, in 64 characters."""
    total = hashlib.sha256()
    for table in (given.needs, given.openings, given.facts):
        for spec in fields(table):
            array = np.ascontiguousarray(getattr(table, spec.name))
            total.update(f"{spec.name}{array.dtype}{array.shape}".encode())
            total.update(array.tobytes())
    return total.hexdigest()


def _column(values: Sequence[Any], dtype: Any) -> NDArray[Any]:
    return np.array(values, dtype=dtype)


def _index(keys: Iterable[Any]) -> dict[Any, int]:
    """Number keys in their own order, so that the order of rows does not matter."""
    return {key: number for number, key in enumerate(sorted(set(keys)))}


def _places_in(keys: Iterable[Any]) -> NDArray[Any]:
    listed = list(keys)
    index = _index(listed)
    return np.array([index[key] for key in listed], dtype=np.int32)


def _bits(codes: Iterable[str], width: int) -> dict[str, int]:
    """Give each code a bit; OverflowError where there are more codes than bits."""
    found = sorted(set(codes))
    if len(found) > width:
        raise OverflowError(f"{len(found)} codes do not fit into {width} bits")
    return {code: 1 << number for number, code in enumerate(found)}


def _mask(codes: Iterable[str], bits: Mapping[str, int]) -> int:
    mask = 0
    for code in codes:
        mask |= bits.get(code, 0)
    return mask


def _status_mask(codes: Iterable[str], bits: Mapping[str, int]) -> int:
    """Bits of statuses held: 2.1 also counts where a service asks for all of category 2."""
    return _mask((part for code in codes for part in (code, code.split(".")[0])), bits)
