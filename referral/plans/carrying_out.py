"""What becomes of single visits: moved, not taken place, called for."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from models import PlannedVisit, ServicePlan
from referral import clock, log
from referral.access import Act, actor, allow
from referral.actions import planned as actions
from referral.extensions import db
from referral.i18n import _
from referral.plans import blueprint, finders
from referral.plans.forms import CallForm, MoveForm, ReasonForm

Answer = Response | str | tuple[str, int]


@blueprint.route("/plans/visits/<uuid:key>/move", methods=["GET", "POST"])
@allow(Act.CARRY_OUT_PLAN, find=finders.own_planned)
def move_visit(visit: PlannedVisit) -> Answer:
    """Put a visit on another day, with the reason."""
    log.read(db.session, [visit.person_id])
    form = MoveForm(data={"at_time": visit.at_time})
    if form.validate_on_submit() and form.to.data:
        try:
            later = actions.move(
                db.session, visit, to=form.to.data, at_time=form.at_time.data, by=actor(), at=clock.now(),
                reason=form.reason.data, reason_text=form.reason_text.data, promise=form.promise.data,
            )  # fmt: skip
        except actions.DayPassed:
            form.to.errors = [_("Please choose today or a day that is still to come.")]
        else:
            flash(_("The visit is moved to %(day)s.", day=later.due_on), "success")
            return redirect(url_for("plans.show_plan", key=visit.plan_id))
    return render_template("plans/move_visit.html", form=form, visit=visit), 422 if form.errors else 200


@blueprint.route("/plans/visits/<uuid:key>/miss", methods=["GET", "POST"])
@allow(Act.CARRY_OUT_PLAN, find=finders.own_planned)
def miss_visit(visit: PlannedVisit) -> Answer:
    """Write down why a visit did not take place, or call one off that is still to come."""
    log.read(db.session, [visit.person_id])
    form = ReasonForm()
    over = visit.due_on <= clock.today()
    if form.validate_on_submit():
        actions.miss(
            db.session, visit, by=actor(), at=clock.now(), reason=form.reason.data, reason_text=form.reason_text.data
        )
        flash(_("Written down: the visit did not take place.") if over else _("The visit is called off."), "success")
        return redirect(url_for("plans.show_plan", key=visit.plan_id))
    return render_template("plans/miss_visit.html", form=form, visit=visit, over=over), 422 if form.errors else 200


@blueprint.route("/plans/<uuid:key>/call", methods=["GET", "POST"])
@allow(Act.CARRY_OUT_PLAN, find=finders.own_plan)
def take_call(plan: ServicePlan) -> Answer:
    """Somebody calls, and help comes: one visit against the plan's units."""
    log.read(db.session, [plan.person_id])
    term = plan.term
    form = CallForm(data={"on": clock.today(), "units": plan.units, "at_time": plan.at_time})
    if form.validate_on_submit() and form.on.data:
        try:
            actions.call(
                db.session, plan, on=form.on.data, at_time=form.at_time.data, units=form.units.data, by=actor(),
                at=clock.now(), promise=form.promise.data, entry_key=form.entry_key.data,
            )  # fmt: skip
        except actions.NoUnitsLeft:
            form.units.errors = [_("The plan has not so many units left.")]
        except actions.DayPassed:
            form.on.errors = [_("Please choose a day within the plan that is not over.")]
        else:
            flash(_("Noted: the visit stands among those to come."), "success")
            return redirect(url_for("plans.show_plan", key=plan.id))
    left = actions.units_left(db.session, plan)
    return render_template(
        "plans/take_call.html", form=form, plan=plan, term=term, left=left
    ), 422 if form.errors else 200
