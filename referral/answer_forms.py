"""Forms of an answer, with an account and without: yes in part, and a question."""

from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from models import AnswerKind
from referral import clock
from referral.actions.answering import Given
from referral.forms import AmountField, DayField, Form
from referral.i18n import _, lazy


class AcceptForm(Form):
    """Yes, or yes in part."""

    quantity = AmountField(
        lazy("We can give fewer"),
        [Optional(), NumberRange(min=0, max=100_000)],
        description=lazy("Only where it is less than was asked."),
    )
    starts_on = DayField(
        lazy("We can begin on"), [Optional()], description=lazy("Only where it must be another day than soon.")
    )
    text = TextAreaField(lazy("To the station"), [Optional(), Length(max=500)])

    def validate_starts_on(self, field: DayField) -> None:
        """Nobody begins in the past."""
        if field.data and field.data < clock.today():
            raise ValidationError(_("This day is over. Name a day from today on."))

    def given(self) -> Given:
        """What is answered."""
        part = self.quantity.data is not None or self.starts_on.data is not None
        kind = AnswerKind.ACCEPTED_IN_PART if part else AnswerKind.ACCEPTED
        return Given(kind, self.quantity.data, self.starts_on.data, text=self.text.data)


class PartForm(AcceptForm):
    """Yes in part: fewer, or from a later day."""

    def given(self) -> Given:
        """What is answered."""
        return Given(AnswerKind.ACCEPTED_IN_PART, self.quantity.data, self.starts_on.data, text=self.text.data)


class AskForm(Form):
    """A question to the station."""

    question = TextAreaField(
        lazy("Your question"),
        [InputRequired(), Length(min=2, max=500)],
        description=lazy("The station cannot say who the person is before you accept."),
    )
