"""One process leads the jobs; when it dies, another takes over and the work is done."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from models import JobRun, Referral
from referral.extensions import db
from referral.scheduler import FileLock, PostgresLock
from tests.referral.clockwork import requested

MakeApp = Callable[..., Flask]
HERE = Path(__file__).resolve().parents[2]


def test_only_one_process_leads_on_sqlite(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert (first.take(), second.take()) == (True, False)
    first.release()
    assert second.take()
    second.release()


@pytest.mark.postgres
def test_only_one_process_leads_on_postgresql(make_app: MakeApp, postgres_url: str) -> None:
    with make_app(postgres_url).app_context():
        first, second = PostgresLock(db.engine), PostgresLock(db.engine)
        assert (first.take(), second.take(), first.held()) == (True, False, True)
        first.release()
        assert second.take()
        second.release()


def leader(url: str, instance: Path) -> "subprocess.Popen[str]":
    """A process `referral jobs` on a database."""
    code = "import sys; sys.argv = ['referral', 'jobs']; from referral.cli import main; main()"
    import os

    env = os.environ | {
        "REFERRAL_DATABASE_URL": url, "REFERRAL_INSTANCE": str(instance), "REFERRAL_SECRET_KEY": "x" * 32,
        "LANG": "en_US.UTF-8",
    }  # fmt: skip
    return subprocess.Popen([sys.executable, "-u", "-c", code], cwd=HERE, env=env, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_after_kill_9_another_process_takes_over_and_the_work_is_done(
    make_app: MakeApp, database_url: str, tmp_path: Path
) -> None:
    processes = [leader(database_url, tmp_path)]
    try:
        assert processes[0].stdout is not None
        assert "This process does the jobs" in processes[0].stdout.readline()
        processes.append(leader(database_url, tmp_path))
        assert processes[1].stdout is not None
        assert "Another process" in processes[1].stdout.readline()
        with make_app(database_url).app_context():
            referral = requested(db.session)
            db.session.execute(sa.delete(JobRun))
            db.session.commit()
            killed = time.monotonic()
            processes[0].send_signal(signal.SIGKILL)
            assert "This process does the jobs" in processes[1].stdout.readline()
            taken_over = time.monotonic() - killed
            for _attempt in range(100):
                db.session.rollback()
                if db.session.scalar(sa.select(Referral.status).where(Referral.id == referral.id)) == "expired":
                    break
                db.session.rollback()
                time.sleep(0.1)
            else:
                pytest.fail("the new leader did not do the work")
        assert taken_over < 10
    finally:
        for process in processes:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()
