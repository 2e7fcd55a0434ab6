"""Stating what is free: places of a period, the switch "full this month", the next period."""

from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from models import Account, Capacity, CapacityKind, Referral, Reservation, ReservationStatus, Service, ServiceAtLocation
from models.errors import ChangedMeanwhile, DomainError
from models.referral import LIVE_STATUSES
from referral.actions.upkeep import Counts, changed
from referral.clock import local_date

STATED = ("places", "units_per_place", "reserved", "used", "stated_by_id", "stated_at", "version")


class TooFewPlaces(DomainError):
    """Fewer places were stated than are given away; `least` is the smallest possible number."""

    code = "too_few_places"

    def __init__(self, least: int) -> None:
        super().__init__(str(least))
        self.least = least


class PeriodsOverlap(DomainError):
    """The new period begins before another one of the same service has ended."""

    code = "periods_overlap"


def state_places(
    session: Session,
    capacity: Capacity,
    *,
    places: int,
    units_per_place: Decimal | None,
    seen: datetime | None,
    by: Account,
    at: datetime,
) -> None:
    """Set the places of a period; raise TooFewPlaces below what is given away.

    `seen` is the moment of the statement that the page showed: ChangedMeanwhile where somebody stated anew since. The
    `version` would not do, because it also moves with every place that is taken. One statement checks and writes, so
    that a place taken at this moment cannot be stated away.
    """
    as_seen = Capacity.stated_at.is_(None) if seen is None else Capacity.stated_at == seen
    statement = (
        sa.update(Capacity)
        .where(Capacity.id == capacity.id, as_seen, Capacity.reserved + Capacity.used <= places)
        .values(
            places=places,
            units_per_place=units_per_place,
            stated_by_id=by.id,
            stated_at=at,
            version=Capacity.version + 1,
        )
        .execution_options(synchronize_session=False)
    )
    done = changed(session, statement)
    session.refresh(capacity, STATED)
    if not done:
        if capacity.stated_at == seen:
            raise TooFewPlaces(capacity.reserved + capacity.used)
        raise ChangedMeanwhile
    confirm_entry(session, capacity.service_at_location_id, at=at)


def confirm_entry(session: Session, at_location_id: object, *, at: datetime) -> None:
    """Note that the provider says today that what stands here of a service at a place is right."""
    service = sa.select(ServiceAtLocation.service_id).where(ServiceAtLocation.id == at_location_id).scalar_subquery()
    quietly = {"synchronize_session": False}
    session.execute(
        sa.update(ServiceAtLocation).where(ServiceAtLocation.id == at_location_id).values(confirmed_at=at),
        execution_options=quietly,
    )
    session.execute(
        sa.update(Service).where(Service.id == service).values(assured_on=local_date(at)), execution_options=quietly
    )


def confirm_all(session: Session, *, by: Account, at: datetime) -> int:
    """Confirm every entry of the actor's organization and return how many there are."""
    own = sa.select(Service.id).where(Service.organization_id == by.organization_id)
    quietly = {"synchronize_session": False}
    places = sa.update(ServiceAtLocation).where(ServiceAtLocation.service_id.in_(own)).values(confirmed_at=at)
    services = sa.update(Service).where(Service.organization_id == by.organization_id)
    session.execute(services.values(assured_on=local_date(at)), execution_options=quietly)
    return changed(session, places.execution_options(synchronize_session=False))


def set_accepting(session: Session, at_location: ServiceAtLocation, *, accepting: bool, at: datetime) -> None:
    """Say that a service takes new people, or that it is full this month."""
    at_location.accepting = accepting
    at_location.confirmed_at = at
    session.flush()


def going_on(session: Session, at_location: ServiceAtLocation, kind: CapacityKind = CapacityKind.CONCURRENT) -> int:
    """Return how many places (or hours) of the service are given away for as long as the help goes on."""
    total = sa.func.coalesce(sa.func.sum(Capacity.reserved + Capacity.used), 0)
    return int(
        session.scalar(sa.select(total).where(Capacity.service_at_location_id == at_location.id, Capacity.kind == kind))
        or 0
    )


def open_period(
    session: Session,
    at_location: ServiceAtLocation,
    *,
    kind: CapacityKind,
    starts_on: date,
    ends_on: date,
    unit: str,
    places: int,
    units_per_place: Decimal | None,
    by: Account,
    at: datetime,
) -> Capacity:
    """Open a further period; whoever is being helped keeps the place (see `begin_periods`).

    Raises PeriodsOverlap, and TooFewPlaces where the people who are being helped would not fit.
    """
    overlapping = sa.select(Capacity.id).where(
        Capacity.service_at_location_id == at_location.id,
        Capacity.starts_on <= ends_on,
        Capacity.ends_on >= starts_on,
    )
    if session.scalar(overlapping.limit(1)) is not None:
        raise PeriodsOverlap
    least = 0 if kind is CapacityKind.QUOTA else going_on(session, at_location, kind)
    if places < least:
        raise TooFewPlaces(least)
    capacity = Capacity(
        service_at_location_id=at_location.id,
        kind=kind,
        starts_on=starts_on,
        ends_on=ends_on,
        unit=unit,
        places=places,
        units_per_place=units_per_place,
        stated_by_id=by.id,
        stated_at=at,
    )
    session.add(capacity)
    at_location.confirmed_at = at
    session.flush()
    begin_periods(session, at, only=at_location)
    return capacity


def begin_periods(session: Session, at: datetime, *, only: ServiceAtLocation | None = None) -> Counts:
    """Carry places and hours held at a time into the period that has begun, so that nobody loses one at its turn.

    Quotas are not carried: a new period has new ones. Where somebody was quicker than the clock, the new period gets
    as many places as are needed for everybody who is being helped.
    """
    today = local_date(at)
    old, new = aliased(Capacity), aliased(Capacity)
    turns = (
        sa.select(old, new)
        .join(new, new.service_at_location_id == old.service_at_location_id)
        .where(
            old.kind != CapacityKind.QUOTA,
            new.kind == old.kind,
            old.ends_on < today,
            new.starts_on <= today,
            new.ends_on >= today,
            old.reserved + old.used > 0,
        )
        .order_by(old.id)
        .with_for_update()
    )
    if only is not None:
        turns = turns.where(old.service_at_location_id == only.id)
    carried = 0
    for ended, begun in session.execute(turns).all():
        count = ended.reserved + ended.used
        begun.places = max(begun.places, begun.reserved + begun.used + count)
        begun.reserved += ended.reserved
        begun.used += ended.used
        ended.reserved = ended.used = 0
        _move_reservations(session, ended, begun)
        session.flush()
        carried += count
    return {"carried": carried}


def _move_reservations(session: Session, ended: Capacity, begun: Capacity) -> None:
    """Let referrals that are alive hold their places in the new period."""
    quietly = {"synchronize_session": False}
    held = sa.and_(
        Reservation.capacity_id == ended.id,
        Reservation.status != ReservationStatus.RELEASED,
        Reservation.referral_id.in_(sa.select(Referral.id).where(Referral.status.in_(LIVE_STATUSES))),
    )
    session.execute(sa.update(Reservation).where(held).values(capacity_id=begun.id), execution_options=quietly)
    alive = sa.and_(Referral.capacity_id == ended.id, Referral.status.in_(LIVE_STATUSES))
    session.execute(sa.update(Referral).where(alive).values(capacity_id=begun.id), execution_options=quietly)
