"""What is kept how long, what its time is up, and removing it by two people."""

from flask import Response as FlaskResponse
from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from models import RetentionRun, RetentionState
from referral import clock
from referral.access import Act, actor, allow
from referral.actions import retaining as acts
from referral.admin import blueprint
from referral.exports import Column, workbook
from referral.extensions import db
from referral.i18n import _, ngettext
from referral.queries import retention
from referral.retention_words import happens_word, kind_word


@blueprint.get("/admin/retention")
@allow(Act.APPLY_RETENTION)
def show_retention() -> str:
    """Show the periods, what would be removed now, and what was."""
    due = retention.due(db.session, clock.now())
    runs = retention.runs(db.session)
    live = next((run for run in runs if run.live), None)
    return render_template(
        "admin/show_retention.html",
        due=due,
        total=sum(one.count for one in due),
        runs=runs,
        live=live,
        kind_word=kind_word,
        happens_word=happens_word,
        mine=live is not None and live.proposed_by_id == actor().id,
    )


@blueprint.get("/admin/retention.xlsx")
@allow(Act.APPLY_RETENTION)
def export_retention() -> FlaskResponse:
    """Give the list of what would be removed, by number or key, without names."""
    found = retention.listed(db.session, clock.now())
    rows = ((kind_word(period.kind), name, moment) for period, name, moment in found)
    columns: list[Column | str] = [
        Column(_("Kind"), width=30), Column(_("Number or key"), width=40), Column(_("Counted from"), "moment"),
    ]  # fmt: skip
    return workbook(_("What would be removed"), columns, rows, notes=[(_("Exported by"), actor().name)])


@blueprint.post("/admin/retention/propose")
@allow(Act.APPLY_RETENTION)
def propose_retention() -> Response:
    """Propose to remove what is shown."""
    run = acts.propose(db.session, by=actor(), at=clock.now())
    flash(_("Removal %(number)s is proposed. Somebody else confirms it.", number=run.number), "success")
    return redirect(url_for("admin.show_retention"))


@blueprint.post("/admin/retention/<uuid:key>/confirm")
@allow(Act.APPLY_RETENTION, find=retention.run_by_key)
def confirm_retention(run: RetentionRun) -> Response:
    """Confirm what somebody else proposed, and remove the first batch."""
    acts.confirm(db.session, run, by=actor(), at=clock.now())
    flash(_("Confirmed. The records are removed in batches."), "warning")
    return redirect(url_for("admin.show_retention"))


@blueprint.post("/admin/retention/<uuid:key>/discard")
@allow(Act.APPLY_RETENTION, find=retention.run_by_key)
def discard_retention(run: RetentionRun) -> Response:
    """Drop a proposal."""
    acts.discard(db.session, run, by=actor(), at=clock.now())
    flash(_("The proposal is dropped; nothing was removed."), "success")
    return redirect(url_for("admin.show_retention"))


@blueprint.post("/admin/retention/<uuid:key>/apply")
@allow(Act.APPLY_RETENTION, find=retention.run_by_key)
def apply_retention(run: RetentionRun) -> Response:
    """Remove the next batch now instead of waiting for the clock."""
    if run.state is not RetentionState.CONFIRMED:
        raise acts.NothingToRemove
    count = acts.apply_batch(db.session, run, at=clock.now())
    flash(ngettext("%(num)s record was removed.", "%(num)s records were removed.", count), "success")
    return redirect(url_for("admin.show_retention"))
