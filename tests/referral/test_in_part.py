"""A part of a need: what a provider does not take stays open, is found by the next round, and holds nothing."""

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models import (
    Account,
    AnswerKind,
    AnswerWay,
    Capacity,
    CapacityKind,
    DeclineReason,
    Fund,
    Message,
    MessageKind,
    Need,
    NeedStatus,
    Referral,
    ReferralAnswer,
    ReferralQuestion,
    ReferralStatus,
    Role,
)
from referral import clock
from referral.actions import answering, referrals
from referral.actions.resting import NotInPart
from referral.queries.candidates import ranked_candidates
from tests.factories import (
    AT,
    make_account,
    make_capacity,
    make_case,
    make_fund,
    make_need,
    make_person,
    make_station,
    make_term,
    refer,
)
from tests.pages import check_page
from tests.queries import sign_in
from tests.referral.test_providers import Scene, make_scene
from tests.visits import outside


def part(quantity: str) -> answering.Given:
    return answering.Given(AnswerKind.ACCEPTED_IN_PART, Decimal(quantity))


def officer_of(session: Session, referral: Referral) -> Account:
    return make_account(session, Role.PROVIDER_OFFICER, organization_id=referral.organization_id)


def take(session: Session, referral: Referral, quantity: str) -> None:
    answering.answer_in_part(session, referral, part(quantity), by=officer_of(session, referral), at=AT)


def rest_of(session: Session, need: Need) -> Need:
    newest = sa.select(Need).where(Need.rest_of_id == (need.rest_of_id or need.id)).order_by(Need.id.desc()).limit(1)
    return session.scalars(newest).one()


def test_what_is_not_taken_is_open_as_a_need_of_its_own(session_on_both: Session) -> None:
    session = session_on_both
    need = make_need(session, description="每周打扫", estimated_value=Decimal("100.01"))
    number, due = need.number, need.due_at
    referral = refer(session, need, make_capacity(session))
    take(session, referral, "3")
    rest = rest_of(session, need)
    assert (need.quantity, rest.quantity) == (Decimal(3), Decimal(1))
    assert (need.status, rest.status) == (NeedStatus.REFERRED, NeedStatus.OPEN)
    assert (need.estimated_value, rest.estimated_value) == (Decimal("75.01"), Decimal("25.00"))
    assert rest.number != number
    assert (rest.due_at, rest.opened_at) == (due, need.opened_at), "nobody moves back in the queue"
    assert (rest.person_id, rest.case_id, rest.term_id) == (need.person_id, need.case_id, need.term_id)
    assert rest.description == "每周打扫"
    assert referral.status is ReferralStatus.ACCEPTED


def test_another_day_alone_leaves_nothing_over(session_on_both: Session) -> None:
    session = session_on_both
    need = make_need(session)
    referral = refer(session, need, make_capacity(session))
    later = answering.Given(AnswerKind.ACCEPTED_IN_PART, starts_on=clock.local_date(AT))
    answering.answer_in_part(session, referral, later, by=officer_of(session, referral), at=AT)
    assert need.quantity == Decimal(4)
    assert session.scalar(sa.select(sa.func.count(Need.id))) == 1


@pytest.mark.parametrize("quantity", ["0", "-1", "4", "5"])
def test_a_part_is_more_than_nothing_and_less_than_all(session_on_both: Session, quantity: str) -> None:
    session = session_on_both
    referral = refer(session, make_need(session), make_capacity(session))
    with pytest.raises(NotInPart):
        take(session, referral, quantity)
    assert referral.status is ReferralStatus.REQUESTED


def test_the_rest_goes_to_others_and_not_back_to_who_gives_the_part(session_on_both: Session) -> None:
    session = session_on_both
    term = make_term(session)
    first, second = make_capacity(session, places=5), make_capacity(session, places=5)
    need = make_need(session, term=term)
    referral = refer(session, need, first)
    take(session, referral, "3")
    rest = rest_of(session, need)
    found = {one.capacity.id: one for one in ranked_candidates(session, rest, AT)}
    assert found[second.id].fits
    assert not found[first.id].fits
    assert "rejected_before" in str(found[first.id].failed).casefold()
    last = refer(session, rest, second)
    take(session, last, "0.5")
    again = rest_of(session, need)
    assert (again.quantity, again.rest_of_id) == (Decimal("0.5"), need.id), "always of the very first"
    assert not any(one.fits for one in ranked_candidates(session, again, AT)), "neither has more to give"
    referrals.cancel(session, referral, by=None, at=AT, reason=DeclineReason.FULL)
    assert need.status is NeedStatus.OPEN
    assert {one.capacity.id for one in ranked_candidates(session, again, AT) if one.fits} == {first.id}


@pytest.mark.parametrize("seed", range(5))
def test_parts_add_up_to_the_whole_and_hold_what_they_take(session_on_both: Session, seed: int) -> None:
    """Any chain of answers: units, estimated value, hours held and money promised."""
    session, chance = session_on_both, random.Random(seed)  # noqa: S311  a test
    whole = Decimal(chance.randint(5, 400)) / 4
    value = Decimal(chance.randint(100, 100_000)) / 100
    need = make_need(session, quantity=whole, estimated_value=value, frequency=chance.choice(["month", "week", "once"]))
    todo, held, funds = need, 0, []
    for _ in range(chance.randint(1, 4)):
        fund = make_fund(session, amount=1_000_000)
        capacity = make_capacity(session, places=10_000, kind=CapacityKind.HOURS, fund_id=fund.id)
        referral = refer(session, todo, capacity)
        taken = Decimal(chance.randint(1, int(todo.quantity * 4) - 1)) / 4
        answering.answer_in_part(session, referral, part(str(taken)), by=officer_of(session, referral), at=AT)
        session.flush()
        session.refresh(capacity)
        assert capacity.reserved == todo.hours_a_month, "no hour is held for what others give"
        assert session.get_one(Fund, fund.id).promised == todo.yuan
        held += capacity.reserved
        funds.append(fund)
        todo = rest_of(session, need)
        if todo.quantity * 4 < 2:
            break
    parts = session.scalars(sa.select(Need)).all()
    assert sum(one.quantity for one in parts) == whole
    assert sum(one.estimated_value or 0 for one in parts) == value
    session.refresh(funds[0])
    reserved = session.scalar(sa.select(sa.func.sum(Capacity.reserved)))
    assert reserved == held


# The pages


@pytest.fixture
def scene(app: Flask, client: FlaskClient) -> Iterator[Scene]:
    with outside(app) as session:
        yield make_scene(client, session)


def test_a_provider_takes_a_part_on_its_page_and_the_need_shows_the_rest(scene: Scene) -> None:
    for language in ("zh", "en"):
        scene.page(f"{scene.address}/part", language)
    for typed in ({}, {"quantity": "4"}, {"quantity": "0"}, {"starts_on": "2020-01-01"}):
        answer = scene.client.post(f"{scene.address}/part", data=typed)
        assert answer.status_code == 422, typed
        check_page(answer, "zh")
    assert scene.reload().status is ReferralStatus.REQUESTED
    assert scene.client.post(f"{scene.address}/part", data={"quantity": "3", "text": "只能三次"}).status_code == 302
    given = scene.session.scalars(sa.select(ReferralAnswer)).one()
    assert (given.way, given.quantity, given.entered_by_id) == (AnswerWay.ACCOUNT, Decimal(3), scene.officer.id)
    scene.session.commit()
    assert scene.reload().status is ReferralStatus.ACCEPTED
    assert "只能三次" in scene.page(scene.address)
    rest = scene.read(sa.select(Need).where(Need.rest_of_id == scene.need.id))
    told = set(scene.session.scalars(sa.select(Message.kind).where(Message.referral_id == scene.referral.id)))
    scene.session.commit()
    assert MessageKind.REFERRAL_ACCEPTED_IN_PART in told
    other = scene.client.application.test_client()
    sign_in(other, scene.coordinator.login)
    for language in ("zh", "en"):
        for address, stands in (
            (f"/needs/{scene.need.id}", rest.number),
            (f"/needs/{rest.id}", scene.need.number),
            (f"/referrals/{scene.referral.id}", f"/needs/{scene.need.id}"),
        ):
            answer = other.get(address, headers={"Accept-Language": language})
            check_page(answer, language)
            assert stands in answer.get_data(as_text=True), address
    assert scene.client.get(f"/needs/{rest.id}").status_code == 404, "the rest is none of the provider's"


def asked_of_a_station(app: Flask, session: Session) -> tuple[Any, Any, Referral, Any, Any]:
    now = clock.now()
    station = make_station(session)
    person = make_person(session, at=now, station_id=station.id, name="孙不说")
    need = make_need(session, case=make_case(session, person=person, at=now), at=now)
    referral = refer(session, need, make_capacity(session, at=now), at=now)
    officer = make_account(session, Role.PROVIDER_OFFICER, organization_id=referral.organization_id, name="周提问")
    worker = make_account(session, Role.STATION_WORKER, organization_id=station.id, name="吴回答")
    session.commit()
    asking, replying = app.test_client(), app.test_client()
    sign_in(asking, officer.login)
    sign_in(replying, worker.login)
    return asking, replying, referral, officer, worker


def test_a_question_from_the_inbox_is_answered_there_and_both_names_stand_on_the_referral(app: Flask) -> None:
    with outside(app) as session:
        asking, replying, referral, officer, worker = asked_of_a_station(app, session)
        address = f"/inbox/{referral.id}"
        assert asking.post(f"{address}/ask", data={"question": "几楼？有电梯吗？"}).status_code == 302
        asking.post(f"{address}/ask", data={"question": " "})
        question = session.scalars(sa.select(ReferralQuestion)).one()
        session.commit()
        assert (question.way, question.asked_by_id) == (AnswerWay.ACCOUNT, officer.id)
        page = replying.get(f"/referrals/{referral.id}").get_data(as_text=True)
        assert "几楼？有电梯吗？" in page
        assert "周提问" in page
        typed = {"question": str(question.id), "reply": "三楼，没有电梯"}
        assert replying.post(f"/referrals/{referral.id}/reply", data=typed).status_code == 302
        session.expire_all()
        assert question.replied_by_id == worker.id
        session.commit()
        for language in ("zh", "en"):
            answer = asking.get(address, headers={"Accept-Language": language})
            check_page(answer, language)
            shown = answer.get_data(as_text=True)
            assert "三楼，没有电梯" in shown
            assert "周提问" in shown
            assert "孙不说" not in shown
        assert "吴回答" in replying.get(f"/referrals/{referral.id}").get_data(as_text=True)


def test_after_the_answer_and_beyond_five_nothing_more_is_asked(app: Flask) -> None:
    with outside(app) as session:
        asking, _replying, referral, _officer, _worker = asked_of_a_station(app, session)
        address = f"/inbox/{referral.id}"
        for number in range(answering.MOST_WAITING + 2):
            asking.post(f"{address}/ask", data={"question": f"第{number}个问题"})
        count = sa.select(sa.func.count(ReferralQuestion.id))
        assert session.scalar(count) == answering.MOST_WAITING
        session.commit()
        assert asking.post(f"{address}/accept").status_code == 302
        assert asking.post(f"{address}/ask", data={"question": "再问一句"}).status_code == 409
        assert session.scalar(count) == answering.MOST_WAITING
        session.commit()
        assert f'action="{address}/ask"' not in asking.get(address).get_data(as_text=True)
