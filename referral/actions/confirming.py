"""The person's own word on a referral: by a query code that only the person holds, or by a call written down."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    Confirmation,
    ConfirmationSaid,
    ConfirmationWay,
    QueryCode,
    Referral,
    ReferralStatus,
    SpokenBy,
)
from models.base import new_key
from models.closing import WORDS_SAID
from models.encryption import keyring
from models.errors import DomainError
from referral import query_codes
from referral.actions import contradicting

KEPT = timedelta(days=365)
"""How long a code works: a person asks about help of last winter."""
PURPOSE = "query code"
ASKABLE = (
    ReferralStatus.ACCEPTED,
    ReferralStatus.IN_PROGRESS,
    ReferralStatus.ON_HOLD,
    ReferralStatus.COMPLETED,
    ReferralStatus.FAILED,
)
"""States in which a code may be given out and a word be taken: somebody has promised help."""


class NothingToConfirm(DomainError):
    """Nobody has promised help yet, or the referral was never sent."""

    code = "nothing_to_confirm"


class CallInFuture(DomainError):
    """A call was written down before it can have happened."""

    code = "call_in_future"


def issue_code(session: Session, referral: Referral, *, by: Account, at: datetime) -> str:
    """Give out a query code, to be read out or printed, and return it; an earlier one of the referral ends.

    Only its fingerprint is kept: nobody can look it up again. Raises NothingToConfirm.
    """
    if referral.status not in ASKABLE:
        raise NothingToConfirm
    live = sa.select(QueryCode).where(QueryCode.referral_id == referral.id, QueryCode.ended_at.is_(None))
    for former in session.scalars(live):
        former.ended_at = at
    session.flush()
    text = query_codes.make()
    session.add(
        QueryCode(
            id=new_key(at),
            referral_id=referral.id,
            person_id=referral.person_id,
            fingerprint=_fingerprint(text),
            issued_at=at,
            issued_by_id=by.id,
            expires_at=at + KEPT,
        )
    )
    session.flush()
    return query_codes.grouped(text)


def find_code(session: Session, typed: str, *, at: datetime) -> QueryCode | None:
    """Return the live code that somebody typed or read out, or None. One query, whether or not it can be a code.

    A code with a wrong check character is looked for like any other, so that time and answer tell nothing.
    """
    text = query_codes.plain(typed)
    found = session.scalars(sa.select(QueryCode).where(QueryCode.fingerprint == _fingerprint(text))).one_or_none()
    if found is None or not query_codes.is_sound(text) or found.ended_at is not None or found.expires_at <= at:
        return None
    return found


def confirm_by_code(session: Session, code: QueryCode, *, said: ConfirmationSaid, at: datetime) -> Confirmation:
    """Take the word of whoever holds the code. The same word said twice is one. Raises NothingToConfirm."""
    referral = session.get_one(Referral, code.referral_id)
    if referral.status not in ASKABLE:
        raise NothingToConfirm
    last = session.scalars(
        sa.select(Confirmation)
        .where(Confirmation.referral_id == referral.id, Confirmation.said.in_(WORDS_SAID))
        .order_by(Confirmation.at.desc(), Confirmation.id.desc())
        .limit(1)
    ).one_or_none()
    if last is not None and last.way is ConfirmationWay.CODE and last.said is said:
        return last
    word = _word(referral, ConfirmationWay.CODE, said, SpokenBy.UNKNOWN, at)
    word.code_id = code.id
    return _keep(session, referral, word, at)


def confirm_by_call(
    session: Session,
    referral: Referral,
    *,
    said: ConfirmationSaid,
    spoken_by: SpokenBy,
    called_at: datetime,
    by: Account,
    at: datetime,
    note: str | None = None,
) -> Confirmation:
    """Write down a call: who called, when, and what was said as a code. Raises NothingToConfirm, CallInFuture."""
    if referral.status not in ASKABLE:
        raise NothingToConfirm
    if called_at > at:
        raise CallInFuture
    word = _word(referral, ConfirmationWay.CALL, said, spoken_by, called_at)
    word.taken_by_id, word.note = by.id, note
    return _keep(session, referral, word, at)


def _word(
    referral: Referral, way: ConfirmationWay, said: ConfirmationSaid, spoken_by: SpokenBy, at: datetime
) -> Confirmation:
    return Confirmation(
        id=new_key(at), referral_id=referral.id, person_id=referral.person_id, way=way, said=said,
        spoken_by=spoken_by, at=at,
    )  # fmt: skip


def _keep(session: Session, referral: Referral, word: Confirmation, at: datetime) -> Confirmation:
    session.add(word)
    session.flush()
    contradicting.compare_with_words(session, referral, at=at)
    return word


def _fingerprint(text: str) -> str:
    return keyring().fingerprint(PURPOSE, text)
