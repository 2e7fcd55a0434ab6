"""Every answer carries the headers that keep foreign code out."""

from flask.testing import FlaskClient

from referral.headers import HEADERS


def test_every_answer_carries_the_headers(client: FlaskClient) -> None:
    for address in ("/sign-in", "/", "/no-such-page", "/static/css/ui.css"):
        answer = client.get(address)
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, (address, name)


def test_pages_are_not_kept_by_the_browser(client: FlaskClient) -> None:
    assert client.get("/sign-in").headers["Cache-Control"] == "no-store"


def test_no_inline_code_is_allowed() -> None:
    assert "unsafe" not in HEADERS["Content-Security-Policy"]
