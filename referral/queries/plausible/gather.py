"""Visits as arrays, with all that the rules ask about them: six statements, however many visits there are."""

import math
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Area,
    Case,
    CaseExit,
    CaseStatus,
    CaseStep,
    ContactResult,
    Contract,
    ContractLine,
    ContractStatus,
    Location,
    NotePrint,
    Program,
    Referral,
    ServicePlan,
    TaxonomyTerm,
    Visit,
    VisitKind,
)
from models.visit import REACHED
from referral.access import without_scope
from referral.clock import local_date
from referral.plausibility import Limits
from referral.queries import thresholds

Prints = Mapping[uuid.UUID, tuple[str, str]]
WHY = "visits are held against all others of the worker and of the person, whoever logged them; only figures come out"
NEVER = -(10**9)
ALWAYS = 10**9
AWAY = (VisitKind.HOME_VISIT, VisitKind.DELIVERY)
"""Kinds for which the worker goes to where the person lives."""


@dataclass(frozen=True)
class Gathered:
    """Visits in the order of worker and time; days are numbers of days, times are minutes."""

    keys: list[uuid.UUID]
    written: Any
    """Rank of the key: the later entry has the greater."""
    worker: Any
    """Number of the worker; −1 where nobody is named."""
    person: Any
    household: Any
    organization: Any
    term: Any
    term_codes: list[str]
    longest: Any
    activity: Any
    """Number of the group session; −1 for a visit of its own."""
    start: Any
    minutes: Any
    day: Any
    reached: Any
    by_phone: Any
    handed_over: Any
    """A meal, goods or money brought: the person may be with somebody else."""
    latitude: Any
    longitude: Any
    died: Any
    """Day on which the death became known; ALWAYS where the person lives."""
    exited: Any
    """Day on which the case had ended; ALWAYS where it goes on."""
    referral_from: Any
    referral_to: Any
    other_person: Any
    """Whether the referral is somebody else's."""
    contracted: Any
    """Whether a contract speaks of this help by this provider."""
    covered: Any
    """Whether one in force covers the day."""
    prints: list[tuple[str, str] | None]
    month: Any


def limits(session: Session) -> Limits:
    """Return the limits in force. One statement."""
    return Limits({name: one.value for name, one in thresholds.changed(session).items()})


def gather(
    session: Session, conditions: Sequence[sa.ColumnElement[bool]], limits: Limits, new_prints: Prints | None = None
) -> Gathered:
    """Return the visits that fit the conditions, without replaced ones; `new_prints` are not written yet."""
    just_made = new_prints or {}
    with without_scope(session, because=WHY):
        rows = _rows(session, conditions)
        deaths, exits = _ends(session, conditions)
        lines = _lines(session)
        places = _places(session)
        programs = {row[0]: (row[1], row[2]) for row in session.execute(
            sa.select(Program.id, Program.starts_on, Program.ends_on))}  # fmt: skip
    ranks = {key: rank for rank, key in enumerate(sorted(row.id for row in rows))}
    number = _Numbers()
    moments = np.array([row.started_at.timestamp() / 60 for row in rows], dtype=float)
    days = [local_date(row.started_at) for row in rows]
    spots = [_spot(row, places) for row in rows]
    spans = [_span(row) for row in rows]
    bought = [_bought(row, day, lines, programs) for row, day in zip(rows, days, strict=True)]
    return Gathered(
        keys=[row.id for row in rows],
        written=np.array([ranks[row.id] for row in rows], dtype=np.int64),
        worker=number("worker", (_worker(row) for row in rows)),
        person=number("person", (row.person_id for row in rows)),
        household=number("household", (row.household_id for row in rows)),
        organization=number("organization", (row.organization_id for row in rows)),
        term=number("term", (row.term_id for row in rows)),
        term_codes=[row.code for row in rows],
        longest=np.array([math.inf if row.unit == "天" else limits.longest(row.code) for row in rows], dtype=float),
        activity=number("activity", (row.activity_key for row in rows)),
        start=moments,
        minutes=np.array([row.minutes for row in rows], dtype=float),
        day=np.array([day.toordinal() for day in days], dtype=np.int64),
        reached=np.array([row.contact_result in REACHED for row in rows], dtype=bool),
        by_phone=np.array([row.kind is VisitKind.PHONE for row in rows], dtype=bool),
        handed_over=np.array([row.kind is VisitKind.DELIVERY for row in rows], dtype=bool),
        latitude=np.array([spot[0] for spot in spots], dtype=float),
        longitude=np.array([spot[1] for spot in spots], dtype=float),
        died=np.array([deaths.get(row.person_id, ALWAYS) for row in rows], dtype=np.int64),
        exited=np.array(
            [_exit_before(exits.get(row.case_id, ()), day) for row, day in zip(rows, days, strict=True)], dtype=np.int64
        ),
        referral_from=np.array([span[0] for span in spans], dtype=np.int64),
        referral_to=np.array([span[1] for span in spans], dtype=np.int64),
        other_person=np.array([bool(row.asked_for and row.asked_for != row.person_id) for row in rows], dtype=bool),
        contracted=np.array([one[0] for one in bought], dtype=bool),
        covered=np.array([one[1] for one in bought], dtype=bool),
        prints=[(row.whole, row.sketch) if row.whole else just_made.get(row.id) for row in rows],
        month=np.array([day.year * 12 + day.month for day in days], dtype=np.int64),
    )


class _Numbers:
    """Whole numbers for keys, each kind counted apart; −1 for nothing."""

    def __init__(self) -> None:
        self.known: dict[str, dict[Any, int]] = defaultdict(dict)

    def __call__(self, kind: str, keys: Iterable[Any]) -> Any:
        known = self.known[kind]
        return np.array([-1 if key is None else known.setdefault(key, len(known)) for key in keys], dtype=np.int64)


def _worker(row: Any) -> Any:
    return row.worker_id or ((row.organization_id, row.worker_name) if row.worker_name else None)


def _rows(session: Session, conditions: Sequence[sa.ColumnElement[bool]]) -> Sequence[Any]:
    statement = (
        sa.select(
            Visit.id, Visit.person_id, Visit.household_id, Visit.case_id, Visit.organization_id, Visit.program_id,
            Visit.term_id, Visit.area_code, Visit.worker_id, Visit.worker_name, Visit.kind, Visit.contact_result,
            Visit.started_at, Visit.minutes, Visit.activity_key, TaxonomyTerm.code, TaxonomyTerm.unit,
            Referral.person_id.label("asked_for"), Referral.answered_at, Referral.started_at.label("began_at"),
            Referral.ended_at, ServicePlan.starts_on, ServicePlan.ends_on, NotePrint.whole, NotePrint.sketch,
        )
        .join(TaxonomyTerm, TaxonomyTerm.id == Visit.term_id)
        .outerjoin(Referral, Referral.id == Visit.referral_id)
        .outerjoin(ServicePlan, ServicePlan.referral_id == Visit.referral_id)
        .outerjoin(NotePrint, NotePrint.visit_id == Visit.id)
        .where(*conditions, ~Visit.replaced)
        .order_by(Visit.started_at, Visit.id)
    )  # fmt: skip
    return session.execute(statement).all()


def _ends(
    session: Session, conditions: Sequence[sa.ColumnElement[bool]]
) -> tuple[dict[Any, int], dict[Any, list[tuple[int, int]]]]:
    """Return the day of each death, by person, and the spans in which each case had ended."""
    people = sa.select(Visit.person_id).where(*conditions)
    deaths: dict[Any, int] = {}
    told = sa.select(Visit.person_id, sa.func.min(Visit.started_at)).where(
        Visit.contact_result == ContactResult.DIED, ~Visit.replaced, Visit.person_id.in_(people)
    )
    for person, at in session.execute(told.group_by(Visit.person_id)):
        deaths[person] = local_date(_moment(at)).toordinal()
    steps = (
        sa.select(CaseStep.case_id, CaseStep.at, CaseStep.to_status, Case.person_id, Case.exit_reason, Case.status)
        .join(Case, Case.id == CaseStep.case_id)
        .where(
            sa.or_(CaseStep.to_status == CaseStatus.EXITED, CaseStep.from_status == CaseStatus.EXITED),
            Case.person_id.in_(people),
        )
        .order_by(CaseStep.at, CaseStep.id)
    )
    exits: dict[Any, list[tuple[int, int]]] = defaultdict(list)
    for row in session.execute(steps):
        day = local_date(row.at).toordinal()
        if row.to_status is CaseStatus.EXITED:
            exits[row.case_id].append((day, ALWAYS))
            if row.exit_reason is CaseExit.DIED and row.status is CaseStatus.EXITED:
                deaths[row.person_id] = min(deaths.get(row.person_id, ALWAYS), day)
        elif exits[row.case_id]:
            exits[row.case_id][-1] = (exits[row.case_id][-1][0], day)
    return deaths, exits


def _moment(at: Any) -> datetime:
    assert isinstance(at, datetime)  # noqa: S101  the column's type says so on both databases
    return at


def _exit_before(spans: Iterable[tuple[int, int]], day: date) -> int:
    here = day.toordinal()
    return min((first for first, last in spans if first < here < last), default=ALWAYS)


def _span(row: Any) -> tuple[int, int]:
    """Return the first and the last day of the help: from the answer, or the plan, to the end of either.

    A plan may be written down after the help was agreed: the answer counts where there is one.
    """
    began = row.answered_at or row.began_at
    first = local_date(began) if began else row.starts_on
    lasts = [local_date(row.ended_at).toordinal()] if row.ended_at else []
    if row.ends_on:
        lasts.append(row.ends_on.toordinal())
    return first.toordinal() if first else NEVER, min(lasts, default=ALWAYS)


def _lines(session: Session) -> dict[Any, list[Any]]:
    statement = (
        sa.select(
            Contract.provider_id, ContractLine.term_id, ContractLine.program_id, ContractLine.starts_on,
            ContractLine.ends_on,
        )
        .join(Contract, Contract.id == ContractLine.contract_id)
        .where(Contract.status != ContractStatus.DRAFT)
    )  # fmt: skip
    lines: dict[Any, list[Any]] = defaultdict(list)
    for row in session.execute(statement):
        lines[row.provider_id, row.term_id].append(row)
    return lines


def _bought(row: Any, day: date, lines: Any, programs: Any) -> tuple[bool, bool]:
    """Return whether a contract or program with a period speaks of the visit, and whether one covers its day."""
    found = [
        (line.starts_on, line.ends_on)
        for line in lines.get((row.organization_id, row.term_id), ())
        if line.program_id in (None, row.program_id)
    ]
    if not found and row.program_id in programs and programs[row.program_id] != (None, None):
        found = [programs[row.program_id]]
    covered = any((first is None or first <= day) and (last is None or day <= last) for first, last in found)
    return bool(found), covered


def _places(session: Session) -> tuple[dict[Any, Any], dict[Any, Any]]:
    areas = {row[0]: row[1:] for row in session.execute(sa.select(Area.code, Area.latitude, Area.longitude))}
    there = sa.select(Location.organization_id, Location.latitude, Location.longitude).where(
        Location.latitude.is_not(None), Location.longitude.is_not(None)
    )
    several: dict[Any, set[tuple[float, float]]] = defaultdict(set)
    for key, latitude, longitude in session.execute(there):
        several[key].add((latitude or 0.0, longitude or 0.0))
    # Where an organization works at several places nobody knows at which this was.
    return areas, {key: next(iter(spots)) for key, spots in several.items() if len(spots) == 1}


def _spot(row: Any, places: tuple[dict[Any, Any], dict[Any, Any]]) -> tuple[float, float]:
    areas, organizations = places
    found = areas.get(row.area_code) if row.kind in AWAY else organizations.get(row.organization_id)
    if not found or found[0] is None or found[1] is None:
        return math.nan, math.nan
    return found[0], found[1]
