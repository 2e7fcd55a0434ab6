"""Studies for planning: ask for one, compute it beside the request, keep the last few of an area."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Account, PlanningStudy, StudyStatus
from models.errors import DomainError
from referral.queries.parameters import in_force

AT_WORK = (StudyStatus.WAITING, StudyStatus.RUNNING)
DIES_AFTER = timedelta(minutes=30)
KEPT = 5
"""Studies of an area; older ones go when a new one is asked for."""


class StudyAtWork(DomainError):
    """A study of this area is being computed at this moment."""

    code = "study_at_work"


def start_study(
    session: Session, *, area: str, asked: dict[str, Any], by: Account | None = None, at: datetime
) -> PlanningStudy:
    """Write down what is wanted to be known of an area. Raises StudyAtWork."""
    _fail_dead(session, area, at)
    _remove_old(session, area)
    wanted = PlanningStudy(
        area_code=area,
        at=at,
        asked=asked,
        params=in_force(session, area, at).params.as_dict(),
        made_by_id=by.id if by else None,
        created_at=at,
    )
    session.add(wanted)
    try:
        session.flush()
    except IntegrityError as error:
        raise StudyAtWork from error
    return wanted


def _fail_dead(session: Session, area: str, at: datetime) -> None:
    session.execute(
        sa.update(PlanningStudy)
        .where(
            PlanningStudy.area_code == area,
            PlanningStudy.status.in_(AT_WORK),
            PlanningStudy.created_at < at - DIES_AFTER,
        )
        .values(status=StudyStatus.FAILED, finished_at=at, failure="stopped")
        .execution_options(synchronize_session=False)
    )


def _remove_old(session: Session, area: str) -> None:
    newest = (
        sa.select(PlanningStudy.id)
        .where(PlanningStudy.area_code == area)
        .order_by(PlanningStudy.created_at.desc(), PlanningStudy.id.desc())
        .limit(KEPT - 1)
    )
    session.execute(
        sa.delete(PlanningStudy)
        .where(
            PlanningStudy.area_code == area,
            PlanningStudy.status.not_in(AT_WORK),
            PlanningStudy.id.not_in(list(session.scalars(newest))),
        )
        .execution_options(synchronize_session=False)
    )


def begin(session: Session, key: uuid.UUID, *, at: datetime) -> bool:
    """Take a waiting study to work; False where somebody else has taken it."""
    claimed = session.execute(
        sa.update(PlanningStudy)
        .where(PlanningStudy.id == key, PlanningStudy.status == StudyStatus.WAITING)
        .values(status=StudyStatus.RUNNING, started_at=at, stage="gathering", progress=5)
        .returning(PlanningStudy.id)
        .execution_options(synchronize_session=False)
    ).first()
    return claimed is not None


def note_progress(session: Session, key: uuid.UUID, *, stage: str, progress: int) -> None:
    """Say how far a study is, for the page that waits for it."""
    _update(session, key, stage=stage, progress=progress)


def finish(session: Session, key: uuid.UUID, *, result: dict[str, Any], at: datetime) -> None:
    """Keep the answer."""
    _update(session, key, status=StudyStatus.DONE, stage="done", progress=100, result=result, finished_at=at)


def give_up(session: Session, key: uuid.UUID, *, failure: str, at: datetime) -> None:
    """Mark a study as failed; nothing else was touched by it."""
    _update(session, key, status=StudyStatus.FAILED, finished_at=at, failure=failure)


def _update(session: Session, key: uuid.UUID, **values: Any) -> None:
    session.execute(
        sa.update(PlanningStudy)
        .where(PlanningStudy.id == key, PlanningStudy.status.in_(AT_WORK))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
