"""Limits by which a logged visit is found implausible, and days of re-visits: what each is, and where it comes from.

A limit that a city sets otherwise is a row of `HoursThreshold`; a limit for one kind of help is named
`too_long.<code of the term>`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from referral.i18n import lazy


@dataclass(frozen=True)
class Limit:
    """One limit: its usual value, what it is counted in, and why."""

    value: Decimal
    unit: object
    what: object
    source: object


def _limit(value: str, unit: object, what: object, source: object) -> Limit:
    return Limit(Decimal(value), unit, what, source)


LIMITS: Mapping[str, Limit] = {
    "overlap_minutes": _limit(
        "5", lazy("minutes"), lazy("Two visits overlap from so much common time on"),
        lazy("Default: times are written down to five minutes"),
    ),
    "duplicate_minutes": _limit(
        "10", lazy("minutes"), lazy("The same help for the same person twice, begun within so much time"),
        lazy("Default: nobody gives the same help twice within ten minutes"),
    ),
    "travel_kmh": _limit(
        "70", lazy("km/h"), lazy("As the crow flies nobody gets from one place to the next faster"),
        lazy("Road Traffic Safety Law, Regulations Art. 45: 70 km/h on roads with one lane each way"),
    ),
    "travel_km": _limit(
        "3", lazy("km"), lazy("Shorter ways are not looked at"),
        lazy("Default: a village's coordinates stand for all its houses"),
    ),
    "too_long": _limit(
        "240", lazy("minutes"), lazy("One visit takes no longer"),
        lazy("Default: four hours; set it for one kind of help by its code"),
    ),
    "long_day": _limit(
        "660", lazy("minutes"), lazy("One worker's visits of a day take no longer altogether"),
        lazy("Labour Law Art. 36 and 41: eight hours, with overtime of three at most"),
    ),
    "copied_signs": _limit(
        "16", lazy("signs"), lazy("Shorter notes are not compared"),
        lazy("Default: short routine notes are alike without being copied"),
    ),
    "copied_times": _limit(
        "3", lazy("visits"), lazy("A note counts as copied when so many visits of a worker carry nearly the same"),
        lazy("Default"),
    ),
    "copied_share": _limit(
        "0.6", "", lazy("Notes are nearly the same when they share so much of their shingles"),
        lazy("Default: two thirds of three-sign shingles, one changed word in about thirty signs"),
    ),
    "round_visits": _limit(
        "15", lazy("visits"), lazy("Fewer visits of a worker in a month make no pattern"), lazy("Default"),
    ),
    "round_share": _limit(
        "0.8", "", lazy("Share of visits that begin on the hour and take the same number of minutes"),
        lazy("Default: by chance one visit in twelve begins on the hour where times are kept to five minutes"),
    ),
    "revisit_days": _limit(
        "20", lazy("working days"), lazy("A concluded case is visited again after so many"),
        lazy("Default: no rule names a number"),
    ),
    "revisit_again_days": _limit(
        "5", lazy("working days"), lazy("Where nobody was reached, the next try is due after so many"),
        lazy("Default"),
    ),
}  # fmt: skip
WHOLE = frozenset({"revisit_days", "revisit_again_days"})
"""Limits that are whole days."""
WORKING_DAYS_MOST = 250
PER_TERM = "too_long."
"""Begins the name of a limit for one kind of help."""


class Limits:
    """The limits in force, by name, as floats."""

    def __init__(self, changed: Mapping[str, Decimal] | None = None) -> None:
        self.changed = dict(changed or {})

    def __getitem__(self, name: str) -> float:
        """Return a limit."""
        return float(self.changed.get(name, LIMITS[name].value))

    def longest(self, term_code: str) -> float:
        """Return how long one visit of a kind of help may take, in minutes."""
        changed = self.changed.get(PER_TERM + term_code)
        return float(changed) if changed is not None else self["too_long"]
