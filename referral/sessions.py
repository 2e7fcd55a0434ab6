"""Who is signed in."""

import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from flask import Flask, g, session
from flask_login import login_user
from flask_wtf.csrf import generate_csrf
from sqlalchemy.orm import joinedload

from models import Account
from referral.extensions import db, login_manager


@dataclass(frozen=True)
class SignedIn:
    """Flask-Login's user: an account in one session number, so that all sessions of an account can be ended at once."""

    account: Account
    is_active: bool = True
    is_authenticated: bool = True
    is_anonymous: bool = False

    @property
    def language(self) -> str | None:
        """The language that the account chose."""
        return self.account.locale

    def get_id(self) -> str:
        """Return what the session cookie holds."""
        return f"{self.account.id}:{self.account.session_number}"


def load(identity: str) -> SignedIn | None:
    """Return who the cookie speaks of, or None where the account is closed or its sessions were ended. One query."""
    key, _, number = identity.partition(":")
    try:
        account_id, session_number = uuid.UUID(key), int(number)
    except ValueError:
        return None
    account = db.session.scalar(
        sa.select(Account)
        .where(Account.id == account_id, Account.active, Account.session_number == session_number)
        .options(joinedload(Account.organization), joinedload(Account.area))
    )
    return SignedIn(account) if account else None


def begin(account: Account) -> None:
    """Sign an account in with a new session.

    The token of forms is put into it at once: made by the first page, two pages fetched side by side would each make
    one, and the cookie that comes last would make the other page's forms worthless.
    """
    session.clear()
    g.pop("csrf_token", None)
    session.permanent = True
    login_user(SignedIn(account))
    generate_csrf()


def init_app(app: Flask) -> None:
    """Attach the session loader."""
    login_manager.init_app(app)
    login_manager.user_loader(load)
    login_manager.session_protection = None
