"""Who may decide on which hours."""

from typing import Any

import sqlalchemy as sa

from models import Account, Organization, ProviderKind, Role, Visit
from referral.access import in_area


def decidable(actor: Account) -> sa.ColumnElement[bool]:
    """Return the condition for visits that an actor may approve or dispute; one's own are left out elsewhere.

    A supervisor decides on what her station gave and on what others gave to people her station looks after; a
    coordinator on what providers gave, and on what a station's supervisor did herself.
    """
    if actor.role is Role.STATION_SUPERVISOR:
        return sa.or_(Visit.organization_id == actor.organization_id, Visit.station_id == actor.organization_id)
    if actor.role is Role.COORDINATOR:
        stations: Any = sa.select(Organization.id).where(Organization.kind == ProviderKind.STATION)
        supervisors: Any = sa.select(Account.id).where(Account.role == Role.STATION_SUPERVISOR)
        return sa.and_(
            in_area(Visit.area_code, actor.area_code),
            sa.or_(Visit.organization_id.not_in(stations), Visit.worker_id.in_(supervisors)),
        )
    return sa.false()
