"""Volunteers of an organization, their hours, and the statements given out."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import Account, Organization, Volunteer, VolunteerHours, VolunteerStatement
from referral.access import get_in_scope, scope


@dataclass(frozen=True)
class Given:
    """A volunteer with the hours of a year."""

    volunteer: Volunteer
    hours: Decimal
    entries: int
    last_day: date | None


def volunteers(session: Session, actor: Account, year: int) -> list[Given]:
    """Return the actor's volunteers with the hours of a year; one statement."""
    counted = sa.and_(
        VolunteerHours.volunteer_id == Volunteer.id,
        ~VolunteerHours.replaced,
        VolunteerHours.day.between(date(year, 1, 1), date(year, 12, 31)),
    )
    statement = (
        sa.select(
            Volunteer,
            sa.func.coalesce(sa.func.sum(VolunteerHours.hours), 0),
            sa.func.count(VolunteerHours.id),
            sa.func.max(VolunteerHours.day),
        )
        .outerjoin(VolunteerHours, counted)
        .where(scope(actor, Volunteer))
        .group_by(Volunteer.id)
        .order_by(Volunteer.number)
    )
    return [Given(row[0], Decimal(row[1]), row[2], row[3]) for row in session.execute(statement)]


def find(session: Session, actor: Account, key: uuid.UUID) -> Volunteer | None:
    """Return a volunteer of the actor's organization."""
    found: Volunteer | None = get_in_scope(session, actor, Volunteer, key, joinedload(Volunteer.organization))
    return found


def find_entry(session: Session, actor: Account, key: uuid.UUID) -> VolunteerHours | None:
    """Return an entry of hours of one of the actor's volunteers."""
    found: VolunteerHours | None = get_in_scope(
        session,
        actor,
        VolunteerHours,
        key,
        joinedload(VolunteerHours.volunteer).joinedload(Volunteer.organization),
    )
    return found


def find_statement(session: Session, actor: Account, key: uuid.UUID) -> VolunteerStatement | None:
    """Return a statement of the actor's organization."""
    found: VolunteerStatement | None = get_in_scope(
        session,
        actor,
        VolunteerStatement,
        key,
        joinedload(VolunteerStatement.volunteer),
        joinedload(VolunteerStatement.organization),
        joinedload(VolunteerStatement.issued_by),
    )
    return found


def entries(session: Session, volunteer: Volunteer) -> Sequence[VolunteerHours]:
    """Return all entries of a volunteer, replaced ones too, the newest day first. One statement."""
    statement: sa.Select[Any] = (
        sa.select(VolunteerHours)
        .where(VolunteerHours.volunteer_id == volunteer.id)
        .options(joinedload(VolunteerHours.recorded_by))
        .order_by(VolunteerHours.day.desc(), VolunteerHours.id.desc())
    )
    return session.scalars(statement).all()


def statements(session: Session, volunteer: Volunteer) -> Sequence[VolunteerStatement]:
    """Return the statements given to a volunteer, the newest first. One statement."""
    return session.scalars(
        sa.select(VolunteerStatement)
        .where(VolunteerStatement.volunteer_id == volunteer.id)
        .order_by(VolunteerStatement.issued_at.desc())
    ).all()


def own_organization(session: Session, actor: Account) -> Organization:
    """Return the actor's organization."""
    return session.get_one(Organization, actor.organization_id)
