"""Who saw and who changed what: entries that are only ever added, and the seals that chain them."""

import enum
import json
import uuid
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from models.base import Base, UtcDateTime
from models.field_groups import FieldGroup

Dialect = sa.engine.Dialect


class LogKind(enum.StrEnum):
    """What was done."""

    READ = "read"
    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"
    NOTE = "note"
    """Something that is no row of a record: a sign-in, an export, a reveal."""


class Facts(TypeDecorator[dict[str, Any]]):
    """A JSON object kept as one fixed text, so that a seal over it can be computed again on any database."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> str | None:
        """Return the text: keys in order, no blanks."""
        return None if value is None else facts_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, Any] | None:
        """Return the object."""
        return None if value is None else json.loads(value)


def facts_text(facts: dict[str, Any]) -> str:
    """Return the one text of facts."""
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class LogEntry(Base):
    """One line of the log. Keys point at records without foreign keys, so that the entry outlives what it speaks of.

    Holds codes, names of columns and keys only; never the name of a person or what stands in the file.
    """

    __tablename__ = "log_entry"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (
        sa.Index("ix_log_entry_person_id", "person_id", "id"),
        # Notes are few: asking for the last of a kind must not walk through all the reads.
        sa.Index(
            "ix_log_entry_code",
            "code",
            "id",
            sqlite_where=sa.text("code IS NOT NULL"),
            postgresql_where=sa.text("code IS NOT NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    """UUIDv7 of the moment, in the order in which this process wrote."""
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    kind: Mapped[LogKind]
    account_id: Mapped[uuid.UUID | None]
    """Empty where the installation itself worked, or nobody had signed in."""
    role: Mapped[str | None] = mapped_column(sa.String(32))
    organization_id: Mapped[uuid.UUID | None]
    """Of the account, at that time."""
    act: Mapped[str | None] = mapped_column(sa.String(64))
    """Code of the act, or why the installation worked."""
    code: Mapped[str | None] = mapped_column(sa.String(64))
    """What a note is about."""
    record_type: Mapped[str | None] = mapped_column(sa.String(48))
    """Table of the record."""
    record_id: Mapped[uuid.UUID | None]
    person_id: Mapped[uuid.UUID | None]
    purpose: Mapped[str | None] = mapped_column(sa.String(64))
    facts: Mapped[dict[str, Any] | None] = mapped_column(Facts())
    digest: Mapped[str | None] = mapped_column(sa.String(64))
    """HMAC of the record as it stood after a change."""
    request_id: Mapped[str | None] = mapped_column(sa.String(32))
    mac: Mapped[str] = mapped_column(sa.String(64))
    """HMAC of all the above, made by the application when it wrote: an entry from elsewhere has none that is right."""


class LogSeal(Base):
    """The place of one entry in the chain; a digest over the one before, so that none can be changed or left out."""

    __tablename__ = "log_seal"
    field_group = FieldGroup.INSTALLATION

    sequence: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    """1, 2, 3 … without a gap."""
    entry_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    day: Mapped[date] = mapped_column(index=True)
    """In China, when the seal was set. The first of a day chains on the last of the day before."""
    digest: Mapped[str] = mapped_column(sa.String(64))
    """HMAC-SHA256 with the log's key of the digest before, the sequence, the day and the entry's own HMAC."""
