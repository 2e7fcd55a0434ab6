"""Recurrences against the calendar of 2026: published holidays, shifted working days, and any rule that is taken."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import FreeDays
from referral.clock import WorkCalendar
from referral.recurring import (
    FARTHEST,
    WEEKDAYS,
    RuleNotUnderstood,
    Slot,
    check,
    days,
    fingerprint,
    is_free,
    parts_of,
    slots,
)

D = date.fromisoformat
END = D("2026-12-31")


def run(first: str, last: str) -> list[date]:
    """Every day from one to another."""
    return [D(first) + timedelta(n) for n in range((D(last) - D(first)).days + 1)]


HOLIDAYS = [
    *run("2026-01-01", "2026-01-03"), *run("2026-02-15", "2026-02-23"), *run("2026-04-04", "2026-04-06"),
    *run("2026-05-01", "2026-05-05"), *run("2026-06-19", "2026-06-21"), *run("2026-09-25", "2026-09-27"),
    *run("2026-10-01", "2026-10-07"),
]  # fmt: skip
WORKED = [D(f"2026-{day}") for day in ("01-04", "02-14", "02-28", "05-09", "09-20", "10-10")]
CALENDAR = WorkCalendar(HOLIDAYS, WORKED, END)


def due(rule: str, first: str, last: str, how: FreeDays, **more: date | None) -> list[str]:
    """Days on which a plan's visits are due, as month and day."""
    found = slots(check(rule), how, CALENDAR, starts_on=D(first), ends_on=more.get("ends_on"), first=D(first),
                  last=D(last))  # fmt: skip
    return [f"{slot.due_on:%m-%d}" for slot in found]


@pytest.mark.parametrize(
    ("start", "one", "two", "three"),
    [
        ("2026-02-13", "02-14", "02-24", "02-25"),
        ("2026-04-30", "05-06", "05-07", "05-08"),
        ("2026-06-18", "06-22", "06-23", "06-24"),
        ("2026-09-18", "09-20", "09-21", "09-22"),
        ("2026-09-30", "10-08", "10-09", "10-10"),
        ("2026-01-01", "01-04", "01-05", "01-06"),
    ],
)
def test_every_working_day_goes_by_the_published_notices(start: str, one: str, two: str, three: str) -> None:
    after = f"{D(start) + timedelta(1)}"
    assert due("FREQ=DAILY", after, "2026-12-30", FreeDays.SKIP)[:3] == [one, two, three]


def test_a_visit_of_a_holiday_is_left_out_moved_or_kept() -> None:
    rule, week = "FREQ=WEEKLY;BYDAY=TU,FR", ("2026-09-28", "2026-10-11")
    assert due(rule, *week, FreeDays.SKIP) == ["09-29", "10-09"]
    assert due(rule, *week, FreeDays.KEEP) == ["09-29", "10-02", "10-06", "10-09"]
    # Friday's goes to Thursday 8; Tuesday's finds Thursday and Friday taken and takes the Saturday worked instead.
    assert due(rule, *week, FreeDays.NEXT_WORKING_DAY) == ["09-29", "10-08", "10-10", "10-09"]


def test_a_day_of_the_weekend_that_was_agreed_is_no_free_day_but_a_holiday_is() -> None:
    assert due("FREQ=WEEKLY;BYDAY=SA", "2026-09-19", "2026-10-10", FreeDays.SKIP) == ["09-19", "10-10"]
    assert due("FREQ=MONTHLY;BYMONTHDAY=15", "2026-08-01", "2026-08-31", FreeDays.SKIP) == []  # a Saturday
    assert due("FREQ=MONTHLY;BYMONTHDAY=15", "2026-08-01", "2026-08-31", FreeDays.NEXT_WORKING_DAY) == ["08-17"]
    assert due("FREQ=DAILY", "2026-09-19", "2026-09-20", FreeDays.SKIP) == ["09-20"]  # a Sunday that is worked


def test_a_moved_visit_does_not_leave_the_plan() -> None:
    rule = "FREQ=WEEKLY;BYDAY=FR"
    assert due(rule, "2026-09-28", "2026-10-31", FreeDays.NEXT_WORKING_DAY, ends_on=D("2026-10-07")) == []
    assert due(rule, "2026-09-28", "2026-10-31", FreeDays.NEXT_WORKING_DAY, ends_on=D("2026-10-08")) == ["10-08"]


def test_what_is_not_published_yet_is_provisional() -> None:
    found = slots("FREQ=DAILY", FreeDays.SKIP, CALENDAR, starts_on=D("2026-12-30"), ends_on=None,
                  first=D("2026-12-30"), last=D("2027-01-05"))  # fmt: skip
    assert [(f"{slot.due_on:%m-%d}", slot.provisional) for slot in found] == [
        ("12-30", False), ("12-31", False), ("01-01", True), ("01-04", True), ("01-05", True),
    ]  # fmt: skip
    kept = slots("FREQ=DAILY", FreeDays.KEEP, CALENDAR, starts_on=END, ends_on=None, first=END,
                 last=END + timedelta(3))  # fmt: skip
    assert not any(slot.provisional for slot in kept)


@pytest.mark.parametrize(
    "rule",
    [
        "", "x", "FREQ=HOURLY", "FREQ=DAILY;BYHOUR=9", "FREQ=DAILY;FREQ=DAILY", "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=2MO", "FREQ=WEEKLY;BYDAY=", "FREQ=WEEKLY;BYMONTHDAY=3", "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=٣", "FREQ=DAILY;INTERVAL=7;BYDAY=TU", "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=20", "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31",
        "FREQ=MONTHLY;INTERVAL=3;BYMONTH=2", "FREQ=DAILY;COUNT=3;UNTIL=20260101", "FREQ=DAILY;UNTIL=2026-01-01",
        "FREQ=DAILY;UNTIL=20261399", "FREQ=MONTHLY;BYSETPOS=5;BYDAY=MO", "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=YEARLY;BYDAY=53MO", "FREQ=DAILY;" + "BYMONTHDAY=1,2,3,4,5,6,7,8,9," * 20,
    ],
)  # fmt: skip
def test_rules_that_are_wrong_or_may_never_give_a_day_are_refused(rule: str) -> None:
    with pytest.raises(RuleNotUnderstood):
        check(rule)


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Any rule that the pages or a supervisor may write."""
    freq = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY"]))
    parts = [f"FREQ={freq}"]
    interval = draw(st.integers(1, 6))
    if interval > 1:
        parts.append(f"INTERVAL={interval}")
    if freq == "WEEKLY" or (freq == "MONTHLY" and draw(st.booleans())):
        chosen = draw(st.sets(st.sampled_from(WEEKDAYS), min_size=1))
        parts.append("BYDAY=" + ",".join(day for day in WEEKDAYS if day in chosen))
    elif freq == "MONTHLY":
        parts.append("BYMONTHDAY=" + str(draw(st.integers(1, 31))))
    return ";".join(parts)


def brute(rule: str, starts_on: date, last: date) -> list[date]:
    """The days of such a rule, day by day, by what RFC 5545 says of each part."""
    parts = parts_of(rule)
    every = int(parts.get("INTERVAL", "1"))
    named = parts["BYDAY"].split(",") if "BYDAY" in parts else None
    found = []
    for day in (starts_on + timedelta(n) for n in range((last - starts_on).days + 1)):
        if parts["FREQ"] == "DAILY":
            fits = (day - starts_on).days % every == 0
        elif parts["FREQ"] == "WEEKLY":
            weeks = (day - timedelta(day.weekday()) - (starts_on - timedelta(starts_on.weekday()))).days // 7
            fits = weeks % every == 0
        else:
            fits = (day.year * 12 + day.month - starts_on.year * 12 - starts_on.month) % every == 0
            fits = fits and ("BYMONTHDAY" not in parts or day.day == int(parts["BYMONTHDAY"]))
        if fits and (named is None or WEEKDAYS[day.weekday()] in named):
            found.append(day)
    return found


DAYS = st.dates(D("2025-12-01"), D("2026-11-30"))


@settings(deadline=None, max_examples=150)
@given(rules(), DAYS)
def test_days_are_those_of_the_standard(rule: str, starts_on: date) -> None:
    last = starts_on + timedelta(200)
    assert list(days(check(rule), starts_on, starts_on, last)) == brute(rule, starts_on, last)


@settings(deadline=None, max_examples=150)
@given(rules(), DAYS, st.sampled_from(list(FreeDays)), st.integers(0, 60), st.one_of(st.none(), st.integers(0, 90)))
def test_what_is_due_keeps_to_the_calendar(
    rule: str, starts_on: date, how: FreeDays, cut: int, length: int | None
) -> None:
    rule = check(rule)
    ends_on = None if length is None else starts_on + timedelta(length)
    last = starts_on + timedelta(90)

    def found(first: date, until: date) -> list[Slot]:
        return slots(rule, how, CALENDAR, starts_on=starts_on, ends_on=ends_on, first=first, last=until)

    whole = found(starts_on, last)
    native = [day for day in brute(rule, starts_on, last) if ends_on is None or day <= ends_on]
    free = {day for day in native if is_free(day, rule, CALENDAR)}
    due_on = [slot.due_on for slot in whole]
    assert len(set(due_on)) == len(due_on)  # never twice on a day
    assert all(ends_on is None or day <= ends_on for day in due_on)
    assert {slot.day for slot in whole} <= set(native)
    assert {slot.day: slot.due_on for slot in whole if slot.day not in free} == {
        day: day for day in native if day not in free
    }
    moved = [slot for slot in whole if slot.day in free]
    if how is FreeDays.SKIP:
        assert moved == []
    elif how is FreeDays.KEEP:
        assert {slot.day for slot in moved} == free
    else:
        assert all(CALENDAR.is_working(slot.due_on) for slot in moved)
        assert all(0 < (slot.due_on - slot.day).days <= FARTHEST for slot in moved)
    middle = starts_on + timedelta(cut)
    assert found(starts_on, middle - timedelta(1)) + found(middle, last) == whole  # the window does not matter


@settings(deadline=None, max_examples=80)
@given(st.text("FREQ=DAILYWKMONTHBYUSPC;,0123456789-+ ", max_size=60))
def test_no_text_stops_a_page(text: str) -> None:
    try:
        rule = check(text)
    except RuleNotUnderstood:
        return
    first = D("2026-01-01")
    assert all(day >= first for day in days(rule, first, first, first + timedelta(30)))


def test_a_calendar_is_known_by_its_days() -> None:
    assert fingerprint(CALENDAR) == fingerprint(WorkCalendar(HOLIDAYS[::-1], WORKED, END))
    assert fingerprint(CALENDAR) != fingerprint(WorkCalendar(HOLIDAYS[1:], WORKED, END))
