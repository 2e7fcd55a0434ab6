"""A referral: one need, put to one provider's service (states of the HL7 Gravity SDOH task)."""

import enum
import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Record, Units, code_column
from models.capacity import Capacity
from models.encryption import Encrypted
from models.errors import ReasonMissing, WrongStep
from models.field_groups import FieldGroup, marked
from models.need import Need
from models.organization import Organization
from models.service import ServiceAtLocation


class ReferralStatus(enum.StrEnum):
    """Where a referral stands. There is no step from requested to in_progress."""

    DRAFT = "draft"
    REQUESTED = "requested"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    IN_PROGRESS = "in_progress"
    ON_HOLD = "on_hold"
    COMPLETED = "completed"
    FAILED = "failed"
    ENTERED_IN_ERROR = "entered_in_error"


_S = ReferralStatus
NEXT_STEPS: dict[ReferralStatus, frozenset[ReferralStatus]] = {
    _S.DRAFT: frozenset({_S.REQUESTED, _S.CANCELLED, _S.ENTERED_IN_ERROR}),
    _S.REQUESTED: frozenset({_S.ACCEPTED, _S.REJECTED, _S.CANCELLED, _S.EXPIRED, _S.ENTERED_IN_ERROR}),
    _S.ACCEPTED: frozenset({_S.IN_PROGRESS, _S.ON_HOLD, _S.COMPLETED, _S.FAILED, _S.CANCELLED, _S.ENTERED_IN_ERROR}),
    _S.IN_PROGRESS: frozenset({_S.ON_HOLD, _S.COMPLETED, _S.FAILED, _S.CANCELLED, _S.ENTERED_IN_ERROR}),
    _S.ON_HOLD: frozenset({_S.IN_PROGRESS, _S.COMPLETED, _S.FAILED, _S.CANCELLED, _S.ENTERED_IN_ERROR}),
    _S.REJECTED: frozenset({_S.ENTERED_IN_ERROR}),
    _S.CANCELLED: frozenset({_S.ENTERED_IN_ERROR}),
    _S.EXPIRED: frozenset({_S.ENTERED_IN_ERROR}),
    _S.COMPLETED: frozenset({_S.ENTERED_IN_ERROR}),
    _S.FAILED: frozenset({_S.ENTERED_IN_ERROR}),
    _S.ENTERED_IN_ERROR: frozenset(),
}
"""From each state, where a referral may go."""

LIVE_STATUSES = (_S.DRAFT, _S.REQUESTED, _S.ACCEPTED, _S.IN_PROGRESS, _S.ON_HOLD)
"""States in which a referral holds its need and its place."""
GOING_ON_STATUSES = (_S.ACCEPTED, _S.IN_PROGRESS, _S.ON_HOLD)
NEEDS_REASON = frozenset({_S.REJECTED, _S.CANCELLED, _S.ON_HOLD, _S.FAILED})


class DeclineReason(enum.StrEnum):
    """Why a referral was rejected, cancelled, held or failed."""

    OUTSIDE_CHARTER = "outside_charter"
    OUTSIDE_AREA = "outside_area"
    FULL = "full"
    NO_FUNDS = "no_funds"
    CONDITIONS_NOT_MET = "conditions_not_met"
    INFORMATION_MISSING = "information_missing"
    DUPLICATE_HELP = "duplicate_help"
    NOT_REACHABLE = "not_reachable"
    PERSON_REFUSED = "person_refused"
    SAFETY = "safety"
    NO_CONSENT = "no_consent"
    """The person was asked in vain, or not in time."""
    CONSENT_WITHDRAWN = "consent_withdrawn"
    OTHER = "other"


GIVEN_BY_PEOPLE = tuple(
    reason for reason in DeclineReason if reason not in {DeclineReason.NO_CONSENT, DeclineReason.CONSENT_WITHDRAWN}
)
"""Reasons that somebody chooses from a list; the others follow from what became of the consent."""


class ReferralOutcome(enum.StrEnum):
    """How a referral ended; the three exclude each other and feed the indicators."""

    SERVED = "served"
    PARTLY_SERVED = "partly_served"
    NOT_SERVED = "not_served"


class OutcomeReason(enum.StrEnum):
    """Why a referral that was completed ended as it did."""

    AS_PLANNED = "as_planned"
    MET_SOONER = "met_sooner"
    """The need was met with less than was planned."""
    PROVIDER_SHORT = "provider_short"
    """Too few workers, places or goods."""
    FUNDS_ENDED = "funds_ended"
    TERM_ENDED = "term_ended"
    PERSON_STOPPED = "person_stopped"
    AWAY = "away"
    """In hospital, or away for long."""
    HELPED_OTHERWISE = "helped_otherwise"
    NOT_REACHED = "not_reached"
    DIED_OR_MOVED = "died_or_moved"
    OTHER = "other"
    """In the note, which then must be there."""


REASONS_OF_OUTCOME: dict[ReferralOutcome, tuple[OutcomeReason, ...]] = {
    ReferralOutcome.SERVED: (OutcomeReason.AS_PLANNED, OutcomeReason.MET_SOONER, OutcomeReason.OTHER),
    ReferralOutcome.PARTLY_SERVED: tuple(
        one for one in OutcomeReason if one not in {OutcomeReason.AS_PLANNED, OutcomeReason.MET_SOONER}
    ),
    ReferralOutcome.NOT_SERVED: tuple(
        one for one in OutcomeReason if one not in {OutcomeReason.AS_PLANNED, OutcomeReason.MET_SOONER}
    ),
}
"""Which reasons fit which end."""


class AnswerWay(enum.StrEnum):
    """How a provider's answer came."""

    ACCOUNT = "account"
    LINK = "link"
    PHONE = "phone"


_LIVE = "status IN ('draft', 'requested', 'accepted', 'in_progress', 'on_hold')"


class Referral(Record):
    """One need, put to one provider's service. A rejected one ends; the next provider gets a new one."""

    __tablename__ = "referral"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.CheckConstraint(
            "status NOT IN ('rejected', 'cancelled', 'on_hold', 'failed') OR reason IS NOT NULL", name="has_reason"
        ),
        sa.CheckConstraint("reason != 'other' OR reason_text IS NOT NULL", name="other_has_text"),
        sa.CheckConstraint("status NOT IN ('completed', 'failed') OR outcome IS NOT NULL", name="has_outcome"),
        sa.Index(
            "uq_referral_one_live_for_a_need",
            "need_id",
            unique=True,
            sqlite_where=sa.text(_LIVE),
            postgresql_where=sa.text(_LIVE),
        ),
        sa.Index("ix_referral_organization_id_status_answer_by", "organization_id", "status", "answer_by"),
        sa.Index("ix_referral_station_id_status", "station_id", "status"),
        sa.Index("ix_referral_area_code_requested_at", "area_code", "requested_at"),
        sa.Index("ix_referral_status_answer_by", "status", "answer_by"),
        sa.Index("ix_referral_status_consent_by", "status", "consent_by"),
    )

    number: Mapped[str] = mapped_column(sa.String(24), unique=True, info=marked(FieldGroup.IDENTITY))
    need_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("need.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    service_at_location_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("service_at_location.id"), index=True)
    capacity_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("capacity.id"), index=True)
    organization_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organization.id"), index=True)
    """The provider that is asked."""
    station_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("organization.id"), index=True)
    """The station that looks after the person."""
    area_code: Mapped[str] = mapped_column(sa.ForeignKey("area.code"), index=True, info=marked(FieldGroup.IDENTITY))
    proposal_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("proposal.id"), unique=True)
    """The proposal it came from: applying a round twice cannot make it twice."""
    status: Mapped[ReferralStatus] = mapped_column(default=ReferralStatus.DRAFT)
    request_note: Mapped[str | None] = mapped_column(Encrypted("referral.request_note"), info=marked(FieldGroup.NOTES))
    """What the provider should know; written for the provider's eyes."""
    requested_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    requested_at: Mapped[datetime | None] = mapped_column(index=True)
    answer_by: Mapped[datetime | None]
    """When the provider must have answered; after this the referral expires and the need opens again."""
    answer_by_is_provisional: Mapped[bool] = mapped_column(default=False)
    consent_by: Mapped[datetime | None]
    """Until when a draft waits for the person's consent; after this it is cancelled and its place is free."""
    emergency: Mapped[bool] = mapped_column(default=False, server_default=sa.text("false"))
    """Sent without consent to protect life or health; an `EmergencyReview` says why."""
    reminded_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    reason: Mapped[DeclineReason | None]
    reason_text: Mapped[str | None] = mapped_column(Encrypted("referral.reason_text"), info=marked(FieldGroup.NOTES))
    outcome: Mapped[ReferralOutcome | None]
    outcome_reason: Mapped[OutcomeReason | None]
    """Why a completed one ended so; one that broke off has its `reason`."""
    units_delivered: Mapped[Units | None]
    choice_note: Mapped[str | None] = mapped_column(Encrypted("referral.choice_note"), info=marked(FieldGroup.NOTES))
    """Why this provider, in the words of whoever referred directly or changed a proposal."""
    follows_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("referral.id"), index=True)
    """The one that expired without an answer, where the platform put the need to the next provider by itself."""
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own way

    need: Mapped[Need] = relationship(lazy="raise_on_sql")
    service_at_location: Mapped[ServiceAtLocation] = relationship(lazy="raise_on_sql")
    capacity: Mapped[Capacity | None] = relationship(lazy="raise_on_sql")
    organization: Mapped[Organization] = relationship(foreign_keys=[organization_id], lazy="raise_on_sql")
    station: Mapped[Organization | None] = relationship(foreign_keys=[station_id], lazy="raise_on_sql")
    requested_by: Mapped[Account | None] = relationship(lazy="raise_on_sql")
    events: Mapped[list["ReferralEvent"]] = relationship(back_populates="referral", lazy="raise")

    def move_to(
        self, status: ReferralStatus, *, reason: DeclineReason | None = None, reason_text: str | None = None
    ) -> None:
        """Take a step; raise WrongStep, or ReasonMissing where the step must be explained and is not."""
        if status not in NEXT_STEPS[self.status]:
            raise WrongStep(self.status, status)
        if status in NEEDS_REASON and (
            reason is None or (reason is DeclineReason.OTHER and not (reason_text or "").strip())
        ):
            raise ReasonMissing
        self.status = status
        if reason is not None:
            self.reason, self.reason_text = reason, reason_text


class ReferralEvent(Record):
    """Who moved a referral, when, and why."""

    __tablename__ = "referral_event"
    field_group = FieldGroup.PROCESS

    referral_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("referral.id"), index=True)
    from_status: Mapped[ReferralStatus | None] = mapped_column(code_column(ReferralStatus, "from_status"))
    to_status: Mapped[ReferralStatus] = mapped_column(code_column(ReferralStatus, "to_status"))
    at: Mapped[datetime]
    by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    """Empty where the clock did it, or a link."""
    way: Mapped[AnswerWay | None] = mapped_column(
        sa.Enum(AnswerWay, values_callable=lambda ways: [way.value for way in ways], native_enum=False, length=32)
    )
    """How the provider's answer came, where it did not come from its own account."""
    reason: Mapped[DeclineReason | None]
    note: Mapped[str | None] = mapped_column(Encrypted("referral_event.note"), info=marked(FieldGroup.NOTES))

    referral: Mapped[Referral] = relationship(back_populates="events", lazy="raise_on_sql")
    by: Mapped[Account | None] = relationship(lazy="raise_on_sql")
