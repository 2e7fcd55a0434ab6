"""What the report cannot say."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Need, Person, Referral, ReferralStatus, Visit
from referral.clock import end_of
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


def what_is_not_known(session: Session, frame: Frame) -> Unknown:
    """Return the gaps of a report. Four statements."""

    def count(record: type, conditions: list[sa.ColumnElement[bool]]) -> int:
        return session.scalar(sa.select(sa.func.count()).select_from(record).where(*conditions)) or 0

    return Unknown(
        entries_without_minutes=count(Visit, without_minutes(frame)),
        persons_without_birth_date=count(Person, [Person.id.in_(frame.served()), Person.born_on.is_(None)]),
        needs_without_offer=count(Need, never_offered(frame)),
        unanswered=count(Referral, unanswered(frame)),
    )
