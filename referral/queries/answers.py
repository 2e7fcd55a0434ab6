"""How a provider was told of a referral, what it asked and answered, for those who look after the person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import AnswerLink, Endpoint, Outgoing, OutgoingStatus, Referral, ReferralAnswer, ReferralQuestion


@dataclass(frozen=True)
class Told:
    """One message to the provider and the link in it."""

    kind: Any
    channel: Any
    status: OutgoingStatus
    listener: str | None
    """Name of the endpoint; None for mail."""
    at: datetime
    sent_at: datetime | None


@dataclass(frozen=True)
class Answers:
    """All that is known of how a provider was told and what it said."""

    answer: ReferralAnswer | None
    questions: tuple[ReferralQuestion, ...]
    links: tuple[AnswerLink, ...]
    """Newest first."""
    told: tuple[Told, ...]
    """Newest first."""

    @property
    def newest(self) -> AnswerLink | None:
        """The link that was made last."""
        return self.links[0] if self.links else None

    @property
    def unreplied(self) -> tuple[ReferralQuestion, ...]:
        """Questions that wait for a reply."""
        return tuple(one for one in self.questions if one.reply is None)


def of_referral(session: Session, referral_id: Any) -> Answers:
    """Return how the provider of a referral was told and what it said. Four queries."""
    answer = session.scalars(
        sa.select(ReferralAnswer)
        .where(ReferralAnswer.referral_id == referral_id)
        .options(joinedload(ReferralAnswer.entered_by))
    ).one_or_none()
    questions = session.scalars(
        sa.select(ReferralQuestion)
        .where(ReferralQuestion.referral_id == referral_id)
        .order_by(ReferralQuestion.asked_at, ReferralQuestion.id)
        .options(joinedload(ReferralQuestion.asked_by), joinedload(ReferralQuestion.replied_by))
    ).all()
    links = session.scalars(
        sa.select(AnswerLink).where(AnswerLink.referral_id == referral_id).order_by(AnswerLink.id.desc()).limit(20)
    ).all()
    told = session.execute(
        sa.select(
            Outgoing.kind, Outgoing.channel, Outgoing.status, Endpoint.name, Outgoing.created_at, Outgoing.sent_at
        )
        .outerjoin(Endpoint, Endpoint.id == Outgoing.endpoint_id)
        .where(Outgoing.referral_id == referral_id)
        .order_by(Outgoing.id.desc())
        .limit(20)
    )
    return Answers(answer, tuple(questions), tuple(links), tuple(Told(*row) for row in told))


def before(session: Session, referral: Referral) -> str | None:
    """Return the number of the referral that expired, where this one was made by itself. At most one query."""
    if referral.follows_id is None:
        return None
    return session.scalar(sa.select(Referral.number).where(Referral.id == referral.follows_id))
