"""Putting a need to a provider: with the person's consent, as a draft that waits for it, or as an emergency.

There is no other way in which a provider learns of somebody (PIPL Art. 23). The consent is locked while the referral
is written, so that whoever withdraws it at the same moment finds the referral and ends it.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    Capacity,
    EmergencyReview,
    LinkPurpose,
    MessageKind,
    Need,
    NeedStatus,
    OutgoingKind,
    Proposal,
    Referral,
    ReferralStatus,
    Service,
    ServiceAtLocation,
    Urgency,
)
from models.errors import AlreadyReferred, ConsentMissing
from models.need import WAITING_STATUSES
from models.referral import LIVE_STATUSES
from referral import log
from referral.actions import case_flow, places
from referral.actions.numbering import next_number
from referral.actions.outbox import tell_outside
from referral.actions.referral_events import move, write_event
from referral.actions.referral_news import tell_of_emergency, tell_provider, tell_station
from referral.clock import WorkCalendar, local_date
from referral.queries import consents, contracts
from referral.queries.calendar import work_calendar

ANSWER_WORKING_DAYS = {Urgency.CRITICAL: 0, Urgency.HIGH: 1, Urgency.NORMAL: 3, Urgency.LOW: 5}
"""Working days a provider has to answer, by urgency; 0 ends today at 24:00 (defaults of the field)."""
CONSENT_WORKING_DAYS = {Urgency.CRITICAL: 1, Urgency.HIGH: 2, Urgency.NORMAL: 5, Urgency.LOW: 10}
"""Working days in which the person is asked, while the place is held (ours: twice the time of an answer, or less)."""


def request(
    session: Session,
    need: Need,
    capacity: Capacity,
    *,
    by: Account | None,
    at: datetime,
    note: str | None = None,
    choice_note: str | None = None,
    proposal: Proposal | None = None,
    calendar: WorkCalendar | None = None,
    emergency: str | None = None,
    wait_for_consent: bool = False,
) -> Referral:
    """Put a need to a provider: hold the place, set the clock, tell the provider. Return the referral.

    Without a consent in force it is sent only as an emergency, with the reason in words; with `wait_for_consent` it
    becomes a draft that holds the place and that the provider does not see. Raises ConsentMissing, NoPlaceLeft,
    FundShort, AmountMissing, ContractUsedUp, AlreadyReferred where the need has a referral that is alive, WrongStep
    where it is closed.
    """
    if need.status not in WAITING_STATUSES and has_live_referral(session, need):
        raise AlreadyReferred
    offer = session.execute(
        sa.select(ServiceAtLocation.id, Service.organization_id, Service.program_id)
        .join(Service, Service.id == ServiceAtLocation.service_id)
        .where(ServiceAtLocation.id == capacity.service_at_location_id)
    ).one()
    contracts.stop_where_used_up(
        session, need, organization_id=offer.organization_id, program_id=offer.program_id, day=local_date(at)
    )
    consent = consents.live_consent(session, need.person_id, offer.organization_id, at, lock=True)
    if consent is None and not emergency and not wait_for_consent:
        raise ConsentMissing
    calendar = calendar or work_calendar(session)
    need.move_to(NeedStatus.REFERRED, at=at)
    referral = Referral(
        number=next_number(session, Referral, at),
        need_id=need.id,
        person_id=need.person_id,
        service_at_location_id=offer.id,
        capacity_id=capacity.id,
        organization_id=offer.organization_id,
        station_id=need.station_id,
        area_code=need.area_code,
        proposal_id=proposal.id if proposal else None,
        status=ReferralStatus.DRAFT,
        request_note=note,
        choice_note=choice_note,
        requested_by_id=by.id if by else None,
    )
    if consent is None and not emergency:
        referral.consent_by = calendar.deadline(at, CONSENT_WORKING_DAYS[need.urgency]).at
    else:
        _set_clock(referral, need, calendar, by=by, at=at)
    session.add(referral)
    session.flush()
    places.take_place(session, referral, capacity_id=capacity.id, at=at)
    write_event(session, referral, None, by=by, at=at, note=choice_note)
    if referral.status is ReferralStatus.DRAFT:
        tell_station(session, referral, MessageKind.CONSENT_WANTED, at)
    else:
        if consent is None and emergency:
            _mark_emergency(session, referral, emergency, by=by, at=at)
        _put(session, referral, need, by=by, at=at)
    session.flush()
    return referral


def send_draft(
    session: Session,
    referral: Referral,
    *,
    by: Account | None,
    at: datetime,
    calendar: WorkCalendar | None = None,
) -> None:
    """Send a referral that waited for the person's consent. Raises ConsentMissing without one, WrongStep."""
    if consents.live_consent(session, referral.person_id, referral.organization_id, at, lock=True) is None:
        raise ConsentMissing
    need = session.get_one(Need, referral.need_id)
    move(session, referral, ReferralStatus.REQUESTED, by=by, at=at)
    _set_clock(referral, need, calendar or work_calendar(session), by=by, at=at)
    _put(session, referral, need, by=by, at=at)
    session.flush()


def send_draft_in_emergency(session: Session, referral: Referral, *, by: Account, at: datetime, reason: str) -> None:
    """Send a referral that waited for consent without it, because life or health is in danger. Raises WrongStep."""
    need = session.get_one(Need, referral.need_id)
    move(session, referral, ReferralStatus.REQUESTED, by=by, at=at)
    _set_clock(referral, need, work_calendar(session), by=by, at=at)
    _mark_emergency(session, referral, reason, by=by, at=at)
    _put(session, referral, need, by=by, at=at)
    session.flush()


def has_live_referral(session: Session, need: Need) -> bool:
    """Say whether a need has a referral that still holds it."""
    statement = sa.select(Referral.id).where(Referral.need_id == need.id, Referral.status.in_(LIVE_STATUSES))
    return session.scalar(statement.limit(1)) is not None


def check_consent(session: Session, referral: Referral, at: datetime) -> None:
    """Raise ConsentMissing unless the provider may still know of the person; holds the consent until the end."""
    if consents.live_consent(session, referral.person_id, referral.organization_id, at, lock=True) is None and (
        not consents.stands_as_emergency(session, referral)
    ):
        raise ConsentMissing


def _set_clock(referral: Referral, need: Need, calendar: WorkCalendar, *, by: Account | None, at: datetime) -> None:
    deadline = calendar.deadline(at, ANSWER_WORKING_DAYS[need.urgency])
    referral.status = ReferralStatus.REQUESTED
    referral.consent_by = None
    referral.requested_by_id = by.id if by else referral.requested_by_id
    referral.requested_at = at
    referral.answer_by = deadline.at
    referral.answer_by_is_provisional = deadline.provisional


def _mark_emergency(session: Session, referral: Referral, reason: str, *, by: Account | None, at: datetime) -> None:
    referral.emergency = True
    session.add(EmergencyReview(referral_id=referral.id, reason=reason, sent_by_id=by.id if by else None, sent_at=at))
    session.flush()
    log.note(session, "emergency_sent", person_id=referral.person_id, record=referral)
    tell_of_emergency(session, referral, at)


def _put(session: Session, referral: Referral, need: Need, *, by: Account | None, at: datetime) -> None:
    case_flow.put_in_circulation(session, need.case_id, by=by, at=at)
    tell_provider(session, referral, MessageKind.REFERRAL_REQUESTED, at)
    tell_outside(session, referral, OutgoingKind.ASKED, at=at, purpose=LinkPurpose.ANSWER, by=by)
