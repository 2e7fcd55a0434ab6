"""Freezing a period beside the request: all figures and digests of one moment, then what is withheld, then the seal.

Planning what may be told of a year takes many seconds. An order that stops in the middle leaves nothing but itself:
the clock takes it up again (`take_up`), and whoever was slower keeps nothing.
"""

import uuid
from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from threading import Thread
from typing import Any

import structlog
from flask import Flask
from sqlalchemy.orm import Session

from models import Account, Area, Freezing, FreezingStatus, Organization, Program, Snapshot, TaxonomyTerm
from referral import clock
from referral.access import as_installation
from referral.actions import freezing
from referral.actions.reporting import take_snapshot
from referral.evaluation.cells import without
from referral.evaluation.definitions import ALL
from referral.evaluation.periods import Period, spanning
from referral.evaluation.shared import year_tables
from referral.evaluation.small_cells import is_too_small
from referral.evaluation.suppression import Tables, plan
from referral.extensions import db
from referral.i18n import LANGUAGES, speaking
from referral.queries.report.figures import Report
from referral.queries.report.flat import digests, flat
from referral.queries.report.frame import Frame
from referral.queries.report.report import home_area, make_report
from referral.transactions import reading, transaction
from referral.withheld import FEWEST

log = structlog.get_logger()
FROZEN_ON = 3
"""Day of the month on which the demonstration froze the month before."""
OF_TABLES = (Account, Area, Organization, Program, TaxonomyTerm)
"""Records that figures are named by: they are needed after the transaction in which they were read."""


class Overtaken(Exception):
    """Another process has taken the order up; what this one computed is thrown away."""


class TooFew(Exception):
    """The period speaks of so few people that none of its figures is told."""


def freeze(session: Session, key: uuid.UUID) -> FreezingStatus:
    """Carry an order out, in its own short transactions, and return how it ended; failed where it was taken back."""
    begun = clock.now()
    with transaction(session):
        if not freezing.begin(session, key, at=begun):
            order = session.get(Freezing, key)
            return order.status if order else FreezingStatus.FAILED
    try:
        with reading(), transaction(session):
            one_moment(session)
            order = session.get_one(Freezing, key)
            account = session.get_one(Account, order.asked_by_id)
            period = Period(order.starts_on, order.ends_on)
            frame = Frame(account, period.start, period.end, order.area_code)
            facts = _facts(session, frame)
            tables, reports = _year(session, frame, clock.today())
            for record in [one for one in session if isinstance(one, OF_TABLES)]:
                session.expunge(record)
        _stage(session, key, begun, "withholding")
        told = without(reports[period.code], period.code, plan(tables))
        if is_too_small(told):
            raise TooFew
        _stage(session, key, begun, "signing")
        with transaction(session):
            made = take_snapshot(
                session, {**facts, "figures": flat(told)}, start=period.start, end=period.end,
                area_code=frame.area_code or "", by=account, at=clock.now(),
            )  # fmt: skip
            if not freezing.finish(session, key, begun=begun, snapshot=made, at=clock.now()):
                raise Overtaken
    except Overtaken:
        return FreezingStatus.RUNNING
    except Exception as error:
        failure = "too_few" if isinstance(error, TooFew) else type(error).__name__
        log.exception("freezing_failed", order=str(key))
        with transaction(session):
            freezing.give_up(session, key, begun=begun, failure=failure, at=clock.now())
        return FreezingStatus.FAILED
    return FreezingStatus.DONE


def one_moment(session: Session) -> None:
    """Let all statements of the transaction that begins now see the records as they are now, on PostgreSQL too."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def freeze_now(session: Session, frame: Frame, *, at: datetime) -> Snapshot | None:
    """Freeze a period at a moment, in the caller's transaction; None where it speaks of too few people."""
    period = Period(frame.start, frame.end)
    tables, reports = _year(session, frame, clock.local_date(at))
    told = without(reports[period.code], period.code, plan(tables))
    if is_too_small(told):
        return None
    return take_snapshot(
        session, {**_facts(session, frame), "figures": flat(told)}, start=frame.start, end=frame.end,
        area_code=frame.area_code or "", by=frame.actor, at=at,
    )  # fmt: skip


def freeze_for_demonstration(session: Session, reader: Account, today: date) -> Snapshot | None:
    """Freeze for an evaluator, as on the third day of a month, what the month before was; None if it was too little."""
    first = (today - timedelta(days=FROZEN_ON - 1)).replace(day=1)
    month = spanning((first - timedelta(days=1)).replace(day=1), 1)
    at = clock.start_of(first + timedelta(days=FROZEN_ON - 1)) + timedelta(hours=9)
    if today == clock.today():
        at = min(at, clock.now())
    return freeze_now(session, Frame(reader, month.start, month.end, home_area(session, reader)), at=at)


def _year(session: Session, frame: Frame, today: date) -> tuple[Tables, dict[str, Report]]:
    def count(period: Period) -> Report:
        return make_report(session, replace(frame, start=period.start, end=period.end))

    return year_tables(count, frame.start.year, today)


def _stage(session: Session, key: uuid.UUID, begun: datetime, stage: str) -> None:
    with transaction(session):
        if not freezing.note_stage(session, key, begun=begun, stage=stage):
            raise Overtaken


def _facts(session: Session, frame: Frame) -> dict[str, Any]:
    meanings: dict[str, dict[str, dict[str, str]]] = {}
    for code in LANGUAGES:
        with speaking(code):
            for name, one in ALL.items():
                words = {part.name: getattr(one, part.name) for part in fields(one)}
                said = {part: str(text) for part, text in words.items() if text is not None}
                meanings.setdefault(name, {})[code] = said
    return {
        "definitions": meanings,
        "parameters": {"withheld below": FEWEST, "confidence": 0.95, "zone": "Asia/Shanghai"},
        "records": digests(session, frame),
    }


def take_up(session: Session, at: datetime) -> dict[str, int]:
    """Carry out the orders that nobody has begun, or whose process is gone; return how they ended."""
    with transaction(session):
        keys = freezing.wake(session, at)
    ended = [freeze(session, key) for key in keys]
    return {
        "frozen": sum(one is FreezingStatus.DONE for one in ended),
        "failed": sum(one is FreezingStatus.FAILED for one in ended),
    }


def in_background(app: Flask, key: uuid.UUID) -> None:
    """Carry an order out with a session of its own beside the request; at once and in the same thread in tests."""

    def done() -> None:
        with app.app_context(), Session(db.engine) as session:
            as_installation(session, because="a report to freeze")
            freeze(session, key)

    if app.testing:
        done()
    else:
        Thread(target=done, name="freezing", daemon=True).start()
