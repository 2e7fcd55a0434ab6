"""Anchors: the last digest of each day as lines of text, to be kept where nobody of this installation can write."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import LogSeal


class Anchor(NamedTuple):
    """A point of the chain: day, sequence and digest."""

    day: str
    sequence: int
    digest: str

    def __str__(self) -> str:
        return f"{self.day} {self.sequence} {self.digest}"


class NoAnchor(ValueError):
    """A line of a file of anchors is none."""


def anchors(session: Session) -> list[Anchor]:
    """Return the last seal of every day."""
    last = sa.select(sa.func.max(LogSeal.sequence)).group_by(LogSeal.day)
    rows = session.execute(
        sa.select(LogSeal.day, LogSeal.sequence, LogSeal.digest)
        .where(LogSeal.sequence.in_(last))
        .order_by(LogSeal.sequence)
    )
    return [Anchor(day.isoformat(), sequence, digest) for day, sequence, digest in rows]


def parse(lines: Iterable[str]) -> Iterator[Anchor]:
    """Read lines of anchors; empty ones and those that begin with # say nothing. Raises NoAnchor."""
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split()
        if len(words) != 3 or not words[1].isdecimal() or len(words[2]) != 64:
            raise NoAnchor(f"{number}: {line.strip()[:80]}")
        yield Anchor(words[0], int(words[1]), words[2])
