"""What became of referrals, with reasons; and how fast, in working days."""

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Case, Need, Referral, ReferralOutcome, ReferralStatus, Visit
from models.referral import GOING_ON_STATUSES
from models.visit import REACHED
from referral.access import without_scope
from referral.clock import WorkCalendar, end_of
from referral.queries.gathering.raw import NEVER, Ints, columns, moment, moments_of, raw_moment
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
    opened = [raw_moment(one) for one in (Need.opened_at, first_offer, Need.due_at, first_help)]
    # The area on every visit besides the need's own made SQLite read all visits for each need: 5 s instead of 20 ms.
    with without_scope(session, because="when somebody first helped with a need that the reader may see"):
        begun, offered, due, helped = moments_of(columns(session, sa.select(*opened).where(*frame.needs())))
    asked = sa.select(
        raw_moment(Referral.requested_at), raw_moment(Referral.answered_at), raw_moment(Referral.answer_by)
    ).where(
        *frame.referrals(), sa.or_(Referral.status.not_in([S.CANCELLED, S.EXPIRED]), Referral.answered_at.is_not(None))
    )
    requested, answered, limit = moments_of(columns(session, asked))
    contacts = sa.select(raw_moment(Case.opened_at), raw_moment(Case.first_contact_at)).where(*frame.cases())
    arrived, contacted = moments_of(columns(session, contacts))
    close = moment(end_of(frame.end))
    return [
        _speed("first_contact", calendar, arrived, contacted),
        _speed("first_offer", calendar, begun, offered, limits=(due, close)),
        _speed("answer", calendar, requested, answered, limits=(limit, close)),
        _speed("first_service", calendar, begun, helped),
    ]


def _speed(
    code: str,
    calendar: WorkCalendar,
    begin: Ints,
    end: Ints,
    *,
    limits: tuple[Ints, int] | None = None,
) -> Speed:
    """Return median and P90 of stages; what has no end yet is counted as open, not as a time.

    `begin` and `end` are int64[n] microseconds, NEVER where there is none; `limits` those of each stage, and when the
    period closed. In time is a stage that ended within its limit, of those that ended or whose limit passed by then.
    """
    ended = end != NEVER
    done = calendar.positions(end[ended]) - calendar.positions(begin[ended])
    in_time = None
    if limits is not None:
        limit, close = limits
        judged = (limit != NEVER) & (ended | (limit <= close))
        good = judged & ended & (end <= limit)
        in_time = int(good.sum()) / int(judged.sum()) if judged.any() else None
    return Speed(
        code=code,
        n=len(done),
        median=float(np.median(done)) if len(done) else None,
        p90=float(np.percentile(done, 90)) if len(done) else None,
        in_time=in_time,
        open=len(end) - len(done),
    )
