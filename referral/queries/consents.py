"""What a person has agreed to, to whom, and what still waits for it."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import (
    Consent,
    ConsentNotice,
    ConsentPurpose,
    DataKind,
    EmergencyReview,
    Need,
    NeedKind,
    Person,
    Referral,
    ReferralStatus,
)
from models.errors import NoticeMissing

MONEY = "元"


def usual_kinds(kind: NeedKind, unit: str) -> frozenset[DataKind]:
    """Return the kinds of data that help of this sort needs, to be filled in before somebody is asked.

    Services are given to somebody's body or home, so the giver must know of frailty; money needs an account.
    """
    kinds = {DataKind.IDENTITY, DataKind.CONTACT, DataKind.NOTES}
    if kind is NeedKind.SERVICE:
        kinds.add(DataKind.HEALTH)
    if unit == MONEY:
        kinds.add(DataKind.FINANCE)
    return frozenset(kinds)


def live_consent(
    session: Session, person_id: uuid.UUID, organization_id: uuid.UUID, at: datetime, *, lock: bool = False
) -> Consent | None:
    """Return the consent in force of a person to a receiver, or None. One query.

    With `lock` it cannot be withdrawn or replaced until the transaction ends: whoever withdraws at the same moment
    waits, and then finds what was sent.
    """
    statement = sa.select(Consent).where(
        Consent.person_id == person_id,
        Consent.organization_id == organization_id,
        Consent.purpose == ConsentPurpose.HELP,
        Consent.live(at),
    )
    if lock:
        statement = statement.with_for_update(read=True).execution_options(populate_existing=True)
    return session.scalars(statement).one_or_none()


def stands_as_emergency(session: Session, referral: Referral) -> bool:
    """Say whether a referral may be carried out as an emergency without consent. At most one query."""
    if not referral.emergency:
        return False
    statement = sa.select(EmergencyReview.id).where(
        EmergencyReview.referral_id == referral.id, EmergencyReview.ended_at.is_(None)
    )
    return session.scalar(statement) is not None


def live_by_receiver(
    session: Session, person_id: uuid.UUID, receivers: Iterable[uuid.UUID], at: datetime
) -> dict[uuid.UUID, Consent]:
    """Return the consents in force of a person to some organizations, by organization. One query."""
    statement = sa.select(Consent).where(
        Consent.person_id == person_id,
        Consent.organization_id.in_(set(receivers)),
        Consent.purpose == ConsentPurpose.HELP,
        Consent.live(at),
    )
    return {consent.organization_id: consent for consent in session.scalars(statement)}


def consents_of(session: Session, person: Person, *, limit: int = 30) -> Sequence[Consent]:
    """Return what a person agreed to, newest first, without what a newer consent replaced. One query."""
    return session.scalars(
        sa.select(Consent)
        .where(Consent.person_id == person.id, Consent.replaced_at.is_(None))
        .options(joinedload(Consent.organization), joinedload(Consent.notice), joinedload(Consent.recorded_by))
        .order_by(Consent.given_at.desc(), Consent.id.desc())
        .limit(limit)
    ).all()


def last_word(session: Session, person_id: uuid.UUID, organization_id: uuid.UUID) -> Consent | None:
    """Return the newest consent of a person to a receiver, in force or not. One query."""
    return session.scalars(
        sa.select(Consent)
        .where(
            Consent.person_id == person_id,
            Consent.organization_id == organization_id,
            Consent.replaced_at.is_(None),
        )
        .order_by(Consent.given_at.desc(), Consent.id.desc())
        .limit(1)
    ).one_or_none()


def current_notice(session: Session, at: datetime) -> ConsentNotice:
    """Return the notice that is read to people today; raises NoticeMissing before the lists are loaded. One query."""
    found = session.scalars(
        sa.select(ConsentNotice)
        .where(ConsentNotice.kind == ConsentPurpose.HELP, ConsentNotice.valid_from <= at)
        .order_by(ConsentNotice.version.desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        raise NoticeMissing
    return found


def waiting_drafts(session: Session, person_id: uuid.UUID, organization_id: uuid.UUID) -> Sequence[Referral]:
    """Return the referrals to a receiver that wait for the person's consent, oldest first, locked. One query."""
    return session.scalars(
        sa.select(Referral)
        .where(
            Referral.person_id == person_id,
            Referral.organization_id == organization_id,
            Referral.status == ReferralStatus.DRAFT,
        )
        .order_by(Referral.id)
        .options(joinedload(Referral.need).joinedload(Need.term))
        .with_for_update(of=Referral)
        .execution_options(populate_existing=True)
    ).all()
