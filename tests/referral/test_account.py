"""Signing in, one's own account, messages."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models import MessageKind, Role
from referral.extensions import db
from referral.messages import tell
from referral.transactions import WriteWhileReading, reading
from tests.factories import AT, PASSWORD, make_account, make_area
from tests.pages import check_page
from tests.queries import sign_in

ADMINISTRATOR = {"role": Role.ADMINISTRATOR, "login": "admin", "area_code": None}


@pytest.fixture
def login(app: Flask) -> str:
    with app.app_context():
        make_account(db.session, Role.ADMINISTRATOR, login="admin")
        db.session.commit()
    return "admin"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_sign_in_page_says_where_one_is(client: FlaskClient, language: str) -> None:
    client.set_cookie("language", language)
    check_page(client.get("/sign-in"), language)


def test_a_visitor_is_led_to_sign_in_and_back(client: FlaskClient, login: str) -> None:
    first = client.get("/messages?page=2")
    assert first.status_code == 302
    assert "/sign-in?next=" in first.location
    answer = client.post(first.location, data={"login": login, "password": PASSWORD})
    assert answer.location == "/messages?page=2"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_never_leads_to_another_site(client: FlaskClient, login: str, target: str) -> None:
    answer = client.post("/sign-in", query_string={"next": target}, data={"login": login, "password": PASSWORD})
    assert answer.status_code == 302
    assert "evil" not in answer.location
    assert "javascript" not in answer.location


@pytest.mark.parametrize(("name", "password"), [("admin", "wrong"), ("nobody", PASSWORD), ("", "")])
def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(
    client: FlaskClient, login: str, name: str, password: str
) -> None:
    answer = client.post("/sign-in", data={"login": name, "password": password})
    assert answer.status_code == 422
    assert f'value="{name}"' in answer.get_data(as_text=True)
    assert client.get("/messages").status_code == 302


def test_a_closed_account_is_out_at_the_next_click(app: Flask, client: FlaskClient, login: str) -> None:
    sign_in(client, login)
    assert client.get("/messages").status_code == 200
    with app.app_context():
        from models import Account

        db.session.query(Account).filter_by(login=login).one().active = False
        db.session.commit()
    assert client.get("/messages").status_code == 302


def test_a_new_password_ends_every_other_session(app: Flask, client: FlaskClient, login: str) -> None:
    other = app.test_client()
    sign_in(client, login)
    sign_in(other, login)
    answer = client.post("/account", data={"password": PASSWORD, "new_password": "a longer sentence"})
    assert answer.status_code == 302
    assert client.get("/account").status_code == 200
    assert other.get("/account").status_code == 302
    assert client.post("/account", data={"password": "wrong", "new_password": "another sentence"}).status_code == 422


@pytest.mark.parametrize("language", ["zh", "en"])
def test_messages_speak_the_readers_language_and_are_written_once(
    app: Flask, client: FlaskClient, language: str
) -> None:
    with app.app_context():
        area = make_area(db.session)
        account = make_account(db.session, Role.COORDINATOR, login="coordinator")
        for _ in range(2):
            facts = {"number": "N2026-00001"}
            tell(db.session, MessageKind.NEED_OVERDUE, once="N2026-00001", at=AT, area_code=area.code, facts=facts)
        db.session.commit()
        assert account.area_code is not None
    sign_in(client, "coordinator")
    client.set_cookie("language", language)
    page = client.get("/messages")
    check_page(page, language)
    assert page.get_data(as_text=True).count("N2026-00001") == 1
    client.post("/messages/read")
    assert "<strong>" not in client.get("/messages").get_data(as_text=True)


def test_what_one_may_not_see_looks_like_what_does_not_exist(client: FlaskClient, login: str) -> None:
    sign_in(client, login)
    assert client.get("/no-such-page").status_code == 404


def test_a_reading_request_cannot_write(session: Session) -> None:
    with reading():
        make_area_fails(session)


def make_area_fails(session: Session) -> None:
    with pytest.raises(WriteWhileReading):
        make_area(session)
