"""How the loop closed: the person's words on a referral, contradictions, re-visits, satisfaction with its rate."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import Account, Case, Confirmation, Contradiction, Need, QueryCode, Referral, Revisit, Satisfaction
from referral.access import get_in_scope, scope, without_scope

SMALLEST_SHOWN = 5
"""A provider sees the mean of at least so many answers, so that no answer can be told from another."""


def words_on(session: Session, referral_id: uuid.UUID) -> Sequence[Confirmation]:
    """Return what was said of a referral, newest first, with who took it. One query."""
    return session.scalars(
        sa.select(Confirmation)
        .where(Confirmation.referral_id == referral_id)
        .options(joinedload(Confirmation.taken_by))
        .order_by(Confirmation.at.desc(), Confirmation.id.desc())
    ).all()


def contradictions_on(session: Session, referral_id: uuid.UUID) -> Sequence[Contradiction]:
    """Return the contradictions of a referral, newest first. One query."""
    return session.scalars(
        sa.select(Contradiction)
        .where(Contradiction.referral_id == referral_id)
        .options(joinedload(Contradiction.settled_by), joinedload(Contradiction.confirmation))
        .order_by(Contradiction.opened_at.desc())
    ).all()


def open_contradictions(session: Session, actor: Account, *, limit: int = 10) -> Sequence[Contradiction]:
    """Return what waits to be looked into, the oldest first, with referral, organization and person. One query."""
    referral = joinedload(Contradiction.referral)
    return session.scalars(
        sa.select(Contradiction)
        .where(Contradiction.settled_at.is_(None), scope(actor, Contradiction))
        .options(
            referral.joinedload(Referral.organization),
            referral.joinedload(Referral.need).options(joinedload(Need.term), joinedload(Need.person)),
        )
        .order_by(Contradiction.opened_at)
        .limit(limit)
    ).all()


def contradiction_in_scope(session: Session, actor: Account, key: uuid.UUID) -> Contradiction | None:
    """Return a contradiction with all that its page says."""
    referral = joinedload(Contradiction.referral)
    found: Contradiction | None = get_in_scope(
        session,
        actor,
        Contradiction,
        key,
        referral.joinedload(Referral.organization),
        referral.joinedload(Referral.need).options(joinedload(Need.term), joinedload(Need.person)),
        joinedload(Contradiction.confirmation).joinedload(Confirmation.taken_by),
        joinedload(Contradiction.settled_by),
    )
    return found


def live_code(session: Session, referral_id: uuid.UUID, at: datetime) -> QueryCode | None:
    """Return the code of a referral that still works, to say since when: nobody can show it again. One query."""
    return session.scalars(
        sa.select(QueryCode).where(
            QueryCode.referral_id == referral_id, QueryCode.ended_at.is_(None), QueryCode.expires_at > at
        )
    ).one_or_none()


def revisits_of(session: Session, case: Case) -> Sequence[Revisit]:
    """Return the re-visits of a case, newest first. One query."""
    return session.scalars(
        sa.select(Revisit)
        .where(Revisit.case_id == case.id)
        .options(joinedload(Revisit.done_by))
        .order_by(Revisit.due_on.desc(), Revisit.id.desc())
    ).all()


@dataclass(frozen=True)
class Rated:
    """Satisfaction of the people an organization served: asked, answered, and the mean of whole answers."""

    asked: int
    answered: int | None
    mean: Decimal | None

    @property
    def rate(self) -> float | None:
        """Share of those asked who answered."""
        return None if self.answered is None or not self.asked else self.answered / self.asked


def satisfaction_of(session: Session, organization_id: uuid.UUID) -> Rated:
    """Return what a provider may know: nothing but the number asked under five answers. One query.

    The mean is rounded to a tenth, so that one more answer cannot be reckoned from two means.
    """
    with without_scope(session, because="a provider sees the mean of all answers and never one of them"):
        asked, answered, scored, total = session.execute(
            sa.select(
                sa.func.count(Satisfaction.id),
                sa.func.count(Satisfaction.answered_at),
                sa.func.count(Satisfaction.score),
                sa.func.sum(Satisfaction.score),
            ).where(Satisfaction.organization_id == organization_id)
        ).one()
    if scored < SMALLEST_SHOWN:
        return Rated(asked, None, None)
    return Rated(asked, answered, (Decimal(total or 0) / scored).quantize(Decimal("0.1"), ROUND_HALF_UP))
