"""`referral jobs`: do what is due, again and again; once with `--once`; `list` shows what was done."""

import signal
import sys
import threading

import click
from flask import Flask, current_app

from referral import clock, jobs, scheduler
from referral.commands import on_records
from referral.extensions import db
from referral.i18n import _
from referral.log.sealing import seal
from referral.queries import job_runs
from referral.words import word


@click.group("jobs", invoke_without_command=True, help="Do the work of the clock: expire, remind, tell.")
@click.option("--once", is_flag=True, help="Do all that is due now, print what was done, and end.")
@on_records
def command(once: bool) -> None:
    """Do the jobs until stopped, or once."""
    if click.get_current_context().invoked_subcommand is not None:
        return
    if once:
        reports = jobs.run_due(db.session, clock.now())
        seal(db.engine, clock.now())
        for report in reports:
            click.echo(line(report))
        sys.exit(1 if any(report.result == "failed" for report in reports) else 0)
    serve(current_app._get_current_object())  # type: ignore[attr-defined]


def line(report: jobs.Report) -> str:
    """Return one line of what a job did."""
    counts = ", ".join(f"{name} {count}" for name, count in report.counts.items())
    results = {
        "done": _("done"),
        "skipped": _("was done before"),
        "early": _("its time has not come"),
        "failed": _("failed"),
    }
    return f"{report.job:<22} {report.slot}  {results[report.result]}{': ' if counts else ''}{counts}"


def serve(app: Flask) -> None:
    """Do the jobs until the process is asked to end."""
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_args: stop.set())
    states = {
        "leading": _("This process does the jobs. Stop with Ctrl-C."),
        "waiting": _("Another process does the jobs; this one waits to take over."),
        "lost": _("The database was away; waiting to go on."),
    }

    def tell(state: str) -> None:
        click.echo(states[state])
        sys.stdout.flush()

    scheduler.serve(app, stop, tell=tell)


@command.command("list")
@click.option("--runs", default=20, show_default=True, help="How many runs to show.")
@on_records
def list_(runs: int) -> None:
    """Show the jobs and their last runs."""
    last = {run.job: run for run in job_runs.last_of_each(db.session)}
    for job in jobs.JOBS:
        before = last.get(job.name)
        minutes = int(job.every.total_seconds() // 60)
        state = f"{word(before.status)} {before.slot}" if before else _("never done")
        often = _("every %(minutes)s min", minutes=minutes)
        click.echo(f"{job.name:<22} {often:<14} {state}")
    click.echo("")
    for run in db.session.scalars(job_runs.newest_first().limit(runs)):
        counts = ", ".join(f"{name} {count}" for name, count in run.counts.items())
        click.echo(f"{run.slot}  {run.job:<22} {word(run.status)} {run.failure or counts}")
