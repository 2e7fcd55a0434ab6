"""What an import did: rows read, made, changed, same, skipped and rejected, with the reason for each rejection."""

import enum
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from referral.actions.importing.words import sentence


class Fate(enum.StrEnum):
    """What became of a row; each row has one."""

    MADE = "made"
    CHANGED = "changed"
    SAME = "same"
    SKIPPED = "skipped"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Finding:
    """Something wrong in one cell: the row as a spreadsheet counts it, the column, the value, why."""

    row: int
    column: str
    value: str
    code: str
    facts: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON, with its words in the reader's language."""
        return {
            "row": self.row,
            "column": self.column,
            "value": self.value,
            "code": self.code,
            "text": sentence(self.code, self.facts),
        }


@dataclass
class FileReport:
    """One file: to which table it belongs (None where it is not used) and what became of its rows."""

    name: str
    table: str | None
    fates: dict[int, Fate] = field(default_factory=dict)
    rejections: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)
    """Rows that were kept although a value of theirs was not, or not as it stood."""

    @property
    def counts(self) -> Counter[Fate]:
        """How many rows had each fate."""
        return Counter(self.fates.values())

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "file": self.name,
            "table": self.table,
            "read": len(self.fates),
            **{str(fate): self.counts[fate] for fate in Fate},
            "rejections": [finding.as_dict() for finding in self.rejections],
            "notes": [finding.as_dict() for finding in self.notes],
        }


@dataclass
class Report:
    """The whole import."""

    source: str
    version: str
    files: list[FileReport] = field(default_factory=list)

    def total(self, fate: Fate) -> int:
        """Return how many rows of all files had a fate."""
        return sum(file.counts[fate] for file in self.files)

    def of(self, table: str) -> list[FileReport]:
        """Return the files of a table."""
        return [file for file in self.files if file.table == table]

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "source": self.source,
            "version": self.version,
            "read": sum(len(file.fates) for file in self.files),
            **{str(fate): self.total(fate) for fate in Fate},
            "files": [file.as_dict() for file in self.files],
        }
