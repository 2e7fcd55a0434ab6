"""Planning: the register of unmet needs, studies, and their pages in both languages, with few queries."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy.orm import Session

from matching import Params
from models import Account, Need, PlanningStudy, Role, StudyStatus, Urgency
from referral import clock, studywork
from referral.actions import referrals, rounds, studies
from referral.actions.planning.studying import Asked, Study
from referral.extensions import db
from referral.queries import planning
from referral.queries.gathering.whole import gather_whole
from referral.queries.planning import Wanted
from referral.transactions import transaction
from tests.factories import (
    COUNTY,
    OTHER_COUNTY,
    make_account,
    make_area,
    make_capacity,
    make_case,
    make_need,
    make_organization,
    make_person,
    make_program,
    make_term,
    refer,
)
from tests.pages import check_page
from tests.queries import counted, sign_in

NORTH, SOUTH = "321199101001", "321199102001"
BUDGET = {
    "/coordination/planning": 12,
    "/coordination/planning/places": 10,
    "/coordination/planning/network": 9,
}
"""Queries that each page may take, those for the account and its messages included."""


@pytest.fixture
def county(app: Flask) -> Iterator[Session]:
    """Two townships, two kinds of help. Meals: one provider with one place for six who wait, two are helped by it.

    Care: nobody offers it to the three who wait. One need of another county is nobody's business here.
    """
    with app.app_context():
        engine = db.engine
    with Session(engine, expire_on_commit=False) as session:
        with transaction(session):
            _fill(session)
        yield session


def _fill(session: Session) -> None:
    at = clock.now()
    make_area(session, NORTH), make_area(session, SOUTH)
    meals, care = (make_term(session, code=f"T{n}", name_zh=f"服务{n}", name_en=f"Service {n}") for n in range(2))
    kitchen = make_organization(session, name="厨房")
    program = make_program(session, organization_id=kitchen.id, unit_price=10)
    places = make_capacity(
        session, term=meals, organization=kitchen, places=3, at=at, service={"program_id": program.id},
        units_per_place=80,
    )  # fmt: skip
    by = make_account(session, Role.PROVIDER_OFFICER, organization_id=kitchen.id)
    urgencies = [Urgency.CRITICAL, Urgency.HIGH, Urgency.NORMAL, Urgency.NORMAL, Urgency.LOW, Urgency.LOW]
    for n in range(8):
        area = NORTH if n % 2 else SOUTH
        person = make_person(session, area_code=area, at=at)
        since = at - timedelta(days=3 * n)
        case = make_case(session, person=person, opened_at=since, at=since)
        need = make_need(session, case=case, term=meals, urgency=urgencies[n] if n < 6 else Urgency.NORMAL, at=since)
        if n >= 6:
            referrals.accept(session, refer(session, need, places, at=at), by=by, at=at)
    for _ in range(3):
        person = make_person(session, area_code=NORTH, at=at)
        make_need(session, case=make_case(session, person=person, at=at), term=care, urgency=Urgency.HIGH, at=at)
    make_area(session, OTHER_COUNTY)
    other = make_person(session, area_code=make_area(session, "321198101001").code, at=at)
    make_need(session, case=make_case(session, person=other, at=at), term=meals, at=at)
    make_account(session, Role.COORDINATOR, login="coordinator", area_code=COUNTY)
    make_account(session, Role.COORDINATOR, login="elsewhere", area_code=OTHER_COUNTY)
    make_account(session, Role.EVALUATOR, login="evaluator")


def _found(session: Session, **asked: Any) -> dict[str, Any]:
    return Study(gather_whole(session, COUNTY, clock.now()), Params(), Asked(**asked)).run()


def _named(session: Session, result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    terms = {str(make_term(session, code=code).id): code for code in ("T0", "T1")}
    return {f"{terms[cell['term']]} {cell['town'][:9]}": cell for cell in result["cells"]}


def test_a_study_counts_who_waits_who_is_helped_and_what_places_would_do(county: Session) -> None:
    found = _found(county)
    assert (found["waiting"], found["helped"]) == (9, 2)
    assert found["wanted"] == [1, 4, 2, 2]
    assert found["served"] == [1, 0, 0, 0]  # the one place left goes to the critical one
    cells = _named(county, found)
    assert set(cells) == {"T0 321199101", "T0 321199102", "T1 321199101"}
    north, south, care = cells["T0 321199101"], cells["T0 321199102"], cells["T1 321199101"]
    assert (north["curve"], south["curve"], care["curve"]) == ([2, 3, 4], [2, 3, 4], [2, 2, 2])
    assert north["unmet"] == [0, 1, 1, 1]
    assert north["price"] == 2400  # 10 yuan a unit; 80 units in four months are 240 in a year
    assert care["price"] is None
    assert [tier for _, tier in found["bought"]] == [2, 2, 2, 2, 3, 3, 4, 4]
    assert found["existing"][0]["curve"] == [2, 3, 3, 4, 4]


def test_fewer_places_are_a_beginning_of_more_and_a_budget_buys_what_it_can(county: Session) -> None:
    whole, few = _found(county), _found(county, places=3)
    assert few["bought"] == whole["bought"][:3]
    bought = _found(county, budget=5000)
    assert bought["spent"] == 4800
    assert [tier for _, tier in bought["bought"]] == [2, 3]
    assert bought["bounds"] == [0, 1, 2, 2]
    assert len(bought["unpriced"]) == 1
    priced = _found(county, budget=5000, price=1000)
    assert [tier for _, tier in priced["bought"]] == [2, 2, 2]
    assert priced["unpriced"] == []


def test_the_network_tells_carriers_closings_deserts_and_the_cut(county: Session) -> None:
    network = _found(county)["network"]
    assert sorted(line[3:] for line in network["links"]) == [[1, 0], [1, 1]]
    ((_organization, helped, planned, lost),) = network["closings"]
    assert (helped, planned, lost) == (2, 1, [1, 0, 2, 0])
    assert sorted((line[2], line[3], line[4]) for line in network["deserts"]) == [(3, 0, 3), (3, 0, 3), (3, 3, 0)]
    assert [line[3] for line in network["single"]] == [3, 3]
    (cut,) = network["cut"]
    assert (cut["people"], cut["places"], cut["short"]) == (6, 1, 5)


def test_help_that_counts_hours_is_left_out_and_named(county: Session) -> None:
    whole = gather_whole(county, COUNTY, clock.now())
    openings = replace(whole.board.problem.openings, counts_hours=np.ones(1, dtype=np.bool_))
    board = replace(whole.board, problem=replace(whole.board.problem, openings=openings))
    found = Study(replace(whole, board=board), Params(), Asked()).run()
    assert found["skipped"] == [str(make_term(county, code="T0").id)]
    assert {cell["term"] for cell in found["cells"]} == {str(make_term(county, code="T1").id)}
    assert [line[2:] for line in found["network"]["deserts"]] == [[3, 3, 0]]
    assert sum(sum(line[3]) for line in found["network"]["closings"]) == 0
    assert [line[3:] for line in found["network"]["links"]] == [[1, 0], [1, 0]]


def test_no_key_of_a_person_or_a_need_is_kept(county: Session) -> None:
    text = json.dumps(_found(county))
    for key in county.scalars(sa.select(Need.id).union_all(sa.select(Need.person_id))):
        assert str(key) not in text


def test_one_study_at_a_time_and_a_dead_one_stands_in_nobodys_way(county: Session) -> None:
    at = clock.now()
    first = studies.start_study(county, area=COUNTY, asked={"places": 5}, at=at)
    county.commit()
    with pytest.raises(studies.StudyAtWork):
        studies.start_study(county, area=COUNTY, asked={"places": 5}, at=at)
    county.rollback()
    studies.start_study(county, area=COUNTY, asked={"places": 5}, at=at + timedelta(hours=1))
    county.refresh(first)
    assert (first.status, first.failure) == (StudyStatus.FAILED, "stopped")


def test_the_last_studies_of_an_area_are_kept(county: Session) -> None:
    at = clock.now()
    for n in range(8):
        started = studies.start_study(county, area=COUNTY, asked={"places": n + 1}, at=at + timedelta(seconds=n))
        county.commit()
        assert studywork.compute(county, started.id) is StudyStatus.DONE
    kept = [
        study.asked["places"] for study in county.scalars(sa.select(PlanningStudy).order_by(PlanningStudy.created_at))
    ]
    assert kept == [4, 5, 6, 7, 8]


def test_a_study_that_cannot_be_computed_says_so(county: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    started = studies.start_study(county, area=COUNTY, asked={"places": 5}, at=clock.now())
    county.commit()
    monkeypatch.setattr(studywork, "gather_whole", lambda *_: 1 / 0)
    assert studywork.compute(county, started.id) is StudyStatus.FAILED
    county.refresh(started)
    assert started.failure == "ZeroDivisionError"


def test_the_register_holds_the_unmet_and_the_late_of_the_own_area(county: Session) -> None:
    account = county.scalars(sa.select(Account).where(Account.login == "coordinator")).one()
    at = clock.now()
    made = rounds.run_round(county, area=COUNTY, at=at)

    def count(wanted: Wanted, last: Any = made) -> int:
        return len(county.scalars(planning.register(account, last, wanted, at=at)).all())

    late = sa.select(sa.func.count(Need.id)).where(Need.is_waiting(), Need.due_at < at, Need.area_code < "321199999999",
                                                   Need.area_code > COUNTY)  # fmt: skip
    overdue = county.scalar(late)
    assert overdue
    assert count(Wanted(why="unmet")) == 8
    assert count(Wanted(why="overdue")) == count(Wanted(), last=None) == overdue
    assert count(Wanted()) >= 8
    assert count(Wanted(urgency=Urgency.HIGH, why="unmet")) == 4
    assert count(Wanted(township="321199101000", why="unmet")) == 6
    assert count(Wanted(term_id=make_term(county, code="T1").id)) == 3
    cells = planning.by_township(county, account, made, Wanted(why="unmet"), at=at)
    assert sum(cells.values()) == 8
    assert cells["321199101", Urgency.HIGH] == 4


def in_english(client: FlaskClient) -> FlaskClient:
    """The client, with its language chosen."""
    assert client.get("/coordination/planning?lang=en").status_code == 302
    return client


@pytest.fixture
def signed(county: Session, app: Flask) -> FlaskClient:
    """A coordinator of the county, after a round and a study of it."""
    with transaction(county):
        rounds.run_round(county, area=COUNTY, at=clock.now())
    client = sign_in(app.test_client(), "coordinator")
    answer = client.post("/coordination/planning/places", data={"places": "6", "radius_km": "4.5"})
    assert answer.status_code == 302
    return client


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", list(BUDGET))
def test_pages_are_whole_in_both_languages_and_ask_little(
    signed: FlaskClient, app: Flask, path: str, language: str
) -> None:
    signed.get(f"{path}?lang={language}")
    signed.get(path)  # says once, in the language of then, that the study is being computed
    with app.app_context(), counted() as sent:
        answer = signed.get(path)
    assert answer.status_code == 200
    check_page(answer, language)
    assert len(sent) <= BUDGET[path], "\n".join(sent)


def test_before_any_study_the_pages_say_how_to_begin(county: Session, app: Flask) -> None:
    client = in_english(sign_in(app.test_client(), "coordinator"))
    for path in BUDGET:
        check_page(client.get(path), "en")
    assert "Not computed yet" in client.get("/coordination/planning/network").get_data(as_text=True)
    for path in ("places.xlsx", "network.xlsx"):
        assert client.get(f"/coordination/planning/{path}").status_code == 302
    assert client.get("/coordination/planning/chart/curves.svg").status_code == 404


def test_the_places_page_tells_the_purchase_and_a_curve_of_one_cell(signed: FlaskClient, county: Session) -> None:
    study = county.scalars(sa.select(PlanningStudy)).one()
    assert study.status is StudyStatus.DONE
    assert study.asked == {"places": 6, "budget": None, "price": None, "radius_km": 4.5}
    county.commit()
    text = in_english(signed).get("/coordination/planning/places").get_data(as_text=True)
    assert "6 places would serve 6 people more: 4 high, 2 normal." in text
    cell = next(number for number, one in enumerate(study.result["cells"]) if one["curve"])
    alone = signed.get(f"/coordination/planning/places?cell={cell}")
    check_page(alone, "en")
    assert "people more, by places" in alone.get_data(as_text=True)
    for broken in ("99", "-1", "x"):
        assert "Whom each further place would serve" in signed.get(
            f"/coordination/planning/places?cell={broken}"
        ).get_data(as_text=True)


@pytest.mark.parametrize("data", [{}, {"places": "0"}, {"places": "501"}, {"places": "5", "budget": "-3"}])
def test_what_cannot_be_computed_is_said_at_the_field(signed: FlaskClient, data: dict[str, str]) -> None:
    answer = signed.post("/coordination/planning/places", data=data)
    assert answer.status_code == 422


def test_the_sheet_for_the_purchase_withholds_small_figures(signed: FlaskClient) -> None:
    answer = in_english(signed).get("/coordination/planning/places.xlsx")
    book = CalamineWorkbook.from_filelike(BytesIO(answer.data))
    assert book.sheet_names == ["Places to buy", "About this file"]
    head, *rows, total = book.get_sheet_by_index(0).to_python()
    assert head[:4] == ["Township", "Kind of help", "Places to buy", "People newly served"]
    assert [total[2], sum(int(str(row[2]).split(".")[0]) for row in rows)] == [6, 6]
    tiers = [value for row in [*rows, total] for value in row[4:8]]
    assert not [value for value in tiers if value in {1, 2, 3, 4}]
    assert "withheld" in tiers
    about = {str(line[0]): str(line[1]) for line in book.get_sheet_by_index(1).to_python()[1:]}
    assert about["In one sentence"].startswith("6 places would serve")
    assert about["Reach of a new place"] == "4.5 km"


def test_the_tables_behind_the_network_come_one_a_sheet(signed: FlaskClient) -> None:
    answer = in_english(signed).get("/coordination/planning/network.xlsx")
    book = CalamineWorkbook.from_filelike(BytesIO(answer.data))
    assert book.sheet_names[:3] == ["Who carries whom", "If it closed", "Dependence by kind of help"]
    closed = book.get_sheet_by_name("If it closed").to_python()
    assert closed[1] == ["厨房", "withheld", "withheld", "withheld"]
    cut = book.get_sheet_by_name("Where the flow is cut").to_python()
    assert cut[1][1:] == [6, "withheld", 5]


def test_the_register_leaves_with_a_reason_and_without_names(signed: FlaskClient) -> None:
    assert signed.get("/coordination/planning/unmet.xlsx").status_code == 200
    answer = in_english(signed).get("/coordination/planning/unmet.xlsx?purpose=reporting&why=unmet")
    book = CalamineWorkbook.from_filelike(BytesIO(answer.data))
    head, *rows = book.get_sheet_by_index(0).to_python()
    assert head[:3] == ["Number", "Kind of help", "Urgency"]
    assert len([row for row in rows if str(row[0]).startswith("N")]) == 8
    assert "Nobody offers this kind of help." in {row[8] for row in rows}
    assert "姓名" not in head


@pytest.mark.parametrize("name", ["curves", "network", "deserts"])
def test_drawings_can_be_taken_along(signed: FlaskClient, name: str) -> None:
    answer = signed.get(f"/coordination/planning/chart/{name}.svg")
    assert answer.mimetype == "image/svg+xml"
    assert re.match("<svg", answer.get_data(as_text=True))


def test_others_see_nothing_of_it(signed: FlaskClient, app: Flask) -> None:
    elsewhere = sign_in(app.test_client(), "elsewhere")
    assert "Ask anew" not in in_english(elsewhere).get("/coordination/planning/places").get_data(as_text=True)
    assert elsewhere.get("/coordination/planning/chart/curves.svg").status_code == 404
    evaluator = sign_in(app.test_client(), "evaluator")
    for path in BUDGET:
        assert evaluator.get(path).status_code in {403, 404}
