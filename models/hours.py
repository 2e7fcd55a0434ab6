"""Whether what was logged holds: what looks implausible, who approved or disputed it, and what volunteers gave."""

import enum
import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Record, Units
from models.contract import ContractLine
from models.encryption import Encrypted
from models.field_groups import FieldGroup, marked
from models.organization import Organization
from models.visit import Visit


class FlagRule(enum.StrEnum):
    """What can be implausible about a visit; each rule is said in words in docs/hours.md."""

    DUPLICATE = "duplicate"
    WORKER_TWICE = "worker_twice"
    """The same worker was with somebody else at the same time."""
    PERSON_TWICE = "person_twice"
    """The same person was given two services at the same time."""
    IMPOSSIBLE_TRAVEL = "impossible_travel"
    TOO_LONG = "too_long"
    LONG_DAY = "long_day"
    AFTER_DEATH = "after_death"
    AFTER_EXIT = "after_exit"
    OUTSIDE_REFERRAL = "outside_referral"
    OUTSIDE_CONTRACT = "outside_contract"
    COPIED_NOTE = "copied_note"
    TOO_ROUND = "too_round"


class VisitFlag(Record):
    """One rule that a visit breaks, with the figures it was judged by; it stands until somebody explains it."""

    __tablename__ = "visit_flag"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.UniqueConstraint("visit_id", "rule"),
        sa.CheckConstraint("(explained_at IS NULL) = (reason IS NULL)", name="explained"),
        sa.CheckConstraint("(explained_at IS NULL) = (explained_by_id IS NULL)", name="explained_by"),
    )

    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit.id"))
    rule: Mapped[FlagRule]
    other_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    """The visit it clashes with, where it is one."""
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Figures only: minutes, kilometres, days, shares, and the threshold they passed."""
    raised_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]
    """When the rule was looked at again and no longer holds, such as after a correction."""
    explained_at: Mapped[datetime | None]
    explained_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    reason: Mapped[str | None] = mapped_column(Encrypted("visit_flag.reason"), info=marked(FieldGroup.NOTES))

    visit: Mapped[Visit] = relationship(foreign_keys=[visit_id], lazy="raise_on_sql")
    explained_by: Mapped[Account | None] = relationship(lazy="raise_on_sql")

    @property
    def stands(self) -> bool:
        """Say whether it keeps the visit from being approved."""
        return self.explained_at is None and self.gone_at is None


class NotePrint(Record):
    """What tells notes of one worker apart or alike, without their words (keyed; differs from worker to worker)."""

    __tablename__ = "note_print"
    field_group = FieldGroup.PROCESS

    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit.id"), unique=True)
    whole: Mapped[str] = mapped_column(sa.String(64), index=True)
    """HMAC of the note without spaces, signs and digits."""
    sketch: Mapped[str] = mapped_column(sa.String(512))
    """MinHash of its shingles: 128 numbers of 16 bits as hex; the share of equal ones estimates how alike two are."""


class HoursVerdict(enum.StrEnum):
    """What a supervisor says of a logged visit."""

    APPROVED = "approved"
    DISPUTED = "disputed"


class DisputeReason(enum.StrEnum):
    """Why a logged visit is not accepted."""

    NOT_GIVEN = "not_given"
    WRONG_TIME = "wrong_time"
    WRONG_UNITS = "wrong_units"
    WRONG_PERSON = "wrong_person"
    OUTSIDE_PLAN = "outside_plan"
    NO_EVIDENCE = "no_evidence"
    PERSON_OBJECTS = "person_objects"
    OTHER = "other"


class HoursDecision(Record):
    """Somebody's word on one visit. The last one that has not lapsed counts; none is ever changed but to lapse."""

    __tablename__ = "hours_decision"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.Index(
            "uq_hours_decision_one_stands",
            "visit_id",
            unique=True,
            sqlite_where=sa.text("lapsed_at IS NULL"),
            postgresql_where=sa.text("lapsed_at IS NULL"),
        ),
        # What was taken back since a month was kept, without reading all decisions.
        sa.Index(
            "ix_hours_decision_lapsed_at",
            "lapsed_at",
            sqlite_where=sa.text("lapsed_at IS NOT NULL"),
            postgresql_where=sa.text("lapsed_at IS NOT NULL"),
        ),
        sa.CheckConstraint("verdict != 'disputed' OR reason IS NOT NULL", name="dispute_has_reason"),
        sa.CheckConstraint("reason != 'other' OR words IS NOT NULL", name="other_has_words"),
        sa.CheckConstraint("units >= 0", name="units"),
        sa.CheckConstraint("line_id IS NULL OR NOT beyond_quota", name="beyond_draws_nothing"),
    )

    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    verdict: Mapped[HoursVerdict]
    reason: Mapped[DisputeReason | None]
    words: Mapped[str | None] = mapped_column(Encrypted("hours_decision.words"), info=marked(FieldGroup.NOTES))
    by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"), index=True)
    at: Mapped[datetime]
    lapsed_at: Mapped[datetime | None]
    """When another decision or a correction of the visit took its place."""
    line_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("contract_line.id"), index=True)
    """The contract line whose quota the approval draws on."""
    units: Mapped[Units] = mapped_column(default=Decimal(0))
    """Units approved."""
    beyond_quota: Mapped[bool] = mapped_column(default=False)
    """A contract speaks of this help, but nothing was left of it: approved, and not paid."""

    visit: Mapped[Visit] = relationship(lazy="raise_on_sql")
    by: Mapped[Account] = relationship(lazy="raise_on_sql")
    line: Mapped[ContractLine | None] = relationship(lazy="raise_on_sql")


class HoursThreshold(Record):
    """A limit that was set otherwise than usual, with the reason or paper behind it. A change is a new row."""

    __tablename__ = "hours_threshold"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (sa.Index("ix_hours_threshold_name_set_at", "name", "set_at"),)

    name: Mapped[str] = mapped_column(sa.String(48))
    value: Mapped[Units]
    source: Mapped[str] = mapped_column(sa.String(255))
    set_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    set_at: Mapped[datetime]

    set_by: Mapped[Account | None] = relationship(lazy="raise_on_sql")


class Volunteer(Record):
    """Somebody who gives time to an organization, under a name or an alias."""

    __tablename__ = "volunteer"
    field_group = FieldGroup.IDENTITY

    number: Mapped[str] = mapped_column(sa.String(24), unique=True)
    organization_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organization.id"), index=True)
    account_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), unique=True)
    name: Mapped[str] = mapped_column(Encrypted("volunteer.name"))
    is_alias: Mapped[bool] = mapped_column(default=False)
    """A statement needs a real name."""
    since: Mapped[date]
    active: Mapped[bool] = mapped_column(default=True)

    organization: Mapped[Organization] = relationship(lazy="raise_on_sql")


class VolunteerHours(Record):
    """Time a volunteer gave on one day. A correction is a new entry; the replaced one stays and no longer counts."""

    __tablename__ = "volunteer_hours"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.CheckConstraint("hours > 0 AND hours <= 2400", name="hours"),
        sa.Index("ix_volunteer_hours_volunteer_id_day", "volunteer_id", "day"),
    )

    volunteer_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("volunteer.id"))
    day: Mapped[date] = mapped_column(index=True)
    hours: Mapped[Units]
    activity: Mapped[str] = mapped_column(sa.String(120))
    """What was done, in the organization's words; never names of people helped."""
    place: Mapped[str | None] = mapped_column(sa.String(120))
    visit_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    recorded_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"), index=True)
    recorded_at: Mapped[datetime]
    corrects_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("volunteer_hours.id"), unique=True)
    replaced: Mapped[bool] = mapped_column(default=False)
    why: Mapped[str | None] = mapped_column(Encrypted("volunteer_hours.why"), info=marked(FieldGroup.NOTES))
    """Why it was corrected."""

    volunteer: Mapped[Volunteer] = relationship(lazy="raise_on_sql")
    recorded_by: Mapped[Account] = relationship(lazy="raise_on_sql")


class VolunteerStatement(Record):
    """A numbered statement of a volunteer's service, as it was given out."""

    __tablename__ = "volunteer_statement"
    field_group = FieldGroup.PROCESS
    __table_args__ = (sa.CheckConstraint("last_day >= first_day", name="period"),)

    number: Mapped[str] = mapped_column(sa.String(24), unique=True)
    volunteer_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("volunteer.id"), index=True)
    organization_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organization.id"), index=True)
    name: Mapped[str] = mapped_column(Encrypted("volunteer_statement.name"), info=marked(FieldGroup.IDENTITY))
    first_day: Mapped[date]
    last_day: Mapped[date]
    hours: Mapped[Units]
    entries: Mapped[int]
    digest: Mapped[str] = mapped_column(sa.String(64))
    """Fingerprint of the entries it counts, so that a later correction shows."""
    issued_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"), index=True)
    issued_at: Mapped[datetime]

    volunteer: Mapped[Volunteer] = relationship(lazy="raise_on_sql")
    organization: Mapped[Organization] = relationship(lazy="raise_on_sql")
    issued_by: Mapped[Account] = relationship(lazy="raise_on_sql")
