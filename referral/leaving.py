"""How messages to providers outside leave the building: claimed by one process, sent, noted.

Each row is claimed in a transaction of its own before it is sent, by moving the moment of its next try: no lock waits
for another computer, and of two senders one gets it. A process that is killed between sending and noting has the row
sent once more later, under the same name (`webhook-id`, `Message-ID`), by which the receiver can tell; nothing else is
ever sent twice.
"""

import http.client
import smtplib
import ssl
import uuid
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from flask import current_app
from sqlalchemy.orm import Session, joinedload

from models import Channel, Endpoint, MessageKind, Outgoing, OutgoingStatus, Referral
from referral import mail, outside_words, webhooks
from referral.actions.referral_news import tell_station

log = structlog.get_logger()
AT_ONCE = 50
PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
    timedelta(hours=24),
)
"""How long to wait after each try; after the last a person must look."""
GONE = 410
"""The other side says that it wants nothing more (Standard Webhooks): no further tries."""


def send_due(session: Session, at: datetime) -> dict[str, int]:
    """Send what is due and return how much left, failed, died and was dropped."""
    counts = {"sent": 0, "failed": 0, "dead": 0, "dropped": 0}
    with ExitStack() as stack:
        server = _Server(stack)
        for _number in range(AT_ONCE):
            key = _claim(session, at)
            session.commit()
            if key is None:
                break
            outgoing = _load(session, key)
            result = _deliver(session, outgoing, server, at)
            counts[_note(session, outgoing, result, at)] += 1
            session.commit()
    return counts


def _claim(session: Session, at: datetime) -> uuid.UUID | None:
    """Take the next row that is due for this process alone: the moment of its next try is moved before this one begins.

    One at a time, so that a process that is killed holds up one message only.
    """
    due = session.execute(
        sa.select(Outgoing.id, Outgoing.due_at, Outgoing.tries)
        .where(Outgoing.due_at <= at)
        .order_by(Outgoing.due_at, Outgoing.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if due is None:
        return None
    key, due_at, tries = due
    taken = session.execute(
        sa.update(Outgoing)
        .where(Outgoing.id == key, Outgoing.due_at == due_at, Outgoing.status == OutgoingStatus.WAITING)
        .values(tries=tries + 1, due_at=at + PAUSES[min(tries, len(PAUSES) - 1)])
        .returning(Outgoing.id)
        .execution_options(synchronize_session=False)
    ).first()
    return key if taken is not None else None


def _load(session: Session, key: uuid.UUID) -> Outgoing:
    return session.scalars(
        sa.select(Outgoing)
        .where(Outgoing.id == key)
        .options(joinedload(Outgoing.organization), joinedload(Outgoing.endpoint))
        .execution_options(populate_existing=True)
    ).one()


class _Server:
    """One connection to the mail server for all mails of a run, opened for the first; opened anew after a failure."""

    def __init__(self, stack: ExitStack) -> None:
        self.stack = stack
        self.open: smtplib.SMTP | None = None

    def get(self) -> smtplib.SMTP:
        if self.open is None:
            self.open = self.stack.enter_context(mail.server())
        return self.open

    def forget(self) -> None:
        self.open = None


def _deliver(session: Session, outgoing: Outgoing, server: _Server, at: datetime) -> str | None:
    """Send one message; None when it was taken, else what failed (`dropped` where nothing is to be told)."""
    if outgoing.tries > len(PAUSES):
        return "tries"
    told = outside_words.told(session, outgoing, at)
    if told is None:
        return "dropped"
    session.commit()  # nothing is locked while we wait for another computer
    if outgoing.channel is Channel.MAIL:
        return _mail(outgoing, told, server, at)
    return _webhook(outgoing, told, at)


def _mail(outgoing: Outgoing, told: outside_words.Told, server: _Server, at: datetime) -> str | None:
    if not current_app.config["MAIL_SERVER"]:
        return "no_mail_server"
    try:
        server.get().send_message(outside_words.letter(outgoing, told, at))
    except smtplib.SMTPRecipientsRefused:
        return "no_such_mailbox"
    except smtplib.SMTPResponseException as error:
        return f"smtp_{error.smtp_code}"
    except (OSError, smtplib.SMTPException) as error:
        server.forget()
        return type(error).__name__[:64]
    return None


def _webhook(outgoing: Outgoing, told: outside_words.Told, at: datetime) -> str | None:
    endpoint = outgoing.endpoint
    if endpoint is None or not endpoint.active:
        return "switched_off"
    try:
        status = webhooks.post(
            endpoint.url,
            outside_words.body(outgoing, told),
            key=webhook_id(outgoing),
            at=at,
            secrets_=secrets_of(endpoint, at),
            rules=webhooks.rules_in_force(),
        )
    except webhooks.AddressRefused as error:
        return f"address_{error.code}"
    except ssl.SSLError:
        return "certificate"
    except TimeoutError:
        return "timeout"
    except (OSError, http.client.HTTPException):
        return "connection"
    return None if 200 <= status < 300 else f"http_{status}"


def webhook_id(outgoing: Outgoing) -> str:
    """Return the name of a message outside: the same for every try."""
    return f"msg_{outgoing.id.hex}"


def secrets_of(endpoint: Endpoint, at: datetime) -> list[str]:
    """Return the secrets that sign for an endpoint at a moment: the new one, and the old one while both count."""
    old = endpoint.old_secret if endpoint.old_until and endpoint.old_until > at else None
    return [endpoint.secret, *([old] if old else [])]


def _note(session: Session, outgoing: Outgoing, failure: str | None, at: datetime) -> str:
    """Write down what became of a try; return sent, failed, dead or dropped."""
    result: str = "failed"
    values: dict[str, Any] = {"failure": failure}
    if failure is None:
        result, values = "sent", {"status": OutgoingStatus.SENT, "due_at": None, "sent_at": at, "failure": None}
    elif failure == "dropped":
        result, values = "dropped", {"status": OutgoingStatus.DROPPED, "due_at": None, "failure": None}
    elif outgoing.tries >= len(PAUSES) or failure == f"http_{GONE}":
        result, values = "dead", {"status": OutgoingStatus.DEAD, "due_at": None, "failure": failure}
    noted = session.execute(
        sa.update(Outgoing)
        .where(Outgoing.id == outgoing.id, Outgoing.status == OutgoingStatus.WAITING, Outgoing.tries == outgoing.tries)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if noted.rowcount and result == "dead":  # type: ignore[attr-defined]
        referral = session.get_one(Referral, outgoing.referral_id)
        tell_station(session, referral, MessageKind.NOT_DELIVERED, at, again=f":{outgoing.id}")
    if failure:
        log.info("not_sent", outgoing=str(outgoing.id), failure=failure, tries=outgoing.tries)
    return result
