"""The only place that reads the clock, and the arithmetic of working days."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

SHANGHAI = ZoneInfo("Asia/Shanghai")
SATURDAY = 5
DAY_SECONDS = 24 * 3600
FIRST_DAY = date(2000, 1, 1)
FIRST_MOMENT = datetime.combine(FIRST_DAY, time(), SHANGHAI).timestamp()
"""Nothing that is measured in working days began earlier."""


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """Return the date in China."""
    return local_date(now())


def local_date(moment: datetime) -> date:
    """Return the date in China on which a moment falls."""
    return moment.astimezone(SHANGHAI).date()


def start_of(day: date) -> datetime:
    """Return 00:00 in China of a day."""
    return datetime.combine(day, time(), SHANGHAI)


def end_of(day: date) -> datetime:
    """Return 24:00 in China of a day, which is when deadlines end."""
    return start_of(day + timedelta(days=1))


@dataclass(frozen=True)
class Deadline:
    """A computed end of a clock, and whether the holidays that far were not published yet."""

    at: datetime
    provisional: bool


class WorkCalendar:
    """The week, less the published holidays, with the weekends that are worked instead (调休).

    `published_until` is the last day up to which holidays are known; beyond it weekends count as free and every
    deadline is provisional.
    """

    def __init__(self, holidays: Iterable[date], worked: Iterable[date], published_until: date) -> None:
        self.holidays = frozenset(holidays)
        self.worked = frozenset(worked)
        self.published_until = published_until
        self._worked_before = _worked_before(self.holidays, self.worked)

    def is_working(self, day: date) -> bool:
        """Say whether a day is worked."""
        return day in self.worked or (day.weekday() < SATURDAY and day not in self.holidays)

    def add(self, start: date, working_days: int) -> date:
        """Return the n-th working day after `start`; `start` itself for 0."""
        day = start
        while working_days > 0:
            day += timedelta(days=1)
            working_days -= self.is_working(day)
        return day

    def deadline(self, start: datetime, working_days: int) -> Deadline:
        """Return 24:00 of the n-th working day after the day of `start`, as deadlines are read in the field."""
        day = self.add(local_date(start), working_days)
        return Deadline(end_of(day), provisional=day > self.published_until)

    def between(self, start: datetime, end: datetime) -> float:
        """Return the working days from one moment to another, with fractions of a day of 24 hours.

        Free days count nothing. Negative where `end` lies before `start`.
        """
        return self._position(end) - self._position(start)

    def _position(self, moment: datetime) -> float:
        """Return the working days from the first day of 2000 to a moment; ValueError before it."""
        seconds = moment.timestamp() - FIRST_MOMENT
        days, rest = divmod(seconds, DAY_SECONDS)
        ordinal = int(days)
        if ordinal < 0:
            raise ValueError(f"{moment} is before {FIRST_DAY}")
        before = self._counted_up_to(ordinal + 1)
        return before[ordinal] + (rest / DAY_SECONDS if before[ordinal + 1] > before[ordinal] else 0.0)

    def positions(self, moments: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return float64[n]: the working days from the first day of 2000 to moments in microseconds since 1970.

        The difference of two is what `between` gives. Raises ValueError for moments before that day.
        """
        if not len(moments):
            return np.zeros(0)
        seconds = moments / 1_000_000 - FIRST_MOMENT
        ordinals = np.floor_divide(seconds, DAY_SECONDS).astype(np.int64)
        if ordinals.min() < 0:
            raise ValueError(f"a moment is before {FIRST_DAY}")
        before = np.array(self._counted_up_to(int(ordinals.max()) + 1))
        started = seconds - ordinals * DAY_SECONDS
        return before[ordinals] + np.where(before[ordinals + 1] > before[ordinals], started / DAY_SECONDS, 0.0)

    def _counted_up_to(self, ordinal: int) -> list[int]:
        """Return the list of working days before each day, at least up to a day since the first."""
        before = self._worked_before
        while len(before) <= ordinal:
            before.append(before[-1] + self.is_working(FIRST_DAY + timedelta(days=len(before) - 1)))
        return before


@lru_cache(maxsize=8)
def _worked_before(_holidays: frozenset[date], _worked: frozenset[date]) -> list[int]:
    """Return the list of working days before each day since FIRST_DAY, filled as it is asked for, once a calendar."""
    return [0]


def a_year_back(day: date) -> date:
    """Return the day after the same day a year before, so that both days included make one year."""
    return day - timedelta(days=364)
