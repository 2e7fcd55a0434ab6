"""After a refusal: a new proposal with as few changes as possible, all of it or nothing, whoever else is at work."""

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Capacity,
    Decision,
    DeclineReason,
    Message,
    Need,
    NeedStatus,
    Proposal,
    Referral,
    Round,
    RoundKind,
    RoundStatus,
    Urgency,
)
from referral import jobs, roundwork
from referral.actions import applying, deciding, referrals, rounds
from referral.queries import refusals
from tests.factories import AT, COUNTY, agree, make_account, make_capacity, make_fund, make_need, make_term, refer
from tests.referral.clockwork import job

LATER = AT + timedelta(hours=1)


def follow(session: Session, minutes: int = 0) -> dict[str, int]:
    report = jobs.run(session, job("follow_refusals"), LATER + timedelta(minutes=minutes))
    assert report.result == "done", report
    session.expire_all()
    return report.counts


def refuse(session: Session, need: Need, capacity: Capacity) -> Referral:
    by = make_account(session)
    referral = refer(session, need, capacity, by=by, at=AT)
    referrals.reject(session, referral, by=by, at=AT + timedelta(minutes=5), reason=DeclineReason.FULL)
    return referral


def follow_ups(session: Session) -> list[Round]:
    found = session.scalars(sa.select(Round).where(Round.kind == RoundKind.FOLLOW_UP).order_by(Round.number))
    return list(found)


def proposals(session: Session, round_: Round) -> dict[uuid.UUID, Proposal]:
    return {one.need_id: one for one in session.scalars(sa.select(Proposal).where(Proposal.round_id == round_.id))}


def decided(session: Session, round_: Round, need: Need) -> Proposal:
    found = proposals(session, round_)[need.id]
    deciding.accept(session, found, by=make_account(session), at=AT)
    return found


class Street:
    """A critical need that fits A and B, a normal one that fits B and C, one place each; the round proposes A and B."""

    def __init__(self, session: Session) -> None:
        make_account(session)
        self.term = make_term(session)
        self.a = make_capacity(session, term=self.term, service={"minimum_age": 60})
        self.b = make_capacity(session, term=self.term, service={"languages": "zh en"})
        self.c = make_capacity(session, term=self.term, service={"maximum_age": 59})
        self.old = make_need(session, term=self.term, urgency=Urgency.CRITICAL)
        self.young = make_need(session, term=self.term)
        session.flush()
        ages = {self.old.person_id: 1940, self.young.person_id: 1990}
        from datetime import date

        from models import Person

        for person in session.scalars(sa.select(Person).where(Person.id.in_(ages))):
            person.born_on = date(ages[person.id], 1, 1)
        session.flush()


@pytest.fixture
def street(session_on_both: Session) -> Street:
    return Street(session_on_both)


def test_a_refused_need_gets_a_new_proposal_elsewhere(session_on_both: Session, street: Street) -> None:
    session = session_on_both
    refuse(session, street.old, street.a)
    session.commit()
    assert follow(session) == {"begun": 1, "proposed": 1, "waiting": 0}
    (made,) = follow_ups(session)
    found = proposals(session, made)
    assert made.status is RoundStatus.PROPOSED
    assert made.certificate["exact"] is True
    assert set(found) == {street.old.id, street.young.id}  # the other was open, and is served as well
    assert found[street.old.id].capacity_id == street.b.id
    assert found[street.old.id].explanation["refused"] == {"capacity": str(street.a.id), "how": "rejected"}
    assert found[street.young.id].capacity_id == street.c.id
    assert street.old.status is NeedStatus.PROPOSED
    assert follow(session, 1) == {"begun": 0, "waiting": 0}
    assert session.scalar(sa.select(sa.func.count(Message.id)).where(Message.round_id == made.id)) == 1


def held_by_round(session: Session, street: Street) -> Round:
    """The young one waits for a decision on B in an ordinary round, while the old one was put to A and refused."""
    street.old.status = NeedStatus.CLOSED_UNMET
    street.old.closed_reason = "no_provider"  # type: ignore[assignment]
    street.c.places = 1
    session.flush()
    made = rounds.run_round(session, area=COUNTY, at=AT)
    only = proposals(session, made)[street.young.id]
    if only.capacity_id != street.b.id:
        only.capacity_id = only.proposed_capacity_id = street.b.id
    street.old.status, street.old.closed_reason = NeedStatus.OPEN, None
    session.flush()
    refuse(session, street.old, street.a)
    session.commit()
    return made


def test_who_is_undecided_moves_where_somebody_more_urgent_needs_the_place(
    session_on_both: Session, street: Street
) -> None:
    session = session_on_both
    older = held_by_round(session, street)
    follow(session)
    (made,) = follow_ups(session)
    found = proposals(session, made)
    assert {found[street.old.id].capacity_id, found[street.young.id].capacity_id} == {street.b.id, street.c.id}
    assert found[street.young.id].explanation["before"] == str(street.b.id)
    assert proposals(session, older)[street.young.id].decision is Decision.MOVED
    assert older.status is RoundStatus.DISCARDED  # nothing is left to decide on in it
    assert [street.old.status, street.young.status] == [NeedStatus.PROPOSED] * 2
    assert made.certificate["moves"][0][0] == str(street.old.id)


def test_what_is_decided_stays(session_on_both: Session, street: Street) -> None:
    session = session_on_both
    older = held_by_round(session, street)
    decided(session, older, street.young)
    session.commit()
    follow(session)
    (made,) = follow_ups(session)
    found = proposals(session, made)
    assert set(found) == {street.old.id}
    assert found[street.old.id].capacity_id is None  # B is promised, C takes nobody of that age
    assert found[street.old.id].explanation["code"] in {"no_pair", "priced_out"}
    assert proposals(session, older)[street.young.id].decision is Decision.ACCEPTED
    assert street.old.status is NeedStatus.OPEN
    assert made.status is RoundStatus.APPLIED


def test_the_older_round_can_be_applied_and_ended_without_touching_what_was_taken_over(
    session_on_both: Session, street: Street
) -> None:
    session = session_on_both
    extra = make_need(session, term=make_term(session, code="X9"))
    make_capacity(session, term=make_term(session, code="X9"))
    older = held_by_round(session, street)
    follow(session)
    assert older.status is RoundStatus.PROPOSED
    decided(session, older, extra)
    agree(session, extra, session.get_one(Capacity, proposals(session, older)[extra.id].capacity_id))
    session.commit()
    assert roundwork.apply(session, older.id, by_id=None, at=LATER) == (1, 0)
    session.expire_all()
    assert older.status is RoundStatus.APPLIED
    assert street.young.status is NeedStatus.PROPOSED
    (made,) = follow_ups(session)
    deciding.accept_all(session, made, by=None, at=LATER)
    for one in proposals(session, made).values():
        agree(session, session.get_one(Need, one.need_id), session.get_one(Capacity, one.capacity_id))
    session.commit()
    assert roundwork.apply(session, made.id, by_id=None, at=LATER) == (2, 0)


def test_a_decision_in_the_middle_ends_the_attempt_and_it_is_made_again(
    session_on_both: Session, street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_on_both
    older = held_by_round(session, street)
    plain, tried = roundwork.redone, []

    def decide_meanwhile(*args: Any, **kwargs: Any) -> Any:
        found = plain(*args, **kwargs)
        if not tried:
            with Session(session.get_bind()) as other:
                decided(other, other.get_one(Round, older.id), street.young)
                other.commit()
        tried.append(found)
        return found

    monkeypatch.setattr(roundwork, "redone", decide_meanwhile)
    follow(session)
    assert len(tried) == 2
    (made,) = follow_ups(session)
    assert set(proposals(session, made)) == {street.old.id}
    assert proposals(session, older)[street.young.id].decision is Decision.ACCEPTED
    everything = session.scalars(sa.select(Proposal).where(Proposal.need_id == street.young.id)).all()
    assert len(everything) == 1


def test_two_refusals_are_followed_by_one_round(session_on_both: Session) -> None:
    session = session_on_both
    make_account(session)
    term = make_term(session)
    first, second = make_capacity(session, term=term, places=2), make_capacity(session, term=term, places=2)
    needs = [make_need(session, term=term) for _ in range(2)]
    for need in needs:
        refuse(session, need, first)
    session.commit()
    follow(session)
    (made,) = follow_ups(session)
    assert {key: one.capacity_id for key, one in proposals(session, made).items()} == dict.fromkeys(
        (need.id for need in needs), second.id
    )


def test_a_follow_up_never_proposes_more_of_a_fund_than_is_left(session_on_both: Session) -> None:
    """Who is refused help that draws on a fund gets another place only while the fund has money for everybody."""
    session = session_on_both
    make_account(session)
    term, other = make_term(session), make_term(session, "A03")
    fund = make_fund(session, amount=1000)
    refusing = make_capacity(session, term=term, places=3)
    left = make_capacity(session, term=term, places=3, fund_id=fund.id)
    make_capacity(session, term=other, places=1, fund_id=fund.id)
    proposed = make_need(session, term=other, estimated_value=Decimal(500))
    session.flush()
    made = rounds.run_round(session, area=COUNTY, at=AT)
    assert proposals(session, made)[proposed.id].amount == 500
    needs = [make_need(session, term=term, estimated_value=Decimal(300)) for _ in range(2)]
    refuse(session, needs[0], refusing)
    needs[1].status = NeedStatus.CLOSED_UNMET
    needs[1].closed_reason = "no_provider"  # type: ignore[assignment]
    session.commit()
    follow(session)
    (first,) = follow_ups(session)
    assert proposals(session, first)[needs[0].id].capacity_id == left.id  # 500 and 300 of 1,000

    needs[1].status, needs[1].closed_reason = NeedStatus.OPEN, None
    session.flush()
    refuse(session, needs[1], refusing)
    session.commit()
    follow(session, 10)
    second = follow_ups(session)[-1]
    told = proposals(session, second)[needs[1].id]
    assert second.id != first.id
    assert (told.capacity_id, told.explanation["code"]) == (None, "whole_round")
    assert proposals(session, first)[needs[0].id].decision is Decision.UNDECIDED


def test_an_expired_referral_is_followed_and_a_cancelled_one_is_not(session_on_both: Session) -> None:
    session = session_on_both
    make_account(session)
    term = make_term(session)
    asked, other = make_capacity(session, term=term, places=2), make_capacity(session, term=term)
    late, taken_back = make_need(session, term=term), make_need(session, term=term)
    referral = refer(session, late, asked, at=AT)
    referrals.expire(session, referral, at=AT + timedelta(minutes=5))
    by = make_account(session)
    withdrawn = refer(session, taken_back, asked, by=by, at=AT)
    referrals.cancel(session, withdrawn, by=by, at=AT + timedelta(minutes=5), reason=DeclineReason.NOT_REACHABLE)
    session.commit()
    assert refusals.to_follow(session, LATER) == {COUNTY: [late.id]}
    follow(session)
    (made,) = follow_ups(session)
    assert proposals(session, made)[late.id].capacity_id == other.id


def test_while_a_round_is_at_work_a_follow_up_waits_its_turn(session_on_both: Session, street: Street) -> None:
    session = session_on_both
    refuse(session, street.old, street.a)
    at_work = rounds.start_round(session, area=COUNTY, at=AT)
    assert rounds.begin(session, at_work, at=LATER)
    session.commit()
    assert follow(session) == {"begun": 0, "waiting": 1}
    assert follow_ups(session) == []
    rounds.give_up(session, at_work.id, failure="stopped", at=LATER)
    session.commit()
    assert follow(session, 1)["proposed"] == 1


def test_a_follow_up_that_fails_leaves_nothing_and_rests(
    session_on_both: Session, street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_on_both
    older = held_by_round(session, street)
    monkeypatch.setattr(roundwork.following, "_move_need", lambda *_args: 1 / 0)
    assert follow(session)["broken"] == 1
    monkeypatch.undo()
    assert follow_ups(session)[0].status is RoundStatus.FAILED
    assert proposals(session, follow_ups(session)[0]) == {}
    assert proposals(session, older)[street.young.id].decision is Decision.UNDECIDED
    assert [street.old.status, street.young.status] == [NeedStatus.OPEN, NeedStatus.PROPOSED]
    assert follow(session, 1) == {"begun": 0, "waiting": 0}
    assert follow(session, 61)["proposed"] == 1


def test_where_no_coordinator_decides_nothing_is_proposed(session_on_both: Session) -> None:
    session = session_on_both
    term = make_term(session)
    capacity = make_capacity(session, term=term)
    referral = refer(session, make_need(session, term=term), capacity, at=AT)
    referrals.expire(session, referral, at=AT + timedelta(minutes=5))
    session.commit()
    assert refusals.to_follow(session, LATER) == {}


def test_a_proposal_taken_over_can_no_longer_be_accepted(session_on_both: Session, street: Street) -> None:
    session = session_on_both
    make_need(session, term=make_term(session, code="X9"))
    make_capacity(session, term=make_term(session, code="X9"))
    older = held_by_round(session, street)
    follow(session)
    taken = proposals(session, older)[street.young.id]
    with pytest.raises(deciding.RoundNotOpen):
        deciding.accept(session, taken, by=make_account(session), at=LATER)
    assert applying.to_apply(session, older.id) == []
