"""Files opened by break-glass: which are open, which wait for somebody's review, whom to tell."""

import uuid
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import Account, Area, GlassAccess, Person, Role
from models.fingerprints import id_number_index
from models.glass import GLASS_BUDGET
from referral import clock
from referral.access import in_area, look_as, without_scope
from referral.codes import WrongCode, plain, resident_id

Condition = sa.ColumnElement[bool]


def live_persons(session: Session, account: Account, at: datetime) -> tuple[uuid.UUID, ...]:
    """Return whose files are open to an account at a moment. No query for accounts that have opened none."""
    return tuple(key for access in live(session, account, at) if (key := access.person_id))


def live(session: Session, account: Account, at: datetime) -> Sequence[GlassAccess]:
    """Return what is open to an account at a moment, with the person; the one that ends first stands first."""
    if account.glass_until is None or account.glass_until <= at:
        return ()
    if "viewer" not in session.info:  # a page about an error, made before or after somebody was let in
        look_as(session, account, because="open_glass")
    with without_scope(session, because="the files that this account has opened for a stated reason"):
        return session.scalars(
            sa.select(GlassAccess)
            .where(GlassAccess.account_id == account.id, GlassAccess.until > at, GlassAccess.ended_at.is_(None))
            .options(joinedload(GlassAccess.person))
            .order_by(GlassAccess.until)
        ).all()


def file_of_number(session: Session, asked: str) -> Person | None:
    """Return whoever has this whole file number or ID number, wherever they live. One query, hit or miss."""
    with without_scope(session, because="break-glass finds one file by its whole number"):
        return session.scalar(
            sa.select(Person)
            .where(_has_number(asked), Person.erased_at.is_(None))
            .options(joinedload(Person.area), joinedload(Person.station))
        )


def _has_number(asked: str) -> Condition:
    text = plain(asked).upper()
    try:
        code = resident_id(text)
    except WrongCode:
        code = text
    return sa.or_(Person.number == text, Person.id_number_index == id_number_index(code))


def left_today(session: Session, account: Account, at: datetime) -> int:
    """Return how often an account may still ask today. One query."""
    since = clock.start_of(clock.local_date(at))
    used = session.scalar(
        sa.select(sa.func.count()).where(GlassAccess.account_id == account.id, GlassAccess.opened_at >= since)
    )
    return max(0, GLASS_BUDGET - (used or 0))


def supervisors(session: Session, organization_id: uuid.UUID | None) -> Sequence[Account]:
    """Return the active supervisors of a station."""
    return session.scalars(
        sa.select(Account).where(
            Account.role == Role.STATION_SUPERVISOR,
            Account.organization_id == organization_id,
            Account.active,
        )
    ).all()


def to_review(actor: Account) -> Condition:
    """Return the condition for what an actor reviews: never what they opened themselves.

    The supervisors of the person's station review; where it has none but the one who opened the file, the
    coordinators of the area do.
    """
    others = sa.and_(GlassAccess.person_id.is_not(None), GlassAccess.account_id != actor.id)
    if actor.role is Role.STATION_SUPERVISOR:
        return sa.and_(others, GlassAccess.station_id == actor.organization_id)
    if actor.role is Role.COORDINATOR:
        reviewer = sa.orm.aliased(Account)
        somebody = sa.exists().where(
            reviewer.organization_id == GlassAccess.station_id,
            reviewer.role == Role.STATION_SUPERVISOR,
            reviewer.active,
            reviewer.id != GlassAccess.account_id,
        )
        return sa.and_(others, in_area(GlassAccess.area_code, actor.area_code), ~somebody)
    return sa.false()


def open_reviews(session: Session, actor: Account, *, limit: int = 20) -> Sequence[GlassAccess]:
    """Return what waits for the actor's review, the oldest first. One query."""
    with without_scope(session, because="reviewing a look from outside shows the file number"):
        return session.scalars(
            sa.select(GlassAccess)
            .where(to_review(actor), GlassAccess.reviewed_at.is_(None))
            .options(
                joinedload(GlassAccess.person),
                joinedload(GlassAccess.account).joinedload(Account.organization),
            )
            .order_by(GlassAccess.opened_at)
            .limit(limit)
        ).all()


def reviewed(actor: Account) -> sa.Select[GlassAccess]:
    """Return the select of what the actor could review and somebody has reviewed, newest first."""
    return (
        sa.select(GlassAccess)
        .where(to_review(actor), GlassAccess.reviewed_at.is_not(None))
        .options(joinedload(GlassAccess.account), joinedload(GlassAccess.reviewed_by))
        .order_by(GlassAccess.reviewed_at.desc(), GlassAccess.id.desc())
    )


def access_to_review(session: Session, actor: Account, key: uuid.UUID) -> GlassAccess | None:
    """Return one opening that the actor reviews or has reviewed."""
    with without_scope(session, because="reviewing a look from outside shows the file number"):
        return session.scalar(
            sa.select(GlassAccess)
            .where(GlassAccess.id == key, to_review(actor))
            .options(
                joinedload(GlassAccess.person).joinedload(Person.area).joinedload(Area.parent),
                joinedload(GlassAccess.account).joinedload(Account.organization),
                joinedload(GlassAccess.reviewed_by),
            )
        )


def own_access(session: Session, actor: Account, key: uuid.UUID) -> GlassAccess | None:
    """Return one opening of the actor's own, with the person while it is open, else None."""
    found = session.scalar(sa.select(GlassAccess).where(GlassAccess.id == key, GlassAccess.account_id == actor.id))
    return found if found is not None and found.is_live(clock.now()) else None


def own(actor: Account) -> sa.Select[GlassAccess]:
    """Return the select of what an actor asked for, newest first."""
    return (
        sa.select(GlassAccess)
        .where(GlassAccess.account_id == actor.id)
        .options(joinedload(GlassAccess.reviewed_by))
        .order_by(GlassAccess.opened_at.desc(), GlassAccess.id.desc())
    )
