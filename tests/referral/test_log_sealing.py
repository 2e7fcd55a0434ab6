"""Several sealers at once make one chain; PostgreSQL's application role can only add to the log."""

import threading
import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from models import LogEntry, LogKind, LogSeal
from referral import clock, log
from referral.access import as_installation
from referral.extensions import db
from referral.log import sealing
from referral.log.entries import Who, entry, insert
from referral.log.verifying import check
from tests import databases, postgres
from tests.conftest import MakeApp
from tests.factories import make_need


@pytest.mark.slow
def test_sealers_at_once_do_not_fork_the_chain(session_on_both: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four sealers, small batches, two writers beside them."""
    monkeypatch.setattr(sealing, "BATCH", 20)
    engine = session_on_both.get_bind().engine
    session_on_both.rollback()
    sealed, failed, stop = [0] * 4, [0] * 4, threading.Event()
    barrier = threading.Barrier(6)

    def work(number: int) -> None:
        barrier.wait()
        while not stop.is_set():
            try:
                sealed[number] += sealing.seal(engine, clock.now())
            except (sa.exc.IntegrityError, OperationalError):
                failed[number] += 1

    def write() -> None:
        barrier.wait()
        for _batch in range(40):
            with engine.begin() as connection:
                insert(connection, [entry(LogKind.NOTE, Who(), code="beside") for _number in range(10)])

    sealers = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    writers = [threading.Thread(target=write) for _number in range(2)]
    for thread in (*sealers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    deadline = time.monotonic() + 30
    while sum(sealed) < 800 and time.monotonic() < deadline:
        time.sleep(0.05)
    stop.set()
    for thread in sealers:
        thread.join()
    with engine.connect() as connection:
        sequences = connection.scalars(sa.select(LogSeal.sequence).order_by(LogSeal.sequence)).all()
        written = connection.scalar(sa.select(sa.func.count()).select_from(LogEntry))
    assert list(sequences) == list(range(1, 801))
    assert written == sum(sealed) == 800
    assert check(engine, at=clock.now()).faults == []


@pytest.fixture
def role() -> Iterator[str]:
    """A role of PostgreSQL without any rights."""
    with postgres.working_role(databases.run_folder()) as name:
        yield name


@pytest.mark.postgres
def test_the_application_role_can_work_and_only_add_to_the_log(make_app: MakeApp, postgres_url: str, role: str) -> None:
    owner = make_app(postgres_url)
    granted = owner.test_cli_runner().invoke(args=["audit", "grant", role])
    assert granted.exit_code == 0, granted.output
    app: Flask = make_app(make_url(postgres_url).set(username=role).render_as_string(hide_password=False))
    with app.app_context():
        as_installation(db.session, because="test")
        assert db.session.scalar(sa.text("SELECT current_user")) == role
        need = make_need(db.session)
        log.note(db.session, "worked", person_id=need.person_id)
        db.session.commit()
        db.session.rollback()
        assert sealing.seal(db.engine, clock.now()) > 3
        assert check(db.engine, at=clock.now()).faults == []
        refused = 0
        for statement in (
            "UPDATE log_entry SET code = 'x'",
            "DELETE FROM log_entry",
            "TRUNCATE log_entry",
            "UPDATE log_seal SET digest = 'x'",
            "DELETE FROM log_seal",
            "TRUNCATE log_seal",
            "ALTER TABLE log_entry DISABLE TRIGGER ALL",
            "DROP TRIGGER log_entry_only_grows ON log_entry",
            "DROP TABLE log_entry",
            "UPDATE alembic_version SET version_num = '0001'",
        ):
            with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), db.engine.begin() as one:
                one.exec_driver_sql(statement)
            refused += 1
        assert refused == 10


@pytest.mark.postgres
def test_a_role_that_could_get_round_it_is_refused(make_app: MakeApp, postgres_url: str) -> None:
    runner = make_app(postgres_url).test_cli_runner()
    assert "superuser" in runner.invoke(args=["audit", "grant", "postgres"]).output
    assert "no role" in runner.invoke(args=["audit", "grant", "nobody_here"]).output


def test_roles_are_a_matter_of_postgresql(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["audit", "grant", "anybody"])
    assert result.exit_code == 2
