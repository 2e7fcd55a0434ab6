"""Forms of the provider."""

from typing import Any

from wtforms import HiddenField, IntegerField, RadioField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from models import CapacityKind, ContactResult, DeclineReason, OutcomeReason, ReferralOutcome, Visit, VisitKind
from models.referral import GIVEN_BY_PEOPLE, REASONS_OF_OUTCOME
from referral import clock
from referral.forms import AmountField, DayField, Form, MomentField, choices, coerce
from referral.i18n import _, lazy

MOST_PLACES = 100_000
MINUTES_OF_A_DAY = 24 * 60


class ReasonForm(Form):
    """Why not. Each reason is a button of its own; only `other` wants words."""

    reason_text = TextAreaField(lazy("In your words"), [Optional(), Length(max=500)])


class HoldForm(Form):
    """Why it pauses or fails."""

    reason = RadioField(
        lazy("Why?"), [InputRequired()], choices=lambda: choices(GIVEN_BY_PEOPLE), coerce=coerce(DeclineReason)
    )
    reason_text = TextAreaField(
        lazy("In your words"),
        [Length(max=500)],
        description=lazy("Needed for another reason, else optional."),
    )

    def validate_reason_text(self, field: TextAreaField) -> None:
        """Another reason needs words."""
        if self.reason.data is DeclineReason.OTHER and not (field.data or "").strip():
            raise ValidationError(_("Please say which reason it is."))


class FailForm(HoldForm):
    """Why it broke off, and what had been given until then."""

    units_delivered = AmountField(lazy("Given until then"), [InputRequired(), NumberRange(min=0, max=100_000)])


class CompleteForm(Form):
    """How it ended: what was served, how much of it, and why."""

    outcome = RadioField(
        lazy("How did it end?"),
        [InputRequired()],
        choices=lambda: choices(ReferralOutcome),
        coerce=coerce(ReferralOutcome),
    )
    outcome_reason = RadioField(
        lazy("Why did it end so?"),
        [InputRequired()],
        choices=lambda: choices(OutcomeReason),
        coerce=coerce(OutcomeReason),
    )
    units_delivered = AmountField(
        lazy("Given in all"),
        [InputRequired(), NumberRange(min=0, max=100_000)],
        description=lazy("Already filled in from the visits."),
    )
    note = TextAreaField(lazy("What should the station know?"), [Length(max=2000)])

    def validate_outcome_reason(self, field: RadioField) -> None:
        """The reason fits the outcome."""
        if self.outcome.data and field.data and field.data not in REASONS_OF_OUTCOME[self.outcome.data]:
            raise ValidationError(_("This reason does not fit how it ended."))

    def validate_units_delivered(self, field: AmountField) -> None:
        """Nothing given is not served, and not served is nothing given."""
        nothing = self.outcome.data is ReferralOutcome.NOT_SERVED
        if field.data is not None and self.outcome.data and nothing != (field.data == 0):
            raise ValidationError(_("Not served means nothing was given; else say how much."))

    def validate_note(self, field: TextAreaField) -> None:
        """Another reason needs words."""
        if self.outcome_reason.data is OutcomeReason.OTHER and not (field.data or "").strip():
            raise ValidationError(_("Please say which reason it is."))


class VisitForm(Form):
    """What happened: one visit."""

    entry_key = HiddenField()
    contact_result = RadioField(
        lazy("Whom did you meet?"),
        [InputRequired()],
        choices=lambda: choices(ContactResult),
        coerce=coerce(ContactResult),
        default=ContactResult.MET_PERSON.value,
    )
    kind = RadioField(
        lazy("How?"),
        [InputRequired()],
        choices=lambda: choices([kind for kind in VisitKind if kind is not VisitKind.GROUP]),
        coerce=coerce(VisitKind),
    )
    started_at = MomentField(lazy("When?"), [InputRequired()])
    minutes = IntegerField(lazy("Minutes"), [InputRequired(), NumberRange(min=0, max=MINUTES_OF_A_DAY)])
    units = AmountField(lazy("Given"), [InputRequired(), NumberRange(min=0, max=100_000)])
    amount = AmountField(lazy("Value of goods or money"), [Optional(), NumberRange(min=0, max=1_000_000)])
    note = TextAreaField(lazy("One sentence"), [Optional(), Length(max=2000)])

    def validate_started_at(self, field: MomentField) -> None:
        """A visit has happened."""
        if field.data and field.data > clock.now():
            raise ValidationError(_("This moment has not come yet. Log a visit when it has happened."))


def as_typed(visit: Visit) -> dict[str, Any]:
    """Return an entry as the form shows it for correction."""
    kind = VisitKind.ON_SITE if visit.kind is VisitKind.GROUP else visit.kind
    return {
        "contact_result": visit.contact_result.value,
        "kind": kind.value,
        "started_at": visit.started_at,
        "minutes": visit.minutes,
        "units": visit.units,
        "amount": visit.amount,
        "note": visit.note,
    }


class PlacesForm(Form):
    """The places of one period."""

    seen = HiddenField()
    places = IntegerField(lazy("Places"), [InputRequired(), NumberRange(min=0, max=MOST_PLACES)])
    units_per_place = AmountField(
        lazy("Units for each place"),
        [Optional(), NumberRange(min=1, max=1_000_000)],
        description=lazy("The most that one place gives in the period. Empty where there is no limit."),
    )


class PeriodForm(Form):
    """A further period."""

    kind = RadioField(
        lazy("What is a place?"), [InputRequired()], choices=lambda: choices(CapacityKind), coerce=coerce(CapacityKind)
    )
    starts_on = DayField(lazy("From"), [InputRequired()])
    ends_on = DayField(lazy("To"), [InputRequired()])
    places = IntegerField(lazy("Places"), [InputRequired(), NumberRange(min=0, max=MOST_PLACES)])
    units_per_place = AmountField(
        lazy("Units for each place"),
        [Optional(), NumberRange(min=1, max=1_000_000)],
        description=lazy("The most that one place gives in the period. Empty where there is no limit."),
    )

    def validate_ends_on(self, field: DayField) -> None:
        """A period ends after it begins, and is not over."""
        if field.data and self.starts_on.data and field.data < self.starts_on.data:
            raise ValidationError(_("The last day lies before the first."))
        if field.data and field.data < clock.today():
            raise ValidationError(_("This period is over already."))
