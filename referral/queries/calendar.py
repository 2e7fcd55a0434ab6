"""The working days, from the table of published holidays."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import CalendarDay, DayKind
from referral.clock import WorkCalendar


def work_calendar(session: Session) -> WorkCalendar:
    """Return the calendar; known to the end of the last year that has a published holiday. One query."""
    days = session.execute(sa.select(CalendarDay.day, CalendarDay.kind)).all()
    holidays = [day for day, kind in days if kind is DayKind.HOLIDAY]
    known = date(max((day.year for day in holidays), default=1), 12, 31)
    return WorkCalendar(holidays, (day for day, kind in days if kind is DayKind.WORKING), known)
