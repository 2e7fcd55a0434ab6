"""Delivery rounds: who drives which way with the meals, and the page that is signed at the end of the day."""

import uuid
from datetime import date, datetime, time

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Record
from models.field_groups import FieldGroup
from models.organization import Organization


class DeliveryRound(Record):
    """One way around the village: its stops stand in `DeliveryStop`."""

    __tablename__ = "delivery_round"
    field_group = FieldGroup.INSTALLATION

    organization_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organization.id"), index=True)
    area_code: Mapped[str] = mapped_column(sa.ForeignKey("area.code"), index=True)
    name: Mapped[str] = mapped_column(sa.String(64))
    """Such as "Shuanghe, noon"; never a person's name."""
    worker_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    leaves_at: Mapped[time | None]
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own way

    organization: Mapped[Organization] = relationship(lazy="raise_on_sql")
    worker: Mapped[Account | None] = relationship(lazy="raise_on_sql")


class RoundSignOff(Record):
    """The signature under one day of a round: no day is signed twice."""

    __tablename__ = "round_sign_off"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (
        sa.UniqueConstraint("round_id", "day"),
        sa.CheckConstraint("taken >= 0 AND not_taken >= 0", name="counts"),
    )

    round_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("delivery_round.id"))
    day: Mapped[date]
    taken: Mapped[int]
    """Stops at which the meal was taken."""
    not_taken: Mapped[int]
    signed_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"), index=True)
    signed_at: Mapped[datetime]

    signed_by: Mapped[Account] = relationship(lazy="raise_on_sql")


class CalendarFeed(Record):
    """A secret address at which a worker's own calendar reads the times of the planned visits, without names."""

    __tablename__ = "calendar_feed"
    field_group = FieldGroup.INSTALLATION

    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"), index=True)
    fingerprint: Mapped[str] = mapped_column(sa.String(64), unique=True)
    """Of the secret in the address, which is shown once and kept nowhere."""
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship(lazy="raise_on_sql")
