"""Figures that were fixed: frozen reports, and months that stations have filed."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, MonthlyReport, Snapshot
from referral.access import scope


def snapshots(actor: Account) -> sa.Select[Snapshot]:
    """Return the select of the frozen reports that a reader may see, the last first."""
    return sa.select(Snapshot).where(scope(actor, Snapshot)).order_by(Snapshot.taken_at.desc(), Snapshot.id)


def month_of(session: Session, organization_id: UUID, month: date) -> MonthlyReport | None:
    """Return what a station has written down for a month, as far as whoever looks may see it. One query."""
    return session.scalar(
        sa.select(MonthlyReport).where(MonthlyReport.organization_id == organization_id, MonthlyReport.month == month)
    )
