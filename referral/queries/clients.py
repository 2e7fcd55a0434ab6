"""Whom a provider serves: planned against delivered, and what is left of its contracts."""

import calendar
import uuid
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from models import (
    Account,
    Area,
    Capacity,
    CapacityKind,
    DataKind,
    Need,
    Person,
    Program,
    Referral,
    ReferralStatus,
    Service,
    ServiceAtLocation,
    TaxonomyTerm,
    Visit,
)
from models.referral import GOING_ON_STATUSES
from referral.access import scope
from referral.clock import end_of, local_date, now, start_of
from referral.queries.inbox import Names
from referral.queries.sharing import what, who, with_sharing

Township = aliased(Area)
DAYS_OF_WEEK = 7


@dataclass(frozen=True)
class Month:
    """One calendar month."""

    year: int
    month: int

    @property
    def first(self) -> date:
        """The first day."""
        return date(self.year, self.month, 1)

    @property
    def last(self) -> date:
        """The last day."""
        return date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])

    def moved(self, months: int) -> "Month":
        """Return the month so many months later."""
        index = self.year * 12 + self.month - 1 + months
        return Month(index // 12, index % 12 + 1)

    @property
    def text(self) -> str:
        """How an address writes it: 2026-11."""
        return f"{self.year:04d}-{self.month:02d}"


def month_of(text: str | None, today: date) -> Month:
    """Return the month that an address names, or this month where it names none."""
    try:
        day = date.fromisoformat(f"{text}-01")
    except ValueError:
        day = today
    return Month(day.year, day.month)


@dataclass(frozen=True)
class Client:
    """One referral under way: whom it is for, what was planned in the month, what was given."""

    key: uuid.UUID
    number: str
    status: ReferralStatus
    person_name: str | None
    """Empty where the person has not agreed to it, or no longer does; so too the village."""
    village: Names
    term: Names
    service_name: str
    quantity: Decimal
    frequency: str
    unit: str
    planned: Decimal
    delivered: Decimal
    visits: int
    last_visit: datetime | None


def clients(actor: Account, month: Month) -> sa.Select[Any]:
    """Return the select of the actor's clients of a month: help under way, and help that ended in it."""
    first, after, at = start_of(month.first), end_of(month.last), now()
    name = who(Person.name, at)
    counted = sa.and_(Visit.referral_id == Referral.id, ~Visit.replaced, Visit.units > 0)
    inside = sa.and_(counted, Visit.started_at >= first, Visit.started_at < after)

    def of_visits(what: sa.ColumnElement[Any], which: sa.ColumnElement[bool]) -> sa.ScalarSelect[Any]:
        return sa.select(what).where(which).correlate(Referral).scalar_subquery()

    columns: list[Any] = [
        Referral.id,
        Referral.number,
        Referral.status,
        Referral.answered_at,
        Referral.started_at,
        Referral.ended_at,
        name.label("person_name"),
        what(DataKind.IDENTITY, Area.name, at).label("village_zh"),
        what(DataKind.IDENTITY, Area.name_en, at).label("village_en"),
        TaxonomyTerm.name_zh,
        TaxonomyTerm.name_en,
        Service.name.label("service_name"),
        Need.quantity,
        Need.frequency,
        Need.unit,
        of_visits(sa.func.coalesce(sa.func.sum(Visit.units), 0), inside).label("delivered"),
        of_visits(sa.func.count(Visit.id), inside).label("visits"),
        of_visits(sa.func.max(Visit.started_at), counted).label("last_visit"),
        Referral.person_id,
    ]
    chosen = (
        sa.select(*columns)
        .select_from(Referral)
        .join(Need, Need.id == Referral.need_id)
        .join(Person, Person.id == Referral.person_id)
        .join(TaxonomyTerm, TaxonomyTerm.id == Need.term_id)
        .join(Area, Area.code == Referral.area_code)
        .join(ServiceAtLocation, ServiceAtLocation.id == Referral.service_at_location_id)
        .join(Service, Service.id == ServiceAtLocation.service_id)
        .where(
            scope(actor, Referral),
            Referral.answered_at < after,
            sa.or_(
                Referral.status.in_(GOING_ON_STATUSES),
                sa.and_(
                    Referral.status.in_((ReferralStatus.COMPLETED, ReferralStatus.FAILED)), Referral.ended_at >= first
                ),
            ),
        )
        .order_by(Service.name, name, Referral.id)
    )
    return with_sharing(chosen, at)


def client(row: Any, month: Month) -> Client:
    """Return a row of `clients` with what was planned for the month."""
    return Client(
        key=row.id,
        number=row.number,
        status=row.status,
        person_name=row.person_name,
        village=Names(row.village_zh, row.village_en),
        term=Names(row.name_zh, row.name_en),
        service_name=row.service_name,
        quantity=row.quantity,
        frequency=row.frequency,
        unit=row.unit,
        planned=planned(row.quantity, row.frequency, month, begin=row.started_at or row.answered_at, end=row.ended_at),
        delivered=Decimal(row.delivered),
        visits=row.visits,
        last_visit=row.last_visit,
    )


def planned(quantity: Decimal, frequency: str, month: Month, *, begin: datetime, end: datetime | None) -> Decimal:
    """Return the units planned in a month, in steps of 0.25, by the days on which the help goes on.

    `once` counts in the month of its begin; `week` counts a seventh a day; `month` its share of the month.
    """
    first = max(month.first, local_date(begin))
    last = min(month.last, local_date(end)) if end else month.last
    days = max(0, (last - first).days + 1)
    if frequency == "once":
        return quantity if month.first <= local_date(begin) <= month.last else Decimal(0)
    share = Decimal(days) / (DAYS_OF_WEEK if frequency == "week" else month.last.day)
    return (quantity * share * 4).to_integral_value() / 4


@dataclass(frozen=True)
class Quota:
    """What a contract still holds: places of a period, or households or units of a program."""

    name: str
    unit: str
    """place, household, or a unit of the taxonomy."""
    used: Decimal
    whole: Decimal
    ends_on: date | None

    @property
    def left(self) -> Decimal:
        """What is left; never below 0."""
        return max(Decimal(0), self.whole - self.used)


def quotas(session: Session, actor: Account, day: date) -> list[Quota]:
    """Return what is left of the contracts of the actor's organization, those that end soonest first. Three queries."""
    found = [*_quota_places(session, actor, day), *_programs(session, actor, day)]
    return sorted(found, key=lambda quota: (quota.ends_on or date.max, quota.name))


def _quota_places(session: Session, actor: Account, day: date) -> list[Quota]:
    statement = (
        sa.select(Service.name, Capacity.places, Capacity.reserved, Capacity.used, Capacity.ends_on)
        .select_from(Capacity)
        .join(Capacity.service_at_location)
        .join(ServiceAtLocation.service)
        .where(
            Service.organization_id == actor.organization_id,
            Capacity.kind == CapacityKind.QUOTA,
            Capacity.starts_on <= day,
            Capacity.ends_on >= day,
        )
    )
    return [
        Quota(name, "place", Decimal(reserved + used), Decimal(places), ends_on)
        for name, places, reserved, used, ends_on in session.execute(statement).all()
    ]


def _programs(session: Session, actor: Account, day: date) -> list[Quota]:
    """Return the programs in force with their households or units, counted from their visits."""
    running = session.scalars(
        sa.select(Program).where(
            Program.organization_id == actor.organization_id,
            sa.or_(Program.starts_on.is_(None), Program.starts_on <= day),
            sa.or_(Program.ends_on.is_(None), Program.ends_on >= day),
            sa.or_(Program.quota_households.is_not(None), Program.quota_units.is_not(None)),
        )
    ).all()
    counted = (
        sa.select(
            Visit.program_id,
            sa.func.count(sa.distinct(Visit.household_id)).label("households"),
            sa.func.sum(Visit.units).label("units"),
            sa.func.min(Visit.unit).label("unit"),
        )
        .where(
            sa.or_(sa.false(), *(_in_force(program) for program in running)),
            ~Visit.replaced,
            Visit.units > 0,
        )
        .group_by(Visit.program_id)
    )
    given = {row.program_id: row for row in session.execute(counted).all()}
    found = []
    for program in running:
        row = given.get(program.id)
        if program.quota_households is not None:
            households = Decimal(row.households if row else 0)
            whole = Decimal(program.quota_households)
            found.append(Quota(program.name, "household", households, whole, program.ends_on))
        if program.quota_units is not None:
            units = Decimal(row.units if row else 0)
            unit = str(row.unit) if row else ""
            found.append(Quota(program.name, unit, units, program.quota_units, program.ends_on))
    return found


def _in_force(program: Program) -> sa.ColumnElement[bool]:
    """Visits of a program since it began."""
    of_program = Visit.program_id == program.id
    return sa.and_(of_program, Visit.started_at >= start_of(program.starts_on)) if program.starts_on else of_program
