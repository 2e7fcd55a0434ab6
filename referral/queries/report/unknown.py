"""What the report cannot say."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Need, Referral, ReferralStatus, Visit
from referral.clock import end_of
from referral.queries.report.counted import Somebody
from referral.queries.report.figures import Unknown
from referral.queries.report.frame import Frame


def never_offered(frame: Frame) -> list[sa.ColumnElement[bool]]:
    """Return the conditions for needs past their day at the end of the period that were never put to anybody."""
    offered = sa.select(Referral.need_id).where(Referral.need_id == Need.id).exists()
    return [*frame.needs(), Need.due_at <= end_of(frame.end), ~offered]


def unanswered(frame: Frame) -> list[sa.ColumnElement[bool]]:
    """Return the conditions for referrals past their day at the end of the period without an answer."""
    return [
        *frame.referrals(),
        Referral.answered_at.is_(None),
        Referral.answer_by <= end_of(frame.end),
        Referral.status.in_([ReferralStatus.REQUESTED, ReferralStatus.EXPIRED]),
    ]


def without_minutes(frame: Frame) -> list[sa.ColumnElement[bool]]:
    """Return the conditions for person-times with no duration; a hand-over has none."""
    return [*frame.visits(), Visit.minutes == 0, Visit.amount.is_(None)]


def what_is_not_known(session: Session, frame: Frame, served: Iterable[Somebody]) -> Unknown:
    """Return the gaps of a report. Two statements."""

    def count(record: type, conditions: list[sa.ColumnElement[bool]]) -> int:
        return session.scalar(sa.select(sa.func.count()).select_from(record).where(*conditions)) or 0

    return Unknown(
        persons_without_birth_date=sum(1 for one in served if one.age_from is None),
        needs_without_offer=count(Need, never_offered(frame)),
        unanswered=count(Referral, unanswered(frame)),
    )
