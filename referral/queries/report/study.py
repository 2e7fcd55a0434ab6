"""Did it help? People served beside people alike who still waited, dose and change, and cohorts of first service."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Area, AreaKind, Measure, Need, Outcome, Person, Sex, Visit
from models.person import completed_years
from referral.access import in_area, scope, without_scope
from referral.clock import end_of, local_date
from referral.queries.report.frame import Frame
from referral.queries.report.kept import months_between, next_month

KNOWN = ("age", "urgency", "needs", "baseline")
"""What was known before and is weighed in the propensity score."""
EXACT = ("woman", "urban")
"""What must be the same in a pair."""
SOON = 7
"""Days after the first service in which a baseline still counts as one."""
FOLLOWED = 6
"""Months after the first for which a cohort is followed."""


@dataclass(frozen=True)
class Subject:
    """Somebody with a score before and one after, served or waiting, by what was known before."""

    person_id: UUID
    served: bool
    known: tuple[float, ...]
    exact: tuple[float, ...]
    change: float
    person_times: int
    """Between the two scores."""


@dataclass(frozen=True)
class Cohort:
    """People first served in one month: how many, and how many of them were served in each month after."""

    month: date
    n: int
    later: tuple[int, ...]


@dataclass(frozen=True)
class Study:
    """What the study page is made of."""

    subjects: list[Subject]
    cohorts: list[Cohort]
    new_persons: int

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return known, exact, served and change as columns."""
        return (
            np.array([one.known for one in self.subjects], dtype=float).reshape(-1, len(KNOWN)),
            np.array([one.exact for one in self.subjects], dtype=float).reshape(-1, len(EXACT)),
            np.array([one.served for one in self.subjects], dtype=bool),
            np.array([one.change for one in self.subjects], dtype=float),
        )


def days_of_help(session: Session, frame: Frame) -> dict[UUID, list[date]]:
    """Return the days on which each person was met, up to the end of the frame. One statement."""
    rows = session.execute(
        sa.select(Visit.person_id, Visit.started_at)
        .where(*frame.met_ever(), Visit.started_at < end_of(frame.end))
        .order_by(Visit.started_at)
    )
    found: dict[UUID, list[date]] = defaultdict(list)
    for person, moment in rows:
        found[person].append(local_date(moment))
    return found


def study(session: Session, frame: Frame, measure: Measure) -> Study:
    """Return the people of a study and its cohorts. Four statements."""
    days = days_of_help(session, frame)
    served = {person: listed for person, listed in days.items() if listed[0] >= frame.start}
    return Study(_subjects(session, frame, measure, days), _cohorts(frame, served), len(served))


def _cohorts(frame: Frame, served: dict[UUID, list[date]]) -> list[Cohort]:
    found = []
    for month in months_between(frame.start, frame.end):
        mine = [listed for listed in served.values() if listed[0].replace(day=1) == month]
        months = [month]
        while len(months) <= FOLLOWED and next_month(months[-1]) <= frame.end:
            months.append(next_month(months[-1]))
        later = [
            sum(1 for listed in mine if any(day.replace(day=1) == after for day in listed)) for after in months[1:]
        ]
        found.append(Cohort(month, len(mine), tuple(later)))
    return found


def _subjects(session: Session, frame: Frame, measure: Measure, days: dict[UUID, list[date]]) -> list[Subject]:
    scores: dict[UUID, list[tuple[date, float]]] = defaultdict(list)
    for person, day, score in session.execute(
        sa.select(Outcome.person_id, Outcome.taken_on, Outcome.score)
        .where(Outcome.measure == measure, Outcome.score.is_not(None), Outcome.taken_on <= frame.end)
        .order_by(Outcome.taken_on, Outcome.id)
    ):
        scores[person].append((day, float(score or 0)))
    needs: dict[UUID, tuple[int, int, date]] = {}
    asked = sa.select(
        Need.person_id, sa.func.min(Need.urgency_rank), sa.func.count(), sa.func.min(Need.opened_at)
    ).where(scope(frame.actor, Need), Need.opened_at < end_of(frame.end))
    if frame.area_code:
        asked = asked.where(in_area(Need.area_code, frame.area_code))
    for person, rank, count, opened in session.execute(asked.group_by(Need.person_id)):
        needs[person] = (rank, count, local_date(opened))
    found = []
    chosen: dict[UUID, tuple[bool, tuple[date, float], tuple[date, float], int]] = {}
    for person, taken in scores.items():
        if person not in needs:
            continue
        first = days[person][0] if person in days else None
        pair = _pair(taken, first, frame)
        if pair is None:
            continue
        helped, before, after = pair
        dose = sum(1 for day in days.get(person, ()) if before[0] <= day <= after[0]) if helped else 0
        chosen[person] = (helped, before, after, dose)
    facts = _facts(session, list(chosen))
    for person, (helped, before, after, dose) in sorted(chosen.items()):
        born_on, sex, urban = facts.get(person, (None, None, False))
        if born_on is None or sex is None:
            continue
        rank, count, _opened = needs[person]
        age = float(completed_years(born_on, before[0]))
        found.append(
            Subject(
                person,
                helped,
                (age, float(rank), float(count), before[1]),
                (float(sex is Sex.FEMALE), float(urban)),
                after[1] - before[1],
                dose,
            )
        )
    return found


def _pair(
    taken: list[tuple[date, float]], first: date | None, frame: Frame
) -> tuple[bool, tuple[date, float], tuple[date, float]] | None:
    """Return (served, score before, score after), or None for whom the study can say nothing.

    Served: first met in the period, with a last score up to a week after that and a last one later. Waiting: two
    scores before anybody came, the later one in the period.
    """
    if first is not None and first >= frame.start:
        before = [one for one in taken if (one[0] - first).days <= SOON]
        after = [one for one in taken if (one[0] - first).days > SOON]
        if before and after:
            return True, before[-1], after[-1]
    waited = [one for one in taken if first is None or one[0] < first]
    if len(waited) >= 2 and waited[-1][0] >= frame.start and waited[0][0] < waited[-1][0]:
        return False, waited[0], waited[-1]
    return None


def _facts(session: Session, people: list[UUID]) -> dict[UUID, tuple[date | None, Sex | None, bool]]:
    found: dict[UUID, tuple[Any, Any, bool]] = {}
    with without_scope(session, because="age, sex and kind of village of people of the study, for matching them"):
        for first in range(0, len(people), 500):
            rows = session.execute(
                sa.select(Person.id, Person.born_on, Person.sex, Area.kind)
                .outerjoin(Area, Area.code == Person.area_code)
                .where(Person.id.in_(people[first : first + 500]))
            )
            found |= {key: (born_on, sex, kind is AreaKind.URBAN) for key, born_on, sex, kind in rows}
    return found
