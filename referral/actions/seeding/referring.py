"""One referral of the history: its events, its place and what it does to its need, as the actions would have it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models import (
    Account,
    CapacityKind,
    DeclineReason,
    Message,
    MessageKind,
    MessageStatus,
    Need,
    NeedStatus,
    OutcomeReason,
    Referral,
    ReferralEvent,
    ReferralOutcome,
    ReferralStatus,
    Reservation,
    ReservationStatus,
)
from referral.actions.referrals import ANSWER_WORKING_DAYS
from referral.actions.seeding.cases import Matter
from referral.actions.seeding.files import pool
from referral.actions.seeding.offers import Offer
from referral.actions.seeding.people import PHRASES
from referral.actions.seeding.rows import World
from referral.clock import local_date

R = ReferralStatus
ENDED_WITHOUT_HELP = (R.REJECTED, R.EXPIRED, R.FAILED, R.CANCELLED)
CHOICE_NOTE_SHARE = 0.2
REQUEST_NOTE_SHARE = 0.6


@dataclass
class Line:
    """A referral that help was given under, with what its visits are made from."""

    matter: Matter
    need: Need
    offer: Offer
    referral: Referral


class Referring:
    """Writes referrals; knows who answers for which provider."""

    def __init__(self, world: World, officers: dict[Any, Account]) -> None:
        self.world = world
        self.officers = officers
        self.lines: list[Line] = []

    def request(self, matter: Matter, need: Need, offer: Offer, at: datetime) -> Line:
        """Put a need to a provider."""
        world, notes = self.world, pool(PHRASES)
        deadline = world.calendar.deadline(at, ANSWER_WORKING_DAYS[need.urgency])
        referral = world.add(
            Referral(
                need_id=need.id,
                person_id=need.person_id,
                service_at_location_id=offer.at_location.id,
                capacity_id=offer.now.id,
                organization_id=offer.organization.id,
                station_id=need.station_id,
                area_code=need.area_code,
                status=R.REQUESTED,
                request_note=world.rng.choice(notes["request"]) if world.chance(REQUEST_NOTE_SHARE) else None,
                choice_note=world.rng.choice(notes["choice"]) if world.chance(CHOICE_NOTE_SHARE) else None,
                requested_by_id=matter.worker.id,
                requested_at=at,
                answer_by=deadline.at,
                answer_by_is_provisional=deadline.provisional,
            ),
            at,
        )
        self._event(referral, None, at, matter.worker)
        need.status = NeedStatus.REFERRED
        return Line(matter, need, offer, referral)

    def _event(
        self,
        referral: Referral,
        before: ReferralStatus | None,
        at: datetime,
        by: Account | None,
        *,
        reason: DeclineReason | None = None,
        note: str | None = None,
    ) -> None:
        self.world.add(
            ReferralEvent(
                referral_id=referral.id,
                from_status=before,
                to_status=referral.status,
                at=at,
                by_id=by.id if by else None,
                reason=reason,
                note=note,
            ),
            at,
        )

    def step(
        self,
        line: Line,
        status: ReferralStatus,
        at: datetime,
        *,
        reason: DeclineReason | None = None,
        phrase: str | None = None,
    ) -> None:
        """Take one step of the table; where a provider has no account, its station writes down what it said."""
        referral = line.referral
        before = referral.status
        note = self.world.rng.choice(pool(PHRASES)[phrase]) if phrase else None
        referral.move_to(status, reason=reason, reason_text=note)
        by = self.officers.get(referral.organization_id, line.matter.worker)
        self._event(referral, before, at, None if status is R.EXPIRED else by, reason=reason, note=note)
        if status in (R.ACCEPTED, R.REJECTED):
            referral.answered_at = at
        if status is R.IN_PROGRESS and referral.started_at is None:
            referral.started_at = at
            line.need.status = NeedStatus.BEING_SERVED
            self.lines.append(line)
        if status in ENDED_WITHOUT_HELP:
            referral.ended_at = at
            line.need.status = NeedStatus.OPEN
        if status is R.FAILED:
            referral.outcome = ReferralOutcome.NOT_SERVED

    def complete(self, line: Line, at: datetime, outcome: ReferralOutcome) -> None:
        """End the help as given or partly given."""
        self.step(line, R.COMPLETED, at)
        line.referral.ended_at = at
        line.referral.outcome = outcome
        served = outcome is ReferralOutcome.SERVED
        line.referral.outcome_reason = OutcomeReason.AS_PLANNED if served else OutcomeReason.PROVIDER_SHORT
        line.need.status = NeedStatus.MET if outcome is ReferralOutcome.SERVED else NeedStatus.PARTLY_MET
        line.need.closed_at = at

    def settle(self, line: Line) -> None:
        """Write the place that the referral holds, used or gave back, in the period it belongs to."""
        referral, offer = line.referral, line.offer
        quota = offer.now.kind is CapacityKind.QUOTA
        if referral.status in (R.REQUESTED, R.ACCEPTED):
            status = ReservationStatus.HELD
        elif referral.status in (R.IN_PROGRESS, R.ON_HOLD) or (referral.status is R.COMPLETED and quota):
            status = ReservationStatus.USED
        else:
            status = ReservationStatus.RELEASED
        ended_before = status is ReservationStatus.RELEASED and _day(referral.requested_at) < offer.now.starts_on
        period = offer.before if ended_before and offer.before is not None else offer.now
        referral.capacity_id = period.id
        self.world.add(
            Reservation(
                capacity_id=period.id,
                referral_id=referral.id,
                status=status,
                released_at=referral.ended_at if status is ReservationStatus.RELEASED else None,
            ),
            referral.requested_at,
        )
        if status is not ReservationStatus.RELEASED:
            offer.live += 1
            period.reserved += status is ReservationStatus.HELD
            period.used += status is ReservationStatus.USED


def _day(at: datetime | None) -> Any:
    assert at is not None  # noqa: S101  every referral here was requested
    return local_date(at)


TOLD_DAYS = 10


def tell_of(world: World, referral: Referral) -> None:
    """Write the notices that the last days' steps would have left, once the referrals have their numbers."""
    told = {
        R.REQUESTED: (MessageKind.REFERRAL_REQUESTED, "provider"),
        R.ACCEPTED: (MessageKind.REFERRAL_ACCEPTED, "station"),
        R.REJECTED: (MessageKind.REFERRAL_REJECTED, "station"),
    }
    if referral.status not in told:
        return
    kind, reader = told[referral.status]
    at = referral.requested_at if reader == "provider" else referral.answered_at
    if at is None or (world.now - at).days > TOLD_DAYS:
        return
    world.add(
        Message(
            kind=kind,
            organization_id=referral.organization_id if reader == "provider" else referral.station_id,
            referral_id=referral.id,
            facts={"number": referral.number},
            status=MessageStatus.UNREAD,
            written_at=at,
            once=f"{kind}:{reader}:{referral.number}",
        ),
        at,
    )
