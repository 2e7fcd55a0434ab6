"""Hours and other units in one line, planned to paid; and how many of the planned visits were kept."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Contract,
    ContractLine,
    PlannedStatus,
    PlannedVisit,
    Role,
    Settlement,
    SettlementLine,
    SettlementStatus,
)
from referral import clock
from referral.access import in_area, scope, without_scope
from referral.queries.report.done import hundredths
from referral.queries.report.entries import Entries, total
from referral.queries.report.frame import Frame
from referral.queries.report.measured import Share, UnitLine

DUE = (PlannedStatus.PLANNED, PlannedStatus.DONE, PlannedStatus.MISSED)
"""Moved visits are counted where they were moved to; cancelled ones were not due."""


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
