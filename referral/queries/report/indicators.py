"""Indicators beside the sums of visits: plans kept, needs matched, cases found early, re-visits, satisfaction."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Case,
    CaseExit,
    CaseStatus,
    CaseStep,
    Contract,
    ContractLine,
    Need,
    PlannedStatus,
    PlannedVisit,
    Referral,
    Revisit,
    RevisitResult,
    Role,
    Satisfaction,
    Settlement,
    SettlementLine,
    SettlementStatus,
    Visit,
    VisitFlag,
)
from models.case import PROACTIVE_SOURCES, CaseSource
from models.outcome import GOALS
from referral import clock
from referral.access import in_area, scope, without_scope
from referral.clock import end_of, start_of
from referral.queries.report.counted import count_if
from referral.queries.report.done import hundredths
from referral.queries.report.entries import Entries, total
from referral.queries.report.frame import Frame
from referral.queries.report.funnel import ACCEPTED
from referral.queries.report.measured import Mean, Share, UnitLine
from referral.queries.report.outcomes import Pair, mean_interval

DUE = (PlannedStatus.PLANNED, PlannedStatus.DONE, PlannedStatus.MISSED)
"""Moved visits are counted where they were moved to; cancelled ones were not due."""
AS_EXPECTED = 50
"""T score of somebody whose goals are reached as expected, by their weights."""
FOUND_OUT = (RevisitResult.LASTING, RevisitResult.PARTLY_LASTING, RevisitResult.NEED_AGAIN)


def narrowed(frame: Frame, record: Any) -> list[sa.ColumnElement[bool]]:
    """Return the conditions of scope, area and program for a record that has these columns itself."""
    conditions = [scope(frame.actor, record)]
    if frame.area_code:
        conditions.append(in_area(record.area_code, frame.area_code))
    if frame.program_id:
        conditions.append(record.program_id == frame.program_id)
    return conditions


def due_visits(frame: Frame) -> list[sa.ColumnElement[bool]]:
    """Return the conditions for planned visits that were due in the frame: up to yesterday, or done already."""
    return [
        *narrowed(frame, PlannedVisit),
        PlannedVisit.due_on.between(frame.start, frame.end),
        PlannedVisit.status.in_(DUE),
        sa.or_(PlannedVisit.due_on < clock.today(), PlannedVisit.status == PlannedStatus.DONE),
    ]


def planned(session: Session, frame: Frame) -> list[Any]:
    """Return (unit, done, visits, hundredths of units, people) of what was due. One statement on an index alone."""
    done = PlannedVisit.status == PlannedStatus.DONE
    with without_scope(session, because="sums of planned visits that the conditions narrow to the reader's"):
        return list(
            session.execute(
                sa.select(
                    PlannedVisit.unit,
                    done.label("done"),
                    sa.func.count(),
                    sa.func.sum(sa.type_coerce(PlannedVisit.units, sa.BigInteger)),
                    sa.func.count(PlannedVisit.person_id.distinct()),
                )
                .where(*due_visits(frame))
                .group_by(PlannedVisit.unit, done)
            )
        )


def coverage(rows: Iterable[Any]) -> Share:
    """Return planned visits that were done, of those due; of the people behind them the most of any unit."""
    visits, people = {True: 0, False: 0}, {True: 0, False: 0}
    for _unit, done, count, _units, persons in rows:
        visits[bool(done)] += count
        people[bool(done)] = max(people[bool(done)], persons)
    return Share("coverage", visits[True], sum(visits.values()), (people[True], people[False]))


def unit_lines(session: Session, frame: Frame, rows: Iterable[Any], met: Entries) -> list[UnitLine]:
    """Return planned, kept, delivered, approved, contracted and paid units by unit. One statement."""
    units: dict[str, list[int]] = defaultdict(lambda: [0] * 6)
    people: dict[str, list[int]] = defaultdict(lambda: [0] * 9)
    for unit, done, _count, hundreds, persons in rows:
        units[unit][0] += int(hundreds)
        people[unit][0] = max(people[unit][0], persons)
        if done:
            units[unit][1], people[unit][1] = int(hundreds), persons
        else:
            people[unit][6] = persons
    many = len(met.lists["unit_names"])
    masks = {2: met.units > 0, 3: met.approved > 0, 4: met.contracted > 0}
    masks |= {7: met.approved < met.units, 8: met.approved > met.contracted}
    for place, mask in masks.items():
        given = met.where(mask)
        persons = given.distinct_by("person", given.unit, many)
        sums = (
            total(given.columns[("units", "approved", "contracted")[place - 2]], given.unit, many)
            if place < 5
            else None
        )
        for number, text in enumerate(met.lists["unit_names"]):
            key = bytes(text).decode()
            people[key][place] = int(persons[number])
            if sums is not None:
                units[key][place] = int(sums[number])
    sheets = paid(session, frame)
    for unit, (hundreds, homes) in (sheets or {}).items():
        units[unit][5], people[unit][5] = hundreds, homes
    found = []
    for unit in sorted(units, key=lambda one: (-units[one][2], one)):
        if any(units[unit]):
            due, kept, delivered, approved, contracted, settled = map(hundredths, units[unit])
            told = None if sheets is None else settled
            found.append(UnitLine(unit, due, kept, delivered, approved, contracted, told, tuple(people[unit])))
    return found


def paid(session: Session, frame: Frame) -> dict[str, tuple[int, int]] | None:
    """Return the hundredths of units of paid sheets of the months of a frame, and households, by unit.

    None where sheets cannot tell it: for a township, for days of a broken month, for a reader of one station.
    One statement.
    """
    whole_months = frame.start.day == 1 and (frame.end + timedelta(days=1)).day == 1
    actor = frame.actor
    if not whole_months or actor.role not in {Role.COORDINATOR, Role.EVALUATOR}:
        return None
    if frame.area_code and frame.area_code[6:] != "000000":
        return None
    program = frame.program_id or actor.program_id
    conditions = [
        in_area(Contract.area_code, actor.area_code),
        in_area(Contract.area_code, frame.area_code or actor.area_code),
        Settlement.status == SettlementStatus.PAID,
        Settlement.month.between(frame.start, frame.end),
    ]
    if program is not None or actor.role is Role.EVALUATOR:
        conditions.append(ContractLine.program_id == program)
    with without_scope(session, because="units that were paid for, by contracts of the reader's area or program"):
        rows = session.execute(
            sa.select(
                ContractLine.unit,
                sa.func.sum(
                    sa.type_coerce(SettlementLine.units, sa.BigInteger)
                    + sa.type_coerce(SettlementLine.adjusted_units, sa.BigInteger)
                ),
                sa.func.max(SettlementLine.households),
            )
            .select_from(SettlementLine)
            .join(Settlement, Settlement.id == SettlementLine.settlement_id)
            .join(ContractLine, ContractLine.id == SettlementLine.line_id)
            .join(Contract, Contract.id == ContractLine.contract_id)
            .where(*conditions)
            .group_by(ContractLine.unit)
        )
        return {unit: (int(hundreds), int(homes)) for unit, hundreds, homes in rows}


def past_due(frame: Frame) -> list[sa.ColumnElement[bool]]:
    """Return the conditions for needs opened in the period whose day had passed at its end."""
    return [*frame.needs(), Need.due_at <= end_of(frame.end)]


def taken_on() -> sa.ColumnElement[bool]:
    """Return the condition that a provider has taken a need on, whatever became of it later."""
    return sa.exists().where(Referral.need_id == Need.id, ACCEPTED)


def matched(session: Session, frame: Frame) -> Share:
    """Return needs past their day that a provider has taken on. One statement."""
    with without_scope(session, because="whether a provider has taken on a need that the reader may see"):
        whole, part = session.execute(
            sa.select(sa.func.count(), count_if(taken_on())).select_from(Need).where(*past_due(frame))
        ).one()
    return Share("match_rate", int(part), int(whole))


def leads(frame: Frame) -> list[sa.ColumnElement[bool]]:
    """Return the conditions for cases of the frame whose way here is known; imported ones were no leads."""
    return [*frame.cases(), Case.source != CaseSource.IMPORT]


def discovered(session: Session, frame: Frame) -> Share:
    """Return cases that somebody went and found, of all leads. One statement."""
    whole, part = session.execute(
        sa.select(sa.func.count(), count_if(Case.source.in_(PROACTIVE_SOURCES))).select_from(Case).where(*leads(frame))
    ).one()
    return Share("discovery", int(part), int(whole))


def cases_of(frame: Frame) -> list[sa.ColumnElement[bool]]:
    """Return the conditions for cases of any time in the frame's scope, area and program."""
    conditions = [scope(frame.actor, Case)]
    if frame.area_code:
        conditions.append(in_area(Case.area_code, frame.area_code))
    if frame.program_id:
        conditions.append(frame.served_person(Case.person_id))
    return conditions


def exits(session: Session, frame: Frame) -> list[tuple[CaseExit, int]]:
    """Return why cases ended beside the main road in the period, the most frequent first. One statement."""
    left = (
        sa.select(sa.func.max(CaseStep.at))
        .where(CaseStep.case_id == Case.id, CaseStep.to_status == CaseStatus.EXITED)
        .scalar_subquery()
    )
    with without_scope(session, because="when a case that the reader may see came to its end"):
        rows = session.execute(
            sa.select(Case.exit_reason, sa.func.count())
            .where(
                *cases_of(frame),
                Case.status == CaseStatus.EXITED,
                left >= start_of(frame.start),
                left < end_of(frame.end),
            )
            .group_by(Case.exit_reason)
        )
        return sorted(((why, n) for why, n in rows if why is not None), key=lambda one: (-one[1], one[0]))


def revisited(session: Session, frame: Frame) -> Share:
    """Return re-visits with a finding, of those that were due in the period. One statement."""
    good = sa.and_(Revisit.done_on.is_not(None), Revisit.result.in_(FOUND_OUT))
    within = sa.select(Case.id).where(*cases_of(frame))
    with without_scope(session, because="re-visits of cases that the reader may see"):
        whole, part = session.execute(
            sa.select(sa.func.count(), count_if(good))
            .select_from(Revisit)
            .where(
                Revisit.case_id.in_(within),
                Revisit.due_on.between(frame.start, frame.end),
                Revisit.dropped_on.is_(None),
                sa.or_(Revisit.due_on < clock.today(), Revisit.done_on.is_not(None)),
            )
        ).one()
    return Share("revisit_rate", int(part), int(whole))


def satisfaction(session: Session, frame: Frame) -> tuple[Share, Mean]:
    """Return the share of those asked who answered, and the mean of whole answers. One statement."""
    own = Frame(frame.actor, frame.start, frame.end, frame.area_code, frame.program_id)
    asked = [one for one in own.referrals(Satisfaction.asked_at)]  # noqa: C416  typed as conditions
    with without_scope(session, because="answers on referrals that the conditions narrow to the reader's"):
        rows = session.execute(
            sa.select(Satisfaction.answered_at, Satisfaction.score, Satisfaction.person_id)
            .join(Referral, Referral.id == Satisfaction.referral_id)
            .where(*asked)
        ).all()
    answered = [row for row in rows if row.answered_at is not None]
    silent = {row.person_id for row in rows if row.answered_at is None}
    scores = np.array([float(row.score) for row in answered if row.score is not None], dtype=float)
    low, high = mean_interval(scores)
    return (
        Share("response_rate", len(answered), len(rows), (len({row.person_id for row in answered}), len(silent))),
        Mean("satisfaction_mean", len(scores), float(scores.mean()) if len(scores) else None, low, high),
    )


def overlap(met: Entries) -> Share:
    """Return people who got the same kind of help from more than one organization, of all people served."""
    terms, organizations = len(met.lists["terms"]), len(met.lists["organizations"])
    if not len(met):
        return Share("overlap", 0, 0)
    pair = met.person.astype(np.int64) * terms + met.term
    triple = np.unique(pair * organizations + met.organization)
    same, times = np.unique(triple // organizations, return_counts=True)
    double = np.unique(same[times > 1] // terms)
    return Share("overlap", len(double), met.distinct("person"))


def flagged(session: Session, frame: Frame, entries: int) -> Share:
    """Return entries of visits with a flag that nobody has explained, of all entries. One statement."""
    with without_scope(session, because="how many of the reader's own entries look odd, without saying which"):
        part, people = session.execute(
            sa.select(sa.func.count(VisitFlag.visit_id.distinct()), sa.func.count(Visit.person_id.distinct()))
            .select_from(VisitFlag)
            .join(Visit, Visit.id == VisitFlag.visit_id)
            .where(*frame.entries(), VisitFlag.explained_at.is_(None), VisitFlag.gone_at.is_(None))
        ).one()
    return Share("flagged", int(part), entries, (int(people), entries - int(part)))


def goals_reached(pairs: Sequence[Pair]) -> Share:
    """Return people whose goals stand at the expected level or above (T ≥ 50), of those with a later T score."""
    later = [pair.follow_up for pair in pairs if pair.measure == GOALS and pair.follow_up is not None]
    return Share("gas_reached", sum(1 for value in later if value >= AS_EXPECTED), len(later))
