"""What is needed? A short talk, written down."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from models import Case, Domain, SelfCare
from models.case import LIFE_DOMAINS
from referral import clock
from referral.access import Act, actor, allow
from referral.actions import assessments
from referral.casework import blueprint
from referral.casework.assess_form import SATISFACTION_NAMES, WHO5_NAMES, AssessForm
from referral.extensions import db
from referral.i18n import _
from referral.queries import cases


@blueprint.route("/cases/<uuid:key>/assess", methods=["GET", "POST"])
@allow(Act.ASSESS, find=cases.case_in_scope)
def assess(case: Case) -> Response | str | tuple[str, int]:
    """Write down what is needed, and the scores that are compared later."""
    before = cases.assessments_of(db.session, case)
    form = AssessForm(assessed_on=clock.today())
    if form.validate_on_submit():
        try:
            _save(case, form)
        except assessments.AssessedToday:
            form.assessed_on.errors = [_("There is an assessment of this day already. Look at it on the case’s page.")]
        else:
            flash(_("The assessment is saved. Below stands what it points to."), "success")
            return redirect(url_for("casework.show_case", key=case.id))
    page = render_template(
        "casework/assess.html",
        case=case,
        form=form,
        before=before,
        domains=LIFE_DOMAINS,
        acts=list(SelfCare),
        who5=WHO5_NAMES,
        satisfaction=SATISFACTION_NAMES if before else (),
        Domain=Domain,
    )
    return page, 422 if form.errors else 200


def _save(case: Case, form: AssessForm) -> None:
    assessments.assess(
        db.session,
        case,
        domains=form.levels(),
        self_care=form.acts(),
        who5=form.answers(WHO5_NAMES),
        satisfaction=form.answers(SATISFACTION_NAMES),
        mode=form.mode.data,
        note=form.note.data,
        by=actor(),
        on=form.assessed_on.data or clock.today(),
        at=clock.now(),
    )
