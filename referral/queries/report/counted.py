"""What the report counts, read once: the entries of visits, the people served, the needs.

Every figure of what was done and for whom is a sum over these; distinct people are counted by their keys. One pass
over the visits instead of a dozen keeps the page quick.
"""

from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import Need, NeedStatus, Person, Sex, Visit
from models.visit import REACHED
from referral.access import coarse, without_scope
from referral.clock import start_of
from referral.queries.age_bands import age_from
from referral.queries.report.figures import AGE_BANDS
from referral.queries.report.frame import Frame

MET_STATUSES = (NeedStatus.MET, NeedStatus.PARTLY_MET)


class Entry(NamedTuple):
    """One entry of a visit, reached or not.

    There are many, so keys stay as the database gives them (`key_of` makes a UUID) and amounts are whole hundredths.
    """

    person: Any
    household: Any
    term: Any
    program: Any
    month: int
    """Position of the month in the period, from 0."""
    township: str
    """The first nine digits of the village's code."""
    result: str
    """Code of the contact result."""
    minutes: int
    units: int
    amount: int | None
    """Hundredths of a unit, and fen."""
    activity: Any

    @property
    def reached(self) -> bool:
        """Whether the entry counts as a person-time."""
        return self.result in REACHED


class Somebody(NamedTuple):
    """What a report says of a person who was served."""

    sex: Sex | None
    age_from: int | None
    """First year of the band of age on the last day of the period; None for people without a birth date."""


class NeedCell(NamedTuple):
    """Needs opened in one township by people of one sex and band of age."""

    township: str
    sex: Sex | None
    age_from: int | None
    needs: int
    met: int


RAW = sa.types.NullType()
"""Keeps a value as the database driver gives it."""


def raw(column: sa.ColumnElement[Any] | InstrumentedAttribute[Any]) -> sa.ColumnElement[Any]:
    """Return a column without the conversion of its type."""
    return sa.type_coerce(column, RAW)


def key_of(value: Any) -> UUID:
    """Return a raw key as a UUID; SQLite keeps 32 hexadecimal digits, PostgreSQL a uuid."""
    return value if isinstance(value, UUID) else UUID(value)


def count_if(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    """Return the aggregate that counts rows with a condition, the same on both databases."""
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


def months_of(frame: Frame) -> list[date]:
    """Return the first day of each month that a frame touches."""
    first, months = frame.start.replace(day=1), []
    while first <= frame.end:
        months.append(first)
        first = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return months


def _month(frame: Frame) -> sa.ColumnElement[int]:
    """Months are told apart by their borders in China, the same on every database."""
    borders = [start_of(first) for first in months_of(frame)[1:]]
    if not borders:
        return sa.literal(0)
    return sa.case(
        *((Visit.started_at < border, position) for position, border in enumerate(borders)), else_=len(borders)
    )


def _township(column: Any) -> Any:
    return coarse(sa.func.substr(column, 1, 9))


def _age(frame: Frame) -> Any:
    return age_from(Person.born_on, frame.end, [first for _label, first, _last in AGE_BANDS if first])


def entries(session: Session, frame: Frame) -> list[Entry]:
    """Return all entries of visits in a frame. One statement."""
    keys = (Visit.person_id, Visit.household_id, Visit.term_id, Visit.program_id)
    rest = (Visit.contact_result, Visit.minutes, Visit.units, Visit.amount, Visit.activity_key)
    statement = sa.select(*map(raw, keys), _month(frame), _township(Visit.area_code), *map(raw, rest)).where(
        *frame.entries()
    )
    return list(map(Entry._make, session.execute(statement)))


def people(session: Session, frame: Frame) -> dict[Any, Somebody]:
    """Return everybody served in a frame by raw key. One statement."""
    statement = sa.select(raw(Person.id), Person.sex, _age(frame)).where(frame.served_person(Person.id))
    with without_scope(session, because="sex and band of age of those whose visits the reader may see, for sums"):
        rows = session.execute(statement).all()
    return {key: Somebody(sex, age) for key, sex, age in rows}


def need_cells(session: Session, frame: Frame) -> list[NeedCell]:
    """Return the cells of all needs opened in a frame. One statement."""
    township, age = _township(Need.area_code), _age(frame)
    statement = (
        sa.select(township, Person.sex, age, sa.func.count(Need.id), count_if(Need.status.in_(MET_STATUSES)))
        .join(Person, Person.id == Need.person_id)
        .where(*frame.needs())
        .group_by(sa.literal_column("1"), Person.sex, sa.literal_column("3"))
    )
    with without_scope(session, because="sex and band of age of those whose needs the reader may see, for sums"):
        return list(map(NeedCell._make, session.execute(statement)))
