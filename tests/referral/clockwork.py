"""What the tests of the clock's work share: a referral that waits, and what was told of it."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Message, MessageKind, Referral
from referral import jobs
from tests.factories import AT, make_capacity, make_need, refer


def requested(session: Session, **extra: Any) -> Referral:
    """A referral that waits for an answer until Thursday 24:00."""
    referral = refer(session, make_need(session, **extra), make_capacity(session), by=None, at=AT)
    session.commit()
    return referral


def told(session: Session, kind: MessageKind) -> int:
    return session.scalar(sa.select(sa.func.count(Message.id)).where(Message.kind == kind)) or 0


def job(name: str) -> jobs.Job:
    return next(one for one in jobs.JOBS if one.name == name)


def after(referral: Referral) -> datetime:
    assert referral.answer_by is not None
    return referral.answer_by + timedelta(minutes=1)
