"""For whom, and at what cost: townships, sexes, ages, programs."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Area, Program, Sex
from models.area import township_code
from referral.queries.report.counted import NeedCell, Somebody
from referral.queries.report.done import hours, hundredths
from referral.queries.report.entries import Entries, total
from referral.queries.report.figures import AGE_BANDS, Group, ProgramLine

UNKNOWN_AGE = "?"


@dataclass(frozen=True)
class Parts:
    """What groups are made of: person-times, who they were for, needs."""

    met: Entries
    people: Mapping[Any, Somebody]
    needs: Sequence[NeedCell]

    def groups(self, labels: Sequence[Any], places: np.ndarray, of_need: Callable[[NeedCell], Any]) -> dict[Any, Group]:
        """Return the groups that each person-time's place in a list of labels and keys of needs make."""
        many = len(labels)
        persons = self.met.distinct_by("person", places, many)
        times = np.bincount(places, minlength=many)
        minutes = total(self.met.minutes, places, many)
        asked: dict[Any, list[NeedCell]] = defaultdict(list)
        for need in self.needs:
            asked[of_need(need)].append(need)
        place_of = {label: place for place, label in enumerate(labels) if times[place]}
        found = {}
        for label in {*place_of, *asked}:
            place = place_of.get(label)
            found[label] = Group(
                label,
                persons=int(persons[place]) if place is not None else 0,
                person_times=int(times[place]) if place is not None else 0,
                hours=hours(int(minutes[place])) if place is not None else hours(0),
                needs=sum(need.needs for need in asked[label]),
                needs_met=sum(need.met for need in asked[label]),
            )
        return found

    def by_person(self, of_person: Callable[[Somebody], Any]) -> tuple[list[Any], np.ndarray]:
        """Return labels and the place among them of each person-time, by what is known of its person."""
        labels: dict[Any, int] = {}
        place_of = np.zeros(len(self.met.lists["people"]) + 1, dtype=np.int64)
        for one, somebody in self.people.items():
            place_of[one] = labels.setdefault(of_person(somebody), len(labels))
        return list(labels), place_of[self.met.person]


def by_township(session: Session, parts: Parts) -> list[Group]:
    """Return the townships by code. One statement."""
    prefixes, place_of = np.unique(
        np.array([bytes(code)[:9].decode() for code in parts.met.lists["areas"]], dtype=object).astype(str),
        return_inverse=True,
    )
    groups = parts.groups(prefixes.tolist(), place_of[parts.met.area], lambda need: need.township)
    found = {township_code(prefix): group for prefix, group in groups.items()}
    areas = session.scalars(sa.select(Area).where(Area.code.in_(found)).order_by(Area.code))
    return [found[area.code].called(area) for area in areas]


def by_sex(parts: Parts) -> list[Group]:
    """Return women, men, and people whose sex is not recorded, where there are any."""
    found = parts.groups(*parts.by_person(lambda one: one.sex), lambda need: need.sex)
    return [found[sex] for sex in (Sex.FEMALE, Sex.MALE, None) if sex in found]


def by_age(parts: Parts) -> list[Group]:
    """Return bands of age on the last day of the period; `?` for people without a birth date."""
    found = parts.groups(*parts.by_person(lambda one: one.age_from), lambda need: need.age_from)
    labels = {first: label for label, first, _last in AGE_BANDS} | {None: UNKNOWN_AGE}
    return [found[first].called(label) for first, label in labels.items() if first in found]


def by_program(session: Session, met: Entries) -> list[ProgramLine]:
    """Return what each program gave against its contract. One statement."""
    given = met.where(met.program >= 0)
    many = len(given.lists["programs"])
    households = given.distinct_by("household", given.program, many)
    persons = given.distinct_by("person", given.program, many)
    units = total(given.units, given.program, many)
    places = {given.key("programs", place): place for place in range(many) if persons[place]}
    programs = session.scalars(sa.select(Program).where(Program.id.in_(places)).order_by(Program.name))
    return [
        _line(program, int(households[place]), int(persons[place]), hundredths(int(units[place])))
        for program in programs
        for place in [places[program.id]]
    ]


def _line(program: Program, households: int, persons: int, units: Decimal) -> ProgramLine:
    return ProgramLine(
        program,
        households=households,
        persons=persons,
        units=units,
        spent=(units * program.unit_price).quantize(Decimal("0.01")) if program.unit_price is not None else None,
    )
