"""How the loop closes: the person's own word, what is done where it contradicts the provider's, and the re-visit."""

import enum
import uuid
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Record, Units
from models.case import Case
from models.encryption import Encrypted, EncryptedJson
from models.field_groups import FieldGroup, marked
from models.organization import Organization
from models.person import Person
from models.referral import Referral, ReferralOutcome


class ConfirmationWay(enum.StrEnum):
    """How the person's word came."""

    CODE = "code"
    """By the person, with the query code, on the page without account."""
    CALL = "call"
    """By telephone or face to face, written down by a worker."""


class ConfirmationSaid(enum.StrEnum):
    """What the person says of the help."""

    SERVED = "served"
    PARTLY_SERVED = "partly_served"
    NOT_SERVED = "not_served"
    NOT_REACHED = "not_reached"
    """A call that nobody answered: it is a try and no word."""
    NO_WORD = "no_word"
    """Reached, and did not want to say."""


WORDS_SAID = (ConfirmationSaid.SERVED, ConfirmationSaid.PARTLY_SERVED, ConfirmationSaid.NOT_SERVED)
"""What counts as a confirmation or a contradiction."""


class SpokenBy(enum.StrEnum):
    """Who spoke."""

    PERSON = "person"
    FAMILY = "family"
    GUARDIAN = "guardian"
    UNKNOWN = "unknown"
    """Whoever held the code."""


class QueryCode(Record):
    """What a person shows to follow a referral and to say how it went; only its fingerprint is kept."""

    __tablename__ = "query_code"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.Index(
            "uq_query_code_one_live",
            "referral_id",
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
    )

    referral_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("referral.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    fingerprint: Mapped[str] = mapped_column(sa.String(64), unique=True)
    issued_at: Mapped[datetime]
    issued_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"), index=True)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """When a newer one took its place."""

    referral: Mapped[Referral] = relationship(lazy="raise_on_sql")


class Confirmation(Record):
    """One word of the person on one referral, or one try to get it. A later word stands beside the earlier."""

    __tablename__ = "confirmation"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.CheckConstraint("(way = 'code') = (code_id IS NOT NULL)", name="code"),
        sa.CheckConstraint("(way = 'call') = (taken_by_id IS NOT NULL)", name="call"),
        sa.Index("ix_confirmation_referral_id_at", "referral_id", "at"),
    )

    referral_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("referral.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    way: Mapped[ConfirmationWay]
    said: Mapped[ConfirmationSaid]
    spoken_by: Mapped[SpokenBy]
    at: Mapped[datetime]
    """When it was said: for a call, when the call was."""
    code_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("query_code.id"), index=True)
    taken_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    note: Mapped[str | None] = mapped_column(Encrypted("confirmation.note"), info=marked(FieldGroup.NOTES))

    referral: Mapped[Referral] = relationship(lazy="raise_on_sql")
    taken_by: Mapped[Account | None] = relationship(lazy="raise_on_sql")


class ContradictionFinding(enum.StrEnum):
    """What looking into a contradiction showed."""

    PROVIDER_RIGHT = "provider_right"
    PERSON_RIGHT = "person_right"
    BOTH_PARTLY = "both_partly"
    CANNOT_TELL = "cannot_tell"


class Contradiction(Record):
    """The provider says it was served, the person says it was not: a task of the supervisor until it is settled."""

    __tablename__ = "contradiction"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.CheckConstraint("(settled_at IS NULL) = (finding IS NULL)", name="settled"),
        sa.CheckConstraint("(settled_at IS NULL) = (words IS NULL)", name="settled_with_words"),
        sa.Index("ix_contradiction_station_id_settled_at", "station_id", "settled_at"),
        sa.Index(
            "uq_contradiction_one_open",
            "referral_id",
            unique=True,
            sqlite_where=sa.text("settled_at IS NULL"),
            postgresql_where=sa.text("settled_at IS NULL"),
        ),
    )

    referral_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("referral.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    station_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("organization.id"))
    confirmation_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("confirmation.id"), unique=True)
    provider_said: Mapped[ReferralOutcome]
    opened_at: Mapped[datetime]
    finding: Mapped[ContradictionFinding | None]
    words: Mapped[str | None] = mapped_column(Encrypted("contradiction.words"), info=marked(FieldGroup.NOTES))
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)

    referral: Mapped[Referral] = relationship(lazy="raise_on_sql")
    confirmation: Mapped[Confirmation] = relationship(lazy="raise_on_sql")
    settled_by: Mapped[Account | None] = relationship(lazy="raise_on_sql")


class RevisitResult(enum.StrEnum):
    """What the re-visit after the conclusion (回访) found."""

    LASTING = "lasting"
    """The help holds; nothing more is needed."""
    PARTLY_LASTING = "partly_lasting"
    NEED_AGAIN = "need_again"
    """Help is needed again: the case goes back into circulation."""
    NOT_REACHED = "not_reached"
    MOVED = "moved"
    DIED = "died"


class RevisitWay(enum.StrEnum):
    """How somebody was re-visited."""

    AT_HOME = "at_home"
    AT_STATION = "at_station"
    BY_PHONE = "by_phone"


class Revisit(Record):
    """A re-visit of a concluded case: until when it is due, and what it found."""

    __tablename__ = "revisit"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.CheckConstraint("(done_on IS NULL) = (result IS NULL)", name="done_with_result"),
        sa.CheckConstraint("result IS NULL OR done_by_id IS NOT NULL", name="done_by"),
        sa.CheckConstraint("done_on IS NULL OR dropped_on IS NULL", name="done_or_dropped"),
        sa.Index("ix_revisit_station_id_due_on", "station_id", "due_on"),
        sa.Index("ix_revisit_due_on", "due_on"),
        sa.Index(
            "uq_revisit_one_open",
            "case_id",
            unique=True,
            sqlite_where=sa.text("done_on IS NULL AND dropped_on IS NULL"),
            postgresql_where=sa.text("done_on IS NULL AND dropped_on IS NULL"),
        ),
    )

    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("case_file.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    station_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("organization.id"))
    due_on: Mapped[date]
    due_is_provisional: Mapped[bool] = mapped_column(default=False)
    reminded_at: Mapped[datetime | None]
    done_on: Mapped[date | None]
    done_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    way: Mapped[RevisitWay | None]
    result: Mapped[RevisitResult | None]
    note: Mapped[str | None] = mapped_column(Encrypted("revisit.note"), info=marked(FieldGroup.NOTES))
    dropped_on: Mapped[date | None]
    """The case was taken up again before its re-visit."""

    case: Mapped[Case] = relationship(lazy="raise_on_sql")
    person: Mapped[Person] = relationship(lazy="raise_on_sql")
    done_by: Mapped[Account | None] = relationship(lazy="raise_on_sql")


class Satisfaction(Record):
    """Three own questions on one referral (not validated): asked once, answered or not, so that the rate is known."""

    __tablename__ = "satisfaction"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.CheckConstraint("(answered_at IS NULL) = (answers IS NULL)", name="answered"),
        sa.CheckConstraint("score IS NULL OR answered_at IS NOT NULL", name="score"),
        sa.Index("ix_satisfaction_organization_id_asked_at", "organization_id", "asked_at"),
    )

    referral_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("referral.id"), unique=True)
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    organization_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organization.id"))
    """The provider: it sees the mean of at least five answers and never one."""
    asked_at: Mapped[datetime] = mapped_column(index=True)
    asked_way: Mapped[ConfirmationWay]
    asked_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    answered_at: Mapped[datetime | None]
    answers: Mapped[list[Any] | None] = mapped_column(EncryptedJson("satisfaction.answers"))
    """Three answers of 1–5; None is a question left out."""
    score: Mapped[Units | None]
    """Mean of the three; empty where one was left out."""

    referral: Mapped[Referral] = relationship(lazy="raise_on_sql")
    organization: Mapped[Organization] = relationship(lazy="raise_on_sql")
