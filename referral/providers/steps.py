"""What happens after a referral was taken on: start, pause, go on, complete, break off, log a visit."""

import secrets
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from models import Delivery, NeedKind, Referral, Visit, VisitKind
from referral import clock
from referral.access import Act, actor, allow
from referral.actions import delivery, referrals
from referral.extensions import db
from referral.i18n import _
from referral.providers import blueprint, finders
from referral.providers.forms import CompleteForm, FailForm, HoldForm, VisitForm, as_typed
from referral.queries import inbox, referral_steps

Answer = Response | str | tuple[str, int]
KIND_OF = {
    Delivery.AT_HOME: VisitKind.HOME_VISIT,
    Delivery.ON_SITE: VisitKind.ON_SITE,
    Delivery.REMOTE: VisitKind.PHONE,
}


def _shown(referral: Referral) -> Response:
    return redirect(url_for("providers.show_referral", key=referral.id))


def _page(template: str, referral: Referral, form: Any, **more: Any) -> Answer:
    page = render_template(f"providers/{template}.html", form=form, key=referral.id, number=referral.number, **more)
    return page, 422 if form.errors else 200


@blueprint.post("/inbox/<uuid:key>/start")
@allow(Act.CARRY_OUT_REFERRAL, find=finders.referral)
def start_referral(referral: Referral) -> Response:
    """Say that help has begun."""
    referrals.start(db.session, referral, by=actor(), at=clock.now())
    flash(_("Help is under way. Log each visit, so that it counts."), "success")
    return _shown(referral)


@blueprint.post("/inbox/<uuid:key>/resume")
@allow(Act.CARRY_OUT_REFERRAL, find=finders.referral)
def resume_referral(referral: Referral) -> Response:
    """Go on after a pause."""
    referrals.resume(db.session, referral, by=actor(), at=clock.now())
    flash(_("Help goes on."), "success")
    return _shown(referral)


@blueprint.route("/inbox/<uuid:key>/hold", methods=["GET", "POST"])
@allow(Act.CARRY_OUT_REFERRAL, find=finders.referral)
def hold_referral(referral: Referral) -> Answer:
    """Pause, with a reason."""
    form = HoldForm()
    if not form.validate_on_submit():
        return _page("hold_referral", referral, form)
    reason, text = form.reason.data, form.reason_text.data
    referrals.hold(db.session, referral, by=actor(), at=clock.now(), reason=reason, reason_text=text)
    flash(_("Paused. The place stays kept."), "success")
    return _shown(referral)


@blueprint.route("/inbox/<uuid:key>/fail", methods=["GET", "POST"])
@allow(Act.CARRY_OUT_REFERRAL, find=finders.referral)
def fail_referral(referral: Referral) -> Answer:
    """Break off, with a reason."""
    given = referral_steps.delivered(db.session, referral.id)
    form = FailForm(units_delivered=given)
    if not form.validate_on_submit():
        return _page("fail_referral", referral, form)
    referrals.fail(
        db.session,
        referral,
        by=actor(),
        at=clock.now(),
        reason=form.reason.data,
        reason_text=form.reason_text.data,
        units_delivered=form.units_delivered.data,
    )
    flash(_("Broken off. The need is open again for others."), "success")
    return _shown(referral)


@blueprint.route("/inbox/<uuid:key>/complete", methods=["GET", "POST"])
@allow(Act.CARRY_OUT_REFERRAL, find=finders.referral_for_visit)
def complete_referral(referral: Referral) -> Answer:
    """Say how it ended and what was given."""
    given = referral_steps.delivered(db.session, referral.id)
    form = CompleteForm(units_delivered=given)
    if not form.validate_on_submit():
        return _page("complete_referral", referral, form, unit=referral.need.unit)
    referrals.complete(
        db.session,
        referral,
        by=actor(),
        at=clock.now(),
        outcome=form.outcome.data,
        units_delivered=form.units_delivered.data,
        outcome_reason=form.outcome_reason.data,
        note=form.note.data,
    )
    flash(_("Completed. The station has been told."), "success")
    return _shown(referral)


@blueprint.route("/inbox/<uuid:key>/visit", methods=["GET", "POST"])
@allow(Act.LOG_VISIT, find=finders.referral_for_visit)
def log_visit(referral: Referral) -> Answer:
    """Write down a visit; the same form sent twice is one entry."""
    now = clock.now().replace(second=0, microsecond=0)
    material = referral.need.kind is NeedKind.MATERIAL
    kind = KIND_OF.get(referral.service_at_location.delivery or Delivery.AT_HOME, VisitKind.HOME_VISIT)
    form = VisitForm(
        entry_key=secrets.token_hex(16),
        kind=(VisitKind.DELIVERY if material else kind).value,
        started_at=now,
        minutes=10 if material else 60,
        units=referral.need.quantity if material else 1,
    )
    if not form.validate_on_submit():
        name = inbox.known_name(db.session, actor(), referral.id)
        return _page("log_visit", referral, form, need=referral.need, material=material, person_name=name)
    entry = _typed(form)
    delivery.log_delivery(db.session, referral, by=actor(), at=clock.now(), **entry)
    flash(_("The visit is logged."), "success")
    return _shown(referral)


def _typed(form: VisitForm) -> dict[str, Any]:
    return {name: form[name].data for name in form.data if name != "csrf_token"}


@blueprint.route("/inbox/visits/<uuid:key>/correct", methods=["GET", "POST"])
@allow(Act.LOG_VISIT, find=finders.own_visit)
def correct_visit(visit: Visit) -> Answer:
    """Write a new entry in the place of a wrong one; the wrong one stays and no longer counts."""
    referral = finders.referral_for_visit(db.session, actor(), visit.referral_id) if visit.referral_id else None
    if referral is None:
        abort(404)
    if visit.replaced and request.method == "GET":
        flash(_("This entry has been corrected already."), "warning")
        return _shown(referral)
    form = VisitForm(entry_key=secrets.token_hex(16), **as_typed(visit))
    if not form.validate_on_submit():
        name = inbox.known_name(db.session, actor(), referral.id)
        more = {"need": referral.need, "material": referral.need.kind is NeedKind.MATERIAL, "person_name": name}
        more |= {"word": referral_steps.word_on(db.session, visit), "group": visit.kind is VisitKind.GROUP}
        return _page("log_visit", referral, form, correcting=True, **more)
    delivery.correct_delivery(db.session, visit, referral, by=actor(), **_typed(form))
    flash(_("Corrected. The entry before stays on record; hours that were approved must be approved anew."), "success")
    return _shown(referral)
