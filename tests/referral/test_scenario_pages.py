"""The pages of scenarios and parameters: whole in both languages, in few queries, for whom they are meant."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from matching import Params
from models import (
    Capacity,
    ParametersStatus,
    Role,
    Round,
    RoundParameters,
    Scenario,
    ScenarioStatus,
    Service,
    ServiceAtLocation,
    Urgency,
)
from referral import clock, parameter_words
from referral.extensions import db
from referral.transactions import transaction
from tests.factories import (
    COUNTY,
    OTHER_COUNTY,
    TOWNSHIP,
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

NEW, LIST = "/coordination/what-if/new", "/coordination/what-if"
WEIGHTS, DRAFT = "/coordination/parameters", "/coordination/parameters/new"
VALUES = {name: "" if value is False else str(value) for name, value in Params().as_dict().items()}
BUDGET = {"list": 7, "new": 9, "found": 11, "show": 15, "parameters": 9, "draft": 8, "version": 18}


@pytest.fixture
def county(app: Flask) -> Iterator[Session]:
    """A county with twelve needs for two kinds of help and four places."""
    with app.app_context():
        engine = db.engine
    with Session(engine, expire_on_commit=False) as session:
        with transaction(session):
            at = clock.now()
            terms = [make_term(session, code=f"T{n}", name_zh=f"服务{n}", name_en=f"Service {n}") for n in range(2)]
            for term in terms:
                make_capacity(session, term=term, places=2, at=at, at_location={"radius_km": 30})
            for n in range(12):
                since = at - timedelta(days=9 * n)
                case = make_case(session, person=make_person(session, latitude=32.1 + n / 400), opened_at=since)
                make_need(session, case=case, term=terms[n % 2], urgency=list(Urgency)[n % 4], at=since)
            make_account(session, login="coordinator")
            make_account(session, Role.ADMINISTRATOR, login="administrator")
            make_account(session, login="stranger", area_code=make_area(session, OTHER_COUNTY).code)
        yield session


@pytest.fixture
def coordinator(client: FlaskClient, county: Session) -> FlaskClient:
    return sign_in(client, "coordinator")


def all_of(session: Session, statement: sa.Select[Any]) -> list[Any]:
    """What a statement finds now, in a transaction that ends at once, so that no page waits for it."""
    with transaction(session):
        return list(session.scalars(statement.execution_options(populate_existing=True)))


def in_both(client: FlaskClient, address: str, status: int = 200) -> str:
    """The English text of a page that is checked in both languages."""
    for language in ("zh", "en"):
        answer = client.get(address, headers={"Accept-Language": language})
        assert answer.status_code == status, (address, answer.status_code)
        check_page(answer, language)
    return answer.get_data(as_text=True)


def every_change(session: Session) -> list[str]:
    first, second = all_of(session, sa.select(Capacity).order_by(Capacity.id))
    organization = all_of(session, sa.select(Service.organization_id).join(ServiceAtLocation)
                          .where(ServiceAtLocation.id == second.service_at_location_id))[0]  # fmt: skip
    return [
        f"add_places~{first.id}~3",
        f"add_opening~{first.id}~1",
        f"add_opening~{first.id}~1~{TOWNSHIP}",
        f"radius~{first.service_at_location_id}~5",
        f"close_service~{second.service_at_location_id}",
        f"close_organization~{organization}",
        "parameter~weight_quality~0",
        "parameter~fair_share~1",
    ]


def ask(client: FlaskClient, session: Session, changes: list[str], **more: str) -> Scenario:
    answer = client.post(NEW, data={"c": changes, "area": COUNTY, **more})
    assert answer.status_code == 302, answer.get_data(as_text=True)[:3000]
    key = uuid.UUID(answer.location.rsplit("/", 1)[1])
    found: Scenario = all_of(session, sa.select(Scenario).where(Scenario.id == key))[0]
    return found


def test_a_question_is_put_together_computed_kept_and_thrown_away(coordinator: FlaskClient, county: Session) -> None:
    in_both(coordinator, LIST)
    in_both(coordinator, NEW)
    assert "服务" in in_both(coordinator, f"{NEW}?q=服务")
    changes = every_change(county)
    address = f"{NEW}?" + "&".join(f"c={one}" for one in changes[:-1])
    parameter, value = changes[-1].rsplit("~", 1)
    added = coordinator.get(f"{address}&add={parameter}&value={value}")
    assert added.status_code == 302
    in_both(coordinator, added.location)
    asked = ask(coordinator, county, changes, title="全部")
    assert asked.status is ScenarioStatus.DONE, asked.failure
    assert len(asked.changes) == len(changes)
    page = f"{LIST}/{asked.id}"
    for group in ("gain", "lose", "move"):
        in_both(coordinator, f"{page}?group={group}")
    refused = coordinator.post(f"{page}/keep", data={"title": ""})
    assert refused.status_code == 422
    check_page(refused, "zh")
    assert coordinator.post(f"{page}/keep", data={"title": "五月关闭"}).status_code == 302
    assert "五月关闭" in in_both(coordinator, LIST)
    again = coordinator.post(f"{page}/again")
    assert again.location.rsplit("/", 1)[1] != str(asked.id)
    in_both(coordinator, again.location)
    assert coordinator.post(f"{page}/discard").status_code == 302
    assert "五月关闭" in in_both(coordinator, LIST), "the one asked again has its title and stays"
    in_both(coordinator, page)
    assert coordinator.post(f"{page}/keep", data={"title": "x"}).status_code == 409


def test_who_gains_is_named_with_a_link_to_the_need(coordinator: FlaskClient, county: Session) -> None:
    asked = ask(coordinator, county, every_change(county)[:1])
    assert asked.result["differences"]["gain"]["count"] == 3
    shown = in_both(coordinator, f"{LIST}/{asked.id}?group=gain")
    assert len(set(re.findall(r"/needs/([0-9a-f-]{36})", shown))) == 3
    assert "7 of 12 needs could be served, 3 more than today" in shown


@pytest.mark.parametrize(
    ("added", "words"),
    [
        ("add=nonsense~x", "no change that can be made"),
        ("add=add_places~x&value=3", "choose one of the list"),
        ("add=add_places~KEY&value=0", "from 1 to"),
        ("add=add_places~KEY&value=many", "from 1 to"),
        ("add=radius~KEY&value=nan", "from 0.1 to"),
        ("add=add_opening~KEY&value=3&in=elsewhere", "choose one of the list"),
        ("add=parameter~weight_distance&value=1001", "from 0 to"),
        ("add=parameter~weight_distance&value=900", "do not go together"),
        ("add=parameter~unheard_of&value=9", "choose one of the list"),
    ],
)
def test_what_cannot_be_added_is_said_in_words(coordinator: FlaskClient, added: str, words: str) -> None:
    text = in_both(coordinator, f"{NEW}?{added.replace('KEY', str(uuid.uuid4()))}")
    assert words in text


def test_nothing_is_computed_without_a_change(coordinator: FlaskClient, county: Session) -> None:
    answer = coordinator.post(NEW, data={"area": COUNTY})
    assert answer.status_code == 422
    check_page(answer, "zh")
    assert all_of(county, sa.select(Scenario)) == []


def test_a_scenario_belongs_to_its_area(app: Flask, coordinator: FlaskClient, county: Session) -> None:
    asked = ask(coordinator, county, every_change(county)[:1])
    stranger = sign_in(app.test_client(), "stranger")
    assert stranger.get(f"{LIST}/{asked.id}").status_code == 404
    assert stranger.post(f"{LIST}/{asked.id}/keep", data={"title": "x"}).status_code == 404
    assert asked.number not in stranger.get(LIST).get_data(as_text=True)


def drafted(client: FlaskClient, session: Session, **changed: str) -> RoundParameters:
    answer = client.post(DRAFT, data={**VALUES, "area": COUNTY, "reason": "远处的人等得太久", **changed})
    assert answer.status_code == 302, answer.get_data(as_text=True)[:3000]
    key = uuid.UUID(answer.location.rsplit("/", 1)[1])
    found: RoundParameters = all_of(session, sa.select(RoundParameters).where(RoundParameters.id == key))[0]
    return found


def test_parameters_are_drafted_looked_at_and_put_in_force(coordinator: FlaskClient, county: Session) -> None:
    in_both(coordinator, WEIGHTS)
    in_both(coordinator, DRAFT)
    version = drafted(coordinator, county, weight_distance="200", fair_share="y")
    page = f"{WEIGHTS}/{version.id}"
    shown = in_both(coordinator, page)
    assert "350 points" in shown
    assert "200 points" in shown
    effect = all_of(county, sa.select(Scenario).where(Scenario.parameters_id == version.id))[0]
    assert effect.status is ScenarioStatus.DONE, effect.failure
    in_both(coordinator, f"{page}/edit")
    sent = {**VALUES, "weight_distance": "250", "reason": "一半"}
    assert coordinator.post(f"{page}/edit", data=sent).status_code == 302
    assert coordinator.post(f"{page}/effect").status_code == 302
    assert coordinator.post(f"{page}/keep").status_code == 302
    in_both(coordinator, page)
    assert "250 points" in in_both(coordinator, WEIGHTS)
    coordinator.post("/coordination/rounds/new", data={"area": COUNTY, "seed": "0"})
    made = all_of(county, sa.select(Round))[0]
    assert (made.params["weight_distance"], made.parameters_id) == (250, version.id)
    assert coordinator.post(f"{page}/keep").status_code == 409
    assert coordinator.post(f"{page}/edit", data=sent).status_code == 409


def test_a_draft_that_was_overtaken_must_be_looked_at_again(coordinator: FlaskClient, county: Session) -> None:
    first = drafted(coordinator, county, weight_distance="200")
    second = drafted(coordinator, county, weight_distance="300")
    assert coordinator.post(f"{WEIGHTS}/{first.id}/keep").status_code == 302
    assert coordinator.post(f"{WEIGHTS}/{second.id}/keep").status_code == 409
    assert "was put in force since" in in_both(coordinator, f"{WEIGHTS}/{second.id}")
    assert coordinator.post(f"{WEIGHTS}/{second.id}/effect").status_code == 302
    assert coordinator.post(f"{WEIGHTS}/{second.id}/keep").status_code == 302
    stands = {one.number: one.status for one in all_of(county, sa.select(RoundParameters))}
    assert stands == {first.number: ParametersStatus.REPLACED, second.number: ParametersStatus.IN_FORCE}
    third = drafted(coordinator, county, weight_distance="180")
    assert coordinator.post(f"{WEIGHTS}/{third.id}/discard").status_code == 302
    assert "远处的人等得太久" in in_both(coordinator, f"{WEIGHTS}/{third.id}")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"weight_distance": "1001"}, "from 0 to 1000"),
        ({"weight_quality": "900"}, "All weights together"),
        ({"weight_distance": "100"}, "At most the weight of the distance"),
        ({"far_km": "0"}, "from 0.5"),
        ({"far_km": "weit"}, "enter a number"),
        ({"tiers": "2.5"}, "whole number"),
        ({"fair_by": "nobody knows"}, "of the list"),
        ({"reason": " "}, "fill this in"),
    ],
)
def test_what_cannot_be_is_said_at_the_field(coordinator: FlaskClient, county: Session, wrong: dict[str, str],
                                             words: str) -> None:  # fmt: skip
    answer = coordinator.post(
        DRAFT, data={**VALUES, "area": COUNTY, "reason": "x", **wrong}, headers={"Accept-Language": "en"}
    )
    assert answer.status_code == 422
    check_page(answer, "en")
    text = answer.get_data(as_text=True)
    assert words in text
    assert f'id="{next(iter(wrong))}-error"' in text or "weight" in next(iter(wrong))
    assert all_of(county, sa.select(RoundParameters)) == []


def test_every_parameter_has_words_a_range_and_a_field() -> None:
    assert set(parameter_words.SETTINGS) == {spec.name for spec in fields(Params)}
    for name, value in Params().as_dict().items():
        setting = parameter_words.SETTINGS[name]
        if setting.unit not in {"yes", "group"}:
            assert setting.low <= value <= setting.high, name
            assert setting.whole == isinstance(value, int), name


def test_an_administrator_reads_versions_but_no_effect_and_changes_nothing(
    app: Flask, coordinator: FlaskClient, county: Session
) -> None:
    version = drafted(coordinator, county, weight_distance="200")
    administrator = sign_in(app.test_client(), "administrator")
    in_both(administrator, WEIGHTS)
    shown = in_both(administrator, f"{WEIGHTS}/{version.id}")
    assert "200 points" in shown
    assert "Gain a proposal" not in shown
    assert administrator.get(DRAFT).status_code == 404
    assert administrator.post(f"{WEIGHTS}/{version.id}/keep").status_code == 404
    stranger = sign_in(app.test_client(), "stranger")
    assert stranger.get(f"{WEIGHTS}/{version.id}").status_code == 404


def test_queries_do_not_grow(app: Flask, coordinator: FlaskClient, county: Session) -> None:
    asked = ask(coordinator, county, every_change(county))
    version = drafted(coordinator, county, weight_distance="200")
    pages = {
        "list": LIST,
        "new": NEW,
        "found": f"{NEW}?q=服务&" + "&".join(f"c={one}" for one in every_change(county)),
        "show": f"{LIST}/{asked.id}",
        "parameters": WEIGHTS,
        "draft": DRAFT,
        "version": f"{WEIGHTS}/{version.id}",
    }
    taken = {}
    for name, address in pages.items():
        coordinator.get(address)
        with app.app_context(), counted() as sent:
            assert coordinator.get(address).status_code == 200
        taken[name] = len(sent)
    assert all(taken[name] <= most for name, most in BUDGET.items()), taken
