"""Hours in one line: what was planned, given, approved, covered by a contract and paid, by whom you ask.

Only entries that stand count: a corrected one counts once, as corrected.
"""

import uuid
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    HoursDecision,
    HoursVerdict,
    Organization,
    PlannedVisit,
    Program,
    Settlement,
    SettlementItem,
    SettlementLine,
    SettlementStatus,
    TaxonomyTerm,
    Visit,
    VisitFlag,
)
from models.plan import COUNTED_AS_PLANNED
from models.visit import REACHED
from referral.access import scope
from referral.clock import start_of
from referral.queries.settling import next_month

BY = ("organization", "worker", "program", "service")


@dataclass(frozen=True)
class HoursFilter:
    """What the lines are narrowed to."""

    month: date
    """Its first day."""
    by: str = "organization"
    organization_id: uuid.UUID | None = None
    program_id: uuid.UUID | None = None
    term_id: uuid.UUID | None = None
    worker_id: uuid.UUID | None = None


@dataclass
class Line:
    """One worker, organization, program or service, in one unit."""

    key: Any
    unit: str
    name: Any = None
    """A record with a name, a plain name, or None where nobody or nothing is named."""
    visits: int = 0
    minutes: int = 0
    flagged: int = 0
    planned: Decimal = field(default_factory=Decimal)
    delivered: Decimal = field(default_factory=Decimal)
    approved: Decimal = field(default_factory=Decimal)
    disputed: Decimal = field(default_factory=Decimal)
    contracted: Decimal = field(default_factory=Decimal)
    paid: Decimal = field(default_factory=Decimal)

    @property
    def hours(self) -> Decimal:
        """Minutes as hours with one decimal."""
        return (Decimal(self.minutes) / 60).quantize(Decimal("0.1"))


def line(session: Session, actor: Account, wanted: HoursFilter) -> list[Line]:
    """Return the lines of a month. Four statements: visits with the word on them, plans, payments, names."""
    first, after = start_of(wanted.month), start_of(next_month(wanted.month))
    lines: dict[tuple[Any, str], Line] = {}

    def of(key: Any, unit: str) -> Line:
        return lines.setdefault((key, unit), Line(key, unit))

    stands = sa.and_(HoursDecision.visit_id == Visit.id, HoursDecision.lapsed_at.is_(None))
    flagged = sa.exists().where(
        VisitFlag.visit_id == Visit.id, VisitFlag.explained_at.is_(None), VisitFlag.gone_at.is_(None)
    )
    reached = Visit.contact_result.in_(REACHED)
    approved = HoursDecision.verdict == HoursVerdict.APPROVED
    keys = _keys(Visit, wanted.by)
    given = (
        sa.select(
            *keys,
            Visit.unit,
            sa.func.sum(sa.case((reached, 1), else_=0)),
            sa.func.sum(sa.case((reached, Visit.minutes), else_=0)),
            sa.func.sum(sa.case((flagged, 1), else_=0)),
            _units(reached, Visit.units),
            _units(approved, HoursDecision.units),
            _units(HoursDecision.verdict == HoursVerdict.DISPUTED, Visit.units),
            _units(sa.and_(approved, HoursDecision.line_id.is_not(None)), HoursDecision.units),
        )
        .select_from(Visit)
        .outerjoin(HoursDecision, stands)
        .where(scope(actor, Visit), ~Visit.replaced, Visit.started_at >= first, Visit.started_at < after)
        .where(*_narrow(Visit, wanted))
        .group_by(*keys, Visit.unit)
    )
    for row in session.execute(given):
        one = of(_key(row, wanted.by), row.unit)
        values = tuple(row)[len(keys) + 1 :]
        one.visits, one.minutes, one.flagged = (int(value or 0) for value in values[:3])
        one.delivered, one.approved, one.disputed, one.contracted = (Decimal(value or 0) for value in values[3:])
    keys = _keys(PlannedVisit, wanted.by)
    planned = (
        sa.select(*keys, PlannedVisit.unit, sa.func.sum(PlannedVisit.units))
        .where(
            scope(actor, PlannedVisit),
            PlannedVisit.due_on >= wanted.month,
            PlannedVisit.due_on < next_month(wanted.month),
            PlannedVisit.status.in_(COUNTED_AS_PLANNED),
            *_narrow(PlannedVisit, wanted),
        )
        .group_by(*keys, PlannedVisit.unit)
    )
    for row in session.execute(planned):
        of(_key(row, wanted.by), row.unit).planned = Decimal(row[-1] or 0)
    keys = _keys(Visit, wanted.by)
    paid = (
        sa.select(*keys, Visit.unit, sa.func.sum(SettlementItem.units))
        .select_from(SettlementItem)
        .join(Visit, Visit.id == SettlementItem.visit_id)
        .join(SettlementLine, SettlementLine.id == SettlementItem.settlement_line_id)
        .join(Settlement, Settlement.id == SettlementLine.settlement_id)
        .where(
            scope(actor, Visit),
            Settlement.status == SettlementStatus.PAID,
            Visit.started_at >= first,
            Visit.started_at < after,
            *_narrow(Visit, wanted),
        )
        .group_by(*keys, Visit.unit)
    )
    for row in session.execute(paid):
        of(_key(row, wanted.by), row.unit).paid = Decimal(row[-1] or 0)
    _name(session, list(lines.values()), wanted.by)
    return sorted(lines.values(), key=lambda one: (one.name is None, -one.delivered, str(one.key)))


def _units(when: sa.ColumnElement[bool], units: Any) -> sa.ColumnElement[Any]:
    return sa.func.sum(sa.case((when, units)))


def _keys(record: Any, by: str) -> list[Any]:
    if by == "worker":
        return [record.worker_id, record.worker_name if record is Visit else sa.literal(None, sa.String(64))]
    return [{"organization": record.organization_id, "program": record.program_id, "service": record.term_id}[by]]


def _key(row: Any, by: str) -> Any:
    return (row[0] or row[1]) if by == "worker" else row[0]


def _narrow(record: Any, wanted: HoursFilter) -> list[sa.ColumnElement[bool]]:
    equal = (
        (record.organization_id, wanted.organization_id),
        (record.program_id, wanted.program_id),
        (record.term_id, wanted.term_id),
        (record.worker_id, wanted.worker_id),
    )
    return [column == value for column, value in equal if value is not None]


def _name(session: Session, lines: list[Line], by: str) -> None:
    record: Any = {"worker": Account, "organization": Organization, "program": Program, "service": TaxonomyTerm}[by]
    keys = {one.key for one in lines if isinstance(one.key, uuid.UUID)}
    names = {one.id: one for one in session.scalars(sa.select(record).where(record.id.in_(keys)))} if keys else {}
    for one in lines:
        one.name = names.get(one.key, one.key if isinstance(one.key, str) else None)
