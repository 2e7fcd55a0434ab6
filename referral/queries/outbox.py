"""What leaves the building, for the administrator: no word about anybody who is helped."""

import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import Endpoint, Organization, Outgoing, OutgoingStatus

BOXES: dict[str, tuple[OutgoingStatus, ...]] = {
    "dead": (OutgoingStatus.DEAD,),
    "waiting": (OutgoingStatus.WAITING,),
    "sent": (OutgoingStatus.SENT,),
    "left": (OutgoingStatus.GIVEN_UP, OutgoingStatus.DROPPED),
}


def newest_first(box: str) -> sa.Select[Outgoing]:
    """Return the select of one box of the outbox, newest first."""
    return (
        sa.select(Outgoing)
        .where(Outgoing.status.in_(BOXES[box]))
        .options(joinedload(Outgoing.organization), joinedload(Outgoing.endpoint), joinedload(Outgoing.settled_by))
        .order_by(Outgoing.created_at.desc(), Outgoing.id.desc())
    )


def counts(session: Session) -> dict[str, int]:
    """Return how many lie in each box. One query."""
    found = session.execute(sa.select(Outgoing.status, sa.func.count()).group_by(Outgoing.status))
    by_status = {status: number for status, number in found}  # noqa: C416  rows are no pairs to a type checker
    return {box: sum(by_status.get(status, 0) for status in statuses) for box, statuses in BOXES.items()}


def endpoints(session: Session) -> Sequence[Endpoint]:
    """Return the addresses that are told, those in use first. One query."""
    return session.scalars(
        sa.select(Endpoint)
        .options(joinedload(Endpoint.organization))
        .order_by(Endpoint.active.desc(), Endpoint.name, Endpoint.id)
    ).all()


def organization_named(session: Session, name: str) -> uuid.UUID | None:
    """Return the key of the one organization of a name; None for none and for several. One query."""
    found = session.scalars(sa.select(Organization.id).where(Organization.name == name).limit(2)).all()
    return found[0] if len(found) == 1 else None
