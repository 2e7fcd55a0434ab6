"""Which days are worked: published holidays and the weekends worked instead (调休)."""

import enum
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.field_groups import FieldGroup


class DayKind(enum.StrEnum):
    """Only days that differ from the plain week are kept."""

    HOLIDAY = "holiday"
    WORKING = "working"


class CalendarDay(Base):
    """A day that is free though it is in the week, or worked though it is on a weekend."""

    __tablename__ = "calendar_day"
    field_group = FieldGroup.INSTALLATION

    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[DayKind]
    note: Mapped[str] = mapped_column(sa.String(128))
    source: Mapped[str] = mapped_column(sa.String(255))
    """The notice that published it. Years without any line count as not yet published."""
