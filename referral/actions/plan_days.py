"""Making the visits of a plan ahead for the coming weeks, and making them again when plan or calendar change.

What somebody has done, missed, moved or called off by hand is never touched: only what the plan itself promised and
what nobody has dealt with yet.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Person, PlanKind, PlannedReason, PlannedStatus, PlannedVisit, PlanStatus, ServicePlan
from models.base import new_key
from models.plan import COUNTED_AS_PLANNED
from referral import recurring
from referral.clock import WorkCalendar, local_date
from referral.queries.calendar import work_calendar
from referral.transactions import transaction

AHEAD = timedelta(weeks=6)
"""How far visits are made ahead."""
AGAIN = timedelta(weeks=5)
"""A plan whose visits reach less far is made ahead again: each plan once a week, not every night."""
AT_ONCE = 200
"""Plans of one transaction of the nightly work."""
Counts = dict[str, int]


def remake(
    session: Session,
    plan: ServicePlan,
    *,
    today: date,
    at: datetime,
    calendar: WorkCalendar | None = None,
    in_bulk: bool = False,
) -> Counts:
    """Make what is missing of a plan's visits from today on, and call off what it no longer promises. Idempotent.

    `in_bulk` is for the nightly work: rows in one statement, and what was made until when is noted by the caller.
    """
    if plan.status is not PlanStatus.ACTIVE or plan.kind is PlanKind.ON_CALL or plan.rule is None:
        return {"made": 0, "called_off": 0}
    calendar = calendar or work_calendar(session)
    until = today + AHEAD
    wanted = recurring.slots(
        plan.rule, plan.free_days, calendar,
        starts_on=plan.starts_on, ends_on=plan.ends_on, first=max(today, plan.starts_on), last=until,
    )  # fmt: skip
    there = _there(session, plan, today)
    used = _promised_before(session, plan, there)
    kept: set[date] = set()
    new = []
    for slot in wanted:
        if plan.units_total is not None and used + plan.units > plan.units_total:
            break
        old = there.get(slot.day)
        if old is None:
            new.append(_row(plan, slot, at))
        elif old.status is PlannedStatus.PLANNED:
            _renew(old, plan, slot)
        kept.add(slot.day)
        used += plan.units if old is None or old.status in COUNTED_AS_PLANNED else Decimal(0)
    gone = [visit for day, visit in there.items() if day not in kept and visit.status is PlannedStatus.PLANNED]
    for visit in gone:
        _call_off(visit, PlannedReason.PLAN_CHANGED, at)
    if new and in_bulk:
        session.execute(sa.insert(PlannedVisit), new)
    else:
        session.add_all(PlannedVisit(**row) for row in new)
        plan.made_until, plan.made_with = until, recurring.fingerprint(calendar)
    session.flush()
    return {"made": len(new), "called_off": len(gone)}


def _there(session: Session, plan: ServicePlan, today: date) -> dict[date, PlannedVisit]:
    """Return the visits that stand for the slots of today and later, whatever became of them."""
    mine = sa.select(PlannedVisit).where(PlannedVisit.plan_id == plan.id, PlannedVisit.slot >= today)
    return {visit.slot: visit for visit in session.scalars(mine) if visit.slot is not None}


def _promised_before(session: Session, plan: ServicePlan, there: dict[date, PlannedVisit]) -> Decimal:
    """Return the units of a limited plan that are promised or given outside the slots that are made again."""
    if plan.units_total is None:
        return Decimal(0)
    again = [visit.id for visit in there.values()]
    return Decimal(
        session.scalar(
            sa.select(sa.func.coalesce(sa.func.sum(PlannedVisit.units), 0)).where(
                PlannedVisit.plan_id == plan.id,
                PlannedVisit.status.in_((PlannedStatus.PLANNED, PlannedStatus.DONE)),
                PlannedVisit.id.not_in(again),
            )
        )
        or 0
    )


def values_of(plan: ServicePlan) -> dict[str, Any]:
    """Return what a planned visit takes over from its plan."""
    names = (
        "person_id", "organization_id", "station_id", "program_id", "term_id", "area_code", "worker_id", "kind",
        "at_time", "minutes", "units", "unit",
    )  # fmt: skip
    return {"plan_id": plan.id} | {name: getattr(plan, name) for name in names}


def _row(plan: ServicePlan, slot: recurring.Slot, at: datetime) -> dict[str, Any]:
    return values_of(plan) | {
        "id": new_key(at), "created_at": at, "slot": slot.day, "due_on": slot.due_on, "provisional": slot.provisional,
        "status": PlannedStatus.PLANNED, "version": 1,
    }  # fmt: skip


def _renew(visit: PlannedVisit, plan: ServicePlan, slot: recurring.Slot) -> None:
    """Take over what changed in the plan; a row that says the same is not written."""
    wanted = values_of(plan) | {"due_on": slot.due_on, "provisional": slot.provisional}
    for name, value in wanted.items():
        if getattr(visit, name) != value:
            setattr(visit, name, value)


def _call_off(visit: PlannedVisit, reason: PlannedReason, at: datetime) -> None:
    visit.move_to(PlannedStatus.CANCELLED, reason=reason, at=at)
    # The day is free for the plan again: it may come back to it.
    visit.slot = None


def call_off(session: Session, plan: ServicePlan, reason: PlannedReason, *, after: date, at: datetime) -> int:
    """Call off everything after a day that nobody has dealt with; return how many visits that were."""
    open_ones = sa.select(PlannedVisit).where(
        PlannedVisit.plan_id == plan.id,
        PlannedVisit.status == PlannedStatus.PLANNED,
        PlannedVisit.due_on > after,
    )
    found = session.scalars(open_ones).all()
    for visit in found:
        _call_off(visit, reason, at)
    session.flush()
    return len(found)


def make_ahead(session: Session, at: datetime, *, tell: Callable[[int], None] = lambda _done: None) -> Counts:
    """Move the window of all plans on by a day, and make again those made with another calendar; step by step.

    Commits every 200 plans, so that nobody waits; a second run finds nothing left to do. Files that are halted get no
    new visits.
    """
    today = local_date(at)
    with transaction(session):
        calendar = work_calendar(session)
        mark = recurring.fingerprint(calendar)
    counts = {"plans": 0, "made": 0, "called_off": 0, "ended": 0}
    counts["ended"] = _end_those_over(session, today, at)
    last = None
    while True:
        with transaction(session):
            plans = session.scalars(_behind(today, mark, last)).all()
            for plan in plans:
                for name, number in remake(session, plan, today=today, at=at, calendar=calendar, in_bulk=True).items():
                    counts[name] += number
            _note_made(session, plans, today, mark)
            counts["plans"] += len(plans)
            last = plans[-1].id if plans else None
        tell(counts["plans"])
        if last is None:
            return counts


def _note_made(session: Session, plans: Sequence[ServicePlan], today: date, mark: str) -> None:
    session.execute(
        sa.update(ServicePlan)
        .where(ServicePlan.id.in_([plan.id for plan in plans]))
        .values(made_until=today + AHEAD, made_with=mark)
        .execution_options(synchronize_session=False)
    )


def _behind(today: date, mark: str, last: Any) -> sa.Select[ServicePlan]:
    halted = sa.select(Person.id).where(sa.or_(Person.frozen_at.is_not(None), Person.erased_at.is_not(None)))
    behind = sa.or_(
        ServicePlan.made_until.is_(None),
        ServicePlan.made_until < today + AGAIN,
        ServicePlan.made_with != mark,
    )
    found = sa.select(ServicePlan).where(
        ServicePlan.status == PlanStatus.ACTIVE,
        ServicePlan.kind != PlanKind.ON_CALL,
        sa.or_(ServicePlan.ends_on.is_(None), ServicePlan.ends_on >= today),
        behind,
        ServicePlan.person_id.not_in(halted),
    )
    if last is not None:
        found = found.where(ServicePlan.id > last)
    return found.order_by(ServicePlan.id).limit(AT_ONCE).with_for_update(skip_locked=True, of=ServicePlan)


def _end_those_over(session: Session, today: date, at: datetime) -> int:
    """End the plans whose last day has passed long enough for what is late to have come in."""
    with transaction(session):
        over = session.scalars(
            sa.select(ServicePlan)
            .where(ServicePlan.status == PlanStatus.ACTIVE, ServicePlan.ends_on < today - timedelta(days=14))
            .order_by(ServicePlan.id)
            .limit(AT_ONCE * 5)
        ).all()
        for plan in over:
            plan.move_to(PlanStatus.ENDED, at=at)
    return len(over)
