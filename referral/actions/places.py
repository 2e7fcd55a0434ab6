"""Taking and freeing places. Each is one statement that checks and counts at once, so that nobody overbooks."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Capacity, CapacityKind, Referral, Reservation, ReservationStatus
from models.errors import NoPlaceLeft


def take_place(session: Session, referral: Referral, *, capacity_id: uuid.UUID) -> Reservation:
    """Hold one place for a referral and return the reservation; raise NoPlaceLeft where none is left."""
    _count(
        session,
        capacity_id,
        condition=Capacity.reserved + Capacity.used < Capacity.places,
        reserved=Capacity.reserved + 1,
    )
    reservation = Reservation(capacity_id=capacity_id, referral_id=referral.id)
    session.add(reservation)
    return reservation


def use_place(session: Session, referral: Referral) -> None:
    """Turn the held place of a referral into a used one; does nothing for a referral without a held place."""
    reservation = _reservation(session, referral)
    if reservation is None or reservation.status is not ReservationStatus.HELD:
        return
    _count(session, reservation.capacity_id, reserved=Capacity.reserved - 1, used=Capacity.used + 1)
    reservation.status = ReservationStatus.USED


def free_place(session: Session, referral: Referral, *, at: datetime) -> None:
    """Give back the place of a referral, held or used; does nothing where it was given back before."""
    reservation = _reservation(session, referral)
    if reservation is None or reservation.status is ReservationStatus.RELEASED:
        return
    if reservation.status is ReservationStatus.HELD:
        _count(session, reservation.capacity_id, reserved=Capacity.reserved - 1)
    else:
        _count(session, reservation.capacity_id, used=Capacity.used - 1)
    reservation.status = ReservationStatus.RELEASED
    reservation.released_at = at


def end_place(session: Session, referral: Referral, *, at: datetime) -> None:
    """Close the place of help that was given: a place at a time is free again, a place of a quota is used up."""
    kind = session.scalar(
        sa.select(Capacity.kind)
        .join(Reservation, Reservation.capacity_id == Capacity.id)
        .where(Reservation.referral_id == referral.id)
    )
    if kind is CapacityKind.QUOTA:
        use_place(session, referral)
    else:
        free_place(session, referral, at=at)


def _reservation(session: Session, referral: Referral) -> Reservation | None:
    return session.scalar(
        sa.select(Reservation)
        .where(Reservation.referral_id == referral.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _count(
    session: Session,
    capacity_id: uuid.UUID,
    *,
    condition: sa.ColumnElement[bool] | None = None,
    **changes: sa.ColumnElement[int],
) -> None:
    """Change the counts of a capacity in one statement; raise NoPlaceLeft where the condition does not hold."""
    wheres = [Capacity.id == capacity_id] + ([] if condition is None else [condition])
    result = session.execute(
        sa.update(Capacity)
        .where(*wheres)
        .values(version=Capacity.version + 1, **changes)
        .returning(Capacity.id)
        .execution_options(synchronize_session=False)
    )
    if result.first() is None:
        raise NoPlaceLeft
    loaded = session.identity_map.get(sa.orm.util.identity_key(Capacity, capacity_id))
    if loaded is not None:
        session.expire(loaded, ["reserved", "used", "version"])
