"""For whom, and at what cost: townships, sexes, ages, programs."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Area, Need, Person, Program, Sex, Visit
from models.area import township_code
from referral.queries.report.done import HOUSEHOLDS, MINUTES, PERSON_TIMES, PERSONS, UNITS, hours
from referral.queries.report.figures import AGE_BANDS, Group, ProgramLine, Tally
from referral.queries.report.frame import Frame
from referral.queries.report.funnel import MET_STATUSES, count_if


def _groups(session: Session, frame: Frame, visit_key: Any, need_key: Any, *, joined: bool) -> dict[Any, Tally]:
    """Return sums by a key of visits and by the same key of needs. Two statements."""
    visits = sa.select(visit_key, PERSONS, PERSON_TIMES, MINUTES).select_from(Visit)
    needs = sa.select(need_key, sa.func.count(Need.id), count_if(Need.status.in_(MET_STATUSES))).select_from(Need)
    if joined:
        visits = visits.join(Person, Person.id == Visit.person_id)
        needs = needs.join(Person, Person.id == Need.person_id)
    found: dict[Any, Tally] = defaultdict(Tally)
    for key, persons, times, minutes in session.execute(visits.where(*frame.visits()).group_by(visit_key)):
        found[key].persons, found[key].person_times, found[key].minutes = persons, times, minutes
    for key, total, met in session.execute(needs.where(*frame.needs()).group_by(need_key)):
        found[key].needs, found[key].met = total, int(met)
    return found


def _group(label: Any, tally: Tally) -> Group:
    return Group(label, tally.persons, tally.person_times, hours(tally.minutes), tally.needs, tally.met)


def by_township(session: Session, frame: Frame) -> list[Group]:
    """Return the townships of a frame, by code. Three statements."""
    sums = _groups(
        session, frame, sa.func.substr(Visit.area_code, 1, 9), sa.func.substr(Need.area_code, 1, 9), joined=False
    )
    codes = sorted(township_code(prefix) for prefix in sums)
    areas = {area.code: area for area in session.scalars(sa.select(Area).where(Area.code.in_(codes)))}
    return [_group(areas[code], sums[code[:9]]) for code in codes if code in areas]


def by_sex(session: Session, frame: Frame) -> list[Group]:
    """Return women, men, and people whose sex is not recorded, where there are any. Two statements."""
    sums = _groups(session, frame, Person.sex, Person.sex, joined=True)
    return [_group(sex, sums[sex]) for sex in (Sex.FEMALE, Sex.MALE, None) if sex in sums]


def by_age(session: Session, frame: Frame) -> list[Group]:
    """Return bands of age on the last day of the period. Two statements."""
    band = sa.case(
        *(
            (
                sa.and_(
                    Person.born_on > _years_before(frame.end, last + 1),
                    Person.born_on <= _years_before(frame.end, first),
                ),
                label,
            )
            for label, first, last in AGE_BANDS
        ),
        else_="?",
    )
    sums = _groups(session, frame, band, band, joined=True)
    return [_group(label, sums[label]) for label in (*(band[0] for band in AGE_BANDS), "?") if label in sums]


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)


def by_program(session: Session, frame: Frame) -> Sequence[ProgramLine]:
    """Return what each program gave against its contract. One statement."""
    sums = (
        sa.select(
            Visit.program_id,
            HOUSEHOLDS.label("households"),
            PERSONS.label("persons"),
            UNITS.label("units"),
        )
        .where(*frame.visits(), Visit.program_id.is_not(None))
        .group_by(Visit.program_id)
        .subquery()
    )
    rows = session.execute(
        sa.select(Program, sums.c.households, sums.c.persons, sums.c.units)
        .join(sums, sums.c.program_id == Program.id)
        .order_by(Program.name)
    ).all()
    return [
        ProgramLine(
            program,
            households,
            persons,
            Decimal(units),
            (Decimal(units) * program.unit_price).quantize(Decimal("0.01")) if program.unit_price is not None else None,
        )
        for program, households, persons, units in rows
    ]
