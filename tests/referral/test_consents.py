"""No referral without consent: giving, waiting, withdrawing, emergencies, on both databases."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import (
    Account,
    Capacity,
    CaseStatus,
    Consent,
    ConsentGiver,
    ConsentNotice,
    ConsentRelation,
    ConsentWay,
    DataKind,
    Decision,
    DeclineReason,
    EmergencyReview,
    EmergencyVerdict,
    Message,
    MessageKind,
    Need,
    NeedStatus,
    Organization,
    Person,
    Proposal,
    Referral,
    ReferralStatus,
    Role,
    Round,
)
from models.consent import NoticeChanged
from models.errors import ConsentIncomplete, ConsentMissing, GuardianMissing, NoticeMissing, OwnEmergency, WrongStep
from referral.access import scope
from referral.actions import applying, consents, deciding, referrals, rounds, sending, upkeep
from referral.actions.consents import Agreed
from tests.factories import (
    AT,
    COUNTY,
    agree,
    make_account,
    make_capacity,
    make_case,
    make_need,
    make_notice,
    make_person,
    make_station,
    make_term,
    provider_of,
)

WRITTEN = Agreed(kinds=DataKind, way=ConsentWay.WRITTEN)


class Board:
    """A need of somebody who has agreed to nothing, and one provider with one place."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.station = make_station(session)
        self.worker = make_account(session, Role.STATION_WORKER, organization_id=self.station.id)
        self.supervisor = make_account(session, Role.STATION_SUPERVISOR, organization_id=self.station.id)
        self.person = make_person(session, station_id=self.station.id)
        self.case = make_case(session, person=self.person)
        self.term = make_term(session)
        self.need: Need = make_need(session, case=self.case, term=self.term)
        self.capacity: Capacity = make_capacity(session, term=self.term)
        self.provider: Organization = session.get_one(Organization, provider_of(session, self.capacity))
        self.officer: Account = make_account(session, Role.PROVIDER_OFFICER, organization_id=self.provider.id)
        make_notice(session)

    def give(self, agreed: Agreed = WRITTEN, person: Person | None = None) -> consents.Given:
        return consents.give(self.session, person or self.person, [self.provider], agreed, by=self.worker, at=AT)

    def request(self, **extra: Any) -> Referral:
        return sending.request(self.session, self.need, self.capacity, by=self.worker, at=AT, **extra)

    def left(self) -> int:
        self.session.refresh(self.capacity)
        return self.capacity.left

    def told(self, kind: MessageKind) -> list[Message]:
        return list(self.session.scalars(sa.select(Message).where(Message.kind == kind).order_by(Message.id)))

    def seen_by_provider(self) -> list[Referral]:
        return list(self.session.scalars(sa.select(Referral).where(scope(self.officer, Referral))))

    def proposal(self) -> Any:
        """The key of an accepted proposal of a round over the county."""
        made = rounds.run_round(self.session, area=COUNTY, at=AT)
        deciding.accept_all(self.session, self.session.get_one(Round, made.id), by=self.supervisor, at=AT)
        return self.session.scalars(sa.select(Proposal.id).where(Proposal.decision == Decision.ACCEPTED)).one()


@pytest.fixture
def board(session_on_both: Session) -> Board:
    return Board(session_on_both)


# Sending


def by_hand(board: Board) -> Referral | None:
    return board.request()


def by_a_round(board: Board) -> Referral | None:
    return applying.apply_one(board.session, board.proposal(), by=board.supervisor, at=AT)


def again_after_a_decline(board: Board) -> Referral | None:
    agreed = board.give().consents[0]
    first = board.request()
    referrals.reject(board.session, first, by=board.officer, at=AT, reason=DeclineReason.FULL)
    consents.withdraw(board.session, agreed, by=board.worker, at=AT, way=ConsentWay.SPOKEN)
    return board.request()


def after_it_expired(board: Board) -> Referral | None:
    consent = board.give().consents[0]
    consent.given_at, consent.expires_at = AT - timedelta(days=9), AT
    return board.request()


def before_it_begins(board: Board) -> Referral | None:
    board.give().consents[0].given_at = AT + timedelta(seconds=1)
    return board.request()


def from_a_draft(board: Board) -> Referral | None:
    draft = board.request(wait_for_consent=True)
    sending.send_draft(board.session, draft, by=board.worker, at=AT)
    return draft


def with_consent_to_another(board: Board) -> Referral | None:
    agree(board.session, board.need, make_capacity(board.session))
    return board.request()


def with_consent_of_another(board: Board) -> Referral | None:
    agree(board.session, make_need(board.session), board.capacity)
    return board.request()


PATHS = [
    by_hand, by_a_round, again_after_a_decline, after_it_expired, before_it_begins, from_a_draft,
    with_consent_to_another, with_consent_of_another,
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_without_consent_nothing_is_sent_on_any_path(board: Board, path: Callable[[Board], Referral | None]) -> None:
    try:
        made = path(board)
        assert made is not None
        assert made.status is ReferralStatus.DRAFT
    except ConsentMissing:
        pass
    board.session.flush()
    seen = [one for one in board.seen_by_provider() if one.status is not ReferralStatus.REJECTED]
    assert seen == []
    sent = sa.select(Referral).where(Referral.status == ReferralStatus.REQUESTED)
    assert list(board.session.scalars(sent)) == []


def test_with_consent_it_is_sent_at_once(board: Board) -> None:
    board.give()
    assert board.request().status is ReferralStatus.REQUESTED
    assert len(board.seen_by_provider()) == 1


# Waiting


def test_a_draft_holds_the_place_and_tells_the_station_only(board: Board) -> None:
    draft = board.request(wait_for_consent=True)
    assert (draft.status, draft.requested_at, draft.answer_by) == (ReferralStatus.DRAFT, None, None)
    assert draft.consent_by is not None
    assert draft.consent_by > AT
    assert board.left() == 0
    assert board.need.status is NeedStatus.REFERRED
    assert board.case.status is not CaseStatus.IN_CIRCULATION
    assert [one.organization_id for one in board.told(MessageKind.CONSENT_WANTED)] == [board.station.id]
    assert board.told(MessageKind.REFERRAL_REQUESTED) == []


def test_recording_the_consent_sends_what_waited(board: Board) -> None:
    draft = board.request(wait_for_consent=True)
    given = board.give()
    assert list(given.sent) == [draft]
    assert (draft.status, draft.consent_by, draft.requested_at) == (ReferralStatus.REQUESTED, None, AT)
    assert draft.answer_by is not None
    assert board.case.status is CaseStatus.IN_CIRCULATION
    assert len(board.told(MessageKind.REFERRAL_REQUESTED)) == 1
    assert board.left() == 0


def test_a_draft_that_waited_too_long_frees_the_place_and_the_provider_never_hears_of_it(board: Board) -> None:
    draft = board.request(wait_for_consent=True)
    assert draft.consent_by is not None
    assert upkeep.expire_drafts(board.session, draft.consent_by - timedelta(seconds=1))["expired"] == 0
    assert upkeep.expire_drafts(board.session, draft.consent_by) == {"expired": 1, "skipped": 0}
    assert (draft.status, draft.reason) == (ReferralStatus.CANCELLED, DeclineReason.NO_CONSENT)
    assert board.left() == 1
    assert board.need.status is NeedStatus.OPEN
    assert board.seen_by_provider() == []
    assert all(one.organization_id != board.provider.id for one in board.session.scalars(sa.select(Message)))


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
