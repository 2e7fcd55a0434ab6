"""Forms of plans and planned visits."""

import secrets
import uuid
from typing import Any

import wtforms
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from models import FreeDays, PlanKind, PlannedReason
from models.plan import BY_THE_PLAN
from referral import recurring
from referral.actions.plans import PlanTerms
from referral.forms import AmountField, DayField, Form, Preset, choices, coerce
from referral.i18n import _, lazy
from referral.plans import rhythm

CHOSEN = tuple(reason for reason in PlannedReason if reason not in BY_THE_PLAN)
MINUTES_OF_A_DAY = 24 * 60
HOUR = ["%H:%M", "%H:%M:%S"]


class PlanForm(Form):
    """What, how often, by whom, until when."""

    kind = wtforms.RadioField(
        lazy("How is it given?"),
        [InputRequired()],
        choices=lambda: choices(PlanKind),
        coerce=coerce(PlanKind),
        default=PlanKind.RECURRING.value,
    )
    rhythm = wtforms.RadioField(lazy("How often?"), [Preset()], default="weekly", validate_choice=False)
    days = wtforms.SelectMultipleField(lazy("On which days?"), [Preset()], validate_choice=False)
    every = wtforms.IntegerField(
        lazy("Every how many?"),
        [InputRequired(), NumberRange(min=1, max=52)],
        default=1,
        description=lazy("1: each week, day or month; 2: every second."),
    )
    month_day = wtforms.IntegerField(lazy("Day of the month"), [Optional(), NumberRange(min=1, max=31)])
    own = wtforms.StringField(
        lazy("Own rule"),
        [Optional(), Length(max=recurring.LONGEST)],
        description=lazy("As calendars write it (RFC 5545), such as FREQ=MONTHLY;BYDAY=1MO,3MO."),
    )
    free_days = wtforms.RadioField(
        lazy("On holidays"),
        [InputRequired()],
        choices=lambda: choices(FreeDays),
        coerce=coerce(FreeDays),
        default=FreeDays.SKIP.value,
        description=lazy("Weekends too, unless a day of the weekend is chosen above or it is worked instead."),
    )
    starts_on = DayField(lazy("From"), [InputRequired()])
    ends_on = DayField(lazy("Until"), [Optional()], description=lazy("Empty: until somebody ends it."))
    at_time = wtforms.TimeField(lazy("At what time?"), [Optional()], format=HOUR)
    minutes = wtforms.IntegerField(
        lazy("Minutes each time"), [InputRequired(), NumberRange(min=0, max=MINUTES_OF_A_DAY)]
    )
    units = AmountField(lazy("Units each time"), [InputRequired(), NumberRange(min=0, max=10_000)])
    units_total = AmountField(
        lazy("Units in all, at the most"),
        [Optional(), NumberRange(min=0, max=1_000_000)],
        description=lazy("Each visit or call takes from them."),
    )
    worker = wtforms.SelectField(lazy("Who goes?"), [Optional()])
    note = wtforms.TextAreaField(lazy("For whoever goes"), [Length(max=500)], render_kw={"rows": 2})

    def prepare(self, workers: list[tuple[str, str]]) -> None:
        """Give the form the words of its boxes and the people who can go."""
        self.rhythm.choices = [
            ("weekly", _("By days of the week")),
            ("daily", _("By days")),
            ("monthly", _("By days of the month")),
            ("own", _("Own rule")),
        ]
        self.days.choices = [(code, str(name)) for code, name in rhythm.DAYS.items()]
        self.worker.choices = [("", _("Whoever is free")), *workers]

    def validate_ends_on(self, field: DayField) -> None:
        """A plan does not end before it begins."""
        if field.data and self.starts_on.data and field.data < self.starts_on.data:
            raise ValidationError(_("This day is before the first one."))

    def validate_units(self, field: AmountField) -> None:
        """Nothing is planned without anything given."""
        if field.data is not None and field.data <= 0:
            raise ValidationError(_("Please enter more than 0."))

    validate_units_total = validate_units

    def validate_rhythm(self, field: wtforms.RadioField) -> None:
        """Say at once which box does not make a rule."""
        if self.kind.data is PlanKind.ON_CALL:
            return
        try:
            recurring.check(self._rule() or "")
        except recurring.RuleNotUnderstood:
            raise ValidationError(_(RULE_TROUBLE.get(field.data or "", RULE_TROUBLE["own"]))) from None

    def _rule(self) -> str | None:
        return rhythm.rule_of(
            self.rhythm.data or "",
            days=self.days.data or [],
            every=self.every.data or 1,
            month_day=self.month_day.data,
            own=self.own.data,
        )

    def terms(self) -> PlanTerms:
        """Return what a form that was found valid says."""
        on_call = self.kind.data is PlanKind.ON_CALL
        if self.starts_on.data is None or self.minutes.data is None or self.units.data is None:
            raise ValueError("the form has not been validated")
        return PlanTerms(
            kind=self.kind.data,
            rule=None if on_call else self._rule(),
            starts_on=self.starts_on.data,
            minutes=self.minutes.data,
            units=self.units.data,
            ends_on=self.ends_on.data,
            free_days=self.free_days.data,
            at_time=self.at_time.data,
            units_total=self.units_total.data,
            worker_id=uuid.UUID(self.worker.data) if self.worker.data else None,
            note=self.note.data if "note" in self else None,
        )


RULE_TROUBLE = {
    "weekly": lazy("Please tick at least one day of the week."),
    "monthly": lazy("Please enter a day of the month that comes in every such month."),
    "daily": lazy("Please enter a smaller number of days."),
    "own": lazy("This rule is not understood, or it may never give a day."),
}


class ReasonForm(Form):
    """Why something does not take place as planned."""

    reason = wtforms.RadioField(
        lazy("Why?"), [InputRequired()], choices=lambda: choices(CHOSEN), coerce=coerce(PlannedReason)
    )
    reason_text = wtforms.TextAreaField(
        lazy("In your words"),
        [Length(max=500)],
        description=lazy("Needed for another reason, else optional."),
        render_kw={"rows": 2},
    )

    def validate_reason_text(self, field: wtforms.TextAreaField) -> None:
        """Another reason needs words."""
        if self.reason.data is PlannedReason.OTHER and not (field.data or "").strip():
            raise ValidationError(_("Please say which reason it is."))


class MoveForm(ReasonForm):
    """On which day instead, and what was promised."""

    to = DayField(lazy("To which day?"), [InputRequired()])
    at_time = wtforms.TimeField(lazy("At what time?"), [Optional()], format=HOUR)
    promise = wtforms.TextAreaField(lazy("What was promised?"), [Optional(), Length(max=300)], render_kw={"rows": 2})


class CallForm(Form):
    """Somebody called: when, how much, what for."""

    entry_key = wtforms.HiddenField(default=lambda: secrets.token_urlsafe(18))
    on = DayField(lazy("On which day?"), [InputRequired()])
    at_time = wtforms.TimeField(lazy("At what time?"), [Optional()], format=HOUR)
    units = AmountField(lazy("Units"), [InputRequired(), NumberRange(min=0, max=10_000)])
    promise = wtforms.TextAreaField(
        lazy("What does the person ask for?"), [Optional(), Length(max=300)], render_kw={"rows": 2}
    )

    def validate_units(self, field: AmountField) -> None:
        """A call asks for something."""
        if field.data is not None and field.data <= 0:
            raise ValidationError(_("Please enter more than 0."))

    def validate_entry_key(self, field: wtforms.HiddenField) -> None:
        """A form without its key was not made here."""
        if not field.data or len(field.data) > 64:
            field.data = secrets.token_urlsafe(18)


class RoundForm(Form):
    """A way around the village and its stops."""

    name = wtforms.StringField(
        lazy("Name of the round"),
        [InputRequired(), Length(max=64)],
        description=lazy("Such as “Shuanghe, noon”; no person’s name."),
    )
    leaves_at = wtforms.TimeField(lazy("Leaves at"), [Optional()], format=HOUR)
    worker = wtforms.SelectField(lazy("Who drives?"), [Optional()])
    active = wtforms.BooleanField(lazy("In use"), default=True)

    def prepare(self, workers: list[tuple[str, str]]) -> None:
        """Give the form the people who can drive."""
        self.worker.choices = [("", _("Whoever is free")), *workers]


class EmptyForm(Form):
    """Only the token."""


def positions(sent: Any) -> list[uuid.UUID]:
    """Return the plans of a round in the order typed; those left empty are no stops."""
    found = []
    for name, value in sent.items():
        if name.startswith("stop-") and value.strip().isdecimal():
            try:
                found.append((int(value), name, uuid.UUID(name.removeprefix("stop-"))))
            except ValueError:
                continue
    return [key for _number, _name, key in sorted(found)]
