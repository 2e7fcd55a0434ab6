"""Which visits are gathered: all of a period, or those that some are judged by."""

from collections.abc import Sequence
from datetime import date, timedelta

import sqlalchemy as sa

from models import Visit
from referral.clock import local_date, start_of


def of_period(first: date, last: date) -> list[sa.ColumnElement[bool]]:
    """Return the conditions for all visits of a period, with the days next to it: night work crosses midnight."""
    return [
        Visit.started_at >= start_of(first - timedelta(days=1)),
        Visit.started_at < start_of(last + timedelta(days=2)),
    ]


def around(visits: Sequence[Visit]) -> list[sa.ColumnElement[bool]]:
    """Return the conditions for the visits that some are judged by: of the same workers and people, in their months."""
    days = [local_date(visit.started_at) for visit in visits]
    last = (max(days).replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    workers = {visit.worker_id for visit in visits if visit.worker_id}
    names = {visit.worker_name for visit in visits if visit.worker_name}
    people = {visit.person_id for visit in visits}
    return [
        *of_period(min(days).replace(day=1), last),
        sa.or_(Visit.worker_id.in_(workers), Visit.worker_name.in_(names), Visit.person_id.in_(people)),
    ]
