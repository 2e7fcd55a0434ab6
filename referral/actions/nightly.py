"""The round of the night: over each area with a coordinator, only proposing, and only where there is something new."""

from collections import Counter
from dataclasses import replace
from datetime import datetime

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Decision, Proposal, Round, RoundKind, RoundStatus
from referral.actions.rounds import RoundAtWork, start_round
from referral.queries import refusals
from referral.queries.gathering import arrays
from referral.queries.gathering.board import Board

BY_PEOPLE = (Decision.ACCEPTED, Decision.CHANGED, Decision.LEFT)


def start_nightly(session: Session, at: datetime, *, since: datetime) -> Counter[str]:
    """Write down a nightly round for each area with a coordinator that has had none since; return what was done.

    An area with a round at work is left out.
    """
    counts: Counter[str] = Counter()
    had = set(session.scalars(sa.select(Round.area_code).where(Round.kind == RoundKind.NIGHTLY, Round.at >= since)))
    for area in refusals.coordinated_areas(session):
        if area in had:
            continue
        try:
            with session.begin_nested():
                start_round(session, area=area, at=at, kind=RoundKind.NIGHTLY)
            counts["begun"] += 1
        except RoundAtWork:
            counts["at_work"] += 1
    return counts


def being_decided(session: Session, area: str) -> bool:
    """Say whether somebody is deciding on a round of the area: decisions wait to be carried out, or are being so."""
    decided = (
        sa.select(Proposal.id)
        .where(Proposal.round_id == Round.id, Proposal.decision.in_(BY_PEOPLE), Proposal.capacity_id.is_not(None))
        .exists()
    )
    statement = sa.select(Round.id).where(
        Round.area_code == area,
        sa.or_(Round.status == RoundStatus.APPLYING, sa.and_(Round.status == RoundStatus.PROPOSED, decided)),
    )
    return session.scalar(statement.limit(1)) is not None


def standing(board: Board) -> str:
    """Return the fingerprint of a board without the days that people have waited: they alone change nothing."""
    needs = board.problem.needs
    still = replace(needs, waiting_days=np.zeros_like(needs.waiting_days))
    return arrays.digest(replace(board.problem, needs=still))


def last_standing(session: Session, area: str) -> str | None:
    """Return the fingerprint that the last round over all of an area had; None where it kept none."""
    last = session.scalars(
        sa.select(Round)
        .where(
            Round.area_code == area,
            Round.kind != RoundKind.FOLLOW_UP,
            Round.stage.in_(("done", "applying")),
        )
        .order_by(Round.created_at.desc())
        .limit(1)
    ).first()
    return last.certificate.get("standing") if last else None
