"""Who is signed in where, and who has shown the first proof."""

import uuid
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, SignInSession
from models.sign_in import IDLE, LONGEST


def going_on(session: Session, account: Account, at: datetime) -> Sequence[SignInSession]:
    """Return the sessions of an account that have not ended, last seen first."""
    return session.scalars(
        sa.select(SignInSession)
        .where(
            SignInSession.account_id == account.id,
            SignInSession.started_at > at - LONGEST,
            SignInSession.seen_at > at - IDLE,
        )
        .order_by(SignInSession.seen_at.desc(), SignInSession.id)
    ).all()


def find_own(session: Session, actor: Account, key: uuid.UUID) -> SignInSession | None:
    """Return one of the actor's own sessions, or None."""
    own = (SignInSession.id == key, SignInSession.account_id == actor.id)
    return session.scalar(sa.select(SignInSession).where(*own))


def usable_account(
    session: Session, key: uuid.UUID, session_number: int, usable: sa.ColumnElement[bool]
) -> Account | None:
    """Return an account that can be used and whose sessions have not been ended since, or None."""
    same = (Account.id == key, Account.session_number == session_number)
    return session.scalar(sa.select(Account).where(*same, usable))
