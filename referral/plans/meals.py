"""Delivery rounds: the page that is taken along, and signed at the end of the day."""

import uuid
from datetime import date
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from models import ContactResult, DeliveryRound, PlannedStatus
from models.visit import REACHED
from referral import clock, log
from referral.access import Act, actor, allow
from referral.actions import meals as actions
from referral.extensions import db
from referral.i18n import _
from referral.plans import blueprint, finders
from referral.plans.forms import EmptyForm, RoundForm, positions
from referral.queries import meals

Answer = Response | str | tuple[str, int]
RESULTS = {result.value: result for result in (ContactResult.MET_PERSON, *actions.NOT_TAKEN)}


@blueprint.get("/plans/rounds")
@allow(Act.CARRY_OUT_PLAN)
def list_rounds() -> str:
    """Show the house's rounds of today: how many meals, signed or not."""
    today = clock.today()
    rounds = meals.rounds(db.session, actor(), today)
    return render_template("plans/list_rounds.html", rounds=rounds, today=today)


def _day() -> date:
    try:
        return date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return clock.today()


@blueprint.route("/plans/rounds/<uuid:key>", methods=["GET", "POST"])
@allow(Act.CARRY_OUT_PLAN, find=finders.delivery)
def show_round(delivery: DeliveryRound) -> Answer:
    """Show the stops of a day in order; sign the day."""
    day, form = _day(), EmptyForm()
    stops = meals.stops(db.session, actor(), delivery, day)
    log.read(db.session, [stop.person_id for stop in stops])
    trouble = None
    if form.validate_on_submit():
        results = {stop.key: RESULTS.get(request.form.get(f"result-{stop.key}", "")) for stop in stops if stop.is_open}
        if None in results.values():
            trouble = _("Please say for each stop whether the meal was taken.")
        else:
            known: dict[uuid.UUID, ContactResult] = {key: result for key, result in results.items() if result}
            signed = actions.sign_off(db.session, delivery, day=day, results=known, by=actor(), at=clock.now())
            flash(_("Signed: %(taken)s meals taken, %(not_taken)s not.", taken=signed.taken,
                    not_taken=signed.not_taken), "success")  # fmt: skip
            return redirect(url_for("plans.show_round", key=delivery.id, day=day.isoformat()))
    page = render_template(
        "plans/show_round.html",
        delivery=delivery,
        day=day,
        today=clock.today(),
        stops=stops,
        open_ones=sum(stop.is_open for stop in stops),
        signature=actions.signature_of(db.session, delivery.id, day),
        form=form,
        trouble=trouble,
        sent=request.form,
        reasons=actions.NOT_TAKEN,
        taken=ContactResult.MET_PERSON,
        was_taken=lambda stop: stop.result in REACHED,
        done=PlannedStatus.DONE,
    )
    return page, 422 if trouble or form.errors else 200


@blueprint.route("/plans/rounds/new", methods=["GET", "POST"])
@allow(Act.CARRY_OUT_PLAN)
def add_round() -> Answer:
    """Set up a round of the house."""
    house = meals.house(db.session, actor())
    if house is None or house.area_code is None:
        abort(404)
    return _edit(DeliveryRound(organization_id=house.id, area_code=house.area_code, active=True))


@blueprint.route("/plans/rounds/<uuid:key>/stops", methods=["GET", "POST"])
@allow(Act.CARRY_OUT_PLAN, find=finders.delivery)
def edit_round(delivery: DeliveryRound) -> Answer:
    """Name a round, and put its stops in order."""
    return _edit(delivery)


def _edit(delivery: DeliveryRound) -> Answer:
    data: dict[str, Any] = {name: getattr(delivery, name) for name in ("name", "leaves_at", "active")}
    form = RoundForm(data=data | {"worker": str(delivery.worker_id or "")})
    form.prepare(finders.workers(db.session, delivery.organization_id))
    candidates = meals.candidates(db.session, actor(), delivery)
    log.read(db.session, [one.person_id for one in candidates])
    if form.validate_on_submit():
        delivery.name = form.name.data or delivery.name
        delivery.leaves_at, delivery.active = form.leaves_at.data, form.active.data
        delivery.worker_id = uuid.UUID(form.worker.data) if form.worker.data else None
        db.session.add(delivery)
        db.session.flush()
        actions.put_in_order(db.session, delivery, positions(request.form))
        flash(_("The round is saved."), "success")
        return redirect(url_for("plans.show_round", key=delivery.id))
    page = render_template("plans/edit_round.html", form=form, delivery=delivery, candidates=candidates)
    return page, 422 if form.errors else 200
