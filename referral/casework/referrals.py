"""A referral as the station sees it."""

import wtforms
from flask import current_app, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms.validators import InputRequired, Length, ValidationError

from models import DeclineReason, Referral
from models.referral import GIVEN_BY_PEOPLE, GOING_ON_STATUSES, LIVE_STATUSES
from referral import clock
from referral.access import Act, actor, allow
from referral.actions import links, referrals
from referral.actions.confirming import ASKABLE
from referral.casework import blueprint
from referral.extensions import db
from referral.forms import Form, choices, coerce
from referral.i18n import _, lazy
from referral.plans import rhythm
from referral.queries import answers, closing, consent_pages, consents, needs, plans


class CancelForm(Form):
    """Why a referral is taken back."""

    reason = wtforms.RadioField(
        lazy("Why?"), [InputRequired()], choices=lambda: choices(GIVEN_BY_PEOPLE), coerce=coerce(DeclineReason)
    )
    reason_text = wtforms.TextAreaField(
        lazy("In your words"), [Length(max=1000)], description=lazy("Needed for another reason, else optional.")
    )

    def validate_reason_text(self, field: wtforms.TextAreaField) -> None:
        """Another reason needs words."""
        if self.reason.data is DeclineReason.OTHER and not field.data:
            raise ValidationError(_("Please say which reason it is."))


@blueprint.get("/referrals/<uuid:key>")
@allow(Act.READ_PERSON, find=needs.referral_in_scope)
def show_referral(referral: Referral) -> str:
    """Where does it stand, and what was done?"""
    return render_template(
        "casework/show_referral.html",
        referral=referral,
        live=referral.status in LIVE_STATUSES,
        consent=consents.last_word(db.session, referral.person_id, referral.organization_id),
        emergency=consent_pages.emergency_of(db.session, referral),
        now=clock.now(),
        going_on=referral.status in GOING_ON_STATUSES,
        events=sorted(referral.events, key=lambda event: (event.at, event.id)),
        visits=needs.visits_of_referral(db.session, referral),
        words=closing.words_on(db.session, referral.id),
        contradictions=closing.contradictions_on(db.session, referral.id),
        code=closing.live_code(db.session, referral.id, clock.now()),
        askable=referral.status in ASKABLE,
        answers=(told := answers.of_referral(db.session, referral.id)),
        offered_after=answers.before(db.session, referral),
        shown_address=_shown_address(told),
        plan=plans.plan_of(db.session, referral.id),
        often=rhythm.in_words,
    )


def _shown_address(told: answers.Answers) -> str | None:
    """Return the address of the newest link that may still work: in the demonstration, which sends nothing."""
    link = told.newest
    if not current_app.config["DEMONSTRATION"] or link is None or link.used_at or link.revoked_at:
        return None
    return url_for("public.show_request", token=links.token(link))


@blueprint.route("/referrals/<uuid:key>/cancel", methods=["GET", "POST"])
@allow(Act.CANCEL_REFERRAL, find=needs.referral_in_scope)
def cancel_referral(referral: Referral) -> Response | str | tuple[str, int]:
    """Take a referral back, with the reason; the need is open again."""
    form = CancelForm()
    if form.validate_on_submit():
        referrals.cancel(
            db.session,
            referral,
            by=actor(),
            at=clock.now(),
            reason=form.reason.data,
            reason_text=form.reason_text.data,
        )
        flash(_("The referral is taken back. The need is open again."), "success")
        return redirect(url_for("casework.show_need", key=referral.need_id))
    return render_template("casework/cancel_referral.html", referral=referral, form=form), 422 if form.errors else 200
