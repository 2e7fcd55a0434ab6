"""Entries of visits as columns of numbers: a million of them are summed in a moment.

Keys stand as their place in a list of keys, so that distinct people are counted by marking places in a table.
"""

import io
import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np

from models import ContactResult
from models.visit import REACHED

RESULTS = list(ContactResult)
CODE = {result.value: place for place, result in enumerate(RESULTS)}
REACHED_CODES = np.array([place for place, result in enumerate(RESULTS) if result in REACHED])
EPOCH = date(1970, 1, 1).toordinal()
KEYS = ("people", "households", "activities", "terms", "programs", "organizations")
"""Lists of keys, 16 bytes each."""
TEXTS = {"areas": "S12", "unit_names": "S32"}
"""Lists of texts, and how long each may be."""
COLUMNS: dict[str, tuple[str, Any]] = {
    "person": ("people", np.int32),
    "household": ("households", np.int32),
    "activity": ("activities", np.int32),
    "term": ("terms", np.int32),
    "program": ("programs", np.int32),
    "area": ("areas", np.int32),
    "organization": ("organizations", np.int32),
    "unit": ("unit_names", np.int32),
    "day": ("", np.int32),
    "result": ("", np.int8),
    "minutes": ("", np.int32),
    "units": ("", np.int64),
    "amount": ("", np.int64),
    "approved": ("", np.int64),
    "contracted": ("", np.int64),
}
"""Column → the list it points into, and its type. −1 stands for none; amounts and units are hundredths.

`approved` are the units of the decision that stands, `contracted` those of it that a contract's quota covers.
"""
POINTERS = tuple(name for name, (listed, _type) in COLUMNS.items() if listed)


@dataclass
class Entries:
    """Columns of one length, and the lists they point into."""

    columns: dict[str, np.ndarray]
    lists: dict[str, np.ndarray]
    """Keys as bytes (S16), codes of areas and names of units as UTF-8."""

    def __getattr__(self, name: str) -> np.ndarray:
        """Return a column."""
        try:
            return self.__dict__["columns"][name]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(name) from None

    def __len__(self) -> int:
        """Return the number of entries."""
        return len(self.columns["day"])

    def where(self, mask: np.ndarray) -> "Entries":
        """Return those that a mask lets through."""
        if bool(mask.all()):
            return self
        return Entries(_Chosen(self.columns, mask), self.lists)

    @property
    def reached(self) -> np.ndarray:
        """The mask of entries that count as a person-time."""
        return np.isin(self.result, REACHED_CODES)

    def key(self, listed: str, place: int) -> UUID:
        """Return the key at a place of a list."""
        return UUID(bytes=bytes(self.lists[listed][place]).ljust(16, b"\0"))

    def area_codes(self) -> np.ndarray:
        """Return the codes of the villages as whole numbers, by place."""
        return self.lists["areas"].astype(np.int64) if len(self.lists["areas"]) else np.zeros(0, np.int64)

    def distinct(self, column: str) -> int:
        """Return how many different keys stand in a column."""
        return int(self._marked(column).any(axis=0).sum())

    def _marked(self, column: str, groups: np.ndarray | None = None, many: int = 1) -> np.ndarray:
        places = self.columns[column]
        listed = self.lists[COLUMNS[column][0]]
        marks = np.zeros(many * len(listed), dtype=bool)
        inside = places >= 0
        marks[(places if groups is None else groups * np.int64(len(listed)) + places)[inside]] = True
        return marks.reshape(many, len(listed))

    def distinct_by(self, column: str, groups: np.ndarray, many: int) -> np.ndarray:
        """Return how many different keys stand in a column, for each of `many` groups."""
        if not len(self.lists[COLUMNS[column][0]]):
            return np.zeros(many, dtype=np.int64)
        if many * len(self.lists[COLUMNS[column][0]]) <= 50_000_000:
            return self._marked(column, groups, many).sum(axis=1)  # type: ignore[no-any-return]
        pairs = np.unique(groups * np.int64(len(self.lists[COLUMNS[column][0]])) + self.columns[column])
        return np.bincount(pairs // len(self.lists[COLUMNS[column][0]]), minlength=many)

    def to_bytes(self) -> bytes:
        """Return all of it in one block."""
        out = io.BytesIO()
        whole = {name: self.columns[name] for name in COLUMNS}
        np.savez(out, **whole, **{f"list_{name}": listed for name, listed in self.lists.items()})  # type: ignore[arg-type]
        return zlib.compress(out.getvalue(), 1)

    @classmethod
    def from_bytes(cls, body: bytes) -> "Entries":
        """Return what such a block holds."""
        with np.load(io.BytesIO(zlib.decompress(body)), allow_pickle=False) as found:
            return cls(
                {name: found[name] for name in COLUMNS}, {name: found[f"list_{name}"] for name in (*KEYS, *TEXTS)}
            )


class _Chosen(dict[str, np.ndarray]):
    """Columns of the entries that a mask lets through, each made when it is first asked for: few ever are."""

    def __init__(self, columns: dict[str, np.ndarray], mask: np.ndarray) -> None:
        super().__init__()
        self._all, self._mask = columns, mask

    def __missing__(self, name: str) -> np.ndarray:
        """Return a column. Raises KeyError where there is none of this name."""
        self[name] = self._all[name][self._mask]
        return self[name]


def total(column: np.ndarray, groups: np.ndarray, many: int) -> np.ndarray:
    """Return exact sums of whole numbers by group; below 2**53, where a float counts them exactly too."""
    return np.bincount(groups, weights=column, minlength=many).round().astype(np.int64)


def from_rows(rows: Sequence[Sequence[Any]]) -> Entries:
    """Return entries of rows as the database gives them.

    A row: the keys and texts in the order of POINTERS, seconds since 1970, result, minutes, units, amount, approved,
    contracted; what follows is not read.
    """
    if not rows:
        empty = {name: np.zeros(0, dtype) for name, (_listed, dtype) in COLUMNS.items()}
        return Entries(empty, {name: np.zeros(0, "S16") for name in KEYS} | _no_texts())
    given = list(zip(*rows, strict=True))
    columns, lists = {}, {}
    for place, name in enumerate(POINTERS):
        listed = COLUMNS[name][0]
        places: dict[Any, int] = {None: -1}
        codes = [places.setdefault(value, len(places) - 1) for value in given[place]]
        columns[name] = np.array(codes, dtype=np.int32)
        values = [value for value in places if value is not None]
        lists[listed] = (
            np.array([str(value).encode() for value in values], dtype=TEXTS[listed])
            if listed in TEXTS
            else np.array([key_bytes(value) for value in values], dtype="S16")
        )
    moments, results, minutes, units, amounts, approved, contracted = given[len(POINTERS) : len(POINTERS) + 7]
    seconds = np.array(moments, dtype=np.int64)
    columns["day"] = ((seconds + 8 * 3600) // 86400 + EPOCH).astype(np.int32)
    columns["result"] = np.array([CODE[value] for value in results], dtype=np.int8)
    columns["minutes"] = np.array(minutes, dtype=np.int32)
    columns["units"] = np.array(units, dtype=np.int64)
    columns["amount"] = np.array([-1 if value is None else value for value in amounts], dtype=np.int64)
    columns["approved"] = np.array([value or 0 for value in approved], dtype=np.int64)
    columns["contracted"] = np.array([value or 0 for value in contracted], dtype=np.int64)
    return Entries(columns, lists)


def _no_texts() -> dict[str, np.ndarray]:
    return {name: np.zeros(0, dtype) for name, dtype in TEXTS.items()}


def key_bytes(value: Any) -> bytes:
    """Return a key as the database driver gives it, as 16 bytes."""
    return value.bytes if isinstance(value, UUID) else bytes.fromhex(value)


def together(parts: Iterable[Entries]) -> Entries:
    """Return the entries of several blocks as one, their lists made one."""
    blocks = [part for part in parts if len(part)]
    if not blocks:
        return from_rows([])
    if len(blocks) == 1:
        return blocks[0]
    lists: dict[str, np.ndarray] = {}
    place_of: dict[str, list[np.ndarray]] = {}
    for name in (*KEYS, *TEXTS):
        every = np.concatenate([block.lists[name] for block in blocks])
        lists[name], places = np.unique(every, return_inverse=True)
        ends = np.cumsum([len(block.lists[name]) for block in blocks])[:-1]
        place_of[name] = np.split(places.astype(np.int32), ends)
    columns = {}
    for name, (listed, _type) in COLUMNS.items():
        if not listed:
            columns[name] = np.concatenate([block.columns[name] for block in blocks])
            continue
        found = []
        for number, block in enumerate(blocks):
            # The last place answers for −1: none.
            places = np.append(place_of[listed][number], np.int32(-1))
            found.append(places[block.columns[name]])
        columns[name] = np.concatenate(found)
    return Entries(columns, lists)


def note(entries: Entries) -> str:
    """Return what a block holds in one line, for the log of the job."""
    return json.dumps({"entries": len(entries), "people": len(entries.lists["people"])})
