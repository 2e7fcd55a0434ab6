"""What leaves the building: rows written with the change they tell of, sent afterwards by the clock's work."""

import enum
import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Record
from models.encryption import Encrypted
from models.field_groups import FieldGroup
from models.organization import Organization


class EndpointKind(enum.StrEnum):
    """Who listens at an address."""

    SMS = "sms"
    """A gateway that turns what it gets into text messages, for every provider with a mobile number."""
    PARTNER = "partner"
    """The computer of one organization, which learns of its own referrals."""


class Endpoint(Record):
    """An address that is told over HTTPS, signed by Standard Webhooks."""

    __tablename__ = "endpoint"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (
        sa.CheckConstraint("(kind = 'partner') = (organization_id IS NOT NULL)", name="partner_is_named"),
        sa.Index("ix_endpoint_organization_id_active", "organization_id", "active"),
    )

    name: Mapped[str] = mapped_column(sa.String(64))
    kind: Mapped[EndpointKind]
    organization_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("organization.id"))
    url: Mapped[str] = mapped_column(sa.String(1024))
    secret: Mapped[str] = mapped_column(Encrypted("endpoint.secret"))
    """`whsec_` and 32 random bytes in base64: shown once, when it is made."""
    old_secret: Mapped[str | None] = mapped_column(Encrypted("endpoint.old_secret"))
    """Signs beside the new one until `old_until`, so that the listener can change over."""
    old_until: Mapped[datetime | None]
    active: Mapped[bool] = mapped_column(default=True)
    made_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own way

    organization: Mapped[Organization | None] = relationship(lazy="raise_on_sql")


class Channel(enum.StrEnum):
    """How something leaves."""

    MAIL = "mail"
    WEBHOOK = "webhook"


class OutgoingKind(enum.StrEnum):
    """What is told; its words are made when it leaves."""

    ASKED = "asked"
    REMINDED = "reminded"
    LINK_AGAIN = "link_again"
    REPLIED = "replied"
    TAKEN_ON = "taken_on"
    ENDED = "ended"


class OutgoingStatus(enum.StrEnum):
    """Whether it has left."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"
    """Tried in vain so often that a person must look."""
    GIVEN_UP = "given_up"
    DROPPED = "dropped"
    """What it was to tell had passed before it could leave."""


class Outgoing(Record):
    """One message to one receiver outside. Its key is its name outside too: a receiver that gets it twice can tell."""

    __tablename__ = "outgoing"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (
        sa.CheckConstraint("(channel = 'webhook') = (endpoint_id IS NOT NULL)", name="webhook_has_endpoint"),
        sa.CheckConstraint("(status = 'waiting') = (due_at IS NOT NULL)", name="waiting_is_due"),
        sa.Index("ix_outgoing_due_at", "due_at", sqlite_where=sa.text("due_at IS NOT NULL"),
                 postgresql_where=sa.text("due_at IS NOT NULL")),
        sa.Index("ix_outgoing_status_created_at", "status", "created_at"),
    )  # fmt: skip

    kind: Mapped[OutgoingKind]
    channel: Mapped[Channel]
    organization_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organization.id"), index=True)
    endpoint_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("endpoint.id"), index=True)
    referral_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("referral.id"), index=True)
    link_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("answer_link.id"), index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Codes for the sentence; never a name, never words of anybody."""
    once: Mapped[str] = mapped_column(sa.String(128), unique=True)
    """What makes it one: the same message cannot be written twice."""
    status: Mapped[OutgoingStatus] = mapped_column(default=OutgoingStatus.WAITING)
    due_at: Mapped[datetime | None]
    """When it may be tried next; moved on before each try, so that no two processes try at once."""
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    failure: Mapped[str | None] = mapped_column(sa.String(64))
    """Code of the last failure, such as http_503 or connection; never what the other side said."""
    settled_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    """Who had a dead one sent again, or gave it up."""
    settled_at: Mapped[datetime | None]

    organization: Mapped[Organization] = relationship(lazy="raise_on_sql")
    endpoint: Mapped[Endpoint | None] = relationship(lazy="raise_on_sql")
    settled_by: Mapped[Account | None] = relationship(lazy="raise_on_sql")
