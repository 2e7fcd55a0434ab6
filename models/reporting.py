"""Reports that are kept: frozen and signed figures, a township's monthly table, and sums counted ahead."""

import enum
import uuid
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Record
from models.field_groups import FieldGroup
from models.organization import Organization


class Snapshot(Record):
    """The figures of a period as they stood on one day, with what they mean, signed by the installation."""

    __tablename__ = "snapshot"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (sa.CheckConstraint("ends_on >= starts_on", name="period"),)

    number: Mapped[str] = mapped_column(sa.String(24), unique=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    area_code: Mapped[str] = mapped_column(sa.ForeignKey("area.code"), index=True)
    program_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("program.id"), index=True)
    body: Mapped[str] = mapped_column(sa.Text)
    """Figures (small ones withheld), definitions, parameters and digests of the records, as canonical JSON: the very
    characters that were signed."""
    digest: Mapped[str] = mapped_column(sa.String(64))
    """SHA-256 of the body."""
    signature: Mapped[str] = mapped_column(sa.String(64))
    """HMAC-SHA-256 of the body by a key of this installation."""
    taken_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    taken_at: Mapped[datetime] = mapped_column(index=True)

    taken_by: Mapped[Account | None] = relationship(lazy="raise_on_sql")


class FreezingStatus(enum.StrEnum):
    """How far the freezing of a report is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Freezing(Record):
    """That somebody wants a period frozen, and how far that is: the report itself is written whole, or not at all."""

    __tablename__ = "freezing"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (
        sa.CheckConstraint("ends_on >= starts_on", name="period"),
        sa.CheckConstraint("(status = 'done') = (snapshot_id IS NOT NULL)", name="done_names_it"),
        sa.Index(
            "uq_freezing_one_at_work",
            "asked_by_id",
            "starts_on",
            "ends_on",
            unique=True,
            sqlite_where=sa.text("status IN ('waiting', 'running')"),
            postgresql_where=sa.text("status IN ('waiting', 'running')"),
        ),
        sa.Index("ix_freezing_status_asked_at", "status", "asked_at"),
    )

    starts_on: Mapped[date]
    ends_on: Mapped[date]
    area_code: Mapped[str] = mapped_column(sa.ForeignKey("area.code"), index=True)
    program_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("program.id"), index=True)
    status: Mapped[FreezingStatus] = mapped_column(default=FreezingStatus.WAITING)
    stage: Mapped[str] = mapped_column(sa.String(16), default="waiting")
    """waiting, counting, withholding, signing: for the page that waits for it."""
    asked_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"))
    asked_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    """When it was last begun; whoever began it then is the one that may finish it."""
    attempts: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None]
    failure: Mapped[str | None] = mapped_column(sa.String(64))
    snapshot_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("snapshot.id"), index=True)

    asked_by: Mapped[Account] = relationship(lazy="raise_on_sql")


class MonthlyStatus(enum.StrEnum):
    """Where a township's monthly table is."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    RECEIVED = "received"


MONTHLY_STEPS: dict[MonthlyStatus, frozenset[MonthlyStatus]] = {
    MonthlyStatus.DRAFT: frozenset({MonthlyStatus.SUBMITTED}),
    MonthlyStatus.SUBMITTED: frozenset({MonthlyStatus.RECEIVED, MonthlyStatus.RETURNED}),
    MonthlyStatus.RETURNED: frozenset({MonthlyStatus.SUBMITTED}),
    MonthlyStatus.RECEIVED: frozenset(),
}
"""From each state, where a monthly table may go."""


class MonthlyReport(Record):
    """What a station files with the county each month: services by persons, person-times and households."""

    __tablename__ = "monthly_report"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (
        sa.UniqueConstraint("organization_id", "month"),
        sa.CheckConstraint("status != 'returned' OR returned_reason IS NOT NULL", name="returned_has_reason"),
        sa.Index("ix_monthly_report_area_code_month", "area_code", "month"),
    )

    organization_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organization.id"))
    """The station that files it."""
    area_code: Mapped[str] = mapped_column(sa.ForeignKey("area.code"))
    """The township."""
    month: Mapped[date]
    """Its first day."""
    status: Mapped[MonthlyStatus] = mapped_column(default=MonthlyStatus.DRAFT)
    lines: Mapped[list[Any]] = mapped_column(default=list)
    """As filed: [code of term, urban or rural, persons, person-times, households, hundredths of units, unit, fen]."""
    digest: Mapped[str | None] = mapped_column(sa.String(64))
    """SHA-256 of the lines as they were filed."""
    remark: Mapped[str | None] = mapped_column(sa.String(500))
    submitted_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    submitted_at: Mapped[datetime | None]
    received_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    received_at: Mapped[datetime | None]
    returned_reason: Mapped[str | None] = mapped_column(sa.String(500))

    organization: Mapped[Organization] = relationship(lazy="raise_on_sql")
    submitted_by: Mapped[Account | None] = relationship(foreign_keys=[submitted_by_id], lazy="raise_on_sql")
    received_by: Mapped[Account | None] = relationship(foreign_keys=[received_by_id], lazy="raise_on_sql")


class KeptMonth(Record):
    """The entries of one month's visits in one block of numbers, so that a year of a city opens in a moment.

    Never the truth: whoever reads it compares `entries`, `replaced` and `newest` with the visits, and counts these
    where they differ.
    """

    __tablename__ = "kept_month"
    field_group = FieldGroup.PROCESS
    __table_args__ = (sa.UniqueConstraint("month"),)

    month: Mapped[date]
    entries: Mapped[int]
    replaced: Mapped[int]
    newest: Mapped[datetime | None]
    """When the newest of the entries was written."""
    body: Mapped[bytes] = mapped_column(sa.LargeBinary)
    counted_at: Mapped[datetime]
    judged: Mapped[str | None] = mapped_column(sa.String(255))
    """Up to when decisions on hours are counted in, and how many these were; empty: count anew."""
    keys: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    """Keys of the visits in their order, for writing later decisions into the block."""


class KeptReport(Record):
    """A report that takes long to count, as it was counted at one moment for readers of one scope.

    The page says when that was. An hourly job counts those anew that somebody has opened lately.
    """

    __tablename__ = "kept_report"
    field_group = FieldGroup.PROCESS
    __table_args__ = (sa.CheckConstraint("ends_on >= starts_on", name="period"),)

    name: Mapped[str] = mapped_column(sa.String(64), unique=True)
    """SHA-256 of scope, period, area and program: whoever has another scope never finds it."""
    tables: Mapped[bool] = mapped_column(default=False)
    """Whether these are all tables of a year as they may be told, rather than one report."""
    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"), index=True)
    """Who opened it last: with whose scope it is counted anew."""
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    area_code: Mapped[str | None] = mapped_column(sa.ForeignKey("area.code"), index=True)
    program_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("program.id"), index=True)
    body: Mapped[bytes] = mapped_column(sa.LargeBinary)
    took: Mapped[float]
    """Seconds that counting took."""
    counted_at: Mapped[datetime] = mapped_column(index=True)
    opened_at: Mapped[datetime]
    """When somebody last opened it, to the hour."""
