"""Doing a round in its own short transactions: computing it, and applying it, while pages show how far it is."""

import uuid
from collections.abc import Callable
from datetime import datetime
from threading import Thread
from time import perf_counter

import structlog
from flask import Flask
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from models import Account, Round, RoundStatus
from models.errors import DomainError
from referral import clock
from referral.access import as_installation
from referral.actions import applying, rounds
from referral.actions.rounding.solving import solved
from referral.extensions import db
from referral.queries.calendar import work_calendar
from referral.queries.gathering.board import gather
from referral.transactions import reading, transaction

log = structlog.get_logger()
Progress = Callable[[str, int], None]
"""progress(stage, per cent)."""


def silently(_stage: str, _progress: int) -> None:
    """Show progress to nobody."""


def compute(session: Session, key: uuid.UUID, *, progress: Progress = silently) -> RoundStatus:
    """Compute a waiting round and return its state. A round that cannot be computed is marked as failed."""

    def stage(name: str, share: int) -> None:
        with transaction(session):
            rounds.note_progress(session, key, stage=name, progress=share)
        progress(name, share)

    with transaction(session):
        waiting = session.get_one(Round, key)
        if not rounds.begin(session, waiting, at=clock.now()):
            return waiting.status
    progress("gathering", 5)
    try:
        clock_ = perf_counter()
        with reading(), transaction(session):
            wanted = session.get_one(Round, key)
            area, at, seed, params = wanted.area_code, wanted.at, wanted.seed, wanted.params
            board = gather(session, area, at)
        seconds = {"gather": perf_counter() - clock_}
        stage("solving", 35)
        found = solved(board, params, seed=seed)
        stage("writing", 75)
        with transaction(session):
            running = session.get_one(Round, key, with_for_update=True)
            if running.status is RoundStatus.RUNNING:
                rounds.propose(session, running, found, at=clock.now(), seconds=seconds)
            status = running.status
    except Exception as error:
        log.exception("round_failed", round=str(key))
        with transaction(session):
            rounds.give_up(session, key, failure=type(error).__name__, at=clock.now())
        return RoundStatus.FAILED
    progress("done", 100)
    return status


def apply(
    session: Session,
    key: uuid.UUID,
    *,
    by_id: uuid.UUID | None,
    at: datetime | None = None,
    progress: Progress = silently,
) -> tuple[int, int]:
    """Turn what was decided on a round into referrals and return (made, failed). Can be stopped and done again."""
    made = failed = 0
    with transaction(session):
        applying.begin_applying(session, session.get_one(Round, key))
        keys = applying.to_apply(session, key)
        calendar = work_calendar(session)
    for number, proposal in enumerate(keys, 1):
        try:
            with transaction(session):
                by = session.get(Account, by_id) if by_id else None
                made += (
                    applying.apply_one(session, proposal, by=by, at=at or clock.now(), calendar=calendar) is not None
                )
        except (DomainError, IntegrityError, StaleDataError) as error:
            with transaction(session):
                applying.note_failure(session, proposal, code=getattr(error, "code", None) or "changed_meanwhile")
            failed += 1
        progress("applying", 100 * number // len(keys))
    with transaction(session):
        applying.finish_applying(session, key, at=at or clock.now())
    return made, failed


def in_background(app: Flask, work: Callable[[Session], object], *, account: Account | None) -> None:
    """Do something with a session of its own beside the request; at once and in the same thread in tests."""

    def done() -> None:
        with app.app_context(), Session(db.engine) as session:
            as_installation(session, because="a round", account=account)
            work(session)

    if app.testing:
        done()
    else:
        Thread(target=done, name="round", daemon=True).start()
