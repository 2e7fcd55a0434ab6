"""Goals of a person in five steps: setting one, rating it, and no longer following it."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from models import Case, Goal, GoalStatus, Mode
from referral import clock
from referral.access import Act, actor, allow
from referral.actions import goals
from referral.casework import blueprint
from referral.extensions import db
from referral.i18n import _
from referral.measure_forms import EndGoalForm, GoalForm, RateForm
from referral.queries import cases, measures

Answer = Response | str | tuple[str, int]


def _back(key: object) -> Response:
    return redirect(url_for("casework.show_measures", key=key, _anchor="goals"))


@blueprint.route("/cases/<uuid:key>/goals/new", methods=["GET", "POST"])
@allow(Act.SET_GOAL, find=cases.case_in_scope)
def set_goal(case: Case) -> Answer:
    """Set a goal with the person, in their words."""
    form: Any = GoalForm(baseline_level=-1, weight=1)
    if form.validate_on_submit():
        goals.set_goal(
            db.session,
            case,
            title=form.title.data,
            levels=form.levels(),
            weight=form.weight.data,
            baseline_level=form.baseline_level.data,
            target_on=form.target_on.data,
            by=actor(),
            at=clock.now(),
        )
        flash(_("The goal is set. Rate it at each follow-up."), "success")
        return _back(case.id)
    return render_template("casework/set_goal.html", case=case, form=form), 422 if form.errors else 200


@blueprint.route("/goals/<uuid:key>/rate", methods=["GET", "POST"])
@allow(Act.SET_GOAL, find=measures.goal_in_scope)
def rate_goal(goal: Goal) -> Answer:
    """Say which step is reached."""
    form: Any = RateForm(goal.levels, goal.set_on, rated_on=clock.today(), mode=Mode.ASKED.value)
    if goal.status is GoalStatus.FOLLOWED and form.validate_on_submit():
        goals.rate(
            db.session,
            goal,
            level=form.level.data,
            on=form.rated_on.data,
            mode=form.mode.data,
            note=form.note.data,
            by=actor(),
            at=clock.now(),
        )
        flash(_("The rating is kept."), "success")
        return _back(goal.case_id)
    return render_template("casework/rate_goal.html", goal=goal, form=form), 422 if form.errors else 200


@blueprint.route("/goals/<uuid:key>/end", methods=["GET", "POST"])
@allow(Act.SET_GOAL, find=measures.goal_in_scope)
def end_goal(goal: Goal) -> Answer:
    """Stop following a goal; its ratings stay and count."""
    form = EndGoalForm()
    if form.validate_on_submit():
        given_up, reason = bool(form.given_up.data), form.reason.data
        goals.end_goal(db.session, goal, given_up=given_up, reason=reason, by=actor(), at=clock.now())
        flash(_("The goal is no longer followed. Its ratings stay."), "success")
        return _back(goal.case_id)
    return render_template("casework/end_goal.html", goal=goal, form=form), 422 if form.errors else 200
