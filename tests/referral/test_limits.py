"""Tries are counted once each, however many ask at the same moment."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from models import Account, RateLimit, Role
from referral import limits
from referral.extensions import db
from tests.factories import AT, make_account

MINUTE = timedelta(minutes=1)
AT_ONCE, MOST, ROUNDS = 8, 10, 4


def tries(session: Session, number: int, *, key: str = "somebody", after: timedelta = timedelta()) -> int:
    waits = [limits.take(session, key, most=MOST, per=10 * MINUTE, at=AT + after) for _ in range(number)]
    return sum(wait is None for wait in waits)


def test_a_bucket_gives_what_it_holds_and_fills_up_again(session_on_both: Session) -> None:
    assert tries(session_on_both, 15) == MOST
    assert limits.take(session_on_both, "somebody", most=MOST, per=10 * MINUTE, at=AT) == MINUTE
    assert tries(session_on_both, 15, key="somebody else") == MOST
    assert tries(session_on_both, 15, after=MINUTE) == 1
    assert tries(session_on_both, 15, after=60 * MINUTE) == MOST


def test_what_was_no_guess_is_given_back(session_on_both: Session) -> None:
    assert tries(session_on_both, 10) == MOST
    limits.give_back(session_on_both, "somebody", most=MOST, per=10 * MINUTE)
    assert tries(session_on_both, 5) == 1


def test_nothing_written_before_is_committed_by_counting(session: Session) -> None:
    session.add(Account(login="x", name="x", role=Role.ADMINISTRATOR, password_hash="!"))
    with pytest.raises(RuntimeError, match="before anything is written"):
        limits.take(session, "x", most=1, per=MINUTE, at=AT)


def test_the_table_tells_nobody_who_tried_and_forgets(session: Session) -> None:
    tries(session, 1, key="liumin")
    assert "liumin" not in session.query(RateLimit).one().key
    assert limits.forget(session, AT + timedelta(hours=2)) == 1


def barrier_start(app: Flask, work: Callable[[], bool]) -> int:
    """How many of the threads that begin at one moment got one."""
    barrier, got = Barrier(AT_ONCE), []

    def run() -> None:
        with app.app_context():
            barrier.wait()
            got.extend(work() for _ in range(ROUNDS))

    threads = [Thread(target=run) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(got)


def test_threads_that_start_together_get_no_try_twice(make_app: Callable[..., Flask], database_url: str) -> None:
    app = make_app(database_url)
    taken = barrier_start(app, lambda: tries(db.session, 1) == 1)
    assert taken == MOST, f"{AT_ONCE * ROUNDS} tries at once, {taken} granted of {MOST}"


def test_counting_first_and_taking_afterwards_would_grant_too_many(
    make_app: Callable[..., Flask], database_url: str
) -> None:
    """The naive way breaks under the same start, so the test above can fail."""
    if database_url.startswith("sqlite"):
        return  # there one writer at a time hides it
    app = make_app(database_url)
    with app.app_context():
        make_account(db.session, Role.ADMINISTRATOR, login="counter", session_number=0)
        db.session.commit()

    def naive() -> bool:
        account = db.session.query(Account).filter_by(login="counter").one()
        used = account.session_number
        if used >= MOST:
            return False
        db.session.query(Account).update({"session_number": used + 1})
        db.session.commit()
        return True

    assert barrier_start(app, naive) > MOST


TAKING = """
import sys
from datetime import timedelta
from referral import create_app, limits
from referral.extensions import db
from tests.factories import AT
app = create_app({"DATABASE_URL": sys.argv[1], "DEMONSTRATION": True})
with app.app_context():
    db.session.connection()
    print("ready", flush=True)
    db.session.rollback()
    sys.stdin.readline()
    print(sum(limits.take(db.session, "somebody", most=10, per=timedelta(minutes=10), at=AT) is None for _ in range(8)))
"""


@pytest.mark.slow
def test_processes_share_one_bucket(make_app: Callable[..., Flask], database_url: str) -> None:
    make_app(database_url)
    command = [sys.executable, "-c", TAKING, database_url]
    pipe = subprocess.PIPE
    workers = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=os.environ) for _ in range(2)]
    for worker in workers:
        assert worker.stdout
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin
        worker.stdin.write("go\n")
        worker.stdin.flush()
    granted = [int(worker.communicate(timeout=60)[0]) for worker in workers]
    assert sum(granted) == MOST, granted
