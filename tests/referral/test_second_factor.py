"""The second step of signing in: required by role, no code twice, recovery codes once, told to the user."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models import Account, LogEntry, Message, MessageKind, RecoveryCode, Role, SecondFactor
from referral import clock
from referral.actions import second_factor
from referral.extensions import db
from tests.factories import PASSWORD, make_account
from tests.pages import check_page
from tests.queries import counted, sign_in
from tests.visits import outside

MakeApp = Callable[..., Flask]
REQUIRED = [Role.COORDINATOR, Role.EVALUATOR, Role.ADMINISTRATOR, Role.AUDITOR]


@pytest.fixture
def real(make_app: MakeApp, sqlite_url: str) -> Flask:
    """An application that is no demonstration."""
    return make_app(sqlite_url, DEMONSTRATION=False)


@pytest.fixture
def session(real: Flask) -> Iterator[Session]:
    with outside(real) as session:
        yield session


def account(session: Session, role: Role = Role.ADMINISTRATOR, **extra: object) -> Account:
    made = make_account(session, role, **{"demonstration": False} | extra)
    session.commit()
    return made


def text(answer: TestResponse) -> str:
    return answer.get_data(as_text=True)


def secret_of(session: Session, who: Account) -> str:
    found = session.scalar(sa.select(SecondFactor.secret).where(SecondFactor.account_id == who.id))
    session.commit()
    assert found
    return found


def set_up(client: FlaskClient, session: Session, who: Account) -> list[str]:
    """Set the second step up as a user does; the recovery codes."""
    assert client.post("/account/second-factor").status_code == 302
    shown = client.get("/account/second-factor")
    check_page(shown, "zh")
    secret = secret_of(session, who)
    assert secret[:4] in text(shown)
    assert "data:image/svg+xml" in text(shown)
    answer = client.post("/account/second-factor/confirm", data={"code": pyotp.TOTP(secret).now()})
    assert answer.status_code == 200, text(answer)
    check_page(answer, "zh")
    codes = re.findall(r"<code>((?:[a-z2-9]{4}-){2}[a-z2-9]{4})</code>", text(answer))
    assert len(codes) == len(set(codes)) == second_factor.RECOVERY_CODES
    return codes


def with_factor(app: Flask, session: Session, **extra: object) -> tuple[Account, list[str]]:
    who = account(session, **extra)
    return who, set_up(sign_in(app.test_client(), who.login), session, who)


def code_of_step(session: Session, who: Account, step: int) -> str:
    """The code of the present time step or a neighbour of it."""
    return pyotp.TOTP(secret_of(session, who)).at(clock.now() + timedelta(seconds=30 * step))


def forget_step(session: Session, who: Account) -> None:
    """As if the half minute of the last code had passed."""
    session.execute(sa.update(SecondFactor).where(SecondFactor.account_id == who.id).values(last_step=0))
    session.commit()


@pytest.mark.parametrize("role", list(Role))
def test_who_must_have_one_sets_it_up_before_anything_else(real: Flask, session: Session, role: Role) -> None:
    who = account(session, role)
    client = sign_in(real.test_client(), who.login)
    answer = client.get("/messages")
    if role not in REQUIRED:
        assert answer.status_code == 200
        return
    assert (answer.status_code, answer.location) == (302, "/account/second-factor")
    assert client.post("/messages/read").location == "/account/second-factor"
    for language in ("zh", "en"):
        check_page(client.get("/account/second-factor", headers={"Accept-Language": language}), language)
    set_up(client, session, who)
    assert client.get("/messages").status_code == 200


@pytest.mark.parametrize(
    ("demonstration", "own", "asked"), [(True, True, False), (True, False, True), (False, True, True)]
)
def test_only_the_demonstrations_own_accounts_in_a_demonstration_go_without(
    make_app: MakeApp, sqlite_url: str, demonstration: bool, own: bool, asked: bool
) -> None:
    app = make_app(sqlite_url, DEMONSTRATION=demonstration)
    with outside(app) as session:
        who = account(session, demonstration=own)
    assert (sign_in(app.test_client(), who.login).get("/messages").status_code == 302) is asked


def test_the_password_alone_opens_nothing(real: Flask, session: Session) -> None:
    who, _codes = with_factor(real, session)
    client = real.test_client()
    answer = client.post("/sign-in?next=/messages", data={"login": who.login, "password": PASSWORD})
    assert answer.location == "/sign-in/code"
    assert client.get("/messages").status_code == 302
    check_page(client.get("/sign-in/code"), "zh")
    wrong = client.post("/sign-in/code", data={"code": "000000"})
    assert wrong.status_code == 422
    check_page(wrong, "zh")
    forget_step(session, who)
    right = client.post("/sign-in/code", data={"code": code_of_step(session, who, 0)})
    assert right.location == "/messages"
    assert client.get("/messages").status_code == 200


def pending(app: Flask, who: Account) -> FlaskClient:
    client = app.test_client()
    assert client.post("/sign-in", data={"login": who.login, "password": PASSWORD}).location == "/sign-in/code"
    return client


def test_no_code_works_twice(real: Flask, session: Session) -> None:
    who, _codes = with_factor(real, session)
    forget_step(session, who)
    code = code_of_step(session, who, 0)
    first, second = pending(real, who), pending(real, who)
    assert first.post("/sign-in/code", data={"code": f"{code[:3]} {code[3:]}"}).status_code == 302
    assert second.post("/sign-in/code", data={"code": code}).status_code == 422
    earlier = code_of_step(session, who, -1)
    assert second.post("/sign-in/code", data={"code": earlier}).status_code == 422


def test_a_recovery_code_works_once(real: Flask, session: Session) -> None:
    who, codes = with_factor(real, session)
    first = pending(real, who)
    assert first.post("/sign-in/code", data={"code": codes[3].upper().replace("-", " ")}).status_code == 302
    assert "9" in text(first.get("/messages"))
    assert pending(real, who).post("/sign-in/code", data={"code": codes[3]}).status_code == 422
    stored = session.scalars(sa.select(RecoveryCode.fingerprint)).all()
    assert all(code.replace("-", "") not in "".join(stored) for code in codes)


def test_a_slow_clock_may_be_a_step_wrong_and_no_more(real: Flask, session: Session) -> None:
    who, _codes = with_factor(real, session)
    with real.app_context():
        own = db.session.get(Account, who.id)
        assert own
        db.session.commit()
        now = clock.now()
        for step, right in [(-2, False), (2, False), (-1, True), (0, True), (1, True)]:
            forget_step(session, who)
            code = pyotp.TOTP(secret_of(session, who)).at(now + timedelta(seconds=30 * step))
            db.session.expire_all()
            assert (second_factor.check(db.session, own, code, at=now) == "totp") is right, step
            db.session.commit()


def test_guessing_codes_ends_soon(real: Flask, session: Session) -> None:
    who, codes = with_factor(real, session)
    client = pending(real, who)
    answers = [client.post("/sign-in/code", data={"code": f"{number:06}"}).status_code for number in range(8)]
    assert answers == [422] * second_factor.TRIES + [429] * 2
    assert client.post("/sign-in/code", data={"code": codes[0]}).status_code == 429


def test_an_ended_account_stops_between_the_steps(real: Flask, session: Session) -> None:
    who, codes = with_factor(real, session)
    client = pending(real, who)
    session.execute(sa.update(Account).where(Account.id == who.id).values(session_number=99))
    session.commit()
    assert client.post("/sign-in/code", data={"code": codes[0]}).location == "/sign-in"


def test_new_codes_and_another_device_need_a_code(real: Flask, session: Session) -> None:
    who = account(session)
    client = sign_in(real.test_client(), who.login)
    old = set_up(client, session, who)
    assert client.post("/account/second-factor/codes", data={"code": "123456"}).status_code == 422
    answer = client.post("/account/second-factor/codes", data={"code": old[0]})
    assert answer.status_code == 200
    assert old[1] not in text(answer)
    assert pending(real, who).post("/sign-in/code", data={"code": old[1]}).status_code == 422
    forget_step(session, who)
    assert client.post("/account/second-factor/remove", data={"code": code_of_step(session, who, 0)}).status_code == 302
    assert client.get("/messages").location == "/account/second-factor"
    told = sa.select(sa.func.count(Message.id)).where(Message.kind == MessageKind.SECOND_FACTOR_CHANGED)
    assert session.scalar(told) == 3
    assert session.scalar(sa.select(sa.func.count(RecoveryCode.id))) == 0


def test_an_administrator_helps_whoever_lost_the_device(real: Flask, session: Session) -> None:
    admin, codes = with_factor(real, session, login="root")
    who, _codes = with_factor(real, session, role=Role.COORDINATOR)
    helper = pending(real, admin)
    helper.post("/sign-in/code", data={"code": codes[0]})
    assert "两步验证" in text(helper.get(f"/admin/accounts/{who.id}"))
    assert helper.post(f"/admin/accounts/{who.id}/second-factor/remove").status_code == 302
    client = sign_in(real.test_client(), who.login)
    assert client.get("/coordination").location == "/account/second-factor"
    noted = session.scalars(sa.select(LogEntry.code).where(LogEntry.record_id == who.id)).all()
    assert "second_factor_removed" in noted


def test_the_secret_is_sealed_in_the_database(real: Flask, session: Session) -> None:
    who, _codes = with_factor(real, session)
    raw = session.connection().exec_driver_sql("SELECT secret FROM second_factor").scalar_one()
    assert secret_of(session, who) not in raw


def test_pages_of_somebody_with_a_second_step_ask_no_more_questions(real: Flask, session: Session) -> None:
    who = account(session)
    client = sign_in(real.test_client(), who.login)
    set_up(client, session, who)
    with real.app_context(), counted() as sent:
        client.get("/messages")
    assert len(sent) <= 6, "\n".join(sent)
