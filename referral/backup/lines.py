"""The lines inside a backup: compressed JSON, a row a line, and a fingerprint of a table whatever the rows' order."""

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from referral.backup.errors import BackupRefused

BUNDLE = 1000
"""Rows that are compressed at once."""
LONGEST_LINE = 256 * 1024 * 1024


class Sink(Protocol):
    """What takes bytes."""

    def write(self, data: bytes) -> None:
        """Take more bytes."""


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def line(value: Any) -> bytes:
    """Return one line, the same for the same values wherever they came from."""
    return _encode(value).encode() + b"\n"


class Fingerprint:
    """Number and fingerprint of rows in any order: the sum of their SHA-256, for databases sort text differently.

    It is there to find a difference, not a forger: against those the whole file is authenticated.
    """

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, row: bytes) -> None:
        """Take one row's line."""
        self.rows += 1
        self._sum += int.from_bytes(hashlib.sha256(row).digest(), "big")

    @property
    def digest(self) -> str:
        """The fingerprint as hexadecimal digits."""
        return f"{self._sum % (1 << 256):064x}"


def fingerprint(rows: Iterable[Sequence[Any]]) -> Fingerprint:
    """Return the fingerprint of a table's rows."""
    found = Fingerprint()
    for row in rows:
        found.add(line(list(row)))
    return found


class LineWriter:
    """Compresses lines into a sink."""

    def __init__(self, sink: Sink) -> None:
        self._sink, self._packer = sink, zlib.compressobj(level=1)
        self._waiting: list[bytes] = []

    def put(self, text: bytes) -> None:
        """Take one line."""
        self._waiting.append(text)
        if len(self._waiting) >= BUNDLE:
            self._pack()

    def close(self) -> None:
        """Write what is still waiting."""
        self._pack()
        self._sink.write(self._packer.flush())

    def _pack(self) -> None:
        self._sink.write(self._packer.compress(b"".join(self._waiting)))
        self._waiting.clear()


def read_lines(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines of compressed parts; raises BackupRefused (wrong_content)."""
    unpacker, rest = zlib.decompressobj(), b""
    for part in parts:
        while part:
            try:
                rest += unpacker.decompress(part, 1 << 22)
            except zlib.error:
                raise BackupRefused("wrong_content") from None
            part = unpacker.unconsumed_tail  # noqa: PLW2901  what did not fit into the bound comes next
            *whole, rest = rest.split(b"\n")
            yield from (text + b"\n" for text in whole)
            if len(rest) > LONGEST_LINE:
                raise BackupRefused("wrong_content")
    if rest or not unpacker.eof:
        raise BackupRefused("wrong_content")
