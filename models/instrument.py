"""Instruments as data: what is asked, how it is scored, what a score says; and the sheets that were filled in.

A version is a draft until it is published; a published one is never changed, because sheets point to it. What a
definition may hold is said in `referral/instruments/definition.py`.
"""

import enum
import uuid
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Record, Units
from models.case import AssessmentOccasion, Case
from models.encryption import Encrypted, EncryptedJson
from models.field_groups import FieldGroup, marked
from models.outcome import Mode, Outcome
from models.person import Person


class InstrumentOrigin(enum.StrEnum):
    """Where an instrument comes from."""

    PACK = "pack"
    """Of the pack that every installation has."""
    OPTIONAL = "optional"
    """Shipped, and switched off until somebody who may use it switches it on."""
    OWN = "own"
    """Made here by an administrator."""


class VersionState(enum.StrEnum):
    """A draft may be changed; a published version never."""

    DRAFT = "draft"
    PUBLISHED = "published"


class Instrument(Record):
    """A set of questions under one code, whatever its versions."""

    __tablename__ = "instrument"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (
        sa.CheckConstraint("follow_up_days IS NULL OR follow_up_days BETWEEN 1 AND 1000", name="follow_up_days"),
    )

    code: Mapped[str] = mapped_column(sa.String(32), unique=True)
    """Also the measure of its outcomes."""
    origin: Mapped[InstrumentOrigin]
    active: Mapped[bool] = mapped_column(default=True)
    """Whether it is offered; what was filled in before stays readable."""
    follow_up_days: Mapped[int | None]
    """Days from a baseline until it is asked again; empty where it is not asked again by itself."""
    position: Mapped[int] = mapped_column(default=100)

    versions: Mapped[list["InstrumentVersion"]] = relationship(back_populates="instrument", lazy="raise")


class InstrumentVersion(Record):
    """The words, choices and rules of an instrument at one time."""

    __tablename__ = "instrument_version"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (
        sa.UniqueConstraint("instrument_id", "number"),
        sa.CheckConstraint("(state = 'published') = (published_at IS NOT NULL)", name="published"),
        sa.Index(
            "uq_instrument_version_one_draft",
            "instrument_id",
            unique=True,
            sqlite_where=sa.text("state = 'draft'"),
            postgresql_where=sa.text("state = 'draft'"),
        ),
    )

    instrument_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("instrument.id"), index=True)
    number: Mapped[int]
    state: Mapped[VersionState] = mapped_column(default=VersionState.DRAFT)
    name_zh: Mapped[str] = mapped_column(sa.String(120))
    name_en: Mapped[str] = mapped_column(sa.String(120))
    definition: Mapped[dict[str, Any]]
    """Introduction, items, choices, scoring, bands, red flags, licence notice: see the module's head."""
    digest: Mapped[str] = mapped_column(sa.String(64))
    """SHA-256 of the definition: a pack that is loaded again makes a new version only where it differs."""
    published_at: Mapped[datetime | None]
    published_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    """Empty where it came with the product."""

    instrument: Mapped[Instrument] = relationship(back_populates="versions", lazy="raise_on_sql")


class Sheet(Record):
    """One filled-in instrument of one person. A correction is a new sheet; the one it replaces stays."""

    __tablename__ = "sheet"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.CheckConstraint("missing_items >= 0", name="missing_items"),
        sa.UniqueConstraint("asked_by_id", "entry_key"),
        sa.Index("ix_sheet_case_id_taken_on", "case_id", "taken_on"),
        sa.Index("ix_sheet_person_id_taken_on", "person_id", "taken_on"),
    )

    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"))
    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("case_file.id"))
    version_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("instrument_version.id"), index=True)
    occasion: Mapped[AssessmentOccasion]
    taken_on: Mapped[date] = mapped_column(index=True)
    mode: Mapped[Mode]
    asked_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"), index=True)
    """Who asked or watched, and for answers given alone: who wrote them in."""
    answers: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("sheet.answers"), info=marked(FieldGroup.HEALTH))
    """Item → value of the choice; an item without an answer is missing. What was known beside it stands as well."""
    score: Mapped[Units | None]
    """Empty where too many items are missing to give one."""
    missing_items: Mapped[int] = mapped_column(default=0)
    band: Mapped[str | None] = mapped_column(Encrypted("sheet.band"), info=marked(FieldGroup.HEALTH))
    """Code of the band in which the score falls, after the rules that make it worse."""
    note: Mapped[str | None] = mapped_column(Encrypted("sheet.note"), info=marked(FieldGroup.NOTES))
    outcome_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("outcome.id"), index=True)
    entry_key: Mapped[str | None] = mapped_column(sa.String(64))
    """Made by the form, so that the same form sent twice is one sheet."""
    corrects_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("sheet.id"), unique=True)
    replaced: Mapped[bool] = mapped_column(default=False)

    person: Mapped[Person] = relationship(lazy="raise_on_sql")
    case: Mapped[Case] = relationship(lazy="raise_on_sql")
    version: Mapped[InstrumentVersion] = relationship(lazy="raise_on_sql")
    asked_by: Mapped[Account] = relationship(lazy="raise_on_sql")
    outcome: Mapped[Outcome | None] = relationship(lazy="raise_on_sql")


class MeasureDue(Record):
    """A measure to be taken again: until when, and what became of it."""

    __tablename__ = "measure_due"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.Index("ix_measure_due_station_id_due_on", "station_id", "due_on"),
        sa.Index("ix_measure_due_due_on", "due_on"),
        sa.Index(
            "uq_measure_due_one_open",
            "case_id",
            "instrument_id",
            unique=True,
            sqlite_where=sa.text("done_on IS NULL AND dropped_on IS NULL"),
            postgresql_where=sa.text("done_on IS NULL AND dropped_on IS NULL"),
        ),
    )

    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("case_file.id"))
    station_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("organization.id"))
    instrument_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("instrument.id"), index=True)
    after_sheet_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("sheet.id"), index=True)
    due_on: Mapped[date]
    reminded_at: Mapped[datetime | None]
    done_on: Mapped[date | None]
    sheet_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("sheet.id"), index=True)
    dropped_on: Mapped[date | None]
    """The case ended before it was taken: it counts as missing, and nobody is reminded."""

    person: Mapped[Person] = relationship(lazy="raise_on_sql")
    case: Mapped[Case] = relationship(lazy="raise_on_sql")
    instrument: Mapped[Instrument] = relationship(lazy="raise_on_sql")


class FlagHandling(enum.StrEnum):
    """What was done about an answer that cannot wait."""

    STAYED_WITH = "stayed_with"
    """Somebody stayed with the person, and a safe plan was made."""
    FAMILY_TOLD = "family_told"
    HOSPITAL = "hospital"
    CRISIS_LINE = "crisis_line"
    EMERGENCY_CALLED = "emergency_called"
    MISTAKEN_ENTRY = "mistaken_entry"
    """Asked again at once: the answer had been written down wrongly."""


class RedFlag(Record):
    """An answer that cannot wait, such as thoughts of harming oneself: an urgent task until somebody has acted."""

    __tablename__ = "red_flag"
    field_group = FieldGroup.HEALTH
    __table_args__ = (
        sa.UniqueConstraint("sheet_id", "code"),
        sa.CheckConstraint("(handled_at IS NULL) = (done IS NULL)", name="handled_with_words"),
        sa.CheckConstraint("(handled_at IS NULL) = (handling IS NULL)", name="handled_how"),
        sa.Index("ix_red_flag_station_id_handled_at", "station_id", "handled_at"),
    )

    sheet_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("sheet.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("case_file.id"), index=True)
    station_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("organization.id"))
    code: Mapped[str] = mapped_column(sa.String(32))
    raised_at: Mapped[datetime]
    handling: Mapped[FlagHandling | None]
    done: Mapped[str | None] = mapped_column(Encrypted("red_flag.done"), info=marked(FieldGroup.NOTES))
    """What was done, in words."""
    handled_at: Mapped[datetime | None]
    handled_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)

    sheet: Mapped[Sheet] = relationship(lazy="raise_on_sql")
    person: Mapped[Person] = relationship(lazy="raise_on_sql")
    handled_by: Mapped[Account | None] = relationship(lazy="raise_on_sql")
