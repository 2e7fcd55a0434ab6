"""Rows made in memory and written in bulk: the same seed, the same rows, keys and all."""

import random
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.sql.schema import CallableColumnDefault, ScalarElementColumnDefault

from models import Base
from models.base import Record
from referral.actions.numbering import number_text
from referral.clock import WorkCalendar, local_date, start_of

Made = TypeVar("Made", bound=Base)
Progress = Callable[[str], None]
BATCH = 5000


def key_from(rng: random.Random, at: datetime) -> uuid.UUID:
    """Return a UUIDv7-shaped key dated `at`, drawn from a generator instead of the system's randomness."""
    value = (int(at.timestamp() * 1000) & (1 << 48) - 1) << 80 | rng.getrandbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    return uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


class World:
    """Everything that is going to be written, and the chance and the calendar it is made with.

    Nothing in it lies later than 00:00 of `today`, so that no record comes from the future at whatever hour it is
    loaded.
    """

    def __init__(self, today: date, calendar: WorkCalendar, seed: int) -> None:
        self.today = today
        self.now = start_of(today)
        self.calendar = calendar
        self.rng = random.Random(seed)  # noqa: S311  invented people, no secret
        self.made: dict[type[Base], list[Any]] = defaultdict(list)

    def add(self, record: Made, at: datetime | None = None) -> Made:
        """Take a record in, with a key of its time where it has none, and return it."""
        if isinstance(record, Record) and record.id is None:
            record.id = key_from(self.rng, at or self.now)
            record.created_at = at or self.now
        self.made[type(record)].append(record)
        return record

    def all(self, kind: type[Made]) -> list[Made]:
        """Return the records of a kind in the order they were made."""
        return self.made[kind]

    # Time

    def day(self, days_ago: float) -> date:
        """Return the working day so many days ago, or the last one before it; never today."""
        day = min(self.today - timedelta(days=round(days_ago)), self.today - timedelta(days=1))
        while not self.calendar.is_working(day):
            day -= timedelta(days=1)
        return day

    def moment(self, day: date, first: float = 8.5, last: float = 17.0) -> datetime:
        """Return a moment of a day between two hours, in steps of five minutes."""
        steps = self.rng.randint(round(first * 12), round(last * 12))
        return start_of(day) + timedelta(minutes=5 * steps)

    def after(self, at: datetime, working_days: int) -> datetime:
        """Return a moment some working days after another; the same day stays later than `at`, all in office hours."""
        if working_days > 0:
            return self.moment(self.calendar.add(local_date(at), working_days))
        return at + timedelta(minutes=5 * self.rng.randint(2, 9))

    # Chance

    def chance(self, share: float) -> bool:
        """Say yes in a share of cases."""
        return self.rng.random() < share

    def weighted(self, choices: Mapping[Any, float]) -> Any:
        """Return one of the keys, by weight."""
        return self.rng.choices(list(choices), list(choices.values()))[0]

    def spread(self, share: float, sequence: Sequence[Any]) -> list[Any]:
        """Return a share of a sequence, in its order."""
        return [one for one in sequence if self.chance(share)]

    # Numbers

    def number(self, kind: type[Any], at: Callable[[Any], datetime]) -> None:
        """Give every record of a kind its running number, in the order of its time."""
        last: dict[int, int] = defaultdict(int)
        for record in sorted(self.made[kind], key=lambda record: (at(record), record.id)):
            year = local_date(at(record)).year
            last[year] += 1
            record.number = number_text(kind, year, last[year])

    # Writing

    def write(self, session: Session, progress: Progress) -> int:
        """Write every row, table by table, each after those it points to; return how many there are."""
        total = 0
        for table in Base.metadata.sorted_tables:
            records = [one for kind, ones in self.made.items() if sa.inspect(kind).local_table is table for one in ones]
            if not records:
                continue
            rows = [as_row(record) for record in records]
            for start in range(0, len(rows), BATCH):
                session.execute(sa.insert(table), rows[start : start + BATCH])
            total += len(rows)
            progress(f"{table.name}: {len(rows)}")
        return total


def _default(column: sa.Column[Any]) -> Any:
    """Return what a column holds where nothing is said; columns of these records have no other defaults."""
    if isinstance(column.default, ScalarElementColumnDefault):
        return column.default.arg
    if isinstance(column.default, CallableColumnDefault):
        return column.default.arg(None)  # type: ignore[arg-type]
    return None


def as_row(record: Base) -> dict[str, Any]:
    """Return every column of a record that was never in a session, with its default where it was not set."""
    mapper = sa.inspect(type(record))
    row = {}
    for name, column in mapper.columns.items():
        if column.computed is not None:
            continue
        if name in record.__dict__:
            row[column.name] = record.__dict__[name]
        else:
            row[column.name] = _default(column)
    return row
