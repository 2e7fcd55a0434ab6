"""The figures of a report, kept for a while, so that page, charts and files tell the same and open quickly."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app

from models.field_groups import FieldGroup
from referral import clock
from referral.access import sees
from referral.evaluation import counting
from referral.evaluation.periods import exact
from referral.evaluation.shared import Year
from referral.extensions import db
from referral.queries.report.figures import Report
from referral.queries.report.frame import Frame
from referral.queries.report.kept_reports import RECORDS

KEPT_FOR = timedelta(minutes=1)
YEAR_KEPT_FOR = timedelta(hours=1)
"""A year of tables that are told without names takes a second to plan, and its months are over."""
MOST = 32
"""Reports kept at a time, in each process; the oldest goes first."""
_lock = threading.Lock()


@dataclass(frozen=True)
class Figures:
    """A report and the moment it was counted."""

    report: Report
    at: datetime


def figures(frame: Frame, *, shared: bool = False, anew: bool = False) -> Figures | None:
    """Return the report of a frame, counted now or a while ago for readers with the same scope.

    Whoever sees no names, or `shared`, gets it without what could give people away, and only for periods that are
    over: None for others. `anew` counts those now, whatever is kept.
    """
    if not shared and sees(frame.actor.role, FieldGroup.IDENTITY):
        found: Figures = _kept(_key(frame), KEPT_FOR, lambda at: Figures(*counting.report(db.session, frame, at)))
        return found
    period = exact(frame.start, frame.end, clock.today())
    if period is None:
        return None
    year, at = counting.year(db.session, frame, clock.now(), anew=True) if anew else told(frame)
    return Figures(year.reports[period.code], at)


def told(frame: Frame) -> tuple[Year, datetime]:
    """Return all tables of the year of a frame as they may be told, and when they were counted."""
    key = (*_key(frame)[:-4], "year", frame.start.year, frame.area_code, frame.program_id)
    found: tuple[Year, datetime] = _kept(key, YEAR_KEPT_FOR, lambda at: counting.year(db.session, frame, at))
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
    for record in [one for one in db.session if isinstance(one, tuple(RECORDS.values()))]:
        # What is kept outlives the request: a transaction that is taken back must not empty the names in it.
        db.session.expunge(record)
    with _lock:
        kept.pop(key, None)
        while len(kept) >= MOST:
            kept.pop(next(iter(kept)))
        kept[key] = (now, made)
    return made
