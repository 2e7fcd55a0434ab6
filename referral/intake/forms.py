"""Forms for taking people in."""

from typing import Any

import wtforms
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from models import CaseSource, ContactPreference, FeatureKind, HukouKind, Sex, Urgency
from referral import clock, codes
from referral.forms import DayField, Form, Part, Preset, choices, coerce
from referral.i18n import _, lazy, lazy_pgettext
from referral.intake.fields import CodeField

RELATIONS: dict[str, Any] = {
    "head": lazy("Head of the household"),
    "spouse": lazy("Spouse"),
    "child": lazy("Child"),
    "parent": lazy("Parent"),
    "grandchild": lazy("Grandchild"),
    "grandparent": lazy("Grandparent"),
    "sibling": lazy("Brother or sister"),
    "other": lazy_pgettext("relation", "Other"),
}
LANGUAGES: dict[str, Any] = {"zh": lazy("Mandarin"), "zh-dialect": lazy("Dialect only")}
MOST_STATUSES = 5


def worded(words: dict[str, Any]) -> Any:
    """Return the choices of a table of words."""
    from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

    return lambda: [SelectChoice(value=value, label=str(label)) for value, label in words.items()]


class StatusPart(Part):
    """One recognised status (认定类别)."""

    category = wtforms.SelectField(lazy("Status"), [Optional()])
    recognised_by = wtforms.StringField(lazy("Recognised by"), [Length(max=128)])
    document_number = wtforms.StringField(lazy("Document number"), [Length(max=64)])
    valid_from = DayField(lazy("Valid from"), [Optional()])
    valid_to = DayField(lazy("Valid to"), [Optional()])


class PersonForm(Form):
    """Who somebody is. Sex, birth date and age follow from the ID number; the township follows from the village."""

    version = wtforms.HiddenField()
    name = wtforms.StringField(lazy("Name"), [InputRequired(), Length(max=64)], render_kw={"autocomplete": "off"})
    id_number = CodeField(
        lazy("ID number"),
        codes.resident_id,
        description=lazy("Sex and birth date are read from it."),
        render_kw={"autocomplete": "off", "autocapitalize": "characters"},
    )
    sex = wtforms.RadioField(lazy("Sex"), [Optional()], choices=lambda: choices(Sex), coerce=coerce(Sex))
    born_on = DayField(lazy("Birth date"), [Optional()])
    phone = CodeField(
        lazy("Phone"), codes.phone, description=lazy("Leave empty if there is none."), render_kw={"inputmode": "tel"}
    )
    bank_card = CodeField(
        lazy("Bank card or passbook"),
        codes.bank_card,
        description=lazy("Where aid is paid to. Later only the last four digits are shown."),
        render_kw={"autocomplete": "off", "inputmode": "numeric"},
    )
    contact_preference = wtforms.RadioField(
        lazy("How should we reach this person?"),
        [Preset()],
        choices=lambda: choices(ContactPreference),
        coerce=coerce(ContactPreference),
        default=ContactPreference.PHONE.value,
    )
    contact_note = wtforms.StringField(
        lazy("Whom to ring instead, or when to come"), [Length(max=255)], render_kw={"autocomplete": "off"}
    )
    language = wtforms.RadioField(lazy("Speaks"), [Preset()], choices=worded(LANGUAGES), default="zh")
    area_code = wtforms.SelectField(
        lazy("Village of residence"), [InputRequired()], description=lazy("The township follows from it.")
    )
    address = wtforms.StringField(lazy("House or road"), [Length(max=255)], render_kw={"autocomplete": "off"})
    hukou_kind = wtforms.RadioField(
        lazy("Kind of registration"), [Optional()], choices=lambda: choices(HukouKind), coerce=coerce(HukouKind)
    )
    hukou_area = wtforms.SelectField(lazy("Registered in"), [Optional()])
    hukou_elsewhere = wtforms.StringField(
        lazy("County, if registered outside this list"),
        [Length(max=64)],
        description=lazy("Its full name as on the map, or its six digits."),
    )
    hukou_address = wtforms.StringField(lazy("Address of registration"), [Length(max=255)])
    emergency_area = wtforms.SelectField(lazy("The hardship occurred in"), [Optional()])
    emergency_address = wtforms.StringField(lazy("Where exactly"), [Length(max=255)])
    household_number = wtforms.StringField(
        lazy("Household number"),
        [Length(max=24)],
        description=lazy("Such as H2026-00012, if the person lives with somebody we know. Empty makes a new one."),
    )
    relation_to_head = wtforms.SelectField(
        lazy("Place in the household"), [Preset()], choices=worded(RELATIONS), default="head"
    )
    features = wtforms.SelectMultipleField(
        lazy("What makes the situation harder"),
        choices=lambda: choices(FeatureKind),
        coerce=coerce(FeatureKind),
    )
    statuses = wtforms.FieldList(wtforms.FormField(StatusPart), min_entries=1, max_entries=MOST_STATUSES)

    def validate_born_on(self, field: DayField) -> None:
        """Nobody is born tomorrow, and nobody is 130 years old."""
        today = clock.today()
        if field.data and not (today.year - 130 <= field.data.year and field.data <= today):
            raise ValidationError(_("This is not a possible birth date. Please check the year."))

    def validate_statuses(self, field: Any) -> None:
        """A status needs the day from which it holds."""
        for entry in field.entries:
            part = entry.form
            if part.category.data and part.valid_from.data is None and not part.valid_from.errors:
                raise ValidationError(_("Please add the day from which the status holds."))
            if part.valid_to.data and part.valid_from.data and part.valid_to.data < part.valid_from.data:
                raise ValidationError(_("The status ends before it begins. Please check both days."))

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the form; errors inside a status are shown as one sentence at the list of statuses."""
        right = bool(super().validate(extra_validators))
        inside = [part for part in self.statuses.errors if isinstance(part, dict) and part]
        if inside:
            self.statuses.errors = list(next(iter(inside[0].values())))
        return right


class CorrectForm(PersonForm):
    """Somebody who is known. Numbers that were given are not shown, and stay where their field is left empty."""

    no_bank_card = wtforms.BooleanField(lazy("The card or passbook is no longer valid: remove it"))


class TakeInForm(PersonForm):
    """Somebody new, and why we take them in."""

    source = wtforms.SelectField(
        lazy("How do we know?"),
        [InputRequired()],
        choices=lambda: choices([source for source in CaseSource if source is not CaseSource.IMPORT]),
        coerce=coerce(CaseSource),
        default=CaseSource.VISIT.value,
    )
    urgency = wtforms.RadioField(
        lazy("Urgency"),
        [Preset()],
        choices=lambda: choices(Urgency),
        coerce=coerce(Urgency),
        default=Urgency.NORMAL.value,
    )
    summary = wtforms.TextAreaField(
        lazy("What happened?"), [InputRequired(), Length(max=4000)], description=lazy("In one or two sentences.")
    )
    not_the_same = wtforms.BooleanField(lazy("I have compared: this is somebody else"))


class HardshipForm(Form):
    """A village assistant's report: thirty seconds."""

    name = wtforms.StringField(
        lazy("Who needs help?"), [InputRequired(), Length(max=64)], render_kw={"autocomplete": "off"}
    )
    area_code = wtforms.SelectField(lazy("Village"), [InputRequired()])
    summary = wtforms.TextAreaField(
        lazy("What happened?"),
        [InputRequired(), Length(max=2000)],
        description=lazy("One sentence is enough, such as: fell at home, lives alone."),
    )
    urgency = wtforms.RadioField(
        lazy("How urgent?"),
        [Preset()],
        choices=lambda: choices(Urgency),
        coerce=coerce(Urgency),
        default=Urgency.NORMAL.value,
    )
    phone = CodeField(
        lazy("Phone of the person or a neighbour"), codes.phone, render_kw={"inputmode": "tel", "autocomplete": "off"}
    )
    known = wtforms.RadioField(lazy("Is it one of these people?"), [Optional()], choices=[])


class SearchForm(wtforms.Form):
    """One box for everything."""

    q = wtforms.SearchField(lazy("Name, pinyin, number, phone or ID number"))
