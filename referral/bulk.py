"""Many rows into one table at once, column by column, past the records: what a round over a city writes.

Values are given as the database holds them: keys as 32 hex digits, moments as text in UTC, JSON as text, codes as
codes. SQLite takes rows, one prepared statement for all; PostgreSQL takes each column as one text, so that nothing is
turned into a parameter of its own. Nothing here is seen by the log: watched records are not written so.
"""

import secrets
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import numpy as np
import sqlalchemy as sa

CHUNK = 5_000
"""Rows sent at once."""
BETWEEN, NOTHING = "\x1e", "\x1d"
"""What parts values, and what stands for an empty one: neither occurs in JSON, codes, keys or names."""


def moment_text(at: datetime) -> str:
    """Return a moment as columns given here hold it."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def new_keys(count: int) -> list[str]:
    """Return keys as `models.base.new_key` makes them (UUIDv7), as 32 hex digits, each after the one before.

    Where many are made at once, the 12 bits below the millisecond count them (RFC 9562 §6.2, method 1).
    """
    first = (time.time_ns() // 1_000_000) << 12
    counted = np.arange(first, first + count, dtype=np.uint64)
    made = np.empty((count, 2), dtype=">u8")
    made[:, 0] = (counted >> np.uint64(12)) << np.uint64(16) | np.uint64(0x7000) | (counted & np.uint64(0xFFF))
    noise = np.frombuffer(secrets.token_bytes(8 * count), dtype=np.uint64)
    made[:, 1] = noise & np.uint64((1 << 62) - 1) | np.uint64(1 << 63)
    return digits(made.tobytes())


def digits(keys: bytes) -> list[str]:
    """Return keys of 16 bytes each as 32 hex digits each."""
    text = keys.hex()
    return [text[start : start + 32] for start in range(0, len(text), 32)]


def insert(connection: sa.Connection, table: Any, rows: int, given: Mapping[str, Any]) -> None:
    """Insert rows; `given` holds for each column a list of its values, or one value for all rows.

    Columns that are left out take what the database itself puts there, not the record's default.
    """
    once = {name: value for name, value in given.items() if not isinstance(value, list)}
    many = {name: value for name, value in given.items() if isinstance(value, list)}
    on_postgres = connection.dialect.name == "postgresql"
    statement = _on_postgres(table, tuple(once), tuple(many)) if on_postgres else _on_sqlite(table, (*once, *many))
    for start in range(0, rows, CHUNK):
        count = min(CHUNK, rows - start)
        some = [values[start : start + count] for values in many.values()]
        if on_postgres:
            connection.exec_driver_sql(statement, (*map(_text, once.values()), *map(_joined, some)))
        else:
            same = [[value] * count for value in once.values()]
            connection.exec_driver_sql(statement, list(zip(*same, *some, strict=True)))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _joined(values: Sequence[Any]) -> str:
    return BETWEEN.join([NOTHING if value is None else value if type(value) is str else str(value) for value in values])


@cache
def _on_sqlite(table: sa.Table, names: tuple[str, ...]) -> str:
    columns = ", ".join(f'"{name}"' for name in names)
    return f'INSERT INTO "{table.name}" ({columns}) VALUES ({", ".join("?" * len(names))})'  # noqa: S608  fixed names


@cache
def _on_postgres(table: sa.Table, once: tuple[str, ...], many: tuple[str, ...]) -> str:
    from sqlalchemy.dialects import postgresql

    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]

    def cast(name: str, value: str) -> str:
        kind = table.c[name].type.compile(dialect)
        return f"{value}::timestamp AT TIME ZONE 'UTC'" if kind.startswith("TIMESTAMP") else f"{value}::{kind}"

    columns = ", ".join(f'"{name}"' for name in (*once, *many))
    values = ", ".join([cast(name, "%s::text") for name in once] + [cast(name, f'x."{name}"') for name in many])
    arrays = ", ".join([f"string_to_array(%s::text, '{BETWEEN}', '{NOTHING}')"] * len(many))
    names = ", ".join(f'"{name}"' for name in many)
    return f'INSERT INTO "{table.name}" ({columns}) SELECT {values} FROM unnest({arrays}) AS x({names})'  # noqa: S608
