"""The newest look ahead of an area, and whether one is being computed."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import RoundOpening, Scenario, ScenarioKind, ScenarioStatus
from referral.queries.candidates import offers
from referral.queries.openings import Story, stories

AT_WORK = (ScenarioStatus.WAITING, ScenarioStatus.RUNNING)


def newest(session: Session, area: str) -> Scenario | None:
    """Return the newest look ahead that stands. One query."""
    return session.scalars(_of(area).where(Scenario.status == ScenarioStatus.DONE).limit(1)).first()


def at_work(session: Session, area: str) -> Scenario | None:
    """Return the look ahead that is being computed. One query."""
    return session.scalars(_of(area).where(Scenario.status.in_(AT_WORK)).limit(1)).first()


def _of(area: str) -> sa.Select[Scenario]:
    return (
        sa.select(Scenario)
        .where(Scenario.area_code == area, Scenario.kind == ScenarioKind.PREVIEW)
        .order_by(Scenario.created_at.desc(), Scenario.id.desc())
    )


def worth(session: Session, lines: Sequence[Mapping[str, Any]]) -> list[Story]:
    """Return the stories of the openings that a look ahead names; those that are gone are left out. Three queries."""
    named = offers(session, {uuid.UUID(line["capacity"]) for line in lines})
    shown = []
    for line in lines:
        offer = named.get(uuid.UUID(line["capacity"]))
        if offer is None:
            continue
        one = RoundOpening(
            capacity_id=offer.id,
            places=line["places"],
            matched=line["matched"],
            gain=line["gain"],
            gain_tier=line["tier"],
            chain=line["chain"],
        )
        one.capacity = offer
        shown.append(one)
    return stories(session, shown)
