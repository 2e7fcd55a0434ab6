"""The plan of a referral: make, show, change, pause, end."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from models import PlanKind, PlannedStatus, Referral, ServicePlan
from models.plan import LIVE_PLANS
from models.referral import GOING_ON_STATUSES
from referral import clock, log
from referral.access import Act, actor, allow, may
from referral.actions import plans as actions
from referral.extensions import db
from referral.i18n import _
from referral.plans import blueprint, finders, rhythm
from referral.plans.forms import EmptyForm, PlanForm, ReasonForm
from referral.queries import plans
from referral.queries.plan_balance import balance

Answer = Response | str | tuple[str, int]
BEFORE = timedelta(days=30)


@blueprint.get("/plans/<uuid:key>")
@allow(Act.READ_PLAN, find=finders.plan)
def show_plan(plan: ServicePlan) -> str:
    """Show what was agreed, what is still to come and what became of the rest."""
    today = clock.today()
    log.read(db.session, [plan.person_id])
    lines = plans.visits_of_plan(db.session, actor(), plan, since=today - BEFORE)
    open_ones = [line for line in lines if line.status is PlannedStatus.PLANNED]
    return render_template(
        "plans/show_plan.html",
        plan=plan,
        person=plans.person_of(db.session, actor(), plan),
        often=rhythm.in_words(plan),
        referral_address=_referral(plan.referral),
        balance=balance(db.session, plan, today),
        coming=[line for line in lines if line.due_on >= today],
        past=[line for line in reversed(lines) if line.due_on < today],
        late=[line for line in open_ones if line.due_on < today],
        today=today,
        own=may(actor(), Act.CARRY_OUT_PLAN) and finders._is_own(actor(), plan),
        live=plan.status in LIVE_PLANS,
        on_call=plan.kind is PlanKind.ON_CALL,
    )


@blueprint.route("/referrals/<uuid:key>/plan", methods=["GET", "POST"])
@allow(Act.CARRY_OUT_PLAN, find=finders.referral_to_plan)
def make_plan(referral: Referral) -> Answer:
    """Agree what, how often, by whom and until when."""
    if there := plans.plan_of(db.session, referral.id):
        return redirect(url_for("plans.show_plan", key=there.id))
    log.read(db.session, [referral.person_id])
    need = referral.need
    form = PlanForm(
        data={
            "starts_on": clock.today(), "every": 1, "minutes": 60, "units": 1, "rhythm": "weekly",
            "days": ["TU", "FR"] if need.frequency == "week" else ["TU"],
        }
    )  # fmt: skip
    form.prepare(finders.workers(db.session, referral.organization_id))
    if form.validate_on_submit():
        plan = actions.make(db.session, referral, form.terms(), by=actor(), at=clock.now())
        flash(_("The plan is made. Its visits of the next weeks stand below."), "success")
        return redirect(url_for("plans.show_plan", key=plan.id))
    page = _form(form, term=need.term, unit=need.unit, back_address=_referral(referral), title=_("Make a plan"),
                 open=referral.status in GOING_ON_STATUSES)  # fmt: skip
    return page, 422 if form.errors else 200


def _referral(referral: Referral) -> str:
    """Return the address of the referral's page: that of the station, or that of the provider."""
    endpoint = "casework.show_referral" if may(actor(), Act.READ_PERSON) else "providers.show_referral"
    return url_for(endpoint, key=referral.id)


def _form(form: PlanForm, **more: Any) -> str:
    return render_template("plans/edit_plan.html", form=form, **more)


@blueprint.route("/plans/<uuid:key>/change", methods=["GET", "POST"])
@allow(Act.CARRY_OUT_PLAN, find=finders.own_plan)
def change_plan(plan: ServicePlan) -> Answer:
    """Change a plan: what is still to come is made again, what was done stays."""
    log.read(db.session, [plan.person_id])
    names = ("kind", "free_days", "starts_on", "ends_on", "at_time", "minutes", "units", "units_total", "note")
    data = {name: getattr(plan, name) for name in names} | rhythm.boxes_of(plan)
    form = PlanForm(data=data | {"worker": str(plan.worker_id or "")})
    form.prepare(finders.workers(db.session, plan.organization_id))
    if not plans.person_of(db.session, actor(), plan).notes_shared:
        del form.note
    if form.validate_on_submit():
        terms = form.terms() if "note" in form else replace(form.terms(), note=plan.note)
        actions.change(db.session, plan, terms, by=actor(), at=clock.now())
        flash(_("The plan is changed. What was done, missed or moved stays as it is."), "success")
        return redirect(url_for("plans.show_plan", key=plan.id))
    page = _form(form, term=plan.term, unit=plan.unit, back_address=url_for("plans.show_plan", key=plan.id),
                 title=_("Change the plan"), open=plan.status in LIVE_PLANS)  # fmt: skip
    return page, 422 if form.errors else 200


@blueprint.route("/plans/<uuid:key>/hold", methods=["GET", "POST"])
@allow(Act.CARRY_OUT_PLAN, find=finders.own_plan)
def hold_plan(plan: ServicePlan) -> Answer:
    """Pause a plan, with a reason."""
    form = ReasonForm()
    if form.validate_on_submit():
        actions.hold(db.session, plan, reason=form.reason.data, at=clock.now())
        flash(_("The plan is paused. What was still to come is called off."), "success")
        return redirect(url_for("plans.show_plan", key=plan.id))
    return render_template("plans/hold_plan.html", form=form, plan=plan), 422 if form.errors else 200


@blueprint.post("/plans/<uuid:key>/resume")
@allow(Act.CARRY_OUT_PLAN, find=finders.own_plan)
def resume_plan(plan: ServicePlan) -> Response:
    """Go on after a pause."""
    actions.resume(db.session, plan, at=clock.now())
    flash(_("The plan goes on. The visits of the next weeks are made again."), "success")
    return redirect(url_for("plans.show_plan", key=plan.id))


@blueprint.route("/plans/<uuid:key>/end", methods=["GET", "POST"])
@allow(Act.CARRY_OUT_PLAN, find=finders.own_plan)
def end_plan(plan: ServicePlan) -> Answer:
    """End a plan before its time."""
    form = EmptyForm()
    if form.validate_on_submit():
        actions.end(db.session, plan, at=clock.now())
        flash(_("The plan is ended. What was done stays."), "success")
        return redirect(url_for("plans.show_plan", key=plan.id))
    return render_template("plans/end_plan.html", form=form, plan=plan), 422 if form.errors else 200
