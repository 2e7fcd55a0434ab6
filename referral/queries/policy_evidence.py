"""What past rounds say of changed weights: places that chance decided, and what came of them.

The installation reads it, for a job. Only proposals that were applied as they stood count: where a person chose
otherwise, chance did not decide.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from matching import PARTS
from matching.policy import Logged, prefers, rescaled, weigh
from models import Decision, LearnedKind, Proposal, Referral, ReferralStatus, Round, RoundParameters
from models.area import code_range
from models.parameters import ParametersStatus

MOST = 20_000
"""Newest decisions by chance that are looked at."""
EVEN = 0.5
"""What is expected of a place where the weight of its chance was 0."""
KEPT = (ParametersStatus.IN_FORCE, ParametersStatus.REPLACED)


def of_last_change(session: Session, kind: LearnedKind) -> dict[str, Any]:
    """Return what the weights changed last would have brought before, as plain values; `why` says why not. Two queries.

    Codes of `why`: no_change, no_draws, too_few, too_thin.
    """
    change = last_change(session)
    if change is None:
        return {"why": "no_change"}
    logged = read(session, kind, change)
    found = weigh(logged)
    told = {"area": change.area_code, "number": change.number, "rows": len(logged)}
    return told | ({"why": found} if isinstance(found, str) else asdict(found))


def last_change(session: Session) -> RoundParameters | None:
    """Return the parameters in force that replaced others with other weights last, if any. One query."""
    before = aliased(RoundParameters)
    statement = (
        sa.select(RoundParameters, before.params)
        .join(before, before.id == RoundParameters.based_on_id)
        .where(RoundParameters.status == ParametersStatus.IN_FORCE, before.status.in_(KEPT))
        .order_by(RoundParameters.in_force_at.desc(), RoundParameters.id.desc())
    )
    rows = session.execute(statement).all()
    return next((after for after, params in rows if weights(after.params) != weights(params)), None)


def weights(params: dict[str, Any]) -> list[float]:
    """Return the weight of each part of the score."""
    return [float(params.get(f"weight_{part}", 0)) for part in PARTS]


def read(session: Session, kind: LearnedKind, change: RoundParameters) -> Logged:
    """Return the decisions by chance of rounds under other parameters, in the area of the change. One query."""
    first, last = code_range(change.area_code)
    statement = (
        sa.select(
            Proposal.propensity,
            Proposal.parts,
            Proposal.explanation,
            Round.params,
            Referral.status,
            Referral.answered_at,
            Referral.ended_at,
        )
        .join(Round, Round.id == Proposal.round_id)
        .join(Referral, Referral.proposal_id == Proposal.id)
        .where(
            Round.area_code.between(first, last),
            sa.or_(Round.parameters_id.is_(None), Round.parameters_id != change.id),
            Proposal.decision == Decision.APPLIED,
            Proposal.propensity < 1,
            Proposal.capacity_id == Proposal.proposed_capacity_id,
        )
        .order_by(Proposal.id.desc())
        .limit(MOST)
    )
    rows = []
    for propensity, parts, told, params, status, answered, ended in session.execute(statement):
        came = reward(kind, status, answered, ended)
        other = told.get("drawn", {}).get("parts")
        if came is None or not other:
            continue
        before = np.array(weights(params))
        both = np.array([[float(one.get(part, 0)) for part in PARTS] for one in (parts, other)])
        cost = rescaled(both, before, np.array(weights(change.params)))
        target = float(prefers(cost[:1], cost[1:])[0])
        uptake = params.get("weight_uptake", 0)
        told_by = 1 - both[:, PARTS.index("uptake")] / uptake if uptake else np.full(2, EVEN)
        rows.append((propensity, target, came, told_by[0], target * told_by[0] + (1 - target) * told_by[1]))
    return Logged(*np.array(rows, dtype=np.float64).reshape(-1, 5).T)


def reward(
    kind: LearnedKind, status: ReferralStatus, answered: datetime | None, ended: datetime | None
) -> float | None:
    """Return 1 or 0 for what came of a request, None while that is open or where it was withdrawn."""
    refused = status in (ReferralStatus.REJECTED, ReferralStatus.EXPIRED)
    if refused:
        return 0.0
    if kind is LearnedKind.ACCEPTANCE:
        return 1.0 if answered is not None and status is not ReferralStatus.ENTERED_IN_ERROR else None
    if ended is None or status not in (ReferralStatus.COMPLETED, ReferralStatus.FAILED):
        return None
    return float(status is ReferralStatus.COMPLETED)
