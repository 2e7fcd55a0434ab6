"""One process does the jobs: the leader, who holds a lock that ends with the process, however it ends."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Protocol

import sqlalchemy as sa
import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask
from sqlalchemy.exc import DBAPIError

from referral import clock, jobs
from referral.extensions import db
from referral.log.sealing import Sealer

log = structlog.get_logger()
ADVISORY_KEY = 0x5975616E7169616F
"""`Yuanqiao`: the advisory lock of the jobs on PostgreSQL."""
POLL_SECONDS = 1.0
"""How soon another process notices that the leader is gone."""


class Lock(Protocol):
    """What makes one process the leader."""

    def take(self) -> bool:
        """Try to become the leader; say whether this process is it."""

    def held(self) -> bool:
        """Say whether this process still is the leader."""

    def release(self) -> None:
        """Let another process lead."""


class PostgresLock:
    """An advisory lock of a connection of its own: the server frees it when the connection ends."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.connection: sa.Connection | None = None

    def take(self) -> bool:
        """See Lock."""
        try:
            if self.connection is None:
                fresh = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
                fresh.detach()
                self.connection = fresh
            return bool(self.connection.scalar(sa.select(sa.func.pg_try_advisory_lock(ADVISORY_KEY))))
        except DBAPIError:
            self.release()
            return False

    def held(self) -> bool:
        """See Lock."""
        try:
            return self.connection is not None and self.connection.scalar(sa.select(1)) == 1
        except DBAPIError:
            self.release()
            return False

    def release(self) -> None:
        """See Lock. The server sees the end of a connection a moment later; whoever waits need not wait for that."""
        if self.connection is not None:
            try:
                if not self.connection.invalidated:
                    self.connection.scalar(sa.select(sa.func.pg_advisory_unlock_all()))
                self.connection.close()
            except DBAPIError:
                self.connection.invalidate()
            self.connection = None


class FileLock:
    """A locked file beside the database: the system frees it when the process ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: IO[bytes] | None = None

    def take(self) -> bool:
        """See Lock."""
        if self.file is not None:
            return True
        file = self.path.open("ab")
        try:
            _lock(file)
        except OSError:
            file.close()
            return False
        self.file = file
        return True

    def held(self) -> bool:
        """See Lock."""
        return self.file is not None

    def release(self) -> None:
        """See Lock."""
        if self.file is not None:
            self.file.close()
            self.file = None


if os.name == "nt":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def lock_for(engine: sa.Engine, instance: Path) -> Lock:
    """Return the lock that fits a database: one for each database, wherever the process runs."""
    if engine.dialect.name == "postgresql":
        return PostgresLock(engine)
    place = engine.url.database
    return FileLock(Path(f"{place}.jobs-lock") if place and place != ":memory:" else instance / "jobs-lock")


def serve(app: Flask, stop: threading.Event, *, tell: Callable[[str], None]) -> None:
    """Do the jobs until `stop` is set; wait while another process leads, and take over when it is gone."""
    with app.app_context():
        lock = lock_for(db.engine, Path(app.instance_path))
    waiting = False
    while not stop.is_set():
        if not lock.take():
            if not waiting:
                tell("waiting")
                waiting = True
            stop.wait(POLL_SECONDS)
            continue
        tell("leading")
        waiting = False
        scheduler = _scheduler(app)
        scheduler.start()
        sealer = Sealer(app).start()
        while not stop.is_set() and lock.held():
            stop.wait(POLL_SECONDS)
        sealer.end()
        scheduler.shutdown(wait=True)
        lock.release()
        if not stop.is_set():
            tell("lost")


def _scheduler(app: Flask) -> BackgroundScheduler:
    """Return a scheduler with every job, each due at once and then again in each of its slots."""
    scheduler = BackgroundScheduler(
        timezone=clock.SHANGHAI,
        executors={"default": {"type": "threadpool", "max_workers": 1}},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    for job in jobs.JOBS:
        # Half of a short slot is the longest that a slot may wait: the row of the slot keeps the job to once in each.
        seconds = max(30, min(300, int(job.every.total_seconds() // 2)))
        scheduler.add_job(
            work, "interval", args=[app, job], id=job.name, seconds=seconds, next_run_time=clock.now(), jitter=None
        )
    return scheduler


def work(app: Flask, job: jobs.Job) -> None:
    """Do one job in a context of its own."""
    with app.app_context():
        report = jobs.run(db.session, job, clock.now())
        if report.result not in {"skipped", "early"}:
            log.info(report.result, job=report.job, slot=report.slot, **report.counts)
