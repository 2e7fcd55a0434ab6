"""Telling somebody what happened to the own account: a message here, and a mail where the city has a mail server."""

from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from models import Account, Mail, MailKind, MessageKind
from referral.messages import tell


def tell_account(
    session: Session,
    account: Account,
    kind: MessageKind,
    mail: MailKind,
    *,
    once: str,
    at: datetime,
    facts: dict[str, Any] | None = None,
) -> None:
    """Tell a user, unless everybody knows the password: the demonstration's accounts are used by many at once."""
    if account.demonstration and current_app.config["DEMONSTRATION"]:
        return
    tell(session, kind, once=once, at=at, account_id=account.id, facts=facts or {})
    send(session, account, mail, at=at)


def send(session: Session, account: Account, kind: MailKind, *, at: datetime, secret: str | None = None) -> bool:
    """Put a mail into the outbox and return True; False where there is no mail server or no address."""
    if not (current_app.config["MAIL_SERVER"] and account.email):
        return False
    session.add(Mail(account_id=account.id, kind=kind, secret=secret, due_at=at))
    session.flush()
    return True
