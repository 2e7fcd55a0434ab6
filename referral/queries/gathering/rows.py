"""Plain rows between the records and the arrays: codes, numbers and keys, never a name."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple


class NeedRow(NamedTuple):
    """One need that waits, with what the hard rules ask of the person."""

    id: uuid.UUID
    person_id: uuid.UUID
    household_id: uuid.UUID
    term_id: uuid.UUID
    tier: int
    opened_at: datetime
    area_code: str
    latitude: float | None
    longitude: float | None
    born_on: date | None
    sex: str | None
    wanted_times: int
    worker_sex: str
    language: str
    spoken: str
    """Language of the person; counts where the need names none of its own."""
    quantity: float
    frequency: str
    preferred_organization_id: uuid.UUID | None


class OpeningRow(NamedTuple):
    """One service at one location in one period, with the places left."""

    id: uuid.UUID
    service_at_location_id: uuid.UUID
    service_id: uuid.UUID
    location_id: uuid.UUID
    organization_id: uuid.UUID
    term_id: uuid.UUID
    left: int
    latitude: float | None
    longitude: float | None
    radius_km: float | None
    minimum_age: int | None
    maximum_age: int | None
    sex: str | None
    languages: str
    worker_sexes: str | None
    accepting: bool
    units_per_place: float | None
    starts_on: date
    ends_on: date
    law_class: str | None
    provider_kind: str


@dataclass(frozen=True)
class NeedFacts:
    """Needs with the statuses in force and the features of their people."""

    needs: Sequence[NeedRow]
    statuses: Mapping[uuid.UUID, Sequence[str]] = field(default_factory=dict)
    """Person → codes of recognised statuses in force on the day."""
    features: Mapping[uuid.UUID, Sequence[str]] = field(default_factory=dict)
    """Person → codes of features."""


@dataclass(frozen=True)
class OpeningFacts:
    """Openings with what stands in other tables about their services."""

    openings: Sequence[OpeningRow]
    areas: Mapping[uuid.UUID, Sequence[tuple[str, str]]] = field(default_factory=dict)
    """Service → first and last code of each area it serves."""
    statuses: Mapping[uuid.UUID, Sequence[str]] = field(default_factory=dict)
    """Service → status codes of which one must be held."""
    features: Mapping[uuid.UUID, Sequence[str]] = field(default_factory=dict)
    """Service → features of which one must be present."""
    times: Mapping[uuid.UUID, int] = field(default_factory=dict)
    """Key of a service at a location, of a service or of a location → opening times, 21 bits."""
    child_safety: frozenset[uuid.UUID] = frozenset()
    """Organizations whose record check for work with minors is in date."""
    unlicensed: frozenset[uuid.UUID] = frozenset()
    """Openings (by key) whose licence is missing or out of date."""


class Track(NamedTuple):
    """How an organization answered and finished referrals."""

    accepted: int
    answered: int
    completed: int
    ended: int


@dataclass(frozen=True)
class History:
    """What happened before that a round must know."""

    rejected: Sequence[tuple[uuid.UUID, uuid.UUID]] = ()
    """(need, service at a location) that was asked before and said no or nothing."""
    helped: Sequence[tuple[uuid.UUID, uuid.UUID]] = ()
    """(person, organization) that helped in the past year."""
    tracks: Mapping[uuid.UUID, Track] = field(default_factory=dict)
    satisfaction: Mapping[uuid.UUID, tuple[int, float]] = field(default_factory=dict)
    """Organization → (answers, their sum) of satisfaction 1–5 of people it served."""
