"""Links with which somebody chooses a password: invitations, and resets for who has forgotten it. Each works once."""

import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import AccessLink, Account, LinkKind, MailKind
from models.encryption import keyring
from models.errors import DomainError
from models.sign_in import INVITATION_LASTS, RESET_LASTS
from referral import limits, log
from referral.actions import accounts
from referral.actions.telling import send
from referral.clock import local_date

LASTS = {LinkKind.INVITATION: INVITATION_LASTS, LinkKind.RESET: RESET_LASTS}
MAILS = {LinkKind.INVITATION: MailKind.INVITATION, LinkKind.RESET: MailKind.RESET}
ASKED_FROM_ONE_ADDRESS = {"most": 20, "per": timedelta(hours=1)}
ASKED_FOR_ONE_NAME = {"most": 3, "per": timedelta(hours=1)}


class LinkEnded(DomainError):
    """The link was used before, or its time is over."""

    code = "link_ended"


def make(session: Session, account: Account, kind: LinkKind, *, by: Account | None, at: datetime) -> str:
    """Make a link for an account and return its token, which is kept nowhere in clear; older links end."""
    unused = sa.delete(AccessLink).where(AccessLink.account_id == account.id, AccessLink.used_at.is_(None))
    session.execute(unused.execution_options(synchronize_session=False))
    token = secrets.token_urlsafe(32)
    made_by, ends = by.id if by else None, at + LASTS[kind]
    fingerprint = _fingerprint(token)
    link = AccessLink(account_id=account.id, kind=kind, fingerprint=fingerprint, made_by_id=made_by, expires_at=ends)
    session.add(link)
    session.flush()
    log.note(session, f"{kind.value}_made", record=account)
    return token


def mail(session: Session, account: Account, kind: LinkKind, token: str, *, at: datetime) -> bool:
    """Mail a link to its user; False where there is no mail server or no address."""
    return send(session, account, MAILS[kind], at=at, secret=token)


def ask_for_reset(session: Session, *, login: str, address: str, at: datetime) -> None:
    """Mail a reset link to whoever has a name, if there is such an account and a way to mail it.

    Says nothing about which, and raises TooManyTries by the asking address only. What is asked for one name too
    often is left undone, so that nobody's mailbox is filled.
    """
    if wait := limits.take(session, f"forgotten:{address}", at=at, **ASKED_FROM_ONE_ADDRESS):  # type: ignore[arg-type]
        raise accounts.TooManyTries(wait)
    name = login.strip()
    often = limits.take(session, f"forgotten:{name.casefold()}", at=at, **ASKED_FOR_ONE_NAME)  # type: ignore[arg-type]
    usable = accounts.usable(local_date(at))
    account = session.scalar(sa.select(Account).where(Account.login == name, usable))
    log.note(session, "reset_asked", record=account)
    if account is not None and often is None and account.email:
        mail(session, account, LinkKind.RESET, make(session, account, LinkKind.RESET, by=None, at=at), at=at)


def find(session: Session, token: str, *, at: datetime) -> AccessLink | None:
    """Return an unused link whose time is not over, with its account."""
    return session.scalar(
        sa.select(AccessLink)
        .join(AccessLink.account)
        .where(
            AccessLink.fingerprint == _fingerprint(token),
            AccessLink.used_at.is_(None),
            AccessLink.expires_at > at,
            accounts.usable(local_date(at)),
        )
        .options(joinedload(AccessLink.account))
    )


def use(session: Session, link: AccessLink, *, password: str, at: datetime) -> Account:
    """Set the password with a link, which ends it and every session; raise EasilyGuessed, LinkEnded."""
    used = session.execute(
        sa.update(AccessLink)
        .where(AccessLink.id == link.id, AccessLink.used_at.is_(None))
        .values(used_at=at)
        .execution_options(synchronize_session=False)
    )
    if not used.rowcount:  # type: ignore[attr-defined]
        raise LinkEnded
    accounts.set_password(session, link.account, password, at=at)
    log.note(session, f"{link.kind.value}_used", record=link.account, account=link.account)
    return link.account


def _fingerprint(token: str) -> str:
    return keyring().fingerprint("link", token)
