"""What the report counts, read once: the entries of visits, the people served, the needs.

Every figure of what was done and for whom is a sum over these; distinct people are counted by their keys. One pass
over the visits instead of a dozen keeps the page quick.
"""

from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import Need, NeedStatus, Person, Role, Sex
from models.area import code_range
from referral.access import coarse, in_area, without_scope
from referral.access.viewer import who_is
from referral.queries.age_bands import age_from
from referral.queries.report.entries import Entries
from referral.queries.report.figures import AGE_BANDS
from referral.queries.report.frame import Frame
from referral.queries.report.kept import all_entries, months_between, read

MET_STATUSES = (NeedStatus.MET, NeedStatus.PARTLY_MET)


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
    return months_between(frame.start, frame.end)


def _township(column: Any) -> Any:
    return coarse(sa.func.substr(column, 1, 9))


def _age(frame: Frame) -> Any:
    return age_from(Person.born_on, frame.end, [first for _label, first, _last in AGE_BANDS if first])


def entries(session: Session, frame: Frame) -> Entries:
    """Return all entries of visits in a frame. One statement; for whoever reads a whole area also kept months."""
    if not reads_area(frame):
        return read(session, frame.entries())
    found = all_entries(session, frame.start, frame.end)
    codes, mask = found.area_codes(), None
    for code in {frame.actor.area_code, frame.area_code} - {None}:
        low, high = map(int, code_range(str(code)))
        here = ((codes >= low) & (codes <= high))[found.area]
        mask = here if mask is None else mask & here
    if frame.program_id:
        wanted = np.array(
            [found.key("programs", place) == frame.program_id for place in range(len(found.lists["programs"]))]
        )
        here = np.append(wanted, False)[found.program]
        mask = here if mask is None else mask & here
    return found if mask is None else found.where(mask)


def reads_area(frame: Frame) -> bool:
    """Say whether a reader's scope of visits is an area and nothing besides: then the months kept of all may serve."""
    actor = frame.actor
    viewer = who_is(actor)
    return actor.role is Role.COORDINATOR and bool(actor.area_code) and not viewer.opened_files


def people(session: Session, frame: Frame, listed: Entries) -> dict[Any, Somebody]:
    """Return everybody served in a frame by place in the list of people. One statement, or two."""
    served = np.unique(listed.person[listed.reached])
    statement = sa.select(raw(Person.id), Person.sex, _age(frame))
    with without_scope(session, because="sex and band of age of those whose visits the reader may see, for sums"):
        if not reads_area(frame):
            rows = session.execute(statement.where(frame.served_person(Person.id))).all()
        else:
            area = frame.area_code or frame.actor.area_code
            rows = session.execute(statement.where(in_area(Person.area_code, area))).all()
        place = {bytes(listed.lists["people"][one]).ljust(16, b"\0"): int(one) for one in served}
        found = {}
        for key, sex, age in rows:
            one = place.pop(key_of(key).bytes if not isinstance(key, str) else bytes.fromhex(key), None)
            if one is not None:
                found[one] = Somebody(sex, age)
        missing = list(place)
        for first in range(0, len(missing), 500):
            some = [UUID(bytes=key) for key in missing[first : first + 500]]
            for key, sex, age in session.execute(statement.where(Person.id.in_(some))):
                found[place[key_of(key).bytes]] = Somebody(sex, age)
    return found


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
