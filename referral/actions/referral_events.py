"""The course of a referral: who moved it, when and why."""

from datetime import datetime

from sqlalchemy.orm import Session

from models import Account, AnswerWay, DeclineReason, Referral, ReferralEvent, ReferralStatus


def write_event(
    session: Session,
    referral: Referral,
    before: ReferralStatus | None,
    *,
    by: Account | None,
    at: datetime,
    reason: DeclineReason | None = None,
    note: str | None = None,
    way: AnswerWay | None = None,
) -> None:
    """Write down the step that has just been taken."""
    session.add(
        ReferralEvent(
            referral_id=referral.id,
            from_status=before,
            to_status=referral.status,
            at=at,
            by_id=by.id if by else None,
            reason=reason,
            note=note,
            way=way,
        )
    )


def move(
    session: Session,
    referral: Referral,
    status: ReferralStatus,
    *,
    by: Account | None,
    at: datetime,
    reason: DeclineReason | None = None,
    note: str | None = None,
    way: AnswerWay | None = None,
) -> None:
    """Take a step by the table and write it down; raises WrongStep or ReasonMissing."""
    before = referral.status
    referral.move_to(status, reason=reason, reason_text=note if reason else None)
    write_event(session, referral, before, by=by, at=at, reason=reason, note=note, way=way)
