"""The records behind the pages of plans, inside the scope of whoever asks."""

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import Account, DeliveryRound, Need, PlannedVisit, Referral, Role, ServicePlan
from referral.access import get_in_scope
from referral.queries import plans

plan = plans.plan_in_scope
planned = plans.planned_in_scope


def own_plan(session: Session, actor: Account, key: uuid.UUID) -> ServicePlan | None:
    """Return a plan that the actor may change: a provider its own, a station that of its people."""
    found = plans.plan_in_scope(session, actor, key)
    return found if found is not None and _is_own(actor, found) else None


def own_planned(session: Session, actor: Account, key: uuid.UUID) -> PlannedVisit | None:
    """Return a planned visit that the actor may move or miss."""
    found = plans.planned_in_scope(session, actor, key)
    return found if found is not None and _is_own(actor, found) else None


def _is_own(actor: Account, record: Any) -> bool:
    """A file opened by break-glass is read, not written in."""
    return actor.organization_id in (record.organization_id, record.station_id)


def referral_to_plan(session: Session, actor: Account, key: uuid.UUID) -> Referral | None:
    """Return a referral in the actor's scope with its need."""
    found: Referral | None = get_in_scope(
        session, actor, Referral, key,
        joinedload(Referral.need).joinedload(Need.term), joinedload(Referral.organization),
    )  # fmt: skip
    return found if found is not None and _is_own(actor, found) else None


def delivery(session: Session, actor: Account, key: uuid.UUID) -> DeliveryRound | None:
    """Return a delivery round in the actor's scope."""
    found: DeliveryRound | None = get_in_scope(
        session, actor, DeliveryRound, key, joinedload(DeliveryRound.worker), joinedload(DeliveryRound.organization)
    )
    return found


def workers(session: Session, organization_id: uuid.UUID) -> list[tuple[str, str]]:
    """Return who of an organization can go, for a list of choices. One query."""
    found = session.execute(
        sa.select(Account.id, Account.name)
        .where(
            Account.organization_id == organization_id,
            Account.active,
            Account.role.in_((Role.STATION_WORKER, Role.STATION_SUPERVISOR, Role.PROVIDER_OFFICER)),
        )
        .order_by(Account.name)
    )
    return [(str(key), name) for key, name in found]
