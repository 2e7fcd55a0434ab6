"""Limits that were set otherwise than usual, and what held before."""

from collections.abc import Sequence
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import HoursThreshold
from referral.plausibility import LIMITS

SHOWN = 100


def changed(session: Session) -> dict[str, HoursThreshold]:
    """Return the ones in force by name. One statement."""
    every = sa.select(HoursThreshold).order_by(HoursThreshold.set_at, HoursThreshold.id)
    return {one.name: one for one in session.scalars(every)}


def history(session: Session) -> Sequence[HoursThreshold]:
    """Return what was set, newest first, with who set it. One statement."""
    every = sa.select(HoursThreshold).options(joinedload(HoursThreshold.set_by))
    return session.scalars(every.order_by(HoursThreshold.set_at.desc(), HoursThreshold.id.desc()).limit(SHOWN)).all()


def number(session: Session, name: str) -> int:
    """Return a limit in force as a whole number. One statement."""
    newest = sa.select(HoursThreshold.value).where(HoursThreshold.name == name)
    found: Decimal | None = session.scalar(
        newest.order_by(HoursThreshold.set_at.desc(), HoursThreshold.id.desc()).limit(1)
    )
    return int(LIMITS[name].value if found is None else found)
