"""What happened to somebody, newest first: visits, steps of referrals and cases, needs, assessments."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import Assessment, Case, CaseStep, Need, Referral, ReferralEvent, Visit
from referral.queries.paging import Page, paginate

SIZE = 15


@dataclass(frozen=True)
class Happening:
    """One thing that happened: `kind` is visit, referral, case, need or assessment."""

    kind: str
    at: datetime
    record: Any


LOAD: dict[str, sa.Select[Any]] = {
    "visit": sa.select(Visit).options(
        joinedload(Visit.person), joinedload(Visit.term), joinedload(Visit.organization), joinedload(Visit.worker)
    ),
    "referral": sa.select(ReferralEvent).options(
        joinedload(ReferralEvent.by),
        joinedload(ReferralEvent.referral).joinedload(Referral.organization),
        joinedload(ReferralEvent.referral).joinedload(Referral.need).joinedload(Need.term),
    ),
    "case": sa.select(CaseStep).options(joinedload(CaseStep.case).joinedload(Case.person)),
    "need": sa.select(Need).options(joinedload(Need.term), joinedload(Need.person)),
    "assessment": sa.select(Assessment).options(joinedload(Assessment.case).joinedload(Case.person)),
}


def timeline(session: Session, person_ids: Sequence[uuid.UUID], *, number: int = 1) -> Page:
    """Return one page of Happenings of some people. At most seven queries."""
    moment = Visit.started_at.type
    parts = [
        sa.select(sa.literal("visit").label("kind"), Visit.id.label("id"), Visit.started_at.label("at")).where(
            Visit.person_id.in_(person_ids), ~Visit.replaced
        ),
        sa.select(sa.literal("referral"), ReferralEvent.id, ReferralEvent.at)
        .join(Referral, Referral.id == ReferralEvent.referral_id)
        .where(Referral.person_id.in_(person_ids)),
        sa.select(sa.literal("case"), CaseStep.id, CaseStep.at)
        .join(Case, Case.id == CaseStep.case_id)
        .where(Case.person_id.in_(person_ids)),
        sa.select(sa.literal("need"), Need.id, Need.opened_at).where(Need.person_id.in_(person_ids)),
        sa.select(sa.literal("assessment"), Assessment.id, _noon(session)).where(Assessment.person_id.in_(person_ids)),
    ]
    happened = sa.union_all(*parts).subquery()
    at = sa.type_coerce(happened.c.at, moment)
    page = paginate(
        session,
        sa.select(happened.c.kind, happened.c.id, at).order_by(happened.c.at.desc(), happened.c.id.desc()),
        number,
        size=SIZE,
        scalars=False,
    )
    records = _load(session, page.items)
    items = [Happening(kind, at, records[key]) for kind, key, at in page.items if key in records]
    return Page(items, page.number, page.size, page.total)


def _noon(session: Session) -> sa.ColumnElement[Any]:
    """Return 12:00 in China of the day of an assessment, as each database writes moments."""
    if session.get_bind().dialect.name == "sqlite":
        return sa.cast(Assessment.assessed_on, sa.String()) + " 04:00:00.000000"
    return sa.cast(Assessment.assessed_on, sa.TIMESTAMP(timezone=True)) + timedelta(hours=4)


def _load(session: Session, rows: Sequence[Any]) -> dict[uuid.UUID, Any]:
    found: dict[uuid.UUID, Any] = {}
    for kind, statement in LOAD.items():
        keys = [key for row_kind, key, _at in rows if row_kind == kind]
        if keys:
            entity = statement.column_descriptions[0]["entity"]
            found |= {record.id: record for record in session.scalars(statement.where(entity.id.in_(keys)))}
    return found
