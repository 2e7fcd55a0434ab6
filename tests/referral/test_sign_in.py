"""Getting in: sessions that end, strangers who slow nobody down, links that work once."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models import AccessLink, Account, KnownDevice, LinkKind, LogEntry, Message, MessageKind, Role, SignInSession
from models.sign_in import IDLE, LONGEST, RESET_LASTS
from referral import clock
from referral.actions import access_links, accounts, upkeep
from referral.extensions import db
from tests.factories import PASSWORD, make_account
from tests.pages import check_page
from tests.queries import counted, sign_in
from tests.visits import outside

MakeApp = Callable[..., Flask]
WRONG = "a wrong sentence"
FIREFOX = "Mozilla/5.0 (Android 14; Mobile; rv:130.0) Gecko/130.0 Firefox/130.0"


@pytest.fixture
def app(make_app: MakeApp, sqlite_url: str) -> Flask:
    """A real installation, not a demonstration."""
    return make_app(sqlite_url, DEMONSTRATION=False)


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with outside(app) as session:
        yield session


@pytest.fixture
def worker(session: Session) -> Account:
    made = make_account(session, Role.STATION_WORKER, login="worker", demonstration=False)
    session.commit()
    return made


def attempt(client: FlaskClient, password: str, login: str = "worker", address: str = "10.0.0.1") -> int:
    data = {"login": login, "password": password}
    return client.post("/sign-in", data=data, environ_base={"REMOTE_ADDR": address}).status_code


def later(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    now = datetime.now(UTC) + by
    monkeypatch.setattr(clock, "now", lambda: now)


# Sessions.


def test_cookies_are_bound_to_this_host_and_the_database_holds_only_fingerprints(
    app: Flask, session: Session, worker: Account
) -> None:
    client = app.test_client()
    answer = client.post("/sign-in", data={"login": "worker", "password": PASSWORD})
    cookies = answer.headers.getlist("Set-Cookie")
    assert {cookie.split("=")[0] for cookie in cookies} == {"__Host-session", "__Host-device"}
    for cookie in cookies:
        for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert flag in cookie, cookie
    with client.session_transaction() as kept:
        token = kept["_user_id"]
    device = client.get_cookie("__Host-device")
    assert device
    stored = str(session.execute(sa.text("SELECT * FROM sign_in_session, known_device")).all())
    assert token not in stored
    assert device.value not in stored


def test_each_sign_in_has_a_new_id_and_an_ended_one_stays_ended(app: Flask, worker: Account) -> None:
    client = sign_in(app.test_client(), "worker")
    old = client.get_cookie("__Host-session")
    assert old
    client.post("/sign-out")
    sign_in(client, "worker")
    new = client.get_cookie("__Host-session")
    assert new
    assert new.value != old.value
    thief = app.test_client()
    thief.set_cookie("__Host-session", old.value)
    assert thief.get("/messages").status_code == 302


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        ([IDLE - timedelta(minutes=2)], 200),
        ([IDLE + timedelta(minutes=1)], 302),
        ([timedelta(minutes=25)] * 28, 200),
        ([timedelta(minutes=25)] * 29, 302),
    ],
)
def test_sessions_end_after_half_an_hour_without_a_page_and_after_twelve_hours(
    app: Flask, worker: Account, monkeypatch: pytest.MonkeyPatch, steps: list[timedelta], status: int
) -> None:
    client = sign_in(app.test_client(), "worker")
    answers = []
    for number in range(len(steps)):
        later(monkeypatch, sum(steps[: number + 1], timedelta()))
        answers.append(client.get("/account").status_code)
    assert answers == [200] * (len(steps) - 1) + [status]


def test_being_seen_is_written_once_a_minute_and_after_the_page(
    app: Flask, session: Session, worker: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(app.test_client(), "worker")

    def writes(by: timedelta, method: str = "get", address: str = "/messages") -> int:
        later(monkeypatch, by)
        with app.app_context(), counted() as sent:
            getattr(client, method)(address)
        return sum("UPDATE sign_in_session" in one for one in sent)

    assert writes(timedelta(seconds=50)) == 0
    assert writes(timedelta(seconds=70)) == 1
    assert writes(timedelta(seconds=100)) == 0
    assert writes(timedelta(seconds=140), "post", "/messages/read") == 1
    assert writes(timedelta(seconds=210), "get", "/no-such-page") == 1
    assert writes(timedelta(seconds=220), "post", "/messages/no-such") == 0
    seen = session.scalar(sa.select(SignInSession.seen_at))
    assert seen
    assert seen > datetime.now(UTC) + timedelta(seconds=130)


def test_one_session_or_all_others_are_ended_by_their_owner(app: Flask, session: Session, worker: Account) -> None:
    other = make_account(session, Role.ADMINISTRATOR, login="other", demonstration=False)
    session.commit()
    first, phone, third = (sign_in(app.test_client(), "worker") for _ in range(3))
    agent = app.test_client()
    agent.post("/sign-in", data={"login": "worker", "password": PASSWORD}, headers={"User-Agent": FIREFOX})
    shown = first.get("/account/sessions")
    check_page(shown, "zh")
    check_page(first.get("/account/sessions", headers={"Accept-Language": "en"}), "en")
    assert "Android 上的 Firefox" in shown.get_data(as_text=True)
    keys = re.findall(r"/account/sessions/([0-9a-f-]{36})/end", shown.get_data(as_text=True))
    assert len(keys) == 3
    stranger = sign_in(app.test_client(), other.login)
    assert stranger.post(f"/account/sessions/{keys[0]}/end").status_code == 404
    assert first.post(f"/account/sessions/{keys[0]}/end").status_code == 302
    left = [one.get("/account").status_code for one in (phone, third, agent)]
    assert sorted(left) == [200, 200, 302]
    assert first.post("/account/sessions/end-others").status_code == 302
    assert [one.get("/account").status_code for one in (first, phone, third, agent)] == [200, 302, 302, 302]


def test_a_page_asks_for_session_and_account_in_one_question(app: Flask, worker: Account) -> None:
    client = sign_in(app.test_client(), "worker")
    with app.app_context(), counted() as sent:
        client.get("/account")
    assert sum("sign_in_session" in one for one in sent) == 1
    assert sum("FROM account" in one for one in sent) == 0


def test_an_account_ends_with_its_last_day(
    app: Flask, session: Session, worker: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(app.test_client(), "worker")
    session.execute(sa.update(Account).values(valid_until=clock.today()))
    session.commit()
    assert client.get("/account").status_code == 200
    session.execute(sa.update(Account).values(valid_until=clock.today() - timedelta(days=1)))
    session.commit()
    assert client.get("/account").status_code == 302
    assert attempt(client, PASSWORD) == 422


def test_two_sign_ins_of_one_account_at_one_moment_both_succeed(make_app: MakeApp, database_url: str) -> None:
    app = make_app(database_url)
    with outside(app) as session:
        make_account(session, Role.STATION_WORKER, login="worker")
        session.commit()
    barrier, answers = Barrier(4), []

    def go() -> None:
        client = app.test_client()
        barrier.wait()
        answers.append(attempt(client, PASSWORD))

    threads = [Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [302] * 4


# Strangers.


def test_a_strangers_wrong_passwords_slow_strangers_down_and_never_the_user(app: Flask, worker: Account) -> None:
    own = sign_in(app.test_client(), "worker")
    own.post("/sign-out")
    answers = [attempt(app.test_client(), WRONG, address=f"10.1.{n}.1") for n in range(14)]
    assert answers == [422] * 10 + [429] * 4
    assert attempt(app.test_client(), PASSWORD, address="10.2.0.1") == 429
    assert attempt(own, PASSWORD, address="10.3.0.1") == 302


def test_waiting_helps_and_nobody_is_locked_out_for_good(
    app: Flask, worker: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(30):
        attempt(app.test_client(), WRONG)
    later(monkeypatch, timedelta(minutes=7))
    assert attempt(app.test_client(), PASSWORD) == 302


def test_right_passwords_use_no_tries_up(app: Flask, worker: Account) -> None:
    assert [attempt(app.test_client(), PASSWORD) for _ in range(15)] == [302] * 15


def test_a_known_device_has_its_own_few_tries(app: Flask, worker: Account) -> None:
    own = sign_in(app.test_client(), "worker")
    own.post("/sign-out")
    assert [attempt(own, WRONG) for _ in range(12)] == [422] * 10 + [429] * 2
    assert attempt(app.test_client(), PASSWORD) == 302


def test_a_device_known_to_one_account_is_a_stranger_to_another(app: Flask, session: Session, worker: Account) -> None:
    make_account(session, Role.STATION_WORKER, login="other", demonstration=False)
    session.commit()
    own = sign_in(app.test_client(), "worker")
    answers = [attempt(own, WRONG, "other") for _ in range(11)]
    assert answers[-1] == 429


def test_an_unknown_name_is_slowed_down_like_a_known_one_and_said_the_same(app: Flask, worker: Account) -> None:
    answers = {}
    for login in ("worker", "nobody"):
        client = app.test_client()
        tried = [client.post("/sign-in", data={"login": login, "password": WRONG}) for _ in range(11)]
        own = re.compile(rf'value="{login}"|name="csrf_token" value="[^"]+"')
        answers[login] = [(one.status_code, own.sub("", one.get_data(as_text=True))) for one in tried]
    assert answers["worker"] == answers["nobody"]


def test_one_address_cannot_try_many_names(app: Flask) -> None:
    client = app.test_client()
    with app.app_context():
        from referral import limits

        for _ in range(accounts.FROM_ONE_ADDRESS["most"] - 1):  # type: ignore[operator]
            limits.take(db.session, "address:10.9.9.9", at=clock.now(), **accounts.FROM_ONE_ADDRESS)  # type: ignore[arg-type]
    answers = [attempt(client, WRONG, f"name{n}", "10.9.9.9") for n in range(3)]
    assert answers[0] == 422
    assert answers[-1] == 429


def test_the_log_tells_of_sign_ins_and_failures_without_names(app: Flask, session: Session, worker: Account) -> None:
    attempt(app.test_client(), WRONG)
    attempt(app.test_client(), WRONG, "a secret typed as the name")
    sign_in(app.test_client(), "worker").post("/sign-out")
    entries = session.execute(sa.select(LogEntry.code, LogEntry.facts, LogEntry.account_id)).all()
    codes = [entry.code for entry in entries]
    assert codes.count("sign_in_refused") == 2
    assert "signed_in" in codes
    assert "session_ended" in codes
    assert "secret" not in str(entries)
    assert all(entry.account_id == worker.id for entry in entries if entry.code in {"signed_in", "session_ended"})


def test_a_new_device_is_told_and_the_first_is_not(app: Flask, session: Session, worker: Account) -> None:
    told = sa.select(sa.func.count(Message.id)).where(Message.kind == MessageKind.NEW_DEVICE)
    own = sign_in(app.test_client(), "worker")
    own.post("/sign-out")
    sign_in(own, "worker")
    assert session.scalar(told) == 0
    session.commit()
    app.test_client().post("/sign-in", data={"login": "worker", "password": PASSWORD}, headers={"User-Agent": FIREFOX})
    assert session.scalar(told) == 1
    shown = own.get("/messages")
    check_page(shown, "zh")
    assert "Android 上的 Firefox" in shown.get_data(as_text=True)


# Passwords and links.


def test_an_easy_password_must_be_changed_before_anything_else(app: Flask, session: Session) -> None:
    from referral.passwords import hash_password

    easy = make_account(
        session, Role.STATION_WORKER, login="easy", demonstration=False, password_hash=hash_password("woaini1314")
    )
    session.commit()
    client = sign_in(app.test_client(), easy.login, "woaini1314")
    assert client.get("/messages").location == "/account"
    check_page(client.get("/account"), "zh")
    again = client.post("/account", data={"password": "woaini1314", "new_password": "woaini5201314"})
    assert again.status_code == 422
    check_page(again, "zh")
    changed = client.post("/account", data={"password": "woaini1314", "new_password": "a longer sentence"})
    assert changed.status_code == 302
    assert client.get("/messages").status_code == 200


def link(app: Flask, kind: LinkKind = LinkKind.RESET) -> str:
    with app.app_context():
        account = db.session.scalars(sa.select(Account).where(Account.login == "worker")).one()
        token = access_links.make(db.session, account, kind, by=None, at=clock.now())
        db.session.commit()
    return f"/sign-in/link/{token}"


CHOSEN = {"new_password": "a sentence of mine", "repeat_password": "a sentence of mine"}


def test_a_reset_link_works_once_and_ends_every_session(app: Flask, session: Session, worker: Account) -> None:
    own = sign_in(app.test_client(), "worker")
    address = link(app)
    for language in ("zh", "en"):
        check_page(own.get(address, headers={"Accept-Language": language}), language)
    assert app.test_client().post(address, data=CHOSEN).status_code == 302
    assert own.get("/account").status_code == 302
    again = app.test_client().post(address, data=CHOSEN)
    assert again.status_code == 410
    check_page(again, "zh")
    sign_in(own, "worker", CHOSEN["new_password"])
    told = sa.select(sa.func.count(Message.id)).where(Message.kind == MessageKind.PASSWORD_CHANGED)
    assert session.scalar(told) == 1
    stored = session.scalars(sa.select(AccessLink.fingerprint)).one()
    assert address.split("/")[-1] not in stored


@pytest.mark.parametrize(("kind", "lasts"), [(LinkKind.RESET, RESET_LASTS), (LinkKind.INVITATION, timedelta(days=7))])
def test_a_link_ends_with_its_time(
    app: Flask, worker: Account, monkeypatch: pytest.MonkeyPatch, kind: LinkKind, lasts: timedelta
) -> None:
    address = link(app, kind)
    later(monkeypatch, lasts - timedelta(minutes=1))
    assert app.test_client().get(address).status_code == 200
    later(monkeypatch, lasts + timedelta(minutes=1))
    assert app.test_client().post(address, data=CHOSEN).status_code == 410


def test_of_two_who_use_a_link_at_one_moment_one_succeeds(make_app: MakeApp, database_url: str) -> None:
    app = make_app(database_url)
    with outside(app) as session:
        make_account(session, Role.STATION_WORKER, login="worker")
        session.commit()
    address, barrier, answers = link(app), Barrier(4), []

    def go(number: int) -> None:
        client, words = app.test_client(), f"sentence of number {number} here"
        barrier.wait()
        answers.append(client.post(address, data=dict.fromkeys(CHOSEN, words)).status_code)

    threads = [Thread(target=go, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(302) == 1, answers
    assert set(answers) <= {302, 409, 410}


def test_forgetting_is_answered_the_same_for_known_and_unknown_names(make_app: MakeApp, sqlite_url: str) -> None:
    mail = {"MAIL_SERVER": "smtp+plain://127.0.0.1:1", "MAIL_FROM": "a@b.example", "BASE_ADDRESS": "https://h.example"}
    app = make_app(sqlite_url, **mail)
    with outside(app) as session:
        make_account(session, Role.STATION_WORKER, login="worker", email="worker@example.org")
        session.commit()
        answers = []
        for login in ("worker", "nobody"):
            answer = app.test_client().post("/sign-in/forgotten", data={"login": login})
            check_page(answer, "zh")
            answers.append((answer.status_code, answer.get_data(as_text=True)))
        assert answers[0] == answers[1]
        assert session.scalar(sa.select(sa.func.count(AccessLink.id))) == 1


def test_what_has_ended_is_dropped(app: Flask, session: Session, worker: Account) -> None:
    sign_in(app.test_client(), "worker")
    link(app)
    with app.app_context():
        counts = upkeep.forget_old_sign_ins(db.session, clock.now() + timedelta(days=400))
        db.session.commit()
    assert counts == {"sessions": 1, "links": 1, "devices": 1, "mails": 0, "outgoing": 0, "tries": 2}
    assert session.scalar(sa.select(sa.func.count(KnownDevice.id))) == 0
    assert timedelta(hours=12) == LONGEST
