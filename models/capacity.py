"""How much a service can still take in: places per period, and who holds one."""

import enum
import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Money, Record, Units
from models.field_groups import FieldGroup
from models.fund import Fund
from models.service import ServiceAtLocation


class CapacityKind(enum.StrEnum):
    """What happens to a place when the help is done."""

    CONCURRENT = "concurrent"
    """A place at a time: it is free again when the help ends."""
    QUOTA = "quota"
    """A place once in the period, such as "50 households a year": used up for good."""
    HOURS = "hours"
    """`places` are hours a month; a referral takes as many as its need wants, all from one provider, and they are free
    again when the help ends."""


class ReservationStatus(enum.StrEnum):
    """What a place is to a referral."""

    HELD = "held"
    USED = "used"
    RELEASED = "released"


class Capacity(Record):
    """Places of one service at one location in one period.

    `reserved` are held by referrals that wait for an answer or a start, `used` by help that goes on or is done.
    A place is only ever taken by one statement that checks and counts at once (`take_place` of the actions).
    """

    __tablename__ = "capacity"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (
        sa.UniqueConstraint("service_at_location_id", "starts_on"),
        sa.CheckConstraint("ends_on >= starts_on", name="period"),
        sa.CheckConstraint("places >= 0 AND reserved >= 0 AND used >= 0", name="counts"),
        sa.CheckConstraint("reserved + used <= places", name="never_overbooked"),
        sa.CheckConstraint("units_per_place IS NULL OR units_per_place > 0", name="units_per_place"),
    )

    service_at_location_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("service_at_location.id"), index=True)
    kind: Mapped[CapacityKind] = mapped_column(default=CapacityKind.CONCURRENT)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    unit: Mapped[str] = mapped_column(sa.String(8))
    """Unit of the taxonomy that `units_per_place` counts."""
    units_per_place: Mapped[Units | None]
    """The most that one place gives in the period, such as 22 meals a month or 2,000 yuan; empty where unlimited."""
    places: Mapped[int]
    reserved: Mapped[int] = mapped_column(default=0)
    used: Mapped[int] = mapped_column(default=0)
    fund_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("fund.id"), index=True)
    """The money that each place here draws on, where it is limited by more than places."""
    stated_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    stated_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own way

    service_at_location: Mapped[ServiceAtLocation] = relationship(lazy="raise_on_sql")
    fund: Mapped[Fund | None] = relationship(lazy="raise_on_sql")

    @property
    def left(self) -> int:
        """Places that can still be given away."""
        return self.places - self.reserved - self.used


class Reservation(Record):
    """The place that one referral holds."""

    __tablename__ = "reservation"
    field_group = FieldGroup.PROCESS
    __table_args__ = (sa.CheckConstraint("places >= 1", name="places"),)

    capacity_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("capacity.id"), index=True)
    referral_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("referral.id"), unique=True)
    status: Mapped[ReservationStatus] = mapped_column(default=ReservationStatus.HELD)
    places: Mapped[int] = mapped_column(default=1, server_default="1")
    """1, or the hours a month where the capacity counts hours."""
    amount: Mapped[Money | None]
    """Yuan held of the fund."""
    fund_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("fund.id"), index=True)
    """The fund they are held of: the capacity's when the place was taken."""
    released_at: Mapped[datetime | None]
