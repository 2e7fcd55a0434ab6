"""Money that several offers draw on: the amount, the period, and what is promised and spent of it."""

import uuid
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Money, Record
from models.field_groups import FieldGroup, marked
from models.organization import Organization


class Fund(Record):
    """An amount of one organization for a period. Never promised or spent beyond it, whoever asks at once."""

    __tablename__ = "fund"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (
        sa.CheckConstraint("ends_on >= starts_on", name="period"),
        sa.CheckConstraint("amount >= 0 AND promised >= 0 AND spent >= 0", name="amounts"),
        sa.CheckConstraint("promised + spent <= amount", name="never_overdrawn"),
    )

    organization_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organization.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    amount: Mapped[Money] = mapped_column(info=marked(FieldGroup.MONEY))
    """Yuan."""
    promised: Mapped[Money] = mapped_column(default=0, info=marked(FieldGroup.MONEY))
    """Held by referrals that wait for an answer or a start."""
    spent: Mapped[Money] = mapped_column(default=0, info=marked(FieldGroup.MONEY))
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own way

    organization: Mapped[Organization] = relationship(lazy="raise_on_sql")
