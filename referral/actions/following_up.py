"""Reminders by the clock: measures to be taken again, and re-visits of concluded cases, when their day has come."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Case, MeasureDue, MessageKind, Person, Revisit
from referral.clock import local_date
from referral.messages import tell

MOST = 5000
"""Rows of one run; the rest is told in the next."""


def remind_of_measures(session: Session, at: datetime) -> dict[str, int]:
    """Tell whoever looks after a case that a measure is due today or overdue, once."""
    return {"told": _remind(session, MeasureDue, MessageKind.MEASURE_DUE, at)}


def remind_of_revisits(session: Session, at: datetime) -> dict[str, int]:
    """Tell whoever looks after a case that its re-visit is due today or overdue, once."""
    return {"told": _remind(session, Revisit, MessageKind.REVISIT_DUE, at)}


def _remind(session: Session, record: Any, kind: MessageKind, at: datetime) -> int:
    rows = session.execute(
        sa.select(record, Case.worker_id, Case.area_code, Person.number)
        .join(Case, Case.id == record.case_id)
        .join(Person, Person.id == record.person_id)
        .where(
            record.due_on <= local_date(at),
            record.done_on.is_(None),
            record.dropped_on.is_(None),
            record.reminded_at.is_(None),
            Person.erased_at.is_(None),
        )
        .order_by(record.due_on)
        .limit(MOST)
    ).all()
    for due, worker_id, area_code, number in rows:
        due.reminded_at = at
        if worker_id is not None:
            reader = {"account_id": worker_id}
        elif due.station_id is not None:
            reader = {"organization_id": due.station_id}
        else:
            reader = {"area_code": area_code}
        facts = {"number": number, "key": str(due.case_id)}
        tell(session, kind, once=str(due.id), at=at, facts=facts, **reader)
    session.flush()
    return len(rows)
