"""Forms of those who answer without an account."""

from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from models import AnswerKind, DeclineReason
from models.referral import GIVEN_BY_PEOPLE
from referral.actions.answering import Given
from referral.forms import Form, choices, coerce
from referral.i18n import _, lazy


class RejectForm(Form):
    """No, and why."""

    reason = RadioField(
        lazy("Why not?"), [InputRequired()], choices=lambda: choices(GIVEN_BY_PEOPLE), coerce=coerce(DeclineReason)
    )
    reason_text = TextAreaField(
        lazy("In your words"), [Length(max=500)], description=lazy("Needed for another reason, else optional.")
    )

    def validate_reason_text(self, field: TextAreaField) -> None:
        """Another reason needs words."""
        if self.reason.data is DeclineReason.OTHER and not (field.data or "").strip():
            raise ValidationError(_("Please say which reason it is."))

    def given(self) -> Given:
        """What is answered."""
        return Given(AnswerKind.REJECTED, reason=self.reason.data, text=self.reason_text.data)


class LinkForm(Form):
    """Asking for a new link; nothing is typed."""
