"""Orders to freeze a report: asked for, taken to work by one process, taken up again where that one stopped."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Freezing, FreezingStatus, Snapshot

AT_WORK = (FreezingStatus.WAITING, FreezingStatus.RUNNING)
DIES_AFTER = timedelta(minutes=15)
"""An order that was begun so long ago and is not finished: its process is gone."""
LEFT_ALONE = timedelta(seconds=30)
"""So long the process that took the order has time to begin with it before the clock does."""
MOST_ATTEMPTS = 3


def ask(
    session: Session, *, start: date, end: date, area_code: str, by: Account, at: datetime
) -> tuple[Freezing, bool]:
    """Return the order to freeze a period and whether it is new: there is one at a time for asker and period."""
    there = session.scalar(
        sa.select(Freezing).where(
            Freezing.asked_by_id == by.id,
            Freezing.starts_on == start,
            Freezing.ends_on == end,
            Freezing.status.in_(AT_WORK),
        )
    )
    if there is not None:
        return there, False
    order = Freezing(
        starts_on=start, ends_on=end, area_code=area_code, program_id=by.program_id, asked_by_id=by.id, asked_at=at
    )
    session.add(order)
    session.flush()
    return order, True


def begin(session: Session, key: uuid.UUID, *, at: datetime) -> bool:
    """Take a waiting order to work; False where another process has it, or it is finished."""
    return _update(
        session, key, Freezing.status == FreezingStatus.WAITING,
        status=FreezingStatus.RUNNING, stage="counting", started_at=at, attempts=Freezing.attempts + 1,
    )  # fmt: skip


def note_stage(session: Session, key: uuid.UUID, *, begun: datetime, stage: str) -> bool:
    """Say how far an order is; False where another process has taken it up since it was begun."""
    return _update(session, key, *_mine(begun), stage=stage)


def finish(session: Session, key: uuid.UUID, *, begun: datetime, snapshot: Snapshot, at: datetime) -> bool:
    """Name the report that came of an order; False where another process has taken it up, so nothing may be kept."""
    done = {"status": FreezingStatus.DONE, "stage": "done", "snapshot_id": snapshot.id, "finished_at": at}
    return _update(session, key, *_mine(begun), **done)


def give_up(session: Session, key: uuid.UUID, *, begun: datetime, failure: str, at: datetime) -> bool:
    """Mark an order as failed, with the name of the error or `too_few`."""
    failed = {"status": FreezingStatus.FAILED, "stage": "failed", "failure": failure[:64], "finished_at": at}
    return _update(session, key, *_mine(begun), **failed)


def wake(session: Session, at: datetime) -> Sequence[uuid.UUID]:
    """Let orders wait again whose process is gone, fail those that stopped too often; return what waits to be done."""
    dead = (Freezing.status == FreezingStatus.RUNNING, Freezing.started_at < at - DIES_AFTER)
    for condition, values in (
        (Freezing.attempts >= MOST_ATTEMPTS, {"status": FreezingStatus.FAILED, "stage": "failed", "finished_at": at}),
        (Freezing.attempts < MOST_ATTEMPTS, {"status": FreezingStatus.WAITING, "stage": "waiting"}),
    ):
        stopped = {"failure": "stopped"} if values["stage"] == "failed" else {}
        session.execute(
            sa.update(Freezing)
            .where(*dead, condition)
            .values(**values, **stopped)
            .execution_options(synchronize_session=False)
        )
    waiting = sa.select(Freezing.id).where(
        Freezing.status == FreezingStatus.WAITING, Freezing.asked_at <= at - LEFT_ALONE
    )
    return session.scalars(waiting.order_by(Freezing.asked_at)).all()


def _mine(begun: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (Freezing.status == FreezingStatus.RUNNING, Freezing.started_at == begun)


def _update(session: Session, key: uuid.UUID, *conditions: sa.ColumnElement[bool], **values: Any) -> bool:
    changed = session.execute(
        sa.update(Freezing)
        .where(Freezing.id == key, *conditions)
        .values(**values)
        .returning(Freezing.id)
        .execution_options(synchronize_session=False)
    ).first()
    return changed is not None
