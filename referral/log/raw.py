"""Rows as fixed text, the same on every database, so that an HMAC over them can be made again later.

Keys are 32 hex digits, moments `YYYY-MM-DD HH:MM:SS.ffffff` in UTC, truth values 0 and 1, JSON as it was stored: what
SQLite holds anyhow. PostgreSQL is asked for the same in SQL. Sealed columns stay sealed: no key but the log's is used.
"""

import hmac
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

ESCAPED = b'"\\' + bytes(range(32))
"""What JSON writes otherwise inside of a string."""
encode: Callable[[Any], str] = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def moment_text(at: datetime) -> str:
    """Return a moment as it is kept and sealed."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _kind(column: sa.Column[Any]) -> type[Any]:
    kind: Any = column.type
    while isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    return type(kind)


ON_POSTGRES: tuple[tuple[tuple[type[Any], ...], str], ...] = (
    ((sa.Uuid,), "replace({}::text, '-', '')"),
    ((sa.DateTime,), "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"),
    ((sa.Boolean,), "{}::int"),
    ((sa.Time,), "to_char({}, 'HH24:MI:SS.US')"),
    ((sa.JSON, sa.Date), "{}::text"),
)


def expression(column: sa.Column[Any], dialect: str, prefix: str = "") -> str:
    """Return the SQL that gives a column in its fixed form."""
    name = f'{prefix}"{column.name}"'
    if dialect != "postgresql":
        return name
    kind = _kind(column)
    for types, form in ON_POSTGRES:
        if issubclass(kind, types):
            return form.format(name)
    return name


def columns_of(table: sa.Table) -> list[sa.Column[Any]]:
    """Return the columns that a record's digest covers: all but those that the database computes from others."""
    return [column for column in table.columns if column.computed is None]


def record_digest(key: bytes, table: str, names: Iterable[str], values: Iterable[Any]) -> str:
    """Return the digest of one row. Empty columns do not count, so that a new column leaves old digests right."""
    filled = {name: value for name, value in zip(names, values, strict=False) if value is not None}
    return hmac.digest(key, f"record\0{table}\0{encode(filled)}".encode(), "sha256").hex()


def record_digests(key: bytes, table: str, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    """Return the digests of many rows, as `record_digest` gives that of one, in a third of the time.

    Rows with the same columns filled have one form. What would have to be escaped in it is done in the slow way.
    """
    found, forms, digest = [], dict[Any, _Form](), hmac.digest
    for row in rows:
        types = tuple(map(type, row))
        form = forms.get(types) or forms.setdefault(types, _Form.of(table, names, row))
        text = (form.text % form.pick(row)).encode()
        if len(text) - len(text.translate(None, ESCAPED)) == form.quotes:
            found.append(digest(key, form.head + text, "sha256").hex())
        else:
            found.append(record_digest(key, table, names, row))
    return found


class _Form(NamedTuple):
    """How rows with values of some types become text."""

    head: bytes
    text: str
    quotes: int
    pick: Callable[[Sequence[Any]], Any]

    @classmethod
    def of(cls, table: str, names: Sequence[str], row: Sequence[Any]) -> "_Form":
        """Return the form of a row and all like it; with one value or none, a form that no row fits."""
        filled = [place for place, value in enumerate(row) if value is not None]
        parts = [f'"{names[at]}":' + ('"%s"' if isinstance(row[at], str) else "%s") for at in filled]
        text = f"{{{','.join(parts)}}}"
        if len(filled) < 2 or not all(type(row[at]) in {str, int} for at in filled):
            return cls(b"", "%s", -1, repr)
        return cls(f"record\0{table}\0".encode(), text, text.count('"'), itemgetter(*filled))


def entry_mac(key: bytes, values: Iterable[Any]) -> str:
    """Return the HMAC of an entry's columns, in the order of ENTRY_COLUMNS, in their fixed form."""
    return hmac.digest(key, b"entry\0" + encode(list(values)).encode(), "sha256").hex()


def seal_digest(key: bytes, before: str, sequence: int, day: str, mac: str) -> str:
    """Return the digest of a seal; `before` is that of the seal before, empty for the first."""
    return hmac.digest(key, f"seal\0{before}\0{sequence}\0{day}\0{mac}".encode(), "sha256").hex()


ENTRY_COLUMNS = (
    "id",
    "at",
    "kind",
    "account_id",
    "role",
    "organization_id",
    "act",
    "code",
    "record_type",
    "record_id",
    "person_id",
    "purpose",
    "facts",
    "digest",
    "request_id",
)
"""What an entry's HMAC covers, in this order."""
