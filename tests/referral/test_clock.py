"""Working days as the field counts them."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral import resources
from referral.clock import SATURDAY, SHANGHAI, WorkCalendar, end_of, local_date, start_of
from referral.queries.gathering.raw import moment

HOLIDAYS_2026 = [
    *(date(2026, 1, 1) + timedelta(days=n) for n in range(3)),
    *(date(2026, 2, 15) + timedelta(days=n) for n in range(9)),
    *(date(2026, 4, 4) + timedelta(days=n) for n in range(3)),
    *(date(2026, 5, 1) + timedelta(days=n) for n in range(5)),
    *(date(2026, 6, 19) + timedelta(days=n) for n in range(3)),
    *(date(2026, 9, 25) + timedelta(days=n) for n in range(3)),
    *(date(2026, 10, 1) + timedelta(days=n) for n in range(7)),
]
WORKED_2026 = [date.fromisoformat(f"2026-{day}") for day in ("01-04", "02-14", "02-28", "05-09", "09-20", "10-10")]
CALENDAR = WorkCalendar(HOLIDAYS_2026, WORKED_2026, date(2026, 12, 31))

VECTORS = [
    ("2026-02-13", ["02-14", "02-24", "02-25"]),
    ("2026-04-30", ["05-06", "05-07", "05-08"]),
    ("2026-06-18", ["06-22", "06-23", "06-24"]),
    ("2026-09-18", ["09-20", "09-21", "09-22"]),
    ("2026-09-30", ["10-08", "10-09", "10-10"]),
    ("2026-01-01", ["01-04", "01-05", "01-06"]),
]


@pytest.mark.parametrize(("start", "following"), VECTORS)
def test_make_up_weekends_are_worked_and_holidays_are_not(start: str, following: list[str]) -> None:
    for n, day in enumerate(following, start=1):
        assert CALENDAR.add(date.fromisoformat(start), n) == date.fromisoformat(f"2026-{day}")


def test_deadlines_end_at_midnight_in_china() -> None:
    deadline = CALENDAR.deadline(datetime(2026, 9, 14, 15, 59, tzinfo=UTC), 1)
    assert deadline.at == datetime(2026, 9, 16, tzinfo=SHANGHAI)
    assert not deadline.provisional


def test_after_midnight_in_china_it_is_the_next_day() -> None:
    assert local_date(datetime(2026, 9, 14, 16, 0, tzinfo=UTC)) == date(2026, 9, 15)


def test_beyond_the_published_holidays_a_deadline_is_provisional() -> None:
    deadline = CALENDAR.deadline(datetime(2026, 12, 31, 2, tzinfo=UTC), 1)
    assert deadline.provisional
    assert local_date(deadline.at - timedelta(seconds=1)) == date(2027, 1, 1)


def test_time_between_counts_working_days_with_fractions() -> None:
    friday_noon = datetime(2026, 9, 11, 12, tzinfo=SHANGHAI)
    monday_noon = datetime(2026, 9, 14, 12, tzinfo=SHANGHAI)
    assert CALENDAR.between(friday_noon, monday_noon) == pytest.approx(1.0)
    assert CALENDAR.between(monday_noon, friday_noon) == pytest.approx(-1.0)
    assert CALENDAR.between(friday_noon, friday_noon + timedelta(hours=6)) == pytest.approx(0.25)


days = st.dates(date(2026, 1, 1), date(2026, 12, 1))


@given(days, st.integers(0, 30), st.integers(0, 30))
def test_adding_in_two_steps_is_adding_at_once(day: date, first: int, second: int) -> None:
    assert CALENDAR.add(CALENDAR.add(day, first), second) == CALENDAR.add(day, first + second)


@given(days, st.integers(0, 20))
def test_the_time_to_a_deadline_is_its_working_days(day: date, n: int) -> None:
    end = end_of(CALENDAR.add(day, n))
    own = 1 if CALENDAR.is_working(day) else 0
    assert CALENDAR.between(start_of(day), end) == pytest.approx(n + own)


moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 6, 1), timezones=st.just(UTC))  # noqa: DTZ001  bounds


@given(st.lists(st.tuples(moments, moments), max_size=20))
def test_many_times_at_once_are_those_taken_one_by_one(pairs: list[tuple[datetime, datetime]]) -> None:
    begins, ends = (np.array([moment(one[side]) for one in pairs], dtype=np.int64) for side in (0, 1))
    at_once = CALENDAR.positions(ends) - CALENDAR.positions(begins)
    assert at_once.tolist() == pytest.approx([CALENDAR.between(begin, end) for begin, end in pairs], abs=1e-6)


def test_moments_before_the_first_day_have_no_place() -> None:
    with pytest.raises(ValueError, match="2000-01-01"):
        CALENDAR.positions(np.array([0], dtype=np.int64))


def test_the_shipped_calendar_is_the_published_one() -> None:
    seeded = (resources.seed() / "calendar.csv").read_text(encoding="utf-8")
    for day in WORKED_2026:
        assert f"{day.isoformat()},working" in seeded
    for day in (day for day in HOLIDAYS_2026 if day.weekday() < SATURDAY):
        assert f"{day.isoformat()},holiday" in seeded
