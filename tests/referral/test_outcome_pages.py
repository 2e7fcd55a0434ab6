"""Pages of outcomes: the person's own page without account, and sheets with an answer that cannot wait."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models import Confirmation, ConfirmationSaid, Instrument, InstrumentVersion, RedFlag, Role, Satisfaction
from referral import clock
from referral.access import as_installation
from referral.actions import referrals
from referral.actions.seeding.reference import load_instruments
from referral.extensions import db
from tests.factories import make_account, make_capacity, make_case, make_need, make_person, make_station, refer
from tests.pages import check_page
from tests.queries import sign_in

MOST_BYTES = 100_000


@contextmanager
def asked_of(app: Flask) -> Iterator[Session]:
    """A session between two requests."""
    with app.app_context():
        as_installation(db.session, because="a test")
        yield db.session()


@pytest.fixture
def keys(app: Flask) -> dict[str, Any]:
    """A referral that goes on, and who may do what."""
    with asked_of(app) as session:
        now = clock.now()
        station = make_station(session)
        person = make_person(session, station_id=station.id, name="殷巧云")
        case = make_case(session, person=person)
        capacity = make_capacity(session, at=now, places=9)
        referral = refer(session, make_need(session, case=case), capacity, at=now)
        worker = make_account(session, Role.STATION_WORKER, organization_id=station.id)
        officer = make_account(session, Role.PROVIDER_OFFICER, organization_id=referral.organization_id)
        administrator = make_account(session, Role.ADMINISTRATOR)
        referrals.accept(session, referral, by=officer, at=now)
        referrals.start(session, referral, by=officer, at=now)
        load_instruments(session, now)
        session.execute(sa.update(Instrument).values(active=True))
        session.commit()
        return {
            "person": person.id, "case": case.id, "referral": referral.id, "number": referral.number,
            "worker": worker.login, "officer": officer.login, "administrator": administrator.login,
        }  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_person_says_how_it_went_without_an_account(app: Flask, keys: dict[str, Any], language: str) -> None:
    read: Any = {"headers": {"Accept-Language": language}}
    at_station = sign_in(app.test_client(), keys["worker"])
    paper = at_station.post(f"/referrals/{keys['referral']}/code", **read)
    check_page(paper, language)
    found = re.search(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}\b", paper.text)
    assert found is not None
    visitor = app.test_client()
    check_page(visitor.get("/my-help", **read), language)
    shown = visitor.post("/my-help", data={"code": found[0].lower().replace("-", " ")}, **read)
    check_page(shown, language)
    assert not any(word in shown.text for word in ("殷巧云", keys["number"], "中心"))
    assert len(shown.data) < MOST_BYTES
    said = {"code": found[0], "said": "not_served", "in_time": "1", "fitting": "2", "respect": "3"}
    check_page(visitor.post("/my-help/word", data=said, **read), language)
    with asked_of(app) as session:
        assert session.scalars(sa.select(Confirmation.said)).one() is ConfirmationSaid.NOT_SERVED
        assert session.scalars(sa.select(Satisfaction)).one().answers == [1, 2, 3]
    check_page(at_station.get(f"/referrals/{keys['referral']}", **read), language)


def test_codes_that_open_nothing_are_answered_in_the_same_words(app: Flask, keys: dict[str, Any]) -> None:
    visitor = app.test_client()
    wrong = ("AAAA-AAAA-AAAAA", "0000-0000-00000", "x", "殷巧云", "0" * 40)
    pages = {
        re.sub(r'value="[^"]*"|nonce-\S+|nonce="[^"]*"', "", visitor.post("/my-help", data={"code": code}).text)
        for code in wrong
    }
    assert len(pages) == 1


def test_an_answer_that_cannot_wait_stands_on_the_persons_page_until_handled(app: Flask, keys: dict[str, Any]) -> None:
    worker = sign_in(app.test_client(), keys["worker"])
    address = f"/cases/{keys['case']}/measures/phq9"
    check_page(worker.get(address), "zh")
    today = clock.today().isoformat()
    beside = {"taken_on": today, "occasion": "baseline", "mode": "asked", "entry_key": "k1"}
    assert worker.post(address, data=beside).status_code == 422  # nothing was answered
    sent = worker.post(address, data=beside | {"item_9": "1"})
    assert sent.status_code == 302
    page = worker.get(f"/people/{keys['person']}")
    check_page(page, "zh")
    assert 'id="urgent"' in page.text
    with asked_of(app) as session:
        flag = session.scalars(sa.select(RedFlag.id)).one()
    check_page(worker.get(f"/flags/{flag}"), "zh")
    assert "12356" in worker.get(f"/flags/{flag}").text
    assert worker.post(f"/flags/{flag}", data={"handling": "family_told"}).status_code == 422
    assert worker.post(f"/flags/{flag}", data={"handling": "family_told", "done": "女儿在"}).status_code == 302
    assert 'id="urgent"' not in worker.get(f"/people/{keys['person']}").text
    check_page(worker.get(f"/cases/{keys['case']}/measures"), "zh")


def test_providers_see_no_sheet_and_administrators_no_case(app: Flask, keys: dict[str, Any]) -> None:
    for login in (keys["officer"], keys["administrator"]):
        client = sign_in(app.test_client(), login)
        assert client.get(f"/cases/{keys['case']}/measures").status_code == 404
    check_page(sign_in(app.test_client(), keys["officer"]).get("/satisfaction"), "zh")


OWN = {
    "code": "own_mood", "name_zh": "今天心情", "name_en": "Mood today", "intro_zh": "怎么样？", "intro_en": "How?",
    "licence_zh": "自有", "licence_en": "Own", "items": "心情 | Mood\n烦恼 | Worries | r",
    "choices": "0 | 差 | bad\n1 | 好 | good", "rule": "sum", "factor": "1", "better": "more", "allowed_missing": "0",
    "bands": "0 | 0 | 差 | bad!\n1 | 2 | 好 | good",
}  # fmt: skip


def test_an_administrator_writes_an_own_instrument_with_versions(app: Flask, keys: dict[str, Any]) -> None:
    client: FlaskClient = sign_in(app.test_client(), keys["administrator"])
    check_page(client.get("/admin/instruments"), "zh")
    assert client.post("/admin/instruments/new", data=OWN | {"choices": "一 | 差 | bad"}).status_code == 422
    made = client.post("/admin/instruments/new", data=OWN)
    assert made.status_code == 302
    check_page(client.get(made.location), "zh")
    assert client.post(made.location, data={"active": "y"}).status_code == 422  # nothing is published yet
    client.post(f"{made.location}/publish")
    assert client.post(made.location, data={"active": "y", "follow_up_days": "30"}).status_code == 302
    check_page(client.get(f"{made.location}/edit"), "zh")
    client.post(f"{made.location}/edit", data=OWN | {"name_en": "Mood now"})
    with asked_of(app) as session:
        versions = session.scalars(
            sa.select(InstrumentVersion)
            .join(Instrument)
            .where(Instrument.code == "own_mood")
            .order_by(InstrumentVersion.number)
        ).all()
        assert [(one.number, one.state.value, one.name_en) for one in versions] == [
            (1, "published", "Mood today"),
            (2, "draft", "Mood now"),
        ]
        assert versions[0].definition["bands"][0]["attention"] is True
