"""Taking and freeing places, hours and money. Each is one statement that checks and counts at once, so that nobody
overbooks a capacity or overdraws a fund. Always the capacity first, then its fund: so no two wait for each other."""

import uuid
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Capacity, CapacityKind, Fund, Need, Referral, ReferralOutcome, Reservation, ReservationStatus
from models.errors import AmountMissing, FundShort, NoPlaceLeft
from referral.access import without_scope
from referral.clock import local_date

WHY = "what a referral holds of a fund is counted whoever takes the step; nobody is shown it here"


def take_place(session: Session, referral: Referral, *, capacity_id: uuid.UUID, at: datetime) -> Reservation:
    """Hold a place for a referral (or its hours a month), and the money of the capacity's fund.

    Raises NoPlaceLeft where too little is left, AmountMissing where nobody said what the need takes of a fund,
    FundShort where the fund has not so much left on this day. Then nothing is held.
    """
    kind, fund_id = session.execute(sa.select(Capacity.kind, Capacity.fund_id).where(Capacity.id == capacity_id)).one()
    need = session.get_one(Need, referral.need_id)
    places = need.hours_a_month if kind is CapacityKind.HOURS else 1
    amount = None
    if fund_id is not None and (amount := need.yuan) is None:
        raise AmountMissing
    _count(
        session,
        capacity_id,
        condition=Capacity.reserved + Capacity.used + places <= Capacity.places,
        reserved=Capacity.reserved + places,
    )
    if fund_id is not None and amount is not None:
        _promise(session, fund_id, amount, at)
    reservation = Reservation(
        capacity_id=capacity_id, referral_id=referral.id, places=places, amount=amount, fund_id=fund_id
    )
    session.add(reservation)
    return reservation


def use_place(session: Session, referral: Referral) -> None:
    """Turn what a referral holds into what is used and spent; does nothing for a referral that holds nothing."""
    reservation = _reservation(session, referral)
    if reservation is None or reservation.status is not ReservationStatus.HELD:
        return
    places = reservation.places
    _count(session, reservation.capacity_id, reserved=Capacity.reserved - places, used=Capacity.used + places)
    _move_money(session, reservation, promised=-1, spent=1)
    reservation.status = ReservationStatus.USED


def lessen_place(session: Session, referral: Referral, need: Need) -> None:
    """Give back what a referral holds beyond its need, which has become smaller: hours a month, money of a fund."""
    reservation = _reservation(session, referral)
    if reservation is None or reservation.status is not ReservationStatus.HELD:
        return
    kind = session.scalar(sa.select(Capacity.kind).where(Capacity.id == reservation.capacity_id))
    places = need.hours_a_month if kind is CapacityKind.HOURS else reservation.places
    if places < reservation.places:
        _count(session, reservation.capacity_id, reserved=Capacity.reserved - (reservation.places - places))
        reservation.places = places
    amount = need.yuan
    if reservation.fund_id is not None and reservation.amount is not None and amount is not None:
        _change(session, reservation.fund_id, promised=Fund.promised - _money(reservation.amount - amount))
        reservation.amount = amount


def free_place(session: Session, referral: Referral, *, at: datetime) -> None:
    """Give back the place of a referral, held or used; does nothing where it was given back before.

    Its money goes back to the fund, unless something was served: what was handed out is spent.
    """
    reservation = _reservation(session, referral)
    if reservation is None or reservation.status is ReservationStatus.RELEASED:
        return
    if reservation.status is ReservationStatus.HELD:
        _count(session, reservation.capacity_id, reserved=Capacity.reserved - reservation.places)
        _move_money(session, reservation, promised=-1)
    else:
        _count(session, reservation.capacity_id, used=Capacity.used - reservation.places)
        if referral.outcome in {None, ReferralOutcome.NOT_SERVED}:
            _move_money(session, reservation, spent=-1)
    reservation.status = ReservationStatus.RELEASED
    reservation.released_at = at


def end_place(session: Session, referral: Referral, *, at: datetime) -> None:
    """Close the place of help that was given: a place or hours at a time are free again, those of a quota are used up.

    Its money is spent.
    """
    kind = session.scalar(
        sa.select(Capacity.kind)
        .join(Reservation, Reservation.capacity_id == Capacity.id)
        .where(Reservation.referral_id == referral.id)
    )
    use_place(session, referral)
    if kind is not CapacityKind.QUOTA:
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


def _promise(session: Session, fund_id: uuid.UUID, amount: Decimal, at: datetime) -> None:
    """Hold money of a fund in one statement; raise FundShort where it has not so much left on this day."""
    day = local_date(at)
    _change(
        session,
        fund_id,
        Fund.promised + Fund.spent + _money(amount) <= Fund.amount,
        Fund.starts_on <= day,
        Fund.ends_on >= day,
        promised=Fund.promised + _money(amount),
    )


def _move_money(session: Session, reservation: Reservation, *, promised: int = 0, spent: int = 0) -> None:
    """Add (1) or take away (-1) the money of a reservation among what is promised and what is spent of its fund."""
    if reservation.fund_id is None:
        return
    with without_scope(session, because=WHY):
        amount = session.scalars(sa.select(Reservation.amount).where(Reservation.id == reservation.id)).one()
    if amount is not None:
        _change(
            session,
            reservation.fund_id,
            promised=Fund.promised + _money(promised * amount),
            spent=Fund.spent + _money(spent * amount),
        )


def _money(amount: Decimal) -> sa.BindParameter[Decimal]:
    """An amount as the columns of a fund hold it; a sum of two of them would take it for a plain number."""
    return sa.literal(amount, Fund.__table__.c.amount.type)


def _change(
    session: Session, fund_id: uuid.UUID, *conditions: sa.ColumnElement[bool], **changes: sa.ColumnElement[Decimal]
) -> None:
    result = session.execute(
        sa.update(Fund)
        .where(Fund.id == fund_id, *conditions)
        .values(version=Fund.version + 1, **changes)
        .returning(Fund.id)
        .execution_options(synchronize_session=False)
    )
    if result.first() is None:
        raise FundShort
    loaded = session.identity_map.get(sa.orm.util.identity_key(Fund, fund_id))
    if loaded is not None:
        session.expire(loaded)
