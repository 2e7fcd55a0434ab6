"""Rights of the person: a clock of working days, everything in the copy, a halt that holds, deletion by two people."""

import io
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from python_calamine import CalamineWorkbook
from sqlalchemy.orm import Session

from models import (
    Account,
    CalendarDay,
    DayKind,
    FeatureKind,
    Message,
    MessageKind,
    Referral,
    RefusalGround,
    RightsAsker,
    RightsKind,
    RightsRequest,
    RightsState,
    Role,
)
from models.errors import ReasonMissing, WrongStep
from models.person import Feature
from models.rights import NEXT_STATES
from referral import clock
from referral.actions import rights as acts
from referral.halts import FileHalted
from referral.queries.gathering import needs as gathering
from tests.factories import (
    AT,
    COUNTY,
    make_account,
    make_capacity,
    make_case,
    make_need,
    make_term,
)
from tests.pages import check_page
from tests.queries import sign_in
from tests.referral.office import TOLD, Office, ask, asked_of, halt, live_referral, office, some_visit


def test_a_request_is_due_at_the_end_of_the_fifteenth_working_day(session: Session) -> None:
    session.add(CalendarDay(day=date(2026, 9, 25), kind=DayKind.HOLIDAY, note="中秋", source="test"))
    session.add(CalendarDay(day=date(2026, 9, 20), kind=DayKind.WORKING, note="调休", source="test"))
    due = ask(session, office(session)).due_at
    assert due == clock.end_of(date(2026, 10, 5))


def test_whoever_asks_for_somebody_is_named(session: Session) -> None:
    o = office(session)
    with pytest.raises(ReasonMissing):
        ask(session, o, asker=RightsAsker.GUARDIAN)
    assert ask(session, o, asker=RightsAsker.GUARDIAN, asker_name="王小明").asker_name == "王小明"


def test_the_same_is_not_asked_twice_at_once_and_may_be_asked_again(session: Session) -> None:
    o = office(session)
    first = ask(session, o)
    with pytest.raises(acts.AlreadyAsked):
        ask(session, o)
    acts.do(session, first, by=o.worker, at=AT)
    assert ask(session, o).state is RightsState.OPEN


def test_a_refusal_needs_its_ground_and_words(session: Session) -> None:
    o = office(session)
    request = ask(session, o)
    with pytest.raises(ReasonMissing):
        acts.refuse(session, request, ground=RefusalGround.NOT_ENTITLED, answer=" ", by=o.worker, at=AT)
    acts.refuse(session, request, ground=RefusalGround.NOT_ENTITLED, answer="没有委托书", by=o.worker, at=AT)
    with pytest.raises(WrongStep):
        acts.do(session, request, by=o.worker, at=AT)


@pytest.mark.parametrize("kind", [RightsKind.EXPLANATION, RightsKind.CORRECTION])
def test_what_was_said_or_put_right_is_written_down(session: Session, kind: RightsKind) -> None:
    o = office(session)
    with pytest.raises(ReasonMissing):
        acts.do(session, ask(session, o, kind), by=o.worker, at=AT)


def test_overdue_requests_are_told_once_to_station_and_coordinators(session: Session) -> None:
    o = office(session)
    request = ask(session, o)
    assert acts.tell_of_overdue_requests(session, request.due_at - timedelta(seconds=1)) == {"told": 0}
    assert acts.tell_of_overdue_requests(session, request.due_at) == {"told": 2}
    assert acts.tell_of_overdue_requests(session, request.due_at) == {"told": 0}
    told = session.scalars(sa.select(Message).where(Message.kind == MessageKind.RIGHTS_OVERDUE)).all()
    assert {m.organization_id or m.area_code for m in told} == {o.worker.organization_id, o.person.area_code}
    assert o.person.name not in str([m.facts for m in told])


# A halt.


def test_a_halted_file_takes_no_change(session: Session) -> None:
    o = office(session)
    halt(session, o)
    o.person.phone = "13900139000"
    with pytest.raises(FileHalted):
        session.flush()
    session.rollback()
    halt(session, o)
    session.add(Feature(person_id=o.person.id, kind=FeatureKind.DISABLED))
    with pytest.raises(FileHalted):
        session.flush()
    session.rollback()


def test_no_need_case_or_referral_begins_in_a_halted_file_and_rounds_leave_it_out(session: Session) -> None:
    o = office(session)
    case = make_case(session, person=o.person)
    need = make_need(session, case=case)
    place = make_capacity(session, term=make_term(session))
    day = AT.date()
    assert len(gathering.read(session, gathering.open_in(COUNTY), day=day)) == 1
    halt(session, o)
    session.commit()
    assert len(gathering.read(session, gathering.open_in(COUNTY), day=day)) == 0
    with pytest.raises(FileHalted):
        make_need(session, case=case)
    session.rollback()
    session.add(live_referral(session, need, place.id))
    with pytest.raises(FileHalted):
        session.flush()
    session.rollback()
    with pytest.raises(FileHalted):
        make_case(session, person=o.person)
    session.rollback()
    assert session.scalar(sa.select(sa.func.count(Referral.id))) == 0


def test_a_supervisor_ends_the_halt_and_a_worker_does_not(session: Session) -> None:
    o = office(session)
    halt(session, o)
    request = ask(session, o, RightsKind.UNFREEZE)
    with pytest.raises(acts.LeaderNeeded):
        acts.do(session, request, by=o.worker, at=AT)
    session.commit()
    acts.do(session, request, by=o.supervisor, at=AT)
    assert o.person.frozen_at is None
    o.person.phone = "13900139000"
    session.flush()


# The states.


class Requests(RuleBasedStateMachine):
    """Any order of doing and refusing leaves a request as its table of steps says, answered once."""

    def __init__(self) -> None:
        super().__init__()
        self.request = RightsRequest(kind=RightsKind.EXPLANATION, state=RightsState.OPEN)
        self.by = Account()
        self.answers = 0

    @rule(
        state=st.sampled_from(RightsState),
        ground=st.sampled_from([None, *RefusalGround]),
        answer=st.sampled_from(["", "因为"]),
    )
    def move(self, state: RightsState, ground: RefusalGround | None, answer: str) -> None:
        before = self.request.state
        allowed = state in NEXT_STATES[before]
        complete = state is not RightsState.REFUSED or (ground is not None and answer != "")
        try:
            self.request.move_to(state, by=self.by, at=AT, answer=answer, ground=ground)
        except (WrongStep, ReasonMissing):
            assert not (allowed and complete)
            assert self.request.state is before
        else:
            assert allowed
            assert complete
            self.answers += 1

    @invariant()
    def answered_at_most_once(self) -> None:
        assert self.answers <= 1
        assert (self.request.state is RightsState.OPEN) == (self.request.handled_at is None)


Requests.TestCase.settings = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
test_states = Requests.TestCase


# The pages.


@pytest.fixture
def o(app: Flask) -> Office:
    """An office whose person has a case, a need and a visit."""
    with asked_of(app) as session:
        made = office(session)
        make_need(session, case=make_case(session, person=made.person, summary="在家摔伤"), description="要人做饭")
        some_visit(session, made)
        session.commit()
        for record in vars(made).values():
            session.refresh(record)
            session.expunge(record)
    return made


def recorded(client: FlaskClient, o: Office, kind: str, **extra: Any) -> str:
    data = {"kind": kind, "asker": "self", "asked_on": clock.today().isoformat(), "note": "请给我看"}
    answer = client.post(f"/people/{o.person.id}/rights/new", data=data, **extra)
    assert answer.status_code == 302, answer.text
    return str(answer.location)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_are_whole_in_both_languages(o: Office, client: FlaskClient, language: str) -> None:
    read = {"headers": {"Accept-Language": language}}
    sign_in(client, o.supervisor.login)
    check_page(client.get(f"/people/{o.person.id}", **read), language)
    check_page(client.get(f"/people/{o.person.id}/rights/new", **read), language)
    for kind in RightsKind:
        address = recorded(client, o, kind.value, **read)
        check_page(client.get(address, **read), language)
        check_page(client.get(f"{address}/refuse", **read), language)
    for address in ("/rights", "/rights?state=refused", "/desk"):
        check_page(client.get(address, **read), language)


def test_the_copy_holds_everything_and_its_making_is_logged(o: Office, client: FlaskClient) -> None:
    sign_in(client, o.worker.login)
    address = recorded(client, o, "copy")
    for language in ("zh", "en"):
        page = client.get(f"{address}/copy", headers={"Accept-Language": language})
        check_page(page, language)
        assert [word for word in TOLD if word not in page.text] == []
    book = CalamineWorkbook.from_object(io.BytesIO(client.get(f"{address}/copy.xlsx").data))
    cells = str([book.get_sheet_by_name(name).to_python() for name in book.sheet_names])
    assert [word for word in TOLD if word not in cells] == []
    with asked_of(client.application) as session:
        assert session.scalar(sa.text("SELECT count(*) FROM log_entry WHERE code = 'copy_made'")) == 3


def test_only_a_request_for_a_copy_gives_one(o: Office, client: FlaskClient) -> None:
    sign_in(client, o.worker.login)
    address = recorded(client, o, "explanation")
    assert client.get(f"{address}/copy").status_code == 404


def test_a_request_of_another_station_is_not_there(o: Office, client: FlaskClient) -> None:
    sign_in(client, o.worker.login)
    address = recorded(client, o, "copy")
    with asked_of(client.application) as session:
        other = make_account(session, Role.STATION_WORKER)
        login = other.login
        session.commit()
    stranger = sign_in(client.application.test_client(), login)
    assert [stranger.get(address + tail).status_code for tail in ("", "/copy", "/copy.xlsx", "/refuse")] == [404] * 4


def test_a_halted_file_is_read_by_supervisors_and_coordinators_only(o: Office, client: FlaskClient) -> None:
    worker, supervisor = (sign_in(client.application.test_client(), a.login) for a in (o.worker, o.supervisor))
    address = recorded(worker, o, "freeze")
    assert worker.get(f"/people/{o.person.id}").status_code == 200
    assert worker.post(f"{address}/do", data={}).status_code == 302
    assert worker.get(f"/people/{o.person.id}").status_code == 404
    assert supervisor.get(f"/people/{o.person.id}").status_code == 200
    for page in ("/desk", "/cases", "/rights", "/visits", address):
        shown = worker.get(page)
        check_page(shown, "zh")
        assert o.person.name not in shown.text


def test_a_halt_is_asked_for_done_and_shown(o: Office, client: FlaskClient) -> None:
    sign_in(client, o.supervisor.login)
    address = recorded(client, o, "freeze")
    assert client.post(f"{address}/do", data={}).status_code == 302
    check_page(client.get(f"/people/{o.person.id}"), "zh")
    assert "停止使用" in client.get(f"/people/{o.person.id}").text
    again = {"summary": "再次", "source": "visit", "urgency": "normal"}
    assert client.post(f"/people/{o.person.id}/cases/new", data=again).status_code in (404, 409)
