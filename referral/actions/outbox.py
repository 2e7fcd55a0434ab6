"""What is told outside, written with the change it tells of: both are kept or neither. `referral.leaving` sends it."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from models import (
    Account,
    AnswerLink,
    Channel,
    LinkPurpose,
    Organization,
    Outgoing,
    OutgoingKind,
    OutgoingStatus,
    Referral,
)
from models.errors import DomainError
from referral import log as the_log
from referral.actions import links
from referral.queries.contacts import Contact, contacts


class NotDead(DomainError):
    """Only what could not be delivered is sent again or given up."""

    code = "wrong_step"


def tell_outside(
    session: Session,
    referral: Referral,
    kind: OutgoingKind,
    *,
    at: datetime,
    purpose: LinkPurpose | None,
    by: Account | None = None,
    again: str = "",
    facts: dict[str, Any] | None = None,
) -> int:
    """Put a message for each contact of the provider into the outbox, each with a link of its own.

    With a purpose each contact gets a new link, and the older ones of that purpose end. Returns how many contacts
    there are; with none, whoever asks must ring them up.
    """
    ways = contacts(session, referral.organization_id)
    if ways and purpose is not None:
        links.revoke(session, referral.id, at=at, purpose=purpose)
    for contact in ways:
        link = links.make(session, referral, purpose, contact, by=by, at=at) if purpose else None
        session.flush()
        _write(session, referral, kind, contact, link, again=again, at=at, facts=facts or {})
    session.flush()
    return len(ways)


def remind_outside(session: Session, referral: Referral, *, kind: OutgoingKind, at: datetime, again: str) -> int:
    """Send the links that still work once more, with a reminder or a reply; a contact without one gets a new one."""
    ways = {contact.fingerprint: contact for contact in contacts(session, referral.organization_id)}
    statement = (
        sa.select(AnswerLink)
        .join(AnswerLink.referral)
        .join(Organization, Organization.id == Referral.organization_id)
        .where(AnswerLink.referral_id == referral.id, AnswerLink.purpose == LinkPurpose.ANSWER, links.works(at))
    )
    held = {link.receiver: link for link in session.scalars(statement)}
    for receiver, contact in ways.items():
        link = held.get(receiver) or links.make(session, referral, LinkPurpose.ANSWER, contact, by=None, at=at)
        session.flush()
        _write(session, referral, kind, contact, link, again=again, at=at, facts={})
    session.flush()
    return len(ways)


def tell_ended(session: Session, referral: Referral, *, at: datetime) -> None:
    """Tell whoever holds a link to a referral that it needs no answer any more; nothing where no link was sent."""
    held = sa.select(AnswerLink.id).where(AnswerLink.referral_id == referral.id).limit(1)
    if session.scalar(held) is not None:
        links.revoke(session, referral.id, at=at)
        tell_outside(session, referral, OutgoingKind.ENDED, at=at, purpose=None)


def _write(
    session: Session,
    referral: Referral,
    kind: OutgoingKind,
    contact: Contact,
    link: AnswerLink | None,
    *,
    again: str,
    at: datetime,
    facts: dict[str, Any],
) -> None:
    if contact.channel is Channel.MAIL and not current_app.config["MAIL_SERVER"]:
        return  # the demonstration shows the link instead
    once = f"{kind}:{referral.id}:{contact.fingerprint[:16]}:{again or (link.id if link else '')}"
    if session.scalar(sa.select(Outgoing.id).where(Outgoing.once == once)) is not None:
        return
    session.add(
        Outgoing(
            kind=kind,
            channel=contact.channel,
            organization_id=referral.organization_id,
            endpoint_id=contact.endpoint.id if contact.endpoint else None,
            referral_id=referral.id,
            link_id=link.id if link else None,
            facts=facts,
            once=once,
            due_at=at,
        )
    )


# What an administrator does about what could not be delivered


def send_again(session: Session, outgoing: Outgoing, *, by: Account, at: datetime) -> None:
    """Try a dead message anew, under its old name. Raises NotDead."""
    _settle(session, outgoing, by=by, at=at, status=OutgoingStatus.WAITING, due_at=at, tries=0)


def give_up(session: Session, outgoing: Outgoing, *, by: Account, at: datetime) -> None:
    """Leave a dead message unsent. Raises NotDead."""
    _settle(session, outgoing, by=by, at=at, status=OutgoingStatus.GIVEN_UP)


def _settle(session: Session, outgoing: Outgoing, *, by: Account, at: datetime, **values: Any) -> None:
    done = session.execute(
        sa.update(Outgoing)
        .where(Outgoing.id == outgoing.id, Outgoing.status == OutgoingStatus.DEAD)
        .values(settled_by_id=by.id, settled_at=at, **values)
        .execution_options(synchronize_session=False)
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        raise NotDead
    the_log.note(session, "outgoing_settled", record=outgoing, status=str(values["status"]))
