"""A random sample of files, what its reader found in each, and what the provider answered."""

import enum
import uuid
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Record
from models.encryption import Encrypted
from models.field_groups import FieldGroup, marked
from models.organization import Organization
from models.person import Person


class Strata(enum.StrEnum):
    """By what the files are divided before each part is drawn from in proportion."""

    NONE = "none"
    TOWNSHIP = "township"
    SEX = "sex"
    AGE = "age"


class FindingCode(enum.StrEnum):
    """What can be wrong with a file, or well done."""

    NO_ASSESSMENT = "no_assessment"
    NO_PLAN = "no_plan"
    VISIT_NOT_BELIEVED = "visit_not_believed"
    UNITS_DO_NOT_FIT = "units_do_not_fit"
    SERVED_LATE = "served_late"
    NO_OUTCOME = "no_outcome"
    NO_FOLLOW_UP = "no_follow_up"
    NO_REVISIT = "no_revisit"
    NOTES_COPIED = "notes_copied"
    NOT_ENTITLED = "not_entitled"
    GOOD_PRACTICE = "good_practice"
    NOTHING_FOUND = "nothing_found"


class FindingStatus(enum.StrEnum):
    """Whose turn it is. Silence counts as acceptance, and says so."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DISPUTED = "disputed"
    ACCEPTED_BY_SILENCE = "accepted_by_silence"
    UPHELD = "upheld"
    WITHDRAWN = "withdrawn"
    NOT_ASKED = "not_asked"
    """Nothing to answer: praise, or nothing found."""


FINDING_STEPS: dict[FindingStatus, frozenset[FindingStatus]] = {
    FindingStatus.ASKED: frozenset(
        {
            FindingStatus.ACCEPTED,
            FindingStatus.DISPUTED,
            FindingStatus.ACCEPTED_BY_SILENCE,
            FindingStatus.WITHDRAWN,
        }
    ),
    FindingStatus.DISPUTED: frozenset({FindingStatus.UPHELD, FindingStatus.WITHDRAWN}),
    FindingStatus.ACCEPTED: frozenset(),
    FindingStatus.ACCEPTED_BY_SILENCE: frozenset(),
    FindingStatus.UPHELD: frozenset(),
    FindingStatus.WITHDRAWN: frozenset(),
    FindingStatus.NOT_ASKED: frozenset(),
}
"""From each state, where a finding may go."""
ASKS_NOTHING = frozenset({FindingCode.GOOD_PRACTICE, FindingCode.NOTHING_FOUND})


class FileSample(Record):
    """Files drawn at random from those of the people served in a period: anybody can draw the same again."""

    __tablename__ = "file_sample"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (
        sa.CheckConstraint("size > 0", name="size"),
        sa.CheckConstraint("drawn <= size", name="drawn"),
        sa.CheckConstraint("ends_on >= starts_on", name="period"),
        sa.CheckConstraint("answer_days BETWEEN 1 AND 60", name="answer_days"),
    )

    number: Mapped[str] = mapped_column(sa.String(24), unique=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    area_code: Mapped[str] = mapped_column(sa.ForeignKey("area.code"), index=True)
    program_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("program.id"), index=True)
    strata: Mapped[Strata]
    size: Mapped[int]
    """How many files were asked for."""
    drawn: Mapped[int] = mapped_column(default=0)
    population: Mapped[int] = mapped_column(default=0)
    """People served in the period: the files that could have been drawn."""
    population_digest: Mapped[str] = mapped_column(sa.String(64))
    """SHA-256 of their keys in order: says whether drawing again starts from the same files."""
    seed: Mapped[int] = mapped_column(sa.BigInteger)
    shares: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Stratum → [files in it, files drawn from it]."""
    answer_days: Mapped[int] = mapped_column(default=5)
    """Working days that a provider has to answer a finding; then silence accepts it."""
    drawn_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    drawn_at: Mapped[datetime]

    drawn_by: Mapped[Account | None] = relationship(lazy="raise_on_sql")


class SampledFile(Record):
    """One file of a sample."""

    __tablename__ = "sampled_file"
    field_group = FieldGroup.PROCESS
    __table_args__ = (sa.UniqueConstraint("sample_id", "person_id"), sa.UniqueConstraint("sample_id", "place"))

    sample_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("file_sample.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    place: Mapped[int]
    """Its position in the order of drawing, from 1."""
    stratum: Mapped[str] = mapped_column(sa.String(16), info=marked(FieldGroup.IDENTITY))

    sample: Mapped[FileSample] = relationship(lazy="raise_on_sql")
    person: Mapped[Person] = relationship(lazy="raise_on_sql")


class Finding(Record):
    """What the reader of a sampled file found, and what the provider says to it."""

    __tablename__ = "finding"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.CheckConstraint("status NOT IN ('asked', 'disputed') OR answer_by IS NOT NULL", name="asked_until"),
        sa.Index("ix_finding_organization_id_status", "organization_id", "status"),
        sa.Index("ix_finding_status_answer_by", "status", "answer_by"),
    )

    file_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("sampled_file.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    organization_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organization.id"))
    """Who must answer."""
    code: Mapped[FindingCode]
    note: Mapped[str | None] = mapped_column(Encrypted("finding.note"))
    status: Mapped[FindingStatus]
    found_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    found_at: Mapped[datetime]
    answer_by: Mapped[datetime | None]
    answer_by_is_provisional: Mapped[bool] = mapped_column(default=False)
    answer: Mapped[str | None] = mapped_column(Encrypted("finding.answer"))
    answered_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    answered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    file: Mapped[SampledFile] = relationship(lazy="raise_on_sql")
    organization: Mapped[Organization] = relationship(lazy="raise_on_sql")
