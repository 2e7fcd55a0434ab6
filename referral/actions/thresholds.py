"""Setting the limits by which visits are flagged, and the days after which somebody is visited again."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from models import Account, HoursThreshold
from models.errors import DomainError
from referral.plausibility import LIMITS, PER_TERM, WHOLE, WORKING_DAYS_MOST


class LimitOutOfRange(DomainError):
    """A limit is a number above 0; days are whole ones, and no more than a year of them."""

    code = "limit_out_of_range"


def set_limit(session: Session, name: str, value: Decimal, *, source: str, by: Account, at: datetime) -> HoursThreshold:
    """Set a limit otherwise than usual, with where that comes from; the last one counts, those before stay.

    `name` is one of `LIMITS`, or `too_long.<code of a term>`. Raises LimitOutOfRange, KeyError for another name.
    """
    if name not in LIMITS and not name.startswith(PER_TERM):
        raise KeyError(name)
    if value <= 0 or (name in WHOLE and (value % 1 or value > WORKING_DAYS_MOST)):
        raise LimitOutOfRange
    made = HoursThreshold(name=name, value=value, source=source, set_by_id=by.id, set_at=at)
    session.add(made)
    session.flush()
    return made
