"""The checks of `lint` find what they look for, and say when they could not look."""

import json
import random
import string
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.checks import advisories, secrets

FLASK, WEAK = ("flask", "3.1.0"), ("requests", "2.0.0")


@contextmanager
def source(reply: Callable[[list[dict[str, Any]]], Any], status: int = 200) -> Iterator[str]:
    """A server that answers like OSV."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(reply(asked)).encode())

        def log_message(self, *_args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def knowing(*names: str) -> Callable[[list[dict[str, Any]]], Any]:
    """A reply in which the packages of these names have an advisory."""
    return lambda asked: {
        "results": [{"vulns": [{"id": "GHSA-1"}]} if one["package"]["name"] in names else {} for one in asked]
    }


def test_a_weak_package_is_named() -> None:
    with source(knowing("jinja2", "requests")) as address:
        assert advisories.weak(address, [FLASK, WEAK]) == {WEAK: ["GHSA-1"]}


def test_clean_is_said_only_by_a_source_that_knows_something() -> None:
    with source(knowing("jinja2")) as address:
        assert advisories.weak(address, [FLASK]) == {}
    with source(knowing()) as address, pytest.raises(advisories.NoAnswer, match="knows nothing"):
        advisories.weak(address, [FLASK])


@pytest.mark.parametrize("reply", [{}, {"results": []}, {"results": [1, 2]}, [], None])
def test_an_answer_of_another_shape_is_none(reply: Any) -> None:
    with source(lambda _asked: reply) as address, pytest.raises(advisories.NoAnswer):
        advisories.weak(address, [FLASK])


def test_a_source_that_is_away_or_refuses_is_no_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with source(knowing("jinja2"), status=503) as address, pytest.raises(advisories.NoAnswer):
        advisories.weak(address, [FLASK])
    for kind in ("run", "dev"):
        (tmp_path / f"requirements-{kind}.txt").write_text("flask==3.0.0 \\\n    --hash=sha256:00\n")
    monkeypatch.setattr(advisories, "HERE", tmp_path)
    monkeypatch.setenv("YUANQIAO_OSV", "http://127.0.0.1:9/")
    assert advisories.main() == advisories.NOT_LOOKED_UP
    assert "COULD NOT BE LOOKED UP" in capsys.readouterr().out
    monkeypatch.setenv("YUANQIAO_ADVISORIES", "required")
    assert advisories.main() == 1


def test_every_pin_of_a_lock_is_read() -> None:
    lock = "a==1.0 \\\n    --hash=sha256:00\nb-c[x]==2.0 ; python_version < '3.12' \\\n    # via a\n"
    assert advisories.pinned(lock) == [("a", "1.0"), ("b-c", "2.0")]


def made_up(letters: str, length: int) -> str:
    """Random text, put together here so that this file holds no secret."""
    return "".join(random.Random(7).choices(letters, k=length))  # noqa: S311


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("-----BEGIN RSA " + "PRIVATE KEY-----", "private key"),
        ("key = AKIA" + made_up(string.ascii_uppercase, 16), "key of a cloud"),
        ("ghp_" + made_up(string.ascii_letters, 36), "token of a service"),
        ("postgresql://app:" + "hunter22@db.example/x", "address with a password"),
        ("DB_PASS" + 'WORD = "correct-horse-9"', "password in clear"),
        ('"api_' + 'key": "a1b2c3d4e5f6"', "password in clear"),
        (f'x = "{made_up(string.ascii_letters + string.digits, 64)}"', "random text"),
    ],
)
def test_a_secret_is_found(line: str, rule: str) -> None:
    assert rule in {found for _line, found, _begin in secrets.hits("a.py", line)}


@pytest.mark.parametrize(
    "line",
    [
        'PASSWORD_CHANGED = "password_changed"',
        "password = os.environ['REFERRAL_MAIL_PASSWORD']",
        "http://127.0.0.1:8000/",
        "name = 'a_long_name_made_of_words_that_nobody_would_call_random_at_all'",
        "sha256:" + "0123456789abcdef" * 4,
    ],
)
def test_what_is_none_is_left_alone(line: str) -> None:
    assert list(secrets.hits("a.py", line)) == []


@pytest.mark.checkout
def test_the_repository_holds_none() -> None:
    assert secrets.main() == 0
