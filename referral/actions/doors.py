"""Who somebody is at the city's own sign-in, and which account of ours that is."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, OtherDoor
from models.errors import DomainError
from referral import log
from referral.actions.accounts import usable
from referral.clock import local_date


class DoorTaken(DomainError):
    """This identity belongs to another account already."""

    code = "door_taken"


def account_of(session: Session, claims: dict[str, Any], *, at: datetime) -> Account | None:
    """Return the account that belongs to what the city says of somebody.

    That is the one linked to issuer and subject. On first use it is the only usable account with the e-mail address
    that the city has verified, unless that account is linked to somebody else there.
    """
    issuer, subject = str(claims["iss"]), str(claims["sub"])
    today = usable(local_date(at))
    linked = session.scalar(
        sa.select(Account)
        .join(OtherDoor, OtherDoor.account_id == Account.id)
        .where(OtherDoor.issuer == issuer, OtherDoor.subject == subject, today)
    )
    if linked is not None or _known(session, issuer, subject):
        return linked
    email = str(claims.get("email") or "").strip().lower()
    if not email or claims.get("email_verified") is not True:
        return None
    bound = sa.select(OtherDoor.account_id).where(OtherDoor.issuer == issuer)
    found = session.scalars(
        sa.select(Account).where(sa.func.lower(Account.email) == email, today, Account.id.not_in(bound)).limit(2)
    ).all()
    return found[0] if len(found) == 1 else None


def bind(session: Session, account: Account, claims: dict[str, Any]) -> None:
    """Link an account with what the city says of somebody, if it is not yet; raise DoorTaken."""
    link(session, account, issuer=str(claims["iss"]), subject=str(claims["sub"]))


def link(session: Session, account: Account, *, issuer: str, subject: str) -> None:
    """Link an account with a subject at an issuer; raise DoorTaken where that is somebody else's."""
    there = session.scalar(sa.select(OtherDoor).where(OtherDoor.issuer == issuer, OtherDoor.subject == subject))
    if there is not None:
        if there.account_id != account.id:
            raise DoorTaken
        return
    session.add(OtherDoor(account_id=account.id, issuer=issuer, subject=subject))
    session.flush()
    log.note(session, "city_sign_in_linked", record=account, account=account)


def subject_of(session: Session, account: Account) -> str | None:
    """Return the subject that an account is linked with, or None."""
    return session.scalar(sa.select(OtherDoor.subject).where(OtherDoor.account_id == account.id).limit(1))


def unlink(session: Session, account: Account) -> None:
    """Take the links of an account to the city's sign-in away."""
    old = sa.delete(OtherDoor).where(OtherDoor.account_id == account.id)
    session.execute(old.execution_options(synchronize_session=False))
    log.note(session, "city_sign_in_unlinked", record=account)


def _known(session: Session, issuer: str, subject: str) -> bool:
    known = sa.select(OtherDoor.id).where(OtherDoor.issuer == issuer, OtherDoor.subject == subject)
    return session.scalar(known) is not None
