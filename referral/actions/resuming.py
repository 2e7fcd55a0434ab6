"""A round that stopped in the middle: its computing process died, the server was started anew, the power went.

Nothing of it was written down, so it can begin anew with its seed, its time and its parameters: where nothing has
changed, the same input gives the same fingerprint and the same plan. The process that began it may still live:
whatever it finds is thrown away, because each beginning has a moment of its own (`started_at`) that is checked before
anything is written.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Round, RoundKind, RoundStatus
from models.errors import DomainError, WrongStep
from referral.actions.rounds import AT_WORK, RoundAtWork, end_older

SOLVED = (RoundStatus.PROPOSED, RoundStatus.APPLYING, RoundStatus.APPLIED)


class RoundOvertaken(DomainError):
    """Another round of the area was computed since this one stopped: it would bring back yesterday."""

    code = "round_overtaken"


def begin_again(session: Session, stopped: Round, *, at: datetime) -> None:
    """Let a round that stopped while it was computed wait to be computed again.

    Raises WrongStep where it is not one, RoundOvertaken, or RoundAtWork where another of the area is being computed.
    """
    if overtaken(session, stopped):
        raise RoundOvertaken
    before = stopped.status
    statement = (
        sa.update(Round)
        .where(Round.id == stopped.id, Round.status.in_((RoundStatus.FAILED, *AT_WORK)))
        .values(
            status=RoundStatus.WAITING, stage="waiting", progress=0, started_at=None, finished_at=None, failure=None
        )
        .returning(Round.id)
        .execution_options(synchronize_session=False)
    )
    try:
        with session.begin_nested():
            taken = session.execute(statement).first()
    except IntegrityError as error:
        raise RoundAtWork from error
    if taken is None:
        raise WrongStep(before, RoundStatus.WAITING)
    session.expire(stopped)
    if stopped.kind is RoundKind.ORDINARY:
        end_older(session, stopped.area_code, at=at)


def overtaken(session: Session, stopped: Round) -> bool:
    """Say whether another round over all needs of the area was computed since. One query."""
    since = sa.select(Round.id).where(
        Round.area_code == stopped.area_code,
        Round.kind != RoundKind.FOLLOW_UP,
        Round.created_at > stopped.created_at,
        Round.status.in_(SOLVED),
    )
    return session.scalar(since.limit(1)) is not None
