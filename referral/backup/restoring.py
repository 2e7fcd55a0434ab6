"""Restore a backup into an empty place, all of it or nothing, and prove that what stands there is what was kept."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from referral.backup import tables
from referral.backup.errors import BackupRefused
from referral.backup.lines import fingerprint
from referral.backup.making import EVERY, Progress
from referral.backup.proving import prove_log
from referral.backup.reading import BackupReader, Described
from referral.row_security import as_owner, see_all_rows

Migrate = Callable[[str], None]
"""Brings a database without tables to a revision."""
Rows = Iterator[list[Any]]
Proof = Callable[[sa.Connection, dict[str, Any]], None]
"""Looks at the restored database and the file's head before it is kept; raises BackupRefused where it is wrong."""


@dataclass(frozen=True)
class Restored:
    """What was restored."""

    head: dict[str, Any]
    rows: dict[str, int]


def restore_backup(
    engine: sa.Engine,
    source: Path,
    backup_key: bytes,
    *,
    migrate: Migrate,
    prove: Proof = prove_log,
    progress: Progress = lambda *_: None,
) -> Restored:
    """Restore a backup into a database without records.

    A place without tables is first brought to the backup's revision; one with empty tables must stand there already.
    Rows go in under the database's own rules; then every table is read again and compared. Raises BackupRefused:
    not_empty, other_revision, other_shape, differs, orphans, log_broken, and what `reading` raises.
    """
    with source.open("rb") as file:
        reader = BackupReader(file, backup_key)
        _make_room(engine, reader.head["revision"], migrate)
        with _loading(engine) as connection:
            here = _matched(connection, reader.tables)
            for table in reader.tables:
                _load(connection, table, _with_progress(reader.rows(table), table.name, progress))
            reader.finish()
            _check(connection, reader, here, progress)
            prove(connection, reader.head)
    return Restored(reader.head, {name: found.rows for name, found in reader.found.items()})


def _make_room(engine: sa.Engine, revision: str, migrate: Migrate) -> None:
    with engine.connect() as connection:
        at = tables.revision(connection)
        names = sa.inspect(connection).get_table_names()
        if at is not None:
            full = [table.name for table in tables.describe(connection) if not tables.is_empty(connection, table)]
            if full:
                raise BackupRefused("not_empty", tables=", ".join(full[:5]))
            if at != revision:
                raise BackupRefused("other_revision", here=at, file=revision)
        elif names:
            raise BackupRefused("not_empty", tables=", ".join(names[:5]))
        connection.rollback()
    if at is None:
        migrate(revision)


def _matched(connection: sa.Connection, wanted: list[Described]) -> dict[str, tables.Kept]:
    """Return the tables here by name; they must have the columns that the file has."""
    here = {table.name: table for table in tables.describe(connection)}
    shapes = {table.name: set(table.columns) for table in wanted}
    if shapes != {name: set(table.columns) for name, table in here.items()}:
        differing = {name for name in shapes.keys() | here.keys() if shapes.get(name) != _columns(here.get(name))}
        raise BackupRefused("other_shape", tables=", ".join(sorted(differing)))
    return here


def _columns(table: tables.Kept | None) -> set[str] | None:
    return set(table.columns) if table else None


@contextmanager
def _loading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection for loading, committed at the end of the block; nothing is kept where something fails."""
    with engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        driver = connection.connection.driver_connection
        if sqlite and driver:
            # Rows that point at later rows of their own table; checked as a whole before anything is kept.
            driver.execute("PRAGMA foreign_keys=OFF")
        try:
            if not sqlite:
                connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
                see_all_rows(connection)
            with as_owner(connection):
                yield connection
            if sqlite and (lost := connection.exec_driver_sql("PRAGMA foreign_key_check").first()):
                raise BackupRefused("orphans", table=lost[0])
            connection.exec_driver_sql("ANALYZE")
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
        finally:
            if sqlite and driver:
                driver.execute("PRAGMA foreign_keys=ON")


def _with_progress(rows: Rows, name: str, progress: Progress) -> Rows:
    for number, row in enumerate(rows, 1):
        yield row
        if number % EVERY == 0:
            progress(name, number)


def _load(connection: sa.Connection, table: Described, rows: Rows) -> None:
    names = ", ".join(map(tables.quoted, table.columns))
    if connection.dialect.name == "postgresql":
        _copy(connection, f"COPY {tables.quoted(table.name)} ({names}) FROM STDIN", table, rows)
        return
    marks = ", ".join("?" * len(table.columns))
    statement = f"INSERT INTO {tables.quoted(table.name)} ({names}) VALUES ({marks})"  # noqa: S608  names of our own tables
    while bundle := list(islice(rows, tables.AT_ONCE)):
        for row in bundle if table.bytes_at else ():
            _bytes_back(row, table.bytes_at, bytes.fromhex)
        connection.exec_driver_sql(statement, [tuple(row) for row in bundle])


def _copy(connection: sa.Connection, statement: str, table: Described, rows: Rows) -> None:
    """Load a table in one statement: PostgreSQL looks at foreign keys at its end, so rows may point at later ones."""
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            if table.bytes_at:
                _bytes_back(row, table.bytes_at, r"\x{}".format)
            copy.write_row(row)


def _bytes_back(row: list[Any], at: frozenset[int], change: Callable[[str], Any]) -> None:
    for place in at:
        if row[place] is not None:
            row[place] = change(row[place])


def _check(connection: sa.Connection, reader: BackupReader, here: dict[str, tables.Kept], progress: Progress) -> None:
    """Read every table again and compare it with what the file held."""
    for table in reader.tables:
        stands = fingerprint(tables.rows_of(connection, here[table.name], table.columns))
        kept = reader.found[table.name]
        if (stands.rows, stands.digest) != (kept.rows, kept.digest):
            raise BackupRefused("differs", table=table.name, here=stands.rows, file=kept.rows)
        progress(table.name, stands.rows)
        _continue_numbers(connection, here[table.name])


def _continue_numbers(connection: sa.Connection, table: tables.Kept) -> None:
    """Let a column that PostgreSQL numbers go on after the highest number restored."""
    if connection.dialect.name != "postgresql":
        return
    for column in table.columns:
        asked = {"table": tables.quoted(table.name), "column": column}
        if sequence := connection.scalar(sa.text("SELECT pg_get_serial_sequence(:table, :column)"), asked):
            highest = f"(SELECT max({tables.quoted(column)}) FROM {tables.quoted(table.name)})"  # noqa: S608
            connection.execute(
                sa.text(f"SELECT setval(:sequence, coalesce({highest}, 1), {highest} IS NOT NULL)"),
                {"sequence": sequence},
            )
