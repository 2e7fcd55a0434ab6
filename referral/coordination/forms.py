"""Forms of the coordinator's pages."""

import uuid
from typing import Any

import wtforms
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from models import Area, NeedKind, NeedStatus, TaxonomyTerm, Urgency
from referral.actions.rounds import LARGEST_SEED
from referral.forms import FilterForm, Form, choices, coerce, record_choices
from referral.i18n import lazy, ngettext
from referral.queries.needs_board import SORTS, WAITS, Filters


class NeedsFilter(FilterForm):
    """What the needs board is narrowed to."""

    urgency = wtforms.SelectField(
        lazy("Urgency"), choices=lambda: choices(Urgency, lazy("All")), coerce=coerce(Urgency), validate_choice=False
    )
    waiting = wtforms.SelectField(
        lazy("Waiting for"),
        choices=lambda: [
            ("", lazy("Any time")),
            *((str(days), ngettext("%(num)s day or more", "%(num)s days or more", days)) for days in WAITS),
        ],
    )
    township = wtforms.SelectField(lazy("Township"))
    kind = wtforms.SelectField(
        lazy("Money or service"),
        choices=lambda: choices(NeedKind, lazy("All")),
        coerce=coerce(NeedKind),
        validate_choice=False,
    )
    term = wtforms.SelectField(lazy("Kind of help"))
    status = wtforms.SelectField(
        lazy("State"),
        choices=lambda: choices(NeedStatus, lazy("Waiting for a provider")),
        coerce=coerce(NeedStatus),
        validate_choice=False,
    )
    overdue = wtforms.BooleanField(lazy("Overdue only"))

    def __init__(self, townships: list[Area], terms: list[TaxonomyTerm], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.township.choices = record_choices(townships, lazy("All"), key="code")
        self.term.choices = record_choices(terms, lazy("All"))

    def filters(self, sort: str) -> Filters:
        """Return the filters; what an old or broken address asks for and nobody knows is left out."""
        known = {value for value, *_ in self.township.iter_choices()}
        listed = {value for value, *_ in self.term.iter_choices()}
        return Filters(
            status=self.status.data,
            urgency=self.urgency.data,
            kind=self.kind.data,
            township=self.township.data if self.township.data in known else None,
            term_id=uuid.UUID(self.term.data) if self.term.data and self.term.data in listed else None,
            waiting=int(self.waiting.data) if self.waiting.data in {str(days) for days in WAITS} else None,
            overdue=self.overdue.data,
            sort=sort if sort in SORTS else "urgency",
        )


class StartRoundForm(Form):
    """Over which area, and with which seed."""

    area = wtforms.SelectField(
        lazy("Area"), [InputRequired()], description=lazy("Needs of people who live there take part.")
    )
    seed = wtforms.IntegerField(
        lazy("Seed"),
        [Optional(), NumberRange(0, LARGEST_SEED)],
        description=lazy("Settles ties between equals. The same seed gives the same round; left empty, one is chosen."),
    )


class LeaveForm(Form):
    """Why a proposal is left for now."""

    reason = wtforms.TextAreaField(
        lazy("Reason"),
        [InputRequired(), Length(max=500)],
        description=lazy("One sentence, such as: the family wants to talk it over first."),
        id="leave-reason",
    )
    version = wtforms.HiddenField(id="leave-version")


def as_key(value: Any) -> uuid.UUID | None:
    """Return a key typed or chosen, None for anything else."""
    try:
        return value if isinstance(value, uuid.UUID) else uuid.UUID(str(value))
    except ValueError:
        return None


class ChangeForm(Form):
    """Another place, and why."""

    capacity = wtforms.RadioField(
        lazy("Another place"),
        [InputRequired(lazy("Please choose one of the places."))],
        choices=[],
        coerce=as_key,
        validate_choice=False,
    )
    reason = wtforms.TextAreaField(
        lazy("Reason"),
        [InputRequired(), Length(max=500)],
        description=lazy("One sentence that you could defend, such as: the daughter works there."),
    )
    version = wtforms.HiddenField()
