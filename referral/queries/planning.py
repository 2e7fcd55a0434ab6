"""The register of unmet needs, and the last study of an area with the names that its counts speak of."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, joinedload

from models import (
    Account,
    Area,
    Need,
    Organization,
    PlanningStudy,
    Proposal,
    Round,
    StudyStatus,
    TaxonomyTerm,
    Urgency,
)
from models.case import URGENCY_TIERS
from referral.access import in_area, scope
from referral.queries.needs_board import SORTS, TIER_URGENCIES

WHY = ("unmet", "overdue")
"""Why a need stands in the register: the last round found nobody, or its time is up."""


@dataclass(frozen=True)
class Wanted:
    """What the register is narrowed to."""

    urgency: Urgency | None = None
    township: str | None = None
    term_id: uuid.UUID | None = None
    why: str | None = None
    sort: str = "urgency"


def register(actor: Account, last: Round | None, wanted: Wanted, *, at: datetime) -> sa.Select[Need]:
    """Return the select of needs that wait and that the last round found nobody for, or whose time is up."""
    order = SORTS.get(wanted.sort, SORTS["urgency"])
    if order is SORTS["urgency"]:
        order = (Need.waiting_rank, Need.opened_at)
    return (
        sa.select(Need)
        .where(*_conditions(actor, last, wanted, at))
        .options(joinedload(Need.term), joinedload(Need.station))
        .order_by(*order, Need.id)
    )


def _conditions(actor: Account, last: Round | None, wanted: Wanted, at: datetime) -> list[sa.ColumnElement[bool]]:
    unmet: sa.ColumnElement[bool] = sa.false()
    if last is not None:
        unmet = (
            sa.select(Proposal.id)
            .where(Proposal.round_id == last.id, Proposal.need_id == Need.id, Proposal.capacity_id.is_(None))
            .exists()
        )
    late = Need.due_at < at
    found = [
        scope(actor, Need),
        Need.is_waiting(),
        {"unmet": unmet, "overdue": late}.get(wanted.why or "", late | unmet),
    ]
    if wanted.urgency:
        found.append(Need.waiting_rank == URGENCY_TIERS[wanted.urgency])
    if wanted.township:
        found.append(in_area(Need.area_code, wanted.township))
    if wanted.term_id:
        found.append(Need.term_id == wanted.term_id)
    return found


def by_township(
    session: Session, actor: Account, last: Round | None, wanted: Wanted, *, at: datetime
) -> dict[tuple[str, Urgency], int]:
    """Return how many needs of the register lie in each township (nine digits) with each urgency. One query."""
    statement = (
        sa.select(Need.area_code, Need.waiting_rank, sa.func.count())
        .where(*_conditions(actor, last, wanted, at))
        .group_by(Need.area_code, Need.waiting_rank)
    )
    found: dict[tuple[str, Urgency], int] = defaultdict(int)
    for code, rank, count in session.execute(statement):
        found[code[:9], TIER_URGENCIES[rank or 0]] += count
    return dict(found)


def told(session: Session, last: Round | None, needs: Iterable[Need]) -> dict[uuid.UUID, Proposal]:
    """Return what the last round said of needs. One query, none without a round."""
    keys = [need.id for need in needs]
    if last is None or not keys:
        return {}
    statement = sa.select(Proposal).where(Proposal.round_id == last.id, Proposal.need_id.in_(keys))
    return {proposal.need_id: proposal for proposal in session.scalars(statement)}


def latest_study(session: Session, actor: Account) -> PlanningStudy | None:
    """Return the newest study of the actor's area that is done. One query."""
    return session.scalars(_studies(actor).where(PlanningStudy.status == StudyStatus.DONE).limit(1)).one_or_none()


def study_under_way(session: Session, actor: Account) -> PlanningStudy | None:
    """Return the newest study of the actor's area, without its answer, if it is not done. One query."""
    newest = session.scalars(_studies(actor).options(defer(PlanningStudy.result)).limit(1)).one_or_none()
    return newest if newest is not None and newest.status is not StudyStatus.DONE else None


def _studies(actor: Account) -> sa.Select[PlanningStudy]:
    return (
        sa.select(PlanningStudy)
        .where(scope(actor, PlanningStudy), PlanningStudy.area_code == (actor.area_code or ""))
        .options(joinedload(PlanningStudy.made_by))
        .order_by(PlanningStudy.created_at.desc(), PlanningStudy.id.desc())
    )


@dataclass(frozen=True)
class Names:
    """The records that a study speaks of, by the key it keeps."""

    terms: dict[str, TaxonomyTerm]
    towns: dict[str, Area]
    organizations: dict[str, Organization]


def names(session: Session, study: PlanningStudy, townships: Sequence[Area]) -> Names:
    """Return the records behind the keys of a study. Three queries at most."""
    result = study.result
    network = result["network"]
    terms = {cell["term"] for cell in result["cells"]} | {link[1] for link in network["links"]} | set(result["skipped"])
    terms |= {line[0] for line in network["deserts"]} | {cut["term"] for cut in network["cut"]}
    organizations = {link[0] for link in network["links"]} | {line[0] for line in network["closings"]}
    organizations |= {line[2] for line in network["single"]}
    organizations |= {key for cut in network["cut"] for key, _count in cut["organizations"]}
    towns = {area.code: area for area in townships}
    missing = ({cell["town"] for cell in result["cells"]} | {link[2] for link in network["links"]}) - set(towns)
    if missing:
        towns |= {area.code: area for area in session.scalars(sa.select(Area).where(Area.code.in_(missing)))}
    return Names(
        {str(one.id): one for one in _by_key(session, TaxonomyTerm, terms)},
        towns,
        {str(one.id): one for one in _by_key(session, Organization, organizations)},
    )


def _by_key(session: Session, record: type[Any], keys: Iterable[str]) -> Sequence[Any]:
    wanted = [uuid.UUID(key) for key in keys]
    return session.scalars(sa.select(record).where(record.id.in_(wanted))).all() if wanted else ()
