"""Answers of providers that come without an account: by a link in a message, or told on the telephone."""

import enum
import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Record, Units
from models.encryption import Encrypted
from models.field_groups import FieldGroup, marked
from models.organization import Organization
from models.referral import AnswerWay, Referral


class LinkPurpose(enum.StrEnum):
    """What a link lets its holder do; never both."""

    ANSWER = "answer"
    """Say yes, yes in part or no to a referral, or ask something. Shows nobody's identity."""
    FOLLOW = "follow"
    """Read what the person agreed to, once the referral is taken on and until it ends."""


class AnswerLink(Record):
    """A link for one referral, one receiver and one purpose. Its secret stands nowhere, only a fingerprint of it.

    The secret is worked out from `salt` with the key of the installation when the message leaves, so that a message
    that is tried again is the same message.
    """

    __tablename__ = "answer_link"
    field_group = FieldGroup.PROCESS
    __table_args__ = (sa.Index("ix_answer_link_referral_id_purpose", "referral_id", "purpose"),)

    referral_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("referral.id"))
    organization_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organization.id"), index=True)
    purpose: Mapped[LinkPurpose]
    receiver: Mapped[str] = mapped_column(sa.String(64))
    """Fingerprint of the address it is sent to; a link ends when the organization has another address."""
    salt: Mapped[str] = mapped_column(sa.String(43))
    fingerprint: Mapped[str] = mapped_column(sa.String(64), unique=True)
    made_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    """Who had a new one sent; empty where it was sent with the referral or asked for by its receiver."""
    expires_at: Mapped[datetime] = mapped_column(index=True)
    opened_at: Mapped[datetime | None]
    """When its page was first opened in a browser, as far as the browser said so."""
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    """When a newer one took its place, or it was called back."""

    referral: Mapped[Referral] = relationship(lazy="raise_on_sql")
    organization: Mapped[Organization] = relationship(lazy="raise_on_sql")


class AnswerKind(enum.StrEnum):
    """What a provider answered."""

    ACCEPTED = "accepted"
    ACCEPTED_IN_PART = "accepted_in_part"
    REJECTED = "rejected"


class ReferralAnswer(Record):
    """What a provider answered to a referral, and how the answer came. One for each referral."""

    __tablename__ = "referral_answer"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.CheckConstraint(
            "way != 'phone' OR (said_by IS NOT NULL AND entered_by_id IS NOT NULL)", name="phone_says_who"
        ),
        sa.CheckConstraint("way != 'link' OR link_id IS NOT NULL", name="link_named"),
        sa.CheckConstraint("quantity IS NULL OR quantity > 0", name="quantity"),
        sa.CheckConstraint(
            "kind != 'accepted_in_part' OR quantity IS NOT NULL OR starts_on IS NOT NULL", name="part_says_what"
        ),
    )

    referral_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("referral.id"), unique=True)
    kind: Mapped[AnswerKind]
    way: Mapped[AnswerWay]
    link_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("answer_link.id"), index=True)
    entered_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    """Who wrote it down for the provider; empty for a link."""
    said_by: Mapped[str | None] = mapped_column(Encrypted("referral_answer.said_by"), info=marked(FieldGroup.NOTES))
    """Who said it at the provider."""
    said_at: Mapped[datetime]
    quantity: Mapped[Units | None]
    """Units it will give, where that is less than was asked."""
    starts_on: Mapped[date | None]
    """When it will begin, where that is another day than was asked."""
    note: Mapped[str | None] = mapped_column(Encrypted("referral_answer.note"), info=marked(FieldGroup.NOTES))
    """To the station, in the provider's words."""

    referral: Mapped[Referral] = relationship(lazy="raise_on_sql")
    entered_by: Mapped[Account | None] = relationship(lazy="raise_on_sql")


class ReferralQuestion(Record):
    """A question of the provider before it answers, and the station's reply."""

    __tablename__ = "referral_question"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.CheckConstraint("(reply IS NULL) = (replied_at IS NULL)", name="reply_has_time"),
        sa.Index("ix_referral_question_referral_id_asked_at", "referral_id", "asked_at"),
    )

    referral_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("referral.id"))
    way: Mapped[AnswerWay] = mapped_column()
    link_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("answer_link.id"), index=True)
    asked_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    """Who asked with an account, or wrote down what was asked on the telephone."""
    text: Mapped[str] = mapped_column(Encrypted("referral_question.text"), info=marked(FieldGroup.NOTES))
    asked_at: Mapped[datetime]
    reply: Mapped[str | None] = mapped_column(Encrypted("referral_question.reply"), info=marked(FieldGroup.NOTES))
    replied_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    replied_at: Mapped[datetime | None]

    referral: Mapped[Referral] = relationship(lazy="raise_on_sql")
    asked_by: Mapped[Account | None] = relationship(foreign_keys=[asked_by_id], lazy="raise_on_sql")
    replied_by: Mapped[Account | None] = relationship(foreign_keys=[replied_by_id], lazy="raise_on_sql")


class SilenceRule(Record):
    """What happens in an area, and the areas in it, when a provider lets its time pass. A change is a new row."""

    __tablename__ = "silence_rule"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (
        sa.CheckConstraint("most_offers BETWEEN 0 AND 9", name="most_offers"),
        sa.Index("ix_silence_rule_area_code_set_at", "area_code", "set_at"),
    )

    area_code: Mapped[str] = mapped_column(sa.ForeignKey("area.code"))
    next_offer: Mapped[bool]
    """Whether the need goes to the next provider by itself, where a person had decided on the one before."""
    most_offers: Mapped[int]
    """How many providers in a row a need is put to by itself before a person must decide again."""
    set_at: Mapped[datetime]
    set_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    reason: Mapped[str] = mapped_column(Encrypted("silence_rule.reason"))

    set_by: Mapped[Account | None] = relationship(lazy="raise_on_sql")
