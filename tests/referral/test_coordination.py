"""The coordinator's pages: what each shows, in both languages, and how many queries it takes."""

import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy.orm import Session

from models import (
    Capacity,
    Decision,
    Need,
    NeedStatus,
    Proposal,
    Referral,
    ReferralStatus,
    Role,
    Round,
    RoundStatus,
    Urgency,
)
from referral import clock
from referral.actions import rounds
from referral.extensions import db
from referral.transactions import transaction
from tests.factories import (
    COUNTY,
    OTHER_COUNTY,
    make_account,
    make_area,
    make_capacity,
    make_case,
    make_need,
    make_person,
    make_term,
)
from tests.pages import check_page
from tests.queries import counted, sign_in

BUDGET = {
    "/coordination": 14,
    "/coordination/needs": 10,
    "/coordination/rounds": 6,
    "/coordination/rounds/new": 6,
    "/coordination/openings": 9,
}
"""Queries that each page may take, those for the account and its messages included."""


@pytest.fixture
def county(app: Flask) -> Iterator[Session]:
    """A county with twelve needs for two kinds of help, four places, and one need that nobody can meet."""
    with app.app_context():  # left again, so that a request gets a context, and a language, of its own
        engine = db.engine
    with Session(engine, expire_on_commit=False) as session:
        with transaction(session):
            at = clock.now()
            terms = [make_term(session, code=f"T{n}", name_zh=f"服务{n}", name_en=f"Service {n}") for n in range(2)]
            for term in terms:
                make_capacity(session, term=term, places=2, at=at)
            for n in range(12):
                since = at - timedelta(days=9 * n)
                case = make_case(session, person=make_person(session, latitude=32.1 + n / 400), opened_at=since)
                make_need(session, case=case, term=terms[n % 2], urgency=list(Urgency)[n % 4], at=since)
            make_need(session, term=make_term(session, code="T9", name_zh="稀缺", name_en="Rare"), at=at)
            make_account(session, login="coordinator")
            make_account(session, login="stranger", area_code=make_area(session, OTHER_COUNTY).code)
        yield session


@pytest.fixture
def coordinator(client: FlaskClient, county: Session) -> FlaskClient:
    return sign_in(client, "coordinator")


def made_round(session: Session) -> Round:
    with transaction(session):
        return rounds.run_round(session, area=COUNTY, at=clock.now())


def all_of(session: Session, statement: sa.Select[Any]) -> list[Any]:
    """What a statement finds now, in a transaction that ends at once, so that no page waits for it."""
    with transaction(session):
        return list(session.scalars(statement.execution_options(populate_existing=True)))


def first_proposal(session: Session, round_: Round, *, placed: bool = True) -> Any:
    where = Proposal.capacity_id.is_not(None) if placed else Proposal.capacity_id.is_(None)
    return all_of(session, sa.select(Proposal).where(Proposal.round_id == round_.id, where).limit(1))[0]


def fresh(session: Session, record: type[Any], key: uuid.UUID) -> Any:
    return all_of(session, sa.select(record).where(record.id == key))[0]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("address", BUDGET)
def test_each_page_is_whole_in_both_languages(coordinator: FlaskClient, county: Session, address: str,
                                              language: str) -> None:  # fmt: skip
    for _ in range(2):
        check_page(coordinator.get(address, headers={"Accept-Language": language}), language)
        made_round(county)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("view", ["need", "provider", "unmet"])
def test_a_round_is_whole_in_both_languages(coordinator: FlaskClient, county: Session, view: str,
                                            language: str) -> None:  # fmt: skip
    made = made_round(county)
    answer = coordinator.get(f"/coordination/rounds/{made.id}?view={view}", headers={"Accept-Language": language})
    check_page(answer, language)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("placed", [True, False])
def test_a_proposal_is_whole_in_both_languages(coordinator: FlaskClient, county: Session, placed: bool,
                                               language: str) -> None:  # fmt: skip
    proposal = first_proposal(county, made_round(county), placed=placed)
    answer = coordinator.get(f"/coordination/proposals/{proposal.id}", headers={"Accept-Language": language})
    check_page(answer, language)


@pytest.mark.parametrize("address", BUDGET)
def test_pages_take_no_more_queries_than_stated(
    app: Flask, coordinator: FlaskClient, county: Session, address: str
) -> None:
    made_round(county)
    with app.app_context(), counted() as sent:
        assert coordinator.get(address).status_code == 200
    assert len(sent) <= BUDGET[address], "\n".join(sent)


def test_a_round_takes_no_more_queries_with_more_proposals(app: Flask, coordinator: FlaskClient,
                                                          county: Session) -> None:  # fmt: skip
    made = made_round(county)
    for view, most in (("need", 15), ("provider", 16), ("unmet", 16)):
        with app.app_context(), counted() as sent:
            assert coordinator.get(f"/coordination/rounds/{made.id}?view={view}").status_code == 200
        assert len(sent) <= most, (view, "\n".join(sent))


def test_a_round_says_how_many_are_served_and_why_not_the_others(coordinator: FlaskClient, county: Session) -> None:
    made = made_round(county)
    text = coordinator.get(f"/coordination/rounds/{made.id}", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert "4 of 13 needs can be served" in text
    assert "9 cannot" in text
    assert "because nobody offers “Rare”" in text


def test_starting_a_round_on_the_page_computes_it(coordinator: FlaskClient, county: Session) -> None:
    answer = coordinator.post("/coordination/rounds/new", data={"area": COUNTY, "seed": "5"})
    assert answer.status_code == 302
    made = all_of(county, sa.select(Round))[0]
    assert (made.status, made.seed, made.served, made.progress) == (RoundStatus.PROPOSED, 5, 4, 100)
    assert answer.location.endswith(f"/coordination/rounds/{made.id}")


def test_a_seed_that_nobody_names_is_fresh_only_where_near_ties_are_drawn(county: Session) -> None:
    with transaction(county):
        plain = [rounds.run_round(county, area=COUNTY, at=clock.now()).seed for _ in range(2)]
        drawn = {
            rounds.run_round(county, area=COUNTY, at=clock.now(), params={"draw_within": 5}).seed for _ in range(3)
        }
        named = rounds.run_round(county, area=COUNTY, at=clock.now(), params={"draw_within": 5}, seed=7).seed
    assert plain == [0, 0]
    assert len(drawn) == 3
    assert named == 7


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_round_says_how_few_providers_come_to_people_with_several_needs(coordinator: FlaskClient, county: Session,
                                                                         language: str) -> None:  # fmt: skip
    with transaction(county):
        at = clock.now()
        terms = [
            make_term(county, code=code, name_zh=f"服务{code}", name_en=f"Service {code}") for code in ("T5", "T6")
        ]
        for term in terms:
            make_capacity(county, term=term, at=at)
        case = make_case(county, person=make_person(county, latitude=32.1))
        for term in terms:
            make_need(county, case=case, term=term, urgency=Urgency.CRITICAL, at=at)
        made = rounds.run_round(county, area=COUNTY, at=at, params={"weight_together": 80, "weight_quality": 0})
    assert list(made.certificate["together"]["people"]) == [1, 1]
    answer = coordinator.get(f"/coordination/rounds/{made.id}", headers={"Accept-Language": language})
    check_page(answer, language)
    assert 'id="together"' in answer.get_data(as_text=True)


def test_a_wrong_seed_is_named_and_kept(coordinator: FlaskClient, county: Session) -> None:
    answer = coordinator.post("/coordination/rounds/new", data={"area": COUNTY, "seed": "-4"})
    assert answer.status_code == 422
    assert 'value="-4"' in answer.get_data(as_text=True)
    check_page(answer, "zh")


def test_a_round_at_work_shows_its_progress_also_without_scripts(coordinator: FlaskClient, county: Session) -> None:
    with transaction(county):
        waiting = rounds.start_round(county, area=COUNTY, at=clock.now())
    answer = coordinator.get(f"/coordination/rounds/{waiting.id}")
    text = answer.get_data(as_text=True)
    check_page(answer, "zh")
    assert 'data-refresh="1"' in text
    assert '<meta http-equiv="refresh"' in text


def test_a_second_round_at_once_gets_a_page_that_says_so(coordinator: FlaskClient, county: Session) -> None:
    with transaction(county):
        rounds.start_round(county, area=COUNTY, at=clock.now())
    answer = coordinator.post("/coordination/rounds/new", data={"area": COUNTY})
    assert answer.status_code == 409
    check_page(answer, "zh")


def test_applying_makes_referrals_that_hold_their_places(coordinator: FlaskClient, county: Session) -> None:
    made = made_round(county)
    coordinator.post(f"/coordination/rounds/{made.id}/accept-all")
    answer = coordinator.post(f"/coordination/rounds/{made.id}/apply")
    assert answer.status_code == 302
    referrals = all_of(county, sa.select(Referral))
    assert len(referrals) == 4
    assert all(one.proposal_id for one in referrals)
    assert all(bool(one.answer_by) == (one.status is not ReferralStatus.DRAFT) for one in referrals)
    assert sum(one.reserved for one in all_of(county, sa.select(Capacity))) == 4
    assert fresh(county, Round, made.id).status is RoundStatus.APPLIED
    check_page(coordinator.get(f"/coordination/rounds/{made.id}"), "zh")


def test_applying_what_is_decided_keeps_the_rest(coordinator: FlaskClient, county: Session) -> None:
    made = made_round(county)
    one = first_proposal(county, made)
    coordinator.post(f"/coordination/proposals/{one.id}/accept")
    coordinator.post(f"/coordination/rounds/{made.id}/apply")
    assert len(all_of(county, sa.select(Referral))) == 1
    assert fresh(county, Round, made.id).status is RoundStatus.PROPOSED


def test_leaving_wants_a_reason_and_opens_the_need_again(coordinator: FlaskClient, county: Session) -> None:
    made = made_round(county)
    one = first_proposal(county, made)
    address = f"/coordination/proposals/{one.id}/leave"
    assert coordinator.post(address, data={"reason": " ", "version": one.version}).status_code == 422
    assert coordinator.post(address, data={"reason": "家属要商量", "version": one.version}).status_code == 302
    coordinator.post(f"/coordination/rounds/{made.id}/accept-all")
    coordinator.post(f"/coordination/rounds/{made.id}/apply")
    assert fresh(county, Need, one.need_id).status is NeedStatus.OPEN
    assert fresh(county, Proposal, one.id).decision is Decision.LEFT


def test_changing_a_proposal_wants_a_reason_and_a_place_that_fits(coordinator: FlaskClient, county: Session) -> None:
    with transaction(county):
        at = clock.now()
        term = make_term(county, code="T0")
        other = make_capacity(county, term=term, places=3, at=at)
        barred = make_capacity(county, term=term, places=3, at=at, service={"maximum_age": 17})
    made = made_round(county)
    placed = sa.select(Proposal).join(Need, Need.id == Proposal.need_id).where(Proposal.round_id == made.id)
    mine = placed.where(Need.term_id == term.id, Proposal.capacity_id.not_in((other.id,)))
    one = all_of(county, mine)[0]
    address = f"/coordination/proposals/{one.id}/change"
    say = {"reason": "女儿在那里工作", "version": one.version}
    answer = coordinator.post(address, data=say | {"capacity": str(barred.id)})
    assert answer.status_code == 422
    assert "女儿在那里工作" in answer.get_data(as_text=True)
    check_page(answer, "zh")
    assert coordinator.post(address, data={"capacity": str(other.id), "version": one.version}).status_code == 422
    assert coordinator.post(address, data=say | {"capacity": "nonsense"}).status_code == 422
    assert coordinator.post(address, data=say | {"capacity": str(other.id)}).status_code == 302
    changed = fresh(county, Proposal, one.id)
    assert (changed.decision, changed.capacity_id) == (Decision.CHANGED, other.id)
    assert changed.proposed_capacity_id != other.id
    coordinator.post(f"/coordination/rounds/{made.id}/apply")
    referral = all_of(county, sa.select(Referral))[0]
    assert (referral.capacity_id, referral.choice_note) == (other.id, "女儿在那里工作")


def test_a_page_that_is_out_of_date_overwrites_nothing(coordinator: FlaskClient, county: Session) -> None:
    one = first_proposal(county, made_round(county))
    coordinator.post(f"/coordination/proposals/{one.id}/accept")
    answer = coordinator.post(f"/coordination/proposals/{one.id}/leave",
                              data={"reason": "家属要商量", "version": one.version})  # fmt: skip
    assert answer.status_code == 409
    assert "家属要商量" in answer.get_data(as_text=True)
    assert fresh(county, Proposal, one.id).decision is Decision.ACCEPTED


def test_ending_a_round_opens_its_needs(coordinator: FlaskClient, county: Session) -> None:
    made = made_round(county)
    assert coordinator.post(f"/coordination/rounds/{made.id}/end").status_code == 302
    assert fresh(county, Round, made.id).status is RoundStatus.DISCARDED
    assert {need.status for need in all_of(county, sa.select(Need))} == {NeedStatus.OPEN}
    assert coordinator.post(f"/coordination/rounds/{made.id}/apply").status_code == 409


@pytest.mark.parametrize("where", ["rounds/{round}", "proposals/{proposal}"])
def test_a_coordinator_of_another_county_sees_nothing_of_a_round(client: FlaskClient, county: Session,
                                                                where: str) -> None:  # fmt: skip
    made = made_round(county)
    address = "/coordination/" + where.format(round=made.id, proposal=first_proposal(county, made).id)
    assert sign_in(client, "stranger").get(address).status_code == 404


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.COORDINATOR])
def test_nobody_else_sees_the_board_or_the_rounds(client: FlaskClient, county: Session, role: Role) -> None:
    with transaction(county):
        make_account(county, role, login="other")
    made = made_round(county)
    sign_in(client, "other")
    for address in (*BUDGET, f"/coordination/rounds/{made.id}", "/coordination/needs.xlsx"):
        assert client.get(address).status_code == 404
    assert client.post(f"/coordination/rounds/{made.id}/apply").status_code == 404


@pytest.mark.parametrize(
    ("narrowed", "count"),
    [("", 13), ("urgency=critical", 3), ("waiting=90", 2), ("kind=material", 0), ("status=met", 0), ("overdue=y", 11)],
)
def test_the_board_shows_what_the_address_asks_for(coordinator: FlaskClient, county: Session, narrowed: str,
                                                   count: int) -> None:  # fmt: skip
    answer = coordinator.get(f"/coordination/needs?{narrowed}")
    check_page(answer, "zh")
    numbers = re.findall(r">(N\d{4}-\d{5})</a>", answer.get_data(as_text=True))
    assert len(set(numbers)) == count


def test_the_export_holds_exactly_what_the_board_shows(coordinator: FlaskClient, county: Session) -> None:
    shown = coordinator.get("/coordination/needs?urgency=critical&sort=-since").get_data(as_text=True)
    answer = coordinator.get("/coordination/needs.xlsx?urgency=critical&sort=-since&purpose=reporting")
    sheets = CalamineWorkbook.from_filelike(BytesIO(answer.data))
    lines = sheets.get_sheet_by_index(0).to_python()
    assert [line[0] for line in lines[1:-2]] == re.findall(r">(N\d{4}-\d{5})</a>", shown)


def test_a_broken_filter_is_left_out(coordinator: FlaskClient) -> None:
    for narrowed in ("township=12", "term=nonsense", "waiting=soon", "sort=nothing", "page=999"):
        assert coordinator.get(f"/coordination/needs?{narrowed}").status_code == 200
