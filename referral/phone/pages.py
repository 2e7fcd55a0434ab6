"""The pages of the phone. They work without scripts; scripts make them work without a network."""

from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from models import PhoneOperation
from referral import clock
from referral.access import Act, actor, allow
from referral.actions import phone as entries
from referral.errors import ADVICE
from referral.extensions import db
from referral.phone import blueprint, clashes, taking, writing
from referral.phone.sealing import public_point
from referral.phone.words import saved_words
from referral.queries import phone, phone_entries, visits

Answer = Response | str | tuple[str, int]
USUAL = timedelta(minutes=30)


@blueprint.app_context_processor
def _phone_facts() -> dict[str, Any]:
    return {"phone_account": lambda: str(actor().id), "phone_point": public_point}


@blueprint.get("")
@allow(Act.LOG_VISIT)
def show_day() -> str:
    """Whom do I see today?"""
    hamlets = phone.day(db.session, actor(), clock.today())
    stops = [stop for hamlet in hamlets for stop in hamlet.stops]
    written = phone.written_today(db.session, actor(), clock.today())
    return render_template("phone/show_day.html", hamlets=hamlets, stops=stops, written=written, most=phone.MOST)


@blueprint.route("/visit", methods=["GET", "POST"])
@allow(Act.LOG_VISIT)
def log_visit() -> Answer:
    """Write down a visit to somebody who does not stand in the list."""
    return _visit(None)


@blueprint.route("/people/<uuid:key>", methods=["GET", "POST"])
@allow(Act.LOG_VISIT, find=phone_entries.person_now)
def log_visit_to(found: phone_entries.Whom) -> Answer:
    """Write down a visit to one person."""
    return _visit(found)


@blueprint.route("/referrals/<uuid:key>", methods=["GET", "POST"])
@allow(Act.LOG_VISIT, find=phone_entries.referral_now)
def log_visit_for(found: phone_entries.Whom) -> Answer:
    """Write down a visit that a referral asked for."""
    return _visit(found)


def usual(found: phone_entries.Whom | None) -> dict[str, Any]:
    """Return how a visit starts: half an hour until now, with the help of the last time."""
    now = clock.now().replace(second=0, microsecond=0)
    start: dict[str, Any] = {"started_at": now - USUAL, "ended_at": now, "units": 1}
    if found is None:
        term = visits.usual_term(db.session)
        return start | {"term": str(term.id) if term else ""}
    help_ = phone_entries.usual_term(db.session, actor(), found)
    return start | {
        "target": writing.target_of(found),
        "seen": clashes.mark(found),
        "term": str(help_.id) if help_ else "",
    }


def _visit(found: phone_entries.Whom | None) -> Answer:
    if request.method == "POST":
        return _take(PhoneOperation.VISIT, found)
    form = taking.blank(db.session, PhoneOperation.VISIT, actor(), **usual(found))
    return _page(PhoneOperation.VISIT, form, found)


@blueprint.route("/group", methods=["GET", "POST"])
@allow(Act.LOG_VISIT)
def log_group() -> Answer:
    """Write down one session with several people on one form."""
    if request.method == "POST":
        return _take(PhoneOperation.GROUP, None)
    start = usual(None)
    form = taking.blank(
        db.session, PhoneOperation.GROUP, actor(), **start | {"started_at": start["ended_at"] - 2 * USUAL}
    )
    return _page(PhoneOperation.GROUP, form, None)


@blueprint.route("/lead", methods=["GET", "POST"])
@allow(Act.FILE_LEAD)
def file_lead() -> Answer:
    """Somebody needs help now: tell the station at once."""
    if request.method == "POST":
        return _take(PhoneOperation.LEAD, None)
    return _page(PhoneOperation.LEAD, taking.blank(db.session, PhoneOperation.LEAD, actor()), None)


def _take(operation: PhoneOperation, found: phone_entries.Whom | None) -> Answer:
    photo = request.files.get("photo")
    taken = taking.take(
        db.session, operation, MultiDict(request.form), by=actor(), at=clock.now(), photo=photo if photo else None
    )
    if taken.saved:
        flash(saved_words(operation, taken.reply), "success")
        return redirect(url_for("phone.show_day"))
    if isinstance(taken.error, entries.PhoneKeyReused):
        taken.form.entry_key.data = taking.blank(db.session, operation, actor()).entry_key.data
    return _page(operation, taken.form, found, error=taken.error)


TEMPLATES = {
    PhoneOperation.VISIT: "phone/log_visit.html",
    PhoneOperation.GROUP: "phone/log_group.html",
    PhoneOperation.LEAD: "phone/file_lead.html",
}


def _page(operation: PhoneOperation, form: Any, found: phone_entries.Whom | None, *, error: Any = None) -> Answer:
    session, by, today = db.session, actor(), clock.today()
    facts: dict[str, Any] = {}
    if found is not None:
        facts = {
            "last": phone_entries.last_seen(session, by, found.person.id),
            "promise": phone_entries.promise_of(session, by, found.person.id),
        }
    if operation is PhoneOperation.GROUP:
        facts["hamlets"] = phone.day(session, by, today)
    advice = ADVICE.get(error.code, ADVICE["domain_error"]) if error else None
    page = render_template(TEMPLATES[operation], form=form, found=found, error=error, advice=advice, **facts)
    return page, (advice.status if advice else 422 if form.errors else 200)
