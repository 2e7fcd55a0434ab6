"""Who does what where: the catalogue of services and organizations, and what is doubtful in it."""

import enum
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    Capacity,
    Location,
    Organization,
    ProviderCheck,
    ProviderKind,
    Service,
    ServiceArea,
    ServiceAtLocation,
    ServiceStatus,
    Taxonomy,
    TaxonomyTerm,
)
from models.area import code_range
from referral.access import scope
from referral.clock import start_of
from referral.queries.people import fold
from referral.queries.provider_services import STALE_AFTER

CHECK_ENDS_SOON = timedelta(days=30)


class Doubt(enum.StrEnum):
    """What may be wrong with an entry."""

    DUPLICATE = "duplicate"
    STALE = "stale"
    CHECK = "check"
    NO_TERM = "no_term"


@dataclass(frozen=True)
class Filters:
    """What somebody looks for; empty where it does not matter."""

    words: str = ""
    term_id: uuid.UUID | None = None
    township: str | None = None
    kind: ProviderKind | None = None
    accepting: bool = False
    free: bool = False
    doubt: Doubt | None = None


COLUMNS: tuple[Any, ...] = (
    Service.id,
    Service.name,
    Service.status,
    Service.assured_on,
    Service.created_at,
    Service.term_id,
    Organization.id.label("organization_id"),
    Organization.name.label("organization_name"),
    Organization.kind,
    TaxonomyTerm.name_zh,
    TaxonomyTerm.name_en,
)
"""No long texts: a catalogue's descriptions are longer than its list."""


def services(actor: Account, filters: Filters, day: date) -> sa.Select[Any]:
    """Return the select of the services an actor may see and looks for, by organization and name."""
    statement = (
        sa.select(*COLUMNS)
        .join(Organization, Organization.id == Service.organization_id)
        .outerjoin(TaxonomyTerm, TaxonomyTerm.id == Service.term_id)
        .where(scope(actor, Organization), Service.status != ServiceStatus.DEFUNCT)
        .order_by(Organization.name, Service.name, Service.id)
    )
    for word in fold(filters.words).split():
        found = Organization.search_text.contains(word, autoescape=True)
        named = sa.func.lower(Service.name).contains(word, autoescape=True)
        statement = statement.where(sa.or_(found, named))
    if filters.term_id:
        statement = statement.where(Service.term_id == filters.term_id)
    if filters.kind:
        statement = statement.where(Organization.kind == filters.kind)
    if filters.township:
        statement = statement.where(_serves(filters.township))
    if filters.accepting or filters.free:
        statement = statement.where(_open_now(day, free=filters.free))
    if filters.doubt:
        statement = statement.where(DOUBTS[filters.doubt](day))
    return statement


def _serves(township: str) -> sa.ColumnElement[bool]:
    """The service names the township, a part of it or what it lies in, or is given at a place in it."""
    first, last = code_range(township)
    above = [township[:digits].ljust(12, "0") for digits in (2, 4, 6)]
    named = sa.exists().where(
        ServiceArea.service_id == Service.id,
        sa.or_(ServiceArea.area_code.between(first, last), ServiceArea.area_code.in_(above)),
    )
    there = sa.exists().where(
        ServiceAtLocation.service_id == Service.id,
        ServiceAtLocation.location_id == Location.id,
        Location.area_code.between(first, last),
    )
    return sa.or_(named, there)


def _open_now(day: date, *, free: bool) -> sa.ColumnElement[bool]:
    conditions = [ServiceAtLocation.service_id == Service.id, ServiceAtLocation.accepting]
    if free:
        conditions += [
            Capacity.service_at_location_id == ServiceAtLocation.id,
            Capacity.starts_on <= day,
            Capacity.ends_on >= day,
            Capacity.reserved + Capacity.used < Capacity.places,
        ]
    return sa.exists().where(*conditions)


def _stale(day: date) -> sa.ColumnElement[bool]:
    limit = day - STALE_AFTER
    unconfirmed = sa.and_(Service.assured_on.is_(None), Service.created_at < start_of(limit))
    return sa.or_(Service.assured_on < limit, unconfirmed)


def _duplicate(_day: date) -> sa.ColumnElement[bool]:
    """Another living entry has the same name, of the same organization or of one with the same name."""
    service, organization = sa.func.lower(Service.name), sa.func.lower(Organization.name)
    twice = (
        sa.select(service.label("service"), organization.label("organization"))
        .select_from(Service)
        .join(Organization, Organization.id == Service.organization_id)
        .where(Service.status != ServiceStatus.DEFUNCT)
        .group_by(service, organization)
        .having(sa.func.count() > 1)
    )
    return sa.tuple_(service, organization).in_(twice)


def _check_ends(day: date) -> sa.ColumnElement[bool]:
    """The newest check of a kind has ended or ends within 30 days."""
    newest = (
        sa.select(ProviderCheck.organization_id)
        .group_by(ProviderCheck.organization_id, ProviderCheck.kind)
        .having(sa.func.max(ProviderCheck.valid_to) <= day + CHECK_ENDS_SOON)
    )
    return Service.organization_id.in_(newest)


DOUBTS: dict[Doubt, Callable[[date], sa.ColumnElement[bool]]] = {
    Doubt.DUPLICATE: _duplicate,
    Doubt.STALE: _stale,
    Doubt.CHECK: _check_ends,
    Doubt.NO_TERM: lambda _day: Service.term_id.is_(None),
}


@dataclass(frozen=True)
class Places:
    """What of a service is free today, over all its places of work."""

    accepting: bool
    stated: bool
    left: int
    places: int


def places_of(session: Session, service_ids: Sequence[uuid.UUID], day: date) -> dict[uuid.UUID, Places]:
    """Return the places of services on a day. One query."""
    now = sa.and_(
        Capacity.service_at_location_id == ServiceAtLocation.id, Capacity.starts_on <= day, Capacity.ends_on >= day
    )
    taking = sa.case((ServiceAtLocation.accepting, 1), else_=0)
    statement = (
        sa.select(
            ServiceAtLocation.service_id,
            sa.func.max(taking),
            sa.func.count(Capacity.id),
            sa.func.sum(Capacity.places),
            sa.func.sum(Capacity.reserved + Capacity.used),
        )
        .outerjoin(Capacity, now)
        .where(ServiceAtLocation.service_id.in_(service_ids))
        .group_by(ServiceAtLocation.service_id)
    )
    return {
        key: Places(bool(accepting), stated > 0, int(places or 0) - int(given or 0), int(places or 0))
        for key, accepting, stated, places, given in session.execute(statement)
    }


def checks_ending(session: Session, organization_ids: Sequence[uuid.UUID], day: date) -> dict[uuid.UUID, date]:
    """Return, of organizations with a check that ended or ends within 30 days, the soonest end. One query."""
    ends = sa.func.max(ProviderCheck.valid_to)
    statement = (
        sa.select(ProviderCheck.organization_id, ends)
        .where(ProviderCheck.organization_id.in_(organization_ids))
        .group_by(ProviderCheck.organization_id, ProviderCheck.kind)
        .having(ends <= day + CHECK_ENDS_SOON)
        .order_by(ends.desc())
    )
    return {key: end for key, end in session.execute(statement)}  # noqa: C416  rows are no pairs to a type checker


def terms_in_use(session: Session) -> Sequence[TaxonomyTerm]:
    """Return the terms that services are matched by, in the order of the lists."""
    statement = sa.select(TaxonomyTerm).where(TaxonomyTerm.active, TaxonomyTerm.taxonomy != Taxonomy.IMPORTED)
    return session.scalars(statement.order_by(TaxonomyTerm.taxonomy.desc(), TaxonomyTerm.code)).all()
