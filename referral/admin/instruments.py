"""Instruments: which are offered, when they are asked again, and own ones with a preview and versions."""

import uuid
from typing import Any

import wtforms
from flask import flash, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from models import Account, Instrument, InstrumentOrigin, VersionState
from referral import clock
from referral.access import Act, actor, allow
from referral.actions import instruments
from referral.admin import blueprint
from referral.admin.instrument_forms import InstrumentForm, LineWrong, definition_of, values_of
from referral.extensions import db
from referral.forms import Form
from referral.i18n import _, lazy
from referral.instruments.definition import problems
from referral.measure_forms import sheet_form
from referral.measure_words import said
from referral.queries import instruments as queries

Answer = Response | str | tuple[str, int]


class SwitchForm(Form):
    """Whether an instrument is offered, and after how many days it is asked again."""

    active = wtforms.BooleanField(lazy("Offered to caseworkers"))
    follow_up_days = wtforms.IntegerField(
        lazy("Asked again after days"),
        [Optional(), NumberRange(min=1, max=1000)],
        description=lazy("Empty: it is not asked again by itself."),
    )


class NewForm(InstrumentForm):
    """An own instrument with its code."""

    code = wtforms.StringField(
        lazy("Code"),
        [InputRequired(), Length(max=31)],
        description=lazy("Small letters, digits and low lines; it stays for ever and names the measure in exports."),
    )


def _find(session: Session, _account: Account, key: uuid.UUID) -> Instrument | None:
    return queries.instrument(session, key)


@blueprint.get("/admin/instruments")
@allow(Act.EDIT_INSTRUMENTS)
def list_instruments() -> str:
    """Which instruments are there, and which are offered?"""
    return render_template("admin/list_instruments.html", lines=queries.lines(db.session), said=said)


@blueprint.route("/admin/instruments/<uuid:key>", methods=["GET", "POST"])
@allow(Act.EDIT_INSTRUMENTS, find=_find)
def show_instrument(instrument: Instrument) -> Answer:
    """Show an instrument as it is asked, with its versions; switch it on or off."""
    form = SwitchForm(obj=instrument)
    if form.validate_on_submit():
        try:
            active, days = form.active.data, form.follow_up_days.data
            instruments.switch(db.session, instrument, active=active, follow_up_days=days)
        except instruments.BadDefinition:
            form.active.errors = [_("Publish a version first.")]
        else:
            flash(_("Saved."), "success")
            return redirect(url_for("admin.show_instrument", key=instrument.id))
    versions = sorted(instrument.versions, key=lambda one: -one.number)
    shown = versions[0]
    page = render_template(
        "admin/show_instrument.html",
        instrument=instrument,
        versions=versions,
        shown=shown,
        form=form,
        preview=sheet_form(shown, formdata=None),
        wrong=list(problems(shown.definition)),
        used=queries.sheets_by_version(db.session, instrument),
        said=said,
        own=instrument.origin is InstrumentOrigin.OWN,
    )
    return page, 422 if form.errors else 200


@blueprint.route("/admin/instruments/new", methods=["GET", "POST"])
@allow(Act.EDIT_INSTRUMENTS)
def make_instrument() -> Answer:
    """Write an own instrument; it is a draft until it is published."""
    form: Any = NewForm(rule="sum", better="more", factor=1, allowed_missing=0)
    if form.validate_on_submit() and (definition := _definition(form)) is not None:
        try:
            draft = instruments.make_own(db.session, code=form.code.data, names=_names(form), definition=definition)
        except instruments.CodeTaken:
            form.code.errors = [_("This code is taken, or it is none: small letters, digits and low lines.")]
        else:
            flash(_("Kept as a draft. Look at the preview, then publish it."), "success")
            return redirect(url_for("admin.show_instrument", key=draft.instrument_id))
    return render_template("admin/edit_instrument.html", form=form, instrument=None), 422 if form.errors else 200


@blueprint.route("/admin/instruments/<uuid:key>/edit", methods=["GET", "POST"])
@allow(Act.EDIT_INSTRUMENTS, find=_find)
def edit_instrument(instrument: Instrument) -> Answer:
    """Change an own instrument: the change is a draft of the next version, what is in use stays as it is."""
    newest = max(instrument.versions, key=lambda one: one.number)
    names = {"zh": newest.name_zh, "en": newest.name_en}
    form = InstrumentForm(**values_of(names, newest.definition))
    own = instrument.origin is InstrumentOrigin.OWN
    if own and form.validate_on_submit() and (definition := _definition(form)) is not None:
        instruments.save_draft(db.session, instrument, names=_names(form), definition=definition)
        flash(_("Kept as a draft. Look at the preview, then publish it."), "success")
        return redirect(url_for("admin.show_instrument", key=instrument.id))
    return render_template("admin/edit_instrument.html", form=form, instrument=instrument), 422 if form.errors else 200


@blueprint.post("/admin/instruments/<uuid:key>/publish")
@allow(Act.EDIT_INSTRUMENTS, find=_find)
def publish_instrument(instrument: Instrument) -> Answer:
    """Offer the draft from now on."""
    draft = instruments.newest(db.session, instrument, VersionState.DRAFT)
    try:
        if draft is not None:
            instruments.publish(db.session, draft, by=actor(), at=clock.now())
            flash(_("Published as version %(number)s.", number=draft.number), "success")
    except instruments.BadDefinition as error:
        flash(_("It cannot be published yet: %(what)s", what=", ".join(error.found)), "warning")
    return redirect(url_for("admin.show_instrument", key=instrument.id))


def _names(form: Any) -> dict[str, str]:
    return {"zh": form.name_zh.data, "en": form.name_en.data}


def _definition(form: InstrumentForm) -> dict[str, Any] | None:
    """Return what the form says, or None with the line that cannot be read marked."""
    try:
        return definition_of(form)
    except LineWrong as error:
        form[error.field].errors = [_("Line %(number)s cannot be read. Look at the hint above.", number=error.number)]
        return None
