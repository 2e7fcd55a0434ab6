"""No referral without consent on any path; what waits for it, on both databases."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    CaseStatus,
    ConsentWay,
    DeclineReason,
    Message,
    MessageKind,
    NeedStatus,
    Referral,
    ReferralStatus,
)
from models.errors import ConsentMissing
from referral.actions import applying, consents, referrals, sending, upkeep
from tests.factories import (
    AT,
    agree,
    make_capacity,
    make_need,
)
from tests.referral.consenting import Board


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
