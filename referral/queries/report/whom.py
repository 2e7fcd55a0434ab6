"""For whom, and at what cost: townships, sexes, ages, programs."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Area, Program, Sex
from models.area import township_code
from referral.queries.report.counted import Entry, NeedCell, Somebody, key_of
from referral.queries.report.done import hours, total
from referral.queries.report.figures import AGE_BANDS, Group, ProgramLine

UNKNOWN_AGE = "?"


@dataclass(frozen=True)
class Parts:
    """What groups are made of: person-times, who they were for, needs."""

    met: Sequence[Entry]
    people: Mapping[Any, Somebody]
    needs: Sequence[NeedCell]

    def groups(self, of_entry: Callable[[Entry], Any], of_need: Callable[[NeedCell], Any]) -> dict[Any, Group]:
        """Return the groups that keys of person-times and of needs make."""
        visits: dict[Any, list[Entry]] = defaultdict(list)
        asked: dict[Any, list[NeedCell]] = defaultdict(list)
        for entry in self.met:
            visits[of_entry(entry)].append(entry)
        for need in self.needs:
            asked[of_need(need)].append(need)
        return {
            label: Group(
                label,
                persons=len({entry.person for entry in visits[label]}),
                person_times=len(visits[label]),
                hours=hours(sum(entry.minutes for entry in visits[label])),
                needs=sum(need.needs for need in asked[label]),
                needs_met=sum(need.met for need in asked[label]),
            )
            for label in {*visits, *asked}
        }


def by_township(session: Session, parts: Parts) -> list[Group]:
    """Return the townships by code. One statement."""
    groups = parts.groups(lambda entry: entry.township, lambda need: need.township)
    found = {township_code(prefix): group for prefix, group in groups.items()}
    areas = session.scalars(sa.select(Area).where(Area.code.in_(found)).order_by(Area.code))
    return [found[area.code].called(area) for area in areas]


def by_sex(parts: Parts) -> list[Group]:
    """Return women, men, and people whose sex is not recorded, where there are any."""
    found = parts.groups(lambda entry: parts.people[entry.person].sex, lambda need: need.sex)
    return [found[sex] for sex in (Sex.FEMALE, Sex.MALE, None) if sex in found]


def by_age(parts: Parts) -> list[Group]:
    """Return bands of age on the last day of the period; `?` for people without a birth date."""
    found = parts.groups(lambda entry: parts.people[entry.person].age_from, lambda need: need.age_from)
    labels = {first: label for label, first, _last in AGE_BANDS} | {None: UNKNOWN_AGE}
    return [found[first].called(label) for first, label in labels.items() if first in found]


def by_program(session: Session, met: Sequence[Entry]) -> list[ProgramLine]:
    """Return what each program gave against its contract. One statement."""
    given: dict[Any, list[Entry]] = defaultdict(list)
    for entry in met:
        if entry.program is not None:
            given[entry.program].append(entry)
    given = {key_of(program): listed for program, listed in given.items()}
    programs = session.scalars(sa.select(Program).where(Program.id.in_(given)).order_by(Program.name))
    return [_line(program, given[program.id]) for program in programs]


def _line(program: Program, listed: Sequence[Entry]) -> ProgramLine:
    units = total(entry.units for entry in listed)
    return ProgramLine(
        program,
        households=len({entry.household for entry in listed}),
        persons=len({entry.person for entry in listed}),
        units=units,
        spent=(units * program.unit_price).quantize(Decimal("0.01")) if program.unit_price is not None else None,
    )
