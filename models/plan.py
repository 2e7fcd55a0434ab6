"""What was agreed after a referral was taken on: how often, by whom, until when; and each visit that follows from it.

A plan says how often help comes; the planned visits of the coming weeks are made from it ahead. What was really done
is a `Visit`; a planned one is tied to it and is done once.
"""

import enum
import uuid
from datetime import date, datetime, time
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Record, Units
from models.delivery import DeliveryRound
from models.encryption import Encrypted
from models.errors import ReasonMissing, WrongStep
from models.field_groups import FieldGroup, marked
from models.organization import Organization, Program
from models.person import Person
from models.referral import Referral
from models.taxonomy import TaxonomyTerm
from models.visit import Visit


class PlanKind(enum.StrEnum):
    """In which way a plan is carried out."""

    RECURRING = "recurring"
    MEALS = "meals"
    """Meals that a delivery round brings."""
    ON_CALL = "on_call"
    """Nothing is fixed ahead: the person calls, and each call takes from the plan's units."""


class FreeDays(enum.StrEnum):
    """What happens to a visit whose day is not worked."""

    SKIP = "skip"
    NEXT_WORKING_DAY = "next_working_day"
    KEEP = "keep"


class PlanStatus(enum.StrEnum):
    """Where a plan stands."""

    ACTIVE = "active"
    ON_HOLD = "on_hold"
    ENDED = "ended"
    CANCELLED = "cancelled"


PLAN_STEPS: dict[PlanStatus, frozenset[PlanStatus]] = {
    PlanStatus.ACTIVE: frozenset({PlanStatus.ON_HOLD, PlanStatus.ENDED, PlanStatus.CANCELLED}),
    PlanStatus.ON_HOLD: frozenset({PlanStatus.ACTIVE, PlanStatus.ENDED, PlanStatus.CANCELLED}),
    PlanStatus.ENDED: frozenset(),
    PlanStatus.CANCELLED: frozenset(),
}
"""From each state, where a plan may go."""
LIVE_PLANS = (PlanStatus.ACTIVE, PlanStatus.ON_HOLD)


class PlannedStatus(enum.StrEnum):
    """What became of a planned visit."""

    PLANNED = "planned"
    DONE = "done"
    MOVED = "moved"
    """Another planned visit stands in its place."""
    MISSED = "missed"
    CANCELLED = "cancelled"


_P = PlannedStatus
PLANNED_STEPS: dict[PlannedStatus, frozenset[PlannedStatus]] = {
    _P.PLANNED: frozenset({_P.DONE, _P.MOVED, _P.MISSED, _P.CANCELLED}),
    # Nobody was at home in the morning and somebody in the afternoon; or the entry came late from a phone off-line.
    _P.MISSED: frozenset({_P.DONE, _P.MOVED}),
    # The entry that it was done by was corrected: the person had not been reached.
    _P.DONE: frozenset({_P.MISSED}),
    _P.MOVED: frozenset(),
    _P.CANCELLED: frozenset(),
}
"""From each state, where a planned visit may go."""
COUNTED_AS_PLANNED = (_P.PLANNED, _P.DONE, _P.MISSED)
"""States that count as planned help; a moved visit is counted where it was moved to."""


class PlannedReason(enum.StrEnum):
    """Why a planned visit was moved, missed or cancelled."""

    PERSON_ASKED = "person_asked"
    NOBODY_HOME = "nobody_home"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"
    IN_HOSPITAL = "in_hospital"
    AWAY = "away"
    WRONG_ADDRESS = "wrong_address"
    MOVED_AWAY = "moved_away"
    DIED = "died"
    WORKER_ABSENT = "worker_absent"
    PROVIDER_FAILED = "provider_failed"
    WEATHER = "weather"
    HOLIDAY = "holiday"
    PLAN_CHANGED = "plan_changed"
    PLAN_ON_HOLD = "plan_on_hold"
    PLAN_ENDED = "plan_ended"
    ENTERED_IN_ERROR = "entered_in_error"
    OTHER = "other"


BY_THE_PLAN = frozenset({PlannedReason.PLAN_CHANGED, PlannedReason.PLAN_ON_HOLD, PlannedReason.PLAN_ENDED})
"""Reasons that follow from what became of the plan; nobody chooses them."""


class ServicePlan(Record):
    """The plan of one referral."""

    __tablename__ = "service_plan"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="period"),
        sa.CheckConstraint("kind = 'on_call' OR rule IS NOT NULL", name="has_rule"),
        sa.CheckConstraint("units > 0 AND minutes BETWEEN 0 AND 1440", name="each"),
        sa.CheckConstraint("units_total IS NULL OR units_total > 0", name="units_total"),
        sa.CheckConstraint("status NOT IN ('on_hold', 'cancelled') OR reason IS NOT NULL", name="has_reason"),
        sa.Index("ix_service_plan_status_made_until", "status", "made_until"),
        sa.Index("ix_service_plan_organization_id_status", "organization_id", "status"),
        sa.Index("ix_service_plan_station_id_status", "station_id", "status"),
    )

    referral_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("referral.id"), unique=True)
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    organization_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organization.id"))
    """Who gives the help."""
    station_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("organization.id"))
    """The station that looks after the person."""
    program_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("program.id"), index=True)
    term_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("taxonomy_term.id"), index=True)
    area_code: Mapped[str] = mapped_column(sa.ForeignKey("area.code"), index=True, info=marked(FieldGroup.IDENTITY))
    worker_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    """Who goes; empty where the organization sends whoever is free."""
    kind: Mapped[PlanKind]
    rule: Mapped[str | None] = mapped_column(sa.String(255))
    """RFC 5545 recurrence of days, such as FREQ=WEEKLY;BYDAY=TU,FR; empty for a plan on call."""
    free_days: Mapped[FreeDays] = mapped_column(default=FreeDays.SKIP)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    """The last day; empty while the help goes on until somebody ends it."""
    at_time: Mapped[time | None]
    """When the help comes on its day; empty where only the day was agreed."""
    minutes: Mapped[int]
    """Of one visit."""
    units: Mapped[Units]
    """Of one visit."""
    unit: Mapped[str] = mapped_column(sa.String(8))
    units_total: Mapped[Units | None]
    """The most that the plan gives altogether; empty where only its period ends it."""
    status: Mapped[PlanStatus] = mapped_column(default=PlanStatus.ACTIVE)
    reason: Mapped[PlannedReason | None]
    note: Mapped[str | None] = mapped_column(Encrypted("service_plan.note"), info=marked(FieldGroup.NOTES))
    """What whoever goes should know: which door, which dialect, what was agreed."""
    made_until: Mapped[date | None]
    """The last day for which planned visits have been made."""
    made_with: Mapped[str | None] = mapped_column(sa.String(64))
    """Which calendar they were made with, so that a newly published year remakes them."""
    made_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own way

    person: Mapped[Person] = relationship(lazy="raise_on_sql")
    referral: Mapped[Referral] = relationship(lazy="raise_on_sql")
    organization: Mapped[Organization] = relationship(foreign_keys=[organization_id], lazy="raise_on_sql")
    program: Mapped[Program | None] = relationship(lazy="raise_on_sql")
    term: Mapped[TaxonomyTerm] = relationship(lazy="raise_on_sql")
    worker: Mapped[Account | None] = relationship(foreign_keys=[worker_id], lazy="raise_on_sql")

    def move_to(self, status: PlanStatus, *, at: datetime, reason: PlannedReason | None = None) -> None:
        """Take a step; raise WrongStep, or ReasonMissing for a pause or a cancellation without a reason."""
        if status not in PLAN_STEPS[self.status]:
            raise WrongStep(self.status, status)
        if status in (PlanStatus.ON_HOLD, PlanStatus.CANCELLED) and reason is None:
            raise ReasonMissing
        self.status, self.reason = status, reason
        self.ended_at = None if status in LIVE_PLANS else at


class PlannedVisit(Record):
    """One visit, meal or call that a plan promises for a day."""

    __tablename__ = "planned_visit"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.UniqueConstraint("plan_id", "slot"),
        sa.UniqueConstraint("plan_id", "entry_key"),
        sa.CheckConstraint("units > 0 AND minutes BETWEEN 0 AND 1440", name="each"),
        sa.CheckConstraint("status NOT IN ('moved', 'missed', 'cancelled') OR reason IS NOT NULL", name="has_reason"),
        sa.CheckConstraint("status != 'done' OR visit_id IS NOT NULL", name="done_has_visit"),
        sa.Index("ix_planned_visit_worker_id_status_due_on", "worker_id", "status", "due_on"),
        sa.Index("ix_planned_visit_organization_id_status_due_on", "organization_id", "status", "due_on"),
        sa.Index("ix_planned_visit_station_id_status_due_on", "station_id", "status", "due_on"),
        sa.Index("ix_planned_visit_person_id_due_on", "person_id", "due_on"),
        sa.Index("ix_planned_visit_area_code_due_on", "area_code", "due_on"),
        sa.Index("ix_planned_visit_plan_id_due_on", "plan_id", "due_on"),
        # Due and done of a year in the report, from the index alone.
        sa.Index(
            "ix_planned_visit_report", "due_on", "area_code", "program_id", "status", "unit", "units", "person_id"
        ),
    )

    plan_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("service_plan.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"))
    organization_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organization.id"))
    station_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("organization.id"))
    program_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("program.id"), index=True)
    term_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("taxonomy_term.id"), index=True)
    area_code: Mapped[str] = mapped_column(sa.ForeignKey("area.code"), info=marked(FieldGroup.IDENTITY))
    worker_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    kind: Mapped[PlanKind]
    slot: Mapped[date | None]
    """The day that the plan's rule gave, before free days moved it; empty for calls and for what a person moved."""
    due_on: Mapped[date]
    at_time: Mapped[time | None]
    provisional: Mapped[bool] = mapped_column(default=False)
    """The holidays of that day were not yet published when it was made."""
    minutes: Mapped[int]
    units: Mapped[Units]
    unit: Mapped[str] = mapped_column(sa.String(8))
    status: Mapped[PlannedStatus] = mapped_column(default=PlannedStatus.PLANNED)
    reason: Mapped[PlannedReason | None]
    reason_text: Mapped[str | None] = mapped_column(
        Encrypted("planned_visit.reason_text"), info=marked(FieldGroup.NOTES)
    )
    promise: Mapped[str | None] = mapped_column(Encrypted("planned_visit.promise"), info=marked(FieldGroup.NOTES))
    """What the person was promised for this time, or asked for when calling."""
    visit_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("visit.id"), unique=True)
    """What was done, or the attempt that did not reach the person."""
    moved_from_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("planned_visit.id"), unique=True)
    entry_key: Mapped[str | None] = mapped_column(sa.String(64))
    """Made by the form of a call, so that the same call sent twice is one."""
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    """Who moved, missed or cancelled it; empty where the clock did."""
    decided_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own way

    plan: Mapped[ServicePlan] = relationship(lazy="raise_on_sql")
    person: Mapped[Person] = relationship(lazy="raise_on_sql")
    organization: Mapped[Organization] = relationship(foreign_keys=[organization_id], lazy="raise_on_sql")
    term: Mapped[TaxonomyTerm] = relationship(lazy="raise_on_sql")
    worker: Mapped[Account | None] = relationship(foreign_keys=[worker_id], lazy="raise_on_sql")
    visit: Mapped[Visit | None] = relationship(lazy="raise_on_sql")

    def move_to(
        self,
        status: PlannedStatus,
        *,
        reason: PlannedReason | None = None,
        reason_text: str | None = None,
        by: Account | None = None,
        at: datetime | None = None,
    ) -> None:
        """Take a step; raise WrongStep, or ReasonMissing where the step must be explained and is not."""
        if status not in PLANNED_STEPS[self.status]:
            raise WrongStep(self.status, status)
        wants = status is not PlannedStatus.DONE
        if wants and (reason is None or (reason is PlannedReason.OTHER and not (reason_text or "").strip())):
            raise ReasonMissing
        self.status = status
        self.reason, self.reason_text = (reason, reason_text) if wants else (None, None)
        self.decided_by_id, self.decided_at = by.id if by else None, at

    @property
    def hours(self) -> Decimal:
        """The planned time in hours."""
        return Decimal(self.minutes) / 60


class DeliveryStop(Record):
    """One place of a round: whose plan, and in which order."""

    __tablename__ = "delivery_stop"
    field_group = FieldGroup.PROCESS
    __table_args__ = (sa.Index("ix_delivery_stop_round_id_position", "round_id", "position"),)

    round_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("delivery_round.id"))
    plan_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("service_plan.id"), unique=True)
    position: Mapped[int]

    round: Mapped[DeliveryRound] = relationship(lazy="raise_on_sql")
    plan: Mapped[ServicePlan] = relationship(lazy="raise_on_sql")
