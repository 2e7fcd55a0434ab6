"""What a person lets an organization know, what for and until when; and the exception for emergencies."""

import enum
import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Record, code_column
from models.encryption import Encrypted
from models.field_groups import FieldGroup, marked
from models.organization import Organization
from models.person import Person
from models.referral import Referral

GUARDIAN_BEFORE_AGE = 14
"""Younger people cannot agree themselves (PIPL Art. 31)."""


class DataKind(enum.StrEnum):
    """What of a person's data a receiver may see."""

    IDENTITY = "identity"
    CONTACT = "contact"
    HEALTH = "health"
    FINANCE = "finance"
    NOTES = "notes"


class ConsentPurpose(enum.StrEnum):
    """What the data are given for. Each purpose needs a consent of its own (PIPL Art. 14)."""

    HELP = "help"


class ConsentWay(enum.StrEnum):
    """How somebody agreed, or took it back."""

    WRITTEN = "written"
    SPOKEN = "spoken"
    """Before a witness."""
    ONLINE = "online"


class ConsentGiver(enum.StrEnum):
    """Who agreed."""

    SELF = "self"
    GUARDIAN = "guardian"
    REPRESENTATIVE = "representative"


class ConsentRelation(enum.StrEnum):
    """What a guardian or representative is to the person."""

    PARENT = "parent"
    GRANDPARENT = "grandparent"
    SPOUSE = "spouse"
    CHILD = "child"
    SIBLING = "sibling"
    OTHER_RELATIVE = "other_relative"
    VILLAGE_COMMITTEE = "village_committee"
    CIVIL_AFFAIRS = "civil_affairs"
    INSTITUTION = "institution"
    AUTHORISED = "authorised"
    """Holds a power of attorney."""


class NoticeChanged(RuntimeError):
    """Somebody tried to change a notice that people may have agreed to: a new version is written instead."""


class ConsentNotice(Record):
    """What is read to people before they agree. A new wording is a new version; an old one stays as it was."""

    __tablename__ = "consent_notice"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (sa.UniqueConstraint("kind", "version"),)

    kind: Mapped[ConsentPurpose]
    version: Mapped[int]
    text_zh: Mapped[str] = mapped_column(sa.Text)
    text_en: Mapped[str] = mapped_column(sa.Text)
    valid_from: Mapped[datetime]


@event.listens_for(ConsentNotice, "before_update")
@event.listens_for(ConsentNotice, "before_delete")
def _keep(_mapper: object, _connection: object, notice: ConsentNotice) -> None:
    raise NoticeChanged(f"{notice.kind} {notice.version}")


class Consent(Record):
    """What one person lets one organization know for one purpose. At most one of these is in force."""

    __tablename__ = "consent"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.CheckConstraint("identity OR contact OR health OR finance OR notes", name="some_kind"),
        sa.CheckConstraint("expires_at > given_at", name="expires_later"),
        sa.CheckConstraint(
            "given_by = 'self' OR (giver_name IS NOT NULL AND relation IS NOT NULL)", name="other_giver_named"
        ),
        sa.CheckConstraint("way != 'spoken' OR witness IS NOT NULL", name="spoken_has_witness"),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_way IS NULL)", name="withdrawn_has_way"),
        sa.Index(
            "uq_consent_one_in_force",
            "person_id",
            "organization_id",
            "purpose",
            unique=True,
            sqlite_where=sa.text("withdrawn_at IS NULL AND replaced_at IS NULL"),
            postgresql_where=sa.text("withdrawn_at IS NULL AND replaced_at IS NULL"),
        ),
        sa.Index("ix_consent_person_id_given_at", "person_id", "given_at"),
    )

    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"))
    organization_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organization.id"), index=True)
    """The receiver."""
    purpose: Mapped[ConsentPurpose] = mapped_column(default=ConsentPurpose.HELP)
    identity: Mapped[bool] = mapped_column(default=False)
    """Name, sex, age band, village."""
    contact: Mapped[bool] = mapped_column(default=False)
    """Phone, address, whom to ring."""
    health: Mapped[bool] = mapped_column(default=False)
    """Illness, disability and what else makes the situation harder."""
    finance: Mapped[bool] = mapped_column(default=False)
    """Income, assets, bank account."""
    notes: Mapped[bool] = mapped_column(default=False)
    """What the station writes for the receiver."""
    way: Mapped[ConsentWay]
    witness: Mapped[str | None] = mapped_column(Encrypted("consent.witness"), info=marked(FieldGroup.NOTES))
    given_by: Mapped[ConsentGiver] = mapped_column(default=ConsentGiver.SELF)
    giver_name: Mapped[str | None] = mapped_column(Encrypted("consent.giver_name"), info=marked(FieldGroup.NOTES))
    relation: Mapped[ConsentRelation | None]
    notice_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("consent_notice.id"), index=True)
    given_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None]
    """When a newer consent to the same receiver took its place."""
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    """Who wrote it down."""
    withdrawn_way: Mapped[ConsentWay | None] = mapped_column(code_column(ConsentWay, "withdrawn_way"))
    recorded_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own way

    person: Mapped[Person] = relationship(lazy="raise_on_sql")
    organization: Mapped[Organization] = relationship(lazy="raise_on_sql")
    notice: Mapped[ConsentNotice] = relationship(lazy="raise_on_sql")
    recorded_by: Mapped[Account | None] = relationship(foreign_keys=[recorded_by_id], lazy="raise_on_sql")

    @property
    def kinds(self) -> list[DataKind]:
        """The kinds of data agreed to, in their order."""
        return [kind for kind in DataKind if getattr(self, kind.value)]

    @classmethod
    def live(cls, at: datetime) -> sa.ColumnElement[bool]:
        """Return the condition for consents in force at a moment: given, not expired, replaced or withdrawn."""
        return sa.and_(cls.given_at <= at, cls.expires_at > at, cls.withdrawn_at.is_(None), cls.replaced_at.is_(None))

    def is_live(self, at: datetime) -> bool:
        """Say whether it is in force at a moment."""
        return self.given_at <= at < self.expires_at and self.withdrawn_at is None and self.replaced_at is None


EMERGENCY_KINDS = frozenset({DataKind.IDENTITY, DataKind.CONTACT, DataKind.HEALTH, DataKind.NOTES})
"""What a receiver may see of somebody in an emergency, before anybody could ask (PIPL Art. 13(4))."""


class EmergencyVerdict(enum.StrEnum):
    """What whoever reviews an emergency says."""

    UPHELD = "upheld"
    NOT_UPHELD = "not_upheld"


class EmergencyReview(Record):
    """A referral that was sent without consent to protect life or health; somebody else looks at it afterwards."""

    __tablename__ = "emergency_review"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.CheckConstraint("(verdict IS NULL) = (reviewed_at IS NULL)", name="reviewed_with_verdict"),
        sa.CheckConstraint(
            "reviewed_by_id IS NULL OR sent_by_id IS NULL OR reviewed_by_id != sent_by_id", name="not_by_oneself"
        ),
        sa.CheckConstraint("verdict IS NULL OR verdict = 'upheld' OR ended_at IS NOT NULL", name="not_upheld_ends"),
        sa.Index("ix_emergency_review_reviewed_at_sent_at", "reviewed_at", "sent_at"),
    )

    referral_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("referral.id"), unique=True)
    reason: Mapped[str] = mapped_column(Encrypted("emergency_review.reason"), info=marked(FieldGroup.NOTES))
    sent_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    sent_at: Mapped[datetime]
    verdict: Mapped[EmergencyVerdict | None]
    reviewed_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    reviewed_at: Mapped[datetime | None]
    note: Mapped[str | None] = mapped_column(Encrypted("emergency_review.note"), info=marked(FieldGroup.NOTES))
    ended_at: Mapped[datetime | None]
    """Since when it lets the receiver see nothing: it was not upheld, or the person said no."""
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own way

    referral: Mapped[Referral] = relationship(lazy="raise_on_sql")
    sent_by: Mapped[Account | None] = relationship(foreign_keys=[sent_by_id], lazy="raise_on_sql")
    reviewed_by: Mapped[Account | None] = relationship(foreign_keys=[reviewed_by_id], lazy="raise_on_sql")
