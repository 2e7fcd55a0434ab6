"""What an organization offers and how much of it is free."""

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload

from models import Account, Capacity, Service, ServiceAtLocation, ServiceStatus

STALE_AFTER = timedelta(days=90)
"""An entry that nobody confirmed for so long is looked at again."""


@dataclass
class Offer:
    """One service at one place, with its periods from today on."""

    at_location: ServiceAtLocation
    now: Capacity | None = None
    later: list[Capacity] = field(default_factory=list)

    def stale(self, at: datetime) -> bool:
        """Say whether nobody confirmed the entry for 90 days."""
        return (self.at_location.confirmed_at or self.at_location.created_at) < at - STALE_AFTER


def offers(session: Session, actor: Account, day: date) -> list[Offer]:
    """Return what the actor's organization offers, by name of service and place. Two queries."""
    entries = session.scalars(
        sa.select(ServiceAtLocation)
        .join(ServiceAtLocation.service)
        .join(ServiceAtLocation.location)
        .where(Service.organization_id == actor.organization_id, Service.status != ServiceStatus.DEFUNCT)
        .options(
            contains_eager(ServiceAtLocation.service).joinedload(Service.term),
            contains_eager(ServiceAtLocation.location),
        )
        .order_by(Service.name, ServiceAtLocation.id)
    ).all()
    found = {entry.id: Offer(entry) for entry in entries}
    periods = sa.select(Capacity).where(Capacity.service_at_location_id.in_(found), Capacity.ends_on >= day)
    for capacity in session.scalars(periods.order_by(Capacity.starts_on)):
        offer = found[capacity.service_at_location_id]
        if capacity.starts_on <= day:
            offer.now = capacity
        else:
            offer.later.append(capacity)
    return list(found.values())


def find_capacity(session: Session, actor: Account, key: uuid.UUID) -> Capacity | None:
    """Return a period of the actor's own services with service, term and place, or None."""
    return session.scalar(
        sa.select(Capacity)
        .join(Capacity.service_at_location)
        .join(ServiceAtLocation.service)
        .where(Capacity.id == key, Service.organization_id == actor.organization_id)
        .options(
            contains_eager(Capacity.service_at_location).options(
                contains_eager(ServiceAtLocation.service).joinedload(Service.term),
                joinedload(ServiceAtLocation.location),
            )
        )
    )


def find_entry(session: Session, actor: Account, key: uuid.UUID) -> ServiceAtLocation | None:
    """Return a service at a place of the actor's own organization with its term, or None."""
    return session.scalar(
        sa.select(ServiceAtLocation)
        .join(ServiceAtLocation.service)
        .where(ServiceAtLocation.id == key, Service.organization_id == actor.organization_id)
        .options(
            contains_eager(ServiceAtLocation.service).joinedload(Service.term),
            joinedload(ServiceAtLocation.location),
        )
    )


def last_period(session: Session, entry: ServiceAtLocation) -> Capacity | None:
    """Return the period of a service at a place that ends last, or None."""
    return session.scalar(
        sa.select(Capacity)
        .where(Capacity.service_at_location_id == entry.id)
        .order_by(Capacity.ends_on.desc())
        .limit(1)
    )
