"""The station's side of answers: a new link, an answer told on the telephone, the reply to a question."""

from typing import Any
from uuid import UUID

import wtforms
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from models import AnswerKind, DeclineReason, Referral, ReferralQuestion
from models.referral import GIVEN_BY_PEOPLE
from referral import clock
from referral.access import Act, actor, allow, get_in_scope
from referral.actions import answering
from referral.actions.resting import NotInPart
from referral.casework import blueprint
from referral.extensions import db
from referral.forms import AmountField, DayField, Form, MomentField, choices, coerce
from referral.i18n import _, lazy
from referral.queries import needs

Answer = Response | str | tuple[str, int]


class PhoneAnswerForm(Form):
    """What a provider said on the telephone."""

    kind = wtforms.RadioField(
        lazy("What did they say?"), [InputRequired()], choices=lambda: choices(AnswerKind), coerce=coerce(AnswerKind)
    )
    said_by = wtforms.StringField(
        lazy("Who said it?"), [InputRequired(), Length(max=64)], description=lazy("Name and task at the provider")
    )
    said_at = MomentField(lazy("When?"), [InputRequired()])
    quantity = AmountField(
        lazy("They can give fewer"),
        [Optional(), NumberRange(min=0, max=100_000)],
        description=lazy("Only where they accept in part"),
    )
    starts_on = DayField(lazy("They can begin on"), [Optional()], description=lazy("Only where they accept in part"))
    reason = wtforms.RadioField(
        lazy("Why not?"),
        [Optional()],
        choices=lambda: choices(GIVEN_BY_PEOPLE),
        coerce=coerce(DeclineReason),
        description=lazy("Only where they decline"),
    )
    text = wtforms.TextAreaField(lazy("In their words"), [Optional(), Length(max=500)])

    def validate_said_at(self, field: MomentField) -> None:
        """A call has happened."""
        if field.data and field.data > clock.now():
            raise ValidationError(_("This moment has not come yet."))

    def validate_reason(self, field: wtforms.RadioField) -> None:
        """A no needs its reason, another reason its words."""
        if self.kind.data is AnswerKind.REJECTED and not field.data:
            raise ValidationError(_("Please say which reason it is."))
        if field.data is DeclineReason.OTHER and not self.text.data:
            raise ValidationError(_("Please say which reason it is."))

    def given(self) -> answering.Given:
        """What was answered."""
        part = self.kind.data is AnswerKind.ACCEPTED_IN_PART
        return answering.Given(
            self.kind.data,
            self.quantity.data if part else None,
            self.starts_on.data if part else None,
            self.reason.data if self.kind.data is AnswerKind.REJECTED else None,
            self.text.data,
        )


@blueprint.route("/referrals/<uuid:key>/answer", methods=["GET", "POST"])
@allow(Act.ANSWER_FOR_PROVIDER, find=needs.referral_in_scope)
def answer_for_provider(referral: Referral) -> Answer:
    """Write down an answer that was given on the telephone."""
    form = PhoneAnswerForm(said_at=clock.now().replace(second=0, microsecond=0))
    if form.validate_on_submit():
        told: dict[str, Any] = {"said_by": form.said_by.data, "said_at": form.said_at.data}
        try:
            answering.answer_by_phone(db.session, referral, form.given(), by=actor(), at=clock.now(), **told)
        except NotInPart:
            form.quantity.errors = [_("Say how many, fewer than were asked, or from which day on.")]
        else:
            flash(_("The answer is written down, with who said it and that you entered it."), "success")
            return _shown(referral)
    return render_template("casework/answer_for_provider.html", referral=referral, form=form), (
        422 if form.errors else 200
    )


@blueprint.post("/referrals/<uuid:key>/link")
@allow(Act.ANSWER_FOR_PROVIDER, find=needs.referral_in_scope)
def send_link_again(referral: Referral) -> Response:
    """Have a new link sent to the provider; older ones end."""
    try:
        answering.send_link_again(db.session, referral, by=actor(), at=clock.now())
    except answering.NobodyToTell:
        flash(_("No mail address or mobile number of this provider is on record. Please ring them up."), "warning")
    else:
        flash(_("A new link is on its way. Older links do not work any more."), "success")
    return _shown(referral)


@blueprint.post("/referrals/<uuid:key>/reply")
@allow(Act.ANSWER_FOR_PROVIDER, find=needs.referral_in_scope)
def reply_to_question(referral: Referral) -> Response:
    """Answer a question of the provider; it must not tell who the person is."""
    key = request.form.get("question", type=UUID)
    question = get_in_scope(db.session, actor(), ReferralQuestion, key) if key else None
    text = (request.form.get("reply") or "").strip()[:500]
    if question is None or question.referral_id != referral.id or not text:
        flash(_("Please write your reply first."), "warning")
        return _shown(referral)
    try:
        answering.reply(db.session, question, text, by=actor(), at=clock.now())
    except answering.TellsWho:
        flash(_("Your reply names the person. Before acceptance nobody may learn who it is: please say it without."),
              "warning")  # fmt: skip
    else:
        flash(_("Your reply is on its way to the provider."), "success")
    return _shown(referral)


def _shown(referral: Referral) -> Response:
    return redirect(url_for("casework.show_referral", key=referral.id, _anchor="answers"))
