"""What happens in the coordinator's area when a provider lets its time pass."""

from typing import Any

import wtforms
from flask import abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms.validators import InputRequired, Length, NumberRange

from referral import clock
from referral.access import Act, actor, allow
from referral.actions import silence
from referral.coordination import blueprint
from referral.extensions import db
from referral.forms import Form
from referral.i18n import _, lazy


class SilenceForm(Form):
    """The rule of an area."""

    next_offer = wtforms.BooleanField(lazy("Put the need to the next provider by itself"))
    most_offers = wtforms.IntegerField(
        lazy("At most so often in a row"),
        [InputRequired(), NumberRange(min=0, max=9)],
        description=lazy("After that a person must decide again."),
    )
    reason = wtforms.TextAreaField(lazy("Why is it set so?"), [InputRequired(), Length(max=500)])


@blueprint.route("/silence", methods=["GET", "POST"])
@allow(Act.SET_SILENCE)
def set_silence() -> Response | str | tuple[str, int]:
    """Show and set what follows when a provider is silent."""
    area = actor().area_code
    if area is None:
        abort(404)
    now = silence.rule_for(db.session, area)
    form = SilenceForm(next_offer=now.next_offer, most_offers=now.most_offers)
    if form.validate_on_submit():
        values: dict[str, Any] = {name: form[name].data for name in ("next_offer", "most_offers", "reason")}
        silence.set_rule(db.session, area, **values, by=actor(), at=clock.now())
        flash(_("Set. It counts from the next referral that expires."), "success")
        return redirect(url_for("coordination.set_silence"))
    return render_template("coordination/set_silence.html", form=form, rule=now), 422 if form.errors else 200
