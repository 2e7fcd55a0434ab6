"""Links with which a provider answers without an account: made, found, called back.

A link is for one referral, one receiver and one purpose. It is worth nothing once it was used, its time is over, a
newer one was sent, the referral has moved on, the person took the consent back, or the organization is suspended or
has another address. To whoever holds it all of these look alike, and like a link that never was.
"""

import base64
import secrets
import uuid
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import (
    Account,
    AnswerLink,
    Consent,
    ConsentPurpose,
    EmergencyReview,
    LinkPurpose,
    Need,
    Organization,
    OrganizationStatus,
    Person,
    Referral,
    ReferralStatus,
)
from models.encryption import keyring
from models.referral import GOING_ON_STATUSES
from referral.queries.contacts import Contact, receivers

FOLLOW_LASTS = timedelta(days=14)
"""How long the link lasts that shows whom a provider helps; a fresh one can be asked for until the help ends."""
AT_LEAST = timedelta(minutes=1)
NOBODY = uuid.UUID(int=0)


def make(
    session: Session,
    referral: Referral,
    purpose: LinkPurpose,
    contact: Contact,
    *,
    by: Account | None,
    at: datetime,
) -> AnswerLink:
    """Make a link for a receiver. It ends with the time to answer, or after two weeks where it is for reading."""
    ends = at + FOLLOW_LASTS if purpose is LinkPurpose.FOLLOW else (referral.answer_by or at + AT_LEAST)
    salt = secrets.token_urlsafe(32)
    link = AnswerLink(
        referral_id=referral.id,
        organization_id=referral.organization_id,
        purpose=purpose,
        receiver=contact.fingerprint,
        salt=salt,
        fingerprint=_fingerprint(_token(purpose, salt)),
        made_by_id=by.id if by else None,
        expires_at=ends,
    )
    session.add(link)
    return link


def token(link: AnswerLink) -> str:
    """Return the secret of a link, 256 bits in 43 signs: worked out with the key of the installation, kept nowhere."""
    return _token(link.purpose, link.salt)


def _token(purpose: LinkPurpose, salt: str) -> str:
    digest = bytes.fromhex(keyring().fingerprint(f"answer link {purpose}", salt))
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _fingerprint(secret: str) -> str:
    return keyring().fingerprint("answer link", secret)


def revoke(session: Session, referral_id: uuid.UUID, *, at: datetime, purpose: LinkPurpose | None = None) -> None:
    """End the links of a referral that are not used yet."""
    of = sa.update(AnswerLink).where(
        AnswerLink.referral_id == referral_id, AnswerLink.used_at.is_(None), AnswerLink.revoked_at.is_(None)
    )
    if purpose is not None:
        of = of.where(AnswerLink.purpose == purpose)
    session.execute(of.values(revoked_at=at).execution_options(synchronize_session="fetch"))


def works(at: datetime) -> sa.ColumnElement[bool]:
    """Return the condition for links that may be used at a moment; of a select that joins referral and organization."""
    agreed = sa.exists().where(
        Consent.person_id == Referral.person_id,
        Consent.organization_id == Referral.organization_id,
        Consent.purpose == ConsentPurpose.HELP,
        Consent.live(at),
    )
    emergency = sa.exists().where(EmergencyReview.referral_id == Referral.id, EmergencyReview.ended_at.is_(None))
    asked = sa.and_(
        AnswerLink.purpose == LinkPurpose.ANSWER,
        AnswerLink.used_at.is_(None),
        Referral.status == ReferralStatus.REQUESTED,
        Referral.answer_by > at,
    )
    going = sa.and_(AnswerLink.purpose == LinkPurpose.FOLLOW, Referral.status.in_(GOING_ON_STATUSES))
    erased = sa.exists().where(Person.id == Referral.person_id, Person.erased_at.is_not(None))
    return sa.and_(
        AnswerLink.revoked_at.is_(None),
        AnswerLink.expires_at > at,
        AnswerLink.organization_id == Referral.organization_id,
        Organization.status == OrganizationStatus.ACTIVE,
        sa.or_(asked, going),
        sa.or_(agreed, emergency),
        ~erased,
    )


def find(session: Session, secret: str, purpose: LinkPurpose, *, at: datetime, lock: bool = False) -> AnswerLink | None:
    """Return the link of a secret with its referral and need, if it may be used now for this purpose, else None.

    One statement decides, whatever is wrong with a link, so that neither words nor time tell what it is.
    """
    statement = (
        sa.select(AnswerLink)
        .join(AnswerLink.referral)
        .join(Organization, Organization.id == Referral.organization_id)
        .where(AnswerLink.fingerprint == _fingerprint(secret), AnswerLink.purpose == purpose, works(at))
        .options(
            joinedload(AnswerLink.referral).joinedload(Referral.need).joinedload(Need.term),
            joinedload(AnswerLink.organization),
        )
        .execution_options(populate_existing=True)
    )
    if lock:
        statement = statement.with_for_update(of=(AnswerLink, Referral))
    link = session.scalars(statement).one_or_none()
    known = receivers(session, link.organization_id if link else NOBODY)
    return link if link is not None and link.receiver in known else None


def use(session: Session, link: AnswerLink, *, at: datetime) -> bool:
    """Use a link up; False where somebody else did at the same moment."""
    used = session.execute(
        sa.update(AnswerLink)
        .where(AnswerLink.id == link.id, AnswerLink.used_at.is_(None), AnswerLink.revoked_at.is_(None))
        .values(used_at=at, opened_at=sa.func.coalesce(AnswerLink.opened_at, at))
        .execution_options(synchronize_session=False)
    )
    return bool(used.rowcount)  # type: ignore[attr-defined]


def referral_of(session: Session, secret: str) -> Referral | None:
    """Return the referral a secret once belonged to, working or not: to send its receiver a new link."""
    return session.scalars(
        sa.select(Referral)
        .join(AnswerLink, AnswerLink.referral_id == Referral.id)
        .where(AnswerLink.fingerprint == _fingerprint(secret), AnswerLink.organization_id == Referral.organization_id)
    ).one_or_none()


def note_opened(session: Session, secret: str, *, at: datetime) -> bool:
    """Note when a link that works was first opened by somebody; return whether it works.

    Only ever called for a POST: mail filters open addresses, run no scripts and press no buttons.
    """
    works = False
    for purpose in LinkPurpose:
        link = find(session, secret, purpose, at=at)
        if link is not None:
            works = True
            first = sa.update(AnswerLink).where(AnswerLink.id == link.id, AnswerLink.opened_at.is_(None))
            session.execute(first.values(opened_at=at).execution_options(synchronize_session=False))
    return works
