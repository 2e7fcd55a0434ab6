"""Showing a person's ID number and card, once, for a purpose that stands in the log."""

import wtforms
from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import InputRequired

from models import Person
from referral import log
from referral.access import Act, allow
from referral.casework import blueprint
from referral.extensions import db
from referral.forms import Form
from referral.i18n import lazy
from referral.queries import people

PURPOSES = {
    "compare": lazy("Compare with the card"),
    "apply": lazy("Fill in an application for aid"),
    "pay": lazy("Pay aid out"),
    "asked": lazy("The person asks for it"),
}


class RevealForm(Form):
    """Why a number is looked at."""

    purpose = wtforms.SelectField(
        lazy("What for?"),
        [InputRequired()],
        choices=lambda: [SelectChoice(value=code, label=str(label)) for code, label in PURPOSES.items()],
    )


@blueprint.post("/people/<uuid:key>/numbers")
@allow(Act.REVEAL, find=people.person_in_scope)
def reveal(person: Person) -> Response | str:
    """Show the ID number and the card of one person on this one page, and write down who saw them and why."""
    form = RevealForm()
    if not form.validate_on_submit():
        return redirect(url_for("casework.show_person", key=person.id))
    log.note(db.session, "reveal", person_id=person.id, record=person, purpose=form.purpose.data)
    return render_template("casework/reveal_person.html", person=person)
