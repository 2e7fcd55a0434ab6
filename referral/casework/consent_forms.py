"""Forms of consent: what is agreed to, how and by whom; taking it back; emergencies."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import wtforms
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from models import ConsentGiver, ConsentRelation, ConsentWay, DataKind, EmergencyVerdict, Organization
from referral import clock
from referral.actions.consents import Agreed
from referral.forms import DayField, Form, Preset, choices, coerce
from referral.i18n import _, lazy

MONTHS = {"3": lazy("3 months"), "12": lazy("1 year"), "24": lazy("2 years")}
DAYS_OF = {"3": 92, "12": 365, "24": 730}


class AgreementForm(Form):
    """What somebody agreed to, how and by whom. A child of this form says when it is `wanted`."""

    kinds = wtforms.SelectMultipleField(
        lazy("What may be told?"),
        [Preset()],
        choices=lambda: choices(DataKind),
        coerce=coerce(DataKind),
        description=lazy("Filled in is what this help needs. Untick what the person does not want."),
    )
    way = wtforms.RadioField(
        lazy("How did the person agree?"),
        [Preset()],
        choices=lambda: choices(ConsentWay),
        coerce=coerce(ConsentWay),
        validate_choice=False,
    )
    witness = wtforms.StringField(
        lazy("Witness"), [Optional(), Length(max=64)], description=lazy("Who was there, where it was only spoken.")
    )
    given_by = wtforms.RadioField(
        lazy("Who agreed?"),
        [Preset()],
        choices=lambda: choices(ConsentGiver),
        coerce=coerce(ConsentGiver),
        default=ConsentGiver.SELF.value,
        validate_choice=False,
    )
    giver_name = wtforms.StringField(lazy("Name of the guardian or representative"), [Optional(), Length(max=64)])
    relation = wtforms.SelectField(
        lazy("What are they to the person?"),
        [Optional()],
        choices=lambda: choices(ConsentRelation, _("Choose")),
        coerce=coerce(ConsentRelation),
    )
    lasts = wtforms.RadioField(
        lazy("For how long?"),
        [Preset()],
        choices=lambda: [SelectChoice(value=months, label=str(words)) for months, words in MONTHS.items()],
        default="12",
    )
    minor: bool = False
    """Whether a guardian must agree."""

    def prepare(self, *, minor: bool, usual: Iterable[DataKind]) -> None:
        """Fill in what is usual where nothing was sent yet."""
        self.minor = minor
        if not self.is_submitted():
            self.kinds.data = [kind for kind in DataKind if kind in set(usual)]
            if minor:
                self.given_by.data = ConsentGiver.GUARDIAN

    @property
    def wanted(self) -> bool:
        """Whether an agreement is written down with this form."""
        return True

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the fields, and where an agreement is wanted that it is whole."""
        fine: bool = super().validate(extra_validators)
        if not self.wanted:
            return fine
        missing = {
            self.kinds: not self.kinds.data and _("Please choose at least one."),
            self.way: self.way.data is None and _("Please choose one."),
            self.witness: self.way.data is ConsentWay.SPOKEN
            and not self.witness.data
            and _("Spoken consent needs a witness: please write the name."),
            self.given_by: self._giver_problem(),
            self.giver_name: self._other and not self.giver_name.data and _("Please write the name."),
            self.relation: self._other and not self.relation.data and _("Please choose one."),
        }
        for field, problem in missing.items():
            if problem:
                field.errors = [*field.errors, problem]
        return fine and not any(missing.values())

    @property
    def _other(self) -> bool:
        return self.given_by.data in (ConsentGiver.GUARDIAN, ConsentGiver.REPRESENTATIVE)

    def _giver_problem(self) -> str | None:
        if self.given_by.data is None:
            return _("Please choose one.")
        if self.minor and self.given_by.data is not ConsentGiver.GUARDIAN:
            return _("The person is under 14: a guardian must agree.")
        return None

    def agreed(self) -> Agreed:
        """Return what a valid form says."""
        return Agreed(
            kinds=self.kinds.data or (),
            way=self.way.data,
            given_by=self.given_by.data,
            giver_name=self.giver_name.data if self._other else None,
            relation=self.relation.data if self._other else None,
            witness=self.witness.data if self.way.data is ConsentWay.SPOKEN else None,
            lasts=timedelta(days=DAYS_OF[self.lasts.data]),
        )


class ConsentForm(AgreementForm):
    """A consent to one or more organizations."""

    receivers = wtforms.SelectMultipleField(lazy("Who may know?"), [Preset()], choices=[])
    other = wtforms.SelectField(lazy("Another organization"), [Optional()], choices=[])
    given_on = DayField(
        lazy("When was it said or signed?"),
        [Optional()],
        description=lazy("Empty where it was today."),
    )

    def offer(self, likely: Sequence[Organization], others: Sequence[Organization], chosen: Iterable[str]) -> None:
        """Give the form its lists; `chosen` are the receivers ticked at first."""
        self.receivers.choices = [SelectChoice(value=str(one.id), label=one.name) for one in likely]
        self.other.choices = [SelectChoice(value="", label=_("None"))] + [
            SelectChoice(value=str(one.id), label=one.name) for one in others if one not in likely
        ]
        if not self.is_submitted():
            keys = set(chosen)
            self.receivers.data = [str(one.id) for one in likely if str(one.id) in keys]
            self.other.data = next((str(one.id) for one in others if one not in likely and str(one.id) in keys), "")

    @property
    def receiver_keys(self) -> list[str]:
        """The keys of the organizations named, as text."""
        return [*(self.receivers.data or ()), *([self.other.data] if self.other.data else ())]

    def validate_receivers(self, field: wtforms.SelectMultipleField) -> None:
        """Somebody must be named: a consent to everybody is none."""
        if not self.receiver_keys:
            raise ValidationError(_("Please name at least one organization."))

    def validate_given_on(self, field: DayField) -> None:
        """Nobody agrees in the future."""
        if field.data and field.data > clock.today():
            raise ValidationError(_("This day has not come yet."))


class WithdrawForm(Form):
    """How a consent was taken back."""

    way = wtforms.RadioField(
        lazy("How did the person say so?"),
        [InputRequired()],
        choices=lambda: [
            SelectChoice(value=ConsentWay.SPOKEN.value, label=_("In words or by phone")),
            SelectChoice(value=ConsentWay.WRITTEN.value, label=_("In writing")),
            SelectChoice(value=ConsentWay.ONLINE.value, label=_("Online")),
        ],
        coerce=coerce(ConsentWay),
        default=ConsentWay.SPOKEN.value,
    )


class EmergencyForm(Form):
    """Why a referral cannot wait for the person's consent."""

    reason = wtforms.TextAreaField(
        lazy("What is the danger to life or health?"), [InputRequired(), Length(min=4, max=1000)]
    )


class ReviewForm(Form):
    """Whether it was an emergency."""

    verdict = wtforms.RadioField(
        lazy("Was it an emergency?"),
        [InputRequired()],
        choices=lambda: choices(EmergencyVerdict),
        coerce=coerce(EmergencyVerdict),
    )
    note = wtforms.TextAreaField(
        lazy("In your words"), [Preset(), Length(max=1000)], description=lazy("Needed where it was not.")
    )

    def validate_note(self, field: wtforms.TextAreaField) -> None:
        """A no needs words."""
        if self.verdict.data is EmergencyVerdict.NOT_UPHELD and not (field.data or "").strip():
            raise ValidationError(_("Please say why it was not an emergency."))
