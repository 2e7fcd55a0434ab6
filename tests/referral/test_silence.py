"""A provider lets its time pass: the need goes on by itself where a person had decided, and a named person is told."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Capacity, Message, MessageKind, Need, NeedStatus, Referral, ReferralStatus, Role
from referral import jobs
from referral.actions import silence
from referral.queries import refusals
from tests.factories import (
    AT,
    COUNTY,
    agree,
    make_account,
    make_capacity,
    make_case,
    make_need,
    make_person,
    make_station,
    make_term,
    refer,
)
from tests.referral.clockwork import job

LATE = timedelta(days=4)


def asked(session: Session, *, others: int = 1, by: bool = True) -> tuple[Referral, Account, list[Capacity]]:
    """A need put to one provider by a person, with others that could take it; and who looks after the case."""
    term = make_term(session)
    station = make_station(session)
    worker = make_account(session, Role.STATION_WORKER, organization_id=station.id)
    person = make_person(session, station_id=station.id)
    need = make_need(session, case=make_case(session, person=person, worker_id=worker.id), term=term)
    first = make_capacity(session, term=term, places=2)
    rest = [make_capacity(session, term=term, places=2) for _ in range(others)]
    for capacity in rest:
        agree(session, need, capacity)
    referral = refer(session, need, first, by=make_account(session) if by else None)
    session.commit()
    return referral, worker, rest


def expire(session: Session, at: Any = AT + LATE) -> dict[str, int]:
    counts = jobs.run(session, job("expire_referrals"), at).counts
    session.expire_all()
    return counts


def newest(session: Session) -> Referral:
    return session.scalars(sa.select(Referral).order_by(Referral.id.desc()).limit(1)).one()


def told(session: Session, kind: MessageKind) -> list[Message]:
    return list(session.scalars(sa.select(Message).where(Message.kind == kind)))


def test_the_need_goes_to_the_next_provider_and_the_case_worker_is_told(session_on_both: Session) -> None:
    session = session_on_both
    referral, worker, _rest = asked(session)
    assert expire(session) == {"expired": 1, "skipped": 0, "offered": 1}
    after = newest(session)
    assert (referral.status, after.status) == (ReferralStatus.EXPIRED, ReferralStatus.REQUESTED)
    assert after.follows_id == referral.id
    assert after.requested_by_id is None
    assert after.organization_id != referral.organization_id
    (message,) = told(session, MessageKind.NEXT_OFFERED)
    assert (message.account_id, message.referral_id) == (worker.id, after.id)
    assert refusals.to_follow(session, AT + LATE) == {}, "no round takes the same need up"


def test_without_consent_the_next_provider_learns_nothing(session_on_both: Session) -> None:
    session = session_on_both
    referral, _worker, _rest = asked(session, others=0)
    make_capacity(session, term=make_term(session), places=2)
    session.commit()
    assert expire(session)["offered"] == 1
    after = newest(session)
    assert (after.status, after.follows_id) == (ReferralStatus.DRAFT, referral.id)
    assert after.requested_at is None
    assert told(session, MessageKind.CONSENT_WANTED)


def test_it_stops_after_so_many_in_a_row_and_where_nobody_is_left(session_on_both: Session) -> None:
    session = session_on_both
    asked(session, others=4)
    at = AT
    for number in range(1, 5):
        at += LATE + timedelta(days=3)
        counts = expire(session, at)
        if number > silence.MOST_OFFERS:
            assert counts["offered"] == 0
            break
        assert counts["offered"] == 1
    assert session.scalars(sa.select(Need)).one().status is NeedStatus.OPEN
    providers = session.scalars(sa.select(Referral.organization_id)).all()
    assert len(providers) == len(set(providers)) == 1 + silence.MOST_OFFERS, "nobody is asked twice"


def test_where_nobody_fits_the_named_person_is_told(session_on_both: Session) -> None:
    session = session_on_both
    _referral, worker, _rest = asked(session, others=0)
    assert expire(session) == {"expired": 1, "skipped": 0, "offered": 0}
    (message,) = told(session, MessageKind.NOBODY_LEFT)
    assert message.account_id == worker.id


@pytest.mark.parametrize("why", ["nobody decided", "the area wants it so"])
def test_where_no_person_decided_or_the_area_wants_it_so_a_person_decides(session_on_both: Session, why: str) -> None:
    session = session_on_both
    asked(session, by=why != "nobody decided")
    if why == "the area wants it so":
        values = {"next_offer": False, "most_offers": 2, "reason": "由人决定"}
        silence.set_rule(session, COUNTY, **values, by=make_account(session), at=AT)  # type: ignore[arg-type]
        session.commit()
    assert expire(session) == {"expired": 1, "skipped": 0, "offered": 0}
    assert session.scalar(sa.select(sa.func.count(Referral.id))) == 1


def test_the_newest_rule_of_the_nearest_area_counts(session_on_both: Session) -> None:
    session = session_on_both
    by = make_account(session)
    need = make_need(session)
    assert silence.rule_for(session, need.area_code) == silence.Rule()
    values = {"reason": "试", "by": by}
    silence.set_rule(session, COUNTY, next_offer=False, most_offers=1, at=AT, **values)  # type: ignore[arg-type]
    assert not silence.rule_for(session, need.area_code).next_offer
    later = AT + timedelta(hours=1)
    silence.set_rule(session, COUNTY, next_offer=True, most_offers=3, at=later, **values)  # type: ignore[arg-type]
    assert silence.rule_for(session, need.area_code).most_offers == 3
    silence.set_rule(session, need.area_code, next_offer=False, most_offers=0, at=AT, **values)  # type: ignore[arg-type]
    assert not silence.rule_for(session, need.area_code).next_offer
