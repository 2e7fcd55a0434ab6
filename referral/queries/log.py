"""The log as the auditor and the worker of a person read it."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, GlassAccess, LogEntry, LogKind, LogSeal, Organization, Person
from referral import clock
from referral.access import without_scope
from referral.log.sealing import key_from


@dataclass(frozen=True)
class State:
    """How the log stands."""

    sealed: int
    sealed_on: date | None
    waiting: int
    """Entries of the last hour without a seal."""
    newest: datetime | None
    verified: LogEntry | None
    anchored: LogEntry | None
    unreviewed: int
    """Files opened outside the scope that nobody has reviewed."""


def state(session: Session, at: datetime) -> State:
    """Return how the log stands. Six short queries."""
    last = session.execute(
        sa.select(LogSeal.sequence, LogSeal.day).order_by(LogSeal.sequence.desc()).limit(1)
    ).one_or_none()
    since = uuid.UUID(key_from(at - timedelta(hours=1)))
    unsealed = sa.select(sa.func.count()).where(
        LogEntry.id >= since, ~sa.exists().where(LogSeal.entry_id == LogEntry.id)
    )
    with without_scope(session, because="count of files opened outside the scope, for the auditor"):
        glass = session.scalar(
            sa.select(sa.func.count(GlassAccess.id)).where(
                GlassAccess.person_id.is_not(None), GlassAccess.reviewed_at.is_(None)
            )
        )
    return State(
        sealed=last.sequence if last else 0,
        sealed_on=last.day if last else None,
        waiting=session.scalar(unsealed) or 0,
        newest=session.scalar(sa.select(LogEntry.at).order_by(LogEntry.id.desc()).limit(1)),
        verified=_last_note(session, "log_verified"),
        anchored=_last_note(session, "anchors_taken"),
        unreviewed=glass or 0,
    )


def _last_note(session: Session, code: str) -> LogEntry | None:
    return session.scalar(sa.select(LogEntry).where(LogEntry.code == code).order_by(LogEntry.id.desc()).limit(1))


def entries(
    *, day: date | None = None, kind: LogKind | None = None, role: str | None = None, person_id: uuid.UUID | None = None
) -> sa.Select[Any]:
    """Return the statement for entries, newest first, with what is known of the account."""
    statement = sa.select(LogEntry).order_by(LogEntry.id.desc())
    if day is not None:
        first, last = (uuid.UUID(key_from(moment)) for moment in (clock.start_of(day), clock.end_of(day)))
        statement = statement.where(LogEntry.id >= first, LogEntry.id < last)
    if kind is not None:
        statement = statement.where(LogEntry.kind == kind)
    if role is not None:
        statement = statement.where(LogEntry.role == role)
    if person_id is not None:
        statement = statement.where(LogEntry.person_id == person_id)
    return statement


def looks(person_id: uuid.UUID) -> sa.Select[Any]:
    """Return the statement for the reads of one person's file by people, newest first."""
    return (
        sa.select(LogEntry)
        .where(LogEntry.person_id == person_id, LogEntry.kind == LogKind.READ)
        .order_by(LogEntry.id.desc())
    )


@dataclass(frozen=True)
class Names:
    """What keys in entries stand for: logins, organizations, file numbers. Never the name of a person."""

    accounts: dict[uuid.UUID, str]
    organizations: dict[uuid.UUID, str]
    people: dict[uuid.UUID, str]


def names(session: Session, shown: Iterable[LogEntry]) -> Names:
    """Return the names for a page of entries. Three queries."""
    rows = list(shown)

    def pairs(column: Any, name: Any, keys: set[uuid.UUID | None]) -> dict[uuid.UUID, str]:
        wanted = [key for key in keys if key is not None]
        found = session.execute(sa.select(column, name).where(column.in_(wanted))) if wanted else ()
        return {key: text for key, text in found}  # noqa: C416  rows are no pairs to a type checker

    with without_scope(session, because="file numbers and logins in the log"):
        return Names(
            accounts=pairs(Account.id, Account.login, {row.account_id for row in rows}),
            organizations=pairs(Organization.id, Organization.name, {row.organization_id for row in rows}),
            people=pairs(Person.id, Person.number, {row.person_id for row in rows}),
        )


def person_of_number(session: Session, number: str) -> uuid.UUID | None:
    """Return the key behind a file number, for the auditor, who learns nothing else."""
    with without_scope(session, because="the log of one file number"):
        return session.scalar(sa.select(Person.id).where(Person.number == number.upper()))
