"""The periods of which figures are told to whoever may see no names: whole months, quarters and years that are over.

With free days one report taken from another would tell of a single day. These periods lie within each other, so that
one plan can decide for all of them what is withheld.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from referral.i18n import _
from referral.queries.report.kept import next_month

YEARS_BACK = 3


@dataclass(frozen=True, order=True)
class Period:
    """A month (2026-09), a quarter (2026-Q3) or a year (2025)."""

    start: date
    end: date

    @property
    def months(self) -> int:
        """How many months it has."""
        return (self.end.year - self.start.year) * 12 + self.end.month - self.start.month + 1

    @property
    def code(self) -> str:
        """As it stands in addresses."""
        if self.months == 12:
            return str(self.start.year)
        if self.months == 3:
            return f"{self.start.year}-Q{(self.start.month + 2) // 3}"
        return f"{self.start:%Y-%m}"

    def __str__(self) -> str:
        """In the reader's language."""
        if self.months == 12:
            return _("Year %(year)s", year=self.start.year)
        if self.months == 3:
            return _("%(year)s, quarter %(quarter)s", year=self.start.year, quarter=(self.start.month + 2) // 3)
        return f"{self.start:%Y-%m}"


def spanning(first: date, months: int) -> Period:
    """Return the period of so many months from a first day."""
    after = first
    for _month in range(months):
        after = next_month(after)
    return Period(first, after - timedelta(days=1))


def of_year(year: int, today: date) -> list[Period]:
    """Return the periods of a year that are over, the shorter first: months, quarters, the year."""
    firsts = [date(year, month, 1) for month in range(1, 13)]
    every = [spanning(first, 1) for first in firsts]
    every += [spanning(first, 3) for first in firsts[::3]]
    every.append(spanning(firsts[0], 12))
    return [period for period in every if period.end < today]


def over(today: date) -> list[Period]:
    """Return the periods to choose from, the newest first: years, quarters, months."""
    every = [period for year in range(today.year - YEARS_BACK, today.year + 1) for period in of_year(year, today)]
    return sorted(every, key=lambda period: (-period.months, -period.start.toordinal()))


def latest_quarter(today: date) -> Period:
    """Return the last quarter that is over."""
    return next(period for period in over(today) if period.months == 3)


def exact(start: date, end: date, today: date) -> Period | None:
    """Return the period that begins and ends on these days, if there is one that is over."""
    return next((period for period in over(today) if (period.start, period.end) == (start, end)), None)
