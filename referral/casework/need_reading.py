"""From the forms of a need to what is done."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from models import Account, Case, Need, TaxonomyTerm, Urgency
from referral.actions import needs as acts
from referral.casework.need_forms import NeedForm, ReferForm
from referral.queries import needs
from referral.queries.candidates import Candidate


def record(
    session: Session, case: Case, form: NeedForm, terms: Sequence[TaxonomyTerm], *, by: Account, at: datetime
) -> Need:
    """Write down the need of a valid form and return it; the urgency is the usual one of its kind unless chosen."""
    term = next(term for term in terms if term.id == form.term_id)
    kinds = {kind.code: kind for kind in needs.need_types(session)}
    kind = kinds.get(form.need_type.data or "")
    usual = kind.default_urgency if kind else Urgency.NORMAL
    return acts.record_need(
        session,
        case,
        term=term,
        need_type=kind,
        quantity=form.quantity.data or Decimal(1),
        frequency=form.frequency.data,
        urgency=form.urgency.data or usual,
        by=by,
        at=at,
        description=form.description.data,
        wanted_times=form.wanted_times,
        worker_sex=form.worker_sex.data,
        language=form.language.data,
        estimated_value=form.estimated_value.data,
    )


def ask(form: ReferForm, candidates: Sequence[Candidate]) -> None:
    """Let a form choose among the places that fit; the first stands for the best."""
    fitting = [candidate for candidate in candidates if candidate.fits]
    form.capacity.choices = [
        SelectChoice(value=str(candidate.capacity.id), label=candidate.organization.name) for candidate in fitting
    ]
    form.first = str(fitting[0].capacity.id) if fitting else ""
