"""Funds as a coordinator sees them: what is left, which offers draw on them, who still could, what a round says."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload

from models import (
    Account,
    Capacity,
    Fund,
    Organization,
    Reservation,
    ReservationStatus,
    Round,
    Service,
    ServiceAtLocation,
    ServiceStatus,
)
from referral.access import scope

MOST_OFFERS = 400
"""Offers to choose from at once."""


@dataclass(frozen=True)
class BudgetLine:
    """What a round says of one fund."""

    fund: Fund | None
    """None where it is not in the catalogue any more"""
    left: int
    proposed: int
    wanted: int
    people: Sequence[float]
    """People of each urgency whom 1,000 yuan more would serve, about"""

    @property
    def more(self) -> tuple[int, float] | None:
        """The most urgent tier that more money would serve, and how many people of it 1,000 yuan would; else None."""
        return next(((tier, many) for tier, many in enumerate(self.people, 1) if many >= 0.01), None)


def seen(actor: Account) -> sa.Select[Fund]:
    """Return the statement for the funds of organizations the actor may see, with their organizations."""
    return (
        sa.select(Fund)
        .join(Fund.organization)
        .where(scope(actor, Organization))
        .options(contains_eager(Fund.organization))
        .order_by(Fund.ends_on.desc(), Fund.name, Fund.id)
    )


def find(session: Session, actor: Account, key: uuid.UUID) -> Fund | None:
    """Return a fund the actor may see, or None. One query."""
    return session.scalar(seen(actor).where(Fund.id == key))


def _offers(actor: Account) -> sa.Select[Capacity]:
    return (
        sa.select(Capacity)
        .join(Capacity.service_at_location)
        .join(ServiceAtLocation.service)
        .join(Service.organization)
        .where(scope(actor, Organization))
        .options(
            contains_eager(Capacity.service_at_location).options(
                contains_eager(ServiceAtLocation.service).options(
                    contains_eager(Service.organization), joinedload(Service.term)
                ),
                joinedload(ServiceAtLocation.location),
            )
        )
        .order_by(Organization.name, Service.name, Capacity.id)
    )


def drawing(session: Session, actor: Account, fund: Fund) -> Sequence[Capacity]:
    """Return the offers that draw on a fund. One query."""
    return session.scalars(_offers(actor).where(Capacity.fund_id == fund.id)).all()


def could_draw(session: Session, actor: Account, day: date) -> Sequence[Capacity]:
    """Return offers of the day that draw on no fund, by organization. One query."""
    current = sa.and_(Capacity.starts_on <= day, Capacity.ends_on >= day, Capacity.fund_id.is_(None))
    return session.scalars(
        _offers(actor).where(current, Service.status == ServiceStatus.ACTIVE).limit(MOST_OFFERS)
    ).all()


def find_offer(session: Session, actor: Account, key: uuid.UUID) -> Capacity | None:
    """Return an offer the actor may see, or None. One query."""
    return session.scalar(_offers(actor).where(Capacity.id == key))


def held_by_offer(session: Session, fund: Fund) -> dict[uuid.UUID, tuple[Decimal, Decimal]]:
    """Return for each offer how much of a fund its referrals hold, and how much they have spent. One query."""
    whole = sa.type_coerce(Reservation.amount, sa.BigInteger())

    def total(*status: ReservationStatus) -> Any:
        return sa.func.coalesce(sa.func.sum(whole).filter(Reservation.status.in_(status)), 0)

    rows = session.execute(
        sa.select(Reservation.capacity_id, total(ReservationStatus.HELD), total(ReservationStatus.USED))
        .where(Reservation.fund_id == fund.id)
        .group_by(Reservation.capacity_id)
    )
    return {key: (Decimal(int(held)).scaleb(-2), Decimal(int(used)).scaleb(-2)) for key, held, used in rows}


def budget_lines(session: Session, actor: Account, round_: Round) -> list[BudgetLine]:
    """Return what a round says of each fund, the shortest first. One query where there are funds."""
    if not round_.budgets:
        return []
    keys = [uuid.UUID(one["fund"]) for one in round_.budgets]
    known = {fund.id: fund for fund in session.scalars(seen(actor).where(Fund.id.in_(keys)))}
    lines = [
        BudgetLine(known.get(key), one["left"], one["proposed"], one["wanted"], one["people"])
        for key, one in zip(keys, round_.budgets, strict=True)
    ]
    return sorted(lines, key=lambda line: line.left - line.wanted)
