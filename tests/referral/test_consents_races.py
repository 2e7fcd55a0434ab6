"""A withdrawal at the same moment as an acceptance or a sending stands, on both databases."""

import sys
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from models import (
    Account,
    Consent,
    ConsentWay,
    Referral,
    ReferralStatus,
    Role,
)
from models.errors import DomainError
from referral import clock
from referral.access import as_installation
from referral.actions import consents, referrals, sending
from referral.extensions import db
from referral.transactions import transaction
from tests.conftest import MakeApp
from tests.factories import (
    make_account,
    make_capacity,
    make_consent,
    make_need,
    make_term,
    provider_of,
)
from tests.queries import sign_in
from tests.referral.test_consents_seen import SECRETS, Sent

ROUNDS = 6


@pytest.fixture
def racing(make_app: MakeApp, database_url: str) -> Flask:
    options: dict[str, Any] = {"pool_size": 8, "max_overflow": 0}
    if database_url.startswith("sqlite"):
        options["connect_args"] = {"timeout": 60}
    return make_app(database_url, SQLALCHEMY_ENGINE_OPTIONS=options)


def at_once(app: Flask, *works: Callable[[Session], Any]) -> list[str]:
    """Do several things from one barrier, each in a session of its own, and say how each ended."""
    barrier = Barrier(len(works))

    def run(work: Callable[[Session], Any]) -> str:
        with app.app_context(), Session(db.engine) as session:
            as_installation(session, because="a race")
            with db.engine.connect():
                barrier.wait(30)
            try:
                with transaction(session):
                    work(session)
            except (DomainError, StaleDataError, OperationalError) as error:
                return type(error).__name__
            return "done"

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def prepared(app: Flask) -> tuple[uuid.UUID, uuid.UUID, uuid.UUID, str]:
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        as_installation(session, because="a race")
        with transaction(session):
            made = Sent(session)
        assert made.consent is not None
        return made.referral.id, made.consent.id, made.officer.id, made.officer.login


@pytest.mark.slow
def test_whoever_wins_a_withdrawal_stands_and_no_page_shows_anything(racing: Flask) -> None:
    ended: list[tuple[str, str]] = []
    for _round in range(ROUNDS):
        referral_id, consent_id, officer_id, login = prepared(racing)

        def accept(session: Session, referral_id: Any = referral_id, officer_id: Any = officer_id) -> None:
            referral = session.get_one(Referral, referral_id)
            referrals.accept(session, referral, by=session.get_one(Account, officer_id), at=clock.now())

        def take_back(session: Session, consent_id: Any = consent_id) -> None:
            consent = session.get_one(Consent, consent_id)
            consents.withdraw(session, consent, by=None, at=clock.now(), way=ConsentWay.SPOKEN)

        accepted, withdrawn = at_once(racing, accept, take_back)
        ended.append((accepted, withdrawn))
        assert withdrawn == "done"
        client = racing.test_client()
        sign_in(client, login)
        pages = ["/inbox", "/inbox?box=going", "/inbox?box=ended", f"/inbox/{referral_id}", "/clients"]
        shown = "".join(client.get(page).get_data(as_text=True) for page in pages)
        assert [secret for secret in SECRETS.values() if secret in shown] == []
        with racing.app_context(), Session(db.engine) as session:
            as_installation(session, because="a race")
            assert session.get_one(Referral, referral_id).status is ReferralStatus.CANCELLED
    sys.stdout.write(f"\n{ROUNDS} withdrawals against acceptances: {ended}\n")


@pytest.mark.slow
def test_a_referral_sent_at_the_moment_of_a_withdrawal_is_ended_by_it(racing: Flask) -> None:
    ended = []
    for _round in range(ROUNDS):
        with racing.app_context(), Session(db.engine, expire_on_commit=False) as session:
            as_installation(session, because="a race")
            with transaction(session):
                term = make_term(session)
                capacity = make_capacity(session, term=term, at=clock.now())
                need = make_need(session, term=term, at=clock.now())
                consent = make_consent(session, need.person_id, provider_of(session, capacity), at=clock.now())
                officer = make_account(session, Role.PROVIDER_OFFICER, organization_id=provider_of(session, capacity))
            keys = need.id, capacity.id, consent.id, officer.id

        def send(session: Session, keys: tuple[Any, ...] = keys) -> None:
            from models import Capacity, Need

            need, capacity = session.get_one(Need, keys[0]), session.get_one(Capacity, keys[1])
            sending.request(session, need, capacity, by=None, at=clock.now())

        def take_back(session: Session, keys: tuple[Any, ...] = keys) -> None:
            consents.withdraw(
                session, session.get_one(Consent, keys[2]), by=None, at=clock.now(), way=ConsentWay.SPOKEN
            )

        ended.append(tuple(at_once(racing, send, take_back)))
        with racing.app_context(), Session(db.engine) as session:
            as_installation(session, because="a race")
            alive = session.scalars(
                sa.select(Referral).where(Referral.need_id == keys[0], Referral.status == ReferralStatus.REQUESTED)
            ).all()
            assert alive == []
    sys.stdout.write(f"\n{ROUNDS} withdrawals against sendings: {ended}\n")
    assert all(withdrawn == "done" for _sent, withdrawn in ended)
