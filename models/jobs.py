"""What the scheduler did, once for each slot of time."""

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Record
from models.field_groups import FieldGroup


class JobStatus(enum.StrEnum):
    """How a run of a job went."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class JobRun(Record):
    """One job in one slot; the unique pair keeps two schedulers from doing the same work."""

    __tablename__ = "job_run"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (sa.UniqueConstraint("job", "slot"),)

    job: Mapped[str] = mapped_column(sa.String(64))
    slot: Mapped[str] = mapped_column(sa.String(64))
    status: Mapped[JobStatus]
    started_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    failure: Mapped[str | None] = mapped_column(sa.Text)
