"""A provider's visit on a referral: the first one that reaches the person begins the help."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Referral, ReferralStatus, Visit, VisitKind
from models.errors import DomainError, WrongStep
from models.referral import GOING_ON_STATUSES
from models.visit import REACHED
from referral.actions import referrals, visits
from referral.queries.sharing import KNOWS_WHO


class AlreadyCorrected(DomainError):
    """Another entry has taken the place of this one."""

    code = "visit_corrected"


def correct_delivery(session: Session, visit: Visit, referral: Referral, *, by: Account, **entry: Any) -> Visit:
    """Write a new entry in the place of a wrong one of the same referral, and return it.

    The wrong one stays and no longer counts, and an approval of it lapses: the hours must be approved anew. Who went
    stays who went, whoever corrects; a group session stays one. The same form sent again returns the entry it made.
    Raises AlreadyCorrected where another entry took its place, EntryKeyReused, WrongStep where the help was never
    taken on or was entered in error.
    """
    if referral.status not in KNOWS_WHO:
        raise WrongStep(referral.status, ReferralStatus.IN_PROGRESS)
    found = session.scalars(
        sa.select(Visit).where(Visit.id == visit.id).with_for_update().execution_options(populate_existing=True)
    ).one()
    key = entry.get("entry_key")
    if found.replaced:
        before = session.scalar(sa.select(Visit.entry_key).where(Visit.corrects_id == found.id))
        if key is None or before != key:
            raise AlreadyCorrected
    if found.kind is VisitKind.GROUP:
        entry["kind"] = found.kind
    need = referral.need
    return visits.log_visit(
        session,
        person=need.person,
        term=need.term,
        organization=referral.organization,
        by=by,
        went=found.worker_id,
        referral=referral,
        case=need.case,
        activity_key=found.activity_key,
        corrects=found,
        **entry,
    )


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
