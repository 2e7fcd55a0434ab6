"""The records behind each figure. People stand there by file number or pseudonym, never by name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from models import (
    Area,
    Case,
    ContactResult,
    DeclineReason,
    Need,
    Organization,
    Person,
    Program,
    Referral,
    ReferralOutcome,
    ReferralStatus,
    TaxonomyTerm,
    Visit,
)
from models.field_groups import FieldGroup
from models.visit import REACHED
from referral import log
from referral.access import sees
from referral.queries.paging import Page, paginate
from referral.queries.report.counted import MET_STATUSES
from referral.queries.report.frame import Frame
from referral.queries.report.funnel import ACCEPTED, S
from referral.queries.report.unknown import never_offered, unanswered, without_minutes

Conditions = list[sa.ColumnElement[bool]]
Township = aliased(Area)
EXPORT_LIMIT = 50_000
PERSON_TIMES = sa.func.count(Visit.id)


@dataclass(frozen=True)
class Listing:
    """Which records stand behind a figure: their kind (visits, persons, referrals, needs, cases) and conditions."""

    kind: str
    conditions: Conditions
    named: bool
    """Whether the reader sees who people are; else no file number, sex, age or place stands in the list."""

    def select(self) -> sa.Select[*tuple[Any, ...]]:
        """Return the records."""
        return SELECTS[self.kind](self.conditions, self.named)


def _if(seen: bool, *columns: Any) -> tuple[Any, ...]:
    return columns if seen else ()


def _term(frame: Frame, key: str | None) -> Conditions:
    code = sa.select(TaxonomyTerm.id).where(TaxonomyTerm.code == key)
    return [*frame.visits(), *([Visit.term_id.in_(code)] if key else [])]


def _result(frame: Frame, key: str | None) -> Conditions:
    own = Visit.contact_result == ContactResult(key) if key else Visit.contact_result.not_in(REACHED)
    return [*frame.entries(), own]


def _status(*states: ReferralStatus) -> Callable[[Frame, str | None], Conditions]:
    def conditions(frame: Frame, key: str | None) -> Conditions:
        reason = [Referral.reason == DeclineReason(key)] if key else []
        return [*frame.referrals(), Referral.status.in_(states), *reason]

    return conditions


def _outcome(outcome: ReferralOutcome) -> Callable[[Frame, str | None], Conditions]:
    return lambda frame, _key: [*frame.referrals(), Referral.outcome == outcome]


LISTINGS: dict[str, tuple[str, Callable[[Frame, str | None], Conditions]]] = {
    "persons": ("persons", lambda frame, _key: frame.visits()),
    "households": ("persons", lambda frame, _key: frame.visits()),
    "person_times": ("visits", _term),
    "hours": ("visits", _term),
    "units": ("visits", _term),
    "amount": ("visits", lambda frame, key: [*_term(frame, key), Visit.amount > 0]),
    "activities": ("visits", lambda frame, _key: [*frame.visits(), Visit.activity_key.is_not(None)]),
    "not_reached": ("visits", _result),
    "without_minutes": ("visits", lambda frame, _key: without_minutes(frame)),
    "without_birth_date": ("persons", lambda frame, _key: [*frame.visits(), Person.born_on.is_(None)]),
    "requested": ("referrals", lambda frame, _key: frame.referrals()),
    "waiting": ("referrals", _status(S.REQUESTED)),
    "accepted": ("referrals", lambda frame, _key: [*frame.referrals(), ACCEPTED]),
    "rejected": ("referrals", _status(S.REJECTED)),
    "expired": ("referrals", _status(S.EXPIRED)),
    "cancelled": (
        "referrals",
        lambda frame, _key: [*frame.referrals(), Referral.status == S.CANCELLED, Referral.answered_at.is_(None)],
    ),
    "reasons": ("referrals", _status(S.REJECTED, S.CANCELLED, S.FAILED)),
    "completed": ("referrals", _status(S.COMPLETED)),
    "served": ("referrals", _outcome(ReferralOutcome.SERVED)),
    "partly_served": ("referrals", _outcome(ReferralOutcome.PARTLY_SERVED)),
    "not_served": ("referrals", _outcome(ReferralOutcome.NOT_SERVED)),
    "unanswered": ("referrals", lambda frame, _key: unanswered(frame)),
    "answer": ("referrals", lambda frame, _key: [*frame.referrals(), Referral.answered_at.is_not(None)]),
    "needs": ("needs", lambda frame, _key: frame.needs()),
    "needs_met": ("needs", lambda frame, _key: [*frame.needs(), Need.status.in_(MET_STATUSES)]),
    "never_offered": ("needs", lambda frame, _key: never_offered(frame)),
    "first_offer": ("needs", lambda frame, _key: frame.needs()),
    "first_service": ("needs", lambda frame, _key: frame.needs()),
    "first_contact": ("cases", lambda frame, _key: frame.cases()),
}
"""Figure → kind of record and its conditions; the second argument narrows to a term, a result or a reason."""


def _visits(conditions: Conditions, named: bool) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            Visit.started_at,
            *_if(named, Person.number.label("person"), Township.name.label("township")),
            TaxonomyTerm,
            Visit.kind,
            Visit.contact_result,
            Visit.units,
            Visit.unit,
            Visit.minutes,
            Visit.amount,
            Organization.name.label("organization"),
            Program.name.label("program"),
            Visit.person_id,
        )
        .select_from(Visit)
        .join(Person, Person.id == Visit.person_id)
        .join(TaxonomyTerm, TaxonomyTerm.id == Visit.term_id)
        .join(Organization, Organization.id == Visit.organization_id)
        .outerjoin(Program, Program.id == Visit.program_id)
        .outerjoin(Area, Area.code == Visit.area_code)
        .outerjoin(Township, Township.code == Area.parent_code)
        .where(*conditions)
        .order_by(Visit.started_at.desc(), Visit.id)
    )


def _persons(conditions: Conditions, named: bool) -> sa.Select[*tuple[Any, ...]]:
    who: tuple[Any, ...] = _if(named, Person.number, Person.sex, Person.born_on, Township.name)
    return (
        sa.select(
            *_if(named, Person.number.label("person"), Person.sex, Person.born_on, Township.name.label("township")),
            PERSON_TIMES.label("person_times"),
            sa.func.sum(Visit.minutes).label("minutes"),
            Person.id.label("person_id"),
        )
        .select_from(Visit)
        .join(Person, Person.id == Visit.person_id)
        .outerjoin(Area, Area.code == Person.area_code)
        .outerjoin(Township, Township.code == Area.parent_code)
        .where(*conditions)
        .group_by(Person.id, *who)
        .order_by(PERSON_TIMES.desc(), *who[:1], Person.id)
    )


def _referrals(conditions: Conditions, named: bool) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            *_if(named, Referral.number),
            TaxonomyTerm,
            Organization.name.label("organization"),
            Referral.requested_at,
            Referral.answer_by,
            Referral.answered_at,
            Referral.status,
            Referral.reason,
            Referral.outcome,
            Referral.person_id,
        )
        .select_from(Referral)
        .join(Need, Need.id == Referral.need_id)
        .join(TaxonomyTerm, TaxonomyTerm.id == Need.term_id)
        .join(Organization, Organization.id == Referral.organization_id)
        .where(*conditions)
        .order_by(Referral.requested_at.desc(), Referral.id)
    )


def _needs(conditions: Conditions, named: bool) -> sa.Select[*tuple[Any, ...]]:
    first_offer = sa.select(sa.func.min(Referral.requested_at)).where(Referral.need_id == Need.id).scalar_subquery()
    return (
        sa.select(
            *_if(named, Need.number, Township.name.label("township")),
            TaxonomyTerm,
            Need.urgency,
            Need.opened_at,
            Need.due_at,
            first_offer.label("first_offer"),
            Need.status,
            Need.person_id,
        )
        .select_from(Need)
        .join(TaxonomyTerm, TaxonomyTerm.id == Need.term_id)
        .outerjoin(Area, Area.code == Need.area_code)
        .outerjoin(Township, Township.code == Area.parent_code)
        .where(*conditions)
        .order_by(Need.opened_at.desc(), Need.id)
    )


def _cases(conditions: Conditions, named: bool) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            *_if(named, Case.number),
            Case.source,
            Case.urgency,
            Case.opened_at,
            Case.first_contact_at,
            Case.status,
            Case.person_id,
        )
        .where(*conditions)
        .order_by(Case.opened_at.desc(), Case.id)
    )


SELECTS = {"visits": _visits, "persons": _persons, "referrals": _referrals, "needs": _needs, "cases": _cases}


def listing(frame: Frame, figure: str, key: str | None) -> Listing | None:
    """Return the records behind a figure, or None for a figure or key that does not exist."""
    if figure not in LISTINGS:
        return None
    kind, conditions = LISTINGS[figure]
    try:
        return Listing(kind, conditions(frame, key), sees(frame.actor.role, FieldGroup.IDENTITY))
    except ValueError:
        return None


def page_of(session: Session, listed: Listing, number: int) -> Page:
    """Return one page of the records. Two statements."""
    page = paginate(session, listed.select(), number, size=50, scalars=False)
    log.read(session, (row.person_id for row in page.items))
    return page


def all_of(session: Session, listed: Listing) -> list[Any]:
    """Return the records for a file, at most EXPORT_LIMIT. One statement."""
    rows = list(session.execute(listed.select().limit(EXPORT_LIMIT)))
    log.read(session, (row.person_id for row in rows))
    return rows
