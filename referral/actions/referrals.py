"""What can happen to a referral, with everything that follows from it in the same transaction.

Each step moves the state by its table, keeps the place and the need in step, writes an event and tells whoever waits.
Two people who take a step at once are kept apart by `version`: the later one gets StaleDataError and nothing happens.
"""

from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from models import (
    Account,
    AnswerWay,
    Case,
    DeclineReason,
    MessageKind,
    Need,
    NeedStatus,
    OutcomeReason,
    Referral,
    ReferralOutcome,
    ReferralStatus,
)
from models.referral import LIVE_STATUSES
from referral.access import without_scope
from referral.actions import case_flow, contradicting, ending, places, plans
from referral.actions.outbox import tell_ended
from referral.actions.referral_events import move
from referral.actions.referral_news import tell_provider, tell_station
from referral.actions.sending import ANSWER_WORKING_DAYS, check_consent, request, send_draft

__all__ = [
    "ANSWER_WORKING_DAYS",
    "accept",
    "cancel",
    "check_consent",
    "complete",
    "enter_in_error",
    "expire",
    "fail",
    "hold",
    "reject",
    "request",
    "resume",
    "send_draft",
    "start",
]


def accept(
    session: Session,
    referral: Referral,
    *,
    by: Account | None,
    at: datetime,
    note: str | None = None,
    way: AnswerWay | None = None,
) -> None:
    """The provider takes it on; the place stays held until help starts. No `by` for a link. Raises ConsentMissing."""
    check_consent(session, referral, at)
    move(session, referral, ReferralStatus.ACCEPTED, by=by, at=at, note=note, way=way)
    referral.answered_at = at
    _answered(session, referral, MessageKind.REFERRAL_ACCEPTED, by=by, at=at)


def reject(
    session: Session,
    referral: Referral,
    *,
    by: Account | None,
    at: datetime,
    reason: DeclineReason,
    reason_text: str | None = None,
    way: AnswerWay | None = None,
) -> None:
    """The provider says no, with a reason: this referral ends, the place is free, the need is open again."""
    move(session, referral, ReferralStatus.REJECTED, by=by, at=at, reason=reason, note=reason_text, way=way)
    referral.answered_at = at
    _end_without_help(session, referral, at=at)
    _answered(session, referral, MessageKind.REFERRAL_REJECTED, by=by, at=at)


def expire(session: Session, referral: Referral, *, at: datetime) -> None:
    """Nobody answered in time: this referral ends, the place is free, the need is open again."""
    move(session, referral, ReferralStatus.EXPIRED, by=None, at=at)
    _end_without_help(session, referral, at=at)
    _answered(session, referral, MessageKind.REFERRAL_EXPIRED, by=None, at=at)
    tell_provider(session, referral, MessageKind.REFERRAL_EXPIRED, at)
    tell_ended(session, referral, at=at)


def cancel(
    session: Session,
    referral: Referral,
    *,
    by: Account | None,
    at: datetime,
    reason: DeclineReason,
    reason_text: str | None = None,
) -> None:
    """Either side takes it back, with a reason; the need is open again. A draft's provider never hears of it.

    Help that had begun has an outcome all the same: what its visits gave.
    """
    was_draft = referral.status is ReferralStatus.DRAFT
    ending.say_broken_off(session, referral, ReferralStatus.CANCELLED)
    move(session, referral, ReferralStatus.CANCELLED, by=by, at=at, reason=reason, note=reason_text)
    _end_without_help(session, referral, at=at)
    if not was_draft:
        tell_provider(session, referral, MessageKind.REFERRAL_CANCELLED, at)
        tell_ended(session, referral, at=at)
    tell_station(session, referral, MessageKind.REFERRAL_CANCELLED, at)


def start(session: Session, referral: Referral, *, by: Account, at: datetime) -> None:
    """Help begins: the held place is now used, the need is being served. Raises ConsentMissing."""
    check_consent(session, referral, at)
    move(session, referral, ReferralStatus.IN_PROGRESS, by=by, at=at)
    referral.started_at = at
    places.use_place(session, referral)
    _need(session, referral).move_to(NeedStatus.BEING_SERVED, at=at)
    session.flush()


def hold(
    session: Session,
    referral: Referral,
    *,
    by: Account | None,
    at: datetime,
    reason: DeclineReason,
    reason_text: str | None = None,
) -> None:
    """Pause, with a reason. Place and need stay as they are."""
    move(session, referral, ReferralStatus.ON_HOLD, by=by, at=at, reason=reason, note=reason_text)
    plans.follow(session, referral, at=at)
    session.flush()


def resume(session: Session, referral: Referral, *, by: Account, at: datetime) -> None:
    """Go on after a pause; begins the help where it had not begun. Raises ConsentMissing."""
    check_consent(session, referral, at)
    move(session, referral, ReferralStatus.IN_PROGRESS, by=by, at=at)
    if referral.started_at is None:
        referral.started_at = at
        places.use_place(session, referral)
        _need(session, referral).move_to(NeedStatus.BEING_SERVED, at=at)
    plans.follow(session, referral, at=at)
    session.flush()


def complete(
    session: Session,
    referral: Referral,
    *,
    by: Account,
    at: datetime,
    outcome: ReferralOutcome,
    units_delivered: Decimal | None,
    outcome_reason: OutcomeReason | None,
    note: str | None = None,
) -> None:
    """Help is done. The need is met, partly met, or, where nothing was served, open again.

    Raises UnitsMissing, UnitsContradict and ReasonMissing: nothing ends without what was given and why.
    """
    ending.say_completed(referral, outcome=outcome, units=units_delivered, reason=outcome_reason, note=note)
    move(session, referral, ReferralStatus.COMPLETED, by=by, at=at, note=note)
    referral.ended_at = at
    need = _need(session, referral)
    if outcome is ReferralOutcome.NOT_SERVED:
        places.free_place(session, referral, at=at)
        need.reopen(at=at)
    else:
        places.end_place(session, referral, at=at)
        met = outcome is ReferralOutcome.SERVED
        need.move_to(NeedStatus.MET if met else NeedStatus.PARTLY_MET, at=at)
    tell_station(session, referral, MessageKind.REFERRAL_COMPLETED, at)
    session.flush()
    plans.follow(session, referral, at=at)
    contradicting.compare_with_words(session, referral, at=at)


def fail(
    session: Session,
    referral: Referral,
    *,
    by: Account,
    at: datetime,
    reason: DeclineReason,
    reason_text: str | None = None,
    outcome: ReferralOutcome | None = None,
    units_delivered: Decimal | None = None,
) -> None:
    """Help broke off, with a reason and what had been given until then (else the visits say it); the need is open."""
    ending.say_broken_off(session, referral, ReferralStatus.FAILED, outcome=outcome, units=units_delivered)
    move(session, referral, ReferralStatus.FAILED, by=by, at=at, reason=reason, note=reason_text)
    _end_without_help(session, referral, at=at)
    tell_station(session, referral, MessageKind.REFERRAL_COMPLETED, at)


def enter_in_error(session: Session, referral: Referral, *, by: Account, at: datetime, note: str) -> None:
    """It should never have been made. A live one frees its place and reopens its need; an ended one only is marked."""
    was_live = referral.status in LIVE_STATUSES
    move(session, referral, ReferralStatus.ENTERED_IN_ERROR, by=by, at=at, note=note)
    if was_live:
        _end_without_help(session, referral, at=at)
    session.flush()


def _need(session: Session, referral: Referral) -> Need:
    return session.get_one(Need, referral.need_id)


def _end_without_help(session: Session, referral: Referral, *, at: datetime) -> None:
    """End a referral that did not meet its need: the place is free, the need is open again."""
    referral.ended_at = at
    places.free_place(session, referral, at=at)
    _need(session, referral).reopen(at=at)
    session.flush()
    plans.follow(session, referral, at=at)


def _answered(session: Session, referral: Referral, kind: MessageKind, *, by: Account | None, at: datetime) -> None:
    with without_scope(session, because="an answer moves the case, which the provider who gives it never sees"):
        case_flow.note_answer(session, session.get_one(Case, _need(session, referral).case_id), by=by, at=at)
    tell_station(session, referral, kind, at)
    session.flush()
