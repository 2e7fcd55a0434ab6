"""Taking people in and keeping what is known of them right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Area,
    AreaUse,
    ContactPreference,
    Feature,
    FeatureKind,
    Household,
    HukouKind,
    IdentityStatus,
    Organization,
    Person,
    PersonArea,
    Sex,
)
from models.errors import ChangedMeanwhile
from referral.actions.numbering import next_number
from referral.actions.search_text import search_text


@dataclass(frozen=True)
class StatusFacts:
    """A recognised status as somebody tells it."""

    category_code: str
    valid_from: date
    recognised_by: str | None = None
    document_number: str | None = None
    valid_to: date | None = None


@dataclass(frozen=True, kw_only=True)
class PersonFacts:
    """What is known of a person, as a form or a file gives it."""

    name: str
    area_code: str
    sex: Sex | None = None
    born_on: date | None = None
    id_number: str | None = None
    phone: str | None = None
    bank_card: str | None = None
    contact_preference: ContactPreference = ContactPreference.PHONE
    contact_note: str | None = None
    language: str = "zh"
    hukou_kind: HukouKind | None = None
    address: str | None = None
    relation_to_head: str = "head"
    places: Mapping[AreaUse, tuple[str, str | None]] = field(default_factory=dict)
    """Further addresses: use → (area code, address)."""
    statuses: Sequence[StatusFacts] = ()
    features: frozenset[FeatureKind] = frozenset()


OWN_COLUMNS = (
    "name",
    "sex",
    "born_on",
    "id_number",
    "phone",
    "bank_card",
    "contact_preference",
    "contact_note",
    "language",
    "hukou_kind",
    "area_code",
    "address",
    "relation_to_head",
)
"""Facts that are columns of the person."""


def take_in(
    session: Session,
    facts: PersonFacts,
    *,
    station: Organization | None,
    at: datetime,
    household: Household | None = None,
    demonstration: bool = False,
) -> Person:
    """Write down a person in a household that is known, or in a new one, and return them."""
    if household is None:
        household = Household(number=next_number(session, Household, at), area_code=facts.area_code)
        session.add(household)
        session.flush()
    person = Person(
        number=next_number(session, Person, at),
        household_id=household.id,
        station_id=station.id if station else None,
        demonstration=demonstration,
    )
    _write(session, person, facts)
    session.add(person)
    session.flush()
    _write_lines(session, person, facts)
    return person


def edit_person(session: Session, person: Person, facts: PersonFacts, *, version: int) -> None:
    """Change what is known of a person; raise ChangedMeanwhile where `version` is not the one that was shown."""
    if person.version != version:
        raise ChangedMeanwhile
    _write(session, person, facts)
    for record in (PersonArea, Feature, IdentityStatus):
        session.execute(sa.delete(record).where(record.person_id == person.id))
    session.flush()
    _write_lines(session, person, facts)


def _write(session: Session, person: Person, facts: PersonFacts) -> None:
    moved = person.area_code != facts.area_code
    for column in OWN_COLUMNS:
        setattr(person, column, getattr(facts, column))
    person.search_text = search_text(facts.name, person.number)
    if moved or person.latitude is None:
        village = session.get_one(Area, facts.area_code)
        person.latitude, person.longitude = village.latitude, village.longitude


def _write_lines(session: Session, person: Person, facts: PersonFacts) -> None:
    session.add_all(
        PersonArea(person_id=person.id, use=use, area_code=code, address=address)
        for use, (code, address) in facts.places.items()
    )
    session.add_all(Feature(person_id=person.id, kind=kind) for kind in sorted(facts.features))
    session.add_all(
        IdentityStatus(
            person_id=person.id,
            category_code=status.category_code,
            recognised_by=status.recognised_by,
            document_number=status.document_number,
            valid_from=status.valid_from,
            valid_to=status.valid_to,
        )
        for status in facts.statuses
    )
    session.flush()
