"""Several people at once: the last place goes to one, a proposal becomes one referral, a killed batch goes on.

Each test prints what it counted and fails below a floor. Beside the race for the last place runs a mutant that reads,
checks and then writes: on PostgreSQL it must sell the place twice, or the race proves nothing.
"""

import multiprocessing
import os
import signal
import sys
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import Capacity, Decision, Need, NeedStatus, Proposal, Referral, Reservation, Round, RoundStatus, Urgency
from models.errors import DomainError, NoPlaceLeft
from referral import roundwork
from referral.actions import applying, deciding, rounds
from referral.extensions import db
from referral.transactions import transaction
from tests.conftest import MakeApp
from tests.factories import AT, COUNTY, agree, make_account, make_capacity, make_need, make_term, refer

AT_ONCE = 32


def say(counted: str) -> None:
    """Print what a race counted."""
    sys.stdout.write(f"\n{counted}\n")


def race(app: Flask, runners: int, work: Callable[[Session, int], object]) -> list[object]:
    """What each of several threads got, each with a session of its own, all let go at once."""
    barrier = Barrier(runners)

    def run(number: int) -> object:
        with app.app_context(), Session(db.engine) as session:
            with db.engine.connect():  # each has its own, so that opening one is no part of the race
                barrier.wait(30)
            try:
                return work(session, number)
            except DomainError as error:
                return error
            finally:
                session.rollback()

    with ThreadPoolExecutor(runners) as pool:
        return list(pool.map(run, range(runners)))


def roomy(make_app: MakeApp, url: str) -> Flask:
    """An application with a connection for each runner."""
    pool = {"pool_size": AT_ONCE + 4, "max_overflow": 0}
    if url.startswith("sqlite"):
        return make_app(url, SQLALCHEMY_ENGINE_OPTIONS={"connect_args": {"timeout": 60}, **pool})
    return make_app(url, SQLALCHEMY_ENGINE_OPTIONS=pool)


def one_place(app: Flask, needs: int) -> tuple[uuid.UUID, list[uuid.UUID], uuid.UUID]:
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session, transaction(session):
        term = make_term(session)
        capacity = make_capacity(session, term=term, places=1)
        people = [make_need(session, term=term) for _ in range(needs)]
        for need in people:
            agree(session, need, capacity)
        return capacity.id, [need.id for need in people], make_account(session).id


def counts(app: Flask, capacity_id: uuid.UUID) -> tuple[int, int, int, int]:
    with app.app_context(), Session(db.engine) as session:
        capacity = session.get_one(Capacity, capacity_id)
        held = session.scalar(sa.select(sa.func.count(Reservation.id))) or 0
        made = session.scalar(sa.select(sa.func.count(Referral.id))) or 0
        return capacity.places, capacity.reserved, held, made


@pytest.mark.slow
def test_of_32_at_once_one_gets_the_last_place(make_app: MakeApp, database_url: str) -> None:
    app = roomy(make_app, database_url)
    capacity_id, needs, _ = one_place(app, AT_ONCE)

    def send(session: Session, number: int) -> bool:
        with transaction(session):
            need, capacity = session.get_one(Need, needs[number]), session.get_one(Capacity, capacity_id)
            refer(session, need, capacity, by=None, at=AT, consent=False)
        return True

    found = race(app, AT_ONCE, send)
    won, lost = found.count(True), sum(isinstance(one, NoPlaceLeft) for one in found)
    say(f"won {won}, no place left {lost}, of {AT_ONCE}")
    assert (won, lost) == (1, AT_ONCE - 1)
    assert counts(app, capacity_id) == (1, 1, 1, 1)
    with app.app_context(), Session(db.engine) as session:
        states = list(session.scalars(sa.select(Need.status)))
    assert sorted(states) == sorted([NeedStatus.REFERRED] + [NeedStatus.OPEN] * (AT_ONCE - 1))


@pytest.mark.slow
@pytest.mark.postgres
def test_reading_checking_and_then_writing_sells_the_last_place_twice(make_app: MakeApp, postgres_url: str) -> None:
    app = roomy(make_app, postgres_url)
    capacity_id, _, _ = one_place(app, 1)
    with app.app_context(), Session(db.engine) as session, transaction(session):
        session.execute(sa.text("ALTER TABLE capacity DROP CONSTRAINT ck_capacity_never_overbooked"))
    looked = Barrier(AT_ONCE)

    def naive(session: Session, _number: int) -> bool:
        with transaction(session):
            row = session.execute(sa.select(Capacity.places, Capacity.reserved).where(Capacity.id == capacity_id)).one()
            looked.wait(30)
            if row.reserved >= row.places:
                return False
            session.execute(
                sa.update(Capacity).where(Capacity.id == capacity_id).values(reserved=Capacity.reserved + 1)
            )
        return True

    sold = race(app, AT_ONCE, naive).count(True)
    say(f"the naive version sold one place {sold} times")
    assert sold > 1
    assert counts(app, capacity_id)[1] == sold


def decided_round(app: Flask, *, needs: int, places: int) -> tuple[uuid.UUID, uuid.UUID, uuid.UUID]:
    """A round whose proposals are all accepted, with then only `places` places left."""
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        with transaction(session):
            term = make_term(session)
            capacity = make_capacity(session, term=term, places=needs)
            for number in range(needs):
                make_need(session, term=term, urgency=list(Urgency)[number % 4])
            by = make_account(session)
        with transaction(session):
            made = rounds.run_round(session, area=COUNTY, at=AT)
        with transaction(session):
            assert deciding.accept_all(session, session.get_one(Round, made.id), by=by, at=AT) == needs
            session.execute(sa.update(Capacity).where(Capacity.id == capacity.id).values(places=places))
        return made.id, capacity.id, by.id


@pytest.mark.slow
def test_of_32_appliers_of_one_round_nobody_refers_twice_or_overbooks(make_app: MakeApp, database_url: str) -> None:
    app = roomy(make_app, database_url)
    round_id, capacity_id, by_id = decided_round(app, needs=12, places=1)

    def apply(session: Session, _number: int) -> object:
        return roundwork.apply(session, round_id, by_id=by_id, at=AT)

    found = race(app, AT_ONCE, apply)
    made = sum(one[0] for one in found if isinstance(one, tuple))
    late = sum(isinstance(one, deciding.RoundNotOpen) for one in found)
    say(f"{AT_ONCE} appliers made {made} referrals for 12 proposals and 1 place; {late} came when all was done")
    assert made == 1
    assert counts(app, capacity_id) == (1, 1, 1, 1)
    with app.app_context(), Session(db.engine) as session:
        decisions = [tuple(row) for row in session.execute(sa.select(Proposal.decision, Proposal.failure))]
        assert decisions.count((Decision.APPLIED, None)) == 1
        assert decisions.count((Decision.FAILED, "no_place_left")) == 11
        assert session.get_one(Round, round_id).status is RoundStatus.APPLIED
        states = list(session.scalars(sa.select(Need.status)))
        assert (states.count(NeedStatus.REFERRED), states.count(NeedStatus.OPEN)) == (1, 11)


@pytest.mark.slow
def test_32_at_one_proposal_make_one_referral(make_app: MakeApp, database_url: str) -> None:
    app = roomy(make_app, database_url)
    round_id, capacity_id, _ = decided_round(app, needs=1, places=5)
    with app.app_context(), Session(db.engine) as session, transaction(session):
        (key,) = applying.to_apply(session, round_id)

    def one(session: Session, _number: int) -> bool:
        with transaction(session):
            return applying.apply_one(session, key, by=None, at=AT) is not None

    won = race(app, AT_ONCE, one).count(True)
    assert won == 1
    assert counts(app, capacity_id) == (5, 1, 1, 1)


def _apply_slowly(url: str, round_id: uuid.UUID, by_id: uuid.UUID) -> None:
    from tests.databases import application

    with application(url) as app, app.app_context(), Session(db.engine) as session:
        roundwork.apply(session, round_id, by_id=by_id, at=AT, progress=lambda _stage, _share: time.sleep(0.1))


@pytest.mark.slow
def test_a_batch_killed_in_the_middle_goes_on_where_it_was(make_app: MakeApp, database_url: str) -> None:
    app = make_app(database_url)
    round_id, capacity_id, by_id = decided_round(app, needs=20, places=20)
    with app.app_context():
        db.engine.dispose()
    process = multiprocessing.get_context("spawn").Process(target=_apply_slowly, args=(database_url, round_id, by_id))
    process.start()
    deadline = time.monotonic() + 60
    before = 0
    while before < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
        before = counts(app, capacity_id)[3]
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join(10)
    killed_at = counts(app, capacity_id)[3]
    say(f"killed after {killed_at} of 20 referrals")
    assert 3 <= killed_at < 20
    with app.app_context(), Session(db.engine) as session:
        assert session.get_one(Round, round_id).status is RoundStatus.APPLYING
        session.rollback()
        made, failed = roundwork.apply(session, round_id, by_id=by_id, at=AT)
        assert (made, failed) == (20 - killed_at, 0)
        session.rollback()
        assert session.get_one(Round, round_id).status is RoundStatus.APPLIED
    assert counts(app, capacity_id) == (20, 20, 20, 20)
