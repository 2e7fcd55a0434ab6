"""Three own questions on one referral (not validated): asked once, so that the share that answers is known."""

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, ConfirmationWay, Referral, Satisfaction
from models.base import new_key
from models.errors import DomainError

QUESTIONS = 3
VALUES = range(1, 6)


class NotAnAnswer(DomainError):
    """Answers are three numbers of 1–5, or left out."""

    code = "not_an_answer"


def ask(
    session: Session, referral: Referral, *, way: ConfirmationWay, by: Account | None, at: datetime
) -> Satisfaction:
    """Write down that somebody is asked, and return it; who was asked before is not counted again. One query."""
    known = session.scalars(sa.select(Satisfaction).where(Satisfaction.referral_id == referral.id)).one_or_none()
    if known is not None:
        return known
    asked = Satisfaction(
        id=new_key(at),
        referral_id=referral.id,
        person_id=referral.person_id,
        organization_id=referral.organization_id,
        asked_at=at,
        asked_way=way,
        asked_by_id=by.id if by else None,
    )
    session.add(asked)
    session.flush()
    return asked


def answer(session: Session, asked: Satisfaction, answers: Sequence[int | None], *, at: datetime) -> None:
    """Keep the three answers; the first answers stay, and none at all is no answer. Raises NotAnAnswer."""
    if len(answers) != QUESTIONS or any(one is not None and one not in VALUES for one in answers):
        raise NotAnAnswer
    if asked.answered_at is not None or all(one is None for one in answers):
        return
    given = [one for one in answers if one is not None]
    asked.answers, asked.answered_at = list(answers), at
    if len(given) == QUESTIONS:
        asked.score = (Decimal(sum(given)) / QUESTIONS).quantize(Decimal("0.01"), ROUND_HALF_UP)
    session.flush()
