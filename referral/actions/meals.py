"""Delivery rounds: their stops in order, and the page that is signed once at the end of the day."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import (
    Account,
    Case,
    ContactResult,
    DeliveryRound,
    DeliveryStop,
    Need,
    Organization,
    PlanKind,
    PlannedStatus,
    PlannedVisit,
    Referral,
    RoundSignOff,
    ServicePlan,
    VisitKind,
)
from models.errors import DomainError
from models.plan import LIVE_PLANS
from models.visit import REACHED
from referral.access import without_scope
from referral.actions.visits import log_visit
from referral.clock import local_date, start_of

USUAL_HOUR = time(11, 30)
NOT_TAKEN = (
    ContactResult.NOBODY_HOME,
    ContactResult.REFUSED,
    ContactResult.AWAY,
    ContactResult.IN_HOSPITAL,
    ContactResult.MOVED,
    ContactResult.DIED,
)
"""Why a meal was not taken: it counts 0."""


class AlreadySigned(DomainError):
    """The day of this round was signed before."""

    code = "already_signed"


class StopMissing(DomainError):
    """A stop of the day came without a result, or one was signed that is not there."""

    code = "stop_missing"


class NotToday(DomainError):
    """A day that is still to come cannot be signed."""

    code = "day_to_come"


@dataclass(frozen=True)
class Signed:
    """What a signed day counts: each meal taken is one person-time and one meal."""

    taken: int
    not_taken: int


def meals_of(session: Session, round_id: uuid.UUID, day: date) -> list[tuple[DeliveryStop, PlannedVisit]]:
    """Return the stops of a round that have a meal on a day, in order, with the meal. One query."""
    found = session.execute(
        sa.select(DeliveryStop, PlannedVisit)
        .join(PlannedVisit, PlannedVisit.plan_id == DeliveryStop.plan_id)
        .where(
            DeliveryStop.round_id == round_id,
            PlannedVisit.due_on == day,
            PlannedVisit.status.not_in((PlannedStatus.MOVED, PlannedStatus.CANCELLED)),
        )
        .options(joinedload(PlannedVisit.term))
        .order_by(DeliveryStop.position, PlannedVisit.id)
    ).all()
    return [(stop, meal) for stop, meal in found]


def sign_off(
    session: Session,
    delivery: DeliveryRound,
    *,
    day: date,
    results: Mapping[uuid.UUID, ContactResult],
    by: Account,
    at: datetime,
) -> Signed:
    """Sign a day of a round: each open meal becomes an entry, taken or not with its reason. Once a day.

    `results` is by the key of the planned meal and names each that is open. Raises AlreadySigned, StopMissing,
    NotToday.
    """
    if day > local_date(at):
        raise NotToday
    session.scalars(sa.select(DeliveryRound).where(DeliveryRound.id == delivery.id).with_for_update()).one()
    if signature_of(session, delivery.id, day) is not None:
        raise AlreadySigned
    meals = [meal for _stop, meal in meals_of(session, delivery.id, day) if meal.status is PlannedStatus.PLANNED]
    if {meal.id for meal in meals} != set(results):
        raise StopMissing
    begins = min(start_of(day) + _clock(delivery.leaves_at or USUAL_HOUR), at)
    for meal in meals:
        _enter(session, meal, results[meal.id], by=by, at=begins)
    taken = sum(result in REACHED for result in results.values())
    signed = Signed(taken, len(results) - taken)
    session.add(
        RoundSignOff(
            round_id=delivery.id, day=day, taken=signed.taken, not_taken=signed.not_taken, signed_by_id=by.id,
            signed_at=at,
        )
    )  # fmt: skip
    session.flush()
    return signed


def _clock(hour: time) -> timedelta:
    return timedelta(hours=hour.hour, minutes=hour.minute)


def _enter(session: Session, meal: PlannedVisit, result: ContactResult, *, by: Account, at: datetime) -> None:
    plan = session.get_one(ServicePlan, meal.plan_id, options=[joinedload(ServicePlan.person)])
    referral = session.get_one(Referral, plan.referral_id)
    with without_scope(session, because="the entry belongs to the case, which the provider who writes it never sees"):
        case = session.scalars(
            sa.select(Case).join(Need, Need.case_id == Case.id).where(Need.id == referral.need_id)
        ).one()
        log_visit(
            session,
            person=plan.person,
            term=meal.term,
            organization=session.get_one(Organization, plan.organization_id),
            by=by,
            kind=VisitKind.DELIVERY,
            contact_result=result,
            started_at=at,
            minutes=meal.minutes,
            units=meal.units,
            referral=referral,
            case=case,
            entry_key=f"meal:{meal.id.hex}",
            planned=meal,
        )


def signature_of(session: Session, round_id: uuid.UUID, day: date) -> RoundSignOff | None:
    """Return the signature under a day of a round, with who signed. One query."""
    return session.scalar(
        sa.select(RoundSignOff)
        .where(RoundSignOff.round_id == round_id, RoundSignOff.day == day)
        .options(joinedload(RoundSignOff.signed_by))
    )


def put_in_order(session: Session, delivery: DeliveryRound, plan_ids: Sequence[uuid.UUID]) -> None:
    """Make these plans the stops of a round, in this order; others leave it. Plans of other houses are left out."""
    allowed = set(
        session.scalars(
            sa.select(ServicePlan.id).where(
                ServicePlan.id.in_(plan_ids),
                ServicePlan.organization_id == delivery.organization_id,
                ServicePlan.kind == PlanKind.MEALS,
                ServicePlan.status.in_(LIVE_PLANS),
            )
        )
    )
    wanted = [key for key in dict.fromkeys(plan_ids) if key in allowed]
    there = session.scalars(
        sa.select(DeliveryStop).where(sa.or_(DeliveryStop.round_id == delivery.id, DeliveryStop.plan_id.in_(wanted)))
    ).all()
    stops = {stop.plan_id: stop for stop in there}
    for stop in there:
        if stop.plan_id not in wanted:
            session.delete(stop)
    for position, key in enumerate(wanted, 1):
        if key in stops:
            stops[key].round_id, stops[key].position = delivery.id, position
        else:
            session.add(DeliveryStop(round_id=delivery.id, plan_id=key, position=position))
    session.flush()
