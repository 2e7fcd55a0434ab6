"""Contracts: what a buyer pays a provider for, up to which number of units and households.

Units are drawn by approved visits, households by distinct households served.
"""

import enum
import uuid
from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Money, Record, Units
from models.field_groups import FieldGroup, marked
from models.organization import Organization, Program
from models.taxonomy import TaxonomyTerm


class ContractStatus(enum.StrEnum):
    """Where a contract stands."""

    DRAFT = "draft"
    IN_FORCE = "in_force"
    CLOSED = "closed"


class Contract(Record):
    """An agreement by which a buyer pays a provider for services in a period."""

    __tablename__ = "contract"
    field_group = FieldGroup.MONEY
    __table_args__ = (
        sa.CheckConstraint("ends_on >= starts_on", name="period"),
        sa.CheckConstraint("buyer_id != provider_id", name="two_sides"),
        sa.CheckConstraint("status = 'draft' OR signed_on IS NOT NULL", name="signed"),
    )

    number: Mapped[str] = mapped_column(sa.String(64), unique=True)
    """The number on the paper."""
    name: Mapped[str] = mapped_column(sa.String(255))
    buyer_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organization.id"), index=True)
    provider_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organization.id"), index=True)
    area_code: Mapped[str] = mapped_column(sa.ForeignKey("area.code"), index=True, info=marked(FieldGroup.INSTALLATION))
    """Whose coordinators keep it."""
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    signed_on: Mapped[date | None]
    status: Mapped[ContractStatus] = mapped_column(default=ContractStatus.DRAFT)
    made_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own way

    buyer: Mapped[Organization] = relationship(foreign_keys=[buyer_id], lazy="raise_on_sql")
    provider: Mapped[Organization] = relationship(foreign_keys=[provider_id], lazy="raise_on_sql")
    lines: Mapped[list["ContractLine"]] = relationship(back_populates="contract", lazy="raise")


class ContractLine(Record):
    """One kind of service of a contract: its price, and how much of it is bought. Never drawn beyond the quota."""

    __tablename__ = "contract_line"
    field_group = FieldGroup.MONEY
    __table_args__ = (
        sa.UniqueConstraint("contract_id", "number"),
        sa.CheckConstraint("ends_on >= starts_on", name="period"),
        sa.CheckConstraint("unit_price >= 0", name="price"),
        sa.CheckConstraint("units_drawn >= 0 AND households_drawn >= 0", name="drawn"),
        sa.CheckConstraint("quota_units IS NOT NULL OR quota_households IS NOT NULL", name="has_quota"),
        sa.CheckConstraint("quota_units IS NULL OR units_drawn <= quota_units", name="units_left"),
        sa.CheckConstraint("quota_households IS NULL OR households_drawn <= quota_households", name="households_left"),
        sa.Index("ix_contract_line_term_id_starts_on", "term_id", "starts_on"),
    )

    contract_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("contract.id"), index=True)
    number: Mapped[int]
    """1, 2, 3 … within the contract."""
    program_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("program.id"), index=True)
    """Only what is given within this program; empty for all of the provider's."""
    term_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("taxonomy_term.id"), index=True)
    unit: Mapped[str] = mapped_column(sa.String(8))
    funding_source: Mapped[str] = mapped_column(sa.String(128))
    unit_price: Mapped[Money]
    """Yuan for one unit."""
    quota_units: Mapped[Units | None]
    quota_households: Mapped[int | None]
    units_drawn: Mapped[Units] = mapped_column(default=Decimal(0))
    """Units of visits that are approved and stand."""
    households_drawn: Mapped[int] = mapped_column(default=0)
    only_source: Mapped[bool] = mapped_column(default=True)
    """Nobody else pays for this help: without anything left nobody can be referred to it."""
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own way

    contract: Mapped[Contract] = relationship(back_populates="lines", lazy="raise_on_sql")
    program: Mapped[Program | None] = relationship(lazy="raise_on_sql")
    term: Mapped[TaxonomyTerm] = relationship(lazy="raise_on_sql")

    @property
    def units_left(self) -> Decimal | None:
        """Return how many units are left; None where none were agreed."""
        return None if self.quota_units is None else self.quota_units - self.units_drawn

    @property
    def households_left(self) -> int | None:
        """Return how many more households can be served; None where no number was agreed."""
        return None if self.quota_households is None else self.quota_households - self.households_drawn


class ContractHousehold(Record):
    """A household that approved visits under a contract line have served, and by how many: it counts once."""

    __tablename__ = "contract_household"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.UniqueConstraint("line_id", "household_id"),
        sa.CheckConstraint("visits > 0", name="visits"),
    )

    line_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("contract_line.id"), index=True)
    household_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("household.id"), index=True)
    visits: Mapped[int]
