"""Which records have been kept for their time: counted by kind, and listed without names."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from models import (
    AccessLink,
    Case,
    Consent,
    GlassAccess,
    ImportRow,
    ImportRun,
    JobRun,
    KnownDevice,
    Message,
    Need,
    Person,
    Referral,
    RetentionRun,
    RightsRequest,
    RightsState,
    SignInSession,
    Visit,
)
from models.need import ENDED_STATUSES
from models.referral import LIVE_STATUSES
from referral.access import without_scope
from referral.queries.rights import ENDED_CASES
from referral.retention import Period, periods

Condition = sa.ColumnElement[bool]
LISTED = 20_000
"""Rows of each kind in the list; a kind with more says so."""
NO_NAMES = "counting what is kept too long, without names"


@dataclass(frozen=True)
class Table:
    """A table whose rows are deleted when a moment of theirs is long past."""

    record: Any
    moment: Any
    rule: Any = None
    join: Any = None

    def keys(self, before: datetime) -> sa.Select[Any]:
        """Return the select of the keys whose time is up."""
        return self.asked(before, self.record.id)

    def asked(self, before: datetime, *columns: Any) -> sa.Select[Any]:
        """Return a select over the rows whose time is up."""
        statement = sa.select(*columns).select_from(self.record)
        if self.join is not None:
            statement = statement.join(self.join)
        statement = statement.where(self.moment < before)
        return statement if self.rule is None else statement.where(self.rule)


ENDED = sa.func.coalesce(Consent.withdrawn_at, Consent.replaced_at, Consent.expires_at, type_=Consent.expires_at.type)
TABLES: dict[str, tuple[Table, ...]] = {
    "message": (Table(Message, Message.written_at),),
    "job_run": (Table(JobRun, JobRun.started_at),),
    "import_row": (Table(ImportRow, ImportRun.created_at, join=ImportRow.run),),
    "sign_in": (
        Table(SignInSession, SignInSession.seen_at),
        Table(AccessLink, AccessLink.expires_at),
        Table(KnownDevice, KnownDevice.seen_at),
    ),
    "consent": (Table(Consent, ENDED),),
    "glass": (
        Table(
            GlassAccess,
            GlassAccess.opened_at,
            sa.or_(GlassAccess.reviewed_at.is_not(None), GlassAccess.person_id.is_(None)),
        ),
    ),
    "rights_request": (Table(RightsRequest, RightsRequest.handled_at, RightsRequest.state != RightsState.OPEN),),
}
"""What is deleted, by kind. What nobody has reviewed or answered yet stays."""


def idle_people(before: datetime) -> sa.Select[Any]:
    """Return the select of people for whom nothing has gone on or happened since a moment."""

    def none_of(record: Any, lasting: Condition) -> Condition:
        return ~sa.exists().where(record.person_id == Person.id, lasting)

    return (
        sa.select(Person)
        .where(
            Person.erased_at.is_(None),
            Person.created_at < before,
            none_of(
                Case, sa.or_(Case.status.not_in(ENDED_CASES), Case.opened_at >= before, Case.concluded_at >= before)
            ),
            none_of(Need, sa.or_(Need.status.not_in(ENDED_STATUSES), Need.closed_at >= before)),
            none_of(Referral, sa.or_(Referral.status.in_(LIVE_STATUSES), Referral.ended_at >= before)),
            none_of(Visit, Visit.started_at >= before),
            none_of(RightsRequest, RightsRequest.state == RightsState.OPEN),
        )
        .order_by(Person.created_at, Person.id)
    )


@dataclass(frozen=True)
class Due:
    """How much of one kind has been kept for its time."""

    period: Period
    before: datetime | None
    """Moment before which a record of the kind must have begun; empty for what is kept."""
    count: int
    oldest: datetime | None


def due(session: Session, at: datetime) -> list[Due]:
    """Return what would be removed now, for every kind of the list. Changes nothing; one query a table."""
    with without_scope(session, because=NO_NAMES):
        return [_due(session, period, at) for period in periods().values()]


def _due(session: Session, period: Period, at: datetime) -> Due:
    before = period.before(at)
    if before is None:
        return Due(period, None, 0, None)
    found = [session.execute(statement).one() for statement in _counts(period.kind, before)]
    moments = [oldest for _count, oldest in found if oldest is not None]
    return Due(period, before, sum(count for count, _oldest in found), min(moments, default=None))


def _counts(kind: str, before: datetime) -> Iterator[Any]:
    if kind == "person_file":
        oldest = sa.func.min(Person.created_at, type_=Person.created_at.type)
        yield idle_people(before).with_only_columns(sa.func.count(Person.id), oldest).order_by(None)
    for table in TABLES.get(kind, ()):
        oldest = sa.func.min(table.moment, type_=table.moment.type)
        yield table.asked(before, sa.func.count(), oldest)


def listed(session: Session, at: datetime) -> Iterator[tuple[Period, str, datetime]]:
    """Yield what would be removed, one by one: its kind, its number or key, and its moment. No name, no content."""
    with without_scope(session, because=NO_NAMES):
        for period in periods().values():
            before = period.before(at)
            if before is None:
                continue
            if period.kind == "person_file":
                people = idle_people(before).with_only_columns(Person.number, Person.created_at).limit(LISTED)
                yield from ((period, number, moment) for number, moment in session.execute(people))
            for table in TABLES.get(period.kind, ()):
                rows = session.execute(table.asked(before, table.record.id, table.moment).limit(LISTED))
                yield from ((period, str(key), moment) for key, moment in rows)


def runs(session: Session, *, limit: int = 20) -> Sequence[RetentionRun]:
    """Return the last proposals with their lines, newest first. Two queries."""
    return session.scalars(
        sa.select(RetentionRun)
        .options(
            selectinload(RetentionRun.lines),
            joinedload(RetentionRun.proposed_by),
            joinedload(RetentionRun.confirmed_by),
        )
        .order_by(RetentionRun.proposed_at.desc())
        .limit(limit)
    ).all()


def run_by_key(session: Session, _actor: Any, key: uuid.UUID) -> RetentionRun | None:
    """Return one proposal with its lines."""
    return session.scalar(
        sa.select(RetentionRun).where(RetentionRun.id == key).options(selectinload(RetentionRun.lines))
    )
