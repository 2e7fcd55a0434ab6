"""Figures that were fixed: frozen reports, and months that stations have filed."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    Area,
    BeneficiaryCategory,
    Freezing,
    FreezingStatus,
    MonthlyReport,
    Snapshot,
    TaxonomyTerm,
)
from referral.access import scope

FAILURES_SHOWN = timedelta(days=2)


def snapshots(actor: Account) -> sa.Select[Snapshot]:
    """Return the select of the frozen reports that a reader may see, the last first."""
    return sa.select(Snapshot).where(scope(actor, Snapshot)).order_by(Snapshot.taken_at.desc(), Snapshot.id)


def orders(session: Session, actor: Account, at: datetime) -> Sequence[Freezing]:
    """Return what is being frozen, and what could not be in the last days, the newest first. One statement."""
    lately = sa.and_(Freezing.status == FreezingStatus.FAILED, Freezing.finished_at > at - FAILURES_SHOWN)
    going_on = Freezing.status.in_((FreezingStatus.WAITING, FreezingStatus.RUNNING))
    return session.scalars(
        sa.select(Freezing)
        .where(scope(actor, Freezing), sa.or_(going_on, lately))
        .order_by(Freezing.asked_at.desc(), Freezing.id)
        .limit(20)
    ).all()


def names_of(session: Session, figures: Iterable[str]) -> dict[str, Any]:
    """Return the kinds of help, areas and statuses that the codes of kept figures name, by code. Three statements."""
    codes = {part for code in figures for part in code.split(".")}
    tables: tuple[Any, ...] = (TaxonomyTerm, Area, BeneficiaryCategory)
    return {
        record.code: record
        for table in tables
        for record in session.scalars(sa.select(table).where(table.code.in_(codes)))
    }


def month_of(session: Session, organization_id: UUID, month: date) -> MonthlyReport | None:
    """Return what a station has written down for a month, as far as whoever looks may see it. One query."""
    return session.scalar(
        sa.select(MonthlyReport).where(MonthlyReport.organization_id == organization_id, MonthlyReport.month == month)
    )
