"""Plans and planned visits for pages, desks and phones."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, joinedload

from models import (
    Account,
    Area,
    ContactResult,
    DataKind,
    Person,
    PlanKind,
    PlannedReason,
    PlannedStatus,
    PlannedVisit,
    Referral,
    Role,
    ServicePlan,
    TaxonomyTerm,
    Visit,
)
from models.plan import LIVE_PLANS
from referral.access import get_in_scope, scope
from referral.clock import now
from referral.queries.inbox import Names
from referral.queries.sharing import shared, what, who, with_sharing

OVERDUE = timedelta(days=30)
"""How long a visit that nobody has dealt with stands among those due."""
MOST = 200
Worker = aliased(Account, name="plan_worker")


@dataclass(frozen=True)
class Line:
    """One planned visit as a list shows it."""

    key: uuid.UUID
    plan_id: uuid.UUID
    referral_id: uuid.UUID
    person_id: uuid.UUID
    person_name: str | None
    """Empty for a provider whom the person has not allowed to know it, or no longer; so too the village."""
    village: Names
    area_code: str
    term_id: uuid.UUID
    term: Names
    kind: PlanKind
    due_on: date
    at_time: time | None
    minutes: int
    units: Decimal
    unit: str
    status: PlannedStatus
    reason: PlannedReason | None
    provisional: bool
    promise: str | None
    worker_id: uuid.UUID | None
    worker_name: str | None
    last_visit: datetime | None
    last_result: ContactResult | None

    def days_late(self, today: date) -> int:
        """How many days it is overdue; 0 where it is not."""
        return max(0, (today - self.due_on).days) if self.status is PlannedStatus.PLANNED else 0


def _lines(actor: Account) -> sa.Select[Any]:
    """Return the select of planned visits in somebody's scope; a provider's holds what the person agreed to."""
    at = now()
    provider = actor.role is Role.PROVIDER_OFFICER

    def newest(column: Any) -> sa.ScalarSelect[Any]:
        return (
            sa.select(column)
            .where(Visit.person_id == PlannedVisit.person_id, ~Visit.replaced)
            .order_by(Visit.started_at.desc(), Visit.id.desc())
            .limit(1)
            .correlate(PlannedVisit)
            .scalar_subquery()
        )

    columns: list[Any] = [
        PlannedVisit.id,
        PlannedVisit.plan_id,
        ServicePlan.referral_id,
        PlannedVisit.person_id,
        (who(Person.name, at) if provider else Person.name).label("person_name"),
        (what(DataKind.IDENTITY, Area.name, at) if provider else Area.name).label("village_zh"),
        (what(DataKind.IDENTITY, Area.name_en, at) if provider else Area.name_en).label("village_en"),
        PlannedVisit.area_code,
        PlannedVisit.term_id,
        TaxonomyTerm.name_zh,
        TaxonomyTerm.name_en,
        PlannedVisit.kind,
        PlannedVisit.due_on,
        PlannedVisit.at_time,
        PlannedVisit.minutes,
        PlannedVisit.units,
        PlannedVisit.unit,
        PlannedVisit.status,
        PlannedVisit.reason,
        PlannedVisit.provisional,
        (what(DataKind.NOTES, PlannedVisit.promise, at) if provider else PlannedVisit.promise).label("promise"),
        PlannedVisit.worker_id,
        Worker.name.label("worker_name"),
        newest(Visit.started_at).label("last_visit"),
        newest(Visit.contact_result).label("last_result"),
    ]
    chosen = (
        sa.select(*columns)
        .select_from(PlannedVisit)
        .join(ServicePlan, ServicePlan.id == PlannedVisit.plan_id)
        .join(Person, Person.id == PlannedVisit.person_id)
        .join(Area, Area.code == PlannedVisit.area_code)
        .join(TaxonomyTerm, TaxonomyTerm.id == PlannedVisit.term_id)
        .outerjoin(Worker, Worker.id == PlannedVisit.worker_id)
        .where(scope(actor, PlannedVisit))
    )
    if provider:
        chosen = with_sharing(chosen.join(Referral, Referral.id == ServicePlan.referral_id), at)
    return chosen


def _line(row: Any) -> Line:
    return Line(
        row.id, row.plan_id, row.referral_id, row.person_id, row.person_name, Names(row.village_zh, row.village_en),
        row.area_code, row.term_id, Names(row.name_zh, row.name_en), row.kind, row.due_on, row.at_time, row.minutes,
        row.units, row.unit, row.status, row.reason, row.provisional, row.promise, row.worker_id, row.worker_name,
        row.last_visit, row.last_result,
    )  # fmt: skip


def _mine(account: Account, *, everybody: bool = False) -> sa.ColumnElement[bool]:
    """Return the condition for what an account goes to: its own visits, and its organization's that name nobody.

    `everybody` adds its colleagues' and, for a station, those that others have promised to its people.
    """
    of_house = PlannedVisit.organization_id == account.organization_id
    if everybody:
        return sa.or_(of_house, PlannedVisit.station_id == account.organization_id)
    return sa.and_(of_house, sa.or_(PlannedVisit.worker_id == account.id, PlannedVisit.worker_id.is_(None)))


ORDER = (PlannedVisit.due_on, PlannedVisit.area_code, PlannedVisit.at_time, PlannedVisit.id)


def due(session: Session, account: Account, day: date) -> list[Line]:
    """Return what an account has to do: planned visits due on a day, and those overdue up to 30 days. One query.

    Its own, and its organization's that name no worker; the oldest day first, then by village.
    """
    found = _lines(account).where(
        _mine(account),
        PlannedVisit.status == PlannedStatus.PLANNED,
        PlannedVisit.due_on.between(day - OVERDUE, day),
    )
    return [_line(row) for row in session.execute(found.order_by(*ORDER).limit(MOST)).all()]


def week(session: Session, account: Account, first: date, *, everybody: bool = False) -> list[Line]:
    """Return the planned visits of seven days, whatever became of them; not those moved or called off. One query."""
    found = _lines(account).where(
        _mine(account, everybody=everybody),
        PlannedVisit.status.not_in((PlannedStatus.MOVED, PlannedStatus.CANCELLED)),
        PlannedVisit.due_on.between(first, first + timedelta(days=6)),
    )
    return [_line(row) for row in session.execute(found.order_by(*ORDER).limit(MOST * 2)).all()]


def visits_of_plan(session: Session, account: Account, plan: ServicePlan, *, since: date) -> list[Line]:
    """Return the planned visits of one plan from a day on, by their day. One query."""
    found = _lines(account).where(
        PlannedVisit.plan_id == plan.id,
        PlannedVisit.due_on >= since,
        sa.or_(PlannedVisit.status != PlannedStatus.CANCELLED, PlannedVisit.decided_by_id.is_not(None)),
    )
    return [_line(row) for row in session.execute(found.order_by(*ORDER).limit(MOST)).all()]


def plan_in_scope(session: Session, actor: Account, key: uuid.UUID) -> ServicePlan | None:
    """Return a plan with its service, worker and organization."""
    found: ServicePlan | None = get_in_scope(
        session, actor, ServicePlan, key,
        joinedload(ServicePlan.term), joinedload(ServicePlan.worker), joinedload(ServicePlan.organization),
        joinedload(ServicePlan.program), joinedload(ServicePlan.referral),
    )  # fmt: skip
    return found


def planned_in_scope(session: Session, actor: Account, key: uuid.UUID) -> PlannedVisit | None:
    """Return a planned visit with its plan and service."""
    found: PlannedVisit | None = get_in_scope(
        session, actor, PlannedVisit, key, joinedload(PlannedVisit.plan), joinedload(PlannedVisit.term)
    )
    return found


def plan_of(session: Session, referral_id: uuid.UUID) -> ServicePlan | None:
    """Return the plan of a referral, as far as whoever looks may see it. One query."""
    return session.scalar(
        sa.select(ServicePlan).where(ServicePlan.referral_id == referral_id).options(joinedload(ServicePlan.worker))
    )


def plans_of_person(session: Session, person_id: uuid.UUID) -> list[ServicePlan]:
    """Return a person's plans that go on, as far as whoever looks may see them. One query."""
    return list(
        session.scalars(
            sa.select(ServicePlan)
            .where(ServicePlan.person_id == person_id, ServicePlan.status.in_(LIVE_PLANS))
            .options(joinedload(ServicePlan.term), joinedload(ServicePlan.worker), joinedload(ServicePlan.organization))
            .order_by(ServicePlan.starts_on, ServicePlan.id)
        )
    )


def between(session: Session, account: Account, first: date, last: date) -> list[Line]:
    """Return what an account goes to, done or still to do, from one day to another. One query."""
    found = _lines(account).where(
        _mine(account),
        PlannedVisit.status.in_((PlannedStatus.PLANNED, PlannedStatus.DONE)),
        PlannedVisit.due_on.between(first, last),
    )
    return [_line(row) for row in session.execute(found.order_by(*ORDER).limit(MOST * 5)).all()]


@dataclass(frozen=True)
class Who:
    """Whom a plan is for, as far as the reader may know."""

    name: str | None
    village: Names
    notes_shared: bool = True
    """Whether what others wrote for this help may be read too."""


def person_of(session: Session, account: Account, plan: ServicePlan) -> Who:
    """Return whom a plan is for; a provider is told what the person agreed to. One query."""
    at = now()
    provider = account.role is Role.PROVIDER_OFFICER
    columns: list[Any] = (
        [
            who(Person.name, at),
            what(DataKind.IDENTITY, Area.name, at),
            what(DataKind.IDENTITY, Area.name_en, at),
            shared(DataKind.NOTES, at),
        ]
        if provider
        else [Person.name, Area.name, Area.name_en, sa.true()]
    )
    chosen: sa.Select[Any] = (
        sa.select(*columns)
        .select_from(Referral)
        .join(Person, Person.id == Referral.person_id)
        .join(Area, Area.code == Referral.area_code)
        .where(Referral.id == plan.referral_id)
    )
    row = session.execute(with_sharing(chosen, at) if provider else chosen).first()
    return Who(row[0], Names(row[1], row[2]), bool(row[3])) if row else Who(None, Names(None, None), False)
