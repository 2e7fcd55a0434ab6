"""Giving and withdrawing consent, with what follows for referrals; reviewing emergencies.

The newest word to a receiver counts: a new consent takes the place of an older one, also where it allows less.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    Consent,
    ConsentGiver,
    ConsentNotice,
    ConsentPurpose,
    ConsentRelation,
    ConsentWay,
    DataKind,
    DeclineReason,
    EmergencyReview,
    EmergencyVerdict,
    MessageKind,
    Organization,
    Person,
    Referral,
    ReferralStatus,
)
from models.consent import GUARDIAN_BEFORE_AGE
from models.errors import ConsentIncomplete, ConsentMissing, GuardianMissing, OwnEmergency, WrongStep
from referral import log
from referral.access import without_scope
from referral.actions import referrals
from referral.actions.referral_news import tell_provider, tell_station
from referral.clock import local_date
from referral.queries import consents as queries
from referral.queries.calendar import work_calendar
from referral.queries.sharing import ASKED_STATUSES

USUAL_DURATION = timedelta(days=365)
LONGEST_DURATION = timedelta(days=3 * 365)


@dataclass(frozen=True)
class Agreed:
    """What somebody agreed to, and how: the same for each receiver that was named."""

    kinds: Collection[DataKind]
    way: ConsentWay
    given_by: ConsentGiver = ConsentGiver.SELF
    giver_name: str | None = None
    relation: ConsentRelation | None = None
    witness: str | None = None
    lasts: timedelta = USUAL_DURATION


@dataclass(frozen=True)
class Given:
    """The consents written down, and the referrals that were waiting for them and are now sent."""

    consents: Sequence[Consent]
    sent: Sequence[Referral]


def needs_guardian(person: Person, at: datetime) -> bool:
    """Say whether a guardian must agree for somebody: before 14 (PIPL Art. 31)."""
    age = person.age(local_date(at))
    return age is not None and age < GUARDIAN_BEFORE_AGE


def give(
    session: Session,
    person: Person,
    receivers: Sequence[Organization],
    agreed: Agreed,
    *,
    by: Account | None,
    at: datetime,
    given_at: datetime | None = None,
    notice: ConsentNotice | None = None,
) -> Given:
    """Write down that a person agreed, for each receiver, and send what was waiting for it.

    `given_at` is when it was said or signed, where that was before it is written down. Raises GuardianMissing for
    somebody under 14 without a guardian, ConsentIncomplete, NoticeMissing.
    """
    _check(person, receivers, agreed, at)
    notice = notice or queries.current_notice(session, at)
    begins = min(given_at or at, at)
    written = []
    for receiver in sorted(receivers, key=lambda one: one.id):
        _replace(session, person, receiver, at)
        consent = Consent(
            person_id=person.id,
            organization_id=receiver.id,
            purpose=notice.kind,
            way=agreed.way,
            witness=agreed.witness,
            given_by=agreed.given_by,
            giver_name=agreed.giver_name,
            relation=agreed.relation,
            notice_id=notice.id,
            given_at=begins,
            expires_at=begins + agreed.lasts,
            recorded_by_id=by.id if by else None,
            **{kind.value: True for kind in agreed.kinds},
        )
        session.add(consent)
        session.flush()
        log.note(session, "consent_given", person_id=person.id, record=consent, receiver=receiver.id.hex)
        written.append(consent)
    return Given(written, _send_waiting(session, written, by=by, at=at))


def _check(person: Person, receivers: Sequence[Organization], agreed: Agreed, at: datetime) -> None:
    if needs_guardian(person, at) and agreed.given_by is not ConsentGiver.GUARDIAN:
        raise GuardianMissing
    named = agreed.given_by is ConsentGiver.SELF or (agreed.giver_name and agreed.relation)
    witnessed = agreed.way is not ConsentWay.SPOKEN or agreed.witness
    lasts = timedelta(0) < agreed.lasts <= LONGEST_DURATION
    if not (receivers and agreed.kinds and named and witnessed and lasts):
        raise ConsentIncomplete


def _replace(session: Session, person: Person, receiver: Organization, at: datetime) -> None:
    """Take an older consent to the same receiver out of force, expired or not."""
    older = session.scalars(
        sa.select(Consent)
        .where(
            Consent.person_id == person.id,
            Consent.organization_id == receiver.id,
            Consent.purpose == ConsentPurpose.HELP,
            Consent.withdrawn_at.is_(None),
            Consent.replaced_at.is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if older is not None:
        older.replaced_at = at
        session.flush()


def _send_waiting(session: Session, consents: Sequence[Consent], *, by: Account | None, at: datetime) -> list[Referral]:
    sent: list[Referral] = []
    for consent in consents:
        if not consent.is_live(at):
            continue
        for draft in queries.waiting_drafts(session, consent.person_id, consent.organization_id):
            referrals.send_draft(session, draft, by=by, at=at, calendar=work_calendar(session))
            sent.append(draft)
    return sent


def withdraw(
    session: Session, consent: Consent, *, by: Account | None, at: datetime, way: ConsentWay
) -> Sequence[Referral]:
    """Take a consent back: from now on the receiver sees nothing. Return the referrals that this ended or halted.

    Raises WrongStep where it was withdrawn or replaced before.
    """
    if consent.withdrawn_at is not None or consent.replaced_at is not None:
        raise WrongStep("withdrawn", "withdrawn")
    consent.withdrawn_at, consent.withdrawn_way = at, way
    consent.withdrawn_by_id = by.id if by else None
    session.flush()
    log.note(
        session,
        "consent_withdrawn",
        person_id=consent.person_id,
        record=consent,
        receiver=consent.organization_id.hex,
    )
    with without_scope(session, because="a withdrawal reaches every referral to the receiver, also another station's"):
        return stop_sharing(
            session,
            sa.and_(Referral.person_id == consent.person_id, Referral.organization_id == consent.organization_id),
            DeclineReason.CONSENT_WITHDRAWN,
            by=by,
            at=at,
        )


def stop_sharing(
    session: Session,
    which: sa.ColumnElement[bool],
    reason: DeclineReason,
    *,
    by: Account | None,
    at: datetime,
) -> Sequence[Referral]:
    """End or halt referrals whose person may no longer be known to the provider; both sides are told.

    Asked and accepted ones are cancelled: the place is free and the need is open again. Help that goes on is put on
    hold, because somebody may depend on it today; the station and the person then decide.
    """
    emergencies = session.scalars(
        sa.select(EmergencyReview)
        .join(Referral, Referral.id == EmergencyReview.referral_id)
        .where(which, EmergencyReview.ended_at.is_(None))
        .with_for_update(of=EmergencyReview)
    )
    for review in emergencies:
        review.ended_at = at
    stopped = session.scalars(
        sa.select(Referral)
        .where(which, Referral.status.in_(ASKED_STATUSES))
        .order_by(Referral.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for referral in stopped:
        if referral.status in (ReferralStatus.REQUESTED, ReferralStatus.ACCEPTED):
            referrals.cancel(session, referral, by=by, at=at, reason=reason)
        elif referral.status is ReferralStatus.IN_PROGRESS:
            referrals.hold(session, referral, by=by, at=at, reason=reason)
        tell_provider(session, referral, MessageKind.SHARING_STOPPED, at, again=f":{at:%Y%m%d%H%M%S}")
        tell_station(session, referral, MessageKind.SHARING_STOPPED, at, again=f":{at:%Y%m%d%H%M%S}")
    session.flush()
    return stopped


def review_emergency(
    session: Session,
    review: EmergencyReview,
    *,
    by: Account,
    at: datetime,
    verdict: EmergencyVerdict,
    note: str | None = None,
) -> Sequence[Referral]:
    """Say whether a referral without consent was an emergency. If not, the receiver sees nothing any more.

    Returns the referrals that this ended or halted. Raises OwnEmergency for whoever sent it, WrongStep where it was
    reviewed before, ConsentIncomplete for a "no" without words.
    """
    if review.sent_by_id == by.id:
        raise OwnEmergency
    if review.verdict is not None:
        raise WrongStep(review.verdict, verdict)
    if verdict is EmergencyVerdict.NOT_UPHELD and not note:
        raise ConsentIncomplete
    review.verdict, review.reviewed_by_id, review.reviewed_at, review.note = verdict, by.id, at, note
    if verdict is EmergencyVerdict.NOT_UPHELD:
        review.ended_at = at
    session.flush()
    referral = session.get_one(Referral, review.referral_id)
    log.note(session, "emergency_reviewed", person_id=referral.person_id, record=review, verdict=verdict.value)
    if verdict is EmergencyVerdict.UPHELD:
        return []
    try:
        referrals.check_consent(session, referral, at)
    except ConsentMissing:
        return stop_sharing(session, Referral.id == referral.id, DeclineReason.NO_CONSENT, by=by, at=at)
    return []


def expire_draft(session: Session, referral: Referral, *, at: datetime) -> None:
    """Give up a referral for which nobody brought the consent in time: its place is free, its need is open again."""
    referrals.cancel(session, referral, by=None, at=at, reason=DeclineReason.NO_CONSENT)
