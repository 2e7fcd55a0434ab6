"""What one more place is worth, and the story it sets off."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import Capacity, Need, Round, RoundOpening, Service, ServiceAtLocation, TaxonomyTerm
from referral.queries.candidates import offer_loaded, offers

WORTH = {"worth": RoundOpening.gain.desc(), "places": RoundOpening.places, "matched": RoundOpening.matched}


@dataclass(frozen=True)
class Step:
    """One person of a story: moves from a place, or is newly served, to a place."""

    need: Need
    from_offer: Capacity | None
    to_offer: Capacity


@dataclass(frozen=True)
class Story:
    """What one more place somewhere sets off, from that place to the person newly served."""

    line: RoundOpening
    steps: Sequence[Step]
    onward: bool = False
    """Floors for groups move others as well, beyond who is newly served."""

    @property
    def served(self) -> Need | None:
        """Who is newly served."""
        return self.steps[-1].need if self.steps and self.steps[-1].from_offer is None else None


def worth(round_: Round, term: uuid.UUID | None = None, *, only_scarce: bool = False) -> sa.Select[RoundOpening]:
    """Return the select of a round's openings, the most useful place first."""
    statement = (
        sa.select(RoundOpening)
        .where(RoundOpening.round_id == round_.id)
        .options(*offer_loaded(joinedload(RoundOpening.capacity)))
        .order_by(RoundOpening.gain.desc(), RoundOpening.matched.desc(), RoundOpening.id)
    )
    if term:
        statement = (
            statement.join(Capacity, Capacity.id == RoundOpening.capacity_id)
            .join(ServiceAtLocation, ServiceAtLocation.id == Capacity.service_at_location_id)
            .join(Service, Service.id == ServiceAtLocation.service_id)
            .where(Service.term_id == term)
        )
    return statement.where(RoundOpening.gain_tier.is_not(None)) if only_scarce else statement


def terms_offered(session: Session, round_: Round) -> Sequence[TaxonomyTerm]:
    """Return the kinds of help that a round had places for. One query."""
    offered = (
        sa.select(Service.term_id)
        .join(ServiceAtLocation, ServiceAtLocation.service_id == Service.id)
        .join(Capacity, Capacity.service_at_location_id == ServiceAtLocation.id)
        .join(RoundOpening, RoundOpening.capacity_id == Capacity.id)
        .where(RoundOpening.round_id == round_.id)
    )
    return session.scalars(
        sa.select(TaxonomyTerm).where(TaxonomyTerm.id.in_(offered)).order_by(TaxonomyTerm.code, TaxonomyTerm.id)
    ).all()


def stories(session: Session, lines: Iterable[RoundOpening]) -> list[Story]:
    """Return the stories of openings with the needs and places in them. Two queries, none without a chain."""
    told = list(lines)
    keys = {uuid.UUID(need) for line in told for need, _, _ in line.chain}
    places = {uuid.UUID(place) for line in told for _, *ends in line.chain for place in ends if place}
    if not keys:
        return [Story(line, ()) for line in told]
    loaded = sa.select(Need).where(Need.id.in_(keys)).options(joinedload(Need.term), joinedload(Need.person))
    needs = {need.id: need for need in session.scalars(loaded)}
    named = offers(session, places)
    return [Story(line, steps, len(steps) < len(line.chain)) for line in told for steps in [_steps(line, needs, named)]]


def _steps(line: RoundOpening, needs: dict[uuid.UUID, Need], named: dict[uuid.UUID, Capacity]) -> list[Step]:
    """Return the moves as people hear them: who comes to the new place, who then to the place left, and so on."""
    moves = {end: (need, start) for need, start, end in line.chain}
    steps, here = [], str(line.capacity_id)
    while here is not None and here in moves:
        need, start = moves.pop(here)
        steps.append(Step(needs[uuid.UUID(need)], named[uuid.UUID(start)] if start else None, named[uuid.UUID(here)]))
        here = start
    return steps
