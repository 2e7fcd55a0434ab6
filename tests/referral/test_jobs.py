"""The clock's work: each job does what it says, once, whoever else is doing it, on both databases."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import (
    CalendarDay,
    Capacity,
    CapacityKind,
    CheckKind,
    DayKind,
    JobRun,
    JobStatus,
    Message,
    MessageKind,
    Need,
    NeedStatus,
    ProviderCheck,
    Referral,
    ReferralStatus,
    Reservation,
    Round,
    RoundStatus,
)
from referral import clock, jobs
from referral.actions import capacity, places, referrals, upkeep
from referral.extensions import db
from referral.scheduler import FileLock, PostgresLock
from tests.factories import AT, COUNTY, make_account, make_capacity, make_need, make_organization

HERE = Path(__file__).resolve().parents[2]
MakeApp = Callable[..., Flask]


def requested(session: Session, **extra: Any) -> Referral:
    """A referral that waits for an answer until Thursday 24:00."""
    referral = referrals.request(session, make_need(session, **extra), make_capacity(session), by=None, at=AT)
    session.commit()
    return referral


def told(session: Session, kind: MessageKind) -> int:
    return session.scalar(sa.select(sa.func.count(Message.id)).where(Message.kind == kind)) or 0


def job(name: str) -> jobs.Job:
    return next(one for one in jobs.JOBS if one.name == name)


def after(referral: Referral) -> datetime:
    assert referral.answer_by is not None
    return referral.answer_by + timedelta(minutes=1)


def test_a_referral_nobody_answered_expires_and_its_need_and_place_are_free(session_on_both: Session) -> None:
    session = session_on_both
    referral = requested(session)
    assert jobs.run(session, job("expire_referrals"), after(referral)).counts == {"expired": 1, "skipped": 0}
    session.expire_all()
    assert referral.status is ReferralStatus.EXPIRED
    assert session.get_one(Need, referral.need_id).status is NeedStatus.OPEN
    assert session.get_one(Capacity, referral.capacity_id).reserved == 0


def test_a_referral_that_still_has_time_is_left_alone(session_on_both: Session) -> None:
    referral = requested(session_on_both)
    assert referral.answer_by is not None
    before = jobs.run(session_on_both, job("expire_referrals"), referral.answer_by - timedelta(seconds=1))
    assert before.counts == {"expired": 0, "skipped": 0}


def test_one_referral_that_was_answered_meanwhile_does_not_stop_the_others(
    session_on_both: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_on_both
    first, second = requested(session), requested(session)
    real = referrals.expire

    def answered_first(session: Session, referral: Referral, *, at: datetime) -> None:
        if referral.id == first.id:
            raise referrals.AlreadyReferred
        real(session, referral, at=at)

    monkeypatch.setattr(upkeep.referrals, "expire", answered_first)
    report = jobs.run(session, job("expire_referrals"), after(first))
    assert report.counts == {"expired": 1, "skipped": 1}
    session.expire_all()
    assert (first.status, second.status) == (ReferralStatus.REQUESTED, ReferralStatus.EXPIRED)


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


def test_a_provider_is_reminded_once_on_the_last_working_day(session_on_both: Session) -> None:
    session = session_on_both
    referral = requested(session)  # Monday; normal urgency: to be answered by Thursday 24:00
    remind = job("remind_providers")
    assert jobs.run(session, remind, AT + timedelta(days=2)).counts == {"reminded": 0}
    assert jobs.run(session, remind, AT + timedelta(days=3)).counts == {"reminded": 1}
    assert jobs.run(session, remind, AT + timedelta(days=3, hours=2)).counts == {"reminded": 0}
    session.expire_all()
    assert referral.reminded_at == AT + timedelta(days=3)
    message = session.scalars(sa.select(Message).where(Message.kind == MessageKind.REFERRAL_REMINDER)).one()
    assert message.organization_id == referral.organization_id


def test_the_last_day_to_answer_is_a_working_day(session_on_both: Session) -> None:
    session = session_on_both
    thursday = AT.date() + timedelta(days=3)
    referral = requested(session)
    session.add(CalendarDay(day=thursday, kind=DayKind.HOLIDAY, note="停工", source="测试"))
    session.commit()
    assert jobs.run(session, job("remind_providers"), AT + timedelta(days=2)).counts == {"reminded": 1}
    assert referral.id


def test_coordinators_are_told_once_of_a_need_that_is_overdue(session_on_both: Session) -> None:
    session = session_on_both
    need = make_need(session)
    session.commit()
    tell = job("tell_of_overdue_needs")
    assert jobs.run(session, tell, need.due_at - timedelta(seconds=1)).counts == {"told": 0}
    assert jobs.run(session, tell, need.due_at).counts == {"told": 1}
    assert jobs.run(session, tell, need.due_at + timedelta(days=1)).counts == {"told": 0}
    message = session.scalars(sa.select(Message).where(Message.kind == MessageKind.NEED_OVERDUE)).one()
    assert (message.area_code, message.facts) == (need.area_code, {"number": need.number})


def test_a_check_that_ends_soon_is_told_of_once_unless_it_was_renewed(session_on_both: Session) -> None:
    session = session_on_both
    soon, renewed = make_organization(session, area_code=COUNTY), make_organization(session, area_code=COUNTY)
    day = AT.date()

    def check(organization: Any, ends: date) -> ProviderCheck:
        begins = ends - timedelta(days=365)
        return ProviderCheck(
            organization_id=organization.id, kind=CheckKind.CHILD_SAFETY, valid_from=begins, valid_to=ends
        )

    in_time = day + timedelta(days=30)
    session.add_all([check(soon, in_time), check(renewed, in_time), check(renewed, day + timedelta(days=300))])
    session.add(check(make_organization(session), day + timedelta(days=31)))
    session.commit()
    tell = job("tell_of_checks")
    assert jobs.run(session, tell, AT).counts == {"told": 2}  # the organization and the coordinators
    assert jobs.run(session, tell, AT + timedelta(days=1)).counts == {"told": 2}  # the one of 31 days, now 30
    readers = session.execute(sa.select(Message.organization_id, Message.area_code).order_by(Message.written_at)).all()
    assert (soon.id, None) in [tuple(reader) for reader in readers]
    assert renewed.id not in [reader[0] for reader in readers]


def test_a_round_whose_computation_died_is_marked_as_failed(session_on_both: Session) -> None:
    session = session_on_both
    coordinator = make_account(session)

    def running(number: str, since: timedelta, area: str) -> Round:
        return Round(
            number=number, area_code=area, status=RoundStatus.RUNNING, at=AT, seed=1, params={},
            started_by_id=coordinator.id, started_at=AT - since,
        )  # fmt: skip

    from tests.factories import OTHER_COUNTY, make_area

    dead = running("M1", timedelta(minutes=31), COUNTY)
    alive = running("M2", timedelta(minutes=5), make_area(session, OTHER_COUNTY).code)
    session.add_all([dead, alive])
    session.commit()
    assert jobs.run(session, job("fail_dead_rounds"), AT).counts == {"failed": 1}
    session.expire_all()
    assert (dead.status, alive.status) == (RoundStatus.FAILED, RoundStatus.RUNNING)


def test_places_held_at_a_time_go_on_into_the_next_period_and_are_freed_there(session_on_both: Session) -> None:
    session = session_on_both
    old = make_capacity(session, places=3, kind=CapacityKind.CONCURRENT)
    referral = referrals.request(session, make_need(session), old, by=None, at=AT)
    there = old.service_at_location_id
    next_day = old.ends_on + timedelta(days=1)
    new = Capacity(
        service_at_location_id=there, kind=CapacityKind.CONCURRENT, starts_on=next_day,
        ends_on=next_day + timedelta(days=30), unit="次", places=2,
    )  # fmt: skip
    session.add(new)
    session.commit()
    begin = job("begin_periods")
    assert jobs.run(session, begin, clock.start_of(old.ends_on)).counts == {"carried": 0}
    assert jobs.run(session, begin, clock.start_of(next_day)).counts == {"carried": 1}
    assert jobs.run(session, begin, clock.start_of(next_day) + timedelta(hours=1)).counts == {"carried": 0}
    session.expire_all()
    assert (old.reserved, new.reserved, new.left) == (0, 1, 1)
    assert session.scalars(sa.select(Reservation)).one().capacity_id == new.id
    assert referral.capacity_id == new.id
    places.free_place(session, referral, at=AT)
    session.expire_all()
    assert (old.reserved, new.reserved) == (0, 0)


def test_a_quota_is_not_carried_into_the_next_period(session_on_both: Session) -> None:
    session = session_on_both
    old = make_capacity(session, places=3, kind=CapacityKind.QUOTA)
    referrals.request(session, make_need(session), old, by=None, at=AT)
    next_day = old.ends_on + timedelta(days=1)
    session.add(
        Capacity(
            service_at_location_id=old.service_at_location_id, kind=CapacityKind.QUOTA, starts_on=next_day,
            ends_on=next_day + timedelta(days=30), unit="次", places=2,
        )
    )  # fmt: skip
    session.commit()
    assert capacity.begin_periods(session, clock.start_of(next_day)) == {"carried": 0}


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
