"""Columns as the database holds them, whole: no record and no object is made for a row, and codes become numbers once.

A round over a city reads some hundred thousand rows. What Python does for each of them costs more than the database.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import sqlalchemy as sa
from numpy.typing import ArrayLike, NDArray
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from referral.access.rows import keep_told
from referral.access.viewer import viewer_of
from referral.access.walls import SEEN

KEY = np.dtype("S16")
"""A record's key: its 16 bytes, which sort as the database sorts keys."""
Keys = NDArray[np.bytes_]
Ints = NDArray[np.int64]


class raw_key(FunctionElement[str]):  # noqa: N801  named as functions of SQL are
    """A key as 16 bytes (PostgreSQL) or as 32 hex digits (SQLite): what `keys` takes."""

    type = sa.String()
    inherit_cache = True


class raw_moment(FunctionElement[str]):  # noqa: N801
    """A moment as microseconds since 1970 (PostgreSQL) or as its text in UTC (SQLite): what `moments` takes."""

    type = sa.String()
    inherit_cache = True


class is_one_of(FunctionElement[bool]):  # noqa: N801
    """Whether a column's key is one of those that `key_list` wrote down, however many."""

    type = sa.Boolean()
    inherit_cache = True


@compiles(raw_key)
@compiles(raw_moment)
def _as_it_stands(element: Any, compiler: Any, **kwargs: Any) -> str:
    return str(compiler.process(element.clauses, **kwargs))


@compiles(raw_key, "postgresql")
def _bytes(element: Any, compiler: Any, **kwargs: Any) -> str:
    return f"uuid_send({compiler.process(element.clauses, **kwargs)})"


@compiles(raw_moment, "postgresql")
def _microseconds(element: Any, compiler: Any, **kwargs: Any) -> str:
    return f"(extract(epoch FROM {compiler.process(element.clauses, **kwargs)}) * 1000000)::bigint"


@compiles(is_one_of)
def _in_json(element: Any, compiler: Any, **kwargs: Any) -> str:
    column, listed = (compiler.process(clause, **kwargs) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({listed}))"  # noqa: S608  compiled clauses


@compiles(is_one_of, "postgresql")
def _in_array(element: Any, compiler: Any, **kwargs: Any) -> str:
    column, listed = (compiler.process(clause, **kwargs) for clause in element.clauses)
    # An array whose length the server knows: it looks each row up in it, not each key in an index.
    return f"{column} = ANY({listed}::uuid[])"


class KeyList(sa.TypeDecorator[str]):
    """Keys as 32 hex digits each, parted by commas: a JSON list (SQLite) or an array (PostgreSQL)."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        """Return the type of the parameter; of none on PostgreSQL, where a cast to text would hide the array."""
        return sa.types.NullType() if dialect.name == "postgresql" else sa.Text()

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str:
        """Return the list as the database reads it."""
        if dialect.name == "postgresql":
            return f"{{{value or ''}}}"
        quoted = (value or "").replace(",", '","')
        return f'["{quoted}"]' if value else "[]"


def key_list(given: "Keys") -> sa.BindParameter[str]:
    """Return keys as one parameter for `is_one_of`, each named once."""
    distinct = np.unique(given).tobytes().hex()
    return sa.bindparam(
        None, ",".join([distinct[start : start + 32] for start in range(0, len(distinct), 32)]), KeyList
    )


def plain(column: Any) -> Any:
    """A column's value as the driver gives it, past its Python type: a code's text, a day, hundredths."""
    return sa.type_coerce(column, sa.String())


def columns(session: Session, statement: sa.Select[*tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return what a statement gives, as one tuple for each column.

    The installation itself is not narrowed, so its statement goes to the driver at once and no row object is made.
    """
    with nothing_collected():
        if viewer_of(session).unlimited:
            keep_told(session)
            answer = session.connection().execute(statement, execution_options={SEEN: True})
            rows: Any = answer.cursor.fetchall()
            answer.close()
        else:
            rows = session.execute(statement).all()
        return list(zip(*rows, strict=True)) if rows else [()] * len(statement.selected_columns)


@contextmanager
def nothing_collected() -> Iterator[None]:
    """A hundred thousand rows are no garbage: looking through them again and again took longer than reading them."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def uuid_column(values: Sequence[Any]) -> list[UUID]:
    """Return keys as the records have them, each distinct one made once."""
    distinct = list(set(values))
    known = dict(zip(distinct, uuids(keys(distinct)), strict=True))
    return [known[value] for value in values]


def keys(values: Sequence[Any]) -> Keys:
    """Return keys from what `raw_key` gave, or from UUIDs."""
    if not values:
        return np.zeros(0, KEY)
    first = values[0]
    if isinstance(first, UUID):
        whole = b"".join([value.bytes for value in values])
    else:
        whole = bytes.fromhex("".join(values)) if isinstance(first, str) else b"".join(values)
    return np.frombuffer(whole, KEY)


def keys_or_none(values: Sequence[Any]) -> tuple[Ints, Keys]:
    """Return the rows that have a key, and their keys."""
    rows = [row for row, value in enumerate(values) if value is not None]
    return np.array(rows, dtype=np.int64), keys([values[row] for row in rows])


def uuids(given: Keys) -> list[UUID]:
    """Return keys as the records have them."""
    whole = given.tobytes()
    return [UUID(bytes=whole[start : start + 16]) for start in range(0, len(whole), 16)]


def moments(values: Sequence[Any]) -> Ints:
    """Return int64 microseconds since 1970 in UTC from what `raw_moment` gave."""
    if not values or isinstance(values[0], str):
        return np.array(values, dtype="datetime64[us]").astype(np.int64)
    return np.array(values, dtype=np.int64)


NEVER = np.iinfo(np.int64).min
"""Stands for no moment."""


def moments_of(given: Sequence[Sequence[Any]]) -> list[Ints]:
    """Return int64 microseconds since 1970 in UTC of each column that `raw_moment` gave, NEVER where there is none."""
    return [_moments_or_never(values) for values in given]


def _moments_or_never(values: Sequence[Any]) -> Ints:
    first = next((value for value in values if value is not None), None)
    if isinstance(first, int):
        return np.array([NEVER if value is None else value for value in values], dtype=np.int64)
    return np.array(values, dtype="datetime64[us]").astype(np.int64)


def moment(at: datetime) -> int:
    """Return microseconds since 1970 in UTC."""
    return int(np.datetime64(at.astimezone(UTC).replace(tzinfo=None), "us").astype(np.int64))


def days(values: Sequence[Any]) -> NDArray[np.datetime64]:
    """Return days from the text or the dates that `plain` gave; NaT where there is none."""
    return np.array(values, dtype="datetime64[D]")


def floats(values: Sequence[Any]) -> NDArray[np.float64]:
    """Return numbers; NaN where there is none."""
    return np.array(values, dtype=np.float64)


def coded(values: Sequence[Any]) -> tuple[Ints, list[Any]]:
    """Return for each value its place among the distinct ones, and these, sorted where they can be (None first)."""
    distinct = sorted(set(values), key=lambda value: (value is not None, value))
    place = {value: number for number, value in enumerate(distinct)}
    return np.fromiter(map(place.__getitem__, values), np.int64, len(values)), distinct


def translated(values: Sequence[Any], meaning: Callable[[Any], Any], dtype: Any) -> NDArray[Any]:
    """Return what each value means, asked once for each distinct value."""
    place, distinct = coded(values)
    return np.array([meaning(value) for value in distinct], dtype=dtype)[place]


def numbered(given: Keys, among: Keys | None = None) -> tuple[Ints, Keys]:
    """Return each key's place among the distinct ones (or among sorted others, -1 where it is none), and these."""
    if among is None:
        distinct, place = np.unique(given, return_inverse=True)
        return place.astype(np.int64), distinct
    if not len(among):
        return np.full(len(given), -1, dtype=np.int64), among
    place = np.minimum(np.searchsorted(among, given), len(among) - 1)
    return np.where(among[place] == given, place, -1), among


def masks(rows: ArrayLike, bits: ArrayLike, size: int) -> NDArray[np.uint64]:
    """Return uint64[size]: all bits that are given for a row, put together."""
    found = np.zeros(size, dtype=np.uint64)
    np.bitwise_or.at(found, np.asarray(rows, dtype=np.int64), np.asarray(bits, dtype=np.uint64))
    return found


def joined(rows: Ints, wanted: Keys, among: Keys, places: Ints) -> tuple[Ints, Ints]:
    """Return every (row, place) whose keys are the same; `among` is sorted, `places` say where each of it stood."""
    first, last = np.searchsorted(among, wanted, "left"), np.searchsorted(among, wanted, "right")
    counts = last - first
    start = np.repeat(first - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts) if len(counts) else first
    return np.repeat(rows, counts), places[start + np.arange(counts.sum())]
