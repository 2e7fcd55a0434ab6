"""The needs of a round, with the statuses and features of their people."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from models import Feature, IdentityStatus, Need, NeedStatus, Person, Proposal, Round, RoundStatus
from models.area import code_range
from models.need import MONTHS_A_YEAR, WEEKS_A_YEAR, YUAN
from referral.queries.gathering.raw import (
    Keys,
    coded,
    columns,
    days,
    floats,
    is_one_of,
    key_list,
    keys,
    keys_or_none,
    moments,
    numbered,
    plain,
    raw_key,
    raw_moment,
    translated,
)
from referral.queries.gathering.rows import NeedFacts, OfPeople

Condition = sa.ColumnElement[bool]
NO_STATUS = "none"
"""Who is on no register."""


def open_in(area: str) -> Condition:
    """Needs that a round over an area decides on: open ones of people who have not asked for a halt.

    A proposed one waits for another round's decision.
    """
    first, last = code_range(area)
    halted = sa.select(Person.id).where(Person.frozen_at.is_not(None))
    return sa.and_(Need.status == NeedStatus.OPEN, Need.area_code.between(first, last), Need.person_id.not_in(halted))


def open_if_begun_in(area: str) -> Condition:
    """Needs that a round over an area would decide on if it began now: those of a round of the area that waits for
    decisions take part again, because the new one throws it away."""
    first, last = code_range(area)
    halted = sa.select(Person.id).where(Person.frozen_at.is_not(None))
    held = (
        sa.select(Proposal.need_id)
        .join(Round, Round.id == Proposal.round_id)
        .where(Round.area_code == area, Round.status == RoundStatus.PROPOSED, Proposal.capacity_id.is_not(None))
    )
    free = sa.or_(Need.status == NeedStatus.OPEN, sa.and_(Need.status == NeedStatus.PROPOSED, Need.id.in_(held)))
    return sa.and_(free, Need.area_code.between(first, last), Need.person_id.not_in(halted))


def only(need_id: uuid.UUID) -> Condition:
    """One need, whatever its state."""
    return Need.id == need_id


def read(session: Session, condition: Condition, *, day: date) -> NeedFacts:
    """Return the needs under a condition, ordered by key. Three queries."""
    statement = (
        sa.select(
            raw_key(Need.id),
            raw_key(Need.person_id),
            raw_key(Need.household_id),
            raw_key(Need.term_id),
            Need.urgency_rank,
            raw_moment(Need.opened_at),
            Person.area_code,
            plain(Person.latitude),
            plain(Person.longitude),
            plain(Person.born_on),
            plain(Person.sex),
            Need.wanted_times,
            plain(Need.worker_sex),
            Need.language,
            Person.language,
            plain(Need.quantity),
            Need.frequency,
            Need.unit,
            plain(Need.estimated_value),
            raw_key(Need.preferred_organization_id),
        )
        .join(Person, Person.id == Need.person_id)
        .where(condition)
        .order_by(Need.id)
    )
    column = iter(columns(session, statement))
    ids, people = keys(next(column)), keys(next(column))
    return NeedFacts(
        ids=ids,
        people=people,
        households=keys(next(column)),
        terms=keys(next(column)),
        tier=next(column),
        opened_at=moments(next(column)),
        area_code=next(column),
        latitude=next(column),
        longitude=next(column),
        born_on=days(next(column)),
        sex=next(column),
        wanted_times=next(column),
        worker_sex=next(column),
        language=next(column),
        spoken=next(column),
        quantity=(quantity := floats(next(column))) / 100,
        frequency=(frequency := next(column)),
        hours=_hours(quantity, frequency),
        yuan=_yuan(quantity, next(column), floats(next(column))),
        preferred=keys_or_none(next(column)),
        statuses=_statuses(session, people, day),
        features=_features(session, people),
    )


def _hours(hundredths: NDArray[np.float64], frequency: Sequence[str]) -> NDArray[np.int64]:
    """Whole hours a month, as `Need.hours_a_month` counts them."""
    wanted = hundredths.astype(np.int64)
    weekly = translated(frequency, "week".__eq__, np.bool_)
    over = np.where(weekly, wanted * WEEKS_A_YEAR, wanted)
    return np.asarray(np.maximum(-(-over // np.where(weekly, 100 * MONTHS_A_YEAR, 100)), 1))


def _yuan(hundredths: NDArray[np.float64], unit: Sequence[str], value: NDArray[np.float64]) -> NDArray[np.int64]:
    """Whole yuan that each need takes of a fund, as `Need.yuan` counts them, rounded up; 0 where nobody said."""
    is_money = translated(unit, YUAN.__eq__, np.bool_)
    taken = np.where(is_money, hundredths, np.nan_to_num(value)).astype(np.int64)
    return np.asarray(-(-taken // 100))


def _statuses(session: Session, people: Keys, day: date) -> OfPeople:
    in_force = sa.and_(
        IdentityStatus.valid_from <= day, sa.or_(IdentityStatus.valid_to.is_(None), IdentityStatus.valid_to >= day)
    )
    of_people = is_one_of(IdentityStatus.person_id, key_list(people))
    statement = sa.select(raw_key(IdentityStatus.person_id), IdentityStatus.category_code).where(of_people, in_force)
    holders, codes = columns(session, statement)
    return OfPeople(keys(holders), codes)


def _features(session: Session, people: Keys) -> OfPeople:
    of_people = is_one_of(Feature.person_id, key_list(people))
    statement = sa.select(raw_key(Feature.person_id), plain(Feature.kind)).where(of_people)
    holders, digits = columns(session, statement)
    # Codes stand there blinded: each is asked for once, not for every person who has it.
    kinds: Any = sa.inspect(Feature).columns["kind"].type
    known = {one: kinds.process_result_value(one, session.get_bind().dialect).value for one in set(digits)}
    return OfPeople(keys(holders), [known[one] for one in digits])


def first_status(facts: NeedFacts) -> tuple[NDArray[np.int32], list[str]]:
    """Return for each need the number of the status its person holds on the day, and the codes by number.

    Who holds several counts under the lowest code; who holds none under `NO_STATUS`.
    """
    person, people = numbered(facts.people)
    number, codes = coded(facts.statuses.codes)
    lowest = np.full(len(people), len(codes), dtype=np.int32)
    np.minimum.at(lowest, numbered(facts.statuses.people, people)[0], number.astype(np.int32))
    return lowest[person], [*codes, NO_STATUS]


def grouped(pairs: Iterable[Any]) -> dict[uuid.UUID, list[str]]:
    """Return the second of each pair under the first."""
    found: dict[uuid.UUID, list[str]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return found
