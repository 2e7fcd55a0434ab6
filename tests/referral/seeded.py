"""What the tests of the demonstration share: its day, and how its records are counted."""

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

TODAY = date(2026, 11, 20)
"""A working Friday."""


def silent(_text: str) -> None:
    """Show no progress."""


def everything(session: Session, kind: type[Any]) -> list[Any]:
    return list(session.scalars(sa.select(kind)))


def count(session: Session, kind: type[Any], *conditions: Any) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(kind).where(*conditions)) or 0
