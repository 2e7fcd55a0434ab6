"""What volunteers give: who they are, their hours, and statements of them from an organization that may issue them.

Volunteer Service Regulations Art. 19: the organization keeps a true record of service, and states it on request, free
of charge. Measures for records and statements of volunteer service (Ministry of Civil Affairs, 2020): by the hour.
"""

import hashlib
import uuid
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from models import Account, Organization, Volunteer, VolunteerHours, VolunteerStatement
from models.errors import DomainError, ReasonMissing
from referral.actions.numbering import next_number


class NotEntitled(DomainError):
    """The organization may not issue statements of volunteers' service."""

    code = "not_entitled"


class NameNeeded(DomainError):
    """A statement is made out to a real name, not to an alias."""

    code = "name_needed"


class NothingToState(DomainError):
    """There are no hours in the period."""

    code = "nothing_to_state"


class TooManyHours(DomainError):
    """More than 24 hours would stand on one day of one volunteer."""

    code = "too_many_hours"


class AlreadyCorrected(DomainError):
    """The entry was replaced before."""

    code = "already_corrected"


def entitle(session: Session, organization: Organization, *, since: date | None, source: str | None) -> None:
    """Say since when an organization may issue statements, and where that is written; None takes it back."""
    if since is not None and not (source or "").strip():
        raise ReasonMissing
    organization.statements_since, organization.statements_source = since, source if since else None
    session.flush()


def add_volunteer(
    session: Session, organization: Organization, *, name: str, is_alias: bool, since: date, at: datetime
) -> Volunteer:
    """Enter a volunteer of an organization."""
    volunteer = Volunteer(
        number=next_number(session, Volunteer, at), organization_id=organization.id, name=name, is_alias=is_alias,
        since=since,
    )  # fmt: skip
    session.add(volunteer)
    session.flush()
    return volunteer


def record_hours(
    session: Session,
    volunteer: Volunteer,
    *,
    day: date,
    hours: Decimal,
    activity: str,
    place: str | None,
    by: Account,
    at: datetime,
    visit_id: uuid.UUID | None = None,
    corrects: VolunteerHours | None = None,
    why: str | None = None,
) -> VolunteerHours:
    """Write down hours of a day; with `corrects` in the place of an entry, which stays and no longer counts.

    Raises TooManyHours, AlreadyCorrected, ReasonMissing for a correction without words.
    """
    session.scalars(sa.select(Volunteer).where(Volunteer.id == volunteer.id).with_for_update()).one()
    if corrects is not None:
        if not (why or "").strip():
            raise ReasonMissing
        session.refresh(corrects)
        if corrects.replaced:
            raise AlreadyCorrected
        corrects.replaced = True
    there = session.scalars(
        sa.select(VolunteerHours.hours).where(
            VolunteerHours.volunteer_id == volunteer.id, VolunteerHours.day == day, ~VolunteerHours.replaced
        )
    ).all()
    if sum(there, hours) > 24:
        raise TooManyHours
    entry = VolunteerHours(
        volunteer_id=volunteer.id, day=day, hours=hours, activity=activity, place=place, visit_id=visit_id,
        recorded_by_id=by.id, recorded_at=at, corrects_id=corrects.id if corrects else None, why=why,
    )  # fmt: skip
    session.add(entry)
    session.flush()
    return entry


def counted(session: Session, volunteer: Volunteer, first: date, last: date) -> Sequence[VolunteerHours]:
    """Return the entries of a period that count, oldest first. One statement."""
    return session.scalars(
        sa.select(VolunteerHours)
        .where(
            VolunteerHours.volunteer_id == volunteer.id,
            VolunteerHours.day.between(first, last),
            ~VolunteerHours.replaced,
        )
        .order_by(VolunteerHours.day, VolunteerHours.id)
    ).all()


def as_given_out(session: Session, statement: VolunteerStatement) -> Sequence[VolunteerHours]:
    """Return the entries that a statement was made of, whatever was corrected since, oldest first. One statement."""
    correction = aliased(VolunteerHours)
    corrected = sa.select(correction.id).where(
        correction.corrects_id == VolunteerHours.id, correction.recorded_at <= statement.issued_at
    )
    return session.scalars(
        sa.select(VolunteerHours)
        .where(
            VolunteerHours.volunteer_id == statement.volunteer_id,
            VolunteerHours.day.between(statement.first_day, statement.last_day),
            VolunteerHours.recorded_at <= statement.issued_at,
            ~corrected.exists(),
        )
        .order_by(VolunteerHours.day, VolunteerHours.id)
    ).all()


def fingerprint(entries: Sequence[VolunteerHours]) -> str:
    """Return what tells whether the entries of a statement are still the same."""
    text = "\n".join(f"{entry.id.hex} {entry.day} {entry.hours:.2f} {entry.activity}" for entry in entries)
    return hashlib.sha256(text.encode()).hexdigest()


def issue_statement(
    session: Session,
    volunteer: Volunteer,
    organization: Organization,
    *,
    first: date,
    last: date,
    by: Account,
    at: datetime,
) -> VolunteerStatement:
    """Issue a numbered statement; raises NotEntitled, NameNeeded, NothingToState."""
    if organization.statements_since is None or last < organization.statements_since:
        raise NotEntitled
    if volunteer.is_alias:
        raise NameNeeded
    entries = counted(session, volunteer, first, last)
    if not entries:
        raise NothingToState
    statement = VolunteerStatement(
        number=next_number(session, VolunteerStatement, at), volunteer_id=volunteer.id,
        organization_id=organization.id, name=volunteer.name, first_day=first, last_day=last,
        hours=sum((entry.hours for entry in entries), Decimal(0)), entries=len(entries), digest=fingerprint(entries),
        issued_by_id=by.id, issued_at=at,
    )  # fmt: skip
    session.add(statement)
    session.flush()
    return statement
