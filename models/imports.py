"""A file somebody brought: what it held, what is wrong in it, what was applied."""

import enum
import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Record
from models.encryption import EncryptedJson
from models.field_groups import FieldGroup, marked


class ImportKind(enum.StrEnum):
    """What a file is about."""

    ORGANIZATIONS = "organizations"
    PEOPLE = "people"
    CAPACITY = "capacity"


class ImportStatus(enum.StrEnum):
    """A file is looked at before it is applied."""

    PREVIEW = "preview"
    APPLIED = "applied"
    DISCARDED = "discarded"


class RowResult(enum.StrEnum):
    """What a row would do, or did."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    BAD = "bad"


class ImportRun(Record):
    """One upload."""

    __tablename__ = "import_run"
    field_group = FieldGroup.INSTALLATION

    kind: Mapped[ImportKind]
    file_name: Mapped[str] = mapped_column(sa.String(255))
    digest: Mapped[str] = mapped_column(sa.String(64), index=True)
    status: Mapped[ImportStatus] = mapped_column(default=ImportStatus.PREVIEW)
    by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    applied_at: Mapped[datetime | None]
    columns: Mapped[list[Any]]
    """Headings as they stood in the file, in order."""
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own way

    rows: Mapped[list["ImportRow"]] = relationship(back_populates="run", lazy="raise")


class ImportRow(Record):
    """One row of the file, as typed, with what is wrong in it."""

    __tablename__ = "import_row"
    field_group = FieldGroup.PROCESS
    __table_args__ = (sa.UniqueConstraint("run_id", "row_number"),)

    run_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("import_run.id"), index=True)
    row_number: Mapped[int]
    """As the spreadsheet counts, the heading being row 1."""
    cells: Mapped[dict[str, Any]] = mapped_column(
        EncryptedJson("import_row.cells"), info=marked(FieldGroup.CERTIFICATES)
    )
    result: Mapped[RowResult]
    problems: Mapped[list[Any]] = mapped_column(
        EncryptedJson("import_row.problems"), info=marked(FieldGroup.CERTIFICATES)
    )
    """[{column, value, code, facts}] for each wrong cell."""

    run: Mapped[ImportRun] = relationship(back_populates="rows", lazy="raise_on_sql")
