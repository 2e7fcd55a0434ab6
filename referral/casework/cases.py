"""The caseload, and one case from acceptance to the re-visit."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from models import Case, CaseStatus, Domain
from models.case import NEXT_STEPS
from referral import clock
from referral.access import Act, actor, allow
from referral.actions import cases as acts
from referral.casework import blueprint, files
from referral.casework.case_forms import CaseloadForm, ConcludeForm, ExitForm, ReasonForm
from referral.extensions import db
from referral.i18n import _
from referral.queries import cases, closing, people
from referral.queries.paging import paginate
from referral.queries.suggested_needs import suggested_needs
from referral.taking_out import for_a_reason
from referral.words import word

OFFICIAL = (
    CaseStatus.ACCEPTED,
    CaseStatus.IN_CIRCULATION,
    CaseStatus.ANSWERED,
    CaseStatus.CONCLUDED,
    CaseStatus.REVISITED,
)
"""The five official words: 受理, 流转, 反馈, 办结, 回访."""
Answer = Response | str | tuple[str, int]


def _wanted(form: CaseloadForm) -> cases.CaseloadFilter:
    return cases.CaseloadFilter(
        text=form.q.data,
        status=form.status.data,
        urgency=form.urgency.data,
        area_code=form.area.data,
        mine=form.mine.data,
        overdue=form.overdue.data,
        sort=request.args.get("sort", "-opened"),
    )


@blueprint.get("/cases")
@allow(Act.READ_CASELOAD)
def list_cases() -> str:
    """Whom do we look after, when were they seen, what is due?"""
    form = CaseloadForm(people.villages_in_reach(db.session, actor()))
    statement = cases.caseload(db.session, actor(), _wanted(form), today=clock.today())
    page = paginate(db.session, statement, request.args.get("page", 1, type=int))
    rows = cases.caseload_rows(db.session, page.items)
    return render_template("casework/list_cases.html", form=form, page=page, rows=rows)


@blueprint.get("/cases.xlsx")
@allow(Act.READ_CASELOAD)
@for_a_reason
def export_cases() -> Response:
    """The caseload as shown, as an Excel file."""
    form = CaseloadForm(people.villages_in_reach(db.session, actor()))
    return files.caseload(db.session, actor(), _wanted(form), form)


@blueprint.get("/cases/<uuid:key>")
@allow(Act.READ_PERSON, find=cases.case_in_scope)
def show_case(case: Case) -> str:
    """Where does this case stand?"""
    return render_template(
        "casework/show_case.html",
        case=case,
        next_steps=NEXT_STEPS[case.status],
        steps=cases.steps_of(db.session, case),
        needs=cases.needs_of(db.session, case),
        assessments=cases.assessments_of(db.session, case),
        outcomes=cases.outcomes_of(db.session, case),
        revisits=closing.revisits_of(db.session, case),
        suggested=suggested_needs(db.session, case),
        official=[word(status) for status in OFFICIAL],
        domain_word=lambda name: word(Domain(name)),
    )


@blueprint.post("/cases/<uuid:key>/accept")
@allow(Act.TAKE_IN, find=cases.case_in_scope)
def accept_lead(case: Case) -> Response:
    """Take up a lead."""
    acts.accept_lead(db.session, case, by=actor(), at=clock.now())
    flash(_("The lead is taken up. Next: get in touch and ask what is needed."), "success")
    return redirect(url_for("casework.show_case", key=case.id))


def _step(case: Case, form: Any, words: dict[str, Any], act: Callable[..., None], said: str, **facts: Any) -> Answer:
    """Ask for what a step needs, take it, and say so; a case with open needs is told which."""
    if form.validate_on_submit():
        given = {name: form[name].data for name in ("reason", "note") if name in form}
        try:
            act(db.session, case, by=actor(), at=clock.now(), **given)
        except acts.NeedsGoOn:
            form.form_errors.append(_("Needs of this case are still open or being served. See to them first."))
        else:
            flash(said, "success")
            return redirect(url_for("casework.show_case", key=case.id))
    page = render_template("casework/move_case.html", case=case, form=form, **words, **facts)
    return page, 422 if form.errors else 200


@blueprint.route("/cases/<uuid:key>/conclude", methods=["GET", "POST"])
@allow(Act.CONCLUDE_CASE, find=cases.case_in_scope)
def conclude_case(case: Case) -> Answer:
    """End the handling of a case."""
    words = {
        "title": _("Conclude the case"),
        "lede": _("Nothing is open any more. A re-visit follows later."),
        "button": _("Conclude"),
    }
    return _step(case, ConcludeForm(), words, acts.conclude, _("The case is concluded. Its re-visit is planned."))


@blueprint.route("/cases/<uuid:key>/exit", methods=["GET", "POST"])
@allow(Act.CONCLUDE_CASE, find=cases.case_in_scope)
def exit_case(case: Case) -> Answer:
    """End a case early, with the reason."""
    words = {
        "title": _("End the case early"),
        "lede": _("Needs that nobody has been asked to meet close with it. A first refusal is no reason to give up."),
        "button": _("End the case"),
    }
    return _step(case, ExitForm(), words, acts.exit_case, _("The case has ended early, with its reason."))


@blueprint.route("/cases/<uuid:key>/reopen", methods=["GET", "POST"])
@allow(Act.CONCLUDE_CASE, find=cases.case_in_scope)
def reopen_case(case: Case) -> Answer:
    """Take a case up again."""
    words = {"title": _("Reopen the case"), "lede": _("It goes on where it stood."), "button": _("Reopen")}
    return _step(case, ReasonForm(), words, acts.reopen, _("The case is open again."))
