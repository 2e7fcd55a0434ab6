"""What a receiver may see of a person: let out of the database only while somebody agreed to it.

A receiver's selects are made by `with_sharing`, and each column of a person stands in one of the wrappers below. Its
value leaves the database only while a consent in force, or an emergency that stands, names its kind of data, and the
referral lives or ended lately. So a withdrawal is felt by the next statement, and no page can show more.
"""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from models import Consent, ConsentPurpose, DataKind, EmergencyReview, Referral, ReferralStatus
from models.consent import EMERGENCY_KINDS
from models.referral import GOING_ON_STATUSES, LIVE_STATUSES

KEPT_AFTER_END = timedelta(days=30)
"""How long a receiver still sees whom it helped after a referral has ended: to answer questions and settle bills."""
ASKED_STATUSES = tuple(status for status in LIVE_STATUSES if status is not ReferralStatus.DRAFT)
KNOWS_WHO = (*GOING_ON_STATUSES, ReferralStatus.COMPLETED, ReferralStatus.FAILED)
"""The provider took the referral on: it knows whom it helps or has helped."""


def with_sharing(statement: sa.Select[Any], at: datetime) -> sa.Select[Any]:
    """Join the consent in force at a moment, and the emergency that stands, to a select from Referral. One row each."""
    return statement.outerjoin(
        Consent,
        sa.and_(
            Consent.person_id == Referral.person_id,
            Consent.organization_id == Referral.organization_id,
            Consent.purpose == ConsentPurpose.HELP,
            Consent.live(at),
        ),
    ).outerjoin(
        EmergencyReview, sa.and_(EmergencyReview.referral_id == Referral.id, EmergencyReview.ended_at.is_(None))
    )


def in_time(at: datetime) -> sa.ColumnElement[bool]:
    """Return the condition for referrals that live, or ended (not in error) no longer ago than the set time."""
    ended = sa.and_(
        Referral.status.not_in((*LIVE_STATUSES, ReferralStatus.ENTERED_IN_ERROR)),
        Referral.ended_at > at - KEPT_AFTER_END,
    )
    return sa.or_(Referral.status.in_(ASKED_STATUSES), ended)


def shared(kind: DataKind, at: datetime) -> sa.ColumnElement[bool]:
    """Return the condition under which a receiver may see a kind of data; for selects made by `with_sharing`."""
    agreed: sa.ColumnElement[bool] = getattr(Consent, kind.value).is_(True)
    if kind in EMERGENCY_KINDS:
        agreed = sa.or_(agreed, EmergencyReview.id.is_not(None))
    return sa.and_(agreed, in_time(at))


def something_shared(at: datetime) -> sa.ColumnElement[bool]:
    """Return the condition under which a receiver may see anything of the person at all."""
    return sa.and_(sa.or_(Consent.id.is_not(None), EmergencyReview.id.is_not(None)), in_time(at))


def who(column: Any, at: datetime) -> sa.ColumnElement[Any]:
    """Let a column out that says who it is: after acceptance, as far as the person agreed."""
    return sa.case((sa.and_(Referral.status.in_(KNOWS_WHO), shared(DataKind.IDENTITY, at)), column))


def where(column: Any, at: datetime) -> sa.ColumnElement[Any]:
    """Let a column out that says how to reach the person: while the help goes on, as far as the person agreed."""
    return sa.case((sa.and_(Referral.status.in_(GOING_ON_STATUSES), shared(DataKind.CONTACT, at)), column))


def what(kind: DataKind, column: Any, at: datetime) -> sa.ColumnElement[Any]:
    """Let a column of a kind of data out, also before acceptance, as far as the person agreed."""
    return sa.case((shared(kind, at), column))


def anything(column: Any, at: datetime) -> sa.ColumnElement[Any]:
    """Let a column of the need out while the provider may know of the person at all."""
    return sa.case((something_shared(at), column))
