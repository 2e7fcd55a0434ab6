"""Addresses that are told over HTTPS: added, given a new secret, switched off."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from models import Account, Endpoint, EndpointKind
from referral import log, webhooks

BOTH_COUNT = timedelta(days=2)
"""So long an old secret signs beside the new one, so that the other side can change over."""


def add(
    session: Session, *, name: str, kind: EndpointKind, url: str, organization_id: UUID | None, by: Account
) -> Endpoint:
    """Add an address with a new secret. Raises webhooks.AddressRefused for one that the settings do not let through."""
    webhooks.check(url, webhooks.rules_in_force())
    endpoint = Endpoint(
        name=name,
        kind=kind,
        url=url,
        organization_id=organization_id if kind is EndpointKind.PARTNER else None,
        secret=webhooks.new_secret(),
        made_by_id=by.id,
    )
    session.add(endpoint)
    session.flush()
    log.note(session, "endpoint_added", record=endpoint)
    return endpoint


def renew_secret(session: Session, endpoint: Endpoint, *, at: datetime) -> str:
    """Give an address a new secret and return it; the old one signs too for two days."""
    endpoint.old_secret, endpoint.old_until = endpoint.secret, at + BOTH_COUNT
    endpoint.secret = webhooks.new_secret()
    session.flush()
    log.note(session, "endpoint_secret_renewed", record=endpoint)
    return endpoint.secret


def switch(session: Session, endpoint: Endpoint, *, active: bool) -> None:
    """Switch an address on or off; what still waits for one that is off cannot be delivered and is shown so."""
    endpoint.active = active
    session.flush()
    log.note(session, "endpoint_switched", record=endpoint, active=active)
