"""A provider's visit on a referral: the first one that reaches the person begins the help."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from models import Account, Referral, ReferralStatus, Visit
from models.errors import WrongStep
from models.referral import GOING_ON_STATUSES
from models.visit import REACHED
from referral.actions import referrals, visits


def log_delivery(session: Session, referral: Referral, *, by: Account, at: datetime, **entry: Any) -> Visit:
    """Write down a visit of a referral that goes on and return it.

    `referral` comes with need, its case, person and term, and with its organization; `entry` are kind,
    contact_result, started_at, minutes, units, amount, note and entry_key. Raises WrongStep before acceptance and
    after the end, EntryKeyReused for a form that was sent with other content before.
    """
    if referral.status not in GOING_ON_STATUSES:
        raise WrongStep(referral.status, ReferralStatus.IN_PROGRESS)
    need = referral.need
    visit = visits.log_visit(
        session,
        person=need.person,
        term=need.term,
        organization=referral.organization,
        by=by,
        referral=referral,
        case=need.case,
        **entry,
    )
    if referral.status is ReferralStatus.ACCEPTED and visit.contact_result in REACHED and visit.units > Decimal(0):
        referrals.start(session, referral, by=by, at=at)
    return visit
