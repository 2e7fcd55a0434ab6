"""What has been told to somebody."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Message, MessageStatus
from referral.access import scope


def unread(session: Session, account: Account) -> int:
    """Return how many unread messages wait for an account."""
    statement = sa.select(sa.func.count(Message.id)).where(
        scope(account, Message), Message.status == MessageStatus.UNREAD
    )
    return session.scalar(statement) or 0


def newest_first(account: Account) -> sa.Select[Message]:
    """Return the select of an account's messages."""
    return sa.select(Message).where(scope(account, Message)).order_by(Message.written_at.desc(), Message.id.desc())
