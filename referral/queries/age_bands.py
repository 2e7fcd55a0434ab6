"""Ages as bands, worked out by the database, for whoever may not know a birth date."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from referral.access import coarse


def years_before(day: date, years: int) -> date:
    """Return the latest day of birth of somebody who has lived so many years on a day."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)


def age_from(born_on: Any, day: date, firsts: Sequence[int]) -> Any:
    """Return an SQL expression: the first year of the band of age on a day, 0 below `firsts`, NULL if unknown."""
    bands = [(born_on <= years_before(day, first), first) for first in sorted(firsts, reverse=True)]
    return coarse(sa.case((born_on.is_(None), sa.null()), *bands, else_=0))
