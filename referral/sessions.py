"""Who is signed in. The cookie holds a random id only; the session itself lies in the database and can be ended there.

A session ends after half an hour without a page and after twelve hours in any case. When it was last seen is written
once a minute at most, on a connection of its own after the request, since pages that only read may not write.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from flask import Flask, Response, after_this_request, current_app, g, session
from flask_login import current_user, login_user, logout_user
from flask_wtf.csrf import generate_csrf
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import contains_eager, joinedload

from models import Account, Role, SignInSession
from models.encryption import keyring
from models.sign_in import IDLE, LONGEST
from referral import clock, devices
from referral.actions import accounts
from referral.extensions import db, login_manager

log = structlog.get_logger()

SEEN_EVERY = timedelta(minutes=1)
SECOND_FACTOR_FOR = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR, Role.EVALUATOR, Role.AUDITOR})
"""Roles that see or change what concerns many people."""


def is_tried_out(account: Account) -> bool:
    """Say whether this is one of the demonstration's own accounts, whose password everybody knows, and only there."""
    return bool(current_app.config["DEMONSTRATION"]) and account.demonstration


def second_factor_required(account: Account) -> bool:
    """Say whether an account must have a second factor; not where somebody tries the demonstration out."""
    return account.role in SECOND_FACTOR_FOR and not is_tried_out(account)


@dataclass(frozen=True)
class SignedIn:
    """Flask-Login's user: an account in one of its sessions."""

    session: SignInSession
    token: str
    is_active: bool = True
    is_authenticated: bool = True
    is_anonymous: bool = False

    @property
    def account(self) -> Account:
        """Whose session it is."""
        return self.session.account

    @property
    def language(self) -> str | None:
        """The language that the account chose."""
        return self.account.locale

    @property
    def first(self) -> str | None:
        """The endpoint of what has to be done before anything else, if there is something."""
        if self.account.password_must_change:
            return "account.show_account"
        if self.account.second_factor_since is None and second_factor_required(self.account):
            return "account.show_second_factor"
        return None

    def get_id(self) -> str:
        """Return what the session cookie holds."""
        return self.token


def fingerprint(token: str) -> str:
    """Return what the database keeps of a session's id."""
    return keyring().fingerprint("session", token)


def load(token: str) -> SignedIn | None:
    """Return who the cookie speaks of, or None where the session has ended or the account is closed. One query."""
    now = clock.now()
    found = db.session.scalar(
        sa.select(SignInSession)
        .join(SignInSession.account)
        .where(
            SignInSession.fingerprint == fingerprint(token),
            SignInSession.started_at > now - LONGEST,
            SignInSession.seen_at > now - IDLE,
            accounts.usable(clock.local_date(now)),
        )
        .options(
            contains_eager(SignInSession.account).options(joinedload(Account.organization), joinedload(Account.area))
        )
    )
    if found is None:
        return None
    if now - found.seen_at > SEEN_EVERY:
        g.seen = (found.id, now)
    return SignedIn(found, token)


def begin(account: Account, *, way: str) -> None:
    """Sign an account in with a new session, and make the device known.

    The token of forms is put into the session at once: made by the first page, two pages fetched side by side would
    each make one, and the cookie that comes last would make the other page's forms worthless.
    """
    caller = devices.caller()
    token, device_token = devices.new_token(), caller.token or devices.new_token()
    new = accounts.admit(
        db.session,
        account,
        fingerprint=fingerprint(token),
        device=caller.device,
        device_fingerprint=devices.fingerprint(device_token),
        way=way,
        at=clock.now(),
    )
    session.clear()
    g.pop("csrf_token", None)
    session.permanent = True
    login_user(SignedIn(new, token))
    generate_csrf()
    after_this_request(lambda answer: devices.remember(answer, device_token))


def end() -> None:
    """End the session of this request."""
    accounts.end_session(db.session, current_user.session)
    logout_user()
    session.clear()


def _write_seen(answer: Response) -> Response:
    """Write when the session was seen; a database too busy for it does not keep the page back."""
    seen: tuple[object, datetime] | None = g.pop("seen", None)
    if seen is None or answer.is_streamed:
        return answer
    db.session.rollback()  # an error page may have begun a transaction, and SQLite has one write lock
    newer = sa.update(SignInSession).where(SignInSession.id == seen[0], SignInSession.seen_at < seen[1])
    try:
        with db.engine.begin() as connection:
            connection.execute(newer.values(seen_at=seen[1]))
    except SQLAlchemyError as error:
        log.warning("not_seen", error=type(error).__name__)
    return answer


def init_app(app: Flask) -> None:
    """Attach the session loader."""
    login_manager.init_app(app)
    login_manager.user_loader(load)
    login_manager.session_protection = None
    app.after_request(_write_seen)
