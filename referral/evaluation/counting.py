"""Reports that take long to count, kept in the database for readers of the same scope and counted anew by the clock.

What is kept is never older than `LASTS`; the page says when it was counted. Whatever is quick is counted each time.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from models import Account
from models.field_groups import FieldGroup
from referral.access import as_installation, sees
from referral.actions.keeping_reports import (
    forget_report,
    forget_reports_opened_before,
    keep_report,
    note_report_opened,
)
from referral.clock import a_year_back, local_date
from referral.evaluation.figures_as_bytes import Unreadable, pack, unpack
from referral.evaluation.periods import Period, latest_quarter
from referral.evaluation.shared import Year, told_year
from referral.queries.report.figures import Report
from referral.queries.report.frame import Frame
from referral.queries.report.kept_reports import (
    entries_since,
    kept_report,
    names_kept,
    report_counted_after,
    wide_readers,
)
from referral.queries.report.report import home_area, make_report
from referral.transactions import reading, transaction, writing, writing_beside

SLOW = 1.0
"""Seconds of counting from which a report is kept."""
LASTS = timedelta(minutes=75)
"""How old a kept report may be: the clock counts it anew each hour, and that takes its time."""
OPENED_LATELY = timedelta(days=7)
SIGNED_IN_LATELY = timedelta(days=30)
MANY = 100_000
"""Entries of a year from which the first page of readers of a whole area or program is counted before they open it."""
OPENED_NOTED = timedelta(hours=6)
"""So often it is noted that a report was opened."""


def name_of(frame: Frame, *, tables: bool) -> str:
    """Return the name under which readers with the scope of a frame find it: nobody else can."""
    actor = frame.actor
    scope = (actor.role.value, actor.organization_id, actor.area_code, actor.program_id, sorted(actor.opened_files))
    told = (*scope, frame.start, frame.end, frame.area_code, frame.program_id, tables)
    return hashlib.sha256(repr(told).encode()).hexdigest()


def report(session: Session, frame: Frame, at: datetime) -> tuple[Report, datetime]:
    """Return the report of a frame and when it was counted."""
    return _kept(session, frame, at, False, lambda: make_report(session, frame))


def year(session: Session, frame: Frame, at: datetime, *, anew: bool = False) -> tuple[Year, datetime]:
    """Return all tables of the year of a frame as they may be told, and when they were counted; `anew` is now."""
    whole = _year_of(frame)
    return _kept(session, whole, at, True, lambda: _told(session, whole, at), anew=anew)


def _year_of(frame: Frame) -> Frame:
    return replace(frame, start=frame.start.replace(month=1, day=1), end=frame.start.replace(month=12, day=31))


def _told(session: Session, frame: Frame, at: datetime) -> Year:
    def count(period: Period) -> Report:
        return make_report(session, replace(frame, start=period.start, end=period.end))

    return told_year(count, frame.start.year, local_date(at))


def _kept(
    session: Session, frame: Frame, at: datetime, tables: bool, count: Callable[[], Any], *, anew: bool = False
) -> tuple[Any, datetime]:
    found = None if anew else _found(session, name_of(frame, tables=tables), at)
    if found is not None:
        return found
    began = time.monotonic()
    made = count()
    took = time.monotonic() - began
    if took >= SLOW:
        _beside(session, lambda own: keep(own, frame, tables, made, took=took, at=at, opened_at=at))
    return made, at


def _found(session: Session, name: str, at: datetime) -> tuple[Any, datetime] | None:
    """Return what is kept under a name and is not too old, and when it was counted; note that somebody opens it."""
    row = report_counted_after(session, name, at - LASTS)
    if row is None:
        return None
    try:
        found = unpack(session, row.body)
    except Unreadable:
        return None
    if at - row.opened_at > OPENED_NOTED:
        _beside(session, lambda own: note_report_opened(own, name, at))
    return found, row.counted_at


def _beside(session: Session, work: Callable[[Session], None]) -> None:
    """Write in a short transaction of its own beside a page that only reads; in the request's own where that writes."""
    if writing():
        work(session)
        return
    with writing_beside(), Session(session.get_bind()) as own:
        as_installation(own, because="a report that was counted")
        with transaction(own):
            work(own)


def keep(
    session: Session, frame: Frame, tables: bool, made: Any, *, took: float, at: datetime, opened_at: datetime
) -> None:
    """Keep a counted report in the place of the one before, unless a later one is there."""
    values = {
        "tables": tables,
        "account_id": frame.actor.id,
        "starts_on": frame.start,
        "ends_on": frame.end,
        "area_code": frame.area_code,
        "program_id": frame.program_id,
        "body": pack(made),
        "took": took,
    }
    keep_report(session, name_of(frame, tables=tables), values, at=at, opened_at=opened_at)


def count_reports(session: Session, at: datetime) -> dict[str, int]:
    """Count anew what somebody opened lately, and ahead what readers of much will open first; forget the rest.

    In short transactions. Returns how many of each.
    """
    with transaction(session):
        gone = forget_reports_opened_before(session, at - OPENED_LATELY)
        names = names_kept(session)
    counted = sum(_count_anew(session, name, at) for name in names)
    with reading(), transaction(session):
        many = entries_since(session, a_year_back(local_date(at))) >= MANY
        readers = [one.id for one in wide_readers(session, at - SIGNED_IN_LATELY)] if many else []
    ahead = sum(_count_ahead(session, key, at) for key in readers)
    return {"counted": counted, "ahead": ahead, "forgotten": gone}


def _count_ahead(session: Session, account_id: UUID, at: datetime) -> bool:
    """Count what an account's page of the report shows first, where that takes long and is not kept yet."""
    today = local_date(at)
    with reading(), transaction(session):
        account = session.get_one(Account, account_id)
        frame = Frame(account, a_year_back(today), today, home_area(session, account))
        if tables := not sees(account.role, FieldGroup.IDENTITY):
            frame = _year_of(replace(frame, start=latest_quarter(today).start))
        if kept_report(session, name_of(frame, tables=tables)) is not None:
            return False
        began = time.monotonic()
        made = _told(session, frame, at) if tables else make_report(session, frame)
        took = time.monotonic() - began
    if took < SLOW:
        return False
    with transaction(session):
        keep(session, frame, tables, made, took=took, at=at, opened_at=at)
    return True


def _count_anew(session: Session, name: str, at: datetime) -> bool:
    """Count one report again; one that ended on the day it was counted goes on to today. False where it is gone."""
    with reading(), transaction(session):
        row = kept_report(session, name)
        if row is None:
            return False
        account = session.get_one(Account, row.account_id)
        frame = Frame(account, row.starts_on, row.ends_on, row.area_code, row.program_id)
        if not row.tables and row.ends_on == local_date(row.counted_at) and row.starts_on == a_year_back(row.ends_on):
            frame = replace(frame, start=a_year_back(local_date(at)), end=local_date(at))
        began = time.monotonic()
        made = (_told(session, frame, at) if row.tables else make_report(session, frame)) if account.active else None
        took, opened_at, tables = time.monotonic() - began, row.opened_at, row.tables
    with transaction(session):
        if made is None or name_of(frame, tables=tables) != name:
            forget_report(session, name)
        if made is not None:
            keep(session, frame, tables, made, took=took, at=at, opened_at=opened_at)
    return made is not None
