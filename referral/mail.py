"""Mails: what they say, and how they leave. Addresses in them come from the settings, never from a request."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import urlsplit

import sqlalchemy as sa
import structlog
from flask import current_app
from sqlalchemy.orm import Session, joinedload

from models import Account, Mail, MailKind
from models.sign_in import INVITATION_LASTS, RESET_LASTS
from referral.i18n import DEFAULT, LANGUAGES, _, speaking

log = structlog.get_logger()

AT_ONCE = 20
TRIED_AGAIN = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=12))
"""How long to wait after each failure; after the last a mail is given up."""
TIMEOUT = 15


@dataclass(frozen=True)
class Letter:
    """A mail in words."""

    subject: str
    lines: tuple[str, ...]


def letter(mail: Mail) -> Letter:
    """Return what a mail says, in the language of its reader."""
    with speaking(_language(mail.account)):
        return _letter(mail)


def _language(account: Account) -> str:
    code = (account.locale or "")[:2]
    return code if code in LANGUAGES else DEFAULT.code


def _letter(mail: Mail) -> Letter:
    link = base_address() + f"/sign-in/link/{mail.secret}"
    hello = _("Hello %(name)s,", name=mail.account.name)
    warn = _("If this was not you, change your password at once and tell whoever runs this installation.")
    if mail.kind is MailKind.INVITATION:
        return Letter(
            _("Your account for Yuanqiao"),
            (
                hello,
                _("an account was made for you. Your user name is %(login)s.", login=mail.account.login),
                _("Choose a password here within %(days)s days:", days=INVITATION_LASTS.days),
                link,
            ),
        )
    if mail.kind is MailKind.RESET:
        return Letter(
            _("A new password for Yuanqiao"),
            (
                hello,
                _("a new password was asked for your account. Choose it here within %(minutes)s minutes:",
                  minutes=int(RESET_LASTS.total_seconds() // 60)),
                link,
                _("If you did not ask for it, do nothing: your password stays as it is."),
            ),
        )  # fmt: skip
    told = {
        MailKind.NEW_DEVICE: _("your account was used on a device that it was never used on before."),
        MailKind.PASSWORD_CHANGED: _("the password of your account was changed."),
        MailKind.SECOND_FACTOR_CHANGED: _("the second step of signing in was changed for your account."),
    }
    return Letter(_("News about your account"), (hello, told[mail.kind], warn, base_address()))


def base_address() -> str:
    """Return the address under which this installation is reached, without a slash at the end."""
    return str(current_app.config["BASE_ADDRESS"]).rstrip("/")


def send_due(session: Session, at: datetime) -> dict[str, int]:
    """Send the mails that are due. Each is claimed and committed before it leaves: no lock waits for the mail server.

    A process killed between the two sends the mail again later, rather than never.
    """
    counts = {"sent": 0, "failed": 0}
    if not current_app.config["MAIL_SERVER"]:
        return counts
    due = session.scalars(
        sa.select(Mail)
        .where(Mail.due_at <= at)
        .order_by(Mail.due_at, Mail.id)
        .limit(AT_ONCE)
        .options(joinedload(Mail.account))
        .with_for_update(skip_locked=True, of=Mail)
    ).all()
    for mail in due:
        mail.due_at = at + TRIED_AGAIN[mail.tries] if mail.tries < len(TRIED_AGAIN) else None
        mail.tries += 1
    session.commit()
    if not due:
        return counts
    try:
        with server() as opened:
            for mail in due:
                counts["sent" if _send(opened, mail, at) else "failed"] += 1
    except (OSError, smtplib.SMTPException) as error:
        log.warning("mail_server", error=type(error).__name__)
        counts["failed"] = len(due) - counts["sent"]
    session.commit()
    return counts


def _send(server: smtplib.SMTP, mail: Mail, at: datetime) -> bool:
    """Send one mail and note it; whether it was taken."""
    text = letter(mail)
    message = EmailMessage()
    message["Subject"] = text.subject
    message["From"] = current_app.config["MAIL_FROM"]
    message["To"] = mail.account.email
    message["Date"] = formatdate(at.timestamp())
    message["Message-ID"] = make_msgid(domain=urlsplit(base_address()).hostname)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n\n".join(text.lines) + "\n")
    try:
        server.send_message(message)
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as error:
        log.warning("mail_refused", error=type(error).__name__)
        return False
    mail.sent_at, mail.due_at, mail.secret = at, None, None
    return True


@contextmanager
def server() -> Iterator[smtplib.SMTP]:
    """A connection to the mail server; its certificate is checked unless the setting says there is none."""
    settings = current_app.config
    parts = urlsplit(settings["MAIL_SERVER"])
    host, secure = parts.hostname or "", parts.scheme == "smtps"
    context = ssl.create_default_context()
    server = (
        smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT, context=context)
        if secure
        else smtplib.SMTP(host, parts.port or 587, timeout=TIMEOUT)
    )
    with server:
        if parts.scheme == "smtp":
            server.starttls(context=context)
        if settings["MAIL_USER"]:
            server.login(settings["MAIL_USER"], settings["MAIL_PASSWORD"])
        yield server
