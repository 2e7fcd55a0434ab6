"""Forms with which the loop closes: a call, the finding of a contradiction, the re-visit."""

from typing import Any

import wtforms
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from models import ConfirmationSaid, ContradictionFinding, RevisitResult, RevisitWay, SpokenBy
from models.closing import WORDS_SAID
from referral import clock
from referral.forms import DayField, Form, MomentField, choices, coerce
from referral.i18n import _, lazy


def _agree() -> list[tuple[str, str]]:
    words = (_("Agree fully"), _("Agree"), _("Cannot say"), _("Disagree"), _("Disagree fully"))
    return [(str(value), word) for value, word in zip(range(5, 0, -1), words, strict=True)]


class QuestionsMixin:
    """Three own questions on satisfaction; each may be left out."""

    in_time = wtforms.RadioField(lazy("The help came in time"), [Optional()], choices=_agree)
    fitting = wtforms.RadioField(lazy("It was the help I needed"), [Optional()], choices=_agree)
    respect = wtforms.RadioField(lazy("I was treated with respect"), [Optional()], choices=_agree)

    def answers(self) -> list[int | None]:
        """Return the three answers of 1–5, None where one was left out."""
        fields: tuple[Any, ...] = (self.in_time, self.fitting, self.respect)
        return [int(field.data) if field.data not in {None, "", "None"} else None for field in fields]


class CallForm(QuestionsMixin, Form):
    """A call: when, who spoke, what was said."""

    called_at = MomentField(lazy("When was the call?"), [InputRequired()])
    spoken_by = wtforms.RadioField(
        lazy("Who spoke?"),
        [InputRequired()],
        choices=lambda: choices([one for one in SpokenBy if one is not SpokenBy.UNKNOWN]),
        coerce=coerce(SpokenBy),
    )
    said = wtforms.RadioField(
        lazy("What was said?"),
        [InputRequired()],
        choices=lambda: choices(ConfirmationSaid),
        coerce=coerce(ConfirmationSaid),
    )
    note = wtforms.TextAreaField(lazy("One sentence"), [Optional(), Length(max=1000)])
    asked = wtforms.BooleanField(lazy("I asked the three questions on satisfaction"))

    def validate_called_at(self, field: MomentField) -> None:
        """A call has happened."""
        if field.data and field.data > clock.now():
            raise ValidationError(_("This moment has not come yet. Write a call down when it has happened."))


class WordForm(QuestionsMixin, Form):
    """What whoever holds a code says."""

    code = wtforms.HiddenField()
    said = wtforms.RadioField(
        lazy("Did you get the help?"),
        [InputRequired()],
        choices=lambda: choices(WORDS_SAID),
        coerce=coerce(ConfirmationSaid),
    )


class SettleForm(Form):
    """What looking into a contradiction showed."""

    finding = wtforms.RadioField(
        lazy("What did you find?"),
        [InputRequired()],
        choices=lambda: choices(ContradictionFinding),
        coerce=coerce(ContradictionFinding),
    )
    words = wtforms.TextAreaField(
        lazy("In your words"),
        [InputRequired(), Length(max=2000)],
        description=lazy("Whom you spoke with, what you saw, and what follows."),
    )


class RevisitForm(Form):
    """The re-visit: when, how, and what it found."""

    done_on = DayField(lazy("Which day?"), [InputRequired()])
    way = wtforms.RadioField(
        lazy("How?"), [InputRequired()], choices=lambda: choices(RevisitWay), coerce=coerce(RevisitWay)
    )
    result = wtforms.RadioField(
        lazy("What did you find?"),
        [InputRequired()],
        choices=lambda: choices(RevisitResult),
        coerce=coerce(RevisitResult),
    )
    note = wtforms.TextAreaField(
        lazy("In your words"),
        [Optional(), Length(max=2000)],
        description=lazy("Does the help still hold? Is anything new needed?"),
    )

    def validate_done_on(self, field: DayField) -> None:
        """A re-visit has happened."""
        if field.data and field.data > clock.today():
            raise ValidationError(_("This day has not come yet."))
