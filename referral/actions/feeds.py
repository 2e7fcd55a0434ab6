"""Secret addresses of calendars: made, read by their secret alone, taken back."""

import secrets
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import Account, CalendarFeed
from models.encryption import keyring
from referral import log
from referral.actions import accounts
from referral.clock import local_date


def make(session: Session, account: Account, *, at: datetime) -> str:
    """Make an address for a worker's calendar and return its secret, which is shown once; an older one ends."""
    revoke(session, account, at=at)
    secret = secrets.token_urlsafe(32)
    session.add(CalendarFeed(account_id=account.id, fingerprint=_fingerprint(secret), made_at=at))
    session.flush()
    log.note(session, "calendar_made", record=account)
    return secret


def revoke(session: Session, account: Account, *, at: datetime) -> None:
    """Take the address of a worker's calendar back; whoever knows it reads nothing more."""
    mine = sa.select(CalendarFeed).where(CalendarFeed.account_id == account.id, CalendarFeed.revoked_at.is_(None))
    for feed in session.scalars(mine):
        feed.revoked_at = at
        log.note(session, "calendar_revoked", record=account)
    session.flush()


def current(session: Session, account: Account) -> CalendarFeed | None:
    """Return the address in force, without its secret, which nobody has. One query."""
    return session.scalar(
        sa.select(CalendarFeed)
        .where(CalendarFeed.account_id == account.id, CalendarFeed.revoked_at.is_(None))
        .order_by(CalendarFeed.made_at.desc())
        .limit(1)
    )


def reader(session: Session, secret: str, *, at: datetime) -> Account | None:
    """Return whose calendar a secret opens; None for one that is wrong, taken back, or of a closed account."""
    feed = session.scalar(
        sa.select(CalendarFeed)
        .join(CalendarFeed.account)
        .where(
            CalendarFeed.fingerprint == _fingerprint(secret),
            CalendarFeed.revoked_at.is_(None),
            accounts.usable(local_date(at)),
        )
        .options(joinedload(CalendarFeed.account))
    )
    return feed.account if feed else None


def _fingerprint(secret: str) -> str:
    return keyring().fingerprint("calendar", secret)
