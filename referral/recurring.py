"""On which days help comes: RFC 5545 rules of days, with the holidays and shifted working days of the house's calendar.

A rule is kept as text, such as `FREQ=WEEKLY;BYDAY=TU,FR`. Its days are slots; a slot whose day is not worked is kept,
left out or moved, as the plan says. Only rules are taken whose days never run dry: an endless search for a day that
does not exist would stop a page.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from hashlib import sha256

from dateutil.rrule import rrulestr

from models import FreeDays
from models.errors import DomainError
from referral.clock import WorkCalendar

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
ALLOWED = {"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "COUNT", "UNTIL", "WKST"}
MOST_INTERVAL = {"DAILY": 366, "WEEKLY": 52, "MONTHLY": 6, "YEARLY": 4}
MOST_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
LONGEST = 255
MOST_COUNT = 1000
FARTHEST = 10
"""Days by which a visit is moved at the most; one that finds no working day until then falls away."""
SETTLED = 40
"""Days before a window from which moves may reach into it: longer than any run of free days and moved visits."""


class RuleNotUnderstood(DomainError):
    """The recurrence is not one of days that this house plans by."""

    code = "rule_not_understood"


@dataclass(frozen=True)
class Slot:
    """A day that the rule gives, and the day on which the visit is due in the end."""

    day: date
    due_on: date
    provisional: bool
    """The holidays that decide about it are not yet published."""


def check(text: str) -> str:
    """Return a rule in its usual form; raise RuleNotUnderstood for one that is wrong or that may never give a day."""
    parts = parts_of(text)
    freq, interval = parts["FREQ"], int(parts.get("INTERVAL", "1"))
    if not 1 <= interval <= MOST_INTERVAL[freq]:
        raise RuleNotUnderstood
    days = parts["BYDAY"].split(",") if "BYDAY" in parts else []
    counted = any(day not in WEEKDAYS for day in days)
    month_days = _numbers(parts, "BYMONTHDAY", range(-31, 32))
    months = _numbers(parts, "BYMONTH", range(1, 13))
    if "COUNT" in parts and ("UNTIL" in parts or not 1 <= int(parts["COUNT"]) <= MOST_COUNT):
        raise RuleNotUnderstood
    if any(day[-2:] not in WEEKDAYS or (day[:-2] and not 1 <= abs(int(day[:-2])) <= 5) for day in days):
        raise RuleNotUnderstood
    if counted and (freq not in ("MONTHLY", "YEARLY") or month_days or (freq == "YEARLY" and not months)):
        raise RuleNotUnderstood
    if interval > 1 and (months or (freq == "DAILY" and (days or month_days))):
        raise RuleNotUnderstood
    if month_days and freq == "WEEKLY":
        raise RuleNotUnderstood
    if month_days and not any(abs(day) <= MOST_DAYS[month - 1] for day in month_days for month in months or (1,)):
        raise RuleNotUnderstood
    return ";".join(f"{name}={value}" for name, value in parts.items())


def parts_of(text: str) -> dict[str, str]:
    """Return the parts of a rule by name, FREQ first; raise RuleNotUnderstood for what is no rule of days."""
    text = text.strip().upper().removeprefix("RRULE:").replace(" ", "")
    pairs = [part.partition("=") for part in text.split(";") if part]
    parts = {name: value for name, _, value in pairs}
    known = len(parts) == len(pairs) and parts.keys() <= ALLOWED and all(parts.values()) and len(text) <= LONGEST
    if not known or parts.get("FREQ") not in MOST_INTERVAL or parts.get("WKST", "MO") not in WEEKDAYS:
        raise RuleNotUnderstood
    for name in ("INTERVAL", "COUNT"):
        if not parts.get(name, "1").isascii() or not parts.get(name, "1").isdigit():
            raise RuleNotUnderstood
    if "UNTIL" in parts:
        try:
            if len(parts["UNTIL"]) != len("20261231"):
                raise ValueError(parts["UNTIL"])
            date.fromisoformat(parts["UNTIL"])
        except ValueError:
            raise RuleNotUnderstood from None
    try:
        [int(day[:-2] or 1) for day in parts.get("BYDAY", "MO").split(",")]
    except ValueError:
        raise RuleNotUnderstood from None
    return {"FREQ": parts.pop("FREQ")} | parts


def _numbers(parts: dict[str, str], name: str, within: range) -> list[int]:
    try:
        found = [int(value) for value in parts[name].split(",")] if name in parts else []
    except ValueError:
        raise RuleNotUnderstood from None
    if any(number not in within or number == 0 for number in found):
        raise RuleNotUnderstood
    return found


def days(rule: str, starts_on: date, first: date, last: date) -> Iterator[date]:
    """Yield the days of a checked rule from `first` to `last`, both included, in order."""
    found = rrulestr(rule, dtstart=datetime.combine(starts_on, time()))
    begin = datetime.combine(first, time())
    for moment in found.xafter(begin, inc=True):
        if moment.date() > last:
            return
        yield moment.date()


def is_free(day: date, rule: str, calendar: WorkCalendar) -> bool:
    """Say whether a visit does not come on a day by itself.

    A published holiday always is free. A weekend is free unless the rule names that day of the week or it is worked
    instead of another day (调休).
    """
    if day in calendar.holidays:
        return True
    return not calendar.is_working(day) and WEEKDAYS[day.weekday()] not in _named(rule)


@lru_cache(maxsize=256)
def _named(rule: str) -> frozenset[str]:
    return frozenset(day[-2:] for day in parts_of(rule).get("BYDAY", "").split(",") if day)


def slots(
    rule: str,
    free_days: FreeDays,
    calendar: WorkCalendar,
    *,
    starts_on: date,
    ends_on: date | None,
    first: date,
    last: date,
) -> list[Slot]:
    """Return the visits whose own day lies from `first` to `last`, with the day on which each is due.

    A visit that is moved goes to the next working day on which the plan has none already, ten days on at the most and
    not past the plan's end; else it falls away, like one that is skipped. What is found for a day does not depend on
    the window it is asked in.
    """
    end = min(last, ends_on) if ends_on else last
    begin = max(starts_on, first - timedelta(days=SETTLED))
    native = list(days(rule, starts_on, begin, end + timedelta(days=FARTHEST)))
    taken = {day for day in native if not is_free(day, rule, calendar)}
    found = []
    for day in native:
        if day > end:
            break
        provisional = free_days is not FreeDays.KEEP and day > calendar.published_until
        due_on: date | None = day
        if free_days is not FreeDays.KEEP and is_free(day, rule, calendar):
            due_on = _next(day, taken, calendar) if free_days is FreeDays.NEXT_WORKING_DAY else None
            if due_on is not None:
                taken.add(due_on)
        if due_on is None or (ends_on is not None and due_on > ends_on) or day < first:
            continue
        found.append(Slot(day, due_on, provisional or (due_on != day and due_on > calendar.published_until)))
    return found


def _next(day: date, taken: set[date], calendar: WorkCalendar) -> date | None:
    for later in (day + timedelta(days=n) for n in range(1, FARTHEST + 1)):
        if calendar.is_working(later) and later not in taken:
            return later
    return None


def fingerprint(calendar: WorkCalendar) -> str:
    """Return what tells one calendar from another, so that plans are remade when a holiday is published or moved."""
    text = ",".join(map(str, sorted(calendar.holidays))) + "/" + ",".join(map(str, sorted(calendar.worked)))
    return sha256(text.encode()).hexdigest()
