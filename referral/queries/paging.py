"""One page of a long list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

PAGE_SIZE = 25
COUNT_LIMIT = 10_000
"""Beyond this a list says "more than": counting a hundred thousand rows would be the slowest part of the page."""


@dataclass(frozen=True)
class Page:
    """Rows of one page, with what the pager has to say."""

    items: Sequence[Any]
    number: int
    size: int
    total: int
    """Rows in all, at most COUNT_LIMIT."""

    @property
    def last(self) -> int:
        """Number of the last page, at least 1."""
        return max(1, -(-self.total // self.size))

    @property
    def first_row(self) -> int:
        """Position of the first row shown, counted from 1; 0 for an empty list."""
        return (self.number - 1) * self.size + 1 if self.items else 0

    @property
    def last_row(self) -> int:
        """Position of the last row shown."""
        return (self.number - 1) * self.size + len(self.items)

    @property
    def more_than_counted(self) -> bool:
        """Whether there are more rows than were counted."""
        return self.total >= COUNT_LIMIT


def paginate(
    session: Session,
    statement: sa.Select[Any],
    number: int,
    *,
    size: int = PAGE_SIZE,
    scalars: bool = True,
    total: int | None = None,
) -> Page:
    """Return one page of a statement, counted from 1; a page beyond the end becomes the last one.

    Two queries, one where the caller has counted its rows already (`total`).
    """
    if total is None:
        total = _counted(session, statement)
    total = min(total, COUNT_LIMIT)
    number = min(max(1, number), max(1, -(-total // size)))
    limited = statement.limit(size).offset((number - 1) * size)
    rows: Sequence[Any] = session.scalars(limited).all() if scalars else session.execute(limited).all()
    return Page(rows, number, size, total)


def part(rows: Sequence[Any], number: int, *, size: int = PAGE_SIZE) -> Page:
    """Return one page of rows that are all at hand, counted from 1; a page beyond the end becomes the last one."""
    number = min(max(1, number), max(1, -(-len(rows) // size)))
    return Page(rows[(number - 1) * size : number * size], number, size, len(rows))


def _counted(session: Session, statement: sa.Select[Any]) -> int:
    counted = statement.with_only_columns(sa.literal(1), maintain_column_froms=True).order_by(None).limit(COUNT_LIMIT)
    return session.scalar(sa.select(sa.func.count()).select_from(counted.subquery())) or 0
