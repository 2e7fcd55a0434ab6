"""Contracts: what a buyer pays a provider for, up to which number of units and households, and what was settled.

Units are drawn by approved visits, households by distinct households served. A month is settled once: figures that
were confirmed never change, and what is corrected later goes into a later month.
"""

import enum
import uuid
from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Money, Record, Units
from models.encryption import Encrypted
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


class SettlementStatus(enum.StrEnum):
    """Where a month's sheet stands. A confirmed one is frozen; a draft may be thrown away and made again."""

    DRAFT = "draft"
    DISCARDED = "discarded"
    CONFIRMED = "confirmed"
    PAID = "paid"


_LIVE = "status != 'discarded'"


class Settlement(Record):
    """What a provider is owed for one month of a contract. Whoever made it out cannot confirm it."""

    __tablename__ = "settlement"
    field_group = FieldGroup.MONEY
    __table_args__ = (
        sa.UniqueConstraint("contract_id", "month", "edition"),
        sa.Index(
            "uq_settlement_one_for_a_month",
            "contract_id",
            "month",
            unique=True,
            sqlite_where=sa.text(_LIVE),
            postgresql_where=sa.text(_LIVE),
        ),
        sa.CheckConstraint("checked_by_id IS NULL OR checked_by_id != made_by_id", name="two_people"),
        sa.CheckConstraint(
            "status NOT IN ('confirmed', 'paid') OR (checked_by_id IS NOT NULL AND confirmed_at IS NOT NULL)",
            name="confirmed",
        ),
        sa.CheckConstraint(
            "status != 'paid' OR (paid IS NOT NULL AND paid_on IS NOT NULL AND voucher IS NOT NULL)", name="paid"
        ),
        sa.CheckConstraint("paid IS NULL OR (paid >= 0 AND paid <= payable)", name="paid_within"),
    )

    contract_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("contract.id"), index=True)
    month: Mapped[date] = mapped_column(index=True)
    """Its first day."""
    edition: Mapped[int]
    """1, 2, 3 …: how often the month was made out."""
    status: Mapped[SettlementStatus] = mapped_column(default=SettlementStatus.DRAFT)
    gross: Mapped[Money]
    deducted: Mapped[Money]
    adjusted: Mapped[Money]
    """What corrections of earlier months add or take away, and what earlier months left owing."""
    payable: Mapped[Money]
    """Gross − deducted + adjusted; below zero it is carried into the next month."""
    made_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"), index=True)
    made_at: Mapped[datetime]
    checked_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    confirmed_at: Mapped[datetime | None]
    digest: Mapped[str | None] = mapped_column(sa.String(64))
    """Fingerprint (SHA-256) of the frozen figures, printed on the sheet."""
    paid: Mapped[Money | None]
    paid_on: Mapped[date | None]
    voucher: Mapped[str | None] = mapped_column(sa.String(64))
    """Number of the bookkeeping voucher."""
    paid_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    """Who entered the payment."""
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own way

    contract: Mapped[Contract] = relationship(lazy="raise_on_sql")
    made_by: Mapped[Account] = relationship(foreign_keys=[made_by_id], lazy="raise_on_sql")
    checked_by: Mapped[Account | None] = relationship(foreign_keys=[checked_by_id], lazy="raise_on_sql")
    paid_by: Mapped[Account | None] = relationship(foreign_keys=[paid_by_id], lazy="raise_on_sql")
    lines: Mapped[list["SettlementLine"]] = relationship(back_populates="settlement", lazy="raise")
    deductions: Mapped[list["Deduction"]] = relationship(back_populates="settlement", lazy="raise")


class SettlementLine(Record):
    """One contract line in one month: approved units × price, and what corrections carry over."""

    __tablename__ = "settlement_line"
    field_group = FieldGroup.MONEY
    __table_args__ = (
        sa.UniqueConstraint("line_id", "month", "edition"),
        sa.CheckConstraint("units >= 0 AND gross >= 0 AND visits >= 0", name="amounts"),
        sa.CheckConstraint("households >= 0 AND disputed >= 0 AND waiting >= 0 AND beyond >= 0", name="counts"),
    )

    settlement_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("settlement.id"), index=True)
    line_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("contract_line.id"), index=True)
    month: Mapped[date]
    edition: Mapped[int]
    visits: Mapped[int]
    households: Mapped[int]
    units: Mapped[Units]
    unit_price: Mapped[Money]
    gross: Mapped[Money]
    adjusted_units: Mapped[Units]
    adjusted: Mapped[Money]
    disputed: Mapped[Units]
    """Units of visits that are disputed: not paid, and shown."""
    waiting: Mapped[Units]
    """Units that nobody has approved yet."""
    beyond: Mapped[Units]
    """Approved units for which the quota had nothing left: not paid."""

    settlement: Mapped[Settlement] = relationship(back_populates="lines", lazy="raise_on_sql")
    line: Mapped[ContractLine] = relationship(lazy="raise_on_sql")


class ItemKind(enum.StrEnum):
    """Why a visit stands in a settlement."""

    COUNTED = "counted"
    LATE = "late"
    """Approved after its own month was settled."""
    TAKEN_BACK = "taken_back"
    """Paid in an earlier month, and corrected or disputed since."""


class SettlementItem(Record):
    """One visit in a confirmed settlement. A visit is paid once, and taken back once for each time it was paid."""

    __tablename__ = "settlement_item"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.Index(
            "uq_settlement_item_paid_once",
            "decision_id",
            unique=True,
            sqlite_where=sa.text("kind != 'taken_back'"),
            postgresql_where=sa.text("kind != 'taken_back'"),
        ),
        sa.Index(
            "uq_settlement_item_taken_back_once",
            "decision_id",
            unique=True,
            sqlite_where=sa.text("kind = 'taken_back'"),
            postgresql_where=sa.text("kind = 'taken_back'"),
        ),
    )

    settlement_line_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("settlement_line.id"), index=True)
    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    decision_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("hours_decision.id"))
    """The approval that is paid for, or taken back."""
    kind: Mapped[ItemKind]
    units: Mapped[Units]
    """Below zero where it was taken back."""
    amount: Mapped[Money] = mapped_column(info=marked(FieldGroup.MONEY))


class DeductionCode(enum.StrEnum):
    """Why less is paid than units times price."""

    LATE_RECORDS = "late_records"
    POOR_QUALITY = "poor_quality"
    NOT_AS_AGREED = "not_as_agreed"
    EVIDENCE_MISSING = "evidence_missing"
    COMPLAINT_UPHELD = "complaint_upheld"
    OTHER = "other"


class Deduction(Record):
    """An amount that is taken off a month's sheet, with its reason."""

    __tablename__ = "deduction"
    field_group = FieldGroup.MONEY
    __table_args__ = (
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.CheckConstraint("code != 'other' OR words IS NOT NULL", name="other_has_words"),
    )

    settlement_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("settlement.id"), index=True)
    code: Mapped[DeductionCode]
    amount: Mapped[Money]
    words: Mapped[str | None] = mapped_column(Encrypted("deduction.words"))
    by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"), index=True)

    settlement: Mapped[Settlement] = relationship(back_populates="deductions", lazy="raise_on_sql")
    by: Mapped[Account] = relationship(lazy="raise_on_sql")
