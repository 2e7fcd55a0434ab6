"""What messages to providers outside say: a mail in both languages, a text message, or codes for a partner's computer.

None of it tells anything of the person in need but the kind of help and how urgent it is; the rest stands behind the
link.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session, aliased, joinedload

from models import (
    AnswerLink,
    Channel,
    EndpointKind,
    Need,
    Organization,
    Outgoing,
    OutgoingKind,
    Referral,
)
from referral import mail
from referral.actions import links
from referral.filters import end_of, long_day
from referral.i18n import DEFAULT, LANGUAGES, _, speaking
from referral.queries.contacts import contacts

TYPES = {
    OutgoingKind.ASKED: "referral.requested",
    OutgoingKind.REMINDED: "referral.reminder",
    OutgoingKind.LINK_AGAIN: "referral.link_renewed",
    OutgoingKind.REPLIED: "referral.question_answered",
    OutgoingKind.TAKEN_ON: "referral.accepted",
    OutgoingKind.ENDED: "referral.ended",
}
"""Names of events for partners' computers."""


@dataclass(frozen=True)
class Told:
    """What a message tells, before it is put into words."""

    kind: OutgoingKind
    term: Any
    urgency: Any
    answer_by: datetime | None
    address: str | None
    """Of the link; None where there is nothing to open."""
    expires_at: datetime | None
    mailbox: str | None
    mobile: str | None
    station: str | None


def told(session: Session, outgoing: Outgoing, at: datetime) -> Told | None:
    """Return what a message tells; None where its link works no more, or its receiver is not one of today."""
    station = aliased(Organization)
    row = session.execute(
        sa.select(Referral, station.name, AnswerLink, links.works(at))
        .select_from(Outgoing)
        .join(Referral, Referral.id == Outgoing.referral_id)
        .join(Organization, Organization.id == Referral.organization_id)
        .outerjoin(station, station.id == Referral.station_id)
        .outerjoin(AnswerLink, AnswerLink.id == Outgoing.link_id)
        .where(Outgoing.id == outgoing.id)
        .options(joinedload(Referral.need).joinedload(Need.term))
    ).one_or_none()
    if row is None:
        return None
    referral, station_name, link, works = row
    ways = [one for one in contacts(session, outgoing.organization_id) if one.channel is outgoing.channel]
    if link is not None:
        ways = [one for one in ways if one.fingerprint == link.receiver] if works else []
    if outgoing.endpoint_id:
        ways = [one for one in ways if one.endpoint and one.endpoint.id == outgoing.endpoint_id]
    if not ways:
        return None
    sms = outgoing.endpoint is not None and outgoing.endpoint.kind is EndpointKind.SMS
    return Told(
        kind=outgoing.kind,
        term=referral.need.term,
        urgency=referral.need.urgency,
        answer_by=referral.answer_by,
        address=address_of(link) if link else None,
        expires_at=link.expires_at if link else None,
        mailbox=ways[0].address if outgoing.channel is Channel.MAIL else None,
        mobile=ways[0].address if sms else None,
        station=station_name,
    )


def address_of(link: AnswerLink) -> str:
    """Return the address of a link, under the address of this installation that stands in the settings."""
    return f"{mail.base_address()}/answer/{links.token(link)}"


def letter(outgoing: Outgoing, told_: Told, at: datetime) -> EmailMessage:
    """Return a mail, in Chinese and then in English. Its name stays the same however often it is tried."""
    message = EmailMessage()
    with speaking(DEFAULT.code):
        message["Subject"] = subject(told_)
    message["From"] = current_app.config["MAIL_FROM"]
    message["To"] = told_.mailbox
    message["Date"] = formatdate(at.timestamp())
    message["Message-ID"] = f"<{outgoing.id.hex}@{urlsplit(mail.base_address()).hostname}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n\n—————\n\n".join(text(told_, code) for code in LANGUAGES) + "\n")
    return message


def text(told_: Told, language: str) -> str:
    """Return the words of a mail in a language."""
    with speaking(language):
        said = _said(f"{told_.kind.value}.txt", told=told_, when=when)
    return "\n".join(line.rstrip() for line in said.strip().splitlines())


def _said(name: str, **values: Any) -> str:
    """Return a template of a message: without what pages know of their reader, for nobody asks for this one."""
    return current_app.jinja_env.get_template(f"email/{name}").render(**values)


def when(moment: datetime) -> str:
    """Return a deadline with its date, for a text that is read on another day."""
    last, hour = end_of(moment)
    return f"{long_day(last)} {hour}"


def subject(told_: Told) -> str:
    """Return the subject of a mail in the language spoken now."""
    subjects = {
        OutgoingKind.ASKED: _("A request for help waits for your answer"),
        OutgoingKind.REMINDED: _("Reminder: a request for help waits for your answer"),
        OutgoingKind.LINK_AGAIN: _("Your new link to a request for help"),
        OutgoingKind.REPLIED: _("Your question was answered"),
        OutgoingKind.TAKEN_ON: _("You accepted: your link to what you may know"),
        OutgoingKind.ENDED: _("A request for help needs no answer any more"),
    }
    return subjects[told_.kind]


def body(outgoing: Outgoing, told_: Told) -> bytes:
    """Return what is sent to an endpoint: a text for a gateway, codes for a partner's computer. Canonical JSON."""
    at = outgoing.created_at.isoformat(timespec="seconds")
    if told_.mobile:
        with speaking(DEFAULT.code):
            said = _said("text_message.txt", told=told_, subject=subject(told_)).strip()
        content = {"type": "sms.send", "timestamp": at, "data": {"to": told_.mobile, "text": said}}
    else:
        data = {
            "help": {"code": told_.term.code, "name_zh": told_.term.name_zh, "name_en": told_.term.name_en},
            "urgency": told_.urgency.value,
            "answer_by": told_.answer_by.isoformat() if told_.answer_by else None,
            "link": told_.address,
        }
        content = {"type": TYPES[told_.kind], "timestamp": at, "data": data}
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
