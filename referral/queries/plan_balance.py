"""What a plan has promised and given so far."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import PlannedStatus, PlannedVisit, ServicePlan, Visit


@dataclass(frozen=True)
class Balance:
    """A plan's units so far."""

    planned: Decimal
    """Of visits due until today that were not called off or moved."""
    done: Decimal
    missed: int
    open: int
    """Visits due until today that nobody has dealt with."""
    left: Decimal | None


def balance(session: Session, plan: ServicePlan, today: date) -> Balance:
    """Return what a plan has promised and given until today. One query; delivered units are those of the entries."""
    s = PlannedStatus
    over = PlannedVisit.due_on <= today
    counted = PlannedVisit.status.in_((s.PLANNED, s.DONE, s.MISSED))

    def total(value: Any, *which: sa.ColumnElement[bool]) -> Any:
        return sa.func.coalesce(sa.func.sum(sa.case((sa.and_(*which), value), else_=0)), 0)

    row = session.execute(
        sa.select(
            total(PlannedVisit.units, over, counted),
            total(Visit.units, PlannedVisit.status == s.DONE),
            total(1, PlannedVisit.status == s.MISSED),
            total(1, over, PlannedVisit.status == s.PLANNED),
            total(PlannedVisit.units, PlannedVisit.status.in_((s.PLANNED, s.DONE))),
        )
        .select_from(PlannedVisit)
        .outerjoin(Visit, Visit.id == PlannedVisit.visit_id)
        .where(PlannedVisit.plan_id == plan.id)
    ).one()
    planned, done, missed, still_open, taken = row
    left = plan.units_total - _units(taken) if plan.units_total is not None else None
    return Balance(_units(planned), _units(done), int(missed), int(still_open), left)


def _units(value: Any) -> Decimal:
    """Return a sum of units; a database without decimals gives hundredths where a sum is mixed with plain zeros."""
    return value if isinstance(value, Decimal) else Decimal(value or 0)
