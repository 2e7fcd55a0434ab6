"""Read a backup from its first line to its end, each table proven by its count and fingerprint."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from referral.backup.errors import BackupRefused
from referral.backup.lines import Fingerprint, read_lines
from referral.backup.sealed import read_sealed


@dataclass(frozen=True)
class Described:
    """A table as the backup describes it."""

    name: str
    columns: tuple[str, ...]
    bytes_at: frozenset[int]


class BackupReader:
    """The content of a backup file, in order: `head`, then `rows` of each of `tables`, then `finish`."""

    def __init__(self, file: BinaryIO, backup_key: bytes) -> None:
        self._lines = read_lines(read_sealed(file, backup_key))
        self.head = self._told("revision")
        self.tables = [
            Described(one["name"], tuple(one["columns"]), frozenset(one["bytes"])) for one in self.head["tables"]
        ]
        self.found: dict[str, Fingerprint] = {}

    def _told(self, key: str) -> dict[str, Any]:
        """Return the next line, which must speak of `key`."""
        text = next(self._lines, b"")
        told = json.loads(text) if text.startswith(b"{") else {}
        if key not in told:
            raise BackupRefused("wrong_content")
        return dict(told)

    def rows(self, table: Described) -> Iterator[list[Any]]:
        """Yield the rows of the next table; at its end they are proven (BackupRefused: wrong_content)."""
        if self._told("table")["table"] != table.name:
            raise BackupRefused("wrong_content")
        found = self.found[table.name] = Fingerprint()
        for text in self._lines:
            if not text.startswith(b"["):
                break
            found.add(text)
            yield json.loads(text)
        else:
            raise BackupRefused("wrong_content")
        if json.loads(text) != {"rows": found.rows, "digest": found.digest}:
            raise BackupRefused("wrong_content")

    def finish(self) -> None:
        """Read the last line, and see that nothing follows it."""
        if self._told("end")["end"] != len(self.tables) or next(self._lines, None) is not None:
            raise BackupRefused("wrong_content")


def check_backup(source: Path, backup_key: bytes) -> tuple[dict[str, Any], dict[str, int]]:
    """Read a whole backup without restoring it; its head and the rows of each table. Raises BackupRefused."""
    with source.open("rb") as file:
        reader = BackupReader(file, backup_key)
        for table in reader.tables:
            for _row in reader.rows(table):
                pass
        reader.finish()
    return reader.head, {name: found.rows for name, found in reader.found.items()}
