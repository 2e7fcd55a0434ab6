"""Delivery rounds for pages: today's list, the stops of a day, who can be put on a round."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    Area,
    ContactResult,
    DataKind,
    DeliveryRound,
    DeliveryStop,
    Organization,
    Person,
    PlanKind,
    PlannedReason,
    PlannedStatus,
    PlannedVisit,
    Referral,
    Role,
    RoundSignOff,
    ServicePlan,
    Visit,
)
from models.plan import LIVE_PLANS
from referral.access import scope
from referral.clock import now
from referral.queries.inbox import Names
from referral.queries.sharing import what, where, who, with_sharing


@dataclass(frozen=True)
class RoundOfDay:
    """A round with what a day holds."""

    key: uuid.UUID
    name: str
    leaves_at: Any
    active: bool
    stops: int
    meals: int
    taken: int | None
    """Empty while the day is not signed."""


def house(session: Session, actor: Account) -> Organization | None:
    """Return the actor's own organization. One query."""
    found = sa.select(Organization).where(Organization.id == actor.organization_id, scope(actor, Organization))
    return session.scalars(found).one_or_none()


def rounds(session: Session, actor: Account, day: date) -> list[RoundOfDay]:
    """Return the rounds of the actor's house with the meals of a day. One query."""
    stops = (
        sa.select(sa.func.count(DeliveryStop.id))
        .where(DeliveryStop.round_id == DeliveryRound.id)
        .correlate(DeliveryRound)
        .scalar_subquery()
    )
    planned = (
        sa.select(sa.func.count(PlannedVisit.id))
        .join(DeliveryStop, DeliveryStop.plan_id == PlannedVisit.plan_id)
        .where(
            DeliveryStop.round_id == DeliveryRound.id,
            PlannedVisit.due_on == day,
            PlannedVisit.status.not_in((PlannedStatus.MOVED, PlannedStatus.CANCELLED)),
        )
        .correlate(DeliveryRound)
        .scalar_subquery()
    )
    found = session.execute(
        sa.select(DeliveryRound, stops, planned, RoundSignOff.taken)
        .outerjoin(RoundSignOff, sa.and_(RoundSignOff.round_id == DeliveryRound.id, RoundSignOff.day == day))
        .where(DeliveryRound.organization_id == actor.organization_id, scope(actor, DeliveryRound))
        .order_by(DeliveryRound.active.desc(), DeliveryRound.leaves_at, DeliveryRound.name)
    )
    return [
        RoundOfDay(one.id, one.name, one.leaves_at, one.active, count, meals, taken)
        for one, count, meals, taken in found
    ]


@dataclass(frozen=True)
class Stop:
    """One stop: whom, where, what; and on a day, what became of it."""

    key: uuid.UUID
    """Of the planned meal; of the plan where no day is meant."""
    plan_id: uuid.UUID
    person_id: uuid.UUID
    position: int | None
    person_name: str | None
    village: Names
    address: str | None
    units: Decimal
    unit: str
    note: str | None
    status: PlannedStatus | None = None
    reason: PlannedReason | None = None
    result: ContactResult | None = None

    @property
    def is_open(self) -> bool:
        """Whether nobody has said yet what became of it."""
        return self.status is PlannedStatus.PLANNED


def _columns(actor: Account) -> list[Any]:
    """Return whom and where, for a select joined to plan, person and area; a provider's as far as agreed."""
    at = now()
    if actor.role is Role.PROVIDER_OFFICER:
        shown: list[Any] = [
            who(Person.name, at), what(DataKind.IDENTITY, Area.name, at), what(DataKind.IDENTITY, Area.name_en, at),
            where(Person.address, at), what(DataKind.NOTES, ServicePlan.note, at),
        ]  # fmt: skip
    else:
        shown = [Person.name, Area.name, Area.name_en, Person.address, ServicePlan.note]
    labels = ("person_name", "village_zh", "village_en", "address", "note")
    return [column.label(name) for column, name in zip(shown, labels, strict=True)]


def _joined(actor: Account, statement: sa.Select[Any]) -> sa.Select[Any]:
    statement = (
        statement.join(Person, Person.id == ServicePlan.person_id)
        .join(Area, Area.code == ServicePlan.area_code)
        .join(Referral, Referral.id == ServicePlan.referral_id)
    )
    return with_sharing(statement, now()) if actor.role is Role.PROVIDER_OFFICER else statement


def stops(session: Session, actor: Account, delivery: DeliveryRound, day: date) -> list[Stop]:
    """Return the stops of a round that have a meal on a day, in order. One query."""
    chosen = (
        sa.select(
            PlannedVisit.id, ServicePlan.id.label("plan_id"), ServicePlan.person_id, DeliveryStop.position,
            *_columns(actor), PlannedVisit.units, PlannedVisit.unit, PlannedVisit.status,
            PlannedVisit.reason, Visit.contact_result,
        )
        .select_from(DeliveryStop)
        .join(ServicePlan, ServicePlan.id == DeliveryStop.plan_id)
        .join(PlannedVisit, PlannedVisit.plan_id == ServicePlan.id)
        .outerjoin(Visit, Visit.id == PlannedVisit.visit_id)
        .where(
            DeliveryStop.round_id == delivery.id,
            PlannedVisit.due_on == day,
            PlannedVisit.status.not_in((PlannedStatus.MOVED, PlannedStatus.CANCELLED)),
        )
        .order_by(DeliveryStop.position, PlannedVisit.id)
    )  # fmt: skip
    return [
        Stop(
            row.id, row.plan_id, row.person_id, row.position, row.person_name, Names(row.village_zh, row.village_en),
            row.address, row.units, row.unit, row.note, row.status, row.reason, row.contact_result,
        )
        for row in session.execute(_joined(actor, chosen)).all()
    ]  # fmt: skip


def candidates(session: Session, actor: Account, delivery: DeliveryRound) -> Sequence[Stop]:
    """Return the plans for meals that are on this round or on none, those on it first, in order. One query."""
    chosen = (
        sa.select(
            ServicePlan.id, ServicePlan.person_id, DeliveryStop.position, *_columns(actor), ServicePlan.units,
            ServicePlan.unit,
        )
        .select_from(ServicePlan)
        .outerjoin(DeliveryStop, DeliveryStop.plan_id == ServicePlan.id)
        .where(
            scope(actor, ServicePlan),
            ServicePlan.organization_id == delivery.organization_id,
            ServicePlan.kind == PlanKind.MEALS,
            ServicePlan.status.in_(LIVE_PLANS),
            sa.or_(DeliveryStop.id.is_(None), DeliveryStop.round_id == delivery.id),
        )
        .order_by(DeliveryStop.position.is_(None), DeliveryStop.position, ServicePlan.area_code, ServicePlan.id)
    )  # fmt: skip
    return [
        Stop(
            row.id, row.id, row.person_id, row.position, row.person_name, Names(row.village_zh, row.village_en),
            row.address, row.units, row.unit, row.note,
        )
        for row in session.execute(_joined(actor, chosen)).all()
    ]  # fmt: skip
