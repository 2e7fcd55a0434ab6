"""Signing in and looking after one's own account."""

import uuid
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, KnownDevice, MailKind, Message, MessageKind, MessageStatus, SignInSession
from models.errors import DomainError
from models.sign_in import DEVICE_LASTS
from referral import limits, log
from referral.access import scope
from referral.actions.telling import tell_account
from referral.clock import local_date
from referral.devices import Caller
from referral.passwords import easily_guessed, hash_password, matches

FROM_ONE_ADDRESS = {"most": 200, "per": timedelta(minutes=10)}
"""Whole townships share one address."""
ON_KNOWN_DEVICE = {"most": 10, "per": timedelta(minutes=10)}
ON_UNKNOWN_DEVICES = {"most": 10, "per": timedelta(hours=1)}
"""All devices from which somebody never signed in share one bucket: strangers slow one another down, not the user."""


class WrongPassword(DomainError):
    """The present password was not the right one."""

    code = "wrong_password"


class EasilyGuessed(DomainError):
    """The new password is one that guessers try first."""

    code = "easily_guessed"


class TooManyTries(DomainError):
    """Too many tries in too short a time; `wait` is how long until the next."""

    code = "too_many_tries"

    def __init__(self, wait: timedelta) -> None:
        super().__init__(str(wait))
        self.wait = wait

    @property
    def minutes(self) -> int:
        """How long to wait, in whole minutes."""
        return max(1, -(-int(self.wait.total_seconds()) // 60))


def usable(today: date) -> sa.ColumnElement[bool]:
    """Return the condition that an account can be used on a day."""
    return sa.and_(Account.active, sa.or_(Account.valid_until.is_(None), Account.valid_until >= today))


def check_password(session: Session, *, login: str, password: str, caller: Caller, at: datetime) -> Account | None:
    """Return the account of a name and password, or None where they do not belong together; raise TooManyTries.

    Each try is counted before the password is looked at, and given back where it was right.
    """
    login = login.strip()
    account = session.scalar(sa.select(Account).where(Account.login == login, usable(local_date(at))))
    known = session.scalar(
        sa.select(KnownDevice.id).where(
            KnownDevice.account_id == (account.id if account else uuid.UUID(int=0)),
            KnownDevice.fingerprint == (caller.fingerprint or ""),
            KnownDevice.seen_at > at - DEVICE_LASTS,
        )
    )
    buckets = [
        (f"address:{caller.address}", FROM_ONE_ADDRESS),
        (f"device:{known}", ON_KNOWN_DEVICE) if known else (f"login:{login.casefold()}", ON_UNKNOWN_DEVICES),
    ]
    for key, size in buckets:
        if wait := limits.take(session, key, at=at, **size):  # type: ignore[arg-type]  # the sizes above
            log.note(session, "sign_in_slowed", record=account, keep=True)
            raise TooManyTries(wait)
    if not matches(account.password_hash if account else None, password):
        log.note(session, "sign_in_refused", record=account, keep=True)
        return None
    assert account is not None  # noqa: S101  `matches` is False without an account
    for key, size in buckets:
        limits.give_back(session, key, **size)  # type: ignore[arg-type]
    return account


def ask_for_better(session: Session, account: Account, password: str) -> None:
    """Ask for another password before anything else, where the present one has become easy to guess."""
    if easily_guessed(password, own_names(account)) and not account.password_must_change:
        account.password_must_change = True
        session.flush()


def admit(
    session: Session,
    account: Account,
    *,
    fingerprint: str,
    device: str,
    device_fingerprint: str,
    way: str,
    at: datetime,
) -> SignInSession:
    """Open a session for an account and make its device known; a new device is told to the user."""
    new = SignInSession(account_id=account.id, fingerprint=fingerprint, device=device, started_at=at, seen_at=at)
    new.account = account
    session.add(new)
    session.flush()
    # Not through the record: two sign-ins at one moment would take each other for a change of the account.
    session.execute(
        sa.update(Account)
        .where(Account.id == account.id)
        .values(last_signed_in_at=at)
        .execution_options(synchronize_session=False)
    )
    is_new = _make_known(session, account, device, device_fingerprint, at)
    log.note(session, "signed_in", record=new, account=account, way=way, new_device=is_new)
    return new


def _make_known(session: Session, account: Account, device: str, fingerprint: str, at: datetime) -> bool:
    """Note the device of an account; return whether it was a new one beside others."""
    devices = session.scalars(sa.select(KnownDevice).where(KnownDevice.account_id == account.id)).all()
    known = next((one for one in devices if one.fingerprint == fingerprint), None)
    if known is not None:
        known.seen_at, known.device = at, device
        session.flush()
        return False
    new = KnownDevice(account_id=account.id, fingerprint=fingerprint, device=device, seen_at=at)
    session.add(new)
    session.flush()
    if not devices:
        return False
    tell_account(
        session, account, MessageKind.NEW_DEVICE, MailKind.NEW_DEVICE, once=new.id.hex, at=at, facts={"device": device}
    )
    return True


def own_names(account: Account) -> list[str | None]:
    """Return the names of an account that may not make up its password."""
    return [account.login, account.name, account.email]


def set_password(session: Session, account: Account, new: str, *, at: datetime) -> None:
    """Set a new password, end every session of the account and tell the user; raise EasilyGuessed."""
    if easily_guessed(new, own_names(account)):
        raise EasilyGuessed
    account.password_hash = hash_password(new)
    account.password_must_change = False
    end_sessions(session, account)
    tell_account(
        session, account, MessageKind.PASSWORD_CHANGED, MailKind.PASSWORD_CHANGED, once=uuid.uuid4().hex, at=at
    )


def change_password(session: Session, account: Account, *, present: str, new: str, at: datetime) -> None:
    """Set a new password and end every session of the account; raise WrongPassword, EasilyGuessed, TooManyTries."""
    if wait := limits.take(session, f"present:{account.id}", most=10, per=timedelta(minutes=10), at=at):
        raise TooManyTries(wait)
    if not matches(account.password_hash, present):
        log.note(session, "password_refused", record=account, keep=True)
        raise WrongPassword
    set_password(session, account, new, at=at)
    log.note(session, "password_changed", record=account)


def end_session(session: Session, one: SignInSession) -> None:
    """End one session."""
    session.execute(sa.delete(SignInSession).where(SignInSession.id == one.id))
    log.note(session, "session_ended", record=one)


def end_sessions(session: Session, account: Account, *, but: uuid.UUID | None = None) -> None:
    """End every session of an account; `but` is the key of one that goes on."""
    which = [SignInSession.account_id == account.id, *([SignInSession.id != but] if but else [])]
    session.execute(sa.delete(SignInSession).where(*which).execution_options(synchronize_session=False))
    account.session_number += 1
    session.flush()
    log.note(session, "sessions_ended", record=account)


def mark_messages_read(session: Session, *, by: Account) -> None:
    """Mark everything that waits for an account as read."""
    session.execute(
        sa.update(Message)
        .where(scope(by, Message), Message.status == MessageStatus.UNREAD)
        .values(status=MessageStatus.READ)
        .execution_options(synchronize_session=False)
    )
