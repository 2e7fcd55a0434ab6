"""Volunteers: who gives time, how much, and statements of it."""

from typing import Any

import wtforms
from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

from models import Volunteer, VolunteerHours, VolunteerStatement
from referral import clock
from referral.access import Act, actor, allow
from referral.actions import volunteers as acts
from referral.casework import blueprint
from referral.extensions import db
from referral.forms import AmountField, DayField, Form
from referral.i18n import _, lazy
from referral.queries import volunteers

Answer = Response | str | tuple[str, int]


class VolunteerForm(Form):
    """Who gives time."""

    name = wtforms.StringField(lazy("Name or alias"), [InputRequired(), Length(max=64)])
    is_alias = wtforms.BooleanField(lazy("This is an alias"), description=lazy("A statement needs a real name."))
    since = DayField(lazy("Since"), [InputRequired()])


class HoursForm(Form):
    """Time given on a day."""

    day = DayField(lazy("Day"), [InputRequired()])
    hours = AmountField(lazy("Hours"), [InputRequired(), NumberRange(min=0.25, max=24)])
    activity = wtforms.StringField(
        lazy("What was done"), [InputRequired(), Length(max=120)], description=lazy("No names of people helped")
    )
    place = wtforms.StringField(lazy("Where"), [Length(max=120)])

    def validate_day(self, field: DayField) -> None:
        """Nobody has given time tomorrow."""
        if field.data and field.data > clock.today():
            raise ValidationError(_("This day is still to come."))

    @property
    def said(self) -> dict[str, Any]:
        """What was typed."""
        return {name: self[name].data for name in ("day", "hours", "activity", "place")}


class CorrectForm(HoursForm):
    """The same, with why the entry before was wrong."""

    why = wtforms.StringField(lazy("Why is it corrected?"), [InputRequired(), Length(max=255)])


class StatementForm(Form):
    """Of which days a statement speaks."""

    first = DayField(lazy("From"), [InputRequired()])
    last = DayField(lazy("To"), [InputRequired()])

    def validate_last(self, field: DayField) -> None:
        """A period ends after it begins."""
        if field.data and self.first.data and field.data < self.first.data:
            raise ValidationError(_("The last day lies before the first."))


@blueprint.get("/volunteers")
@allow(Act.KEEP_VOLUNTEERS)
def list_volunteers() -> str:
    """Who gives time, and how much this year?"""
    return render_template(
        "casework/list_volunteers.html",
        given=volunteers.volunteers(db.session, actor(), clock.today().year),
        year=clock.today().year,
    )


@blueprint.route("/volunteers/new", methods=["GET", "POST"])
@allow(Act.KEEP_VOLUNTEERS)
def add_volunteer() -> Answer:
    """Enter somebody who gives time."""
    form = VolunteerForm(since=clock.today())
    if form.validate_on_submit():
        made = acts.add_volunteer(
            db.session, volunteers.own_organization(db.session, actor()), name=form.name.data or "",
            is_alias=bool(form.is_alias.data), since=form.since.data or clock.today(), at=clock.now(),
        )  # fmt: skip
        flash(_("Saved."), "success")
        return redirect(url_for("casework.show_volunteer", key=made.id))
    return render_template("casework/edit_volunteer.html", form=form), 422 if form.errors else 200


@blueprint.get("/volunteers/<uuid:key>")
@allow(Act.KEEP_VOLUNTEERS, find=volunteers.find)
def show_volunteer(volunteer: Volunteer) -> str:
    """What did this volunteer give?"""
    today = clock.today()
    form = StatementForm(formdata=None, first=today.replace(month=1, day=1), last=today)
    return _shown(volunteer, form)


def _shown(volunteer: Volunteer, form: StatementForm) -> str:
    return render_template(
        "casework/show_volunteer.html",
        volunteer=volunteer,
        entries=volunteers.entries(db.session, volunteer),
        statements=volunteers.statements(db.session, volunteer),
        form=form,
    )


@blueprint.route("/volunteers/<uuid:key>/hours", methods=["GET", "POST"])
@allow(Act.KEEP_VOLUNTEERS, find=volunteers.find)
def record_volunteer_hours(volunteer: Volunteer) -> Answer:
    """Write down time given."""
    form = HoursForm(day=clock.today())
    if form.validate_on_submit():
        acts.record_hours(db.session, volunteer, by=actor(), at=clock.now(), **form.said)
        flash(_("Saved."), "success")
        return redirect(url_for("casework.show_volunteer", key=volunteer.id))
    page = render_template("casework/edit_volunteer_hours.html", form=form, volunteer=volunteer, corrects=None)
    return page, 422 if form.errors else 200


@blueprint.route("/volunteers/hours/<uuid:key>/correct", methods=["GET", "POST"])
@allow(Act.KEEP_VOLUNTEERS, find=volunteers.find_entry)
def correct_volunteer_hours(entry: VolunteerHours) -> Answer:
    """Write a new entry in the place of a wrong one, which stays."""
    form = CorrectForm(obj=None, data={"day": entry.day, "hours": entry.hours, "activity": entry.activity,
                                       "place": entry.place})  # fmt: skip
    if form.validate_on_submit():
        acts.record_hours(
            db.session, entry.volunteer, by=actor(), at=clock.now(), corrects=entry, why=form.why.data, **form.said
        )
        flash(_("Corrected. The entry before stays on record and no longer counts."), "success")
        return redirect(url_for("casework.show_volunteer", key=entry.volunteer_id))
    page = render_template("casework/edit_volunteer_hours.html", form=form, volunteer=entry.volunteer, corrects=entry)
    return page, 422 if form.errors else 200


@blueprint.post("/volunteers/<uuid:key>/statements")
@allow(Act.KEEP_VOLUNTEERS, find=volunteers.find)
def issue_statement(volunteer: Volunteer) -> Answer:
    """Issue a numbered statement, free of charge."""
    form = StatementForm()
    if not form.validate_on_submit() or form.first.data is None or form.last.data is None:
        return _shown(volunteer, form), 422
    statement = acts.issue_statement(
        db.session, volunteer, volunteer.organization, first=form.first.data, last=form.last.data, by=actor(),
        at=clock.now(),
    )  # fmt: skip
    return redirect(url_for("casework.show_statement", key=statement.id))


@blueprint.get("/statements/<uuid:key>")
@allow(Act.KEEP_VOLUNTEERS, find=volunteers.find_statement)
def show_statement(statement: VolunteerStatement) -> str:
    """The statement, to be printed."""
    now = acts.counted(db.session, statement.volunteer, statement.first_day, statement.last_day)
    return render_template(
        "casework/show_statement.html", statement=statement, entries=acts.as_given_out(db.session, statement),
        unchanged=acts.fingerprint(now) == statement.digest,
    )  # fmt: skip
