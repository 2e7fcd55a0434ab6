"""Running numbers that people can say on the telephone."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.field_groups import FieldGroup


class Counter(Base):
    """The last number given out of one series, such as `case-2026`."""

    __tablename__ = "counter"
    field_group = FieldGroup.INSTALLATION

    series: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    last: Mapped[int]
