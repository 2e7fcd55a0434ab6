"""After a refusal: a round of its own over the needs around it, with as few changes as possible.

It never waits in the request of whoever refused: a job finds open needs that were refused and had no proposal since.
So nothing has to be remembered between the two, and nothing can be lost.

One form for every case. What is decided stays. Whoever has a proposal that nobody has decided on may move: the older
proposal is then marked as taken over and the new one stands in the follow-up, so that each need has one proposal to
decide on. All of it is written in one transaction, which takes over each proposal by its version and each need by its
state: whatever a coordinator decides meanwhile, or another round takes, ends the attempt, and it is made again.
"""

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Decision,
    MessageKind,
    Need,
    NeedStatus,
    Proposal,
    Round,
    RoundKind,
    RoundOpening,
    RoundStatus,
)
from models.errors import ChangedMeanwhile
from referral.actions.rounding.redoing import Moved, Redone
from referral.actions.rounds import AT_WORK, OPEN_DECISIONS, RoundAtWork, end_round, hold_rounds, start_round
from referral.messages import tell
from referral.queries import refusals


def start_follow_ups(session: Session, at: datetime) -> dict[str, int]:
    """Write down a follow-up for each area where refused needs wait; an area with a round at work waits its turn.

    Returns how many were begun and how many areas wait.
    """
    counts = {"begun": 0, "waiting": 0}
    for area in refusals.to_follow(session, at):
        try:
            with session.begin_nested():
                start_round(session, area=area, at=at, kind=RoundKind.FOLLOW_UP)
            counts["begun"] += 1
        except RoundAtWork:
            counts["waiting"] += 1
    return counts


def propose(session: Session, running: Round, found: Redone, *, at: datetime, seconds: dict[str, float]) -> None:
    """Write what changes, all of it or nothing.

    Raises ChangedMeanwhile where a proposal was decided on, or a need moved on, since it was looked at.
    """
    hold_rounds(session, refusals.open_within(running.area_code))
    if refusals.promises(session)[1] != found.standing.stamp:
        raise ChangedMeanwhile
    emptied = {_take_over(session, found, move, at) for move in found.moves}
    for move in found.moves:
        _move_need(session, move)
    if found.moves:
        session.execute(sa.insert(Proposal), [_row(running, move) for move in found.moves])
    openings = [{"round_id": running.id, **line} for line in found.openings()]
    if openings:
        session.execute(sa.insert(RoundOpening), openings)
    for key in emptied - {None}:
        _end_if_empty(session, session.get_one(Round, key), at=at)
    for name, value in found.figures().items():
        setattr(running, name, value)
    running.status, running.stage, running.progress, running.finished_at = RoundStatus.PROPOSED, "done", 100, at
    running.seconds = {name: round(value, 4) for name, value in seconds.items()}
    if not any(move.after for move in found.moves):
        running.status = RoundStatus.APPLIED  # nobody was found for them: nothing is to be decided
    tell(
        session,
        MessageKind.ROUND_FINISHED,
        once=running.number,
        at=at,
        area_code=running.area_code,
        round_id=running.id,
        facts={"number": running.number, "kind": RoundKind.FOLLOW_UP.value},
    )
    session.flush()


def drop(session: Session, key: uuid.UUID, *, at: datetime, why: str) -> None:
    """End a round that is not needed any more before it has written anything; `why` is a code kept with it."""
    session.execute(
        sa.update(Round)
        .where(Round.id == key, Round.status.in_(AT_WORK))
        .values(status=RoundStatus.DISCARDED, stage=why, progress=100, finished_at=at)
        .execution_options(synchronize_session=False)
    )


def _take_over(session: Session, found: Redone, move: Moved, at: datetime) -> uuid.UUID | None:
    """Mark the older proposal of a need as taken over, unless it has changed; return its round."""
    held = found.standing.held.get(move.need_id)
    if held is None:
        return None
    taken = session.execute(
        sa.update(Proposal)
        .where(
            Proposal.id == held.proposal_id,
            Proposal.version == held.version,
            Proposal.decision == Decision.UNDECIDED,
            Proposal.round_id.in_(sa.select(Round.id).where(Round.status.in_(refusals.OPEN_ROUNDS))),
        )
        .values(decision=Decision.MOVED, decided_at=at, version=Proposal.version + 1)
        .returning(Proposal.round_id)
        .execution_options(synchronize_session=False)
    ).first()
    if taken is None:
        raise ChangedMeanwhile
    return uuid.UUID(str(taken[0]))


def _move_need(session: Session, move: Moved) -> None:
    """Take a need to its new state: proposed where it has a place, else open."""
    before = NeedStatus.PROPOSED if move.before else NeedStatus.OPEN
    after = NeedStatus.PROPOSED if move.after else NeedStatus.OPEN
    taken = session.execute(
        sa.update(Need)
        .where(Need.id == move.need_id, Need.status == before)
        .values(status=after, version=Need.version + 1)
        .returning(Need.id)
        .execution_options(synchronize_session=False)
    ).first()
    if taken is None:
        raise ChangedMeanwhile


def _row(running: Round, move: Moved) -> dict[str, Any]:
    empty: dict[str, Any] = {"cost": None, "parts": {}, "distance_km": None, "amount": None}
    row = empty | move.told | {"round_id": running.id, "need_id": move.need_id}
    return row | {"proposed_capacity_id": row["capacity_id"]}


def _end_if_empty(session: Session, older: Round, *, at: datetime) -> None:
    """Close a round whose last proposals were taken over."""
    left = sa.select(Proposal.id).where(
        Proposal.round_id == older.id, Proposal.capacity_id.is_not(None), Proposal.decision.in_(OPEN_DECISIONS)
    )
    if older.status is RoundStatus.PROPOSED and session.scalar(left.limit(1)) is None:
        end_round(session, older, at=at)
