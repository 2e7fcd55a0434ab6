"""Giving and withdrawing consent, emergencies and their review, on both databases."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import (
    Consent,
    ConsentGiver,
    ConsentNotice,
    ConsentRelation,
    ConsentWay,
    DataKind,
    DeclineReason,
    EmergencyReview,
    EmergencyVerdict,
    MessageKind,
    NeedStatus,
    Referral,
    ReferralStatus,
    Role,
)
from models.consent import NoticeChanged
from models.errors import ConsentIncomplete, ConsentMissing, GuardianMissing, NoticeMissing, OwnEmergency, WrongStep
from referral.actions import consents, referrals, sending
from referral.actions.consents import Agreed
from tests.factories import (
    AT,
    agree,
    make_account,
    make_notice,
    make_person,
    make_station,
)
from tests.referral.consenting import WRITTEN, Board


@pytest.fixture
def board(session_on_both: Session) -> Board:
    return Board(session_on_both)


# Giving


def test_somebody_under_14_needs_a_guardian(board: Board) -> None:
    child = make_person(board.session, born_on=date(2012, 9, 15))  # turns 14 on the day after
    grown = make_person(board.session, born_on=date(2012, 9, 14))
    for agreed in (
        WRITTEN,
        Agreed(DataKind, ConsentWay.WRITTEN, ConsentGiver.REPRESENTATIVE, "王某", ConsentRelation.AUTHORISED),
    ):
        with pytest.raises(GuardianMissing):
            board.give(agreed, child)
    guardian = Agreed(DataKind, ConsentWay.WRITTEN, ConsentGiver.GUARDIAN, "王某", ConsentRelation.PARENT)
    assert board.give(guardian, child).consents[0].giver_name == "王某"
    assert board.give(WRITTEN, grown).consents[0].given_by is ConsentGiver.SELF


@pytest.mark.parametrize(
    "agreed",
    [
        Agreed((), ConsentWay.WRITTEN),
        Agreed(DataKind, ConsentWay.SPOKEN),
        Agreed(DataKind, ConsentWay.WRITTEN, ConsentGiver.REPRESENTATIVE),
        Agreed(DataKind, ConsentWay.WRITTEN, ConsentGiver.GUARDIAN, "王某"),
        Agreed(DataKind, ConsentWay.WRITTEN, lasts=timedelta(days=4000)),
        Agreed(DataKind, ConsentWay.WRITTEN, lasts=timedelta(0)),
    ],
)
def test_what_is_not_whole_is_no_consent(board: Board, agreed: Agreed) -> None:
    with pytest.raises(ConsentIncomplete):
        board.give(agreed)


def test_a_consent_names_somebody_and_a_notice(session_on_both: Session) -> None:
    person = make_person(session_on_both)
    with pytest.raises(ConsentIncomplete):
        consents.give(session_on_both, person, [], WRITTEN, by=None, at=AT)
    session_on_both.execute(sa.delete(ConsentNotice))
    with pytest.raises(NoticeMissing):
        consents.give(session_on_both, person, [make_station(session_on_both)], WRITTEN, by=None, at=AT)


WRONG: list[dict[str, Any]] = [
    {"identity": False, "contact": False, "health": False, "finance": False, "notes": False},
    {"expires_at": AT - timedelta(days=2)},
    {"given_by": ConsentGiver.GUARDIAN},
    {"way": ConsentWay.SPOKEN},
    {"withdrawn_at": AT},
]


@pytest.mark.parametrize("wrong", WRONG)
def test_the_database_refuses_what_the_rules_refuse(board: Board, wrong: dict[str, Any]) -> None:
    agree(board.session, board.need, board.capacity)
    with pytest.raises(IntegrityError), board.session.begin_nested():
        board.session.execute(sa.update(Consent).values(**wrong))


def test_at_most_one_consent_is_in_force(board: Board) -> None:
    agree(board.session, board.need, board.capacity)
    known = board.session.scalars(sa.select(Consent)).one()
    with pytest.raises(IntegrityError), board.session.begin_nested():
        board.session.add(
            Consent(
                person_id=known.person_id,
                organization_id=known.organization_id,
                identity=True,
                way=ConsentWay.WRITTEN,
                notice_id=known.notice_id,
                given_at=AT,
                expires_at=AT + timedelta(days=1),
            )
        )


def test_the_newest_word_counts_also_where_it_allows_less(board: Board) -> None:
    older = board.give().consents[0]
    newer = board.give(Agreed({DataKind.IDENTITY}, ConsentWay.WRITTEN)).consents[0]
    assert (older.is_live(AT), newer.is_live(AT)) == (False, True)
    assert newer.kinds == [DataKind.IDENTITY]
    live = list(board.session.scalars(sa.select(Consent).where(Consent.live(AT))))
    assert live == [newer]


def test_a_notice_never_changes(board: Board) -> None:
    notice = make_notice(board.session)
    notice.text_zh = "别的话"
    with pytest.raises(NoticeChanged):
        board.session.flush()


# Withdrawing


@pytest.mark.parametrize(
    ("steps", "after", "left", "need"),
    [
        ((), ReferralStatus.CANCELLED, 1, NeedStatus.OPEN),
        ((referrals.accept,), ReferralStatus.CANCELLED, 1, NeedStatus.OPEN),
        ((referrals.accept, referrals.start), ReferralStatus.ON_HOLD, 0, NeedStatus.BEING_SERVED),
    ],
)
def test_a_withdrawal_ends_or_halts_at_once_and_both_sides_are_told(
    board: Board, steps: tuple[Callable[..., None], ...], after: ReferralStatus, left: int, need: NeedStatus
) -> None:
    consent = board.give().consents[0]
    referral = board.request()
    for step in steps:
        step(board.session, referral, by=board.officer, at=AT)
    stopped = consents.withdraw(board.session, consent, by=board.worker, at=AT, way=ConsentWay.SPOKEN)
    assert list(stopped) == [referral]
    assert (referral.status, referral.reason) == (after, DeclineReason.CONSENT_WITHDRAWN)
    assert (board.left(), board.need.status) == (left, need)
    told = {one.organization_id for one in board.told(MessageKind.SHARING_STOPPED)}
    assert told == {board.provider.id, board.station.id}
    assert consent.withdrawn_by_id == board.worker.id
    with pytest.raises(WrongStep):
        consents.withdraw(board.session, consent, by=board.worker, at=AT, way=ConsentWay.SPOKEN)


def test_help_on_hold_goes_on_only_when_the_person_agrees_again(board: Board) -> None:
    consent = board.give().consents[0]
    referral = board.request()
    referrals.accept(board.session, referral, by=board.officer, at=AT)
    referrals.start(board.session, referral, by=board.officer, at=AT)
    consents.withdraw(board.session, consent, by=board.worker, at=AT, way=ConsentWay.SPOKEN)
    with pytest.raises(ConsentMissing):
        referrals.resume(board.session, referral, by=board.officer, at=AT)
    board.give()
    referrals.resume(board.session, referral, by=board.officer, at=AT)
    assert referral.status is ReferralStatus.IN_PROGRESS


def test_nobody_accepts_after_the_consent_has_expired(board: Board) -> None:
    consent = board.give().consents[0]
    referral = board.request()
    with pytest.raises(ConsentMissing):
        referrals.accept(board.session, referral, by=board.officer, at=consent.expires_at)
    assert referral.status is ReferralStatus.REQUESTED


# Emergencies


def test_an_emergency_is_sent_marked_and_told(board: Board) -> None:
    other = make_account(board.session, Role.STATION_SUPERVISOR)
    referral = board.request(emergency="昏迷")
    review = board.session.scalars(sa.select(EmergencyReview)).one()
    assert (referral.status, referral.emergency) == (ReferralStatus.REQUESTED, True)
    assert (review.reason, review.sent_by_id, review.verdict) == ("昏迷", board.worker.id, None)
    told = {(one.account_id, one.area_code) for one in board.told(MessageKind.EMERGENCY_SENT)}
    assert told == {(board.supervisor.id, None), (None, referral.area_code)}
    assert other.id not in {key for key, _area in told}
    referrals.accept(board.session, referral, by=board.officer, at=AT)


def test_with_consent_an_emergency_is_none(board: Board) -> None:
    board.give()
    assert board.request(emergency="昏迷").emergency is False
    assert list(board.session.scalars(sa.select(EmergencyReview))) == []


def test_a_draft_can_become_an_emergency(board: Board) -> None:
    draft = board.request(wait_for_consent=True)
    sending.send_draft_in_emergency(board.session, draft, by=board.worker, at=AT, reason="昏迷")
    assert (draft.status, draft.emergency) == (ReferralStatus.REQUESTED, True)
    assert len(board.told(MessageKind.EMERGENCY_SENT)) == 2


def test_who_sent_it_cannot_review_it(board: Board) -> None:
    sending.request(board.session, board.need, board.capacity, by=board.supervisor, at=AT, emergency="昏迷")
    review = board.session.scalars(sa.select(EmergencyReview)).one()
    with pytest.raises(OwnEmergency):
        consents.review_emergency(board.session, review, by=board.supervisor, at=AT, verdict=EmergencyVerdict.UPHELD)


def review(board: Board, verdict: EmergencyVerdict, note: str | None = None) -> list[Referral]:
    waiting = board.session.scalars(sa.select(EmergencyReview)).one()
    stopped = consents.review_emergency(board.session, waiting, by=board.supervisor, at=AT, verdict=verdict, note=note)
    return list(stopped)


def test_a_no_needs_words_ends_the_referral_and_is_said_once(board: Board) -> None:
    referral = board.request(emergency="昏迷")
    with pytest.raises(ConsentIncomplete):
        review(board, EmergencyVerdict.NOT_UPHELD)
    assert review(board, EmergencyVerdict.NOT_UPHELD, "只是感冒") == [referral]
    assert (referral.status, referral.reason) == (ReferralStatus.CANCELLED, DeclineReason.NO_CONSENT)
    assert board.left() == 1
    with pytest.raises(WrongStep):
        review(board, EmergencyVerdict.UPHELD)


def test_a_yes_leaves_the_referral_as_it_is(board: Board) -> None:
    referral = board.request(emergency="昏迷")
    assert review(board, EmergencyVerdict.UPHELD) == []
    assert referral.status is ReferralStatus.REQUESTED


def test_a_no_changes_nothing_where_the_person_has_agreed_since(board: Board) -> None:
    referral = board.request(emergency="昏迷")
    board.give()
    assert review(board, EmergencyVerdict.NOT_UPHELD, "只是感冒") == []
    assert referral.status is ReferralStatus.REQUESTED
