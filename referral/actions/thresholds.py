"""Setting the limits by which visits are flagged."""

from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, HoursThreshold


def set_limit(session: Session, name: str, value: Decimal, *, source: str, by: Account, at: datetime) -> HoursThreshold:
    """Set a limit otherwise than usual, with where that comes from; the last one counts."""
    there = session.scalar(sa.select(HoursThreshold).where(HoursThreshold.name == name))
    if there is None:
        there = HoursThreshold(name=name, value=value, source=source, set_by_id=by.id, set_at=at)
        session.add(there)
    there.value, there.source, there.set_by_id, there.set_at = value, source, by.id, at
    session.flush()
    return there
