"""The figures of a month's settlement sheet, computed from what is approved and not yet paid."""

import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from models import (
    Contract,
    ContractLine,
    HoursDecision,
    HoursVerdict,
    ItemKind,
    Settlement,
    SettlementItem,
    SettlementLine,
    SettlementStatus,
    Visit,
)
from referral.access import without_scope
from referral.clock import start_of

WHY = "a contract is settled whole, whoever looks after the people; figures come out, and keys of visits"
FEN = Decimal("0.01")


@dataclass(frozen=True)
class Item:
    """One approval that is paid for, or taken back."""

    decision_id: uuid.UUID
    visit_id: uuid.UUID
    kind: ItemKind
    units: Decimal
    amount: Decimal


@dataclass
class LineFigures:
    """A contract line in a month."""

    line: ContractLine
    items: list[Item] = field(default_factory=list)
    households: int = 0
    disputed: Decimal = Decimal(0)
    waiting: Decimal = Decimal(0)
    beyond: Decimal = Decimal(0)

    def _of(self, *kinds: ItemKind) -> list[Item]:
        return [item for item in self.items if item.kind in kinds]

    @property
    def visits(self) -> int:
        """How many visits of the month are paid for."""
        return len(self._of(ItemKind.COUNTED))

    @property
    def units(self) -> Decimal:
        """Units of the month's own visits."""
        return sum((item.units for item in self._of(ItemKind.COUNTED)), Decimal(0))

    @property
    def gross(self) -> Decimal:
        """Units times price."""
        return sum((item.amount for item in self._of(ItemKind.COUNTED)), Decimal(0))

    @property
    def adjusted_units(self) -> Decimal:
        """Units that corrections of settled months add or take away."""
        return sum((item.units for item in self._of(ItemKind.LATE, ItemKind.TAKEN_BACK)), Decimal(0))

    @property
    def adjusted(self) -> Decimal:
        """What they add or take away in yuan."""
        return sum((item.amount for item in self._of(ItemKind.LATE, ItemKind.TAKEN_BACK)), Decimal(0))


def price_of(units: Decimal, price: Decimal) -> Decimal:
    """Return units times price, to the fen."""
    return (units * price).quantize(FEN, rounding=ROUND_HALF_UP)


def next_month(month: date) -> date:
    """Return the first day of the month after."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def figures(session: Session, contract: Contract, month: date) -> list[LineFigures]:
    """Return what is owed for a month by line: its visits, late ones of settled months, and what is taken back."""
    first, after = start_of(month), start_of(next_month(month))
    with without_scope(session, because=WHY):
        lines = session.scalars(
            sa.select(ContractLine).where(ContractLine.contract_id == contract.id).order_by(ContractLine.number)
        ).all()
        found = {line.id: LineFigures(line) for line in lines}
        households: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
        for row in session.execute(_unpaid(list(found), after)):
            one = found[row.line_id]
            kind = ItemKind.COUNTED if row.started_at >= first else ItemKind.LATE
            amount = price_of(row.units, one.line.unit_price)
            one.items.append(Item(row.id, row.visit_id, kind, row.units, amount))
            if kind is ItemKind.COUNTED:
                households[row.line_id].add(row.household_id)
        for row in session.execute(_to_take_back(contract)):
            back = Item(row.decision_id, row.visit_id, ItemKind.TAKEN_BACK, -row.units, -row.amount)
            found[row.line_id].items.append(back)
        for one in found.values():
            one.households = len(households[one.line.id])
            one.disputed, one.waiting, one.beyond = _not_paid(session, contract, one.line, first, after)
    return list(found.values())


def _unpaid(lines: list[uuid.UUID], after: Any) -> Any:
    paid = sa.select(SettlementItem.decision_id).where(SettlementItem.kind != ItemKind.TAKEN_BACK)
    return (
        sa.select(
            HoursDecision.id, HoursDecision.visit_id, HoursDecision.line_id, HoursDecision.units, Visit.started_at,
            Visit.household_id,
        )
        .join(Visit, Visit.id == HoursDecision.visit_id)
        .where(
            HoursDecision.line_id.in_(lines),
            HoursDecision.verdict == HoursVerdict.APPROVED,
            HoursDecision.lapsed_at.is_(None),
            Visit.started_at < after,
            HoursDecision.id.not_in(paid),
        )
        .order_by(Visit.started_at, HoursDecision.id)
    )  # fmt: skip


def _to_take_back(contract: Contract) -> Any:
    back = aliased(SettlementItem)
    return (
        sa.select(
            SettlementItem.decision_id, SettlementItem.visit_id, SettlementItem.units, SettlementItem.amount,
            SettlementLine.line_id,
        )
        .join(SettlementLine, SettlementLine.id == SettlementItem.settlement_line_id)
        .join(ContractLine, ContractLine.id == SettlementLine.line_id)
        .join(HoursDecision, HoursDecision.id == SettlementItem.decision_id)
        .outerjoin(
            back, sa.and_(back.decision_id == SettlementItem.decision_id, back.kind == ItemKind.TAKEN_BACK)
        )
        .where(
            ContractLine.contract_id == contract.id,
            SettlementItem.kind != ItemKind.TAKEN_BACK,
            HoursDecision.lapsed_at.is_not(None),
            back.id.is_(None),
        )
        .order_by(SettlementItem.id)
    )  # fmt: skip


def of_line(line: ContractLine, contract: Contract) -> sa.ColumnElement[bool]:
    """Return the condition for the visits that a contract line speaks of."""
    conditions = [
        Visit.organization_id == contract.provider_id,
        Visit.term_id == line.term_id,
        Visit.unit == line.unit,
        Visit.started_at >= start_of(line.starts_on),
        Visit.started_at < start_of(line.ends_on + timedelta(days=1)),
        ~Visit.replaced,
    ]
    if line.program_id is not None:
        conditions.append(Visit.program_id == line.program_id)
    return sa.and_(*conditions)


def _not_paid(
    session: Session, contract: Contract, line: ContractLine, first: Any, after: Any
) -> tuple[Decimal, Decimal, Decimal]:
    """Return the units of a month that are disputed, that wait for a word, and that go beyond the quota."""

    def units(when: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
        return sa.func.coalesce(sa.func.sum(sa.case((when, Visit.units), else_=0)), 0)

    disputed = HoursDecision.verdict == HoursVerdict.DISPUTED
    row = session.execute(
        sa.select(units(disputed), units(HoursDecision.id.is_(None)), units(HoursDecision.beyond_quota.is_(sa.true())))
        .select_from(Visit)
        .outerjoin(HoursDecision, sa.and_(HoursDecision.visit_id == Visit.id, HoursDecision.lapsed_at.is_(None)))
        .where(of_line(line, contract), Visit.started_at >= first, Visit.started_at < after)
    ).one()
    return Decimal(row[0]), Decimal(row[1]), Decimal(row[2])


def carried(session: Session, contract: Contract, month: date) -> Decimal:
    """Return what the sheet before left below zero: it is taken off this one."""
    before = session.scalar(
        sa.select(Settlement.payable)
        .where(
            Settlement.contract_id == contract.id,
            Settlement.month < month,
            Settlement.status.in_([SettlementStatus.CONFIRMED, SettlementStatus.PAID]),
        )
        .order_by(Settlement.month.desc())
        .limit(1)
    )
    return min(before or Decimal(0), Decimal(0))
