"""Turning decided proposals into referrals, one in each transaction, so that it can stop anywhere and go on.

A proposal is claimed by one statement in the transaction that makes its referral: of several who apply the same round
at once, one makes it. A place is taken by one statement too, so the last one goes to one need only.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import (
    Account,
    Capacity,
    Decision,
    Need,
    NeedStatus,
    Organization,
    OrganizationStatus,
    Proposal,
    Referral,
    Round,
    RoundStatus,
    Service,
    ServiceAtLocation,
    ServiceStatus,
)
from models.errors import ChangedMeanwhile, NotEligible
from referral.actions import referrals
from referral.actions.deciding import RoundNotOpen
from referral.actions.rounds import reopen_needs
from referral.clock import WorkCalendar, local_date

DECIDED = (Decision.ACCEPTED, Decision.CHANGED)


def begin_applying(session: Session, round_: Round) -> None:
    """Close a round for decisions; does nothing where it is being applied already. Raises RoundNotOpen."""
    begun = session.execute(
        sa.update(Round)
        .where(Round.id == round_.id, Round.status.in_((RoundStatus.PROPOSED, RoundStatus.APPLYING)))
        .values(status=RoundStatus.APPLYING, stage="applying")
        .returning(Round.id)
        .execution_options(synchronize_session=False)
    ).first()
    session.expire(round_)
    if begun is None:
        raise RoundNotOpen


def to_apply(session: Session, round_id: uuid.UUID) -> Sequence[uuid.UUID]:
    """Return the decided proposals that have not become referrals, most urgent need first. One query."""
    return session.scalars(
        sa.select(Proposal.id)
        .join(Need, Need.id == Proposal.need_id)
        .where(Proposal.round_id == round_id, Proposal.decision.in_(DECIDED))
        .order_by(Need.urgency_rank, Need.opened_at, Proposal.id)
    ).all()


def apply_one(
    session: Session, key: uuid.UUID, *, by: Account | None, at: datetime, calendar: WorkCalendar | None = None
) -> Referral | None:
    """Make the referral of one proposal; None where somebody else has made it or it is no longer decided.

    Where the person has not agreed to the organization it is a draft, which holds the place and waits for consent.
    Raises NoPlaceLeft, ChangedMeanwhile, NotEligible, WrongStep or AlreadyReferred; then nothing has happened.
    """
    claimed = session.execute(
        sa.update(Proposal)
        .where(Proposal.id == key, Proposal.decision.in_(DECIDED))
        .values(decision=Decision.APPLIED, failure=None, version=Proposal.version + 1)
        .returning(Proposal.id)
        .execution_options(synchronize_session=False)
    ).first()
    if claimed is None:
        return None
    proposal = session.scalars(
        sa.select(Proposal)
        .where(Proposal.id == key)
        .options(joinedload(Proposal.need), joinedload(Proposal.capacity))
        .execution_options(populate_existing=True)
    ).one()
    if proposal.need.status is not NeedStatus.PROPOSED:
        raise ChangedMeanwhile
    capacity = proposal.capacity
    if capacity is None or not _still_offered(session, capacity, at):
        raise NotEligible(("accepting",))
    return referrals.request(
        session,
        proposal.need,
        capacity,
        by=by,
        at=at,
        choice_note=proposal.reason,
        proposal=proposal,
        calendar=calendar,
        wait_for_consent=True,
    )


def note_failure(session: Session, key: uuid.UUID, *, code: str) -> None:
    """Say why a proposal could not become a referral, and open its need again."""
    failed = session.execute(
        sa.update(Proposal)
        .where(Proposal.id == key, Proposal.decision.in_(DECIDED))
        .values(decision=Decision.FAILED, failure=code, version=Proposal.version + 1)
        .returning(Proposal.need_id)
        .execution_options(synchronize_session=False)
    ).first()
    if failed is not None:
        reopen_needs(session, sa.select(Proposal.need_id).where(Proposal.id == key))


def finish_applying(session: Session, round_id: uuid.UUID, *, at: datetime) -> RoundStatus | None:
    """Open the needs that were left, and close the round, or hand it back where something is still undecided.

    Returns the new state, None where there is still something to apply. Doing it twice changes nothing.
    """
    counted = session.execute(
        sa.select(Proposal.decision, sa.func.count(Proposal.id))
        .where(Proposal.round_id == round_id, Proposal.capacity_id.is_not(None))
        .group_by(Proposal.decision)
    )
    decisions: dict[Decision, int] = {decision: count for decision, count in counted}  # noqa: C416  a row is no pair
    if any(decisions.get(decision) for decision in DECIDED):
        return None
    reopen_needs(
        session,
        sa.select(Proposal.need_id).where(Proposal.round_id == round_id, Proposal.decision == Decision.LEFT),
    )
    status = RoundStatus.PROPOSED if decisions.get(Decision.UNDECIDED) else RoundStatus.APPLIED
    session.execute(
        sa.update(Round)
        .where(Round.id == round_id, Round.status == RoundStatus.APPLYING)
        .values(status=status, stage="done")
        .execution_options(synchronize_session=False)
    )
    return status


def _still_offered(session: Session, capacity: Capacity, at: datetime) -> bool:
    day = local_date(at)
    statement = (
        sa.select(ServiceAtLocation.id)
        .join(Service, Service.id == ServiceAtLocation.service_id)
        .join(Organization, Organization.id == Service.organization_id)
        .where(
            ServiceAtLocation.id == capacity.service_at_location_id,
            ServiceAtLocation.accepting,
            Service.status == ServiceStatus.ACTIVE,
            Organization.status == OrganizationStatus.ACTIVE,
        )
    )
    return capacity.starts_on <= day <= capacity.ends_on and session.scalar(statement) is not None
