"""Is the system alive: what the clock did, and how the database is."""

from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version

from flask import render_template, request

from models import JobStatus
from referral import clock
from referral.access import Act, allow
from referral.admin import blueprint
from referral.extensions import db
from referral.i18n import lazy
from referral.queries import job_runs
from referral.queries.paging import paginate

JOBS = {
    "expire_referrals": lazy("End referrals that nobody answered in time"),
    "expire_drafts": lazy("Give up referrals without consent in time"),
    "fail_dead_rounds": lazy("Mark rounds whose computation died"),
    "fail_dead_scenarios": lazy("Mark questions whose computation died"),
    "remind_providers": lazy("Remind providers on their last day to answer"),
    "tell_of_overdue_needs": lazy("Tell coordinators of overdue needs"),
    "begin_periods": lazy("Carry places into the period that has begun"),
    "tell_of_checks": lazy("Tell of checks that end within 30 days"),
    "forget_old_runs": lazy("Drop runs older than 30 days from this list"),
    "send_mails": lazy("Send the mails that are due"),
    "send_outgoing": lazy("Send what providers are told outside"),
    "forget_old_sign_ins": lazy("Drop ended sessions, used links and devices unseen for a year"),
    "look_at_spread": lazy("Let the database learn how its records are spread, so that pages stay quick"),
    "follow_refusals": lazy("Propose something new after a refusal, with as few changes as possible"),
    "look_ahead": lazy("Look ahead: what a round would propose now"),
    "nightly_rounds": lazy("Compute the round of the night, where there is something new"),
    "look_at_hours": lazy("Hold the visits of this and the last month against each other, and flag what looks odd"),
    "learn_chances": lazy("Learn from past referrals who takes requests on, and judge it"),
    "learn_words": lazy("Judge the help suggested from words by what was chosen"),
}
"""What each job does, in words."""
SILENT_AFTER = timedelta(minutes=15)
"""The shortest jobs are due every five minutes; three slots without one, and nobody does them."""


@blueprint.get("/admin/jobs")
@allow(Act.READ_JOBS)
def list_jobs() -> str:
    """Show the health of the installation and the runs of its jobs."""
    failed = request.args.get("only") == "failed"
    statement = job_runs.newest_first(JobStatus.FAILED if failed else None)
    last = job_runs.last_of_each(db.session)
    newest = max((run.started_at for run in last), default=None)
    return render_template(
        "admin/list_jobs.html",
        page=paginate(db.session, statement, request.args.get("page", 1, type=int)),
        last=sorted(last, key=lambda run: run.job),
        failed=failed,
        newest=newest,
        silent=newest is None or newest < clock.now() - SILENT_AFTER,
        health=job_runs.health(db.session),
        program=_version(),
        jobs=JOBS,
    )


def _version() -> str:
    try:
        return version("yuanqiao")
    except PackageNotFoundError:
        return "0+checkout"
