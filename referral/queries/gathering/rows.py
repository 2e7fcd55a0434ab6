"""Plain rows and columns between the records and the arrays: codes, numbers and keys, never a name."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from referral.queries.gathering.rates import Learned
from referral.queries.gathering.raw import Ints, Keys


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
    kind: str
    fund_id: uuid.UUID | None


@dataclass(frozen=True, eq=False)
class OfPeople:
    """What several people have of one kind: one entry for each person and code."""

    people: Keys
    codes: Sequence[str]


@dataclass(frozen=True, eq=False)
class NeedFacts:
    """Needs by key, one column for each thing that is told of them or of their person, one entry for each need."""

    ids: Keys
    people: Keys
    households: Keys
    terms: Keys
    tier: Sequence[int]
    opened_at: Ints
    """Microseconds since 1970."""
    area_code: Sequence[str]
    latitude: Sequence[float | None]
    longitude: Sequence[float | None]
    born_on: NDArray[np.datetime64]
    sex: Sequence[str | None]
    wanted_times: Sequence[int]
    worker_sex: Sequence[str]
    language: Sequence[str]
    spoken: Sequence[str]
    """Language of the person; counts where the need names none of its own."""
    quantity: NDArray[np.float64]
    frequency: Sequence[str]
    hours: NDArray[np.int64]
    """Whole hours a month that one provider must give."""
    yuan: NDArray[np.int64]
    """Whole yuan it takes of a fund, rounded up; 0 where nobody said."""
    preferred: tuple[Ints, Keys]
    """Rows of the needs that name an organization, and which."""
    statuses: OfPeople
    """Codes of recognised statuses in force on the day."""
    features: OfPeople
    """Codes of features."""

    def __len__(self) -> int:
        return len(self.ids)


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
    funds: Mapping[uuid.UUID, int] = field(default_factory=dict)
    """Fund that an opening draws on → whole yuan left in it on the day, rounded down."""

    @property
    def fund_keys(self) -> list[uuid.UUID]:
        """The funds in a fixed order: their numbers in the problem."""
        return sorted(self.funds)


class Track(NamedTuple):
    """How an organization answered and finished referrals."""

    accepted: int
    answered: int
    completed: int
    ended: int


@dataclass(frozen=True, eq=False)
class History:
    """What happened before that a round must know."""

    rejected: tuple[Keys, Keys]
    """(need, service at a location) that was asked before and said no or nothing."""
    helped: tuple[Keys, Keys]
    """(person, organization) that helped in the past year."""
    tracks: Mapping[uuid.UUID, Track] = field(default_factory=dict)
    satisfaction: Mapping[uuid.UUID, tuple[int, float]] = field(default_factory=dict)
    """Organization → (answers, their sum) of satisfaction 1–5 of people it served."""
    learned: Learned | None = None
    """Learned chances, where they are in use."""
