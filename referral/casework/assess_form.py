"""The talk about what is needed, as a form: seven domains, six acts, five and three questions."""

from typing import Any

import wtforms
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from models import Domain, Mode, SelfCare
from models.case import LIFE_DOMAINS
from referral import clock
from referral.forms import DayField, Form, Preset, choices, coerce
from referral.i18n import _, lazy
from referral.words import word

ASKED: dict[Domain, Any] = {
    Domain.ECONOMIC: lazy("Does the money last to the end of the month? Is anything basic missing?"),
    Domain.HEALTH: lazy("Illness, medicines, seeing a doctor: is anything difficult?"),
    Domain.EDUCATION: lazy("Is there a child at school? How is it getting on?"),
    Domain.HOUSING: lazy("Is the home safe, dry, warm and clean?"),
    Domain.EMPLOYMENT: lazy("Who could work, and does not find work?"),
    Domain.GUARDIANSHIP: lazy("Who looks after children and those who cannot look after themselves? Is it too much?"),
    Domain.SOCIAL_INCLUSION: lazy("Who comes by? With whom do you talk?"),
}
LEVELS = ((0, lazy("No difficulty")), (1, lazy("Some")), (2, lazy("Grave")))
WHO5 = (
    lazy("I have felt cheerful and in good spirits"),
    lazy("I have felt calm and relaxed"),
    lazy("I have felt active and vigorous"),
    lazy("I woke up feeling fresh and rested"),
    lazy("My daily life has been filled with things that interest me"),
)
"""WHO-5 (1998 version): over the last two weeks. Psychiatric Research Unit, WHO Collaborating Centre, Hillerød."""
HOW_OFTEN = (
    (5, lazy("All of the time")),
    (4, lazy("Most of the time")),
    (3, lazy("More than half of the time")),
    (2, lazy("Less than half of the time")),
    (1, lazy("Some of the time")),
    (0, lazy("At no time")),
)
SATISFACTION = (
    lazy("The help came when it was needed"),
    lazy("The help was what I needed"),
    lazy("I was treated with respect"),
)
AGREES = (
    (5, lazy("Yes, fully")),
    (4, lazy("Rather yes")),
    (3, lazy("In part")),
    (2, lazy("Rather no")),
    (1, lazy("Not at all")),
)


def _scale(levels: tuple[tuple[int, Any], ...]) -> Any:
    return lambda: [SelectChoice(value=str(value), label=str(label)) for value, label in levels]


def _number(value: Any) -> int | None:
    return None if value in {None, ""} else int(value)


class AssessForm(Form):
    """Nothing is preset: what was not asked stays empty and counts as not asked."""

    assessed_on = DayField(lazy("Day of the talk"), [InputRequired()])
    mode = wtforms.RadioField(
        lazy("How was it answered?"),
        [Preset()],
        choices=lambda: choices(Mode),
        coerce=coerce(Mode),
        default=Mode.ASKED.value,
    )
    note = wtforms.TextAreaField(lazy("Anything else"), [Length(max=4000)])

    def validate_assessed_on(self, field: DayField) -> None:
        """A talk took place today or before."""
        if field.data and field.data > clock.today():
            raise ValidationError(_("This day is still to come. Please enter the day on which you talked."))

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the form; something must have been asked."""
        right = bool(super().validate(extra_validators))
        asked = [self[name].data for name in (*LEVEL_NAMES, *ACT_NAMES, *WHO5_NAMES, *SATISFACTION_NAMES)]
        if all(answer is None for answer in asked):
            self.form_errors.append(_("Nothing is answered yet. Please fill in at least one of the questions below."))
        return right and not self.form_errors

    def levels(self) -> dict[Domain, tuple[int, str | None]]:
        """Return level and words of each domain that was asked."""
        return {
            domain: (self[f"level_{domain.value}"].data, self[f"words_{domain.value}"].data)
            for domain in LIFE_DOMAINS
            if self[f"level_{domain.value}"].data is not None
        }

    def acts(self) -> dict[SelfCare, bool]:
        """Return whether the person is able, for each act that was asked."""
        return {
            act: self[f"act_{act.value}"].data == 1 for act in SelfCare if self[f"act_{act.value}"].data is not None
        }

    def answers(self, names: tuple[str, ...]) -> list[int | None]:
        """Return the answers to some questions, None where one was left out."""
        return [self[name].data for name in names]


LEVEL_NAMES = tuple(f"level_{domain.value}" for domain in LIFE_DOMAINS)
ACT_NAMES = tuple(f"act_{act.value}" for act in SelfCare)
WHO5_NAMES = tuple(f"who5_{number}" for number in range(len(WHO5)))
SATISFACTION_NAMES = tuple(f"satisfaction_{number}" for number in range(len(SATISFACTION)))


def _named(code: Any) -> Any:
    return lazy_word(code)


def lazy_word(code: Any) -> Any:
    """Return a code's word, put into the reader's language when it is shown."""
    from flask_babel import LazyString

    return LazyString(lambda: word(code))


def _radio(label: Any, scale: tuple[tuple[int, Any], ...], hint: Any = "") -> Any:
    return wtforms.RadioField(label, [Optional(), Preset()], choices=_scale(scale), coerce=_number, description=hint)


for _domain in LIFE_DOMAINS:
    setattr(AssessForm, f"level_{_domain.value}", _radio(_named(_domain), LEVELS, ASKED[_domain]))
    _words = wtforms.StringField(
        lazy("In the person’s words"), [Preset(), Length(max=500)], render_kw={"autocomplete": "off"}
    )
    setattr(AssessForm, f"words_{_domain.value}", _words)
for _act in SelfCare:
    setattr(AssessForm, f"act_{_act.value}", _radio(_named(_act), ((1, lazy("Able")), (0, lazy("Not able alone")))))
for _name, _question in zip(WHO5_NAMES, WHO5, strict=True):
    setattr(AssessForm, _name, _radio(_question, HOW_OFTEN))
for _name, _question in zip(SATISFACTION_NAMES, SATISFACTION, strict=True):
    setattr(AssessForm, _name, _radio(_question, AGREES))
