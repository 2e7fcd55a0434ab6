"""What a station worker does next: visits due, referrals that moved, new leads, needs that nobody has met in time."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from models import Account, Area, Case, CaseStatus, Need, Person, Referral, ReferralEvent, ReferralStatus, Visit
from models.base import new_key
from models.visit import REACHED
from referral.access import scope
from referral.clock import start_of
from referral.queries.cases import ACTIVE, CaseloadRow, caseload_rows, not_seen_in_time

MOST_DUE = 40
"""People named on the desk; the caseload lists them all."""
COUNTED = 1000


@dataclass(frozen=True)
class Village:
    """The people of one village who should be seen, the longest unseen first."""

    area: Area
    rows: list[CaseloadRow]


def visits_due(session: Session, actor: Account, *, today: date, days: int = 6) -> tuple[list[Village], int]:
    """Return whom to see in the next days, by village, and how many are overdue (counted up to 1,000). Five queries."""
    own = sa.select(Case).where(scope(actor, Case), Case.status.in_(ACTIVE))
    due = own.where(not_seen_in_time(today + timedelta(days=days)))
    counted = own.where(not_seen_in_time(today)).with_only_columns(sa.literal(1)).limit(COUNTED)
    count = session.scalar(sa.select(sa.func.count()).select_from(counted.subquery())) or 0
    cases = session.scalars(
        due.options(selectinload(Case.person).joinedload(Person.area).joinedload(Area.parent))
        .order_by(Case.area_code, Case.opened_at)
        .limit(MOST_DUE)
    ).all()
    rows = sorted(caseload_rows(session, cases), key=lambda row: (row.case.person.area_code, row.visit_due))
    villages = [
        Village(found[0].case.person.area, found)
        for _code, group in groupby(rows, key=lambda row: row.case.person.area_code)
        if (found := list(group))
    ]
    return villages, count


def moved_referrals(session: Session, actor: Account, *, since: datetime, limit: int = 12) -> Sequence[ReferralEvent]:
    """Return what happened to the station's referrals since a moment, newest first; not the requests. One query.

    Keys of events begin with their time, so the newest are found without reading the others.
    """
    first = uuid.UUID(int=new_key(since).int >> 80 << 80)
    return session.scalars(
        sa.select(ReferralEvent)
        .join(Referral, Referral.id == ReferralEvent.referral_id)
        .where(
            ReferralEvent.id >= first,
            ReferralEvent.at >= since,
            ReferralEvent.to_status != ReferralStatus.REQUESTED,
            scope(actor, Referral),
        )
        .options(
            joinedload(ReferralEvent.referral).joinedload(Referral.organization),
            joinedload(ReferralEvent.referral)
            .joinedload(Referral.need)
            .options(joinedload(Need.term), joinedload(Need.person)),
        )
        .order_by(ReferralEvent.at.desc(), ReferralEvent.id.desc())
        .limit(limit)
    ).all()


def leads(session: Session, actor: Account, *, limit: int = 12) -> Sequence[Case]:
    """Return leads that nobody has taken up, the most urgent and oldest first. One query."""
    rank = sa.case({"critical": 1, "high": 2, "normal": 3}, value=Case.urgency, else_=4)
    return session.scalars(
        sa.select(Case)
        .where(scope(actor, Case), Case.status == CaseStatus.LEAD)
        .options(joinedload(Case.person).joinedload(Person.area).joinedload(Area.parent))
        .order_by(rank, Case.opened_at)
        .limit(limit)
    ).all()


def overdue_needs(session: Session, actor: Account, *, at: datetime, limit: int = 12) -> tuple[Sequence[Need], int]:
    """Return needs whose day has passed and that nobody was asked to meet, and how many there are. Two queries."""
    conditions = (scope(actor, Need), Need.is_waiting(), Need.due_at <= at)
    counted = sa.select(sa.literal(1)).where(*conditions).limit(COUNTED).subquery()
    count = session.scalar(sa.select(sa.func.count()).select_from(counted)) or 0
    found = session.scalars(
        sa.select(Need)
        .where(*conditions)
        .options(joinedload(Need.term), joinedload(Need.person).joinedload(Person.area))
        .order_by(Need.waiting_rank, Need.due_at)
        .limit(limit)
    ).all()
    return found, count


def visits_this_week(session: Session, actor: Account, *, today: date) -> tuple[int, int]:
    """Return this week's person-times (from Monday) of the actor's organization and of the actor. One query."""
    monday = start_of(today - timedelta(days=today.weekday()))
    row: Any = session.execute(
        sa.select(sa.func.count(), sa.func.sum(sa.case((Visit.worker_id == actor.id, 1), else_=0))).where(
            Visit.organization_id == actor.organization_id,
            Visit.started_at >= monday,
            ~Visit.replaced,
            Visit.contact_result.in_(REACHED),
        )
    ).one()
    return row[0], row[1] or 0
