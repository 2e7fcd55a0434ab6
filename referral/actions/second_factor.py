"""The second factor: codes of an authenticator (TOTP, RFC 6238) and ten recovery codes."""

import secrets
import unicodedata
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

import pyotp
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, MailKind, MessageKind, RecoveryCode, SecondFactor
from models.encryption import keyring
from referral import limits, log
from referral.actions.accounts import TooManyTries
from referral.actions.telling import tell_account

STEP = 30
"""Seconds that one code lasts."""
SLACK = 1
"""Steps that a clock may be wrong by."""
RECOVERY_CODES = 10
SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without signs that are mistaken for one another when read."""
TRIES = 6
IN = timedelta(minutes=10)


def factor_of(session: Session, account: Account) -> SecondFactor | None:
    """Return the second factor of an account, set up or being set up."""
    return session.scalar(sa.select(SecondFactor).where(SecondFactor.account_id == account.id))


def begin(session: Session, account: Account) -> SecondFactor:
    """Make a new secret, which counts once a code of it was right; a factor already set up stays as it is."""
    factor = factor_of(session, account)
    if factor is None:
        factor = SecondFactor(account_id=account.id, secret=pyotp.random_base32())
        session.add(factor)
    elif factor.confirmed_at is None:
        factor.secret, factor.last_step = pyotp.random_base32(), 0
    session.flush()
    return factor


def address(account: Account, factor: SecondFactor, *, issuer: str) -> str:
    """Return the otpauth:// address that an authenticator reads."""
    return pyotp.TOTP(factor.secret).provisioning_uri(name=account.login, issuer_name=issuer)


def confirm(session: Session, account: Account, code: str, *, at: datetime) -> list[str] | None:
    """Set the factor up if the code is right and return the recovery codes; raise TooManyTries."""
    _count(session, account, at)
    factor = factor_of(session, account)
    if factor is None or factor.confirmed_at is not None or not _use_step(session, factor, code, at):
        return None
    limits.give_back(session, f"code:{account.id}", most=TRIES, per=IN)
    factor.confirmed_at = account.second_factor_since = at
    codes = new_recovery_codes(session, account)
    _tell(session, account, "second_factor_set_up", at)
    return codes


def new_recovery_codes(session: Session, account: Account) -> list[str]:
    """Make ten codes in place of the old ones; they are kept nowhere in clear."""
    _drop_codes(session, account)
    codes = ["-".join("".join(secrets.choice(SIGNS) for _sign in range(4)) for _group in range(3)) for _code in
             range(RECOVERY_CODES)]  # fmt: skip
    session.add_all(RecoveryCode(account_id=account.id, fingerprint=_fingerprint(account, code)) for code in codes)
    session.flush()
    return codes


def renew(session: Session, account: Account, code: str, *, at: datetime) -> list[str] | None:
    """Return new recovery codes for a right code, else None; raise TooManyTries."""
    if check(session, account, code, at=at) is None:
        return None
    codes = new_recovery_codes(session, account)
    _tell(session, account, "recovery_codes_renewed", at)
    return codes


def codes_left(session: Session, account: Account) -> int:
    """Return how many recovery codes are unused."""
    unused = sa.select(sa.func.count(RecoveryCode.id)).where(RecoveryCode.account_id == account.id)
    return session.scalar(unused.where(RecoveryCode.used_at.is_(None))) or 0


def check(session: Session, account: Account, code: str, *, at: datetime) -> str | None:
    """Return how a code was right ("totp" or "recovery"), else None; no code is right twice. Raise TooManyTries."""
    _count(session, account, at)
    factor = factor_of(session, account)
    way = None
    if factor is not None and factor.confirmed_at is not None:
        if _use_step(session, factor, code, at):
            way = "totp"
        elif _use_recovery_code(session, account, code, at):
            way = "recovery"
    if way is None:
        log.note(session, "code_refused", record=account, account=account, keep=True)
        return None
    limits.give_back(session, f"code:{account.id}", most=TRIES, per=IN)
    return way


def remove(session: Session, account: Account, *, at: datetime) -> None:
    """Take the second factor away, with its recovery codes, and tell the user."""
    session.execute(sa.delete(SecondFactor).where(SecondFactor.account_id == account.id))
    _drop_codes(session, account)
    account.second_factor_since = None
    _tell(session, account, "second_factor_removed", at)


def _count(session: Session, account: Account, at: datetime) -> None:
    if wait := limits.take(session, f"code:{account.id}", most=TRIES, per=IN, at=at):
        log.note(session, "code_slowed", record=account, account=account, keep=True)
        raise TooManyTries(wait)


def _use_step(session: Session, factor: SecondFactor, code: str, at: datetime) -> bool:
    """Whether a code is that of now or of a neighbouring step, later than any used; uses it up. One winner."""
    digits, now = _plain(code), int(at.timestamp()) // STEP
    steps: Sequence[int] = range(now - SLACK, now + SLACK + 1)
    totp = pyotp.TOTP(factor.secret)
    right = [step for step in steps if secrets.compare_digest(totp.generate_otp(step), digits)]
    if not right:
        return False
    used = session.execute(
        sa.update(SecondFactor)
        .where(SecondFactor.id == factor.id, SecondFactor.last_step < right[0])
        .values(last_step=right[0])
        .execution_options(synchronize_session=False)
    )
    return bool(used.rowcount)  # type: ignore[attr-defined]


def _use_recovery_code(session: Session, account: Account, code: str, at: datetime) -> bool:
    used = session.execute(
        sa.update(RecoveryCode)
        .where(RecoveryCode.fingerprint == _fingerprint(account, code), RecoveryCode.used_at.is_(None))
        .values(used_at=at)
        .execution_options(synchronize_session=False)
    )
    return bool(used.rowcount)  # type: ignore[attr-defined]


def _drop_codes(session: Session, account: Account) -> None:
    old = sa.delete(RecoveryCode).where(RecoveryCode.account_id == account.id)
    session.execute(old.execution_options(synchronize_session=False))


def _plain(code: str) -> str:
    """Return a code as typed, without what separates its groups."""
    kept = (sign for sign in unicodedata.normalize("NFKC", code).lower() if sign.isascii() and sign.isalnum())
    return "".join(kept)


def _fingerprint(account: Account, code: str) -> str:
    return keyring().fingerprint("recovery code", f"{account.id}:{_plain(code)}")


def _tell(session: Session, account: Account, code: str, at: datetime) -> None:
    session.flush()
    log.note(session, code, record=account)
    kinds = (MessageKind.SECOND_FACTOR_CHANGED, MailKind.SECOND_FACTOR_CHANGED)
    tell_account(session, account, *kinds, once=uuid.uuid4().hex, at=at, facts={"change": code})
