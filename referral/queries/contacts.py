"""How an organization can be told something outside of its account: by mail, by a text message, by its own computer."""

import re
import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from flask import current_app, has_app_context
from sqlalchemy.orm import Session

from models import Channel, Endpoint, EndpointKind, Organization, OrganizationStatus, Phone
from models.encryption import keyring

MOBILE = re.compile(r"1[3-9]\d{9}")


@dataclass(frozen=True)
class Contact:
    """One receiver of an organization."""

    channel: Channel
    address: str
    """Mail address, mobile number, or the address that is told."""
    endpoint: Endpoint | None = None

    @property
    def fingerprint(self) -> str:
        """What a link keeps of its receiver."""
        where = f"{self.endpoint.id}:" if self.endpoint else ""
        return keyring().fingerprint("answer receiver", f"{self.channel}:{where}{self.address.casefold()}")


def contacts(session: Session, organization_id: uuid.UUID) -> list[Contact]:
    """Return every way in which an organization can be told now: none where it is not active. At most three queries.

    Mail needs a mail server, a text message a gateway; the demonstration has neither and keeps the link to show.
    """
    organization = session.get(Organization, organization_id)
    listening = session.scalars(
        sa.select(Endpoint)
        .where(
            Endpoint.active,
            sa.or_(Endpoint.organization_id == organization_id, Endpoint.organization_id.is_(None)),
        )
        .order_by(Endpoint.id)
    ).all()
    # Asked for also where there is no organization: that a link is foreign must not show in the time it takes.
    if organization is None or organization.status is not OrganizationStatus.ACTIVE:
        return []
    found = []
    if organization.email and _mails():
        found.append(Contact(Channel.MAIL, organization.email))
    mobile = _mobile(session, organization_id) if any(one.kind is EndpointKind.SMS for one in listening) else None
    for one in listening:
        if one.kind is EndpointKind.PARTNER:
            found.append(Contact(Channel.WEBHOOK, one.url, one))
        elif mobile:
            found.append(Contact(Channel.WEBHOOK, mobile, one))
    return found


def receivers(session: Session, organization_id: uuid.UUID) -> frozenset[str]:
    """Return the fingerprints of an organization's receivers of today: links to others have ended."""
    return frozenset(one.fingerprint for one in contacts(session, organization_id))


def _mails() -> bool:
    """Say whether mails can leave, or their links are shown instead."""
    return has_app_context() and bool(current_app.config["MAIL_SERVER"] or current_app.config["DEMONSTRATION"])


def _mobile(session: Session, organization_id: uuid.UUID) -> str | None:
    """Return the first mobile number of an organization. One query."""
    numbers = session.scalars(
        sa.select(Phone.number).where(Phone.organization_id == organization_id).order_by(Phone.id)
    )
    for number in numbers:
        plain = re.sub(r"[\s-]|^\+?86", "", number)
        if MOBILE.fullmatch(plain):
            return plain
    return None
