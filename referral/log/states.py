"""Digests of watched records as they stand in the database now."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from referral.log.keys import log_key
from referral.log.protected import protected, table_of
from referral.log.raw import columns_of, expression, record_digest

BATCH = 1000


@dataclass(frozen=True)
class State:
    """One row: its key, the person it speaks of, what people call it, and its digest."""

    id: str
    person_id: str | None
    named: str | None
    digest: str


FOR_DIGESTS = {"narrowed": True}
"""Tells the wall around personal records that the rows are read for their digests only, whoever looks."""


def query(record: type[Any], dialect: str) -> tuple[str, list[str]]:
    """Return the SELECT that gives the rows of a record in their fixed form, and the names of its first columns.

    After these come the person's key and the name.
    """
    how, table = protected()[record], table_of(record)
    columns = columns_of(table)
    parts = [expression(column, dialect, f'"{table.name}".') for column in columns]
    person = how.person or "NULL"
    if how.person and dialect == "postgresql":
        person = f"replace(({person})::text, '-', '')"
    parts += [person, f'"{how.named}"' if how.named else "NULL"]
    return f'SELECT {", ".join(parts)} FROM "{table.name}"', [column.name for column in columns]  # noqa: S608  fixed names


def states(connection: sa.Connection, record: type[Any], keys: Iterable[str] | None = None) -> Iterator[State]:
    """Yield the rows of a record as they stand: those of some keys (as hex), or all, read as a stream."""
    dialect = connection.dialect.name
    select, names = query(record, dialect)
    where = "WHERE id = ANY(%s::uuid[])" if dialect == "postgresql" else "WHERE id IN (SELECT value FROM json_each(?))"
    if keys is None:
        streaming = connection.execution_options(stream_results=True, max_row_buffer=2000)
        yield from _read(streaming.exec_driver_sql(select, execution_options=FOR_DIGESTS), record, names)
        connection.execution_options(stream_results=False)
        return
    wanted = list(keys)
    for start in range(0, len(wanted), BATCH):
        some = wanted[start : start + BATCH]
        argument: Any = some if dialect == "postgresql" else _json(some)
        rows = connection.exec_driver_sql(f"{select} {where}", (argument,), execution_options=FOR_DIGESTS)
        yield from _read(rows, record, names)


def _json(keys: list[str]) -> str:
    return '["' + '","'.join(keys) + '"]'


def _read(result: Any, record: type[Any], names: list[str]) -> Iterator[State]:
    key, table, at = log_key(), record.__tablename__, names.index("id")
    for row in result:
        yield State(row[at], row[-2], row[-1], record_digest(key, table, names, row))
