"""What a new entry most likely looks like, and from the form of a visit to what is written down."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from models import (
    Account,
    ContactResult,
    NeedKind,
    Organization,
    Person,
    Referral,
    ReferralStatus,
    TaxonomyTerm,
    Visit,
    VisitKind,
)
from models.visit import REACHED
from referral.actions import referrals, visits
from referral.actions.visits import EntryKeyReused
from referral.casework.visit_forms import GroupForm, VisitForm
from referral.i18n import _, in_language
from referral.queries import people
from referral.queries import visits as entries

USUAL_MINUTES = 30
STEP = 5
"""Minutes to which the time of a new entry is rounded down."""


def usual(session: Session, actor: Account, person: Person, referral: Referral | None, at: datetime) -> dict[str, Any]:
    """Return how a new entry starts: like the last one of the same help, else as the plan says."""
    last = entries.last_visit(session, actor, person.id)
    if referral is not None and last is not None and last.term_id != referral.need.term_id:
        last = None
    term = referral.need.term if referral else last.term if last else entries.usual_term(session)
    material = referral is not None and referral.need.kind is NeedKind.MATERIAL
    minutes = last.minutes if last else USUAL_MINUTES
    return {
        "started_at": rounded(at - timedelta(minutes=minutes)),
        "minutes": minutes,
        "units": short(last.units if last else referral.need.quantity if referral and material else Decimal(1)),
        "kind": VisitKind.DELIVERY if material else _kind(last),
        "term": str(term.id) if term else "",
        "referral": str(referral.id) if referral else "",
    }


def _kind(last: Visit | None) -> VisitKind:
    return last.kind if last and last.kind is not VisitKind.GROUP else VisitKind.HOME_VISIT


def as_typed(visit: Visit) -> dict[str, Any]:
    """Return an entry as the form shows it for correction."""
    return {
        "started_at": visit.started_at,
        "minutes": visit.minutes,
        "units": short(visit.units),
        "kind": _kind(visit),
        "term": str(visit.term_id),
        "referral": str(visit.referral_id or ""),
        "contact_result": visit.contact_result,
        "amount": visit.amount,
        "note": visit.note,
    }


def short(units: Decimal) -> Decimal:
    """Return a number without zeros at its end, as one types it."""
    return Decimal(f"{units:f}".rstrip("0").rstrip(".")) if units % 1 else units.quantize(Decimal(1))


def rounded(moment: datetime) -> datetime:
    """Return a moment rounded down to five minutes."""
    return moment.replace(minute=moment.minute // STEP * STEP, second=0, microsecond=0)


def offer(form: VisitForm, terms: Sequence[TaxonomyTerm], going_on: Sequence[Referral], actor: Account) -> None:
    """Give a form its lists: the helps, and the referrals that this visit may belong to."""
    form.prepare(terms)
    form.referral.choices = [SelectChoice(value="", label=_("The station’s own visit"))] + [
        SelectChoice(value=str(referral.id), label=_("%(help)s by %(who)s", help=in_language(referral.need.term),
                                                     who=referral.organization.name))
        for referral in going_on
    ]  # fmt: skip


def own_organization(account: Account) -> Organization:
    """Return the organization for which somebody logs visits; the table of accounts asks for one in these roles."""
    if account.organization is None:
        raise ValueError(f"account {account.id} logs visits for no organization")
    return account.organization


def write(
    session: Session,
    form: VisitForm,
    person: Person,
    going_on: Sequence[Referral],
    terms: Sequence[TaxonomyTerm],
    *,
    by: Account,
    at: datetime,
    corrects: Visit | None = None,
) -> Visit:
    """Write down one visit of a valid form; raise EntryKeyReused for another content under the same key.

    A first visit that reached somebody begins a help that the worker's own organization has accepted.
    """
    referral = next((found for found in going_on if str(found.id) == form.referral.data), None)
    own_case = people.open_cases(session, by, [person.id]).get(person.id)
    own = referral is not None and referral.organization_id == by.organization_id
    if referral and own and referral.status is ReferralStatus.ACCEPTED and form.contact_result.data in REACHED:
        referrals.start(session, referral, by=by, at=at)
    asked = form.required()
    return visits.log_visit(
        session,
        person=person,
        term=next(term for term in terms if term.id == form.term_id),
        organization=own_organization(by),
        by=by,
        kind=form.kind.data,
        contact_result=form.contact_result.data,
        started_at=asked[0],
        minutes=asked[1],
        units=asked[2],
        referral=referral,
        case=referral.need.case if referral else own_case,
        amount=form.amount.data,
        note=form.note.data,
        entry_key=form.entry_key.data,
        corrects=corrects,
    )


def write_group(
    session: Session,
    form: GroupForm,
    came: Sequence[Person],
    terms: Sequence[TaxonomyTerm],
    *,
    by: Account,
) -> list[Visit]:
    """Write down one session: an entry for each person under one activity; the same form sent twice is one session.

    Raises EntryKeyReused where the key was used for other people or another content.
    """
    key = str(form.entry_key.data)[:31]
    activity = uuid.uuid5(by.id, key)
    before = entries.in_group(session, by, activity)
    if before and before != {person.id for person in came}:
        raise EntryKeyReused
    cases = people.open_cases(session, by, [person.id for person in came])
    asked = form.required()
    return [
        visits.log_visit(
            session,
            person=person,
            term=next(term for term in terms if term.id == form.term_id),
            organization=own_organization(by),
            by=by,
            kind=VisitKind.GROUP,
            contact_result=ContactResult.MET_PERSON,
            started_at=asked[0],
            minutes=asked[1],
            units=asked[2],
            case=cases.get(person.id),
            note=form.note.data,
            entry_key=f"{key}:{person.id.hex}",
            activity_key=activity,
        )
        for person in came
    ]
