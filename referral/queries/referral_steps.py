"""What happened to a referral since it was asked for, as its provider may see it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, AnswerWay, DeclineReason, HoursDecision, HoursVerdict, ReferralEvent, ReferralStatus, Visit


@dataclass(frozen=True)
class EventLine:
    """One step of a referral."""

    status: ReferralStatus
    at: datetime
    by_name: str | None
    by_own_staff: bool
    reason: DeclineReason | None
    note: str | None
    way: AnswerWay | None = None


def events(session: Session, actor: Account, key: uuid.UUID) -> list[EventLine]:
    """Return the steps of a referral, oldest first. Notes only of the actor's own people: others' are their own."""
    statement = (
        sa.select(
            ReferralEvent.to_status, ReferralEvent.at, Account.name, Account.organization_id, ReferralEvent.reason,
            sa.case((Account.organization_id == actor.organization_id, ReferralEvent.note)), ReferralEvent.way,
        )
        .outerjoin(Account, Account.id == ReferralEvent.by_id)
        .where(ReferralEvent.referral_id == key)
        .order_by(ReferralEvent.at, ReferralEvent.id)
    )  # fmt: skip
    lines_ = []
    for status, at, name, organization_id, reason, note, way in session.execute(statement).all():
        own = name is not None and organization_id == actor.organization_id
        lines_.append(EventLine(status, at, name, own, reason, note, way))
    return lines_


def visits(session: Session, key: uuid.UUID, *, limit: int = 10) -> Sequence[Any]:
    """Return the newest visits of a referral: day, kind, contact result, minutes, units, unit, amount, who.

    With the organization that gave it, the entry it corrects and the word that stands on its hours, where there is one.
    """
    statement = (
        sa.select(
            Visit.id, Visit.organization_id, Visit.corrects_id, HoursDecision.verdict,
            Visit.started_at, Visit.kind, Visit.contact_result, Visit.minutes, Visit.units, Visit.unit, Visit.amount,
            sa.func.coalesce(Account.name, Visit.worker_name).label("worker"),
        )
        .outerjoin(Account, Account.id == Visit.worker_id)
        .outerjoin(HoursDecision, sa.and_(HoursDecision.visit_id == Visit.id, HoursDecision.lapsed_at.is_(None)))
        .where(Visit.referral_id == key, ~Visit.replaced)
        .order_by(Visit.started_at.desc(), Visit.id.desc())
        .limit(limit)
    )  # fmt: skip
    return session.execute(statement).all()


def word_on(session: Session, visit: Visit) -> HoursVerdict | None:
    """Return the word that stands on the hours of a visit, with no word where nobody has spoken. One query."""
    return session.scalar(
        sa.select(HoursDecision.verdict).where(HoursDecision.visit_id == visit.id, HoursDecision.lapsed_at.is_(None))
    )


def delivered(session: Session, key: uuid.UUID) -> Decimal:
    """Return the units that the visits of a referral add up to."""
    total = session.scalar(sa.select(sa.func.sum(Visit.units)).where(Visit.referral_id == key, ~Visit.replaced))
    return Decimal(0) if total is None else total
