"""Make a backup: one look at the whole database, as it stood at one moment, while others go on writing."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa

from referral import clock
from referral.backup import tables
from referral.backup.errors import BackupRefused
from referral.backup.lines import Fingerprint, LineWriter, line
from referral.backup.proving import chain_end
from referral.backup.sealed import SealedWriter
from referral.row_security import see_all_rows
from referral.transactions import reading

Progress = Callable[[str, int], None]
"""Told a table's name and how many of its rows are done, now and then and at its end."""
EVERY = 50_000


@dataclass(frozen=True)
class Made:
    """What a backup holds."""

    revision: str
    rows: dict[str, int]
    size: int
    """Bytes of the file."""


def make_backup(engine: sa.Engine, target: Path, backup_key: bytes, *, progress: Progress = lambda *_: None) -> Made:
    """Write a backup of the whole database to `target`, at once or not at all; only its owner may read it.

    Raises BackupRefused: exists, unknown_type, no_tables, row_security.
    """
    if target.exists():
        raise BackupRefused("exists", file=str(target))
    with _beside(target) as file, snapshot(engine) as connection:
        sealed = SealedWriter(file, backup_key)
        made = _write(connection, LineWriter(sealed), progress)
        sealed.close()
        size = file.tell()
    return Made(*made, size)


def _write(connection: sa.Connection, out: LineWriter, progress: Progress) -> tuple[str, dict[str, int]]:
    at = tables.revision(connection)
    if at is None:
        raise BackupRefused("no_tables")
    kept = tables.describe(connection)
    head = {
        "made_at": clock.now().isoformat(),
        "version": _version(),
        "database": connection.dialect.name,
        "revision": at,
        "log_end": chain_end(connection),
        "tables": [
            {"name": table.name, "columns": list(table.columns), "bytes": sorted(table.bytes_at)} for table in kept
        ],
    }
    out.put(line(head))
    counted = {}
    for table in kept:
        found = Fingerprint()
        out.put(line({"table": table.name}))
        for row in tables.rows_of(connection, table, table.columns):
            text = line(list(row))
            found.add(text)
            out.put(text)
            if found.rows % EVERY == 0:
                progress(table.name, found.rows)
        out.put(line({"rows": found.rows, "digest": found.digest}))
        counted[table.name] = found.rows
        progress(table.name, found.rows)
    out.put(line({"end": len(kept)}))
    out.close()
    return at, counted


@contextmanager
def snapshot(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection that sees the database as it stood at one moment, and cannot write; ended with the block."""
    with reading(), engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
            see_all_rows(connection)
        # Both databases choose the moment with the first question that is asked of a table.
        sa.inspect(connection).get_table_names()
        yield connection
        connection.rollback()


@contextmanager
def _beside(target: Path) -> Iterator[BinaryIO]:
    """Give a file that takes the target's name once it is whole and on the disk; else it is gone."""
    waiting = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with open(waiting, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        waiting.rename(target)
        _sync_folder(target.parent)
    finally:
        waiting.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _version() -> str:
    try:
        return version("yuanqiao")
    except PackageNotFoundError:
        return "checkout"
