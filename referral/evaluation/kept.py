"""The figures of a report, kept for a while, so that page, charts and files tell the same and open quickly."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from flask import current_app

from models import Area, BeneficiaryCategory, Organization, Program, TaxonomyTerm
from models.field_groups import FieldGroup
from referral import clock
from referral.access import sees
from referral.evaluation.periods import Period, exact
from referral.evaluation.shared import Year, told_year
from referral.extensions import db
from referral.queries.report.figures import Report
from referral.queries.report.frame import Frame
from referral.queries.report.report import make_report

KEPT_FOR = timedelta(minutes=1)
YEAR_KEPT_FOR = timedelta(hours=1)
"""A year of tables that are told without names takes a second to plan, and its months are over."""
MOST = 32
"""Reports kept at a time, in each process; the oldest goes first."""
OF_TABLES = (Area, BeneficiaryCategory, Organization, Program, TaxonomyTerm)
"""Records that a report names things by."""
_lock = threading.Lock()


@dataclass(frozen=True)
class Figures:
    """A report and the moment it was counted."""

    report: Report
    at: datetime


def figures(frame: Frame, *, shared: bool = False) -> Figures | None:
    """Return the report of a frame, counted now or a short while ago for readers with the same scope.

    Whoever sees no names, or `shared`, gets it without what could give people away, and only for periods that are
    over: None for others.
    """
    if not shared and sees(frame.actor.role, FieldGroup.IDENTITY):
        found: Figures = _kept(_key(frame), KEPT_FOR, lambda at: Figures(make_report(db.session, frame), at))
        return found
    period = exact(frame.start, frame.end, clock.today())
    if period is None:
        return None
    year, at = told(frame)
    return Figures(year.reports[period.code], at)


def told(frame: Frame) -> tuple[Year, datetime]:
    """Return all tables of the year of a frame as they may be told, and when they were counted."""

    def count(period: Period) -> Report:
        return make_report(db.session, replace(frame, start=period.start, end=period.end))

    key = (*_key(frame)[:-4], "year", frame.start.year, frame.area_code, frame.program_id)
    found: tuple[Year, datetime] = _kept(
        key, YEAR_KEPT_FOR, lambda at: (told_year(count, frame.start.year, clock.local_date(at)), at)
    )
    return found


def _key(frame: Frame) -> tuple[Any, ...]:
    actor = frame.actor
    scope = (actor.role, actor.organization_id, actor.area_code, actor.program_id, tuple(actor.opened_files))
    return (*scope, frame.start, frame.end, frame.area_code, frame.program_id)


def _kept(key: Any, lasts: timedelta, make: Callable[[datetime], Any]) -> Any:
    now = clock.now()
    kept: dict[Any, tuple[datetime, Any]] = current_app.extensions.setdefault("report_figures", {})
    with _lock:
        found = kept.get(key)
    if found is not None and now - found[0] < lasts:
        return found[1]
    made = make(now)
    for record in [one for one in db.session if isinstance(one, OF_TABLES)]:
        # What is kept outlives the request: a transaction that is taken back must not empty the names in it.
        db.session.expunge(record)
    with _lock:
        kept.pop(key, None)
        while len(kept) >= MOST:
            kept.pop(next(iter(kept)))
        kept[key] = (now, made)
    return made
