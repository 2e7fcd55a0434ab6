"""Keep reports that took long to count: one for each name, the latest; forget those that nobody opens."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from models import KeptReport
from models.base import new_key


def keep_report(session: Session, name: str, values: Mapping[str, Any], *, at: datetime, opened_at: datetime) -> None:
    """Keep a report in the place of the one of the same name before, unless a later one is there.

    `values` holds the columns of KeptReport but its key, name and moments.
    """
    counted = {**values, "counted_at": at}
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    row = insert(KeptReport).values(id=new_key(at), created_at=at, name=name, opened_at=opened_at, **counted)
    session.execute(
        row.on_conflict_do_update(
            index_elements=["name"],
            set_={key: row.excluded[key] for key in counted},
            where=KeptReport.counted_at < row.excluded.counted_at,
        )
    )


def note_report_opened(session: Session, name: str, at: datetime) -> None:
    """Note that somebody opened a kept report, so that it is counted anew for a while."""
    _run(session, sa.update(KeptReport).where(KeptReport.name == name).values(opened_at=at))


def forget_report(session: Session, name: str) -> None:
    """Forget the report kept under a name."""
    _run(session, sa.delete(KeptReport).where(KeptReport.name == name))


def forget_reports_opened_before(session: Session, moment: datetime) -> int:
    """Forget the reports that nobody opened since a moment; returns how many."""
    return _run(session, sa.delete(KeptReport).where(KeptReport.opened_at < moment))


def _run(session: Session, statement: sa.Update | sa.Delete) -> int:
    done: Any = session.execute(statement.execution_options(synchronize_session=False))
    return int(done.rowcount)
