"""One need: what it is, what was tried for it; and the lists it is described with."""

import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from models import (
    Account,
    Area,
    Capacity,
    Case,
    Location,
    Need,
    NeedType,
    Person,
    Referral,
    ReferralEvent,
    Service,
    ServiceAtLocation,
    Taxonomy,
    TaxonomyTerm,
    Visit,
)
from models.referral import GOING_ON_STATUSES
from referral.access import get_in_scope, scope


def need_in_scope(session: Session, actor: Account, key: uuid.UUID) -> Need | None:
    """Return a need with what its page shows, if the actor may see it. One query."""
    found: Need | None = get_in_scope(
        session,
        actor,
        Need,
        key,
        joinedload(Need.term),
        joinedload(Need.need_type),
        joinedload(Need.station),
        joinedload(Need.person).joinedload(Person.area).joinedload(Area.parent),
        joinedload(Need.case).joinedload(Case.household),
    )
    return found


def referrals_of(session: Session, need: Need) -> Sequence[Referral]:
    """Return every referral of a need, newest first, with provider and service. One query."""
    return session.scalars(
        sa.select(Referral)
        .where(Referral.need_id == need.id)
        .options(
            joinedload(Referral.organization),
            joinedload(Referral.service_at_location).joinedload(ServiceAtLocation.service),
        )
        .order_by(Referral.id.desc())
    ).all()


def parts_of(session: Session, need: Need) -> Sequence[Need]:
    """Return the other parts of a need that providers took on in part, by number. One query."""
    first = need.rest_of_id or need.id
    others = sa.select(Need).where(sa.or_(Need.id == first, Need.rest_of_id == first), Need.id != need.id)
    return session.scalars(others.options(joinedload(Need.term)).order_by(Need.number)).all()


def referral_in_scope(session: Session, actor: Account, key: uuid.UUID) -> Referral | None:
    """Return a referral with need, person, provider, service and events, if the actor may see it. Two queries."""
    found: Referral | None = get_in_scope(
        session,
        actor,
        Referral,
        key,
        joinedload(Referral.need).joinedload(Need.term),
        joinedload(Referral.need).joinedload(Need.case),
        joinedload(Referral.need).joinedload(Need.person).joinedload(Person.area).joinedload(Area.parent),
        joinedload(Referral.organization),
        joinedload(Referral.requested_by),
        joinedload(Referral.service_at_location).joinedload(ServiceAtLocation.service).joinedload(Service.program),
        joinedload(Referral.service_at_location).joinedload(ServiceAtLocation.location),
        selectinload(Referral.events).joinedload(ReferralEvent.by),
    )
    return found


def visits_of_referral(session: Session, referral: Referral, *, limit: int = 20) -> Sequence[Visit]:
    """Return what was done for a referral, newest first. One query."""
    return session.scalars(
        sa.select(Visit)
        .where(Visit.referral_id == referral.id, ~Visit.replaced)
        .options(joinedload(Visit.worker), joinedload(Visit.organization))
        .order_by(Visit.started_at.desc(), Visit.id.desc())
        .limit(limit)
    ).all()


def going_on(
    session: Session, actor: Account, person_id: uuid.UUID, *, also: uuid.UUID | None = None
) -> Sequence[Referral]:
    """Return the referrals of a person for which help may be logged (and one more by key), newest first. One query."""
    wanted = sa.or_(Referral.status.in_(GOING_ON_STATUSES), Referral.id == also)
    return session.scalars(
        sa.select(Referral)
        .where(Referral.person_id == person_id, scope(actor, Referral), wanted)
        .options(
            joinedload(Referral.need).options(joinedload(Need.term), joinedload(Need.case)),
            joinedload(Referral.organization),
        )
        .order_by(Referral.requested_at.desc())
    ).all()


def need_types(session: Session) -> Sequence[NeedType]:
    """Return the kinds of need by domain. One query."""
    return session.scalars(sa.select(NeedType).order_by(NeedType.code)).all()


def terms(session: Session) -> Sequence[TaxonomyTerm]:
    """Return the terms that a need or a visit may speak of, services before material aid. One query."""
    return session.scalars(
        sa.select(TaxonomyTerm)
        .where(TaxonomyTerm.active, TaxonomyTerm.taxonomy.in_([Taxonomy.SERVICE, Taxonomy.MATERIAL]))
        .order_by(TaxonomyTerm.taxonomy.desc(), TaxonomyTerm.category_code, TaxonomyTerm.code)
    ).all()


def capacity_for_referral(session: Session, key: uuid.UUID) -> Capacity | None:
    """Return a capacity with its service and organization. One query."""
    return session.scalar(
        sa.select(Capacity)
        .where(Capacity.id == key)
        .options(
            joinedload(Capacity.service_at_location)
            .joinedload(ServiceAtLocation.service)
            .joinedload(Service.organization),
            joinedload(Capacity.service_at_location).joinedload(ServiceAtLocation.location).joinedload(Location.area),
        )
    )
