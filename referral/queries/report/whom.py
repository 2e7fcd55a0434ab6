"""For whom, and at what cost: townships, sexes, ages, programs."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Area, Program, Sex
from models.area import township_code
from models.person import completed_years
from referral.queries.report.cells import Cell, NeedCell, key_of
from referral.queries.report.done import hours, total
from referral.queries.report.figures import AGE_BANDS, Group, ProgramLine

UNKNOWN_AGE = "?"


def _groups(met: Sequence[Cell], needs: Sequence[NeedCell], key: Callable[[Any], Any]) -> dict[Any, Group]:
    """Return the groups that a key makes of cells of person-times and of needs."""
    visits: dict[Any, list[Cell]] = defaultdict(list)
    asked: dict[Any, list[NeedCell]] = defaultdict(list)
    for cell in met:
        visits[key(cell)].append(cell)
    for need in needs:
        asked[key(need)].append(need)
    return {
        label: Group(
            label,
            persons=len({cell.person for cell in visits[label]}),
            person_times=sum(cell.times for cell in visits[label]),
            hours=hours(sum(cell.minutes for cell in visits[label])),
            needs=sum(need.needs for need in asked[label]),
            needs_met=sum(need.met for need in asked[label]),
        )
        for label in {*visits, *asked}
    }


def by_township(session: Session, met: Sequence[Cell], needs: Sequence[NeedCell]) -> list[Group]:
    """Return the townships by code. One statement."""
    found = _groups(met, needs, lambda cell: cell.township)
    found = {township_code(prefix): group for prefix, group in found.items()}
    areas = session.scalars(sa.select(Area).where(Area.code.in_(found)).order_by(Area.code))
    return [found[area.code].called(area) for area in areas]


def by_sex(met: Sequence[Cell], needs: Sequence[NeedCell]) -> list[Group]:
    """Return women, men, and people whose sex is not recorded, where there are any."""
    found = _groups(met, needs, lambda cell: cell.sex)
    return [found[sex] for sex in (Sex.FEMALE, Sex.MALE, None) if sex in found]


def by_age(met: Sequence[Cell], needs: Sequence[NeedCell], on: date) -> list[Group]:
    """Return bands of age on a day; `?` for people without a birth date."""
    bands = {born: _band(born, on) for born in {cell.born_on for cell in met} | {cell.born_on for cell in needs}}
    found = _groups(met, needs, lambda cell: bands[cell.born_on])
    return [found[label] for label in (*(band[0] for band in AGE_BANDS), UNKNOWN_AGE) if label in found]


def _band(born_on: date | None, on: date) -> str:
    if born_on is None:
        return UNKNOWN_AGE
    age = completed_years(born_on, on)
    return next((label for label, first, last in AGE_BANDS if first <= age <= last), UNKNOWN_AGE)


def by_program(session: Session, met: Sequence[Cell]) -> list[ProgramLine]:
    """Return what each program gave against its contract. One statement."""
    given: dict[Any, list[Cell]] = defaultdict(list)
    for cell in met:
        if cell.program is not None:
            given[cell.program].append(cell)
    given = {key_of(program): cells for program, cells in given.items()}
    programs = session.scalars(sa.select(Program).where(Program.id.in_(given)).order_by(Program.name))
    return [_line(program, given[program.id]) for program in programs]


def _line(program: Program, cells: Sequence[Cell]) -> ProgramLine:
    units = total(cell.units for cell in cells)
    return ProgramLine(
        program,
        households=len({cell.household for cell in cells}),
        persons=len({cell.person for cell in cells}),
        units=units,
        spent=(units * program.unit_price).quantize(Decimal("0.01")) if program.unit_price is not None else None,
    )
