"""Whom a step of a referral concerns: the provider that is asked, the station that looks after the person."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, MessageKind, Referral, Role
from referral.messages import tell


def tell_provider(session: Session, referral: Referral, kind: MessageKind, at: datetime, *, again: str = "") -> None:
    """Tell everybody of the provider that is asked; `again` tells apart what may happen to a referral twice."""
    tell(
        session,
        kind,
        once=f"provider:{referral.number}{again}",
        at=at,
        organization_id=referral.organization_id,
        referral_id=referral.id,
        facts={"number": referral.number},
    )


def tell_station(session: Session, referral: Referral, kind: MessageKind, at: datetime, *, again: str = "") -> None:
    """Tell the station that looks after the person, or whoever asked where there is none; `again` as above."""
    reader: dict[str, Any] = (
        {"organization_id": referral.station_id} if referral.station_id else {"account_id": referral.requested_by_id}
    )
    if not any(reader.values()):
        reader = {"area_code": referral.area_code}
    tell(
        session,
        kind,
        once=f"station:{referral.number}{again}",
        at=at,
        referral_id=referral.id,
        facts={"number": referral.number},
        **reader,
    )


def tell_of_emergency(session: Session, referral: Referral, at: datetime) -> None:
    """Tell the supervisors of the station and the coordinators that somebody was referred without consent."""
    supervisors = sa.select(Account.id).where(
        Account.organization_id == referral.station_id, Account.role == Role.STATION_SUPERVISOR, Account.active
    )
    readers: list[dict[str, Any]] = [{"account_id": key} for key in session.scalars(supervisors)]
    readers.append({"area_code": referral.area_code})
    for reader in readers:
        tell(
            session,
            MessageKind.EMERGENCY_SENT,
            once=f"{referral.number}:{next(iter(reader.values()))}",
            at=at,
            referral_id=referral.id,
            facts={"number": referral.number},
            **reader,
        )
