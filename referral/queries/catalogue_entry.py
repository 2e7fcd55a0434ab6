"""One service or one organization of the catalogue, with all that its page shows."""

import uuid
from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, joinedload, selectinload

from models import (
    Account,
    Capacity,
    Location,
    Organization,
    Phone,
    Program,
    ProviderCheck,
    Schedule,
    Service,
    ServiceArea,
    ServiceAtLocation,
    Visit,
)
from referral.access import get_in_scope, scope


def find_service(session: Session, actor: Account, key: uuid.UUID) -> Service | None:
    """Return a service the actor may see, with everything its page shows. Five queries."""
    return session.scalar(
        sa.select(Service)
        .join(Service.organization)
        .where(Service.id == key, scope(actor, Organization))
        .options(
            joinedload(Service.organization),
            joinedload(Service.program),
            joinedload(Service.term),
            selectinload(Service.at_locations).joinedload(ServiceAtLocation.location).joinedload(Location.area),
            selectinload(Service.areas).joinedload(ServiceArea.area),
            selectinload(Service.eligibility),
        )
    )


def find_organization(session: Session, actor: Account, key: uuid.UUID) -> Organization | None:
    """Return an organization the actor may see, with programs, places, phones and checks. Five queries."""
    found: Organization | None = get_in_scope(
        session,
        actor,
        Organization,
        key,
        joinedload(Organization.area),
        selectinload(Organization.programs),
        selectinload(Organization.locations).joinedload(Location.area),
        selectinload(Organization.phones),
        selectinload(Organization.checks),
    )
    return found


def find_check(session: Session, actor: Account, key: uuid.UUID) -> ProviderCheck | None:
    """Return a check of an organization the actor may see."""
    return session.scalar(
        sa.select(ProviderCheck)
        .join(ProviderCheck.organization)
        .where(ProviderCheck.id == key, scope(actor, Organization))
        .options(joinedload(ProviderCheck.organization))
    )


def periods_of(session: Session, service: Service, day: date) -> dict[uuid.UUID, Capacity]:
    """Return the running period of each place of a service."""
    statement = sa.select(Capacity).where(
        Capacity.service_at_location_id.in_([there.id for there in service.at_locations]),
        Capacity.starts_on <= day,
        Capacity.ends_on >= day,
    )
    return {capacity.service_at_location_id: capacity for capacity in session.scalars(statement)}


def schedules_of(session: Session, service: Service) -> Sequence[Schedule]:
    """Return when a service is open, at any of its places."""
    there = [entry.id for entry in service.at_locations]
    statement = sa.select(Schedule).where(
        sa.or_(Schedule.service_id == service.id, Schedule.service_at_location_id.in_(there))
    )
    return session.scalars(statement.order_by(Schedule.id)).all()


def phones_of(session: Session, service: Service) -> Sequence[Phone]:
    """Return the telephones of a service and of its places."""
    places = [entry.location_id for entry in service.at_locations]
    statement = sa.select(Phone).where(sa.or_(Phone.service_id == service.id, Phone.location_id.in_(places)))
    return session.scalars(statement.order_by(Phone.id)).all()


def households_served(session: Session, programs: Sequence[Program]) -> dict[uuid.UUID, int]:
    """Return how many households each program has served. One query."""
    statement = (
        sa.select(Visit.program_id, sa.func.count(sa.distinct(Visit.household_id)))
        .where(Visit.program_id.in_([program.id for program in programs]), ~Visit.replaced, Visit.units > 0)
        .group_by(Visit.program_id)
    )
    return {key: count for key, count in session.execute(statement) if key is not None}


def namesakes(session: Session, actor: Account, organization: Organization) -> Sequence[Organization]:
    """Return other organizations of the same name, most likely the same one entered twice."""
    statement = sa.select(Organization).where(
        scope(actor, Organization), Organization.name == organization.name, Organization.id != organization.id
    )
    return session.scalars(statement.limit(5)).all()


def services_of(session: Session, organization: Organization, *, limit: int = 200) -> Sequence[Service]:
    """Return the services of an organization with their terms, by name; without their long texts. One query."""
    long_texts = (Service.description, Service.application_process, Service.eligibility_description)
    return session.scalars(
        sa.select(Service)
        .where(Service.organization_id == organization.id)
        .options(joinedload(Service.term), *(defer(column, raiseload=True) for column in long_texts))
        .order_by(Service.name, Service.id)
        .limit(limit)
    ).all()
