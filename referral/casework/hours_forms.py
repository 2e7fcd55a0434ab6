"""Forms of the pages about hours."""

import uuid
from collections.abc import Iterable
from typing import Any

import wtforms
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

from models import DisputeReason, Program, TaxonomyTerm
from models import Organization as OrganizationRecord
from referral.forms import AmountField, FilterForm, Form, choices, coerce, record_choices
from referral.i18n import _, lazy
from referral.queries.hours_lines import BY

GROUPS: dict[str, Any] = {
    "worker": lazy("Worker"),
    "organization": lazy("Organization"),
    "program": lazy("Program"),
    "service": lazy("Service"),
}


class HoursForm(FilterForm):
    """What the lines of a month are narrowed to."""

    month = wtforms.StringField(lazy("Month"), description=lazy("Such as 2026-11"))
    by = wtforms.SelectField(lazy("Grouped by"), choices=lambda: [(name, GROUPS[name]) for name in BY])
    organization = wtforms.SelectField(lazy("Organization"))
    program = wtforms.SelectField(lazy("Program"))
    term = wtforms.SelectField(lazy("Service"))

    def prepare(
        self, organizations: Iterable[OrganizationRecord], programs: Iterable[Program], terms: Iterable[TaxonomyTerm]
    ) -> None:
        """Offer what can be chosen."""
        self.organization.choices = record_choices(organizations, _("All"))
        self.program.choices = record_choices(programs, _("All"))
        self.term.choices = record_choices(terms, _("All"))

    def key(self, name: str) -> uuid.UUID | None:
        """Return what was chosen of a list, if it is one of its records."""
        value = self[name].data
        return uuid.UUID(value) if value and value in {choice.value for choice in self[name].choices} else None


class DisputeForm(Form):
    """Why a visit is not accepted."""

    reason = wtforms.RadioField(
        lazy("Why?"), [InputRequired()], choices=lambda: choices(DisputeReason), coerce=coerce(DisputeReason)
    )
    words = wtforms.TextAreaField(
        lazy("In your words"), [Length(max=1000)], description=lazy("Needed for another reason, else optional.")
    )

    def validate_words(self, field: wtforms.TextAreaField) -> None:
        """Another reason needs words."""
        if self.reason.data is DisputeReason.OTHER and not field.data:
            raise ValidationError(_("Please say which reason it is."))


class ExplainForm(Form):
    """Why a flagged visit holds after all."""

    reason = wtforms.TextAreaField(lazy("Why does it hold after all?"), [InputRequired(), Length(max=500)])


class LimitForm(Form):
    """A limit of a rule, set otherwise."""

    value = AmountField(lazy("Limit"), [InputRequired(), NumberRange(min=0, max=100_000)])
    source = wtforms.StringField(
        lazy("Where it comes from"), [InputRequired(), Length(max=255)], description=lazy("A paper, a contract, a vote")
    )


class HelpLimitForm(LimitForm):
    """How long one visit of one kind of help may take."""

    term = wtforms.SelectField(lazy("Kind of help"), [InputRequired()])

    def prepare(self, terms: Iterable[TaxonomyTerm]) -> None:
        """Offer the kinds of help."""
        self.known = {str(term.id): term.code for term in terms}
        self.term.choices = record_choices(terms, _("Choose"))

    def code(self) -> str:
        """Return the code of the kind chosen."""
        return self.known[self.term.data]
