"""What the clock did, and how the installation is."""

import sqlite3
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from models import JobRun, migrations
from models.jobs import JobStatus
from referral.access import without_scope


def newest_first(status: JobStatus | None = None) -> sa.Select[Any]:
    """Return the select of all runs, or of those that went one way."""
    statement = sa.select(JobRun).order_by(JobRun.started_at.desc(), JobRun.id.desc())
    return statement if status is None else statement.where(JobRun.status == status)


def last_of_each(session: Session) -> list[JobRun]:
    """Return the newest run of each job, in no order. One query."""
    newest = sa.select(JobRun.job, sa.func.max(JobRun.slot).label("slot")).group_by(JobRun.job).subquery()
    statement = sa.select(JobRun).join(newest, sa.and_(JobRun.job == newest.c.job, JobRun.slot == newest.c.slot))
    return list(session.scalars(statement))


@dataclass(frozen=True)
class Health:
    """Where the data lie and whether program and database are of one age."""

    make: str
    version: str
    place: str
    migration: str | None
    """What the database is at; None where it was never migrated."""
    newest_migration: str | None
    size: int | None
    """Bytes, where the database tells."""

    @property
    def up_to_date(self) -> bool:
        """Whether the database is at the newest migration."""
        return self.migration == self.newest_migration


@cache
def newest_migration() -> str | None:
    """Return the newest migration that the program carries; read once."""
    return ScriptDirectory(str(Path(migrations.__file__).parent)).get_current_head()


def health(session: Session) -> Health:
    """Return how the database is. Three short queries."""
    with without_scope(session, because="the database is asked about itself, not about people"):
        return _health(session)


def _health(session: Session) -> Health:
    url = session.get_bind().engine.url
    make = session.get_bind().dialect.name
    try:
        at = session.scalar(sa.text("SELECT version_num FROM alembic_version"))
    except DBAPIError:
        session.rollback()
        at = None
    script = newest_migration()
    if make == "postgresql":
        version = str(session.scalar(sa.text("SHOW server_version")))
        size = session.scalar(sa.text("SELECT pg_database_size(current_database())"))
        return Health("PostgreSQL", version, url.render_as_string(hide_password=True), at, script, size)
    size = session.scalar(sa.text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"))
    return Health("SQLite", sqlite3.sqlite_version, str(url.database), at, script, size)
