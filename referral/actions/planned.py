"""What becomes of a planned visit: done by an entry, moved, missed, called off; and calls against a plan.

Everything that gives out or takes in a plan's visits first locks the plan, so that two entries at once never do the
same visit, and two calls never take the same units.
"""

import uuid
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    ContactResult,
    PlanKind,
    PlannedReason,
    PlannedStatus,
    PlannedVisit,
    PlanStatus,
    ServicePlan,
    Visit,
)
from models.errors import DomainError
from models.plan import BY_THE_PLAN
from models.visit import REACHED
from referral.actions.plan_days import values_of
from referral.clock import local_date
from referral.queries.calendar import work_calendar

LATE = timedelta(days=7)
"""An entry does a planned visit that was due so many days before it at the most."""
EARLY = timedelta(days=3)
"""… or that is due so many days later."""
REASONS = {
    ContactResult.NOBODY_HOME: PlannedReason.NOBODY_HOME,
    ContactResult.NO_ANSWER: PlannedReason.NO_ANSWER,
    ContactResult.REFUSED: PlannedReason.REFUSED,
    ContactResult.IN_HOSPITAL: PlannedReason.IN_HOSPITAL,
    ContactResult.AWAY: PlannedReason.AWAY,
    ContactResult.WRONG_ADDRESS: PlannedReason.WRONG_ADDRESS,
    ContactResult.MOVED: PlannedReason.MOVED_AWAY,
    ContactResult.DIED: PlannedReason.DIED,
}
"""Why a planned visit was missed, from what the worker found."""


class NoUnitsLeft(DomainError):
    """The plan has no units left for another call."""

    code = "no_units_left"


class DayPassed(DomainError):
    """A visit can only be moved to a day that is still to come."""

    code = "day_passed"


class PlanNotActive(DomainError):
    """The plan is paused or has ended."""

    code = "plan_not_active"


def fulfil(session: Session, visit: Visit, planned: PlannedVisit | None = None) -> PlannedVisit | None:
    """Tie an entry to the planned visit it does, and return that; None where nothing was planned.

    The plan is that of the entry's referral; the visit the one named, else the nearest in time (7 days late, 3 days
    early at the most, an earlier one before a later one). Somebody who was not reached makes it missed, with the
    reason; a later entry may still do it. A correction takes the place of the entry it corrects.
    """
    if visit.referral_id is None or visit.id is None:
        return None
    plan = session.scalar(_locked(ServicePlan.referral_id == visit.referral_id))
    if plan is None:
        return None
    if visit.corrects_id is not None:
        return _correct(session, visit)
    found = _nearest(session, plan, visit, planned.id if planned is not None else None)
    if found is not None:
        _settle(found, visit)
        session.flush()
    return found


def _locked(condition: sa.ColumnElement[bool]) -> sa.Select[ServicePlan]:
    return sa.select(ServicePlan).where(condition).with_for_update().execution_options(populate_existing=True)


def _nearest(session: Session, plan: ServicePlan, visit: Visit, key: uuid.UUID | None) -> PlannedVisit | None:
    day, reached = local_date(visit.started_at), visit.contact_result in REACHED
    fitting = (PlannedStatus.PLANNED, PlannedStatus.MISSED) if reached else (PlannedStatus.PLANNED,)
    statement = sa.select(PlannedVisit).where(PlannedVisit.plan_id == plan.id, PlannedVisit.status.in_(fitting))
    if key is not None:
        statement = statement.where(PlannedVisit.id == key)
    else:
        statement = statement.where(PlannedVisit.due_on.between(day - LATE, day + EARLY))
    found = session.scalars(statement.execution_options(populate_existing=True)).all()
    return min(found, key=lambda one: _distance(one, day), default=None)


def _distance(planned: PlannedVisit, day: date) -> tuple[int, bool, bool, time, uuid.UUID]:
    days = (day - planned.due_on).days
    missed = planned.status is PlannedStatus.MISSED
    return abs(days), days < 0, missed, planned.at_time or time(), planned.id


def _settle(planned: PlannedVisit, visit: Visit) -> None:
    planned.visit_id = visit.id
    if visit.contact_result in REACHED:
        planned.move_to(PlannedStatus.DONE, at=visit.started_at)
    else:
        planned.move_to(PlannedStatus.MISSED, reason=REASONS[visit.contact_result], at=visit.started_at)


def _correct(session: Session, visit: Visit) -> PlannedVisit | None:
    held = sa.select(PlannedVisit).where(PlannedVisit.visit_id == visit.corrects_id)
    planned = session.scalar(held.execution_options(populate_existing=True))
    if planned is None:
        return None
    reached = visit.contact_result in REACHED
    wanted = PlannedStatus.DONE if reached else PlannedStatus.MISSED
    if planned.status in (PlannedStatus.DONE, PlannedStatus.MISSED) and planned.status is not wanted:
        _settle(planned, visit)
    else:
        planned.visit_id = visit.id
        if planned.status is PlannedStatus.MISSED:
            planned.reason = REASONS[visit.contact_result]
    session.flush()
    return planned


def _open(session: Session, planned: PlannedVisit) -> ServicePlan:
    """Lock the plan of a planned visit, and see the visit as it now stands."""
    plan = session.scalars(_locked(ServicePlan.id == planned.plan_id)).one()
    session.refresh(planned)
    return plan


def _chosen(reason: PlannedReason | None) -> PlannedReason | None:
    """Return a reason that people choose; those that follow from the plan are nobody's choice."""
    return None if reason in BY_THE_PLAN else reason


def move(
    session: Session,
    planned: PlannedVisit,
    *,
    to: date,
    by: Account,
    at: datetime,
    reason: PlannedReason | None,
    at_time: time | None = None,
    reason_text: str | None = None,
    promise: str | None = None,
) -> PlannedVisit:
    """Put a visit on another day, with a reason; return the one that now stands for it. Raises DayPassed."""
    plan = _open(session, planned)
    if plan.status is not PlanStatus.ACTIVE:
        raise PlanNotActive
    if to < local_date(at):
        raise DayPassed
    planned.move_to(PlannedStatus.MOVED, reason=_chosen(reason), reason_text=reason_text, by=by, at=at)
    taken_over = {name: getattr(planned, name) for name in values_of(plan)}
    later = PlannedVisit(
        **taken_over | {"at_time": at_time or planned.at_time},
        due_on=to,
        provisional=False,
        promise=promise or planned.promise,
        moved_from_id=planned.id,
    )
    session.add(later)
    session.flush()
    return later


def miss(
    session: Session,
    planned: PlannedVisit,
    *,
    by: Account,
    at: datetime,
    reason: PlannedReason | None,
    reason_text: str | None = None,
) -> None:
    """Write down that a visit did not take place, with the reason; one still to come is called off."""
    _open(session, planned)
    over = planned.due_on <= local_date(at)
    status = PlannedStatus.MISSED if over else PlannedStatus.CANCELLED
    planned.move_to(status, reason=_chosen(reason), reason_text=reason_text, by=by, at=at)
    session.flush()


def units_left(session: Session, plan: ServicePlan) -> Decimal | None:
    """Return the units of a plan that are neither given nor promised; None where the plan has no limit. One query."""
    if plan.units_total is None:
        return None
    taken = session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(PlannedVisit.units), 0)).where(
            PlannedVisit.plan_id == plan.id,
            PlannedVisit.status.in_((PlannedStatus.PLANNED, PlannedStatus.DONE)),
        )
    )
    return plan.units_total - Decimal(taken or 0)


def call(
    session: Session,
    plan: ServicePlan,
    *,
    on: date,
    by: Account,
    at: datetime,
    units: Decimal | None = None,
    at_time: time | None = None,
    promise: str | None = None,
    entry_key: str | None = None,
) -> PlannedVisit:
    """Somebody called: promise one visit against the plan's units. The same call sent twice is one.

    Raises PlanNotActive, DayPassed, NoUnitsLeft.
    """
    plan = session.scalars(_locked(ServicePlan.id == plan.id)).one()
    same = sa.select(PlannedVisit).where(PlannedVisit.plan_id == plan.id, PlannedVisit.entry_key == entry_key)
    if entry_key and (before := session.scalar(same)):
        return before
    if plan.status is not PlanStatus.ACTIVE or (plan.ends_on is not None and on > plan.ends_on):
        raise PlanNotActive
    if on < max(local_date(at), plan.starts_on):
        raise DayPassed
    wanted = units or plan.units
    left = units_left(session, plan)
    if left is not None and wanted > left:
        raise NoUnitsLeft
    calendar = work_calendar(session)
    values = values_of(plan) | {"kind": PlanKind.ON_CALL, "units": wanted, "at_time": at_time or plan.at_time}
    called = PlannedVisit(
        **values,
        due_on=on,
        provisional=on > calendar.published_until,
        promise=promise,
        entry_key=entry_key,
        decided_by_id=by.id,
        decided_at=at,
    )
    session.add(called)
    session.flush()
    return called
