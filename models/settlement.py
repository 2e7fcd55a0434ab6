"""What a contract's months came to: approved visits times price, less deductions, plus what was corrected since.

A month is settled once: figures that were confirmed never change, and what is corrected later goes into a later month.
"""

import enum
import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Money, Record, Units
from models.contract import Contract, ContractLine
from models.encryption import Encrypted
from models.field_groups import FieldGroup, marked


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
