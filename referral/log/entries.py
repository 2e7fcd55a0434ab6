"""What a session remembers for the log, and how it is written: notes and changes with the transaction, reads after it.

Everything is kept as the raw row that the entry's HMAC covers, so that writing fifty reads costs next to nothing.
"""

import secrets
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import g, has_app_context
from sqlalchemy.orm import Session, scoped_session

from models import Account, LogEntry, LogKind
from models.log import facts_text
from referral import clock
from referral.log.keys import log_key
from referral.log.raw import ENTRY_COLUMNS, entry_mac, moment_text
from referral.transactions import writing

AnySession = Session | scoped_session[Session]
Values = tuple[str | None, ...]
KEY = "log"


@dataclass(frozen=True)
class Who:
    """Who acts, taken down when it happens: after a rollback the account could not be asked any more."""

    account_id: str | None = None
    role: str | None = None
    organization_id: str | None = None
    act: str | None = None


@dataclass
class Remembered:
    """What a session has seen and done that is not in the log yet."""

    reads: dict[tuple[Who, str | None], set[UUID]] = field(default_factory=dict)
    """By who and purpose, the people whose files were read."""
    notes: list[Values] = field(default_factory=list)
    """To be written in the running transaction, and gone if it is."""
    kept: list[Values] = field(default_factory=list)
    """To be written whatever becomes of the transaction."""
    touched: dict[Any, Any] = field(default_factory=dict)
    """(record, key) → Touch: rows that the transaction has written (see `capture`)."""


def remembered(session: AnySession) -> Remembered:
    """Return what a session remembers; made when first asked for."""
    found: Remembered | None = session.info.get(KEY)
    if found is None:
        found = session.info[KEY] = Remembered()
    return found


def note(
    session: AnySession,
    code: str,
    *,
    person_id: UUID | None = None,
    record: Any = None,
    purpose: str | None = None,
    account: Account | None = None,
    keep: bool = False,
    **facts: Any,
) -> None:
    """Write an entry of kind `note` with the running transaction: codes, keys and numbers, never a name or a value.

    `account` stands for the viewer where nobody has signed in yet. With `keep` the entry is written even if the
    transaction is rolled back (a refused sign-in); on a page that only reads it always is.
    """
    who = who_looks(session) if account is None else who_is(account, None)
    values = entry(
        LogKind.NOTE,
        who,
        code=code,
        record_type=record.__tablename__ if record is not None else None,
        record_id=record.id.hex if record is not None else None,
        person_id=person_id.hex if person_id else None,
        purpose=purpose,
        facts={name: _plain(value) for name, value in facts.items()},
    )
    there = remembered(session)
    (there.kept if keep or not writing() else there.notes).append(values)


def read(session: AnySession, person_ids: Iterable[UUID | None], *, purpose: str | None = None) -> None:
    """Remember that the files of people were read. Does nothing while the installation itself works."""
    if not _is_looked_at(session):
        return
    there = remembered(session)
    people = there.reads.setdefault((who_looks(session), purpose), set())
    people.update(key for key in person_ids if key is not None)


def _is_looked_at(session: AnySession) -> bool:
    viewer = session.info.get("viewer")
    return viewer is not None and viewer.who is not None and not viewer.unlimited


def who_looks(session: AnySession) -> Who:
    """Return who looks through a session, and why."""
    viewer = session.info.get("viewer")
    if viewer is None:
        return Who()
    cached: Who | None = viewer.kept.get(KEY)
    if cached is None:
        cached = viewer.kept[KEY] = who_is(viewer.who, viewer.because)
    return cached


def who_is(account: Any, because: str | None) -> Who:
    """Return an account, or the copy of one that a viewer holds, in the log's words."""
    act = None if because is None else str(because)[:64]
    if account is None:
        return Who(act=act)
    organization = account.organization_id.hex if account.organization_id else None
    return Who(account.id.hex, account.role.value, organization, act)


def entry(
    kind: LogKind,
    who: Who,
    *,
    code: str | None = None,
    record_type: str | None = None,
    record_id: str | None = None,
    person_id: str | None = None,
    purpose: str | None = None,
    facts: dict[str, Any] | None = None,
    digest: str | None = None,
    at: str | None = None,
    request: str | None = None,
) -> Values:
    """Return a new entry of this moment as the raw values of ENTRY_COLUMNS."""
    return (
        next_key(),
        at or moment_text(clock.now()),
        kind.value,
        who.account_id,
        who.role,
        who.organization_id,
        who.act,
        code,
        record_type,
        record_id,
        person_id,
        purpose,
        facts_text(facts) if facts else None,
        digest,
        request or _request(),
    )


_last = 0
_lock = threading.Lock()


def next_key() -> str:
    """Return a UUIDv7 as hex, later than all that this process has made (RFC 9562 §6.2, methods 3 and 1).

    The order of keys is the order of what happened, also within one millisecond: the last change of a record counts.
    """
    global _last  # noqa: PLW0603  one clock a process
    nanoseconds = time.time_ns()
    milliseconds, rest = divmod(nanoseconds, 1_000_000)
    ticks = (milliseconds << 12) + (rest << 12) // 1_000_000
    with _lock:
        _last = ticks = max(ticks, _last + 1)
    high = (ticks >> 12) << 16 | 0x7 << 12 | ticks & 0xFFF
    return f"{high:016x}{0x2 << 62 | secrets.randbits(62):016x}"


def _request() -> str | None:
    """Return a name that all entries of one request share."""
    if not has_app_context():
        return None
    name: str = g.setdefault("log_request", secrets.token_hex(8))
    return name


def _plain(value: Any) -> Any:
    return value.hex if isinstance(value, UUID) else value if isinstance(value, (int, bool, list, dict)) else str(value)


def rows_of_reads(there: Remembered) -> list[Values]:
    """Take out what was read, as entries."""
    if not there.reads:
        return []
    at, request = moment_text(clock.now()), _request()
    rows = [
        entry(LogKind.READ, who, person_id=key.hex, purpose=purpose, at=at, request=request)
        for (who, purpose), people in there.reads.items()
        for key in people
    ]
    there.reads.clear()
    return rows


COLUMNS = (*ENTRY_COLUMNS, "mac")
_NAMES = ", ".join(f'"{name}"' for name in COLUMNS)
_ON_SQLITE = f"INSERT INTO log_entry ({_NAMES}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608  fixed names


@cache
def _on_postgres(differing: tuple[int, ...]) -> str:
    """Return the statement for rows that differ in some columns only: the others are sent once."""
    parts = []
    for place, name in enumerate(COLUMNS):
        value = f"x.{name}" if place in differing else "%s::text"
        if isinstance(LogEntry.__table__.c[name].type, sa.Uuid):
            value = f"{value}::uuid"
        elif name == "at":
            value = f"({value} || '+00')::timestamptz"
        parts.append(value)
    arrays = ", ".join(["%b::text[]"] * len(differing))  # binary: the quotation marks of facts need no escapes
    names = ", ".join(COLUMNS[place] for place in differing)
    return f"INSERT INTO log_entry ({_NAMES}) SELECT {', '.join(parts)} FROM unnest({arrays}) AS x({names})"  # noqa: S608


def insert(connection: sa.Connection, rows: list[Values]) -> None:
    """Write entries by one statement."""
    if not rows:
        return
    key = log_key()
    sealed = [(*values, entry_mac(key, values)) for values in rows]
    if connection.dialect.name != "postgresql":
        connection.exec_driver_sql(_ON_SQLITE, sealed)
        return
    columns = list(zip(*sealed, strict=True))
    always = {COLUMNS.index("id"), COLUMNS.index("mac")}
    differing = tuple(
        place for place, column in enumerate(columns) if place in always or any(one != column[0] for one in column)
    )
    once = [column[0] for place, column in enumerate(columns) if place not in differing]
    connection.exec_driver_sql(_on_postgres(differing), (*once, *(list(columns[place]) for place in differing)))
