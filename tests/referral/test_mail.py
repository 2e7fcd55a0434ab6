"""Mails: written with what they tell of, sent by the clock's work to a real mail server."""

import re
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from flask import Flask
from sqlalchemy.orm import Session

from models import Account, LinkKind, Mail, MailKind, Role
from referral import clock, mail
from referral.actions import access_links, accounts
from referral.extensions import db
from tests.factories import make_account
from tests.visits import outside

MakeApp = Callable[..., Flask]
OURS = "https://help.example"


class Box:
    """Keeps what it is sent; refuses addresses of nowhere.example."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_RCPT(  # noqa: N802  the server's own name
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if address.endswith("nowhere.example"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


def free_port() -> int:
    """A port that nobody listens on; the controller asks for one before it starts."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def server(box: Box) -> Iterator[str]:
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield f"smtp+plain://127.0.0.1:{controller.port}"
    finally:
        controller.stop()


@pytest.fixture
def app(make_app: MakeApp, database_url: str, server: str) -> Flask:
    return make_app(database_url, BASE_ADDRESS=f"{OURS}/", MAIL_SERVER=server, MAIL_FROM="help@help.example")


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with outside(app) as session:
        yield session


@pytest.fixture
def worker(session: Session) -> Account:
    made = make_account(
        session, Role.STATION_WORKER, login="worker", name="刘敏", email="liu@example.org", demonstration=False
    )
    session.commit()
    return made


def send(app: Flask, after: timedelta = timedelta()) -> dict[str, int]:
    with app.app_context():
        return mail.send_due(db.session, clock.now() + after)


def test_a_forgotten_password_is_mailed_and_the_link_works_once(
    app: Flask, session: Session, worker: Account, box: Box
) -> None:
    client = app.test_client()
    client.post("/sign-in/forgotten", data={"login": "worker"}, headers={"Host": "evil.example"})
    assert box.mails == [], "nothing leaves inside a request"
    assert send(app) == {"sent": 1, "failed": 0}
    assert send(app) == {"sent": 0, "failed": 0}
    (one,) = box.mails
    assert (one["To"], one["From"], one["Subject"]) == ("liu@example.org", "help@help.example", "重设援桥密码")
    text = one.get_content()
    assert "刘敏，您好" in text
    assert "evil" not in one.as_string()
    link = re.search(rf"{OURS}(/sign-in/link/[\w-]+)", text)
    assert link
    chosen = dict.fromkeys(("new_password", "repeat_password"), "a sentence of mine")
    assert client.post(link[1], data=chosen).status_code == 302
    kept = session.scalars(sa.select(Mail).where(Mail.kind == MailKind.RESET)).one()
    assert (kept.secret, kept.due_at) == (None, None)
    session.commit()
    assert send(app) == {"sent": 1, "failed": 0}
    assert "密码已被修改" in box.mails[-1].get_content()


def test_the_links_token_lies_sealed_in_the_outbox(app: Flask, session: Session, worker: Account, box: Box) -> None:
    app.test_client().post("/sign-in/forgotten", data={"login": "worker"})
    raw = session.connection().exec_driver_sql("SELECT secret FROM mail").scalar_one()
    session.commit()
    send(app)
    link = re.search(r"/sign-in/link/([\w-]+)", box.mails[0].get_content())
    assert link
    assert link[1] not in raw


def test_nobodys_mailbox_is_filled(app: Flask, worker: Account, box: Box) -> None:
    for _ in range(8):
        assert app.test_client().post("/sign-in/forgotten", data={"login": "worker"}).status_code == 200
    send(app)
    assert len(box.mails) == 3


def test_an_invitation_is_mailed_in_the_readers_language(app: Flask, session: Session, box: Box) -> None:
    root = make_account(session, Role.ADMINISTRATOR, login="root")
    new = make_account(session, Role.STATION_WORKER, login="mary", name="Mary", email="mary@example.org", locale="en")
    session.commit()
    with app.app_context():
        account, by = db.session.get(Account, new.id), db.session.get(Account, root.id)
        assert account
        token = access_links.make(db.session, account, LinkKind.INVITATION, by=by, at=clock.now())
        assert access_links.mail(db.session, account, LinkKind.INVITATION, token, at=clock.now())
        db.session.commit()
    send(app)
    assert box.mails[0]["Subject"] == "Your account for Yuanqiao"
    assert f"{OURS}/sign-in/link/{token}" in box.mails[0].get_content()


def test_what_a_server_refuses_is_tried_again_and_then_given_up(app: Flask, session: Session, box: Box) -> None:
    for name in ("nowhere", "somewhere"):
        make_account(session, Role.STATION_WORKER, login=name, email=f"liu@{name}.example", demonstration=False)
        session.commit()
        app.test_client().post("/sign-in/forgotten", data={"login": name})
    assert send(app) == {"sent": 1, "failed": 1}
    assert send(app, timedelta(minutes=4)) == {"sent": 0, "failed": 0}
    waits = [timedelta(minutes=6), timedelta(hours=1), timedelta(hours=4), timedelta(days=1), timedelta(days=2)]
    assert [send(app, wait)["failed"] for wait in waits] == [1, 1, 1, 1, 0]
    assert session.scalars(sa.select(Mail.tries).order_by(Mail.tries)).all() == [1, 5]


def test_a_server_that_is_away_loses_nothing(app: Flask, session: Session, worker: Account, box: Box) -> None:
    app.test_client().post("/sign-in/forgotten", data={"login": "worker"})
    right = app.config["MAIL_SERVER"]
    app.config["MAIL_SERVER"] = "smtp+plain://127.0.0.1:1"
    assert send(app) == {"sent": 0, "failed": 1}
    app.config["MAIL_SERVER"] = right
    assert send(app, timedelta(minutes=6)) == {"sent": 1, "failed": 0}
    assert len(box.mails) == 1


def test_without_a_mail_server_nothing_is_written(make_app: MakeApp, sqlite_url: str) -> None:
    app = make_app(sqlite_url)
    with outside(app) as session:
        account = make_account(session, Role.STATION_WORKER, email="liu@example.org", demonstration=False)
        session.commit()
    with app.app_context():
        own = db.session.get(Account, account.id)
        assert own
        accounts.set_password(db.session, own, "a sentence of mine", at=clock.now())
        db.session.commit()
        assert db.session.scalar(sa.select(sa.func.count(Mail.id))) == 0
        assert mail.send_due(db.session, clock.now()) == {"sent": 0, "failed": 0}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 with its key, in one folder."""
    folder: Path = tmp_path_factory.mktemp("certificate")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder


def check_login(_server: SMTP, _session: Any, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"liu", b"secret")
    return AuthResult(success=right)


@pytest.mark.parametrize("trusted", [True, False])
def test_the_connection_is_encrypted_and_the_servers_certificate_checked(  # noqa: PLR0917
    make_app: MakeApp, sqlite_url: str, box: Box, certificate: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    controller = Controller(
        box, hostname="127.0.0.1", port=free_port(), tls_context=context, require_starttls=True, auth_required=True,
        authenticator=check_login,
    )  # fmt: skip
    controller.start()
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    try:
        settings = {
            "MAIL_SERVER": f"smtp://localhost:{controller.port}",
            "MAIL_FROM": "a@b.example",
            "BASE_ADDRESS": OURS,
        }
        app = make_app(sqlite_url, **settings, MAIL_USER="liu", MAIL_PASSWORD="secret")
        with outside(app) as session:
            make_account(session, Role.STATION_WORKER, login="worker", email="liu@example.org")
            session.commit()
        app.test_client().post("/sign-in/forgotten", data={"login": "worker"})
        assert send(app) == ({"sent": 1, "failed": 0} if trusted else {"sent": 0, "failed": 1})
    finally:
        controller.stop()
    assert len(box.mails) == trusted
