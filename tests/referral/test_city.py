"""Signing in at the city's own door, against a real provider of OpenID Connect in a process of its own."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models import Account, OtherDoor, Role
from referral import config
from tests.factories import make_account
from tests.pages import check_page
from tests.queries import sign_in
from tests.visits import outside

MakeApp = Callable[..., Flask]
OURS = "https://help.example"
BACK = f"{OURS}/sign-in/city/return"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The address of a running provider."""
    command = [sys.executable, "-m", "tests.provider", "yuanqiao", "a secret", BACK]
    provider = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert provider.stdout
    try:
        yield provider.stdout.readline().strip()
    finally:
        provider.terminate()
        provider.wait(10)
        provider.stdout.close()


@pytest.fixture
def behave(issuer: str) -> Iterator[Callable[..., None]]:
    """Make the provider say other things until the test ends."""

    def tell(**how: Any) -> None:
        requests.post(f"{issuer}/behave", json=how, timeout=5).raise_for_status()

    yield tell
    tell()


@pytest.fixture
def app(make_app: MakeApp, sqlite_url: str, issuer: str) -> Flask:
    return make_app(
        sqlite_url, BASE_ADDRESS=OURS, OIDC_ISSUER=issuer, OIDC_CLIENT_ID="yuanqiao", OIDC_CLIENT_SECRET="a secret"
    )


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with outside(app) as session:
        yield session


@pytest.fixture
def worker(session: Session) -> Account:
    made = make_account(session, Role.STATION_WORKER, login="worker", email="worker@Example.org")
    session.commit()
    return made


def there_and_back(client: FlaskClient, **changed: str) -> Any:
    """Go to the provider and come back, as a browser does."""
    away = client.get("/sign-in/city")
    assert away.status_code == 302, away.get_data(as_text=True)
    answer = requests.get(away.location, allow_redirects=False, timeout=5)
    assert answer.status_code == 302, answer.text
    asked = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
    return client.get("/sign-in/city/return", query_string=asked | changed)


def inside(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def test_a_verified_address_opens_the_door_once_and_then_the_identity_does(
    app: Flask, session: Session, worker: Account, issuer: str, behave: Callable[..., None]
) -> None:
    client = app.test_client()
    back = there_and_back(client)
    assert back.status_code == 200
    check_page(back, "zh")
    assert not inside(client)
    assert client.post("/sign-in/city/enter").status_code == 302
    assert inside(client)
    door = session.scalars(sa.select(OtherDoor)).one()
    assert (door.account_id, door.issuer, door.subject) == (worker.id, issuer, "citizen-7")
    session.commit()
    behave(claims={"email": "moved@example.org"})
    again = app.test_client()
    assert there_and_back(again).status_code == 200
    again.post("/sign-in/city/enter")
    assert inside(again)


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": "somebody@else.example"},
        {"email": ""},
        {"email": "%"},
    ],
)
def test_an_unknown_or_unverified_address_opens_nothing(
    app: Flask, worker: Account, behave: Callable[..., None], claims: dict[str, Any]
) -> None:
    behave(claims=claims)
    client = app.test_client()
    refused = there_and_back(client)
    assert refused.status_code == 403
    check_page(refused, "zh")
    client.post("/sign-in/city/enter")
    assert not inside(client)


def test_an_address_that_belongs_to_another_identity_opens_nothing(
    app: Flask, session: Session, worker: Account, behave: Callable[..., None]
) -> None:
    client = app.test_client()
    there_and_back(client)
    client.post("/sign-in/city/enter")
    behave(claims={"sub": "citizen-8"})
    assert there_and_back(app.test_client()).status_code == 403


@pytest.mark.parametrize(
    "how",
    [
        {"key": "unknown"},
        {"algorithm": "none"},
        {"claims": {"nonce": "another"}},
        {"claims": {"aud": "somebody else"}},
        {"claims": {"iss": "https://evil.example"}},
        {"claims": {"exp": int(time.time()) - 3600}},
        {"claims": {"sub": None}},
    ],
    ids=lambda how: re.sub(r"\d{9,}", "…", str(how))[:40],
)
def test_a_token_that_cannot_be_trusted_opens_nothing(
    app: Flask, worker: Account, behave: Callable[..., None], how: dict[str, Any]
) -> None:
    behave(**how)
    client = app.test_client()
    refused = there_and_back(client)
    assert refused.status_code == 403
    check_page(refused, "zh")
    client.post("/sign-in/city/enter")
    assert not inside(client)


def test_somebody_elses_answer_is_worth_nothing(app: Flask, worker: Account) -> None:
    client = app.test_client()
    assert there_and_back(client, state="forged").status_code == 403
    assert client.get("/sign-in/city/return?error=access_denied&state=x").status_code == 403
    assert client.get("/sign-in/city/return?code=x&state=y").status_code == 403
    thief = app.test_client()
    away = client.get("/sign-in/city")
    back = urlsplit(requests.get(away.location, allow_redirects=False, timeout=5).headers["Location"])
    assert thief.get(f"/sign-in/city/return?{back.query}").status_code == 403
    assert client.get(f"/sign-in/city/return?{back.query}").status_code == 200
    assert client.get(f"/sign-in/city/return?{back.query}").status_code == 403


@pytest.mark.parametrize(
    "how",
    [
        {"discovery": {"issuer": "https://evil.example"}},
        {"discovery": {"token_endpoint": "file:///etc/passwd"}},
        {"discovery": {"jwks_uri": "gopher://127.0.0.1/"}},
        {"redirect_discovery": "http://127.0.0.1:1/inside"},
    ],
    ids=lambda how: re.sub(r"\d{9,}", "…", str(how))[:40],
)
def test_a_discovery_that_leads_elsewhere_is_not_followed(
    app: Flask, behave: Callable[..., None], how: dict[str, Any]
) -> None:
    behave(**how)
    refused = app.test_client().get("/sign-in/city")
    assert refused.status_code == 502
    check_page(refused, "zh")


def test_the_way_back_comes_from_the_settings_and_never_from_the_host_header(app: Flask) -> None:
    away = app.test_client().get("/sign-in/city", headers={"Host": "evil.example"})
    assert parse_qs(urlsplit(away.location).query)["redirect_uri"] == [BACK]


def test_who_must_have_a_second_step_needs_it_here_too(app: Flask, session: Session) -> None:
    make_account(session, Role.COORDINATOR, login="chief", email="worker@example.org", demonstration=False)
    session.commit()
    client = app.test_client()
    there_and_back(client)
    client.post("/sign-in/city/enter")
    assert client.get("/messages").location == "/account/second-factor"


def test_an_administrator_links_an_account(app: Flask, session: Session, worker: Account, issuer: str) -> None:
    root = make_account(session, Role.ADMINISTRATOR, login="root")
    session.commit()
    admin = sign_in(app.test_client(), root.login)
    check_page(admin.get(f"/admin/accounts/{worker.id}"), "zh")
    session.execute(sa.update(Account).where(Account.id == worker.id).values(email=None))
    session.commit()
    admin.post(f"/admin/accounts/{worker.id}/city", data={"subject": "citizen-7"})
    assert "citizen-7" in admin.get(f"/admin/accounts/{worker.id}").get_data(as_text=True)
    admin.post(f"/admin/accounts/{root.id}/city", data={"subject": "citizen-7"})
    client = app.test_client()
    assert there_and_back(client).status_code == 200
    client.post("/sign-in/city/enter")
    assert inside(client)
    assert session.scalars(sa.select(OtherDoor.account_id)).all() == [worker.id]
    session.commit()
    admin.post(f"/admin/accounts/{worker.id}/city", data={"subject": ""})
    assert there_and_back(app.test_client()).status_code == 403


def test_without_a_city_there_is_no_such_door(make_app: MakeApp, sqlite_url: str) -> None:
    client = make_app(sqlite_url).test_client()
    assert "/sign-in/city" not in client.get("/sign-in").get_data(as_text=True)
    assert [client.get(f"/sign-in/city{end}").status_code for end in ("", "/return")] == [404, 404]


@pytest.mark.parametrize(
    "wrong",
    [
        {"OIDC_ISSUER": "http://door.example", "OIDC_CLIENT_ID": "a", "OIDC_CLIENT_SECRET": "b"},
        {"OIDC_ISSUER": "https://door.example", "OIDC_CLIENT_ID": "a", "OIDC_CLIENT_SECRET": ""},
        {"OIDC_ISSUER": "https://door.example", "OIDC_CLIENT_ID": "a", "OIDC_CLIENT_SECRET": "b", "BASE_ADDRESS": ""},
        {"MAIL_SERVER": "mail.example", "MAIL_FROM": "a@b.example"},
        {"MAIL_SERVER": "smtp://mail.example", "MAIL_FROM": ""},
    ],
)
def test_settings_that_cannot_work_stop_the_start(make_app: MakeApp, sqlite_url: str, wrong: dict[str, str]) -> None:
    with pytest.raises(config.SettingsWrong):
        make_app(sqlite_url, **{"BASE_ADDRESS": OURS} | wrong)
