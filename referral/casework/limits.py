"""The limits by which visits are flagged, and the days of re-visits: what holds, what held, setting one otherwise."""

from decimal import Decimal

from flask import abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from referral import clock
from referral.access import Act, actor, allow
from referral.actions.thresholds import LimitOutOfRange, set_limit
from referral.casework import blueprint
from referral.casework.hours_forms import HelpLimitForm, LimitForm
from referral.extensions import db
from referral.i18n import _
from referral.plausibility import LIMITS, PER_TERM
from referral.queries import needs, thresholds

Answer = Response | str | tuple[str, int]


@blueprint.get("/hours/limits")
@allow(Act.READ_LIMITS)
def list_limits() -> str:
    """By which limits are visits flagged, where do they come from, and what held before?"""
    return render_template(
        "casework/list_limits.html",
        limits=LIMITS,
        changed=thresholds.changed(db.session),
        history=thresholds.history(db.session),
        terms={PER_TERM + term.code: term for term in needs.terms(db.session)},
    )


@blueprint.route("/hours/limits/help", methods=["GET", "POST"])
@allow(Act.SET_LIMITS)
def set_limit_for_help() -> Answer:
    """Say how long one visit of one kind of help may take."""
    form = HelpLimitForm()
    form.prepare(needs.terms(db.session))
    if form.validate_on_submit() and _set(PER_TERM + form.code(), form):
        return redirect(url_for("casework.list_limits"))
    page = render_template("casework/edit_limit.html", form=form, limit=LIMITS["too_long"])
    return page, 422 if form.errors else 200


@blueprint.route("/hours/limits/<name>", methods=["GET", "POST"])
@allow(Act.SET_LIMITS)
def edit_limit(name: str) -> Answer:
    """Set a limit otherwise than usual, with where that comes from."""
    if name not in LIMITS:
        abort(404)
    now = thresholds.changed(db.session).get(name)
    form = LimitForm(data={"value": now.value if now else LIMITS[name].value, "source": now.source if now else None})
    if form.validate_on_submit() and _set(name, form):
        return redirect(url_for("casework.list_limits"))
    page = render_template("casework/edit_limit.html", form=form, limit=LIMITS[name])
    return page, 422 if form.errors else 200


def _set(name: str, form: LimitForm) -> bool:
    try:
        value = form.value.data or Decimal(0)
        set_limit(db.session, name, value, source=form.source.data or "", by=actor(), at=clock.now())
    except LimitOutOfRange:
        form.value.errors = [_("A limit is above 0; days are whole numbers, 250 at most.")]
        return False
    flash(_("Saved. What was set before stays on record below."), "success")
    return True
