"""Where it burns: what a coordinator must look at first."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import Account, Need, Organization, Referral, ReferralStatus, Urgency
from referral.access import scope
from referral.clock import end_of, start_of
from referral.queries.needs_board import TIER_URGENCIES, WAITS


@dataclass(frozen=True)
class Waiting:
    """Needs that wait, by urgency and band of waiting days (0–6, 7–29, 30–89, 90 and more)."""

    cells: dict[tuple[Urgency, int], int]
    overdue: int

    def of(self, urgency: Urgency) -> int:
        """All of one urgency."""
        return sum(count for (one, _), count in self.cells.items() if one == urgency)

    @property
    def total(self) -> int:
        """All."""
        return sum(self.cells.values())

    @property
    def long(self) -> int:
        """Those that have waited longest: the last band."""
        return sum(count for (_, band), count in self.cells.items() if band == len(WAITS))


@dataclass(frozen=True)
class Silent:
    """A provider that has referrals to answer, some too late or due today."""

    organization: Organization
    waiting: int
    late: int
    due_today: int
    first: datetime
    """When the most urgent answer is, or was, due."""


def waiting(session: Session, actor: Account, *, at: datetime, today: date) -> Waiting:
    """Return the needs that wait. One query."""
    cells: dict[tuple[Urgency, int], int] = defaultdict(int)
    overdue = 0
    in_ranges = session.get_bind().dialect.name == "sqlite"
    statement = (_in_ranges if in_ranges else _in_one_look)(actor, at=at, today=today)
    for rank, band, count, late in session.execute(statement):
        overdue += late
        cells[TIER_URGENCIES[rank], band] += count
    return Waiting({key: number for key, number in cells.items() if number}, overdue)


def _since(today: date) -> list[datetime]:
    """From when on a need is in each band, the longest waiting last."""
    return [start_of(today - timedelta(days=days - 1)) for days in WAITS]


def _in_ranges(actor: Account, *, at: datetime, today: date) -> Any:
    """Each figure counted in a range of an index: SQLite takes half of the time of looking at each need."""
    since = _since(today)
    # A list and no range of tiers: so each tier is a range of its own, in which the day is the next column.
    waits = sa.and_(scope(actor, Need), Need.waiting_rank.in_(TIER_URGENCIES))

    def count(band: int, late: bool, *conditions: sa.ColumnElement[bool]) -> Any:
        counted = sa.func.count()
        told = (sa.literal(0), counted) if late else (counted, sa.literal(0))
        found = sa.select(Need.waiting_rank, sa.literal(band), *told).where(waits, *conditions)
        return found.group_by(Need.waiting_rank)

    parts = [count(0, True, Need.due_at < at)]
    for band, (youngest, oldest) in enumerate(zip([None, *since], [*since, None], strict=True)):
        conditions = [] if youngest is None else [Need.opened_at < youngest]
        conditions += [] if oldest is None else [Need.opened_at >= oldest]
        parts.append(count(band, False, *conditions))
    return sa.union_all(*parts)


def _in_one_look(actor: Account, *, at: datetime, today: date) -> Any:
    """All figures from one look at all needs, which PostgreSQL shares between its processes."""
    band = sa.case(*((Need.opened_at >= since, band) for band, since in enumerate(_since(today))), else_=len(WAITS))
    return (
        sa.select(Need.waiting_rank, band, sa.func.count(), count_if(Need.due_at < at))
        .where(scope(actor, Need), Need.is_waiting())
        .group_by(Need.waiting_rank, band)
    )


def count_if(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    """Return the aggregate that counts rows with a condition."""
    return sa.func.sum(sa.case((condition, 1), else_=0))


def most_overdue(session: Session, actor: Account, *, at: datetime, limit: int = 6) -> Sequence[Need]:
    """Return waiting needs whose time is up, most urgent first. One query."""
    return session.scalars(
        sa.select(Need)
        .where(scope(actor, Need), Need.is_waiting(), Need.due_at < at)
        .options(joinedload(Need.person), joinedload(Need.term))
        .order_by(Need.waiting_rank, Need.due_at, Need.id)
        .limit(limit)
    ).all()


def silent_providers(
    session: Session, actor: Account, *, at: datetime, today: date, limit: int = 6
) -> tuple[list[Silent], int]:
    """Return providers whose answer is late or due today, the latest first, and how many there are. One query."""
    late = sa.func.sum(sa.case((Referral.answer_by <= at, 1), else_=0))
    soon = sa.func.sum(sa.case((sa.and_(Referral.answer_by > at, Referral.answer_by <= end_of(today)), 1), else_=0))
    statement = (
        sa.select(Organization, sa.func.count(Referral.id), late, soon, sa.func.min(Referral.answer_by),
                  sa.func.count().over())
        .join(Referral, Referral.organization_id == Organization.id)
        .where(scope(actor, Referral), Referral.status == ReferralStatus.REQUESTED)
        .group_by(Organization.id)
        .having(late + soon > 0)
        .order_by(sa.func.min(Referral.answer_by), Organization.id)
        .limit(limit)
    )  # fmt: skip
    rows = list(session.execute(statement))
    return [Silent(*row[:5]) for row in rows], rows[0][5] if rows else 0
