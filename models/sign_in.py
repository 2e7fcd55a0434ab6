"""How people get in: sessions, the devices they used before, the second factor, links handed out once, other doors.

What proves who somebody is stands here only as a fingerprint or sealed: whoever reads the database cannot sign in.
"""

import enum
import uuid
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Record
from models.encryption import Encrypted
from models.field_groups import FieldGroup

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
"""A session ends after half an hour without a page, and after twelve hours in any case."""
RESET_LASTS = timedelta(minutes=30)
INVITATION_LASTS = timedelta(days=7)
DEVICE_LASTS = timedelta(days=365)


class SignInSession(Record):
    """One signed-in browser. The row goes when the session ends."""

    __tablename__ = "sign_in_session"
    field_group = FieldGroup.INSTALLATION

    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"), index=True)
    fingerprint: Mapped[str] = mapped_column(sa.String(64), unique=True)
    """Of the random id that only the cookie holds."""
    device: Mapped[str] = mapped_column(sa.String(64))
    """Browser and system, such as firefox/android; nothing finer."""
    started_at: Mapped[datetime] = mapped_column(index=True)
    seen_at: Mapped[datetime]
    """Written once a minute at most."""

    account: Mapped[Account] = relationship(lazy="raise_on_sql")


class KnownDevice(Record):
    """A browser from which somebody has signed in before: strangers' wrong passwords do not slow it down."""

    __tablename__ = "known_device"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (sa.UniqueConstraint("account_id", "fingerprint"),)

    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"))
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    """Of the random text in the device's cookie; a shared computer has one for all its users."""
    device: Mapped[str] = mapped_column(sa.String(64))
    seen_at: Mapped[datetime]


class SecondFactor(Record):
    """The secret shared with an authenticator (TOTP, RFC 6238)."""

    __tablename__ = "second_factor"
    field_group = FieldGroup.INSTALLATION

    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"), unique=True)
    secret: Mapped[str] = mapped_column(Encrypted("second_factor.secret"))
    confirmed_at: Mapped[datetime | None]
    """Empty until the first code was right; until then nothing is asked at sign-in."""
    last_step: Mapped[int] = mapped_column(default=0)
    """The latest step whose code was used: no code works twice."""


class RecoveryCode(Record):
    """One of ten codes for the day the authenticator is lost."""

    __tablename__ = "recovery_code"
    field_group = FieldGroup.INSTALLATION

    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"), index=True)
    fingerprint: Mapped[str] = mapped_column(sa.String(64), unique=True)
    used_at: Mapped[datetime | None]


class LinkKind(enum.StrEnum):
    """What a link handed out once is for."""

    INVITATION = "invitation"
    RESET = "reset"


class AccessLink(Record):
    """A link with which somebody chooses a password, once and for a limited time."""

    __tablename__ = "access_link"
    field_group = FieldGroup.INSTALLATION

    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"), index=True)
    kind: Mapped[LinkKind]
    fingerprint: Mapped[str] = mapped_column(sa.String(64), unique=True)
    made_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    """The administrator who made it; empty where it was asked for on the sign-in page."""
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship(lazy="raise_on_sql", foreign_keys=[account_id])


class OtherDoor(Record):
    """Who somebody is at the city's own sign-in (OpenID Connect)."""

    __tablename__ = "other_door"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (sa.UniqueConstraint("issuer", "subject"),)

    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"), index=True)
    issuer: Mapped[str] = mapped_column(sa.String(255))
    subject: Mapped[str] = mapped_column(sa.String(255))


class MailKind(enum.StrEnum):
    """What a mail tells."""

    INVITATION = "invitation"
    RESET = "reset"
    NEW_DEVICE = "new_device"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  no password
    SECOND_FACTOR_CHANGED = "second_factor_changed"


class Mail(Record):
    """A mail to be sent, written with what it tells of; the clock's work sends it."""

    __tablename__ = "mail"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (sa.Index("ix_mail_due_at", "due_at", sqlite_where=sa.text("due_at IS NOT NULL"),
                               postgresql_where=sa.text("due_at IS NOT NULL")),)  # fmt: skip

    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"), index=True)
    kind: Mapped[MailKind]
    secret: Mapped[str | None] = mapped_column(Encrypted("mail.secret"))
    """The link's token, until the mail is sent."""
    due_at: Mapped[datetime | None]
    """When it may be tried; empty once it is sent or given up."""
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship(lazy="raise_on_sql")
