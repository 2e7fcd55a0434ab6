"""What leaves the building: to a real mail server and a real HTTPS server; never lost, never twice."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from flask import Flask
from sqlalchemy.orm import Session

from models import (
    Channel,
    Endpoint,
    EndpointKind,
    LinkPurpose,
    Message,
    MessageKind,
    Organization,
    Outgoing,
    OutgoingKind,
    OutgoingStatus,
    Phone,
    Referral,
    Role,
)
from referral import clock, leaving, webhooks
from referral.access import as_installation
from referral.actions import endpoints, referrals
from referral.extensions import db
from tests import databases
from tests.conftest import MakeApp
from tests.factories import (
    PASSWORD,
    agree,
    make_account,
    make_capacity,
    make_case,
    make_need,
    make_organization,
    make_station,
)
from tests.factories import make_person as person_of
from tests.pages import check_page
from tests.queries import sign_in
from tests.referral.test_mail import Box, free_port
from tests.referral.test_webhooks import Listener, listening, verified
from tests.visits import outside


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    yield from listening(tmp_path)


@pytest.fixture
def box() -> Iterator[tuple[Box, str]]:
    kept = Box()
    controller = Controller(kept, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield kept, f"smtp+plain://127.0.0.1:{controller.port}"
    finally:
        controller.stop()


def settings(listener: Listener | None = None, mail: str = "") -> dict[str, Any]:
    """Settings of an installation that tells by mail, by webhook, or both."""
    given: dict[str, Any] = {"BASE_ADDRESS": "https://help.example", "MAIL_SERVER": mail, "MAIL_FROM": "a@help.example"}
    if listener:
        given |= {"WEBHOOK_HOSTS": ["localhost"], "WEBHOOK_LOOPBACK": True, "WEBHOOK_CA": listener.ca_file}
    return given


def put(app: Flask, session: Session, organization: Organization, count: int = 1) -> list[Referral]:
    """So many needs put to one organization."""
    station = make_station(session)
    at = clock.now()
    capacity = make_capacity(session, organization=organization, at=at, places=count + 5)
    made = []
    for _ in range(count):
        person = person_of(session, station_id=station.id, name="钱小芳")
        need = make_need(session, case=make_case(session, person=person, at=at), at=at)
        agree(session, need, capacity, at=at)
        with app.app_context():
            made.append(referrals.request(session, need, capacity, by=make_account(session), at=at))
    session.commit()
    return made


def partner(session: Session, listener: Listener, organization: Organization) -> Endpoint:
    """The organization's own computer."""
    endpoint = Endpoint(
        name="系统", kind=EndpointKind.PARTNER, organization_id=organization.id, url=listener.url,
        secret=webhooks.new_secret(),
    )  # fmt: skip
    session.add(endpoint)
    session.commit()
    return endpoint


def send(app: Flask, after: timedelta = timedelta()) -> dict[str, int]:
    with app.app_context():
        as_installation(db.session, because="a test")
        return {name: count for name, count in leaving.send_due(db.session, clock.now() + after).items() if count}


def test_a_provider_gets_a_mail_with_its_link_in_both_languages_and_answers_with_it(
    make_app: MakeApp, database_url: str, box: tuple[Box, str]
) -> None:
    kept, server = box
    app = make_app(database_url, **settings(mail=server))
    with outside(app) as session:
        put(app, session, make_organization(session, email="charity@example.org"))
        assert kept.mails == [], "nothing leaves with the change itself"
        assert send(app) == {"sent": 1}
        assert send(app) == {}
        (mail,) = kept.mails
        text = mail.get_content()
        assert mail["To"] == "charity@example.org"
        assert "somebody needs help" in text
        assert "有人需要" in text
        assert "钱小芳" not in mail.as_string()
        (address,) = set(re.findall(r"https://help\.example(/answer/[\w-]{43})", text))
        check_page(app.test_client().get(address), "zh")
        assert app.test_client().post(address, data={"step": "accept"}).status_code == 302
        assert send(app) == {"sent": 1}
        follow = set(re.findall(r"https://help\.example(/answer/[\w-]{43})", kept.mails[-1].get_content()))
        assert follow != {address}
        assert "钱小芳" in app.test_client().get(follow.pop()).get_data(as_text=True)


def test_a_partners_computer_gets_a_signed_message_and_a_gateway_the_text(
    make_app: MakeApp, database_url: str, listener: Listener
) -> None:
    app = make_app(database_url, **settings(listener))
    with outside(app) as session:
        organization = make_organization(session)
        secret = partner(session, listener, organization).secret
        gateway = Endpoint(name="短信", kind=EndpointKind.SMS, url=listener.url, secret=webhooks.new_secret())
        session.add_all([gateway, Phone(organization_id=organization.id, number="+86 138-1234-8123")])
        session.commit()
        put(app, session, organization)
        assert send(app) == {"sent": 2}
        told = {json.loads(body)["type"]: (headers, body) for headers, body in listener.got}
        headers, body = told["referral.requested"]
        assert verified(headers, body, secret)
        assert set(json.loads(body)["data"]) == {"help", "urgency", "answer_by", "link"}
        text = json.loads(told["sms.send"][1])["data"]
        assert text["to"] == "13812348123"
        assert "https://help.example/answer/" in text["text"]
        links = set(re.findall(r"/answer/[\w-]{43}", body.decode() + told["sms.send"][1].decode()))
        assert len(links) == 2, "each receiver has a link of its own"
        assert "钱小芳" not in body.decode() + told["sms.send"][1].decode()


def test_a_failure_is_tried_again_later_and_later_under_the_same_name_then_a_person_looks(
    make_app: MakeApp, database_url: str, listener: Listener
) -> None:
    app = make_app(database_url, **settings(listener))
    listener.statuses = [503, 500, 302, 404, 429, 503]
    with outside(app) as session:
        organization = make_organization(session)
        partner(session, listener, organization)
        (referral,) = put(app, session, organization)
        session.get_one(Referral, referral.id).answer_by = clock.now() + timedelta(days=30)
        from models import AnswerLink

        session.execute(sa.update(AnswerLink).values(expires_at=clock.now() + timedelta(days=30)))
        session.commit()
        passed = timedelta()
        for number, pause in enumerate(leaving.PAUSES):
            assert send(app, passed) == ({"failed": 1} if number < len(leaving.PAUSES) - 1 else {"dead": 1})
            assert send(app, passed + pause - timedelta(seconds=5)) == {}
            passed += pause
        assert len({headers["webhook-id"] for headers, _ in listener.got}) == 1
        assert len({body for _, body in listener.got}) == 1
        assert len(listener.got) == len(leaving.PAUSES)
        session.expire_all()
        dead = session.scalars(sa.select(Outgoing)).one()
        assert (dead.status, dead.due_at, dead.failure) == (OutgoingStatus.DEAD, None, "http_503")
        told = session.scalars(sa.select(Message).where(Message.kind == MessageKind.NOT_DELIVERED)).one()
        assert told.organization_id == referral.station_id
        session.commit()
        _administrator_sends_again(app, session, dead, listener)


def _administrator_sends_again(app: Flask, session: Session, dead: Outgoing, listener: Listener) -> None:
    login = make_account(session, Role.ADMINISTRATOR).login
    session.commit()
    client = sign_in(app.test_client(), login, PASSWORD)
    page = client.get("/admin/outbox")
    check_page(page, "zh")
    text = page.get_data(as_text=True)
    for told in ("钱小芳", "/answer/", listener.url):
        assert told not in text
    assert str(dead.id) in text
    assert client.post("/admin/outbox/again", data={"key": str(dead.id)}).status_code == 302
    assert client.post("/admin/outbox/again", data={"key": str(dead.id)}).status_code == 409
    assert send(app) == {"sent": 1}
    assert client.post("/admin/outbox/give-up", data={"key": str(dead.id)}).status_code == 409
    assert len({headers["webhook-id"] for headers, _ in listener.got}) == 1


def test_what_has_passed_is_not_told_any_more(make_app: MakeApp, database_url: str, listener: Listener) -> None:
    app = make_app(database_url, **settings(listener))
    with outside(app) as session:
        organization = make_organization(session)
        partner(session, listener, organization)
        (referral,) = put(app, session, organization)
        from models import DeclineReason

        with app.app_context():
            by = make_account(session)
            referrals.cancel(session, referral, by=by, at=clock.now(), reason=DeclineReason.DUPLICATE_HELP)
            session.commit()
        assert send(app) == {"dropped": 1, "sent": 1}
        assert [json.loads(body)["type"] for _, body in listener.got] == ["referral.ended"]


def test_the_message_goes_with_the_change_or_not_at_all(make_app: MakeApp, database_url: str) -> None:
    app = make_app(database_url, **settings(mail="smtp+plain://127.0.0.1:1"))
    with outside(app) as session:
        organization = make_organization(session, email="charity@example.org")
        capacity = make_capacity(session, organization=organization, at=clock.now(), places=3)
        need = make_need(session, at=clock.now())
        agree(session, need, capacity, at=clock.now())
        session.commit()
        with app.app_context():
            referrals.request(session, need, capacity, by=make_account(session), at=clock.now())
            assert session.scalar(sa.select(sa.func.count(Outgoing.id))) == 1
            session.rollback()
        assert session.scalar(sa.select(sa.func.count(Outgoing.id))) == 0


def test_a_secret_changes_over(make_app: MakeApp, database_url: str, listener: Listener) -> None:
    app = make_app(database_url, **settings(listener))
    with outside(app) as session:
        organization = make_organization(session)
        endpoint = partner(session, listener, organization)
        old = endpoint.secret
        with app.app_context():
            new = endpoints.renew_secret(session, endpoint, at=clock.now())
            session.commit()
        put(app, session, organization)
        assert send(app) == {"sent": 1}
        headers, body = listener.got[-1]
        assert verified(headers, body, new)
        assert verified(headers, body, old)
        put(app, session, organization)
        later = endpoints.BOTH_COUNT + timedelta(minutes=1)
        session.execute(sa.update(Endpoint).values(old_until=clock.now() - timedelta(minutes=1)))
        session.commit()
        assert later
        assert send(app) == {"sent": 1}
        headers, body = listener.got[-1]
        assert verified(headers, body, new)
        assert not verified(headers, body, old)


SENDER = """
import sys, time
from referral import create_app, clock, leaving
from referral.access import as_installation
from referral.extensions import db
app = create_app({settings!r})
print("ready", flush=True)
sys.stdin.readline()
while True:
    with app.app_context():
        as_installation(db.session, because="a test")
        counts = leaving.send_due(db.session, clock.now())
        db.session.rollback()
    if not sum(counts.values()):
        time.sleep(0.05)
"""


@pytest.mark.slow
def test_several_senders_that_are_killed_send_everything_and_nothing_under_two_names(
    make_app: MakeApp, database_url: str, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three senders at once, two killed in the middle: each message arrives; one that was on its way may come again.

    It then comes under its old name, and no more often than senders were killed.
    """
    app = make_app(database_url, **settings(listener))
    count = 30
    listener.pause = 0.02
    with outside(app) as session:
        organization = make_organization(session)
        partner(session, listener, organization)
        put(app, session, organization, count)
    given = settings(listener) | {"DATABASE_URL": database_url, "DEMONSTRATION": True, "SECRET_KEY": "x" * 64}
    env = os.environ | {"REFERRAL_KEYS_JSON": json.dumps(databases.KEYS)}
    senders = [
        subprocess.Popen(
            [sys.executable, "-c", SENDER.format(settings=given)], env=env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for _ in range(3)
    ]  # fmt: skip
    try:
        for one in senders:
            assert one.stdout
            assert one.stdout.readline() == "ready\n"
        for one in senders:
            assert one.stdin
            one.stdin.write("\n")
            one.stdin.flush()
        killed = 0
        while killed < 2:
            if len(listener.got) >= (killed + 1) * 5:
                os.kill(senders[killed].pid, signal.SIGKILL)
                killed += 1
            assert senders[2].poll() is None
        _finish(app, listener, count)
    finally:
        for one in senders:
            one.kill()
            one.communicate()
    names = Counter(headers["webhook-id"] for headers, _ in listener.got)
    again = sum(times - 1 for times in names.values())
    told = f"{len(listener.got)} arrived, {len(names)} messages, {killed} senders killed, {again} came again"
    print(told)  # noqa: T201  the counters of the run
    assert len(names) == count
    assert again <= killed
    with outside(app) as session:
        states = Counter(session.scalars(sa.select(Outgoing.status)))
        assert states == {OutgoingStatus.SENT: count}


def _finish(app: Flask, listener: Listener, count: int) -> None:
    """Let the last sender finish; what a killed one had claimed is due again after its pause, here shortened."""
    for _ in range(2_000):
        with outside(app) as session:
            left = session.scalar(sa.select(sa.func.count(Outgoing.id)).where(Outgoing.due_at.is_not(None)))
            if not left:
                return
            waiting = sa.update(Outgoing).where(Outgoing.tries == 1, Outgoing.status == OutgoingStatus.WAITING)
            if len({headers["webhook-id"] for headers, _ in listener.got}) + 2 >= count:
                session.execute(waiting.values(due_at=clock.now() - timedelta(seconds=1)))
            session.commit()
        time.sleep(0.05)  # the sender needs the processor more than we do
    raise AssertionError(f"{left} left")


def test_every_mail_that_waits_for_a_mail_server_is_tried_by_mail_alone(make_app: MakeApp, database_url: str) -> None:
    app = make_app(database_url, **settings(mail="smtp+plain://127.0.0.1:9"))
    with outside(app) as session:
        put(app, session, make_organization(session, email="charity@example.org"), 2)
        assert send(app) == {"failed": 2}
        kinds = session.execute(sa.select(Outgoing.kind, Outgoing.channel, Outgoing.tries)).all()
        assert {tuple(one) for one in kinds} == {(OutgoingKind.ASKED, Channel.MAIL, 1)}
        assert LinkPurpose.ANSWER
