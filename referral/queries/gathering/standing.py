"""How providers and services stand now, as learned chances ask it: the same counts that taught them."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import LearnedKind, LearnedModel, Referral, ReferralStatus, Service, ServiceAtLocation
from referral.clock import local_date
from referral.queries.gathering.rates import Learned, Standing

YEAR = timedelta(days=365)
MONTH = timedelta(days=30)
NEVER_WAS = (ReferralStatus.DRAFT, ReferralStatus.ENTERED_IN_ERROR)


def read(session: Session, at: datetime) -> Learned | None:
    """Return the chances in use with what they ask, or None where none is in use. One query, else three."""
    used = sa.select(LearnedModel.kind, LearnedModel.shape).where(
        LearnedModel.in_use, LearnedModel.kind.in_((LearnedKind.ACCEPTANCE, LearnedKind.COMPLETION))
    )
    shapes = {row.kind: row.shape for row in session.execute(used)}
    if not shapes:
        return None
    return Learned(shapes, _of_providers(session, at), _of_terms(session, at), str(local_date(at).weekday()))


def _counts(at: datetime) -> list[sa.ColumnElement[int]]:
    """What became known in the year before a moment: accepted, answered, completed, ended."""

    def in_year(moment: Any) -> sa.ColumnElement[bool]:
        return sa.and_(moment >= at - YEAR, moment < at)

    def count(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((sa.and_(*conditions), 1), else_=0))

    expired = Referral.status == ReferralStatus.EXPIRED
    told = sa.case((expired, sa.func.coalesce(Referral.answered_at, Referral.ended_at)), else_=Referral.answered_at)
    refused = Referral.status.in_((ReferralStatus.REJECTED, ReferralStatus.EXPIRED))
    done = Referral.status.in_((ReferralStatus.COMPLETED, ReferralStatus.FAILED))
    return [
        count(in_year(told), sa.not_(refused)),
        count(in_year(told)),
        count(in_year(Referral.ended_at), Referral.status == ReferralStatus.COMPLETED),
        count(in_year(Referral.ended_at), done),
    ]


def _of_providers(session: Session, at: datetime) -> dict[uuid.UUID, Standing]:
    refused = sa.case((Referral.status == ReferralStatus.REJECTED, Referral.answered_at))
    over = sa.func.coalesce(Referral.ended_at, refused)
    statement = (
        sa.select(
            Referral.organization_id,
            *_counts(at),
            sa.func.sum(sa.case((sa.or_(over.is_(None), over >= at), 1), else_=0)),
            sa.func.sum(sa.case((Referral.requested_at >= at - MONTH, 1), else_=0)),
        )
        .where(Referral.requested_at < at, Referral.status.not_in(NEVER_WAS))
        .group_by(Referral.organization_id)
    )
    return {row[0]: Standing(*(int(value) for value in row[1:])) for row in session.execute(statement)}


def _of_terms(session: Session, at: datetime) -> dict[uuid.UUID | None, Standing]:
    statement = (
        sa.select(Service.term_id, *_counts(at), sa.literal(0), sa.literal(0))
        .select_from(Referral)
        .join(ServiceAtLocation, ServiceAtLocation.id == Referral.service_at_location_id)
        .join(Service, Service.id == ServiceAtLocation.service_id)
        .where(Referral.requested_at < at, Referral.status.not_in(NEVER_WAS))
        .group_by(Service.term_id)
    )
    return {row[0]: Standing(*(int(value) for value in row[1:])) for row in session.execute(statement)}
