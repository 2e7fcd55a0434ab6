"""Rounds of matching and what they propose, as pages show them."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import (
    Account,
    Capacity,
    Decision,
    Need,
    NeedStatus,
    Organization,
    Proposal,
    Referral,
    Round,
    RoundKind,
    RoundOpening,
    RoundStatus,
    Service,
    ServiceAtLocation,
    TaxonomyTerm,
)
from models.area import code_range
from models.round import SORTED_FROM
from referral.access import scope, without_scope
from referral.queries.candidates import offer_loaded

OPEN_STATUSES = (RoundStatus.WAITING, RoundStatus.RUNNING, RoundStatus.PROPOSED, RoundStatus.APPLYING)

WHOLE = Round.kind != RoundKind.FOLLOW_UP
"""Rounds over all needs of an area."""


@dataclass(frozen=True)
class Counts:
    """How far a round is decided. Proposals with a place, by decision; and those without one."""

    by_decision: dict[Decision, int]
    unmet: int

    def of(self, decision: Decision) -> int:
        """How many proposals with a place stand so."""
        return self.by_decision.get(decision, 0)

    @property
    def undecided(self) -> int:
        """Waiting for a decision."""
        return self.of(Decision.UNDECIDED)

    @property
    def decided(self) -> int:
        """Accepted or changed, to be put to the providers."""
        return self.of(Decision.ACCEPTED) + self.of(Decision.CHANGED)

    @property
    def placed(self) -> int:
        """Proposals with a place."""
        return sum(self.by_decision.values())


def newest_first(actor: Account) -> sa.Select[Round]:
    """Return the select of the rounds an actor may see."""
    return (
        sa.select(Round)
        .where(scope(actor, Round))
        .options(joinedload(Round.started_by))
        .order_by(Round.created_at.desc(), Round.id.desc())
    )


def latest(session: Session, actor: Account) -> Round | None:
    """Return the last round over all needs that has proposed something or is at work. One query."""
    shown = sa.and_(Round.status.not_in((RoundStatus.FAILED, RoundStatus.DISCARDED)), WHOLE)
    return session.scalars(newest_first(actor).where(shown).limit(1)).one_or_none()


def latest_solved(session: Session, actor: Account) -> Round | None:
    """Return the last round over all needs that was computed to its end, applied or not. One query."""
    solved = sa.and_(Round.stage.in_(("done", "applying")), WHOLE)
    return session.scalars(newest_first(actor).where(solved).limit(1)).one_or_none()


def in_scope(session: Session, actor: Account, key: uuid.UUID) -> Round | None:
    """Return a round that an actor may see. One query."""
    statement = sa.select(Round).where(Round.id == key, scope(actor, Round)).options(joinedload(Round.started_by))
    return session.scalars(statement).one_or_none()


def proposal_in_scope(session: Session, actor: Account, key: uuid.UUID) -> Proposal | None:
    """Return a proposal with its round, its need and its place. One query."""
    statement = (
        sa.select(Proposal)
        .join(Round, Round.id == Proposal.round_id)
        .where(Proposal.id == key, scope(actor, Round))
        .options(joinedload(Proposal.round), *_loaded())
    )
    return session.scalars(statement).one_or_none()


def _loaded() -> list[sa.orm.interfaces.LoaderOption]:
    need = joinedload(Proposal.need)
    return [
        need.joinedload(Need.person),
        need.joinedload(Need.term),
        need.joinedload(Need.station),
        *offer_loaded(joinedload(Proposal.capacity)),
    ]


def counts(session: Session, round_: Round) -> Counts:
    """Return how many proposals stand how. Two queries, one for a large round.

    Whoever sees the round sees its whole area, so nobody's needs are asked for again.
    """
    placed = Proposal.capacity_id.is_not(None)
    of_round = Proposal.round_id == round_.id
    # Each half is counted from an index of its own.
    by_decision = sa.select(Proposal.decision, sa.func.count()).where(of_round, placed).group_by(Proposal.decision)
    without = sa.select(sa.func.count()).select_from(Proposal).where(of_round, sa.not_(placed))
    with without_scope(session, because="how many proposals of a round that is seen stand how"):
        found: dict[Decision, int] = {decision: count for decision, count in session.execute(by_decision)}  # noqa: C416
        unmet_ = round_.needs - sum(found.values()) if _is_sorted(round_) else session.scalar(without) or 0
    return Counts(found, unmet_)


def placed_by_need(round_: Round, decision: Decision | None = None) -> sa.Select[Proposal]:
    """Return the select of proposals with a place, most urgent and longest waiting first."""
    order = [Proposal.position] if _is_sorted(round_) else [Need.urgency_rank, Need.opened_at]
    return _placed(round_, decision).order_by(*order, Proposal.id)


def placed_by_provider(round_: Round, decision: Decision | None = None) -> sa.Select[Proposal]:
    """Return the select of proposals with a place, those of one provider together."""
    if _is_sorted(round_):
        return _placed(round_, decision).order_by(Proposal.provider_position, Proposal.id)
    return (
        _placed(round_, decision)
        .join(Capacity, Capacity.id == Proposal.capacity_id)
        .join(ServiceAtLocation, ServiceAtLocation.id == Capacity.service_at_location_id)
        .join(Service, Service.id == ServiceAtLocation.service_id)
        .join(Organization, Organization.id == Service.organization_id)
        .order_by(Organization.name, Organization.id, Service.name, Capacity.id, Need.urgency_rank, Proposal.id)
    )


def _placed(round_: Round, decision: Decision | None) -> sa.Select[Proposal]:
    statement = _of(round_).where(Proposal.capacity_id.is_not(None))
    return statement if decision is None else statement.where(Proposal.decision == decision)


def unmet(round_: Round) -> sa.Select[Proposal]:
    """Return the select of proposals without a place, most urgent and longest waiting first."""
    # In the order of the list: the index of places would give all that have none, in no order.
    place = sa.func.coalesce(Proposal.capacity_id, sa.null()) if _is_sorted(round_) else Proposal.capacity_id
    statement = _of(round_).where(place.is_(None))
    order = [Proposal.position] if _is_sorted(round_) else [Need.urgency_rank, Need.opened_at]
    return statement.order_by(*order, Proposal.id)


def _is_sorted(round_: Round) -> bool:
    """Whether the round has written down the order of its proposals."""
    return round_.needs >= SORTED_FROM and round_.kind is not RoundKind.FOLLOW_UP


def _of(round_: Round) -> sa.Select[Proposal]:
    statement = sa.select(Proposal).where(Proposal.round_id == round_.id).options(*_loaded())
    return statement if _is_sorted(round_) else statement.join(Need, Need.id == Proposal.need_id)


def offers_named(proposals: Iterable[Proposal]) -> set[uuid.UUID]:
    """Return the keys of the places that the explanations of proposals speak of."""
    keys: set[uuid.UUID] = set()
    for proposal in proposals:
        told = proposal.explanation
        keys.update(uuid.UUID(one["capacity"]) for one in told.get("alternatives", ()))
        named = (told.get("capacity"), told.get("before"), told.get("refused", {}).get("capacity"))
        keys.update(uuid.UUID(key) for key in named if key)
    return keys


def opening_lines(session: Session, round_: Round, keys: Iterable[uuid.UUID]) -> dict[uuid.UUID, RoundOpening]:
    """Return what a round says of some places. One query."""
    statement = sa.select(RoundOpening).where(
        RoundOpening.round_id == round_.id, RoundOpening.capacity_id.in_(set(keys))
    )
    return {line.capacity_id: line for line in session.scalars(statement)}


def referral_of(session: Session, proposal: Proposal) -> Referral | None:
    """Return the referral that a proposal became. One query."""
    return session.scalars(sa.select(Referral).where(Referral.proposal_id == proposal.id)).one_or_none()


def terms(session: Session, keys: Iterable[uuid.UUID]) -> dict[uuid.UUID, TaxonomyTerm]:
    """Return terms by key. One query."""
    statement = sa.select(TaxonomyTerm).where(TaxonomyTerm.id.in_(set(keys)))
    return {term.id: term for term in session.scalars(statement)}


def how_much(session: Session, area: str) -> tuple[int, int]:
    """Return how many needs are open in an area, and how many a round that waits for decisions holds. One query."""
    first, last = code_range(area)
    statement = (
        sa.select(Need.status, sa.func.count(Need.id))
        .where(Need.area_code.between(first, last), Need.status.in_((NeedStatus.OPEN, NeedStatus.PROPOSED)))
        .group_by(Need.status)
    )
    found: dict[Any, int] = {status: count for status, count in session.execute(statement)}  # noqa: C416  rows
    return found.get(NeedStatus.OPEN, 0), found.get(NeedStatus.PROPOSED, 0)


def looks_dead(round_: Round, at: datetime, minutes: int = 10) -> bool:
    """Say whether a round that should be computing has been silent for too long."""
    since = round_.started_at or round_.created_at
    return round_.status in OPEN_STATUSES[:2] and (at - since).total_seconds() > minutes * 60
