"""A worker's planned visits as a calendar (RFC 5545): times, villages and one neutral word, never a name."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import icalendar

from referral.clock import SHANGHAI
from referral.i18n import _, in_language, pgettext
from referral.queries.plans import Line

EMPTY = "-//Yuanqiao//Planned visits//ZH"


def calendar_of(lines: Iterable[Line]) -> bytes:
    """Return the calendar; the same visits give the same bytes. Words are in the language of the moment."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", EMPTY)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _("Planned visits"))
    calendar.add("x-wr-timezone", "Asia/Shanghai")
    for line in lines:
        calendar.add_component(_event(line))
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _event(line: Line) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", f"{line.key.hex}@yuanqiao")
    # The time in the key: when it was planned. A stamp of now would make every answer another one.
    event.add("dtstamp", datetime.fromtimestamp((line.key.int >> 80) / 1000, UTC).replace(microsecond=0))
    event.add("summary", pgettext("Calendar", "Visit"))
    if line.at_time is None:
        event.add("dtstart", line.due_on)
        event.add("dtend", line.due_on + timedelta(days=1))
    else:
        begins = datetime.combine(line.due_on, line.at_time, SHANGHAI)
        event.add("dtstart", begins)
        event.add("dtend", begins + timedelta(minutes=line.minutes or 30))
    if line.village.name_zh:
        event.add("location", in_language(line.village))
    event.add("status", "TENTATIVE" if line.provisional else "CONFIRMED")
    event.add("class", "PRIVATE")
    return event


def mark_of(body: bytes) -> str:
    """Return the ETag of a calendar."""
    return sha256(body).hexdigest()[:32]
