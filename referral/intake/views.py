"""Finding people and taking them in."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from models import Person
from models.errors import ChangedMeanwhile
from referral import clock
from referral.access import Act, actor, allow
from referral.actions import people as acts
from referral.extensions import db
from referral.i18n import _
from referral.intake import blueprint, hardship, likeness, reading, writing
from referral.intake.forms import CorrectForm, HardshipForm, SearchForm, TakeInForm
from referral.queries import people

Page = str | tuple[str, int] | Response


@blueprint.get("/people")
@allow(Act.FIND_PERSON)
def find_person() -> str:
    """Is this person known?"""
    form = SearchForm(request.args)
    text = (form.q.data or "").strip()
    number = request.args.get("page", 1, type=int)
    page = people.find_people(db.session, actor(), text, number=number) if text else None
    cases = people.open_cases(db.session, actor(), [person.id for person in page.items]) if page else {}
    return render_template("intake/find_person.html", form=form, text=text, page=page, cases=cases)


@blueprint.route("/people/new", methods=["GET", "POST"])
@allow(Act.TAKE_IN)
def take_in() -> Page:
    """Write down somebody new, after a look at who may be the same."""
    form = TakeInForm(data=reading.carried_over(request.args))
    alike: list[people.Likeness] = []
    if reading.is_sent(db.session, actor(), form) and (read := reading.read(db.session, actor(), form)):
        alike = likeness.of(db.session, actor(), read.facts)
        likeness.refuse_taken_number(db.session, form, alike)
        if not form.errors and (not alike or form.not_the_same.data):
            person = writing.take_in(db.session, form, read, by=actor(), at=clock.now())
            flash(_("%(name)s is taken in. Next: ask what is needed.", name=person.name), "success")
            return redirect(url_for("casework.show_person", key=person.id))
    page = render_template("intake/take_in.html", form=form, alike=alike, words_of=likeness.words)
    return page, 422 if form.errors or alike else 200


@blueprint.route("/people/<uuid:key>/edit", methods=["GET", "POST"])
@allow(Act.EDIT_PERSON, find=people.person_in_scope)
def edit_person(person: Person) -> Page:
    """Correct what is known of somebody."""
    form = CorrectForm(data=reading.as_typed(person))
    changed: list[tuple[str, object, object]] = []
    if reading.is_sent(db.session, actor(), form, person) and (read := reading.read(db.session, actor(), form, person)):
        likeness.refuse_number_of_others(db.session, form, person)
        try:
            if not form.errors:
                acts.edit_person(db.session, person, read.facts, version=int(form.version.data or 0))
                flash(_("Saved."), "success")
                return redirect(url_for("casework.show_person", key=person.id))
        except ChangedMeanwhile:
            changed = reading.differences(person, form)
    page = render_template(
        "intake/edit_person.html", form=form, person=person, changed=changed, plainly=reading.plainly
    )
    return page, 422 if form.errors else 409 if changed else 200


@blueprint.route("/hardship", methods=["GET", "POST"])
@allow(Act.REPORT_HARDSHIP)
def report_hardship() -> Page:
    """Tell the station of somebody in need, in thirty seconds."""
    form = HardshipForm()
    village, alike = hardship.prepare(db.session, actor(), form)
    asks = bool(alike) and not form.known.data
    if form.validate_on_submit() and not asks:
        case = hardship.report(db.session, form, by=actor(), at=clock.now())
        flash(_("Thank you. The station has your report about %(name)s.", name=case.person.name), "success")
        return redirect(url_for("intake.report_hardship"))
    own = people.own_leads(db.session, actor())
    facts = {"village": village, "alike": alike, "own": own, "coarse": hardship.coarse}
    page = render_template("intake/report_hardship.html", form=form, **facts)
    return page, 422 if form.errors or asks else 200
