"""Settling a month: one makes the sheet out, another confirms it, then it is frozen; corrections go into later ones."""

import hashlib
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    Contract,
    ContractStatus,
    Deduction,
    DeductionCode,
    Settlement,
    SettlementItem,
    SettlementLine,
    SettlementStatus,
)
from models.errors import DomainError, ReasonMissing, WrongStep
from referral.access import without_scope
from referral.clock import local_date
from referral.queries.settling import WHY, LineFigures, carried, figures, next_month

S = SettlementStatus


class MonthNotOver(DomainError):
    """A month is settled when it is over."""

    code = "month_not_over"


class MonthSettled(DomainError):
    """The month, or a later one, has a sheet already: months are settled once, and in order."""

    code = "month_settled"


class OwnSheet(DomainError):
    """Whoever made a sheet out, or took something off it, cannot confirm it."""

    code = "own_sheet"


class FiguresChanged(DomainError):
    """Since the sheet was made out hours were approved, disputed or corrected: it must be made out anew."""

    code = "figures_changed"


class DeductionTooLarge(DomainError):
    """More would be taken off than the month is worth."""

    code = "deduction_too_large"


class PaidTooMuch(DomainError):
    """More was paid than the sheet says."""

    code = "paid_too_much"


def make_out(session: Session, contract: Contract, month: date, *, by: Account, at: datetime) -> Settlement:
    """Make out the sheet of a month; raises MonthNotOver, MonthSettled. The contract is locked meanwhile."""
    month = month.replace(day=1)
    locked = session.scalars(
        sa.select(Contract)
        .where(Contract.id == contract.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if locked.status is ContractStatus.DRAFT:
        raise WrongStep(locked.status, ContractStatus.IN_FORCE)
    if next_month(month) > local_date(at):
        raise MonthNotOver
    sheets = session.execute(
        sa.select(Settlement.month, Settlement.edition, Settlement.status).where(Settlement.contract_id == contract.id)
    ).all()
    if any(row.status is not S.DISCARDED and row.month >= month for row in sheets) or any(
        row.status is S.DRAFT for row in sheets
    ):
        raise MonthSettled
    edition = max((row.edition for row in sheets if row.month == month), default=0) + 1
    lines = figures(session, contract, month)
    owing = carried(session, contract, month)
    gross = sum((line.gross for line in lines), Decimal(0))
    adjusted = sum((line.adjusted for line in lines), Decimal(0)) + owing
    sheet = Settlement(
        contract_id=contract.id, month=month, edition=edition, gross=gross, deducted=Decimal(0), adjusted=adjusted,
        payable=gross + adjusted, made_by_id=by.id, made_at=at,
    )  # fmt: skip
    session.add(sheet)
    session.flush()
    session.add_all(_line(sheet, line) for line in lines)
    session.flush()
    return sheet


def _line(sheet: Settlement, one: LineFigures) -> SettlementLine:
    return SettlementLine(
        settlement_id=sheet.id, line_id=one.line.id, month=sheet.month, edition=sheet.edition, visits=one.visits,
        households=one.households, units=one.units, unit_price=one.line.unit_price, gross=one.gross,
        adjusted_units=one.adjusted_units, adjusted=one.adjusted, disputed=one.disputed, waiting=one.waiting,
        beyond=one.beyond,
    )  # fmt: skip


def _locked(session: Session, sheet: Settlement, wanted: SettlementStatus, to: SettlementStatus) -> Settlement:
    """Return the sheet as it stands now, locked; raise WrongStep where it has moved on."""
    now = session.scalars(
        sa.select(Settlement)
        .where(Settlement.id == sheet.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if now.status is not wanted:
        raise WrongStep(now.status, to)
    return now


def discard(session: Session, sheet: Settlement) -> None:
    """Throw a draft away, so that the month can be made out anew; it stays as an edition."""
    _locked(session, sheet, S.DRAFT, S.DISCARDED).status = S.DISCARDED
    session.flush()


def deduct(
    session: Session, sheet: Settlement, *, code: DeductionCode, amount: Decimal, words: str | None, by: Account
) -> Deduction:
    """Take an amount off a draft, with its reason; raises DeductionTooLarge, ReasonMissing."""
    now = _locked(session, sheet, S.DRAFT, S.DRAFT)
    if code is DeductionCode.OTHER and not (words or "").strip():
        raise ReasonMissing
    if now.deducted + amount > now.gross:
        raise DeductionTooLarge
    taken = Deduction(settlement_id=now.id, code=code, amount=amount, words=words, by_id=by.id)
    session.add(taken)
    now.deducted += amount
    now.payable = now.gross - now.deducted + now.adjusted
    session.flush()
    return taken


def confirm(session: Session, sheet: Settlement, *, by: Account, at: datetime) -> None:
    """Confirm a draft and freeze it: the visits it pays are tied to it. Raises OwnSheet, FiguresChanged, WrongStep.

    What others have approved, disputed or corrected meanwhile is looked at under the lock: a sheet is never confirmed
    over figures that its checker has not seen.
    """
    now = _locked(session, sheet, S.DRAFT, S.CONFIRMED)
    authors = set(session.scalars(sa.select(Deduction.by_id).where(Deduction.settlement_id == now.id)))
    if by.id == now.made_by_id or by.id in authors:
        raise OwnSheet
    contract = session.scalars(sa.select(Contract).where(Contract.id == now.contract_id).with_for_update()).one()
    lines = session.scalars(sa.select(SettlementLine).where(SettlementLine.settlement_id == now.id)).all()
    stored = {line.line_id: line for line in lines}
    with without_scope(session, because=WHY):
        fresh = figures(session, contract, now.month)
        if len(fresh) != len(stored) or any(
            _figures(_line(now, one)) != _figures(stored[one.line.id]) for one in fresh
        ):
            raise FiguresChanged
        for one in fresh:
            session.add_all(
                SettlementItem(
                    settlement_line_id=stored[one.line.id].id, visit_id=item.visit_id, decision_id=item.decision_id,
                    kind=item.kind, units=item.units, amount=item.amount,
                )
                for item in one.items
            )  # fmt: skip
        now.status, now.checked_by_id, now.confirmed_at = S.CONFIRMED, by.id, at
        now.digest = digest(now, list(stored.values()))
        session.flush()


COMPARED = ("visits", "households", "units", "unit_price", "gross", "adjusted_units", "adjusted", "disputed", "waiting",
            "beyond")  # fmt: skip


def _figures(line: SettlementLine) -> list[str]:
    return [f"{getattr(line, name):.2f}" for name in COMPARED]


def digest(sheet: Settlement, lines: list[SettlementLine]) -> str:
    """Return the fingerprint of a sheet's figures, which anybody can compute again from what is printed."""
    content: dict[str, Any] = {
        "contract": sheet.contract_id.hex,
        "month": f"{sheet.month:%Y-%m}",
        "edition": sheet.edition,
        "sums": [f"{value:.2f}" for value in (sheet.gross, sheet.deducted, sheet.adjusted, sheet.payable)],
        "lines": sorted([line.line_id.hex, *_figures(line)] for line in lines),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def pay(session: Session, sheet: Settlement, *, amount: Decimal, paid_on: date, voucher: str, by: Account) -> None:
    """Mark a confirmed sheet as paid, with the day and the voucher; raises PaidTooMuch, ReasonMissing, WrongStep."""
    if not voucher.strip():
        raise ReasonMissing
    now = _locked(session, sheet, S.CONFIRMED, S.PAID)
    if amount > now.payable or amount < 0:
        raise PaidTooMuch
    now.status, now.paid, now.paid_on, now.voucher, now.paid_by_id = S.PAID, amount, paid_on, voucher.strip(), by.id
    session.flush()
