"""Where the person's word contradicts the provider's: a task for the supervisor, until somebody has looked into it."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    Confirmation,
    ConfirmationSaid,
    Contradiction,
    ContradictionFinding,
    MessageKind,
    Referral,
    ReferralOutcome,
    ReferralStatus,
    Role,
)
from models.base import new_key
from models.closing import WORDS_SAID
from models.errors import DomainError, ReasonMissing
from referral.access import without_scope
from referral.messages import tell

SOMETHING_SERVED = (ReferralOutcome.SERVED, ReferralOutcome.PARTLY_SERVED)


class AlreadySettled(DomainError):
    """Somebody has settled it already."""

    code = "already_settled"


def compare_with_words(session: Session, referral: Referral, *, at: datetime) -> Contradiction | None:
    """Open a task where the provider says that something was served and the person's last word is that nothing was.

    Called when either of the two speaks; returns the task if it is new. One open task for a referral at most.
    """
    if referral.status is not ReferralStatus.COMPLETED or referral.outcome not in SOMETHING_SERVED:
        return None
    with without_scope(session, because="the person's word is held against the provider's, whoever speaks last"):
        word = session.scalars(
            sa.select(Confirmation)
            .where(Confirmation.referral_id == referral.id, Confirmation.said.in_(WORDS_SAID))
            .order_by(Confirmation.at.desc(), Confirmation.id.desc())
            .limit(1)
        ).one_or_none()
        if word is None or word.said is not ConfirmationSaid.NOT_SERVED:
            return None
        known = sa.select(Contradiction.id).where(
            Contradiction.referral_id == referral.id,
            sa.or_(Contradiction.settled_at.is_(None), Contradiction.confirmation_id == word.id),
        )
        if session.scalar(known) is not None:
            return None
        task = Contradiction(
            id=new_key(at),
            referral_id=referral.id,
            person_id=referral.person_id,
            station_id=referral.station_id,
            confirmation_id=word.id,
            provider_said=referral.outcome,
            opened_at=at,
        )
        session.add(task)
        session.flush()
        _tell(session, referral, task, at)
    return task


def settle(
    session: Session,
    task: Contradiction,
    *,
    finding: ContradictionFinding,
    words: str | None,
    by: Account,
    at: datetime,
) -> None:
    """Say what looking into it showed; both words stay as they were said. Raises ReasonMissing, AlreadySettled."""
    if task.settled_at is not None:
        raise AlreadySettled
    if not (words or "").strip():
        raise ReasonMissing
    task.finding, task.words, task.settled_at, task.settled_by_id = finding, words, at, by.id
    session.flush()


def supervisors(session: Session, station_id: object) -> list[Account]:
    """Return the supervisors of a station."""
    found = sa.select(Account).where(
        Account.organization_id == station_id, Account.role == Role.STATION_SUPERVISOR, Account.active
    )
    return list(session.scalars(found)) if station_id is not None else []


def _tell(session: Session, referral: Referral, task: Contradiction, at: datetime) -> None:
    facts = {"number": referral.number, "key": str(task.id)}
    readers: list[dict[str, Any]] = [{"account_id": one.id} for one in supervisors(session, referral.station_id)]
    for reader in readers or [{"area_code": referral.area_code}]:
        once = f"{task.id}:{reader.get('account_id', '')}"
        tell(session, MessageKind.CONTRADICTED, once=once, at=at, facts=facts, **reader)
