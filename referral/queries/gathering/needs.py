"""The needs of a round, with the statuses and features of their people."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Feature, IdentityStatus, Need, NeedStatus, Person, Proposal, Round, RoundStatus
from models.area import code_range
from referral.queries.gathering.rows import NeedFacts, NeedRow

Condition = sa.ColumnElement[bool]


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
            Need.id,
            Need.person_id,
            Need.household_id,
            Need.term_id,
            Need.urgency_rank,
            Need.opened_at,
            Person.area_code,
            Person.latitude,
            Person.longitude,
            Person.born_on,
            Person.sex,
            Need.wanted_times,
            Need.worker_sex,
            Need.language,
            Person.language,
            Need.quantity,
            Need.frequency,
            Need.preferred_organization_id,
        )
        .join(Person, Person.id == Need.person_id)
        .where(condition)
        .order_by(Need.id)
    )
    rows: Iterable[Any] = session.execute(statement)
    needs = [NeedRow._make([*row[:15], float(row[15]), *row[16:]]) for row in rows]
    people = sa.select(Need.person_id).where(condition)
    in_force = sa.and_(
        IdentityStatus.valid_from <= day, sa.or_(IdentityStatus.valid_to.is_(None), IdentityStatus.valid_to >= day)
    )
    held = session.execute(
        sa.select(IdentityStatus.person_id, IdentityStatus.category_code).where(
            IdentityStatus.person_id.in_(people), in_force
        )
    )
    present = session.execute(sa.select(Feature.person_id, Feature.kind).where(Feature.person_id.in_(people)))
    return NeedFacts(needs, grouped(held), grouped((person, kind.value) for person, kind in present))


def grouped(pairs: Iterable[Any]) -> dict[uuid.UUID, list[str]]:
    """Return the second of each pair under the first."""
    found: dict[uuid.UUID, list[str]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return found
