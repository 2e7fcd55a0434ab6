"""Consents as pages show them: what still waits for one, whom one could be given to, which emergencies are open."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import (
    Account,
    Area,
    Capacity,
    Consent,
    Decision,
    EmergencyReview,
    Need,
    Organization,
    OrganizationStatus,
    Person,
    Proposal,
    Referral,
    ReferralStatus,
    Round,
    Service,
    ServiceAtLocation,
    ServiceStatus,
)
from models.need import ENDED_STATUSES
from referral.access import get_in_scope, scope, without_scope
from referral.queries.sharing import ASKED_STATUSES

MOST_RECEIVERS = 500


def consent_in_scope(session: Session, actor: Account, key: uuid.UUID) -> Consent | None:
    """Return a consent with person and receiver, if the actor may see the person. One query."""
    found: Consent | None = get_in_scope(
        session,
        actor,
        Consent,
        key,
        joinedload(Consent.person).joinedload(Person.area).joinedload(Area.parent),
        joinedload(Consent.organization),
    )
    return found


def live_referrals(session: Session, consent: Consent) -> Sequence[Referral]:
    """Return the referrals that a withdrawal would end or halt, with what they are for. One query."""
    return session.scalars(
        sa.select(Referral)
        .where(
            Referral.person_id == consent.person_id,
            Referral.organization_id == consent.organization_id,
            Referral.status.in_(ASKED_STATUSES),
        )
        .options(joinedload(Referral.need).joinedload(Need.term))
        .order_by(Referral.id)
    ).all()


def drafts(session: Session, actor: Account, *, limit: int = 12) -> tuple[Sequence[Referral], int]:
    """Return the referrals that wait for a consent, those that end soonest first, and how many. Two queries."""
    conditions = (scope(actor, Referral), Referral.status == ReferralStatus.DRAFT)
    count = session.scalar(sa.select(sa.func.count(Referral.id)).where(*conditions)) or 0
    found = session.scalars(
        sa.select(Referral)
        .where(*conditions)
        .options(
            joinedload(Referral.organization),
            joinedload(Referral.need).options(joinedload(Need.term), joinedload(Need.person)),
        )
        .order_by(Referral.consent_by, Referral.id)
        .limit(limit)
    ).all()
    return found, count


def emergencies(actor: Account, *, open_only: bool = True) -> sa.Select[EmergencyReview]:
    """Return the select of referrals sent without consent, the oldest open one first."""
    statement = (
        sa.select(EmergencyReview)
        .join(Referral, Referral.id == EmergencyReview.referral_id)
        .where(scope(actor, Referral))
        .options(*_emergency_loaded())
    )
    if open_only:
        statement = statement.where(EmergencyReview.reviewed_at.is_(None))
    return statement.order_by(EmergencyReview.reviewed_at.is_not(None), EmergencyReview.sent_at, EmergencyReview.id)


def emergency_in_scope(session: Session, actor: Account, key: uuid.UUID) -> EmergencyReview | None:
    """Return one of them by its key. One query."""
    statement = emergencies(actor, open_only=False).where(EmergencyReview.id == key)
    return session.scalars(statement).one_or_none()


def emergency_of(session: Session, referral: Referral) -> EmergencyReview | None:
    """Return the review of a referral that was sent without consent. At most one query."""
    if not referral.emergency:
        return None
    return session.scalars(
        sa.select(EmergencyReview)
        .where(EmergencyReview.referral_id == referral.id)
        .options(joinedload(EmergencyReview.sent_by), joinedload(EmergencyReview.reviewed_by))
    ).one_or_none()


def _emergency_loaded() -> list[sa.orm.interfaces.LoaderOption]:
    referral = joinedload(EmergencyReview.referral)
    return [
        referral.joinedload(Referral.organization),
        referral.joinedload(Referral.need).options(joinedload(Need.term), joinedload(Need.person)),
        joinedload(EmergencyReview.sent_by),
        joinedload(EmergencyReview.reviewed_by),
    ]


def likely_receivers(session: Session, person: Person) -> Sequence[Organization]:
    """Return who offers what the person lacks, and whoever waits for consent, by name. One query."""
    offering = (
        sa.select(Service.organization_id)
        .join(Need, Need.term_id == Service.term_id)
        .where(
            Need.person_id == person.id,
            Need.status.not_in(ENDED_STATUSES),
            Service.status == ServiceStatus.ACTIVE,
        )
    )
    waiting = sa.select(Referral.organization_id).where(
        Referral.person_id == person.id, Referral.status == ReferralStatus.DRAFT
    )
    return session.scalars(
        sa.select(Organization)
        .where(
            Organization.status == OrganizationStatus.ACTIVE,
            sa.or_(Organization.id.in_(offering), Organization.id.in_(waiting)),
        )
        .order_by(Organization.name, Organization.id)
    ).all()


def all_receivers(session: Session) -> Sequence[Organization]:
    """Return the active organizations that offer something, by name (at most 500). One query."""
    return session.scalars(
        sa.select(Organization)
        .where(
            Organization.status == OrganizationStatus.ACTIVE,
            Organization.id.in_(sa.select(Service.organization_id).where(Service.status == ServiceStatus.ACTIVE)),
        )
        .order_by(Organization.name, Organization.id)
        .limit(MOST_RECEIVERS)
    ).all()


def needs_put_to(session: Session, person: Person, receivers: Sequence[uuid.UUID]) -> Sequence[Need]:
    """Return the person's open needs that some organizations offer help for, with their terms. One query."""
    offered = sa.select(Service.term_id).where(Service.organization_id.in_(receivers))
    return session.scalars(
        sa.select(Need)
        .where(Need.person_id == person.id, Need.status.not_in(ENDED_STATUSES), Need.term_id.in_(offered))
        .options(joinedload(Need.term))
    ).all()


@dataclass(frozen=True)
class Readiness:
    """How the proposals of a round stand with consent."""

    ready: int
    """Could be sent at once."""
    to_ask: int
    """Would wait for the person's consent."""
    drafts: int
    """Were made and wait for it now."""
    sent: int
    """Were made and have been sent."""


def readiness(session: Session, round_: Round, at: datetime) -> Readiness:
    """Return how many proposals of a round can be sent at once, and how many wait for consent. Three queries.

    Looked up from the consents: of a round's 100,000 proposals each would have to be asked for one.
    """
    open_ = (
        Proposal.round_id == round_.id,
        Proposal.capacity_id.is_not(None),
        Proposal.decision.in_((Decision.UNDECIDED, Decision.ACCEPTED, Decision.CHANGED)),
    )
    of_whom = sa.select(Need.id).where(Need.person_id.in_(sa.select(Consent.person_id).where(Consent.live(at))))
    to_whom = sa.exists().where(
        Consent.person_id == Need.person_id, Consent.organization_id == Service.organization_id, Consent.live(at)
    )
    agreed = (
        sa.select(sa.func.count(Proposal.id))
        .join(Need, Need.id == Proposal.need_id)
        .join(Capacity, Capacity.id == Proposal.capacity_id)
        .join(ServiceAtLocation, ServiceAtLocation.id == Capacity.service_at_location_id)
        .join(Service, Service.id == ServiceAtLocation.service_id)
        .where(*open_, Proposal.need_id.in_(of_whom), to_whom)
    )
    with without_scope(session, because="how many proposals of a round that is seen wait tells nothing of a person"):
        at_once = session.scalar(agreed) or 0
        waits = (session.scalar(sa.select(sa.func.count()).select_from(Proposal).where(*open_)) or 0) - at_once
    waiting = Referral.status == ReferralStatus.DRAFT
    made = (
        sa.select(waiting, sa.func.count(Referral.id))
        .join(Proposal, Proposal.id == Referral.proposal_id)
        .where(Proposal.round_id == round_.id)
        .group_by(sa.text("1"))
    )
    by_state = {bool(is_draft): count for is_draft, count in session.execute(made)}
    return Readiness(at_once, waits, by_state.get(True, 0), by_state.get(False, 0))
