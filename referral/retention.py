"""How long each kind of record is kept, from seed/retention.csv, and what happens when its time is up."""

import csv
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from referral.clock import SHANGHAI
from referral.resources import seed


@dataclass(frozen=True)
class Period:
    """One row of the list. `happens` is wipe (what identifies is removed), delete (the rows go) or keep."""

    kind: str
    number: int | None
    unit: str
    happens: str
    origin: str
    """national, or a proposal of ours that the operator settles with whoever answers for it in law."""
    counted_from_zh: str
    counted_from_en: str
    basis_zh: str
    basis_en: str

    def end(self, start: datetime) -> datetime | None:
        """Return when a record's time is up; None for what is kept."""
        if self.number is None:
            return None
        return _years_later(start, self.number) if self.unit == "year" else start + timedelta(days=self.number)

    def before(self, at: datetime) -> datetime | None:
        """Return the moment before which a record must have begun for its time to be up at `at`; None: never."""
        if self.number is None or self.happens == "keep":
            return None
        return _years_later(at, -self.number) if self.unit == "year" else at - timedelta(days=self.number)


def _years_later(moment: datetime, years: int) -> datetime:
    here = moment.astimezone(SHANGHAI)
    day = 28 if (here.month, here.day) == (2, 29) else here.day
    return here.replace(year=here.year + years, day=day).astimezone(moment.tzinfo)


@cache
def periods() -> dict[str, Period]:
    """Return the list by kind, in its order."""
    with (seed() / "retention.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["kind"]: Period(**(row | {"number": int(row["number"]) if row["number"] else None}))  # type: ignore[arg-type]
            for row in csv.DictReader(file)
        }


def period(kind: str) -> Period:
    """Return the period of one kind; KeyError for a kind that the list does not have."""
    return periods()[kind]
