"""The plan of a subject's referral, with a planned visit of today and a stop on a round, a canary in every note."""

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from models import DeliveryRound, DeliveryStop, FreeDays, Need, PlanKind, PlannedVisit, Referral, ServicePlan
from referral.actions.plan_days import values_of
from referral.clock import local_date

if TYPE_CHECKING:
    from tests.matrix.district import District


def make_plan(session: Session, made: "District", subject: str, referral: Referral) -> tuple[Any, Any, Any]:
    """Write a plan for meals; return the keys of plan, planned visit and round."""
    word, today = made.canaries.word, local_date(made.at)
    need = session.get_one(Need, referral.need_id)
    plan = ServicePlan(
        referral_id=referral.id, person_id=referral.person_id, organization_id=referral.organization_id,
        station_id=referral.station_id, area_code=referral.area_code, term_id=need.term_id, kind=PlanKind.MEALS,
        rule="FREQ=DAILY", free_days=FreeDays.KEEP, starts_on=today - timedelta(days=2), minutes=15, units=Decimal(1),
        unit="餐", note=word("N", subject),
    )  # fmt: skip
    delivery = DeliveryRound(organization_id=referral.organization_id, area_code=referral.area_code, name="一线")
    session.add_all([plan, delivery])
    session.flush()
    planned = PlannedVisit(**values_of(plan), due_on=today, slot=today, promise=word("N", subject))
    session.add_all([planned, DeliveryStop(round_id=delivery.id, plan_id=plan.id, position=1)])
    session.flush()
    return plan.id, planned.id, delivery.id
