"""A study for planning: where more places would help most, and who hangs on whom. Nothing of it touches needs."""

import enum
import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Record
from models.field_groups import FieldGroup


class StudyStatus(enum.StrEnum):
    """How far it is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class PlanningStudy(Record):
    """What was asked of the needs and places of an area, and the answer in counts, without anybody's key or name."""

    __tablename__ = "planning_study"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (
        sa.CheckConstraint("progress BETWEEN 0 AND 100", name="progress"),
        sa.Index("ix_planning_study_area_code_created_at", "area_code", "created_at"),
        sa.Index(
            "uq_planning_study_one_at_work",
            "area_code",
            unique=True,
            sqlite_where=sa.text("status IN ('waiting', 'running')"),
            postgresql_where=sa.text("status IN ('waiting', 'running')"),
        ),
    )

    area_code: Mapped[str] = mapped_column(sa.ForeignKey("area.code"), index=True)
    status: Mapped[StudyStatus] = mapped_column(default=StudyStatus.WAITING)
    at: Mapped[datetime]
    """The moment that it takes for now."""
    asked: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """places: how many to spread; budget and price: whole yuan or null; radius_km: reach of a new opening or null."""
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """`matching.Params.as_dict` that the plan behind it was made with."""
    stage: Mapped[str] = mapped_column(sa.String(32), default="waiting")
    progress: Mapped[int] = mapped_column(default=0)
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Counts by township, kind of help and organization."""
    made_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    failure: Mapped[str | None] = mapped_column(sa.String(64))

    made_by: Mapped[Account | None] = relationship(lazy="raise_on_sql")
