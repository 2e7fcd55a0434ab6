"""Forms of the planning pages."""

import uuid
from typing import Any

import wtforms
from wtforms.validators import InputRequired, NumberRange, Optional

from models import Area, TaxonomyTerm, Urgency
from referral.actions.planning.studying import PLACES_MOST, Asked
from referral.forms import FilterForm, Form, choices, coerce, record_choices
from referral.i18n import lazy
from referral.queries.needs_board import SORTS
from referral.queries.planning import Wanted

RICHEST = 10**9


class RegisterFilter(FilterForm):
    """What the register is narrowed to."""

    urgency = wtforms.SelectField(
        lazy("Urgency"), choices=lambda: choices(Urgency, lazy("All")), coerce=coerce(Urgency), validate_choice=False
    )
    township = wtforms.SelectField(lazy("Township"))
    term = wtforms.SelectField(lazy("Kind of help"))
    why = wtforms.SelectField(
        lazy("Why it is here"),
        choices=lambda: [
            ("", lazy("Both")),
            ("unmet", lazy("Nobody found by the last round")),
            ("overdue", lazy("Waiting beyond its day")),
        ],
    )

    def __init__(self, townships: list[Area], terms: list[TaxonomyTerm], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.township.choices = record_choices(townships, lazy("All"), key="code")
        self.term.choices = record_choices(terms, lazy("All"))

    def wanted(self, sort: str) -> Wanted:
        """Return the filters; what an old or broken address asks for and nobody knows is left out."""
        known = {
            field.name: {value for value, *_ in field.iter_choices()} for field in (self.township, self.term, self.why)
        }
        chosen = {name: self[name].data if self[name].data in values else None for name, values in known.items()}
        return Wanted(
            urgency=self.urgency.data,
            township=chosen["township"] or None,
            term_id=uuid.UUID(chosen["term"]) if chosen["term"] else None,
            why=chosen["why"] or None,
            sort=sort if sort in SORTS else "urgency",
        )


class StudyForm(Form):
    """How many places, for how much, how far they reach."""

    places = wtforms.IntegerField(
        lazy("How many places"),
        [InputRequired(), NumberRange(1, PLACES_MOST)],
        description=lazy("Places for one person each, in the whole area."),
        default=Asked.places,
    )
    budget = wtforms.IntegerField(
        lazy("Budget in yuan a year"),
        [Optional(), NumberRange(1, RICHEST)],
        description=lazy("Leave it empty to look at places alone."),
    )
    price = wtforms.IntegerField(
        lazy("Yuan for a place and year where no price is known"),
        [Optional(), NumberRange(1, RICHEST)],
        description=lazy("Without it, help without a price is left out of a purchase with a budget."),
    )
    radius_km = wtforms.DecimalField(
        lazy("Reach in kilometres"),
        [Optional(), NumberRange(1, 200)],
        description=lazy("From the middle of the township. Left empty, a new place serves its township alone."),
    )

    def asked(self) -> dict[str, Any]:
        """Return the question as it is stored."""
        return {
            "places": self.places.data,
            "budget": self.budget.data,
            "price": self.price.data,
            "radius_km": float(self.radius_km.data) if self.radius_km.data else None,
        }
