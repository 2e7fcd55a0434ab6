"""What became of referrals, with reasons; and how fast, in working days."""

from collections.abc import Iterable
from datetime import datetime

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Case, Need, Referral, ReferralOutcome, ReferralStatus, Visit
from models.referral import GOING_ON_STATUSES
from models.visit import REACHED
from referral.access import without_scope
from referral.clock import WorkCalendar, end_of
from referral.queries.report.counted import count_if
from referral.queries.report.figures import Funnel, Speed
from referral.queries.report.frame import Frame

S = ReferralStatus
ACCEPTED = sa.or_(
    Referral.status.in_([*GOING_ON_STATUSES, S.COMPLETED, S.FAILED]),
    sa.and_(Referral.status == S.CANCELLED, Referral.answered_at.is_not(None)),
)
"""A referral that the provider took on, whatever became of it later."""


def what_became_of_referrals(session: Session, frame: Frame) -> Funnel:
    """Return the funnel of referrals requested in a frame. Two statements."""
    status, outcome = Referral.status, Referral.outcome
    counts = {
        "requested": sa.func.count(Referral.id),
        "waiting": count_if(status == S.REQUESTED),
        "accepted": count_if(ACCEPTED),
        "rejected": count_if(status == S.REJECTED),
        "expired": count_if(status == S.EXPIRED),
        "cancelled": count_if(sa.and_(status == S.CANCELLED, Referral.answered_at.is_(None))),
        "completed": count_if(status == S.COMPLETED),
        "served": count_if(outcome == ReferralOutcome.SERVED),
        "partly_served": count_if(outcome == ReferralOutcome.PARTLY_SERVED),
        "not_served": count_if(outcome == ReferralOutcome.NOT_SERVED),
    }
    row = session.execute(
        sa.select(*(count.label(name) for name, count in counts.items())).where(*frame.referrals())
    ).one()
    reasons = session.execute(
        sa.select(status, Referral.reason, sa.func.count(Referral.id))
        .where(*frame.referrals(), Referral.reason.is_not(None), status.in_([S.REJECTED, S.CANCELLED, S.FAILED]))
        .group_by(status, Referral.reason)
        .order_by(sa.func.count(Referral.id).desc(), status, Referral.reason)
    ).all()
    return Funnel(
        reasons=[(state, reason, n) for state, reason, n in reasons if reason is not None],
        **{name: int(value) for name, value in row._mapping.items()},
    )


def speeds(session: Session, frame: Frame, calendar: WorkCalendar) -> list[Speed]:
    """Return how long each stage took for what was opened or asked in a frame. Three statements."""
    first_offer = sa.select(sa.func.min(Referral.requested_at)).where(Referral.need_id == Need.id).scalar_subquery()
    first_help = (
        sa.select(sa.func.min(Visit.started_at))
        .join(Referral, Referral.id == Visit.referral_id)
        .where(Referral.need_id == Need.id, Visit.contact_result.in_(REACHED), Visit.replaced.is_(False))
        .scalar_subquery()
    )
    opened = sa.select(Need.opened_at, first_offer, Need.due_at, first_help).where(*frame.needs())
    # The area on every visit besides the need's own made SQLite read all visits for each need: 5 s instead of 20 ms.
    with without_scope(session, because="when somebody first helped with a need that the reader may see"):
        needs = session.execute(opened).all()
    answers = session.execute(
        sa.select(Referral.requested_at, Referral.answered_at, Referral.answer_by, Referral.status).where(
            *frame.referrals()
        )
    ).all()
    contacts = session.execute(sa.select(Case.opened_at, Case.first_contact_at).where(*frame.cases())).all()
    close = end_of(frame.end)
    return [
        _speed("first_contact", calendar, [(begin, end, None) for begin, end in contacts]),
        _speed("first_offer", calendar, [(begin, end, due) for begin, end, due, _ in needs], close),
        _speed(
            "answer",
            calendar,
            [
                (begin, end, due)
                for begin, end, due, status in answers
                if begin is not None and (status not in {S.CANCELLED, S.EXPIRED} or end is not None)
            ],
            close,
        ),
        _speed("first_service", calendar, [(begin, end, None) for begin, _, _, end in needs]),
    ]


def _speed(
    code: str,
    calendar: WorkCalendar,
    stages: Iterable[tuple[datetime, datetime | None, datetime | None]],
    close: datetime | None = None,
) -> Speed:
    """Return median and P90 of (begin, end, limit); what has no end yet is counted as open, not as a time.

    In time is a stage that ended within its limit, of those that ended or whose limit passed before the period closed.
    """
    listed = list(stages)
    done = np.array([calendar.between(begin, end) for begin, end, _ in listed if end is not None], dtype=float)
    judged = [(end, limit) for _, end, limit in listed if limit is not None and (end or (close and limit <= close))]
    good = sum(1 for end, limit in judged if end is not None and end <= limit)
    return Speed(
        code=code,
        n=len(done),
        median=float(np.median(done)) if len(done) else None,
        p90=float(np.percentile(done, 90)) if len(done) else None,
        in_time=good / len(judged) if judged else None,
        open=len(listed) - len(done),
    )
