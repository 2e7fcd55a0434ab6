"""Letters written with a change and delivered later; nothing leaves the building inside a transaction."""

import enum
import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Record
from models.field_groups import FieldGroup


class MessageKind(enum.StrEnum):
    """What a message tells; its words are made in the reader's language when it is read."""

    REFERRAL_REQUESTED = "referral_requested"
    REFERRAL_REMINDER = "referral_reminder"
    REFERRAL_ACCEPTED = "referral_accepted"
    REFERRAL_REJECTED = "referral_rejected"
    REFERRAL_EXPIRED = "referral_expired"
    REFERRAL_CANCELLED = "referral_cancelled"
    REFERRAL_COMPLETED = "referral_completed"
    NEED_OVERDUE = "need_overdue"
    ROUND_FINISHED = "round_finished"
    CHECK_EXPIRES = "check_expires"
    GLASS_OPENED = "glass_opened"
    GLASS_REVIEWED = "glass_reviewed"
    RIGHTS_OVERDUE = "rights_overdue"
    RETENTION_PROPOSED = "retention_proposed"
    CONSENT_WANTED = "consent_wanted"
    SHARING_STOPPED = "sharing_stopped"
    EMERGENCY_SENT = "emergency_sent"
    NEW_DEVICE = "new_device"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  no password
    SECOND_FACTOR_CHANGED = "second_factor_changed"
    REFERRAL_ACCEPTED_IN_PART = "referral_accepted_in_part"
    QUESTION_ASKED = "question_asked"
    QUESTION_ANSWERED = "question_answered"
    NEXT_OFFERED = "next_offered"
    NOBODY_LEFT = "nobody_left"
    NOT_DELIVERED = "not_delivered"
    NO_CONTACT = "no_contact"
    RED_FLAG = "red_flag"
    MEASURE_DUE = "measure_due"
    REVISIT_DUE = "revisit_due"
    CONTRADICTED = "contradicted"
    FINDING_ASKED = "finding_asked"


class MessageStatus(enum.StrEnum):
    """Unread until opened by somebody of those it is for."""

    UNREAD = "unread"
    READ = "read"


class Message(Record):
    """One notice to one account, or to everybody of one organization, or to the coordinators of an area."""

    __tablename__ = "message"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.CheckConstraint(
            "account_id IS NOT NULL OR organization_id IS NOT NULL OR area_code IS NOT NULL", name="has_reader"
        ),
        sa.Index("ix_message_organization_id_status", "organization_id", "status"),
        sa.Index("ix_message_area_code_status", "area_code", "status"),
    )

    kind: Mapped[MessageKind]
    account_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    organization_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("organization.id"), index=True)
    area_code: Mapped[str | None] = mapped_column(sa.ForeignKey("area.code"), index=True)
    referral_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("referral.id"), index=True)
    need_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("need.id"), index=True)
    round_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("round.id"), index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Numbers and codes for the sentence; never a name."""
    status: Mapped[MessageStatus] = mapped_column(default=MessageStatus.UNREAD)
    written_at: Mapped[datetime] = mapped_column(index=True)
    once: Mapped[str] = mapped_column(sa.String(128), unique=True)
    """What makes it one: the same reminder for the same referral cannot be written twice."""
