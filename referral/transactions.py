"""One request, one transaction; how each database must be spoken to so that nothing is lost or sold twice.

SQLite: write-ahead log, every commit synced, foreign keys on, and writers begin with BEGIN IMMEDIATE, because a
deferred transaction that turns into a writer fails instead of waiting. PostgreSQL keeps its defaults, with limits on
waiting.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

_writing: ContextVar[bool] = ContextVar("writing", default=True)

PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "secure_delete": 1,
    "trusted_schema": 0,
    "busy_timeout": 15000,
    "cache_size": -32768,  # kibibytes: the indexes that a round over a city writes do not fit into the usual 2 MB
}
"""What every SQLite connection is set to, and read back."""


class WriteWhileReading(RuntimeError):
    """A page that only shows something was about to change the database."""


@contextmanager
def reading() -> Iterator[None]:
    """Mark what runs inside as reading only: SQLite takes no write lock, and a flush raises WriteWhileReading."""
    token = _writing.set(False)
    try:
        yield
    finally:
        _writing.reset(token)


@contextmanager
def writing_beside() -> Iterator[None]:
    """Let what runs inside write in a session of its own, beside a page that only reads."""
    token = _writing.set(True)
    try:
        yield
    finally:
        _writing.reset(token)


def writing() -> bool:
    """Say whether what runs now may write."""
    return _writing.get()


@contextmanager
def transaction(session: Session) -> Iterator[Session]:
    """Commit once at the end, or roll back and raise. For commands and jobs; requests have it in `access.allow`."""
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise


def refresh_statistics(session: Session) -> None:
    """Let the database look at how its rows are spread, so that it picks the right index.

    Without it SQLite takes the index of a station's ten thousand people for that of one household. A sample of 1,000
    rows of each index is enough and takes milliseconds.
    """
    if session.get_bind().dialect.name == "sqlite":
        session.execute(sa.text("PRAGMA analysis_limit = 1000"))
    session.execute(sa.text("ANALYZE"))


def engine_options(url: str) -> dict[str, Any]:
    """Return the options of the engine for a database address. Errors never print the values of a statement."""
    if url.startswith("postgresql"):
        limits = "-c lock_timeout=10s -c statement_timeout=60s -c timezone=UTC"
        return {"connect_args": {"options": limits}, "pool_pre_ping": True, "hide_parameters": True}
    return {"connect_args": {"timeout": 15}, "hide_parameters": True}


def prepare(engine: sa.Engine) -> None:
    """Make an engine safe to use; does nothing for databases other than SQLite."""
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)


RISKY = ("fsync", "synchronous_commit", "full_page_writes")
"""Settings of PostgreSQL without which an acknowledged write may be gone after a power cut."""
MENDED_SQLITE = ((3, 44, 6), (3, 50, 7), (3, 51, 3))
"""Versions in which the fault of resetting the write-ahead log is mended: two older lines, and all from the last on."""


def risky_settings(connection: sa.Connection) -> list[str]:
    """Return the settings of a PostgreSQL server that are off and must not be."""
    return [name for name in RISKY if connection.exec_driver_sql(f"SHOW {name}").scalar() == "off"]


def has_faulty_log(version: tuple[int, ...]) -> bool:
    """Say whether this version of SQLite has the fault of the write-ahead log."""
    of_a_mended_line = any(version[:2] == line[:2] and version >= line for line in MENDED_SQLITE)
    return version < MENDED_SQLITE[-1] and not of_a_mended_line


def _set_pragmas(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    in_memory = not cursor.execute("PRAGMA database_list").fetchone()[2]
    for name, wanted in PRAGMAS.items():
        cursor.execute(f"PRAGMA {name} = {wanted}")
        answer = cursor.execute(f"PRAGMA {name}").fetchone()[0]
        if answer != wanted and not (in_memory and name == "journal_mode"):
            raise RuntimeError(f"SQLite refused PRAGMA {name} = {wanted}: it answers {answer}")
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")


@event.listens_for(Session, "before_flush")
def _refuse_writes(session: Session, _context: Any, _instances: Any) -> None:
    if not _writing.get() and (session.new or session.deleted or any(map(session.is_modified, session.dirty))):
        raise WriteWhileReading(", ".join(sorted({type(record).__name__ for record in (*session.new, *session.dirty)})))


@event.listens_for(Session, "do_orm_execute")
def _refuse_statements(state: Any) -> None:
    if not _writing.get() and (state.is_insert or state.is_update or state.is_delete):
        raise WriteWhileReading(str(state.statement))
