"""Doing a round in its own short transactions: computing it, and applying it, while pages show how far it is.

What a computation found is written in one transaction, by the process that still holds the round. Whatever dies before
leaves nothing; `resume` takes the round up again.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Thread
from time import perf_counter
from typing import Any

import structlog
from flask import Flask
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from models import Account, Round, RoundKind, RoundStatus
from models.errors import ChangedMeanwhile, DomainError
from referral import clock
from referral.access import as_installation
from referral.actions import applying, following, nightly, resuming, rounds
from referral.actions.rounding.redoing import redone
from referral.actions.rounding.solving import solved
from referral.extensions import db
from referral.queries import refusals
from referral.queries.calendar import work_calendar
from referral.queries.gathering.board import gather, gather_if_begun
from referral.transactions import reading, transaction

log = structlog.get_logger()
Progress = Callable[[str, int], None]
"""progress(stage, per cent)."""


def silently(_stage: str, _progress: int) -> None:
    """Show progress to nobody."""


@dataclass(frozen=True)
class Job:
    """A round that has been taken to work."""

    key: uuid.UUID
    kind: RoundKind
    area: str
    at: datetime
    seed: int
    params: dict[str, Any]
    started_at: datetime | None
    """When this process began it; another one that takes it up again begins at another moment."""


@dataclass(frozen=True)
class Stages:
    """Tells how far a round is: pages through its row, and whoever waits for it at once."""

    session: Session
    key: uuid.UUID
    progress: Progress

    def __call__(self, name: str, share: int) -> None:
        """Begin a stage."""
        with transaction(self.session):
            rounds.note_progress(self.session, self.key, stage=name, progress=share)
        self.progress(name, share)

    def written(self, done: int, of: int) -> None:
        """Say how much of the plan is written; the round's row is locked until all of it is there."""
        self.progress("writing", WRITING + (99 - WRITING) * done // of)


WRITING = 75
"""Per cent at which writing begins."""


class Superseded(Exception):
    """Somebody else has taken the round up again, or ended it: what was found is thrown away."""


def compute(session: Session, key: uuid.UUID, *, progress: Progress = silently) -> RoundStatus:
    """Compute a waiting round and return its state. A round that cannot be computed is marked as failed."""

    with transaction(session):
        waiting = session.get_one(Round, key)
        if not rounds.begin(session, waiting, at=clock.now()):
            return waiting.status
        job = Job(key, waiting.kind, waiting.area_code, waiting.at, waiting.seed, waiting.params, waiting.started_at)
    progress("gathering", 5)
    try:
        WAYS[job.kind](session, job, Stages(session, key, progress))
    except Superseded:
        log.info("round_superseded", round=str(key))
    except Exception as error:
        log.exception("round_failed", round=str(key))
        with transaction(session):
            rounds.give_up(session, key, failure=type(error).__name__, at=clock.now())
        return RoundStatus.FAILED
    with transaction(session):
        status = session.get_one(Round, key, populate_existing=True).status
    progress("done", 100)
    return status


def _whole(session: Session, job: Job, stage: Stages) -> None:
    """A round over all open needs of an area."""
    began = perf_counter()
    with reading(), transaction(session):
        board = gather(session, job.area, job.at)
    seconds = {"gather": perf_counter() - began}
    stage("solving", 35)
    found = solved(board, job.params, seed=job.seed)
    stage("writing", WRITING)
    with transaction(session):
        running = _still_mine(session, job)
        rounds.propose(session, running, found, at=clock.now(), seconds=seconds, progress=stage.written)
        running.certificate = running.certificate | {"standing": nightly.standing(board)}


def _nightly(session: Session, job: Job, stage: Stages) -> None:
    """The same over what would be open if it began now; an older round gives way only to something new."""
    began = perf_counter()
    with reading(), transaction(session):
        skipped = nightly.being_decided(session, job.area)
        board = gather_if_begun(session, job.area, job.at) if not skipped else None
        standing = nightly.standing(board) if board else ""
        same = nightly.last_standing(session, job.area) == standing if board else False
    if board is None or same or not len(board.need_ids):
        why = "being_decided" if board is None else "unchanged" if same else "no_needs"
        with transaction(session):
            following.drop(session, _still_mine(session, job).id, at=clock.now(), why=why)
        return
    seconds = {"gather": perf_counter() - began}
    stage("solving", 35)
    found = solved(board, job.params, seed=job.seed)
    stage("writing", WRITING)
    with transaction(session):
        running = _still_mine(session, job)
        if nightly.being_decided(session, job.area):
            following.drop(session, running.id, at=clock.now(), why="being_decided")
            return
        rounds.end_older(session, job.area, at=clock.now())
        rounds.propose(session, running, found, at=clock.now(), seconds=seconds, progress=stage.written)
        running.certificate = running.certificate | {"standing": standing}


def _follow_up(session: Session, job: Job, stage: Stages) -> None:
    """The needs around refusals; made again where somebody decided on one of them meanwhile."""
    for attempt in range(ATTEMPTS):
        began = perf_counter()
        with reading(), transaction(session):
            needs = refusals.to_follow(session, job.at).get(job.area, [])
            standing = refusals.stands(session, job.area, needs, job.at) if needs else None
        if standing is None or not len(standing.refused):
            with transaction(session):
                following.drop(session, _still_mine(session, job).id, at=clock.now(), why="nothing_waits")
            return
        seconds = {"gather": perf_counter() - began}
        stage("solving", 35)
        began = perf_counter()
        found = redone(standing, job.params, seed=job.seed)
        seconds["solve"] = perf_counter() - began
        stage("writing", WRITING)
        try:
            with transaction(session):
                following.propose(session, _still_mine(session, job), found, at=clock.now(), seconds=seconds)
        except (ChangedMeanwhile, IntegrityError, StaleDataError):
            if attempt + 1 == ATTEMPTS:
                raise
        else:
            return


ATTEMPTS = 5
WAYS: dict[RoundKind, Callable[[Session, Job, Stages], None]] = {
    RoundKind.ORDINARY: _whole,
    RoundKind.NIGHTLY: _nightly,
    RoundKind.FOLLOW_UP: _follow_up,
}


def _still_mine(session: Session, job: Job) -> Round:
    """Return the round, locked for writing; Superseded where this process is no longer the one that computes it."""
    running = session.get_one(Round, job.key, with_for_update=True, populate_existing=True)
    if running.status is not RoundStatus.RUNNING or running.started_at != job.started_at:
        raise Superseded
    return running


def resume(session: Session, key: uuid.UUID, *, by_id: uuid.UUID | None, progress: Progress = silently) -> RoundStatus:
    """Go on with a round that stopped: compute it again, or make the referrals that are still to be made.

    The same seed, time and parameters, so the same plan where nothing has changed. Raises WrongStep where it did not
    stop, RoundOvertaken or RoundAtWork.
    """
    with transaction(session):
        stopped = session.get_one(Round, key)
        status = stopped.status
        if status is not RoundStatus.APPLYING:
            resuming.begin_again(session, stopped, at=clock.now())
    if status is RoundStatus.APPLYING:
        apply(session, key, by_id=by_id, progress=progress)
        with transaction(session):
            return session.get_one(Round, key, populate_existing=True).status
    return compute(session, key, progress=progress)


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
