"""Forms of visits."""

import secrets
import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

import wtforms
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from models import ContactResult, VisitKind
from referral import clock
from referral.casework.case_forms import place_choices
from referral.casework.need_forms import term_choices
from referral.forms import AmountField, DayField, FilterForm, Form, MomentField, Preset, choices, coerce
from referral.i18n import _, lazy

ALONE = tuple(kind for kind in VisitKind if kind is not VisitKind.GROUP)
MINUTES_OF_A_DAY = 24 * 60
GROUP_NOTE = 2000


def new_entry_key() -> str:
    """Return what makes one entry one: sent twice, it is written once."""
    return secrets.token_urlsafe(18)


class EntryForm(Form):
    """What was done, when and for how long."""

    entry_key = wtforms.HiddenField(default=new_entry_key)
    term = wtforms.SelectField(lazy("What was done"), [InputRequired()])
    started_at = MomentField(lazy("When"), [InputRequired()])
    minutes = wtforms.IntegerField(
        lazy("Minutes"), [InputRequired(), NumberRange(min=0, max=MINUTES_OF_A_DAY)], render_kw={"inputmode": "numeric"}
    )
    units = AmountField(
        lazy("Units"),
        [InputRequired(), NumberRange(min=0, max=100_000)],
        places=None,
        description=lazy("In the unit behind the help; hours in quarters."),
        render_kw={"inputmode": "decimal"},
    )
    note = wtforms.TextAreaField(
        lazy("What happened?"), [Length(max=GROUP_NOTE)], description=lazy("One sentence."), render_kw={"rows": 2}
    )

    def prepare(self, terms: Any) -> None:
        """Give the form its list of helps."""
        self.term.choices = term_choices(terms, _("Choose"))

    def required(self) -> tuple[datetime, int, Decimal]:
        """Return when, minutes and units of a form that was found valid."""
        if self.started_at.data is None or self.minutes.data is None or self.units.data is None:
            raise ValueError("the form has not been validated")
        return self.started_at.data, self.minutes.data, self.units.data

    @property
    def term_id(self) -> uuid.UUID:
        """The help chosen."""
        return uuid.UUID(self.term.data)

    def validate_started_at(self, field: MomentField) -> None:
        """What is written down has happened."""
        if field.data and clock.local_date(field.data) > clock.today():
            raise ValidationError(_("This day is still to come. Visits are written down afterwards."))

    def validate_entry_key(self, field: wtforms.HiddenField) -> None:
        """A form without its key was not made here."""
        if not field.data or len(field.data) > 64:
            field.data = new_entry_key()


class VisitForm(EntryForm):
    """One person, one visit: twelve taps at most."""

    referral = wtforms.RadioField(lazy("For which help?"), [Optional(), Preset()], choices=[])
    contact_result = wtforms.RadioField(
        lazy("Whom did you meet?"),
        [InputRequired()],
        choices=lambda: choices(ContactResult),
        coerce=coerce(ContactResult),
        default=ContactResult.MET_PERSON.value,
    )
    kind = wtforms.RadioField(lazy("How?"), [InputRequired()], choices=lambda: choices(ALONE), coerce=coerce(VisitKind))
    amount = AmountField(
        lazy("Value handed over, in yuan"),
        [Optional(), NumberRange(min=0, max=10_000_000)],
        description=lazy("Only for money or goods."),
        render_kw={"inputmode": "decimal"},
    )


class GroupForm(EntryForm):
    """One session, several people: each is one person-time, all are one activity."""

    people = wtforms.SelectMultipleField(lazy("Who came?"), [Preset()], choices=[])
    q = wtforms.SearchField(lazy("Look for more people"), [Preset(), Length(max=80)])

    def offer(self, people: Any) -> None:
        """List the people who may be ticked."""
        self.people.choices = [
            SelectChoice(value=str(person.id), label=f"{person.name} · {person.area.name}") for person in people
        ]

    def validate_people(self, field: wtforms.SelectMultipleField) -> None:
        """A session without people is none."""
        if not field.data:
            raise ValidationError(_("Please tick who came. Look for people by name below."))


class VisitListForm(FilterForm):
    """What a list of visits is narrowed to."""

    first = DayField(lazy("From"), [Optional()])
    last = DayField(lazy("To"), [Optional()])
    q = wtforms.SearchField(lazy("Person"))
    term = wtforms.SelectField(lazy("What was done"))
    kind = wtforms.SelectField(lazy("Kind"), choices=lambda: choices(VisitKind, _("All")), coerce=coerce(VisitKind))
    result = wtforms.SelectField(
        lazy("Result"), choices=lambda: choices(ContactResult, _("All")), coerce=coerce(ContactResult)
    )
    area = wtforms.SelectField(lazy("Place"))
    mine = wtforms.BooleanField(lazy("Only mine"))

    def __init__(self, terms: Any, places: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.term.choices = term_choices(terms, _("All"))
        self.area.choices = place_choices(places)
