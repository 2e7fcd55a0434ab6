"""The form of an instrument, made from its definition, and the forms of goals and red flags."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import wtforms
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from models import AssessmentOccasion, FlagHandling, InstrumentVersion, Mode
from models.goal import LEVELS
from referral import clock
from referral.forms import AmountField, DayField, Form, choices, coerce
from referral.i18n import _, lazy
from referral.instruments.definition import choices_of
from referral.measure_words import said

ITEM, FACT = "item_", "fact_"


class SheetForm(Form):
    """What stands beside the answers: when, how, and which occasion."""

    entry_key = wtforms.HiddenField()
    taken_on = DayField(lazy("Which day?"), [InputRequired()])
    occasion = wtforms.RadioField(
        lazy("Occasion"),
        [InputRequired()],
        choices=lambda: choices(AssessmentOccasion),
        coerce=coerce(AssessmentOccasion),
    )
    mode = wtforms.RadioField(lazy("How?"), [InputRequired()], choices=lambda: choices(Mode), coerce=coerce(Mode))
    note = wtforms.TextAreaField(lazy("One sentence"), [Optional(), Length(max=1000)])

    def validate_taken_on(self, field: DayField) -> None:
        """A measure has been taken."""
        if field.data and field.data > clock.today():
            raise ValidationError(_("This day has not come yet."))


def sheet_form(version: InstrumentVersion, **values: Any) -> Any:
    """Return the form of an instrument: a choice for each item, which may be left out, and a tick for each fact."""
    definition = version.definition
    fields: dict[str, Any] = {}
    for item in definition["items"]:
        listed = [SelectChoice(value=str(c["value"]), label=said(c)) for c in choices_of(definition, item)]
        fields[ITEM + item["code"]] = wtforms.RadioField(said(item), [Optional()], choices=listed)
    if definition["scoring"]["rule"] == "given":
        low, high = definition["scoring"]["min"], definition["scoring"]["max"]
        label = _("Total, %(low)s–%(high)s", low=low, high=high)
        fields["total"] = AmountField(label, [InputRequired(), NumberRange(min=low, max=high)])
    for fact in definition.get("facts", ()):
        fields[FACT + fact["code"]] = wtforms.BooleanField(said(fact))
    form = type("InstrumentForm", (SheetForm,), fields)
    return form(**values)


def answers_of(form: Any, version: InstrumentVersion) -> dict[str, Decimal | int | bool | None]:
    """Return what was answered, item by item; None is an item left out."""
    found: dict[str, Decimal | int | bool | None] = {}
    for item in version.definition["items"]:
        typed = form[ITEM + item["code"]].data
        found[item["code"]] = int(typed) if typed not in (None, "", "None") else None
    if "total" in form:
        found["total"] = form.total.data
    for fact in version.definition.get("facts", ()):
        if form[FACT + fact["code"]].data:
            found[fact["code"]] = True
    return found


def prefilled(answers: dict[str, Any]) -> dict[str, Any]:
    """Return the form's values for the answers of a sheet that is corrected."""
    values: dict[str, Any] = {ITEM + code: str(value) for code, value in answers.items() if not isinstance(value, bool)}
    values |= {FACT + code: value for code, value in answers.items() if isinstance(value, bool)}
    return values | ({"total": Decimal(str(answers["total"]))} if "total" in answers else {})


class GoalForm(Form):
    """A goal in five steps."""

    title = wtforms.StringField(
        lazy("What do you want to reach?"),
        [InputRequired(), Length(max=200)],
        description=lazy("In the person’s own words, one thing, such as: walk to the market alone."),
    )
    level_m2 = wtforms.StringField(lazy("Much less than expected (−2)"), [InputRequired(), Length(max=300)])
    level_m1 = wtforms.StringField(lazy("Less than expected (−1)"), [InputRequired(), Length(max=300)])
    level_0 = wtforms.StringField(lazy("As expected (0)"), [InputRequired(), Length(max=300)])
    level_1 = wtforms.StringField(lazy("More than expected (+1)"), [InputRequired(), Length(max=300)])
    level_2 = wtforms.StringField(lazy("Much more than expected (+2)"), [InputRequired(), Length(max=300)])
    baseline_level = wtforms.RadioField(
        lazy("Where does the person stand today?"), [InputRequired()], choices=lambda: level_choices(None), coerce=int
    )
    weight = wtforms.RadioField(
        lazy("How much does it matter?"),
        [InputRequired()],
        choices=lambda: [(1, _("It matters")), (2, _("It matters much")), (3, _("It matters most"))],
        coerce=int,
    )
    target_on = DayField(lazy("By when?"), [InputRequired()])

    def levels(self) -> dict[int, str]:
        """Return the words of the five steps."""
        fields = (self.level_m2, self.level_m1, self.level_0, self.level_1, self.level_2)
        return {level: field.data or "" for level, field in zip(LEVELS, fields, strict=True)}

    def validate_target_on(self, field: DayField) -> None:
        """A goal lies ahead."""
        if field.data and field.data < clock.today():
            raise ValidationError(_("This day is over. Choose one that is to come."))

    def validate_level_2(self, _field: wtforms.StringField) -> None:
        """Five steps are five."""
        words = list(self.levels().values())
        if all(words) and len(set(words)) < len(words):
            raise ValidationError(_("Each step needs words of its own."))


def level_choices(levels: dict[str, str] | None = None) -> Sequence[tuple[int, str]]:
    """Return the five steps as choices, with the goal's own words where they are given."""
    if levels is None:
        return [(level, f"{level:+d}".replace("-", "−") if level else "0") for level in LEVELS]
    return [(level, f"{f'{level:+d}'.replace('-', '−') if level else '0'}  {levels[str(level)]}") for level in LEVELS]


class RateForm(Form):
    """Which step is reached."""

    level = wtforms.RadioField(lazy("Which step is reached?"), [InputRequired()], coerce=int)
    rated_on = DayField(lazy("Which day?"), [InputRequired()])
    mode = wtforms.RadioField(lazy("How?"), [InputRequired()], choices=lambda: choices(Mode), coerce=coerce(Mode))
    note = wtforms.TextAreaField(lazy("One sentence"), [Optional(), Length(max=1000)])

    def __init__(self, levels: dict[str, str], set_on: date, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.level.choices = level_choices(levels)
        self.set_on = set_on

    def validate_rated_on(self, field: DayField) -> None:
        """Ratings lie between the setting of the goal and today."""
        if field.data and not self.set_on <= field.data <= clock.today():
            raise ValidationError(_("Choose a day between the setting of the goal and today."))


class EndGoalForm(Form):
    """Whether a goal is no longer followed because it is over, or given up."""

    given_up = wtforms.RadioField(
        lazy("Why is it no longer followed?"),
        [InputRequired()],
        choices=lambda: [("", _("It is over")), ("1", _("It is given up"))],
        coerce=lambda value: value if value is None else bool(value) and value != "False",
    )
    reason = wtforms.TextAreaField(
        lazy("In your words"), [Length(max=500)], description=lazy("Needed where it is given up.")
    )

    def validate_reason(self, field: wtforms.TextAreaField) -> None:
        """Giving up needs a reason."""
        if self.given_up.data and not (field.data or "").strip():
            raise ValidationError(_("Please say why it is given up."))


class FlagForm(Form):
    """What was done about an answer that cannot wait."""

    handling = wtforms.RadioField(
        lazy("What was done?"), [InputRequired()], choices=lambda: choices(FlagHandling), coerce=coerce(FlagHandling)
    )
    done = wtforms.TextAreaField(
        lazy("In your words"),
        [InputRequired(), Length(max=2000)],
        description=lazy("Who did what and when, and when the next contact is."),
    )
