"""What if: a round on a copy, beside the round as it would run now. Nothing of it touches needs or places."""

import enum
import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Record
from models.field_groups import FieldGroup


class ScenarioKind(enum.StrEnum):
    """What the copy is for."""

    WHAT_IF = "what_if"
    PREVIEW = "preview"
    """Without changes: what a round would propose if it ran now."""
    PARAMETERS = "parameters"
    """The effect of other parameters, before they are kept."""


class ScenarioStatus(enum.StrEnum):
    """It is computed like a round; then somebody keeps it or throws it away."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    KEPT = "kept"
    DISCARDED = "discarded"
    FAILED = "failed"


class Scenario(Record):
    """A question "what if", and its answer."""

    __tablename__ = "scenario"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (sa.Index("ix_scenario_area_code_kind", "area_code", "kind", "created_at"),)

    number: Mapped[str] = mapped_column(sa.String(24), unique=True)
    kind: Mapped[ScenarioKind]
    area_code: Mapped[str] = mapped_column(sa.ForeignKey("area.code"), index=True)
    title: Mapped[str | None] = mapped_column(sa.String(120))
    status: Mapped[ScenarioStatus] = mapped_column(default=ScenarioStatus.WAITING)
    at: Mapped[datetime]
    """The moment that both computations take for now."""
    seed: Mapped[int]
    params: Mapped[dict[str, Any]]
    """`matching.Params.as_dict` of the copy."""
    changes: Mapped[list[Any]] = mapped_column(default=list)
    """What the copy differs in: {"change": code, "capacity" or "organization" or "parameter": …, "value": …} each."""
    parameters_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("round_parameters.id"), index=True)
    """The drafted parameters whose effect is looked at."""
    stage: Mapped[str] = mapped_column(sa.String(32), default="waiting")
    progress: Mapped[int] = mapped_column(default=0)
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Figures of today and of the copy, and the keys of the needs and openings that differ."""
    made_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    finished_at: Mapped[datetime | None]
    failure: Mapped[str | None] = mapped_column(sa.String(64))

    made_by: Mapped[Account | None] = relationship(lazy="raise_on_sql")
