"""What a coordinator decides on the proposals of a round: take one, choose another place, or leave it."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Decision, Need, Proposal, Round, RoundStatus
from models.errors import ChangedMeanwhile, DomainError, NotEligible, ReasonMissing
from referral.actions.rounds import hold_rounds
from referral.queries.candidates import Candidate, ranked_candidates

DECIDABLE = (Decision.UNDECIDED, Decision.ACCEPTED, Decision.CHANGED, Decision.LEFT)


class RoundNotOpen(DomainError):
    """The round is being applied, is applied, or was thrown away: its proposals can no longer be changed."""

    code = "round_not_open"


def accept(session: Session, proposal: Proposal, *, by: Account, at: datetime, version: int | None = None) -> None:
    """Take the place that the round proposes, also after another decision."""
    if proposal.proposed_capacity_id is None:
        raise NotEligible(("no_places",))
    _decide(session, proposal, Decision.ACCEPTED, None, by=by, at=at, version=version)
    if proposal.capacity_id != proposal.proposed_capacity_id:
        proposal.capacity_id = proposal.proposed_capacity_id
    session.flush()


def change(
    session: Session,
    proposal: Proposal,
    need: Need,
    *,
    capacity_id: uuid.UUID,
    reason: str | None,
    by: Account,
    at: datetime,
    version: int | None = None,
) -> Candidate:
    """Choose another place, with a reason; raise NotEligible with the rules that fail, or ReasonMissing."""
    chosen = next((one for one in ranked_candidates(session, need, at) if one.capacity.id == capacity_id), None)
    if chosen is None or not chosen.fits:
        raise NotEligible(chosen.failed if chosen else ())
    _decide(session, proposal, Decision.CHANGED, reason, by=by, at=at, version=version)
    proposal.capacity_id = capacity_id
    session.flush()
    return chosen


def leave(
    session: Session, proposal: Proposal, *, reason: str | None, by: Account, at: datetime, version: int | None = None
) -> None:
    """Leave it for now, with a reason; the need opens again when the round is applied or ended."""
    _decide(session, proposal, Decision.LEFT, reason, by=by, at=at, version=version)
    session.flush()


def accept_all(session: Session, round_: Round, *, by: Account | None, at: datetime) -> int:
    """Take every place that nobody has decided on yet; return how many. Three statements. Raises RoundNotOpen."""
    hold_rounds(session, Round.id == round_.id)
    if session.scalar(sa.select(Round.status).where(Round.id == round_.id)) is not RoundStatus.PROPOSED:
        raise RoundNotOpen
    result = session.execute(
        sa.update(Proposal)
        .where(
            Proposal.round_id == round_.id,
            Proposal.decision == Decision.UNDECIDED,
            Proposal.capacity_id.is_not(None),
        )
        .values(
            decision=Decision.ACCEPTED,
            decided_by_id=by.id if by else None,
            decided_at=at,
            version=Proposal.version + 1,
        )
        .execution_options(synchronize_session=False)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]  # a cursor result, as of every such statement


def _decide(
    session: Session,
    proposal: Proposal,
    decision: Decision,
    reason: str | None,
    *,
    by: Account,
    at: datetime,
    version: int | None,
) -> None:
    if version is not None and version != proposal.version:
        raise ChangedMeanwhile
    reason = (reason or "").strip() or None
    if decision in {Decision.CHANGED, Decision.LEFT} and reason is None:
        raise ReasonMissing
    status = session.scalar(sa.select(Round.status).where(Round.id == proposal.round_id).with_for_update(read=True))
    if status is not RoundStatus.PROPOSED or proposal.decision not in DECIDABLE:
        raise RoundNotOpen
    proposal.decision, proposal.reason = decision, reason
    proposal.decided_by_id, proposal.decided_at = by.id, at
