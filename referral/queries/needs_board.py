"""Unmet needs: what, where, since when; filtered, sorted, counted by township, and as rows for a file."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import Account, Area, AreaLevel, Need, NeedKind, NeedStatus, TaxonomyTerm, Urgency
from models.area import code_range
from models.case import URGENCY_TIERS
from models.need import WAITING_STATUSES
from referral.access import in_area, scope
from referral.clock import start_of

EXPORT_LIMIT = 20_000
"""Rows of one file; a larger selection wants a filter, and the file says so."""
TOWNSHIP_DIGITS = 9
WAITS = (7, 30, 90)
"""Bands of waiting, in days."""
TIER_URGENCIES = {tier: urgency for urgency, tier in URGENCY_TIERS.items()}
SORTS: dict[str, tuple[Any, ...]] = {
    "urgency": (Need.urgency_rank, Need.opened_at),
    "-urgency": (Need.urgency_rank.desc(), Need.opened_at),
    "since": (Need.opened_at,),
    "-since": (Need.opened_at.desc(),),
    "due": (Need.due_at,),
    "-due": (Need.due_at.desc(),),
    "number": (Need.number,),
    "-number": (Need.number.desc(),),
}


@dataclass(frozen=True)
class Filters:
    """What the board is narrowed to."""

    status: NeedStatus | None = None
    """None: whoever waits, that is open or proposed."""
    urgency: Urgency | None = None
    kind: NeedKind | None = None
    township: str | None = None
    term_id: uuid.UUID | None = None
    waiting: int | None = None
    """At least so many days."""
    overdue: bool = False
    sort: str = "urgency"


def board(actor: Account, filters: Filters, *, at: datetime, today: date) -> sa.Select[Need]:
    """Return the select of the needs an actor may see under filters, with person, term and station loaded."""
    statement = (
        sa.select(Need)
        .where(*_conditions(actor, filters, at=at, today=today))
        .options(joinedload(Need.person), joinedload(Need.term), joinedload(Need.station))
    )
    order = SORTS.get(filters.sort, SORTS["urgency"])
    if filters.status is None and order is SORTS["urgency"]:
        order = (Need.waiting_rank, Need.opened_at)
    return statement.order_by(*order, Need.id)


def _conditions(actor: Account, filters: Filters, *, at: datetime, today: date) -> list[sa.ColumnElement[bool]]:
    found = [scope(actor, Need)]
    found.append(Need.status == filters.status if filters.status else Need.is_waiting())
    if filters.status and filters.status not in WAITING_STATUSES:
        found.append(Need.waiting_rank.is_(None))  # the index that parts these from all that wait
    if filters.urgency:
        tier = Need.urgency_rank if filters.status else Need.waiting_rank
        found.append(tier == URGENCY_TIERS[filters.urgency])
    if filters.kind:
        found.append(Need.kind == filters.kind)
    if filters.township:
        found.append(in_area(Need.area_code, filters.township))
    if filters.term_id:
        found.append(Need.term_id == filters.term_id)
    if filters.waiting:
        found.append(Need.opened_at < start_of(today - timedelta(days=filters.waiting - 1)))
    if filters.overdue:
        found.append(Need.due_at < at)
    return found


def townships(session: Session, actor: Account) -> Sequence[Area]:
    """Return the townships of an actor's area. One query."""
    first, last = code_range(actor.area_code or "")
    return session.scalars(
        sa.select(Area)
        .where(Area.level == AreaLevel.TOWNSHIP, Area.code.between(first, last), Area.replaced_by_code.is_(None))
        .order_by(Area.code)
    ).all()


def terms_wanted(session: Session, actor: Account) -> Sequence[TaxonomyTerm]:
    """Return the kinds of help that somebody waits for. One query."""
    wanted = sa.select(Need.id).where(Need.term_id == TaxonomyTerm.id, scope(actor, Need), Need.is_waiting()).exists()
    return session.scalars(
        sa.select(TaxonomyTerm).where(wanted).order_by(TaxonomyTerm.taxonomy, TaxonomyTerm.code)
    ).all()


def by_township(
    session: Session, actor: Account, filters: Filters, *, at: datetime, today: date
) -> dict[tuple[str, Urgency], int]:
    """Return how many needs under the filters lie in each township (nine digits) with each urgency. One query."""
    tier = Need.urgency_rank if filters.status else Need.waiting_rank
    villages = (
        sa.select(Need.area_code, tier.label("tier"), sa.func.count().label("needs"))
        .where(*_conditions(actor, filters, at=at, today=today))
        .group_by(Need.area_code, tier)
        .subquery()
    )
    # Villages first, in the order of the index; a city has some hundred townships and ten thousand villages.
    township = sa.func.substr(villages.c.area_code, 1, TOWNSHIP_DIGITS)
    statement = sa.select(township, villages.c.tier, sa.func.sum(villages.c.needs)).group_by(township, villages.c.tier)
    return {(code, TIER_URGENCIES[rank or 0]): int(count) for code, rank, count in session.execute(statement)}


def names_of(session: Session, codes: Iterable[str]) -> dict[str, Area]:
    """Return divisions by code. One query."""
    return {area.code: area for area in session.scalars(sa.select(Area).where(Area.code.in_(set(codes))))}
