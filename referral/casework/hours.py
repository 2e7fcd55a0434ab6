"""Hours: one line for each worker, organization, program or service; approval and dispute; what looks implausible."""

import uuid

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from models import Visit, VisitFlag
from referral import clock
from referral.access import Act, actor, allow
from referral.actions import flags as flag_acts
from referral.actions import hours as acts
from referral.casework import blueprint
from referral.casework.flag_words import flag_words
from referral.casework.hours_forms import GROUPS, DisputeForm, ExplainForm, HoursForm
from referral.exports import Column, workbook
from referral.extensions import db
from referral.i18n import _, in_language, ngettext
from referral.queries import contracts, hours, hours_lines, needs
from referral.queries.paging import paginate
from referral.queries.settling import next_month
from referral.taking_out import for_a_reason

Answer = Response | str | tuple[str, int]


def _form() -> HoursForm:
    form = HoursForm()
    form.prepare(
        contracts.sides(db.session, actor()), contracts.programs_seen(db.session, actor()), needs.terms(db.session)
    )
    return form


def _wanted(form: HoursForm) -> hours_lines.HoursFilter:
    return hours_lines.HoursFilter(
        month=hours.month_of(form.month.data, clock.today()),
        by=form.by.data if form.by.data in hours_lines.BY else "organization",
        organization_id=form.key("organization"),
        program_id=form.key("program"),
        term_id=form.key("term"),
    )


@blueprint.get("/hours")
@allow(Act.READ_HOURS)
def show_hours() -> str:
    """What was planned, given, approved, covered by a contract and paid?"""
    form = _form()
    wanted = _wanted(form)
    lines = hours_lines.line(db.session, actor(), wanted)
    return render_template(
        "casework/show_hours.html", form=form, wanted=wanted, lines=lines, groups=GROUPS,
        before=hours.month_before(wanted.month), after=next_month(wanted.month),
    )  # fmt: skip


@blueprint.get("/hours.xlsx")
@allow(Act.READ_HOURS)
@for_a_reason
def export_hours() -> Response:
    """The lines as shown, as an Excel file."""
    wanted = _wanted(_form())
    columns: list[Column | str] = [
        Column(str(GROUPS[wanted.by]), width=28), Column(_("Visits"), "number"), Column(_("Hours"), "number"),
        Column(_("Planned"), "number"), Column(_("Delivered"), "number"), Column(_("Approved"), "number"),
        Column(_("Contracted"), "number"), Column(_("Paid"), "number"), Column(_("Disputed"), "number"), _("Unit"),
        Column(_("Flagged"), "number"),
    ]  # fmt: skip
    rows = [
        (
            _named(one), one.visits, one.hours, one.planned, one.delivered, one.approved, one.contracted, one.paid,
            one.disputed, one.unit, one.flagged,
        )
        for one in hours_lines.line(db.session, actor(), wanted)
    ]  # fmt: skip
    return workbook(_("Hours"), columns, rows, notes=[(_("Month"), f"{wanted.month:%Y-%m}"), (_("Rule"), rule())])


def _named(one: hours_lines.Line) -> str:
    return one.name if isinstance(one.name, str) else in_language(one.name) if one.name else _("None named")


def rule() -> str:
    """Return how the lines are counted."""
    return _(
        "Planned: units of planned visits of the month, moved ones where they were moved to. Delivered: units of "
        "visits that reached somebody. Approved: units a supervisor has approved. Contracted: approved units that a "
        "contract's quota covers. Paid: units in sheets that are paid. Corrected entries count once, as corrected."
    )


@blueprint.get("/hours/visits")
@allow(Act.DECIDE_HOURS)
def list_hours() -> str:
    """Which visits wait for my word, and what looks odd?"""
    month = hours.month_of(request.args.get("month"), clock.today())
    state = request.args.get("state", "waiting")
    state = state if state in hours.STATES else "waiting"
    numbers = hours.counts(db.session, actor(), month)
    page = paginate(
        db.session, hours.to_decide(actor(), month, state), request.args.get("page", 1, type=int),
        total=numbers[state],
    )  # fmt: skip
    keys = [visit.id for visit in page.items]
    return render_template(
        "casework/list_hours.html", month=month, state=state, page=page, numbers=numbers,
        flags=hours.flags_of(db.session, keys), decisions=hours.decisions_of(db.session, keys),
        before=hours.month_before(month), after=next_month(month),
    )  # fmt: skip


@blueprint.post("/hours/approve")
@allow(Act.DECIDE_HOURS)
def approve_hours() -> Response:
    """Approve many at once; flagged ones and one's own are left out and said so."""
    done = acts.approve(db.session, _keys(request.form.getlist("visit")), by=actor(), at=clock.now())
    if done.approved:
        flash(ngettext("%(num)s visit is approved.", "%(num)s visits are approved.", len(done.approved)), "success")
    if done.flagged:
        flash(ngettext("%(num)s flagged visit was left out: explain its flags first.",
                       "%(num)s flagged visits were left out: explain their flags first.", len(done.flagged)),
              "warning")  # fmt: skip
    if done.own:
        flash(ngettext("%(num)s visit of your own was left out: somebody else must approve it.",
                       "%(num)s visits of your own were left out: somebody else must approve them.", len(done.own)),
              "warning")  # fmt: skip
    if done.beyond:
        flash(ngettext("For %(num)s of them nothing is left of the contract: approved, but not paid.",
                       "For %(num)s of them nothing is left of the contract: approved, but not paid.", done.beyond),
              "warning")  # fmt: skip
    if not (done.approved or done.flagged or done.own):
        flash(_("Nothing was left to approve."), "warning")
    month = hours.month_of(request.form.get("month"), clock.today())
    return redirect(url_for("casework.list_hours", month=f"{month:%Y-%m}"))


def _keys(values: list[str]) -> list[uuid.UUID]:
    keys = []
    for value in values[: hours.MOST]:
        try:
            keys.append(uuid.UUID(value))
        except ValueError:
            continue
    return keys


@blueprint.get("/hours/visits/<uuid:key>")
@allow(Act.DECIDE_HOURS, find=hours.find_visit)
def show_visit_hours(visit: Visit) -> str:
    """What speaks against this visit, and what was said of it?"""
    return _shown(visit, DisputeForm())


def _shown(visit: Visit, form: DisputeForm) -> str:
    entries = hours.chain(db.session, visit)
    keys = [entry.id for entry in entries]
    return render_template(
        "casework/show_visit_hours.html", visit=visit, form=form, explain=ExplainForm(), entries=entries,
        flags=hours.flags_of(db.session, [visit.id])[visit.id], decisions=hours.decisions_of(db.session, keys),
        flag_words=flag_words, own=visit.worker_id == actor().id,
    )  # fmt: skip


@blueprint.post("/hours/visits/<uuid:key>/dispute")
@allow(Act.DECIDE_HOURS, find=hours.find_visit)
def dispute_hours(visit: Visit) -> Answer:
    """Dispute a visit, with a reason."""
    form = DisputeForm()
    if not form.validate_on_submit():
        return _shown(visit, form), 422
    acts.dispute(db.session, visit, reason=form.reason.data, words=form.words.data, by=actor(), at=clock.now())
    flash(_("The visit is disputed. It is neither approved nor paid until it is corrected or approved."), "success")
    return redirect(url_for("casework.show_visit_hours", key=visit.id))


@blueprint.post("/hours/flags/<uuid:key>/explain")
@allow(Act.DECIDE_HOURS, find=hours.find_flag)
def explain_flag(flag: VisitFlag) -> Answer:
    """Explain a flag away; who and when is kept."""
    visit = hours.find_visit(db.session, actor(), flag.visit_id)
    if visit is None:
        abort(404)
    form = ExplainForm()
    if not form.validate_on_submit():
        flash(_("Say why the visit holds after all."), "error")
    else:
        flag_acts.explain(db.session, flag, visit, reason=form.reason.data, by=actor(), at=clock.now())
        flash(_("Explained, with your name and the time."), "success")
    return redirect(url_for("casework.show_visit_hours", key=visit.id))
