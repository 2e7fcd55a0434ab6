"""What the provider offers, and how much of it is free."""

from datetime import datetime, timedelta

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from models import Capacity, CapacityKind, ServiceAtLocation
from referral import clock
from referral.access import Act, actor, allow
from referral.actions import capacity as actions
from referral.extensions import db
from referral.i18n import _, ngettext
from referral.providers import blueprint
from referral.providers.forms import PeriodForm, PlacesForm
from referral.queries import provider_services

Answer = Response | str | tuple[str, int]


@blueprint.get("/our-services")
@allow(Act.STATE_CAPACITY)
def show_services() -> str:
    """Show every service with its places."""
    offers = provider_services.offers(db.session, actor(), clock.today())
    return render_template("providers/show_services.html", offers=offers, now=clock.now())


@blueprint.post("/our-services/confirm")
@allow(Act.STATE_CAPACITY)
def confirm_services() -> Response:
    """Say that everything is still right."""
    count = actions.confirm_all(db.session, by=actor(), at=clock.now())
    flash(
        ngettext("Thank you: %(num)s entry confirmed today.", "Thank you: %(num)s entries confirmed today.", count),
        "success",
    )
    return redirect(url_for("providers.show_services"))


@blueprint.post("/our-services/<uuid:key>/accepting")
@allow(Act.STATE_CAPACITY, find=provider_services.find_entry)
def switch_accepting(entry: ServiceAtLocation) -> Response:
    """Say "full this month", or take it back."""
    accepting = request.form.get("accepting") == "yes"
    actions.set_accepting(db.session, entry, accepting=accepting, at=clock.now())
    taking, full = (
        _("New people are welcome again."),
        _("Marked as full: nobody new will be referred until you switch back."),
    )
    flash(taking if accepting else full, "success")
    return redirect(url_for("providers.show_services"))


@blueprint.route("/our-services/places/<uuid:key>", methods=["GET", "POST"])
@allow(Act.STATE_CAPACITY, find=provider_services.find_capacity)
def state_places(capacity: Capacity) -> Answer:
    """State the places of a period."""
    form = PlacesForm(obj=capacity, seen=capacity.stated_at.isoformat() if capacity.stated_at else "")
    if form.validate_on_submit():
        try:
            actions.state_places(
                db.session,
                capacity,
                places=form.places.data or 0,
                units_per_place=form.units_per_place.data,
                seen=datetime.fromisoformat(form.seen.data) if form.seen.data else None,
                by=actor(),
                at=clock.now(),
            )
        except actions.TooFewPlaces as error:
            form.places.errors = [_too_few(error.least)]
        else:
            flash(_("Your places are saved."), "success")
            return redirect(url_for("providers.show_services"))
    page = render_template("providers/state_places.html", form=form, capacity=capacity)
    return page, 422 if form.errors else 200


@blueprint.route("/our-services/<uuid:key>/period", methods=["GET", "POST"])
@allow(Act.STATE_CAPACITY, find=provider_services.find_entry)
def open_period(entry: ServiceAtLocation) -> Answer:
    """Open the next period."""
    last = provider_services.last_period(db.session, entry)
    unit = last.unit if last else (entry.service.term.unit if entry.service.term else None) or "次"
    form = PeriodForm(**_proposed(last))
    if form.validate_on_submit() and form.starts_on.data and form.ends_on.data:
        try:
            actions.open_period(
                db.session,
                entry,
                kind=form.kind.data,
                starts_on=form.starts_on.data,
                ends_on=form.ends_on.data,
                unit=unit,
                places=form.places.data or 0,
                units_per_place=form.units_per_place.data,
                by=actor(),
                at=clock.now(),
            )
        except actions.TooFewPlaces as error:
            form.places.errors = [_too_few(error.least)]
        except actions.PeriodsOverlap:
            form.starts_on.errors = [_("This period overlaps another one of the service.")]
        else:
            flash(_("The period is open."), "success")
            return redirect(url_for("providers.show_services"))
    page = render_template(
        "providers/open_period.html", form=form, entry=entry, unit=unit, going_on=actions.going_on(db.session, entry)
    )
    return page, 422 if form.errors else 200


def _too_few(least: int) -> str:
    return ngettext(
        "%(num)s place is given away already. State at least %(num)s.",
        "%(num)s places are given away already. State at least %(num)s.",
        least,
    )


def _proposed(last: Capacity | None) -> dict[str, object]:
    """Return what a new period most likely looks like: the length and the places of the last one, right after it."""
    today = clock.today()
    if last is None:
        return {
            "kind": CapacityKind.CONCURRENT.value,
            "starts_on": today,
            "ends_on": today.replace(month=12, day=31),
        }
    start = max(last.ends_on + timedelta(days=1), today)
    return {
        "kind": last.kind.value,
        "starts_on": start,
        "ends_on": start + (last.ends_on - last.starts_on),
        "places": last.places,
        "units_per_place": last.units_per_place,
    }
