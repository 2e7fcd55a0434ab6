"""Who could meet one need: every place of its kind, ranked, with what speaks for and against it."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Capacity,
    Decision,
    Location,
    Need,
    Organization,
    Proposal,
    Round,
    RoundStatus,
    Service,
    ServiceAtLocation,
)
from referral.queries.gathering import board
from referral.queries.gathering.choices import Choice, choices
from referral.queries.parameters import in_force

FULL = ("no_places",)


@dataclass(frozen=True)
class Candidate:
    """One place that a need could go to."""

    rank: int
    """1 is the best fit; counted over all, also those that do not fit."""
    capacity: Capacity
    """With its service, organization and location loaded."""
    cost: int
    """Points against it, 0–1000."""
    parts: dict[str, int]
    """Part of the score → points against: distance, continuity, language, worker_sex, quality, uptake, waiting."""
    distance_km: float | None
    left: int
    """Places left now."""
    promised: int
    """Of these, places that an undecided round proposes to others."""
    failed: tuple[str, ...]
    """Codes of hard rules that fail (words: `explanations.rule_words`); ("no_places",) where only a place lacks."""
    excess_km: float | None
    """Kilometres its radius is too short, where that rule fails."""
    params: Mapping[str, Any]
    """With which the score was computed."""

    @property
    def fits(self) -> bool:
        """Whether the need can be referred there now."""
        return not self.failed

    @property
    def fit(self) -> int:
        """How well it fits in per cent: 100 less a tenth of the points against."""
        return round(100 - self.cost / 10)

    @property
    def service(self) -> Service:
        """The service offered."""
        return self.capacity.service_at_location.service

    @property
    def organization(self) -> Organization:
        """Who offers it."""
        return self.service.organization

    @property
    def location(self) -> Location:
        """Where."""
        return self.capacity.service_at_location.location


def ranked_candidates(session: Session, need: Need, at: datetime) -> list[Candidate]:
    """Return every place of a need's kind, best first: those that fit, then full ones, then those a rule forbids.

    Rules and scores are those of a round with the parameters in force where the person lives. Fifteen queries,
    whatever the size.
    """
    now = in_force(session, need.area_code, at).params
    found, params = choices(board.gather_one(session, need.id, at), now), now.as_dict()
    capacities = offers(session, (choice.capacity_id for choice in found))
    promised = promised_places(session, capacities, but=need.id)
    return [
        _candidate(rank, choice, capacities[choice.capacity_id], promised.get(choice.capacity_id, 0), params)
        for rank, choice in enumerate(found, 1)
    ]


def _candidate(rank: int, choice: Choice, capacity: Capacity, promised: int, params: Mapping[str, Any]) -> Candidate:
    return Candidate(
        rank,
        capacity,
        choice.cost,
        choice.parts,
        choice.distance_km,
        choice.left,
        promised,
        choice.failed,
        choice.excess_km,
        params,
    )


def offers(session: Session, keys: Iterable[uuid.UUID]) -> dict[uuid.UUID, Capacity]:
    """Return capacities by key with service, organization and location. One query."""
    statement = sa.select(Capacity).where(Capacity.id.in_(set(keys))).options(*offer_loaded())
    return {capacity.id: capacity for capacity in session.scalars(statement)}


def offer_loaded(start: sa.orm.interfaces.LoaderOption | None = None) -> list[sa.orm.interfaces.LoaderOption]:
    """Load what a page says of a capacity: service, organization, location. `start` leads to the capacity."""
    first: Any = start or sa.orm
    at_location = first.joinedload(Capacity.service_at_location)
    return [
        at_location.joinedload(ServiceAtLocation.service).joinedload(Service.organization),
        at_location.joinedload(ServiceAtLocation.location),
    ]


def promised_places(
    session: Session, keys: Iterable[uuid.UUID], *, but: uuid.UUID | None = None
) -> dict[uuid.UUID, int]:
    """Return how many places of each capacity a round that waits for a decision proposes. One query."""
    statement = (
        sa.select(Proposal.capacity_id, sa.func.count(Proposal.id))
        .join(Round, Round.id == Proposal.round_id)
        .where(
            Proposal.capacity_id.in_(set(keys)),
            Proposal.decision.in_((Decision.UNDECIDED, Decision.ACCEPTED, Decision.CHANGED)),
            Round.status.in_((RoundStatus.PROPOSED, RoundStatus.APPLYING)),
            Proposal.need_id != but,
        )
        .group_by(Proposal.capacity_id)
    )
    return {capacity: count for capacity, count in session.execute(statement) if capacity}
