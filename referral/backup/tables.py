"""The tables of a database as it describes them itself, and their rows in one form for both makes.

The form is the one SQLite stores: keys as 32 hexadecimal digits, moments as text in UTC with microseconds, yes and no
as 1 and 0, JSON as its text. It is read from the database and not from our records, so that a backup can be made before
an upgrade as well as after it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from referral.backup.errors import BackupRefused

AT_ONCE = 2000
REVISION_TABLE = "alembic_version"
POSTGRES_FORMS: tuple[tuple[type[Any], str], ...] = (
    (sa.Uuid, "replace({}::text, '-', '')"),
    (sa.DateTime, "to_char({}{zone}, 'YYYY-MM-DD HH24:MI:SS.US')"),
    (sa.Date, "to_char({}, 'YYYY-MM-DD')"),
    (sa.Time, "to_char({}::interval, 'HH24:MI:SS.US')"),
    (sa.Boolean, "{}::integer"),
    (sa.LargeBinary, "encode({}, 'hex')"),
    (sa.JSON, "{}::text"),
    (sa.String, "{}"),
    (sa.Integer, "{}"),
    (sa.Float, "{}"),
)
"""How PostgreSQL's columns become the common form."""


@dataclass(frozen=True)
class Kept:
    """One table: what it is called, its stored columns, and which of them hold bytes."""

    name: str
    columns: tuple[str, ...]
    expressions: tuple[str, ...]
    bytes_at: frozenset[int]


def describe(connection: sa.Connection) -> list[Kept]:
    """Return the tables in the order of their foreign keys; columns that the database computes are left out.

    Raises BackupRefused (unknown_type) where a column has a type without a rule here.
    """
    metadata = sa.MetaData()
    metadata.reflect(connection)
    postgres = connection.dialect.name == "postgresql"
    tables = []
    for table in metadata.sorted_tables:
        if table.name == REVISION_TABLE:
            continue
        columns = [column for column in table.columns if column.computed is None]
        tables.append(
            Kept(
                name=table.name,
                columns=tuple(column.name for column in columns),
                expressions=tuple((_on_postgres if postgres else _on_sqlite)(column) for column in columns),
                bytes_at=frozenset(n for n, column in enumerate(columns) if isinstance(column.type, sa.LargeBinary)),
            )
        )
    return tables


def revision(connection: sa.Connection) -> str | None:
    """Return the migration that a database stands at, or None for one without tables."""
    if not sa.inspect(connection).has_table(REVISION_TABLE):
        return None
    return connection.execute(sa.text(f"SELECT version_num FROM {REVISION_TABLE}")).scalar()  # noqa: S608


def _on_sqlite(column: sa.Column[Any]) -> str:
    name = quoted(column.name)
    match column.type:
        case sa.LargeBinary():
            return f"lower(hex({name}))"
        case sa.DateTime():
            # A default of the database has no microseconds.
            return f"CASE WHEN length({name}) = 19 THEN {name} || '.000000' ELSE {name} END"
        case sa.CHAR() | sa.String() | sa.Integer() | sa.Float() | sa.Boolean() | sa.Date() | sa.Time() | sa.JSON():
            return name
    raise BackupRefused("unknown_type", column=str(column), type=str(column.type))


def _on_postgres(column: sa.Column[Any]) -> str:
    if isinstance(column.type, JSONB):  # it does not keep the text
        raise BackupRefused("unknown_type", column=str(column), type=str(column.type))
    for kind, form in POSTGRES_FORMS:
        if isinstance(column.type, kind):
            zone = " AT TIME ZONE 'UTC'" if getattr(column.type, "timezone", False) else ""
            return form.format(quoted(column.name), zone=zone)
    raise BackupRefused("unknown_type", column=str(column), type=str(column.type))


def quoted(name: str) -> str:
    """Return a name as both databases quote it."""
    return '"' + name.replace('"', '""') + '"'


def select_of(table: Kept, columns: Sequence[str]) -> str:
    """Return the question for all rows of a table, with the columns in a given order."""
    expressions = dict(zip(table.columns, table.expressions, strict=True))
    return f"SELECT {', '.join(expressions[name] for name in columns)} FROM {quoted(table.name)}"  # noqa: S608


def rows_of(connection: sa.Connection, table: Kept, columns: Sequence[str]) -> Iterator[Sequence[Any]]:
    """Yield all rows of a table in the common form, a bundle in memory at a time."""
    streaming = {"stream_results": True, "max_row_buffer": AT_ONCE}
    result = connection.exec_driver_sql(select_of(table, columns), execution_options=streaming)
    for bundle in result.partitions(AT_ONCE):
        yield from bundle


def is_empty(connection: sa.Connection, table: Kept) -> bool:
    """Tell whether a table has no row."""
    return connection.exec_driver_sql(f"SELECT 1 FROM {quoted(table.name)} LIMIT 1").first() is None  # noqa: S608
