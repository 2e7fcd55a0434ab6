"""Limits that were set otherwise than usual."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import HoursThreshold


def changed(session: Session) -> dict[str, HoursThreshold]:
    """Return them by name. One statement."""
    return {one.name: one for one in session.scalars(sa.select(HoursThreshold))}
