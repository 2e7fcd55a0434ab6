"""Whom a step of a referral concerns: the provider that is asked, the station that looks after the person."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models import MessageKind, Referral
from referral.messages import tell


def tell_provider(session: Session, referral: Referral, kind: MessageKind, at: datetime) -> None:
    """Tell everybody of the provider that is asked."""
    tell(
        session,
        kind,
        once=f"provider:{referral.number}",
        at=at,
        organization_id=referral.organization_id,
        referral_id=referral.id,
        facts={"number": referral.number},
    )


def tell_station(session: Session, referral: Referral, kind: MessageKind, at: datetime) -> None:
    """Tell the station that looks after the person, or whoever asked where there is none."""
    reader: dict[str, Any] = (
        {"organization_id": referral.station_id} if referral.station_id else {"account_id": referral.requested_by_id}
    )
    if not any(reader.values()):
        reader = {"area_code": referral.area_code}
    tell(
        session,
        kind,
        once=f"station:{referral.number}",
        at=at,
        referral_id=referral.id,
        facts={"number": referral.number},
        **reader,
    )
