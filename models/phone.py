"""What comes in from workers' phones: the entries already taken, and what a visit tells beside its hours."""

import enum
import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Record
from models.encryption import Encrypted, EncryptedJson
from models.field_groups import FieldGroup, marked
from models.visit import Visit


class Attitude(enum.StrEnum):
    """How somebody took the visit."""

    WELCOMING = "welcoming"
    RESERVED = "reserved"
    DOWN = "down"
    UNWILLING = "unwilling"


class SeenNeed(enum.StrEnum):
    """What a worker sees is lacking, one picture each. A hint for the station: the need itself is recorded there."""

    FOOD = "food"
    CARE = "care"
    MEDICINE = "medicine"
    HOME = "home"
    MONEY = "money"
    COMPANY = "company"
    SCHOOL = "school"
    SAFETY = "safety"


class RiskGrade(enum.StrEnum):
    """How soon somebody should be looked after, as the day's list shows it; worked out anew each time, never kept."""

    HIGH = "high"
    RAISED = "raised"
    USUAL = "usual"


class PhoneOperation(enum.StrEnum):
    """What an entry asks for."""

    VISIT = "visit"
    GROUP = "group"
    LEAD = "lead"


class PhoneEntry(Record):
    """An entry that was taken: who comes again with the same key gets the same reply. Forgotten after 90 days."""

    __tablename__ = "phone_entry"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (
        sa.UniqueConstraint("account_id", "operation", "key"),
        sa.Index("ix_phone_entry_taken_at", "taken_at"),
    )

    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"))
    operation: Mapped[PhoneOperation]
    key: Mapped[str] = mapped_column(sa.String(64))
    """Made by the form before anything was sent."""
    body_hash: Mapped[str] = mapped_column(sa.String(64))
    """Fingerprint of what was asked for; the same key with another one is refused."""
    reply: Mapped[Any] = mapped_column(EncryptedJson("phone_entry.reply"))
    """What was answered: keys and codes, never what was written."""
    written_at: Mapped[datetime | None]
    """When the phone says that it was written."""
    taken_at: Mapped[datetime]


class VisitDetail(Record):
    """What a visit tells beside its hours; at most one for each visit."""

    __tablename__ = "visit_detail"
    field_group = FieldGroup.PROCESS

    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit.id"), unique=True)
    attitude: Mapped[Attitude | None] = mapped_column(info=marked(FieldGroup.NOTES))
    seen_needs: Mapped[Any | None] = mapped_column(
        EncryptedJson("visit_detail.seen_needs"), info=marked(FieldGroup.NOTES)
    )
    """Codes of `SeenNeed`."""
    promise: Mapped[str | None] = mapped_column(Encrypted("visit_detail.promise"), info=marked(FieldGroup.NOTES))
    """What was promised for the next time."""
    arrived_at: Mapped[datetime | None]
    """Check-in by the phone's clock; empty where the times were typed."""
    left_at: Mapped[datetime | None]

    visit: Mapped[Visit] = relationship(lazy="raise_on_sql")


class PictureKind(enum.StrEnum):
    """What a picture shows."""

    PHOTO = "photo"
    SIGNATURE = "signature"


class VisitPicture(Record):
    """A photo or a signature of a visit, made anew by us: small, and without the place where it was taken."""

    __tablename__ = "visit_picture"
    field_group = FieldGroup.CERTIFICATES
    __table_args__ = (sa.UniqueConstraint("visit_id", "kind"),)

    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit.id"))
    kind: Mapped[PictureKind] = mapped_column(info=marked(FieldGroup.PROCESS))
    image: Mapped[str] = mapped_column(Encrypted("visit_picture.image"))
    """JPEG (photo) or PNG (signature) in base64."""
    width: Mapped[int] = mapped_column(info=marked(FieldGroup.PROCESS))
    height: Mapped[int] = mapped_column(info=marked(FieldGroup.PROCESS))

    visit: Mapped[Visit] = relationship(lazy="raise_on_sql")
