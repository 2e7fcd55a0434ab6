"""Weights, limits and rules of rounds, with their history: which were in force when, who changed them and why."""

import enum
import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Record
from models.encryption import Encrypted
from models.field_groups import FieldGroup


class ParametersStatus(enum.StrEnum):
    """A version is drafted, its effect is looked at, then it is kept or thrown away."""

    DRAFT = "draft"
    IN_FORCE = "in_force"
    REPLACED = "replaced"
    DISCARDED = "discarded"


class RoundParameters(Record):
    """One version of the parameters of an area's rounds. A version is never changed once it was in force."""

    __tablename__ = "round_parameters"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (
        sa.UniqueConstraint("area_code", "number"),
        sa.CheckConstraint("status NOT IN ('in_force', 'replaced') OR in_force_at IS NOT NULL", name="has_start"),
        sa.Index(
            "uq_round_parameters_one_in_force",
            "area_code",
            unique=True,
            sqlite_where=sa.text("status = 'in_force'"),
            postgresql_where=sa.text("status = 'in_force'"),
        ),
    )

    area_code: Mapped[str] = mapped_column(sa.ForeignKey("area.code"), index=True)
    """Rounds over this area and the areas in it, unless one of these has a version of its own."""
    number: Mapped[int]
    """1, 2, 3 … within the area."""
    status: Mapped[ParametersStatus] = mapped_column(default=ParametersStatus.DRAFT)
    params: Mapped[dict[str, Any]]
    """`matching.Params.as_dict`."""
    reason: Mapped[str] = mapped_column(Encrypted("round_parameters.reason"))
    """Why it was changed, for whoever asks a year later."""
    based_on_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("round_parameters.id"), index=True)
    made_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    kept_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    """Who put it in force."""
    in_force_at: Mapped[datetime | None]
    replaced_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own way

    made_by: Mapped[Account | None] = relationship(foreign_keys=[made_by_id], lazy="raise_on_sql")
    kept_by: Mapped[Account | None] = relationship(foreign_keys=[kept_by_id], lazy="raise_on_sql")
