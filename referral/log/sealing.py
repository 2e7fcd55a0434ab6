"""The sealer: gives waiting entries their place in the chain, in batches, every few seconds.

However many processes try at once, the chain cannot fork: a sequence number is a primary key, so of two that set the
same seal one fails as a whole; on PostgreSQL the second sees the first at work and leaves.
"""

import os
import threading
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from models import LogEntry
from referral import clock
from referral.extensions import db
from referral.log.keys import log_key
from referral.log.protected import table_of
from referral.log.raw import ENTRY_COLUMNS, entry_mac, expression, seal_digest
from referral.transactions import reading

log = structlog.get_logger()

EVERY = 5.0
"""Seconds between two looks."""
BATCH = 5000
LATE = timedelta(hours=1)
"""No transaction lasts longer. What appears later still is found by the thorough look of the next start."""
ADVISORY_KEY = 0x5365616C
"""`Seal`: who holds it on PostgreSQL is the sealer."""
FIRST_KEY = "0" * 32

_ENTRY = table_of(LogEntry)
_SEALS = {
    "sqlite": "INSERT INTO log_seal (sequence, entry_id, day, digest) VALUES (?, ?, ?, ?)",
    "postgresql": "INSERT INTO log_seal (sequence, entry_id, day, digest) "
    "SELECT * FROM unnest(%s::bigint[], %s::uuid[], %s::date[], %s::text[])",
}


def entry_columns(dialect: str) -> str:
    """Return the columns of an entry `e` in their fixed form, its HMAC last."""
    return ", ".join(expression(_ENTRY.c[name], dialect, "e.") for name in (*ENTRY_COLUMNS, "mac"))


def waiting(connection: sa.Connection, since: str, limit: int) -> list[Any]:
    """Return entries without a seal from a key on, in their order, in their fixed form."""
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    statement = (
        f"SELECT {entry_columns(connection.dialect.name)} FROM log_entry e WHERE e.id >= {mark} "  # noqa: S608  fixed
        f"AND NOT EXISTS (SELECT 1 FROM log_seal s WHERE s.entry_id = e.id) ORDER BY e.id LIMIT {mark}"
    )
    return list(connection.exec_driver_sql(statement, (since, limit)))


def key_from(at: datetime) -> str:
    """Return the smallest key of a moment, as hex."""
    return f"{int(at.timestamp() * 1000):012x}" + "0" * 20


def seal(engine: sa.Engine, at: datetime, *, since: str = FIRST_KEY) -> int:
    """Seal every waiting entry from a key on, batch by batch, and return how many were sealed.

    0 where another sealer is at work. An entry whose HMAC is wrong was not written by the application: it gets no
    seal, and verification names it.
    """
    sealed = 0
    while count := _seal_batch(engine, at, since):
        sealed += count
        if count < BATCH:
            break
    return sealed


def _seal_batch(engine: sa.Engine, at: datetime, since: str) -> int:
    with reading(), engine.connect() as connection:
        if not waiting(connection, since, 1):
            return 0
    with engine.begin() as connection:
        postgres = connection.dialect.name == "postgresql"
        if postgres and not connection.execute(sa.select(sa.func.pg_try_advisory_xact_lock(ADVISORY_KEY))).scalar():
            return 0
        last = connection.exec_driver_sql(
            "SELECT sequence, digest, day FROM log_seal ORDER BY sequence DESC LIMIT 1"
        ).first()
        day = clock.local_date(at).isoformat()
        sequence, before = (last[0], last[1]) if last else (0, "")
        seals = list(
            _seals(waiting(connection, since, BATCH), sequence, before, max(day, str(last[2]) if last else day))
        )
        if not seals:
            return 0
        given: Any = tuple(map(list, zip(*seals, strict=True))) if postgres else seals
        connection.exec_driver_sql(_SEALS[connection.dialect.name], given)
        return len(seals)


def _seals(rows: Iterable[Any], sequence: int, before: str, day: str) -> Iterator[tuple[int, str, str, str]]:
    key = log_key()
    for *values, mac in rows:
        if entry_mac(key, values) != mac:
            log.error("foreign_entry", entry=values[0])
            continue
        sequence += 1
        before = seal_digest(key, before, sequence, day, mac)
        yield sequence, values[0], day, before


class Sealer:
    """Seals in the background of a process, until it ends."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run, name="sealer", daemon=True)

    def start(self) -> "Sealer":
        """Begin; return itself."""
        self.thread.start()
        return self

    def end(self) -> None:
        """Stop, after the batch that is being sealed."""
        self.stop.set()
        self.thread.join()

    def _run(self) -> None:
        since = FIRST_KEY
        # Workers of one server look at different moments.
        self.stop.wait(os.getpid() % 16 / 16)
        while not self.stop.is_set():
            try:
                with self.app.app_context():
                    seal(db.engine, clock.now(), since=since)
                since = key_from(clock.now() - LATE)
            except SQLAlchemyError as error:
                log.warning("not_sealed", error=type(error).__name__)
            self.stop.wait(EVERY)
