"""From the forms of a need to what is done."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from models import Account, Case, Consent, Need, Organization, Referral, ReferralStatus, TaxonomyTerm, Urgency
from referral.actions import consents as consent_acts
from referral.actions import needs as acts
from referral.actions import sending
from referral.actions.suggestions import note_offers
from referral.casework.need_forms import NeedForm, ReferForm
from referral.i18n import _
from referral.queries import consents, needs
from referral.queries.candidates import Candidate


def record(
    session: Session, case: Case, form: NeedForm, terms: Sequence[TaxonomyTerm], *, by: Account, at: datetime
) -> Need:
    """Write down the need of a valid form and return it; the urgency is the usual one of its kind unless chosen."""
    term = next(term for term in terms if term.id == form.term_id)
    kinds = {kind.code: kind for kind in needs.need_types(session)}
    kind = kinds.get(form.need_type.data or "")
    usual = kind.default_urgency if kind else Urgency.NORMAL
    need = acts.record_need(
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
    if form.codes_offered is not None:
        known = {one.code for one in terms}
        note_offers(session, need, [code for code in form.codes_offered if code in known])
    return need


def ask(form: ReferForm, candidates: Sequence[Candidate]) -> None:
    """Let a form choose among the places that fit; the first stands for the best."""
    fitting = [candidate for candidate in candidates if candidate.fits]
    form.capacity.choices = [
        SelectChoice(value=str(candidate.capacity.id), label=candidate.organization.name) for candidate in fitting
    ]
    form.first = str(fitting[0].capacity.id) if fitting else ""


def agree(
    session: Session, form: ReferForm, need: Need, candidates: Sequence[Candidate], *, at: datetime
) -> dict[uuid.UUID, Consent]:
    """Tell a form which providers the person has agreed to, and return these consents by organization. One query."""
    fitting = [candidate for candidate in candidates if candidate.fits]
    known = consents.live_by_receiver(session, need.person_id, (one.organization.id for one in fitting), at)
    form.agreed_already = frozenset(str(one.capacity.id) for one in fitting if one.organization.id in known)
    form.prepare(minor=consent_acts.needs_guardian(need.person, at), usual=consents.usual_kinds(need.kind, need.unit))
    return known


def send(session: Session, need: Need, chosen: Candidate, form: ReferForm, *, by: Account, at: datetime) -> Referral:
    """Put a need to the place of a valid form, with what the form says of consent."""
    if form.wanted:
        consent_acts.give(session, need.person, [chosen.organization], form.agreed(), by=by, at=at)
    return sending.request(
        session,
        need,
        chosen.capacity,
        by=by,
        at=at,
        note=form.note.data,
        choice_note=form.choice_note.data,
        emergency=form.emergency,
        wait_for_consent=form.must_ask and form.consent.data == "later",
    )


def sent_words(referral: Referral, organization: Organization) -> tuple[str, str]:
    """Return what is said after a referral was made, and in which tone."""
    if referral.status is ReferralStatus.DRAFT:
        return _("The place is held. The referral waits for the person’s consent."), "warning"
    if referral.emergency:
        return _("Sent as an emergency. A supervisor and the coordinator are told and will review it."), "warning"
    return _("%(name)s has been asked.", name=organization.name), "success"
