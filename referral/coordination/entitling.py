"""Which organization may issue statements of volunteers' service, and where that is written."""

import wtforms
from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms.validators import Length, Optional, ValidationError

from models import Organization
from referral.access import Act, allow
from referral.actions import volunteers as acts
from referral.coordination import blueprint
from referral.extensions import db
from referral.forms import DayField, Form
from referral.i18n import _, lazy
from referral.queries import catalogue_entry


class EntitleForm(Form):
    """Since when, and where it is written; both empty take it back."""

    since = DayField(lazy("May issue statements since"), [Optional()])
    source = wtforms.StringField(
        lazy("Where that is written"), [Length(max=255)],
        description=lazy("Its entry in the national volunteer system, or a letter of the department"),
    )  # fmt: skip

    def validate_source(self, field: wtforms.StringField) -> None:
        """A right is written somewhere."""
        if self.since.data and not field.data:
            raise ValidationError(_("Say where it is written."))


@blueprint.route("/organizations/<uuid:key>/statements", methods=["GET", "POST"])
@allow(Act.EDIT_CATALOGUE, find=catalogue_entry.find_organization)
def entitle_organization(organization: Organization) -> Response | tuple[str, int]:
    """Let an organization issue statements of volunteers' service, or no longer."""
    form = EntitleForm(since=organization.statements_since, source=organization.statements_source)
    if form.validate_on_submit():
        acts.entitle(db.session, organization, since=form.since.data, source=form.source.data)
        flash(_("Saved."), "success")
        return redirect(url_for("coordination.show_organization", key=organization.id))
    page = render_template("coordination/entitle_organization.html", form=form, organization=organization)
    return page, 422 if form.errors else 200
