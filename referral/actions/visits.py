"""Writing down what was done. Entries are never overwritten; a correction is a new entry."""

import uuid
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    Case,
    ContactResult,
    Organization,
    Person,
    PlannedVisit,
    Referral,
    Service,
    ServiceAtLocation,
    TaxonomyTerm,
    Visit,
    VisitKind,
)
from models.errors import DomainError
from models.visit import REACHED
from referral import clock
from referral.actions import flags, hours, unreached
from referral.actions import planned as planned_visits


class EntryKeyReused(DomainError):
    """The same form was sent again with something else in it."""

    code = "entry_key_reused"


def log_visit(
    session: Session,
    *,
    person: Person,
    term: TaxonomyTerm,
    organization: Organization,
    by: Account,
    kind: VisitKind,
    contact_result: ContactResult,
    started_at: datetime,
    minutes: int,
    units: Decimal,
    referral: Referral | None = None,
    case: Case | None = None,
    amount: Decimal | None = None,
    note: str | None = None,
    entry_key: str | None = None,
    activity_key: uuid.UUID | None = None,
    corrects: Visit | None = None,
    planned: PlannedVisit | None = None,
    went: uuid.UUID | None = None,
) -> Visit:
    """Write down one person × one service event and return it.

    Somebody who was not reached was not served: units and amount become 0. The same `entry_key` of the same worker
    with the same content returns the entry that exists; with another content it raises EntryKeyReused.

    The entry is held against the others of its worker and person at once, and flagged where a rule speaks against it;
    a correction lets the word on the entry lapse that it replaces.

    `went` is the account of whoever made the visit, where somebody else writes it down.

    The entry does the visit that the referral's plan promised: the one `planned`, else the nearest in time.
    """
    reached = contact_result in REACHED
    visit = Visit(
        person_id=person.id,
        household_id=person.household_id,
        case_id=case.id if case else None,
        referral_id=referral.id if referral else None,
        organization_id=organization.id,
        station_id=person.station_id,
        program_id=_program(session, referral),
        term_id=term.id,
        area_code=person.area_code,
        worker_id=went or by.id,
        kind=kind,
        contact_result=contact_result,
        started_at=started_at,
        minutes=minutes if reached else 0,
        units=units if reached else Decimal(0),
        unit=term.unit or "次",
        amount=amount if reached else None,
        note=note,
        activity_key=activity_key,
        entry_key=entry_key,
        corrects_id=corrects.id if corrects else None,
    )
    if entry_key and (before := _same_entry(session, went or by.id, entry_key)):
        if _content(before) != _content(visit):
            raise EntryKeyReused
        return before
    session.add(visit)
    if corrects is not None:
        corrects.replaced = True
    if reached and case is not None and case.first_contact_at is None:
        case.first_contact_at = started_at
    session.flush()
    planned_visits.fulfil(session, visit, planned)
    unreached.look(session, visit)
    if corrects is not None:
        hours.lapse(session, corrects, at=clock.now())
    flags.look_at(session, [visit], at=clock.now())
    return visit


def _program(session: Session, referral: Referral | None) -> uuid.UUID | None:
    if referral is None:
        return None
    return session.scalar(
        sa.select(Service.program_id)
        .join(ServiceAtLocation, ServiceAtLocation.service_id == Service.id)
        .where(ServiceAtLocation.id == referral.service_at_location_id)
    )


def _same_entry(session: Session, worker: uuid.UUID, entry_key: str) -> Visit | None:
    return session.scalar(sa.select(Visit).where(Visit.worker_id == worker, Visit.entry_key == entry_key))


COMPARED = (
    "person_id",
    "referral_id",
    "term_id",
    "kind",
    "contact_result",
    "started_at",
    "minutes",
    "units",
    "amount",
    "note",
)


def _content(visit: Visit) -> tuple[object, ...]:
    return tuple(getattr(visit, column) for column in COMPARED)
