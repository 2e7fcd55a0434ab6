"""Every ordered pair of states of a referral is tried through the actions: what the table lets through happens, the
rest is refused and changes nothing."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    AnswerKind,
    DeclineReason,
    OutcomeReason,
    Referral,
    ReferralEvent,
    ReferralOutcome,
    ReferralStatus,
    Role,
)
from models.errors import WrongStep
from models.referral import NEXT_STEPS
from referral.actions import answering, referrals
from referral.actions.answering import Given
from tests.factories import AT, agree, make_account, make_capacity, make_need

S = ReferralStatus
Step = Callable[[Session, Referral, Any], Any]
REASON = DeclineReason.CONDITIONS_NOT_MET


def complete(session: Session, referral: Referral, by: Any) -> None:
    referrals.complete(
        session, referral, by=by, at=AT, outcome=ReferralOutcome.SERVED, units_delivered=Decimal(4),
        outcome_reason=OutcomeReason.AS_PLANNED,
    )  # fmt: skip


def phone(kind: AnswerKind, reason: DeclineReason | None = None) -> Step:
    """The same step, told on the telephone."""

    def step(session: Session, referral: Referral, by: Any) -> None:
        given = Given(kind, reason=reason)
        answering.answer_by_phone(session, referral, given, said_by="王主任", said_at=AT, by=by, at=AT)

    return step


STEPS: dict[ReferralStatus, tuple[Step, ...]] = {
    S.REQUESTED: (lambda s, r, by: referrals.send_draft(s, r, by=by, at=AT),),
    S.ACCEPTED: (lambda s, r, by: referrals.accept(s, r, by=by, at=AT), phone(AnswerKind.ACCEPTED)),
    S.REJECTED: (
        lambda s, r, by: referrals.reject(s, r, by=by, at=AT, reason=REASON),
        phone(AnswerKind.REJECTED, REASON),
    ),
    S.CANCELLED: (lambda s, r, by: referrals.cancel(s, r, by=by, at=AT, reason=REASON),),
    S.EXPIRED: (lambda s, r, by: referrals.expire(s, r, at=AT),),
    S.IN_PROGRESS: (
        lambda s, r, by: referrals.start(s, r, by=by, at=AT),
        lambda s, r, by: referrals.resume(s, r, by=by, at=AT),
    ),
    S.ON_HOLD: (lambda s, r, by: referrals.hold(s, r, by=by, at=AT, reason=REASON),),
    S.COMPLETED: (complete,),
    S.FAILED: (lambda s, r, by: referrals.fail(s, r, by=by, at=AT, reason=REASON),),
    S.ENTERED_IN_ERROR: (lambda s, r, by: referrals.enter_in_error(s, r, by=by, at=AT, note="错"),),
}
"""By the state that it leads to, every action that does; nothing leads back to a draft."""
WAYS: dict[ReferralStatus, tuple[ReferralStatus, ...]] = {
    S.DRAFT: (),
    S.REQUESTED: (S.REQUESTED,),
    S.ACCEPTED: (S.REQUESTED, S.ACCEPTED),
    S.REJECTED: (S.REQUESTED, S.REJECTED),
    S.CANCELLED: (S.REQUESTED, S.CANCELLED),
    S.EXPIRED: (S.REQUESTED, S.EXPIRED),
    S.IN_PROGRESS: (S.REQUESTED, S.ACCEPTED, S.IN_PROGRESS),
    S.ON_HOLD: (S.REQUESTED, S.ACCEPTED, S.ON_HOLD),
    S.COMPLETED: (S.REQUESTED, S.ACCEPTED, S.IN_PROGRESS, S.COMPLETED),
    S.FAILED: (S.REQUESTED, S.ACCEPTED, S.IN_PROGRESS, S.FAILED),
    S.ENTERED_IN_ERROR: (S.REQUESTED, S.ENTERED_IN_ERROR),
}
"""How each state is reached."""


def reach(session: Session, state: ReferralStatus, by: Any) -> Referral:
    """A referral in a state, brought there by the actions."""
    capacity = make_capacity(session, places=3)
    need = make_need(session)
    referral = referrals.request(session, need, capacity, by=by, at=AT, wait_for_consent=True)
    agree(session, need, capacity)
    for step in WAYS[state]:
        STEPS[step][0](session, referral, by)
    session.flush()
    assert referral.status is state
    return referral


def test_every_ordered_pair_of_states_goes_as_the_table_says(session_on_both: Session) -> None:
    session = session_on_both
    by = make_account(session, Role.COORDINATOR)
    allowed = refused = 0
    for before in S:
        referral = reach(session, before, by)
        for after, actions in STEPS.items():
            for action in actions:
                events = _events(session, referral)
                point = session.begin_nested()
                if after in NEXT_STEPS[before]:
                    action(session, referral, by)
                    assert referral.status is after, (before, after)
                    assert _events(session, referral) == events + 1
                    allowed += 1
                else:
                    with pytest.raises(WrongStep):
                        action(session, referral, by)
                    refused += 1
                point.rollback()
                session.expire_all()
                assert referral.status is before, (before, after)
                assert _events(session, referral) == events
    steps = sum(len(STEPS[after]) for before in S for after in NEXT_STEPS[before])
    every = len(S) * sum(len(actions) for actions in STEPS.values())
    assert (allowed, refused) == (steps, every - steps)
    assert set(STEPS) == set(S) - {S.DRAFT}
    assert all(S.DRAFT not in nexts for nexts in NEXT_STEPS.values())


def _events(session: Session, referral: Referral) -> int:
    counted = sa.select(sa.func.count(ReferralEvent.id)).where(ReferralEvent.referral_id == referral.id)
    return session.scalar(counted) or 0
