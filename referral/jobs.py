"""The work of the clock: which jobs there are, when each is due, and one process that does them.

A job is done once for each slot of time. The slot's row in `job_run` is written in the transaction of the job's
effect: whoever comes second finds it and leaves, and a process that is killed leaves neither row nor half an effect.
A long job (a round of matching) would keep others from writing: it does its work in short transactions of its own, and
the slot's row comes last; killed in the middle it goes on in the next run, and what it has done is not done twice.
"""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from models import JobRun, JobStatus
from models.base import new_key
from referral import clock, leaving, mail, roundjobs
from referral.access import as_installation
from referral.actions import (
    capacity,
    findings,
    flags,
    following_up,
    learning,
    learning_words,
    phone,
    plan_days,
    reporting,
    retaining,
    rights,
    scenarios,
    upkeep,
)
from referral.actions.upkeep import Counts
from referral.evaluation import counting, freezing
from referral.transactions import reading, transaction

log = structlog.get_logger()
Work = Callable[[Session, datetime], Counts]


def always(_at: datetime) -> bool:
    """Due from the beginning of its slot."""
    return True


@dataclass(frozen=True)
class Job:
    """Something that is due again and again. `every` divides the day in China into slots."""

    name: str
    every: timedelta
    work: Work | None = None
    ahead: Callable[[Session, datetime], Work] | None = None
    """For long work: what is read and computed before the transaction, so that nobody waits for its lock; returns
    what is left to write in it. May be done twice by two processes; only one of them writes."""
    steps: Work | None = None
    """For long work that commits by itself, in steps that may be done again."""
    after: tuple[str, ...] = ()
    """With `steps`: jobs that must be done in their slots before this one begins."""
    due: Callable[[datetime], bool] = always
    """With `steps`: whether the time has come within the slot; a job that is switched off is never due."""

    def slot(self, at: datetime) -> str:
        """Return the slot in which a moment falls, such as 2026-11-22 14:35."""
        here = at.astimezone(clock.SHANGHAI)
        midnight = clock.start_of(here.date())
        return f"{midnight + (here - midnight) // self.every * self.every:%Y-%m-%d %H:%M}"


JOBS = (
    Job("expire_referrals", timedelta(minutes=5), upkeep.expire_referrals),
    Job("expire_drafts", timedelta(minutes=5), upkeep.expire_drafts),
    Job("fail_dead_rounds", timedelta(minutes=5), upkeep.fail_dead_rounds),
    Job("fail_dead_scenarios", timedelta(minutes=5), scenarios.fail_dead_scenarios),
    Job("follow_refusals", timedelta(minutes=1), steps=roundjobs.follow_refusals),
    Job(
        "nightly_rounds",
        timedelta(days=1),
        steps=roundjobs.nightly_rounds,
        after=("expire_referrals", "expire_drafts"),
        due=roundjobs.night_has_come,
    ),
    Job("look_ahead", timedelta(minutes=5), steps=roundjobs.look_ahead),
    Job("make_visits_ahead", timedelta(days=1), steps=plan_days.make_ahead),
    Job("remind_providers", timedelta(hours=1), upkeep.remind_providers),
    Job("tell_of_overdue_needs", timedelta(hours=1), upkeep.tell_of_overdue_needs),
    Job("tell_of_overdue_requests", timedelta(hours=1), rights.tell_of_overdue_requests),
    Job("remind_of_measures", timedelta(hours=1), following_up.remind_of_measures),
    Job("remind_of_revisits", timedelta(hours=1), following_up.remind_of_revisits),
    Job("apply_retention", timedelta(minutes=5), retaining.apply_confirmed),
    Job("begin_periods", timedelta(hours=1), capacity.begin_periods),
    Job("tell_of_checks", timedelta(days=1), upkeep.tell_of_checks),
    Job("forget_phone_entries", timedelta(days=1), phone.forget_old_entries),
    Job("forget_old_runs", timedelta(days=1), upkeep.forget_old_runs),
    Job("freeze_reports", timedelta(minutes=1), steps=freezing.take_up),
    Job("keep_months", timedelta(hours=1), reporting.keep_months),
    Job("count_reports", timedelta(hours=1), steps=counting.count_reports),
    Job("accept_by_silence", timedelta(hours=1), findings.accept_by_silence),
    Job("send_mails", timedelta(minutes=1), mail.send_due),
    Job("send_outgoing", timedelta(minutes=1), steps=leaving.send_due),
    Job("forget_old_sign_ins", timedelta(days=1), upkeep.forget_old_sign_ins),
    Job("look_at_spread", timedelta(days=1), upkeep.look_at_spread),
    Job("look_at_hours", timedelta(hours=6), ahead=flags.look_at_hours),
    Job("learn_chances", timedelta(days=1), ahead=learning.learn_chances),
    Job("learn_words", timedelta(days=1), ahead=learning_words.learn_words),
)
"""In the order in which they are done when several are due."""


@dataclass(frozen=True)
class Report:
    """How a job went: done, skipped (its slot was done before), early (its time in the slot has not come) or failed."""

    job: str
    slot: str
    result: str
    counts: Counts


def run(session: Session, job: Job, at: datetime) -> Report:
    """Do a job for the slot of `at`, unless it was done; one transaction. Never raises for what the job does."""
    slot = job.slot(at)
    as_installation(session, because=f"job {job.name}")
    try:
        if job.steps is not None:
            return _run_steps(session, job, job.steps, at)
        work = job.work
        if job.ahead is not None:
            with reading(), transaction(session):
                work = None if _is_done(session, job.name, slot) else job.ahead(session, at)
        if work is None:
            return Report(job.name, slot, "skipped", {})
        with transaction(session):
            if not _claim(session, job.name, slot, at):
                return Report(job.name, slot, "skipped", {})
            counts = work(session, at)
            session.flush()
            _finish(session, job.name, slot, JobStatus.DONE, counts=counts)
    except OperationalError as error:
        log.warning("busy", job=job.name, slot=slot, error=type(error.orig).__name__)
        return Report(job.name, slot, "skipped", {})
    except Exception as error:
        log.error("failed", job=job.name, slot=slot, where=_where(error))
        with transaction(session):
            if _claim(session, job.name, slot, at):
                _finish(session, job.name, slot, JobStatus.FAILED, failure=_where(error))
        return Report(job.name, slot, "failed", {})
    return Report(job.name, slot, "done", counts)


def _run_steps(session: Session, job: Job, steps: Work, at: datetime) -> Report:
    slot = job.slot(at)
    with transaction(session):
        if _is_done(session, job.name, slot):
            return Report(job.name, slot, "skipped", {})
        if not job.due(at) or not all(
            _is_done(session, one.name, one.slot(at)) for one in JOBS if one.name in job.after
        ):
            return Report(job.name, slot, "early", {})
    counts = steps(session, at)
    with transaction(session):
        if not _claim(session, job.name, slot, at):
            return Report(job.name, slot, "skipped", counts)
        _finish(session, job.name, slot, JobStatus.DONE, counts=counts)
    return Report(job.name, slot, "done", counts)


def run_due(session: Session, at: datetime) -> list[Report]:
    """Do every job whose slot is not done, and report on each."""
    return [run(session, job, at) for job in JOBS]


def _is_done(session: Session, job: str, slot: str) -> bool:
    done = sa.select(JobRun.id).where(JobRun.job == job, JobRun.slot == slot, JobRun.status != JobStatus.FAILED)
    return session.scalar(done) is not None


def _claim(session: Session, job: str, slot: str, at: datetime) -> bool:
    """Write the slot's row, or take over one that failed; False where it was done or is being done."""
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    values = {"id": new_key(at), "created_at": at, "job": job, "slot": slot, "started_at": at, "counts": {}}
    new = insert(JobRun).values(status=JobStatus.RUNNING, **values)
    if session.execute(new.on_conflict_do_nothing(index_elements=["job", "slot"]).returning(JobRun.id)).first():
        return True
    again = (
        sa.update(JobRun)
        .where(JobRun.job == job, JobRun.slot == slot, JobRun.status == JobStatus.FAILED)
        .values(status=JobStatus.RUNNING, started_at=at, finished_at=None, failure=None)
        .execution_options(synchronize_session=False)
    )
    return upkeep.changed(session, again) == 1


def _finish(
    session: Session,
    job: str,
    slot: str,
    status: JobStatus,
    *,
    counts: Counts | None = None,
    failure: str | None = None,
) -> None:
    session.execute(
        sa.update(JobRun)
        .where(JobRun.job == job, JobRun.slot == slot)
        .values(status=status, finished_at=clock.now(), counts=counts or {}, failure=failure)
        .execution_options(synchronize_session=False)
    )


def _where(error: Exception) -> str:
    """Return which error it was and where. Never its text: that may hold what stands in a person's file."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} ({Path(frame.filename).name}:{frame.lineno})"
