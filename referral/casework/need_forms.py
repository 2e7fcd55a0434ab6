"""Forms of a need."""

import uuid
from collections.abc import Sequence
from typing import Any

import wtforms
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from models import ClosedReason, NeedType, Taxonomy, TaxonomyTerm, Urgency, WorkerSex
from referral.casework.consent_forms import AgreementForm
from referral.forms import AmountField, Form, Preset, choices, coerce
from referral.i18n import _, in_language, lazy
from referral.words import unit_name, word

FREQUENCIES: dict[str, Any] = {"once": lazy("once"), "week": lazy("a week"), "month": lazy("a month")}
LANGUAGES: dict[str, Any] = {"zh": lazy("Mandarin is fine"), "zh-dialect": lazy("Needs dialect")}
PARTS = (lazy("Morning"), lazy("Afternoon"), lazy("Evening"))
DAYS = (lazy("Mon"), lazy("Tue"), lazy("Wed"), lazy("Thu"), lazy("Fri"), lazy("Sat"), lazy("Sun"))
SLOTS = len(DAYS) * len(PARTS)
ABSTAINED = "-"


def worded(words: dict[str, Any]) -> Any:
    """Return the choices of a table of words."""
    return lambda: [SelectChoice(value=value, label=str(label)) for value, label in words.items()]


class NeedForm(Form):
    """What somebody lacks. The words come first; the service may be suggested from them."""

    description = wtforms.TextAreaField(
        lazy("What is lacking?"),
        [Length(max=2000)],
        description=lazy("In the person’s words, such as: cannot cook any more, wants a warm meal at noon."),
    )
    suggested = wtforms.RadioField(lazy("Suggested from these words"), [Optional(), Preset()], choices=[])
    offered = wtforms.HiddenField(default="", validators=[Length(max=200)])
    """Codes of what was suggested, likeliest first; ABSTAINED where nothing was, empty where nobody asked."""
    term = wtforms.SelectField(lazy("Help that answers it"), [Preset()], default="")
    need_type = wtforms.SelectField(lazy("Kind of need"), [Optional()])
    quantity = AmountField(
        lazy("How many"),
        [InputRequired(), NumberRange(min=0.01, max=1_000_000)],
        description=lazy("In the unit that stands behind the help, such as times or meals."),
    )
    frequency = wtforms.RadioField(lazy("How often"), [Preset()], choices=worded(FREQUENCIES), default="month")
    urgency = wtforms.SelectField(
        lazy("Urgency"),
        [Optional(), Preset()],
        choices=lambda: choices(Urgency, _("As usual for this kind of need")),
        coerce=coerce(Urgency),
    )
    times = wtforms.SelectMultipleField(
        lazy("When would it suit?"),
        choices=[SelectChoice(value=str(slot), label=str(slot)) for slot in range(SLOTS)],
        coerce=int,
    )
    worker_sex = wtforms.RadioField(
        lazy("Helped by"),
        [Preset()],
        choices=lambda: choices(WorkerSex),
        coerce=coerce(WorkerSex),
        default=WorkerSex.ANY.value,
    )
    language = wtforms.RadioField(lazy("Language"), [Preset()], choices=worded(LANGUAGES), default="zh")
    estimated_value = AmountField(
        lazy("Estimated value in yuan"),
        [Optional(), NumberRange(min=0, max=1_000_000)],
        description=lazy("For the household’s plan: all of it, above all for money and goods."),
    )

    def prepare(self, terms: Sequence[TaxonomyTerm], kinds: Sequence[NeedType]) -> None:
        """Give the form its lists, with the unit behind each help."""
        self.term.choices = term_choices(terms, _("Choose"))
        self.need_type.choices = [SelectChoice(value="", label=_("Not stated"))] + [
            SelectChoice(value=kind.code, label=in_language(kind), optgroup=word(kind.domain)) for kind in kinds
        ]

    def suggest(self, found: Sequence[TaxonomyTerm], terms: Sequence[TaxonomyTerm], *, asked: bool) -> None:
        """Offer terms that the words may mean; one that was taken before the words were changed stays."""
        if asked:
            self.offered.data = " ".join(term.code for term in found) or ABSTAINED
        taken = [term for term in terms if str(term.id) == self.suggested.data and term not in found]
        self.suggested.choices = [SelectChoice(value=str(term.id), label=_with_unit(term)) for term in (*found, *taken)]

    @property
    def codes_offered(self) -> list[str] | None:
        """What was suggested; None where nobody asked, or where nothing was written."""
        if not self.offered.data or not self.description.data:
            return None
        return [code for code in self.offered.data.split() if code != ABSTAINED]

    @property
    def term_id(self) -> uuid.UUID | None:
        """The help chosen: a suggestion that was taken goes before the list."""
        chosen = self.suggested.data or self.term.data
        return uuid.UUID(chosen) if chosen else None

    def validate_term(self, field: wtforms.SelectField) -> None:
        """One of the two must be chosen."""
        if self.term_id is None:
            raise ValidationError(_("Please choose the help, or let us suggest some from what you wrote."))

    @property
    def wanted_times(self) -> int:
        """The 21 bits of the times that suit; 0 where any time does."""
        bits = sum(1 << slot for slot in self.times.data or () if 0 <= slot < SLOTS)
        return 0 if bits == (1 << SLOTS) - 1 else bits


def _with_unit(term: TaxonomyTerm) -> str:
    return _("%(help)s (in %(unit)s)", help=in_language(term), unit=unit_name(term.unit or "次"))


def term_choices(terms: Sequence[TaxonomyTerm], empty: str) -> list[SelectChoice]:
    """Return the choices of a help by category, each with its unit; `empty` is the word for none."""
    return [SelectChoice(value="", label=empty), *(_term_choice(term) for term in terms)]


def _term_choice(term: TaxonomyTerm) -> SelectChoice:
    group = in_language(term, "category") or word(Taxonomy(term.taxonomy))
    return SelectChoice(value=str(term.id), label=_with_unit(term), optgroup=group)


class CloseForm(Form):
    """Why a need is closed though nobody met it."""

    reason = wtforms.RadioField(
        lazy("Why?"), [InputRequired()], choices=lambda: choices(ClosedReason), coerce=coerce(ClosedReason)
    )


CONSENT: dict[str, tuple[Any, Any]] = {
    "agreed": (lazy("Yes, the person agrees"), lazy("Written down below; the referral is sent at once.")),
    "later": (
        lazy("Not asked yet"),
        lazy("The place is held; the provider sees nothing until the person agrees."),
    ),
    "emergency": (
        lazy("Emergency: life or health is in danger"),
        lazy("Sent without asking. A supervisor and the coordinator are told and review it."),
    ),
}


class ReferForm(AgreementForm):
    """Whom to ask, why, what they should know, and whether the person agrees."""

    capacity = wtforms.RadioField(lazy("Whom do you ask?"), [InputRequired()], choices=[])
    choice_note = wtforms.TextAreaField(
        lazy("Why this one?"),
        [Length(max=1000)],
        description=lazy("Needed where it is not the first of the list."),
    )
    note = wtforms.TextAreaField(
        lazy("What should the provider know?"),
        [Length(max=1000)],
        description=lazy("Only what the help needs. The provider reads this before accepting."),
    )
    consent = wtforms.RadioField(
        lazy("Does the person agree?"),
        [Preset()],
        choices=lambda: [
            SelectChoice(value=code, label=str(words), render_kw={"data-hint": str(hint)})
            for code, (words, hint) in CONSENT.items()
        ],
        validate_choice=False,
    )
    emergency_reason = wtforms.TextAreaField(
        lazy("What is the danger to life or health?"),
        [Preset(), Length(max=1000)],
        description=lazy("Only for an emergency."),
    )
    first: str = ""
    """The best of the list: every other choice needs a reason."""
    agreed_already: frozenset[str] = frozenset()
    """The places whose provider the person has agreed to."""

    @property
    def some_to_ask(self) -> bool:
        """Whether any of the providers offered may not know of the person yet."""
        return any(str(choice[0]) not in self.agreed_already for choice in self.capacity.iter_choices())

    @property
    def must_ask(self) -> bool:
        """Whether the provider chosen may not know of the person yet."""
        return bool(self.capacity.data) and self.capacity.data not in self.agreed_already

    @property
    def wanted(self) -> bool:
        """Whether an agreement is written down with this referral."""
        return self.must_ask and self.consent.data == "agreed"

    @property
    def emergency(self) -> str | None:
        """Why it cannot wait for consent; empty where it need not."""
        is_one = self.must_ask and self.consent.data == "emergency"
        return self.emergency_reason.data if is_one else None

    def validate_consent(self, field: wtforms.RadioField) -> None:
        """Without a consent it must be said how to go on."""
        if self.must_ask and field.data not in CONSENT:
            raise ValidationError(_("The person has not agreed to this organization yet: please say how to go on."))

    def validate_emergency_reason(self, field: wtforms.TextAreaField) -> None:
        """An emergency is explained."""
        if self.must_ask and self.consent.data == "emergency" and not field.data:
            raise ValidationError(_("Please say what the danger is."))

    def validate_choice_note(self, field: wtforms.TextAreaField) -> None:
        """Passing over the first needs a reason."""
        if self.capacity.data and self.capacity.data != self.first and not field.data:
            raise ValidationError(_("Please say why you pass over the first of the list."))
