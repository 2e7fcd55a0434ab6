"""A referral keeps place, need, case and messages in step, on both databases."""

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from models import (
    Account,
    Capacity,
    CapacityKind,
    CaseStatus,
    DeclineReason,
    Message,
    MessageKind,
    Need,
    NeedStatus,
    OutcomeReason,
    Referral,
    ReferralEvent,
    ReferralOutcome,
    ReferralStatus,
    Reservation,
    ReservationStatus,
    Role,
    Service,
    ServiceAtLocation,
    Urgency,
)
from models.errors import AlreadyReferred, NoPlaceLeft, ReasonMissing, WrongStep
from referral.actions import referrals
from tests.factories import AT, make_account, make_capacity, make_case, make_need, refer


class Board:
    """One need, one provider with one place, and who acts."""

    def __init__(self, session: Session, **capacity: object) -> None:
        self.session = session
        self.coordinator = make_account(session)
        self.capacity: Capacity = make_capacity(session, **capacity)  # type: ignore[arg-type]
        organization = session.scalars(
            sa.select(Service.organization_id)
            .join(ServiceAtLocation)
            .where(ServiceAtLocation.id == self.capacity.service_at_location_id)
        ).one()
        self.officer: Account = make_account(session, Role.PROVIDER_OFFICER, organization_id=organization)
        self.case = make_case(session)
        self.need: Need = make_need(session, case=self.case)

    def request(self) -> Referral:
        return refer(self.session, self.need, self.capacity, by=self.coordinator, at=AT)

    def counts(self) -> tuple[int, int, int]:
        capacity = self.capacity
        self.session.refresh(capacity)
        return capacity.reserved, capacity.used, capacity.left


@pytest.fixture
def board(session_on_both: Session) -> Board:
    return Board(session_on_both)


def test_a_request_holds_the_place_sets_the_clock_and_tells_the_provider(board: Board) -> None:
    referral = board.request()
    assert referral.status is ReferralStatus.REQUESTED
    assert board.counts() == (1, 0, 0)
    assert board.need.status is NeedStatus.REFERRED
    assert referral.answer_by is not None
    assert referral.answer_by > AT + timedelta(days=2)
    assert board.case.status is CaseStatus.IN_CIRCULATION
    told = board.session.scalars(sa.select(Message)).all()
    assert [(m.kind, m.organization_id) for m in told] == [(MessageKind.REFERRAL_REQUESTED, referral.organization_id)]


def test_the_last_place_goes_to_one(board: Board) -> None:
    board.request()
    other = make_need(board.session)
    with pytest.raises(NoPlaceLeft):
        refer(board.session, other, board.capacity, by=board.coordinator, at=AT)


def test_a_need_is_with_one_provider_at_a_time(board: Board) -> None:
    board.request()
    elsewhere = make_capacity(board.session)
    with pytest.raises(AlreadyReferred):
        refer(board.session, board.need, elsewhere, by=board.coordinator, at=AT)


def test_a_rejection_ends_frees_and_reopens(board: Board) -> None:
    referral = board.request()
    referrals.reject(board.session, referral, by=board.officer, at=AT, reason=DeclineReason.FULL)
    assert referral.status is ReferralStatus.REJECTED
    assert board.counts() == (0, 0, 1)
    assert board.need.status is NeedStatus.OPEN
    assert board.case.status is CaseStatus.ANSWERED
    again = board.request()
    assert again.id != referral.id


def test_a_rejection_without_a_reason_changes_nothing(board: Board) -> None:
    referral = board.request()
    with pytest.raises(ReasonMissing):
        referrals.reject(board.session, referral, by=board.officer, at=AT, reason=DeclineReason.OTHER)
    assert referral.status is ReferralStatus.REQUESTED
    assert board.counts() == (1, 0, 0)


def test_silence_ends_frees_and_reopens(board: Board) -> None:
    referral = board.request()
    referrals.expire(board.session, referral, at=AT + timedelta(days=9))
    assert referral.status is ReferralStatus.EXPIRED
    assert board.counts() == (0, 0, 1)
    assert board.need.status is NeedStatus.OPEN
    with pytest.raises(WrongStep):
        referrals.accept(board.session, referral, by=board.officer, at=AT + timedelta(days=9))


def test_help_that_was_given_frees_a_place_at_a_time(board: Board) -> None:
    referral = board.request()
    referrals.accept(board.session, referral, by=board.officer, at=AT)
    referrals.start(board.session, referral, by=board.officer, at=AT)
    assert board.counts() == (0, 1, 0)
    assert board.need.status is NeedStatus.BEING_SERVED
    referrals.complete(
        board.session,
        referral,
        by=board.officer,
        at=AT,
        outcome=ReferralOutcome.SERVED,
        units_delivered=Decimal(4),
        outcome_reason=OutcomeReason.AS_PLANNED,
    )
    assert board.counts() == (0, 0, 1)
    assert board.need.status is NeedStatus.MET


def test_help_that_was_given_uses_up_a_place_of_a_quota(session_on_both: Session) -> None:
    board = Board(session_on_both, kind=CapacityKind.QUOTA)
    referral = board.request()
    referrals.accept(board.session, referral, by=board.officer, at=AT)
    referrals.complete(
        board.session,
        referral,
        by=board.officer,
        at=AT,
        outcome=ReferralOutcome.PARTLY_SERVED,
        units_delivered=Decimal(1),
        outcome_reason=OutcomeReason.FUNDS_ENDED,
    )
    assert board.counts() == (0, 1, 0)
    assert board.need.status is NeedStatus.PARTLY_MET


def test_help_that_was_not_given_gives_the_place_back_and_reopens(session_on_both: Session) -> None:
    board = Board(session_on_both, kind=CapacityKind.QUOTA)
    referral = board.request()
    referrals.accept(board.session, referral, by=board.officer, at=AT)
    referrals.start(board.session, referral, by=board.officer, at=AT)
    referrals.complete(
        board.session,
        referral,
        by=board.officer,
        at=AT,
        outcome=ReferralOutcome.NOT_SERVED,
        units_delivered=Decimal(0),
        outcome_reason=OutcomeReason.NOT_REACHED,
    )
    assert board.counts() == (0, 0, 1)
    assert board.need.status is NeedStatus.OPEN


def test_a_pause_keeps_the_place_and_going_on_uses_it(board: Board) -> None:
    referral = board.request()
    referrals.accept(board.session, referral, by=board.officer, at=AT)
    referrals.hold(board.session, referral, by=board.officer, at=AT, reason=DeclineReason.NOT_REACHABLE)
    assert board.counts() == (1, 0, 0)
    referrals.resume(board.session, referral, by=board.officer, at=AT)
    assert board.counts() == (0, 1, 0)
    assert board.need.status is NeedStatus.BEING_SERVED


def test_failing_and_cancelling_free_the_place_once(board: Board) -> None:
    referral = board.request()
    referrals.accept(board.session, referral, by=board.officer, at=AT)
    referrals.start(board.session, referral, by=board.officer, at=AT)
    referrals.fail(board.session, referral, by=board.officer, at=AT, reason=DeclineReason.SAFETY)
    assert board.counts() == (0, 0, 1)
    second = board.request()
    referrals.cancel(board.session, second, by=board.coordinator, at=AT, reason=DeclineReason.DUPLICATE_HELP)
    assert board.counts() == (0, 0, 1)
    held = board.session.scalars(sa.select(Reservation.status)).all()
    assert set(held) == {ReservationStatus.RELEASED}


def test_an_entry_in_error_gives_everything_back(board: Board) -> None:
    referral = board.request()
    referrals.enter_in_error(board.session, referral, by=board.coordinator, at=AT, note="wrong person")
    assert board.counts() == (0, 0, 1)
    assert board.need.status is NeedStatus.OPEN


def test_every_step_is_written_down_with_who_and_why(board: Board) -> None:
    referral = board.request()
    referrals.reject(
        board.session, referral, by=board.officer, at=AT, reason=DeclineReason.OTHER, reason_text="roof is being mended"
    )
    events = board.session.scalars(
        sa.select(ReferralEvent).where(ReferralEvent.referral_id == referral.id).order_by(ReferralEvent.id)
    ).all()
    assert [(e.from_status, e.to_status, e.by_id) for e in events] == [
        (None, ReferralStatus.REQUESTED, board.coordinator.id),
        (ReferralStatus.REQUESTED, ReferralStatus.REJECTED, board.officer.id),
    ]
    assert events[-1].note == "roof is being mended"


def test_a_case_with_another_question_open_is_not_answered_yet(session_on_both: Session) -> None:
    board = Board(session_on_both)
    case = make_case(board.session)
    first, second = make_need(board.session, case=case), make_need(board.session, case=case)
    one = refer(board.session, first, board.capacity, by=board.coordinator, at=AT)
    two = refer(board.session, second, make_capacity(board.session), by=board.coordinator, at=AT)
    referrals.accept(board.session, one, by=board.officer, at=AT)
    assert case.status is CaseStatus.IN_CIRCULATION
    referrals.accept(board.session, two, by=board.officer, at=AT)
    assert case.status is CaseStatus.ANSWERED


def test_urgent_referrals_must_be_answered_today(board: Board) -> None:
    urgent = make_need(board.session, urgency=Urgency.CRITICAL)
    referral = refer(board.session, urgent, board.capacity, by=board.coordinator, at=AT)
    assert referral.answer_by is not None
    assert referral.answer_by - AT == timedelta(hours=14)


def test_two_answers_at_once_are_kept_apart(board: Board) -> None:
    referral = board.request()
    board.session.commit()
    board.session.execute(
        sa.update(Referral).values(version=Referral.version + 1).execution_options(synchronize_session=False)
    )
    with pytest.raises(StaleDataError):
        referrals.accept(board.session, referral, by=board.officer, at=AT)
