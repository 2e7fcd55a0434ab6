"""The session cookie: set when something changes, so that answers in flight cannot undo one another."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models import Role
from referral.extensions import db
from tests.factories import PASSWORD, make_account

MakeApp = Callable[..., Flask]
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@pytest.fixture
def guarded(make_app: MakeApp, sqlite_url: str) -> Flask:
    """An application whose forms need a token, with one account."""
    app = make_app(sqlite_url, WTF_CSRF_ENABLED=True)
    with app.app_context():
        make_account(db.session, Role.ADMINISTRATOR, login="admin")
        db.session.commit()
    return app


def token(client: FlaskClient, address: str) -> str:
    found = TOKEN.search(client.get(address).get_data(as_text=True))
    assert found, address
    return found[1]


def sign_in(client: FlaskClient) -> None:
    data = {"login": "admin", "password": PASSWORD, "csrf_token": token(client, "/sign-in")}
    assert client.post("/sign-in", data=data).status_code == 302


def test_pages_fetched_side_by_side_have_tokens_good_for_one_another(guarded: Flask) -> None:
    client, beside = guarded.test_client(), guarded.test_client()
    sign_in(client)
    cookie = client.get_cookie("session")
    assert cookie is not None
    beside.set_cookie("session", cookie.value)
    pages = [one.get("/account") for one in (client, beside)]
    assert [page.headers.getlist("Set-Cookie") for page in pages] == [[], []]
    for page in pages:
        found = TOKEN.search(page.get_data(as_text=True))
        assert found
        assert client.post("/messages/read", data={"csrf_token": found[1]}).status_code == 302


def test_a_token_from_before_signing_in_is_worth_nothing_after_it(guarded: Flask) -> None:
    client = guarded.test_client()
    before = token(client, "/sign-in")
    sign_in(client)
    assert client.post("/messages/read", data={"csrf_token": before}).status_code == 400


@pytest.mark.parametrize("signed_in", [False, True])
def test_files_and_pages_that_only_show_set_no_cookie(guarded: Flask, signed_in: bool) -> None:
    client = guarded.test_client()
    if signed_in:
        sign_in(client)
    for address in ("/static/css/ui.css", "/static/js/ui.js", "/", "/admin/jobs"):
        answer = client.get(address)
        assert answer.headers.getlist("Set-Cookie") == [], address
