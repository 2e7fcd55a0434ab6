"""What follow-ups of refusals change, for pages: who was refused, what is proposed now, and who else moves."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import Account, Capacity, Need, Proposal, Round, RoundKind, RoundStatus
from referral.access import scope
from referral.queries.candidates import offer_loaded, offers


@dataclass(frozen=True)
class Change:
    """One need of a follow-up: refused somewhere, or moved, or newly served."""

    proposal: Proposal
    refused_by: Capacity | None
    before: Capacity | None

    @property
    def refused(self) -> bool:
        """Whether this is a need whose refusal the round follows."""
        return "refused" in self.proposal.explanation

    @property
    def expired(self) -> bool:
        """Whether nobody answered, instead of saying no."""
        how: str = self.proposal.explanation.get("refused", {}).get("how", "")
        return how == "expired"


@dataclass(frozen=True)
class FollowUp:
    """A follow-up with its changes, those of refused needs first."""

    round: Round
    changes: Sequence[Change]


def waiting(session: Session, actor: Account, *, limit: int = 5) -> list[FollowUp]:
    """Return the follow-ups that wait for decisions, the newest first. One query, three where there are any."""
    statement = (
        sa.select(Round)
        .where(scope(actor, Round), Round.kind == RoundKind.FOLLOW_UP, Round.status == RoundStatus.PROPOSED)
        .order_by(Round.created_at.desc(), Round.id.desc())
        .limit(limit)
    )
    rounds = session.scalars(statement).all()
    return told(session, rounds)


def told(session: Session, rounds: Sequence[Round]) -> list[FollowUp]:
    """Return follow-ups with what they change. Two queries, none without rounds."""
    if not rounds:
        return []
    need = joinedload(Proposal.need)
    statement = (
        sa.select(Proposal)
        .join(Need, Need.id == Proposal.need_id)
        .where(Proposal.round_id.in_([one.id for one in rounds]))
        .options(need.joinedload(Need.person), need.joinedload(Need.term), *offer_loaded(joinedload(Proposal.capacity)))
        .order_by(Need.urgency_rank, Need.opened_at, Proposal.id)
    )
    proposals = session.scalars(statement).all()
    named = offers(session, _named(one.explanation for one in proposals))
    found: dict[uuid.UUID, list[Change]] = {one.id: [] for one in rounds}
    for one in proposals:
        before, refused = one.explanation.get("before"), one.explanation.get("refused", {}).get("capacity")
        found[one.round_id].append(
            Change(
                one,
                named.get(uuid.UUID(refused)) if refused else None,
                named.get(uuid.UUID(before)) if before else None,
            )
        )
    return [FollowUp(one, sorted(found[one.id], key=lambda change: not change.refused)) for one in rounds]


def _named(explanations: Iterable[Mapping[str, Any]]) -> set[uuid.UUID]:
    keys = set()
    for explanation in explanations:
        for key in (explanation.get("before"), explanation.get("refused", {}).get("capacity")):
            if key:
                keys.add(uuid.UUID(key))
    return keys
