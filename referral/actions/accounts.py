"""Signing in and looking after accounts."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Message, MessageStatus
from models.errors import DomainError
from referral.access import scope
from referral.passwords import hash_password, matches


class WrongPassword(DomainError):
    """The present password was not the right one."""

    code = "wrong_password"


def sign_in(session: Session, *, login: str, password: str, at: datetime) -> Account | None:
    """Return the account of a name and password, or None where they do not belong together."""
    account = session.scalar(sa.select(Account).where(Account.login == login.strip(), Account.active))
    if not matches(account.password_hash if account else None, password):
        return None
    assert account is not None  # noqa: S101  `matches` is False without an account
    account.last_signed_in_at = at
    session.flush()
    return account


def change_password(session: Session, account: Account, *, present: str, new: str) -> None:
    """Set a new password and end every other session of the account; raise WrongPassword."""
    if not matches(account.password_hash, present):
        raise WrongPassword
    account.password_hash = hash_password(new)
    account.session_number += 1
    session.flush()


def mark_messages_read(session: Session, *, by: Account) -> None:
    """Mark everything that waits for an account as read."""
    session.execute(
        sa.update(Message)
        .where(scope(by, Message), Message.status == MessageStatus.UNREAD)
        .values(status=MessageStatus.READ)
        .execution_options(synchronize_session=False)
    )
