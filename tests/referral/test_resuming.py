"""A round whose process is killed leaves nothing half done, and taken up again it is the same round."""

import multiprocessing
import os
import signal
import time
import uuid
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import Need, NeedStatus, Proposal, Round, RoundOpening, RoundStatus
from models.errors import WrongStep
from referral import clock, roundwork
from referral.actions import resuming, rounds, upkeep
from referral.extensions import db
from referral.transactions import transaction
from tests.conftest import MakeApp
from tests.factories import AT, COUNTY, make_account, make_capacity, make_need, make_term
from tests.queries import sign_in
from tests.referral.test_rounds import district

PLACES = {
    "gather": ("referral.roundwork", "gather"),
    "solve": ("referral.roundwork", "solved"),
    "write": ("referral.actions.rounds", "tell"),
}
"""Where the process is killed: inside this function of a round's computation."""


def _compute_and_hang(url: str, key: uuid.UUID, where: str, there: Any) -> None:
    """A process of its own: begins the round and stops for ever in the middle."""
    import importlib

    from tests import databases

    def hang(*_args: Any, **_kwargs: Any) -> None:
        there.set()
        time.sleep(600)

    module, name = PLACES[where]
    setattr(importlib.import_module(module), name, hang)
    with databases.application(url) as app, app.app_context(), Session(db.engine) as session:
        roundwork.compute(session, key)


def killed_in(url: str, key: uuid.UUID, where: str) -> None:
    """Let another process compute a round and kill it there."""
    context = multiprocessing.get_context("spawn")
    there = context.Event()
    process = context.Process(target=_compute_and_hang, args=(url, key, where, there))
    process.start()
    try:
        assert there.wait(120), f"the computation never came to {where}"
    finally:
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join(30)


def plan(session: Session, key: uuid.UUID) -> list[tuple[Any, ...]]:
    statement = sa.select(Proposal.need_id, Proposal.capacity_id, Proposal.cost).where(Proposal.round_id == key)
    return [tuple(row) for row in session.execute(statement.order_by(Proposal.need_id))]


def prepared(app: Flask) -> tuple[uuid.UUID, str, list[tuple[Any, ...]]]:
    """A round that waits, and what it must find: the digest and plan of the same round computed before."""
    with app.app_context(), Session(db.engine) as session, transaction(session):
        make_account(session)
        district(session)
        whole = rounds.run_round(session, area=COUNTY, at=AT, seed=5)
        digest, expected = whole.certificate["digest"], plan(session, whole.id)
        rounds.end_round(session, whole, at=AT)
        whole.status = RoundStatus.DISCARDED
        return rounds.start_round(session, area=COUNTY, at=AT, seed=5).id, digest, expected


@pytest.mark.slow
@pytest.mark.parametrize("where", PLACES)
def test_killed_anywhere_it_leaves_nothing_and_comes_out_the_same(
    make_app: MakeApp, database_url: str, where: str
) -> None:
    app = make_app(database_url)
    key, digest, expected = prepared(app)
    with app.app_context():
        db.engine.dispose()
    killed_in(database_url, key, where)
    with app.app_context(), Session(db.engine) as session:
        with transaction(session):
            assert session.get_one(Round, key).status is RoundStatus.RUNNING
            assert session.scalar(sa.select(sa.func.count(RoundOpening.id)).where(RoundOpening.round_id == key)) == 0
            assert plan(session, key) == []
            assert set(session.scalars(sa.select(Need.status))) == {NeedStatus.OPEN}
            later = clock.now() + upkeep.ROUND_DIES_AFTER + timedelta(minutes=1)
            assert upkeep.fail_dead_rounds(session, later) == {"failed": 1}
        assert roundwork.resume(session, key, by_id=None) is RoundStatus.PROPOSED
        with transaction(session):
            again = session.get_one(Round, key)
            assert (again.seed, again.at) == (5, AT)
            assert again.certificate["digest"] == digest
            assert plan(session, key) == expected


def test_a_process_that_was_given_up_and_still_lives_can_no_longer_write(
    session_on_both: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_on_both
    district(session)
    key = rounds.start_round(session, area=COUNTY, at=AT).id
    session.commit()
    plain = roundwork.solved

    def taken_up_meanwhile(*args: Any, **kwargs: Any) -> Any:
        monkeypatch.setattr(roundwork, "solved", plain)
        with Session(session.get_bind()) as other:
            assert roundwork.resume(other, key, by_id=None) is RoundStatus.PROPOSED
        return plain(*args, **kwargs)

    monkeypatch.setattr(roundwork, "solved", taken_up_meanwhile)
    assert roundwork.compute(session, key) is RoundStatus.PROPOSED
    assert len(plan(session, key)) == 30  # once


def test_only_a_round_that_stopped_is_taken_up_again(session_on_both: Session) -> None:
    session = session_on_both
    district(session)
    done = rounds.run_round(session, area=COUNTY, at=AT)
    with pytest.raises(WrongStep):
        resuming.begin_again(session, done, at=AT)
    session.rollback()


def test_a_round_is_not_taken_up_after_a_newer_one(session_on_both: Session) -> None:
    session = session_on_both
    district(session)
    stopped = rounds.start_round(session, area=COUNTY, at=AT)
    rounds.give_up(session, stopped.id, failure="stopped", at=AT)
    session.commit()
    rounds.run_round(session, area=COUNTY, at=AT)
    session.commit()
    with pytest.raises(resuming.RoundOvertaken):
        resuming.begin_again(session, stopped, at=AT)


def test_while_another_is_at_work_it_waits(session_on_both: Session) -> None:
    session = session_on_both
    district(session)
    stopped = rounds.start_round(session, area=COUNTY, at=AT)
    rounds.give_up(session, stopped.id, failure="stopped", at=AT)
    rounds.start_round(session, area=COUNTY, at=AT)
    session.commit()
    with pytest.raises(rounds.RoundAtWork):
        resuming.begin_again(session, stopped, at=AT)


def test_a_coordinator_takes_a_stopped_round_up_from_its_page(app: Flask) -> None:
    with app.app_context():
        engine = db.engine
    with Session(engine) as session:
        login = make_account(session).login
        make_need(session, term=make_term(session), at=clock.now())
        make_capacity(session, term=make_term(session), at=clock.now())
        stopped = rounds.start_round(session, area=COUNTY, at=clock.now())
        rounds.give_up(session, stopped.id, failure="stopped", at=clock.now())
        address = f"/coordination/rounds/{stopped.id}"
        session.commit()
    client = sign_in(app.test_client(), login)
    assert f"{address}/resume" in client.get(address).get_data(as_text=True)
    assert client.post(f"{address}/resume").status_code == 302
    with Session(engine) as session:
        assert session.scalars(sa.select(Round.status)).all() == [RoundStatus.PROPOSED]
    assert client.post(f"{address}/resume").status_code == 409


def test_the_command_takes_a_stopped_round_up_by_its_number(make_app: MakeApp, database_url: str) -> None:
    app = make_app(database_url)
    key, digest, expected = prepared(app)
    with app.app_context(), Session(db.engine) as session, transaction(session):
        rounds.give_up(session, key, failure="stopped", at=AT)
        number = session.get_one(Round, key).number
    runner = app.test_cli_runner()
    result = runner.invoke(args=["round", "--resume", number])
    assert result.exit_code == 0, result.output
    assert digest in result.output
    with app.app_context(), Session(db.engine) as session:
        assert plan(session, key) == expected
    again = runner.invoke(args=["round", "--resume", number])
    assert again.exit_code == 1
    assert "did not stop" in again.output or "并未中断" in again.output
