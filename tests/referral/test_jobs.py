"""Jobs: each is done once in its slot, whoever else is doing it, and a failed one leaves nothing half done."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import JobRun, JobStatus, MessageKind, ReferralStatus
from referral import jobs
from referral.actions import upkeep
from referral.extensions import db
from tests.factories import AT
from tests.referral.clockwork import after, job, requested, told

MakeApp = Callable[..., Flask]


def test_a_job_is_done_once_in_each_slot(session_on_both: Session) -> None:
    referral = requested(session_on_both)
    at = after(referral)
    results = [jobs.run(session_on_both, job("expire_referrals"), at).result for _time in range(2)]
    later = jobs.run(session_on_both, job("expire_referrals"), at + timedelta(minutes=5)).result
    assert [*results, later] == ["done", "skipped", "done"]
    assert told(session_on_both, MessageKind.REFERRAL_EXPIRED) == 2  # one for the provider, one for the station


def test_slots_are_those_of_the_day_in_china() -> None:
    at = datetime(2026, 11, 22, 16, 7, tzinfo=UTC)
    assert job("expire_referrals").slot(at) == "2026-11-23 00:05"
    assert job("remind_providers").slot(at) == "2026-11-23 00:00"
    assert job("tell_of_checks").slot(at - timedelta(hours=1)) == "2026-11-22 00:00"


def test_of_sixteen_at_once_one_does_the_job(make_app: MakeApp, database_url: str) -> None:
    app = make_app(database_url)
    with app.app_context():
        at = after(requested(db.session))
    start = threading.Barrier(16)
    reports: list[jobs.Report] = []

    def contend() -> None:
        with app.app_context():
            start.wait()
            reports.append(jobs.run(db.session, job("expire_referrals"), at))

    threads = [threading.Thread(target=contend) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(report.result for report in reports) == ["done"] + ["skipped"] * 15
    with app.app_context():
        assert told(db.session, MessageKind.REFERRAL_EXPIRED) == 2
        assert db.session.scalar(sa.select(sa.func.count(JobRun.id))) == 1


def test_a_job_that_failed_leaves_nothing_but_its_name_and_is_tried_again(
    session_on_both: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_on_both
    referral = requested(session)

    def broken(session: Session, at: datetime) -> dict[str, int]:
        upkeep.expire_referrals(session, at)
        raise ValueError("王秘密")

    at = after(referral)
    failing = jobs.Job("expire_referrals", timedelta(minutes=5), broken)
    assert jobs.run(session, failing, at).result == "failed"
    session.expire_all()
    assert referral.status is ReferralStatus.REQUESTED
    run = session.scalars(sa.select(JobRun)).one()
    assert run.status is JobStatus.FAILED
    assert run.failure is not None
    assert run.failure.startswith("ValueError (test_jobs.py:")
    session.commit()
    assert jobs.run(session, job("expire_referrals"), at).result == "done"
    session.expire_all()
    assert referral.status is ReferralStatus.EXPIRED


def test_runs_older_than_thirty_days_are_dropped_and_failures_kept(session_on_both: Session) -> None:
    session = session_on_both
    for slot, age, status in [("a", 31, JobStatus.DONE), ("b", 31, JobStatus.FAILED), ("c", 29, JobStatus.DONE)]:
        session.add(JobRun(job="x", slot=slot, status=status, started_at=AT - timedelta(days=age), counts={}))
    session.commit()
    assert upkeep.forget_old_runs(session, AT) == {"dropped": 1}
    assert set(session.scalars(sa.select(JobRun.slot))) == {"b", "c"}


def test_the_command_does_all_once_and_prints_what_was_done(app: Flask, session: Session) -> None:
    requested(session)
    runner = app.test_cli_runner()
    first = runner.invoke(args=["jobs", "--once"])
    assert first.exit_code == 0, first.output
    assert "expire_referrals" in first.output
    assert "expired 1" in first.output  # the referral is of the past
    listed = runner.invoke(args=["jobs", "list"])
    assert listed.exit_code == 0, listed.output
    assert all(one.name in listed.output for one in jobs.JOBS)
