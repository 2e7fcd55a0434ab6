"""Forms of the phone. Each is filled from a page's form, or from what the phone had sealed: the same fields."""

from datetime import datetime, timedelta
from typing import Any

import wtforms
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from models import Attitude, ContactResult, SeenNeed, Urgency, VisitKind
from referral import clock, codes
from referral.casework.need_forms import term_choices
from referral.casework.visit_forms import new_entry_key
from referral.forms import AmountField, Form, MomentField, Preset, choices, coerce
from referral.i18n import _, lazy
from referral.intake.fields import CodeField, village_choices

ALONE = tuple(kind for kind in VisitKind if kind is not VisitKind.GROUP)
LONGEST = timedelta(hours=24)
AHEAD = timedelta(minutes=10)
"""A phone's clock may be a little fast."""
PICTURE_TEXT = 6_000_000


class EntryForm(Form):
    """What every entry has."""

    entry_key = wtforms.HiddenField(default=new_entry_key)
    resolve = wtforms.HiddenField()

    def validate_entry_key(self, field: wtforms.HiddenField) -> None:
        """A form without its key was not made here."""
        if not field.data or len(field.data) > 48:
            field.data = new_entry_key()


class DoneForm(EntryForm):
    """What was done, from check-in to check-out."""

    started_at = MomentField(lazy("Time of coming"), [InputRequired()])
    ended_at = MomentField(lazy("Time of leaving"), [InputRequired()])
    checked_in = wtforms.HiddenField()
    checked_out = wtforms.HiddenField()
    units = AmountField(
        lazy("Units"),
        [InputRequired(), NumberRange(min=0, max=100_000)],
        places=None,
        render_kw={"inputmode": "decimal"},
    )
    term = wtforms.SelectField(lazy("What was done"), [InputRequired()])
    note = wtforms.TextAreaField(lazy("One sentence"), [Optional(), Length(max=2000)], render_kw={"rows": 2})
    photo = wtforms.FileField(lazy("Photo"), [Preset()], render_kw={"accept": "image/*"})
    photo_data = wtforms.HiddenField(validators=[Length(max=PICTURE_TEXT)])

    def prepare(self, terms: Any) -> None:
        """Give the form its list of helps."""
        self.term.choices = term_choices(terms, _("Choose"))

    def validate_started_at(self, field: MomentField) -> None:
        """What is written down has happened."""
        if field.data and field.data > clock.now() + AHEAD:
            raise ValidationError(_("This moment has not come yet. Log a visit when it has happened."))

    def validate_ended_at(self, field: MomentField) -> None:
        """Nobody leaves before coming, nor stays longer than a day."""
        if field.data and self.started_at.data:
            stayed: timedelta = field.data - self.started_at.data
            if stayed < timedelta(0):
                raise ValidationError(_("This is before the time of coming."))
            if stayed > LONGEST:
                raise ValidationError(_("That would be more than a day. Please look at both times."))

    @property
    def times(self) -> tuple[datetime, int]:
        """When it began, and how many minutes it took, of a form that was found valid."""
        begin, end = self.started_at.data, self.ended_at.data
        if begin is None or end is None:
            raise ValueError("the form has not been validated")
        return begin, int((end - begin).total_seconds() // 60)


class VisitForm(DoneForm):
    """One person, one visit: twelve taps at most."""

    target = wtforms.HiddenField()
    seen = wtforms.HiddenField()
    who = wtforms.StringField(
        lazy("Who?"),
        [Optional(), Length(max=64)],
        description=lazy(
            "Name or file number. If it is not clear who is meant, you are asked when there is a network."
        ),
        render_kw={"autocomplete": "off"},
    )
    contact_result = wtforms.RadioField(
        lazy("Whom did you meet?"),
        [InputRequired()],
        choices=lambda: choices(ContactResult),
        coerce=coerce(ContactResult),
        default=ContactResult.MET_PERSON.value,
    )
    attitude = wtforms.RadioField(
        lazy("How was the mood?"), [Optional()], choices=lambda: choices(Attitude), coerce=coerce(Attitude)
    )
    needs = wtforms.SelectMultipleField(lazy("What is lacking?"), [Optional()], choices=lambda: choices(SeenNeed))
    kind = wtforms.RadioField(
        lazy("How?"),
        [InputRequired()],
        choices=lambda: choices(ALONE),
        coerce=coerce(VisitKind),
        default=VisitKind.HOME_VISIT.value,
    )
    amount = AmountField(
        lazy("Value handed over, in yuan"),
        [Optional(), NumberRange(min=0, max=10_000_000)],
        render_kw={"inputmode": "decimal"},
    )
    promise = wtforms.StringField(
        lazy("Promised for next time"), [Optional(), Length(max=200)], render_kw={"autocomplete": "off"}
    )
    signature_data = wtforms.HiddenField(validators=[Length(max=PICTURE_TEXT)])

    def validate_who(self, field: wtforms.StringField) -> None:
        """A visit is to somebody."""
        if not self.target.data and not field.data:
            field.errors = [_("Please say who it was.")]
            raise wtforms.validators.StopValidation(_("Please say who it was."))


class GroupForm(DoneForm):
    """One session, several people: each is one person-time, all are one activity."""

    people = wtforms.SelectMultipleField(lazy("Who came?"), [Preset()], choices=[], validate_choice=False)
    names = wtforms.TextAreaField(
        lazy("Others who came"),
        [Preset(), Length(max=2000)],
        description=lazy("Names or file numbers, one on each line."),
        render_kw={"rows": 3},
    )

    def validate_names(self, field: wtforms.TextAreaField) -> None:
        """A session without people is none."""
        if not self.people.data and not field.data:
            raise ValidationError(_("Please tick or write who came."))

    @property
    def lines(self) -> list[str]:
        """The names that were written, each once."""
        written = (line.strip() for line in (self.names.data or "").replace("、", "\n").splitlines())
        return list(dict.fromkeys(line for line in written if line))


class LeadForm(EntryForm):
    """Somebody needs help now: three fields, and the station knows."""

    name = wtforms.StringField(
        lazy("Who needs help?"), [InputRequired(), Length(max=64)], render_kw={"autocomplete": "off"}
    )
    area_code = wtforms.SelectField(lazy("Village"), [InputRequired()])
    summary = wtforms.TextAreaField(
        lazy("What happened?"),
        [InputRequired(), Length(max=2000)],
        description=lazy("One sentence is enough, such as: fell at home, lives alone."),
        render_kw={"rows": 2},
    )
    urgency = wtforms.RadioField(
        lazy("How urgent?"),
        [Preset()],
        choices=lambda: choices(Urgency),
        coerce=coerce(Urgency),
        default=Urgency.HIGH.value,
    )
    phone = CodeField(
        lazy("Phone of the person or a neighbour"), codes.phone, render_kw={"inputmode": "tel", "autocomplete": "off"}
    )

    def prepare(self, townships: Any) -> None:
        """Give the form its villages."""
        self.area_code.choices = village_choices(townships, _("Choose the village"))
        villages = [village for _township, found in townships for village in found]
        if len(villages) == 1 and not self.area_code.data:
            self.area_code.data = villages[0].code
