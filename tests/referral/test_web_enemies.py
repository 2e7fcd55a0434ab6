"""What strangers try on a website: foreign hosts and pages, redirects, scripts in notes, calls to the outside."""

import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import click
import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient

from referral.actions.seeding.accounts import PASSWORD
from referral.commands.serve import unsafe
from referral.extensions import db
from referral.transactions import has_faulty_log
from tests import databases
from tests.conftest import MakeApp
from tests.enemies import SCRIPTS, plant
from tests.queries import sign_in

HOST = "help.example.org"


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    url = databases.on_sqlite("demo", tmp_path_factory.mktemp("enemies"))
    with databases.application(url, DEMONSTRATION=True) as app:
        yield app


# Whose name, whose page.


def test_a_host_that_is_not_ours_gets_no_page(make_app: MakeApp, sqlite_url: str) -> None:
    client = make_app(sqlite_url, TRUSTED_HOSTS=[HOST]).test_client()
    assert client.get("/sign-in", headers={"Host": HOST}).status_code == 200
    for host in ("evil.example", f"{HOST}.evil.example", "127.0.0.1", f"{HOST}@evil.example"):
        for address in ("/sign-in", "/nowhere", "/", "/static/css/ui.css"):
            answer = client.get(address, headers={"Host": host})
            assert answer.status_code == 400, (host, address)
            assert "evil" not in answer.text + str(answer.headers)


def test_what_a_proxy_says_counts_only_behind_one(
    make_app: MakeApp, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"X-Forwarded-Host": "evil.example", "X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}

    def seen(app: Flask) -> tuple[str, str | None, str]:
        from flask import request

        found: list[tuple[str, str | None, str]] = []
        app.before_request(lambda: found.append((request.host, request.remote_addr, request.scheme)))
        app.test_client().get("/sign-in", headers=said)
        return found[0]

    assert seen(make_app(sqlite_url)) == ("localhost", "127.0.0.1", "http")
    monkeypatch.setenv("REFERRAL_BEHIND_PROXY", "1")
    assert seen(make_app(sqlite_url)) == ("evil.example", "198.51.100.7", "https")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}, 422),
        ({"Sec-Fetch-Site": "none"}, 422),
        ({"Origin": "http://localhost"}, 422),
        ({}, 422),
    ],
)
def test_changes_from_foreign_pages_are_refused(client: FlaskClient, headers: dict[str, str], status: int) -> None:
    answer = client.post("/sign-in", data={"login": "x", "password": "y"}, headers=headers)
    assert answer.status_code == status
    assert client.get("/sign-in", headers=headers).status_code == 200


def test_the_token_of_forms_holds_beside_it(make_app: MakeApp, sqlite_url: str) -> None:
    client = make_app(sqlite_url, WTF_CSRF_ENABLED=True).test_client()
    ours = {"Sec-Fetch-Site": "same-origin"}
    assert client.post("/sign-in", data={"login": "x", "password": "y"}, headers=ours).status_code == 400


# Where one is led.


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example", "https://evil.example", "http:evil.example", "/\\evil.example", "\\\\evil.example",
        "/\t/evil.example", "/\n/evil.example", "\t//evil.example", " //evil.example", "javascript:alert(1)",
        "/%09/evil.example", "//evil.example@localhost", "https:///evil.example", "///evil.example",
    ],
)  # fmt: skip
def test_signing_in_leads_nowhere_else(demonstration: Flask, address: str) -> None:
    answer = demonstration.test_client().post(
        "/sign-in", query_string={"next": address}, data={"login": "station", "password": PASSWORD}
    )
    assert answer.status_code == 302
    # Browsers drop tabs and line breaks and take \ for /.
    location = re.sub(r"[\t\r\n]", "", answer.headers["Location"]).replace("\\", "/").strip()
    target = urlsplit(urljoin("http://localhost/sign-in", location))
    assert (target.scheme, target.netloc) == ("http", "localhost")


def test_signing_in_leads_on_to_a_page_of_ours(demonstration: Flask) -> None:
    answer = demonstration.test_client().post(
        "/sign-in", query_string={"next": "/visits?q=1"}, data={"login": "station", "password": PASSWORD}
    )
    assert answer.headers["Location"] == "/visits?q=1"


# What people typed.


def pages(app: Flask, login: str, most: int = 60) -> Iterator[tuple[str, str]]:
    """Address and text of one page of each kind that an account reaches by links."""
    client = sign_in(app.test_client(), login, PASSWORD)
    rules = app.url_map.bind("localhost")
    waiting, known = deque(["/", "/messages"]), {"account.home"}
    while waiting and most:
        address = waiting.popleft()
        answer = client.get(address, follow_redirects=True)
        if answer.mimetype != "text/html":
            continue
        most -= 1
        yield address, answer.text
        for one in html5lib.parse(answer.text, namespaceHTMLElements=False).iter("a"):
            link = (one.get("href") or "").split("#")[0]
            if link.startswith("/") and not link.startswith("/static"):
                endpoint = str(rules.match(link.partition("?")[0], method="GET")[0])
                if endpoint not in known:
                    known.add(endpoint)
                    waiting.append(link)


LIVE = re.compile(r"<script>CNRY|<img src=x|<svg onload=CNRY|\b49CNRY")


@pytest.mark.slow
@pytest.mark.parametrize("turn", range(len(SCRIPTS)))
def test_no_page_runs_what_somebody_typed(tmp_path: Path, turn: int) -> None:
    with databases.application(databases.on_sqlite("demo", tmp_path), DEMONSTRATION=True) as app:
        with app.app_context():
            planted = plant(db.engine, SCRIPTS, turn)
        assert len(planted.texts) > 40
        looked, shown = 0, set[str]()
        for login in ("station", "supervisor", "charity", "coordinator", "evaluator", "administrator", "village"):
            for address, text in pages(app, login):
                looked += 1
                assert not LIVE.search(text), (login, address, LIVE.search(text))
                shown |= set(re.findall(r"CNRY\d{3}", text))
    print(f"\n{looked} pages, {len(shown)} of {len(planted.texts)} columns seen on them")  # noqa: T201
    assert looked >= 60
    assert len(shown) >= 15


def test_a_live_script_would_be_found() -> None:
    """The mutant: the same patterns written into a page as they are."""
    for pattern in SCRIPTS:
        page = pattern.format("CNRY001").replace("{{7*7}}", "49")
        assert LIVE.search(page), pattern


# What the server itself is made to do.


def test_a_form_larger_than_the_limit_is_refused_in_words(demonstration: Flask) -> None:
    client = sign_in(demonstration.test_client(), "coordinator", PASSWORD)
    part = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    # As bytes: of a larger form the test client makes a temporary file that it never closes.
    body = part + b"x" * 21_000_000 + b"\r\n--edge--\r\n"
    answer = client.post("/imports", data=body, content_type="multipart/form-data; boundary=edge")
    assert answer.status_code == 413
    assert answer.mimetype == "text/html"


# What it stands on.


@pytest.mark.parametrize(
    ("version", "faulty"),
    [((3, 40, 1), True), ((3, 51, 2), True), ((3, 50, 6), True), ((3, 44, 5), True), ((3, 44, 6), False),
     ((3, 50, 7), False), ((3, 51, 3), False), ((3, 53, 4), False), ((3, 45, 0), True)],
)  # fmt: skip
def test_the_versions_of_sqlite_with_the_fault_are_known(version: tuple[int, ...], faulty: bool) -> None:
    assert has_faulty_log(version) == faulty


@pytest.mark.postgres
def test_a_server_that_may_lose_writes_is_refused(make_app: MakeApp, postgres_url: str) -> None:
    """The server of the tests runs without fsync: just what must not happen where people are real."""
    app = make_app(postgres_url, TRUSTED_HOSTS=[HOST], DEMONSTRATION=False)
    with app.test_request_context(headers={"Host": HOST}), pytest.raises(click.ClickException, match="fsync"):
        unsafe(app)
    tried = make_app(postgres_url, DEMONSTRATION=True)
    with tried.test_request_context():
        assert any("fsync" in text for text in unsafe(tried))


def test_real_people_need_a_site_that_knows_its_name(make_app: MakeApp, sqlite_url: str) -> None:
    app = make_app(sqlite_url, TRUSTED_HOSTS=None, DEMONSTRATION=False)
    with app.test_request_context(), pytest.raises(click.ClickException, match="REFERRAL_HOSTS"):
        unsafe(app)
    named = make_app(sqlite_url, TRUSTED_HOSTS=[HOST], DEMONSTRATION=False)
    with named.test_request_context(headers={"Host": HOST}):
        assert all("REFERRAL_HOSTS" not in text for text in unsafe(named))
