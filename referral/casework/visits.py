"""Visits: the list, one new entry, a group session, a correction."""

import uuid
from datetime import timedelta
from decimal import Decimal

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from models import Person, Referral, Visit
from referral import clock
from referral.access import Act, actor, allow
from referral.actions.visits import EntryKeyReused
from referral.casework import blueprint, files, visit_reading
from referral.casework.visit_forms import GroupForm, VisitForm, VisitListForm, new_entry_key
from referral.extensions import db
from referral.i18n import _, ngettext
from referral.queries import needs, people, visits
from referral.taking_out import for_a_reason

Answer = Response | str | tuple[str, int]
USUAL_DAYS = 30


def _wanted(form: VisitListForm) -> visits.VisitFilter:
    today = clock.today()
    return visits.VisitFilter(
        first=form.first.data or today - timedelta(days=USUAL_DAYS - 1),
        last=form.last.data or today,
        text=form.q.data,
        kind=form.kind.data,
        result=form.result.data,
        term_id=uuid.UUID(form.term.data) if form.term.data and form.validate() else None,
        area_code=form.area.data,
        mine=form.mine.data,
        sort=request.args.get("sort", "-when"),
    )


def _list_form() -> VisitListForm:
    return VisitListForm(needs.terms(db.session), people.villages_in_reach(db.session, actor()))


@blueprint.get("/visits")
@allow(Act.READ_CASELOAD)
def list_visits() -> str:
    """What was done, for whom, how much?"""
    form = _list_form()
    wanted = _wanted(form)
    totals = visits.totals(db.session, actor(), wanted)
    number = request.args.get("page", 1, type=int)
    page = visits.page_of(db.session, visits.visits(db.session, actor(), wanted), number, total=totals.entries)
    return render_template("casework/list_visits.html", form=form, wanted=wanted, page=page, totals=totals)


@blueprint.get("/visits.xlsx")
@allow(Act.READ_CASELOAD)
@for_a_reason
def export_visits() -> Response:
    """The visits as listed, as an Excel file."""
    form = _list_form()
    return files.visit_list(db.session, actor(), _wanted(form), form)


@blueprint.get("/visits/new")
@allow(Act.READ_CASELOAD)
def log_visit() -> Answer:
    """Whom did you visit? Leads on to the entry where the address says it."""
    for name, endpoint in (("referral", "casework.log_visit_for_referral"), ("person", "casework.log_visit_to")):
        if key := request.args.get(name):
            return redirect(url_for(endpoint, key=key))
    text = request.args.get("q", "").strip()
    page = people.find_people(db.session, actor(), text) if text else None
    recent = [] if text else visits.recent_people(db.session, actor())
    return render_template("casework/choose_person.html", text=text, page=page, recent=recent)


@blueprint.route("/people/<uuid:key>/visits/new", methods=["GET", "POST"])
@allow(Act.READ_CASELOAD, find=people.person_in_scope)
def log_visit_to(person: Person) -> Answer:
    """Write down a visit to one person."""
    return _log(person, None)


@blueprint.route("/referrals/<uuid:key>/visits/new", methods=["GET", "POST"])
@allow(Act.READ_CASELOAD, find=needs.referral_in_scope)
def log_visit_for_referral(referral: Referral) -> Answer:
    """Write down a visit that a referral asked for."""
    return _log(referral.need.person, referral)


def _log(person: Person, referral: Referral | None, corrects: Visit | None = None) -> Answer:
    session, by, now = db.session, actor(), clock.now()
    also = corrects.referral_id if corrects else None
    terms, going_on = needs.terms(session), needs.going_on(session, by, person.id, also=also)
    data = visit_reading.as_typed(corrects) if corrects else visit_reading.usual(session, by, person, referral, now)
    form = VisitForm(data=data | {"entry_key": new_entry_key()})
    visit_reading.offer(form, terms, going_on, by)
    if form.validate_on_submit():
        try:
            visit_reading.write(session, form, person, going_on, terms, by=by, at=now, corrects=corrects)
        except EntryKeyReused:
            form.form_errors.append(_reused())
            form.entry_key.data = new_entry_key()
        else:
            flash(_("The visit to %(name)s is saved.", name=person.name), "success")
            return redirect(url_for("casework.show_person", key=person.id))
    page = render_template("casework/log_visit.html", person=person, form=form, corrects=corrects)
    return page, 422 if form.errors else 200


def _reused() -> str:
    return _("This form was already saved with something else in it. Nothing was overwritten: look at the visits of "
             "this person, then send again if this one is really another.")  # fmt: skip


@blueprint.route("/visits/<uuid:key>/correct", methods=["GET", "POST"])
@allow(Act.READ_CASELOAD, find=visits.own_visit)
def correct_visit(visit: Visit) -> Answer:
    """Write a new entry in the place of a wrong one; the wrong one stays and no longer counts."""
    if visit.person is None:  # somebody else looks after the person by now
        abort(404)
    if visit.replaced and request.method == "GET":
        flash(_("This entry has been corrected already."), "warning")
        return redirect(url_for("casework.show_person", key=visit.person_id))
    return _log(visit.person, None, corrects=visit)


@blueprint.route("/visits/group", methods=["GET", "POST"])
@allow(Act.READ_CASELOAD)
def log_group() -> Answer:
    """Write down a group session: one form, several people."""
    session, by = db.session, actor()
    now = visit_reading.rounded(clock.now() - timedelta(minutes=60))
    form = GroupForm(data={"started_at": now, "minutes": 60, "units": Decimal(1), "entry_key": new_entry_key()})
    terms = needs.terms(session)
    form.prepare(terms)
    offered = visits.people_for_group(session, by, text=form.q.data, chosen=_keys(form.people.data))
    form.offer(offered)
    if "look" not in request.form and form.validate_on_submit():
        came = [person for person in offered if str(person.id) in (form.people.data or ())]
        try:
            entries = visit_reading.write_group(session, form, came, terms, by=by)
        except EntryKeyReused:
            form.form_errors.append(_reused())
            form.entry_key.data = new_entry_key()
        else:
            flash(ngettext("%(num)s person-time is saved.", "%(num)s person-times are saved.", len(entries)), "success")
            return redirect(url_for("casework.list_visits"))
    page = render_template("casework/log_group.html", form=form)
    return page, 422 if form.errors else 200


def _keys(values: list[str] | None) -> list[uuid.UUID]:
    keys = []
    for value in values or ():
        try:
            keys.append(uuid.UUID(value))
        except ValueError:
            continue
    return keys
