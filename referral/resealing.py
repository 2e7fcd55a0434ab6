"""Sealing every value anew with the newest key, while the platform goes on working.

What is done is seen in the values themselves, so a run that was ended goes on where it stopped.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Base
from models.encryption import Encrypted, EncryptedJson
from models.keyring import LOOK_AGAIN, Keyring
from referral import log
from referral.access import as_installation
from referral.log.protected import protected_tables

BATCH = 500
Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class Sealed:
    """One sealed column."""

    table: sa.Table
    column: sa.Column[Any]
    place: str

    @property
    def raw(self) -> sa.ColumnElement[str]:
        """What stands in the database, as text; JSON with its quotes."""
        return sa.cast(sa.type_coerce(self.column, sa.JSON() if self.is_json else sa.Text()), sa.Text())

    @property
    def is_json(self) -> bool:
        """Whether the value is one string of a JSON column."""
        return isinstance(self.column.type, EncryptedJson)

    def by(self, name: str) -> sa.ColumnElement[bool]:
        """Return the condition that a value was sealed with a key."""
        return self.raw.like(f'"{name}:%' if self.is_json else f"{name}:%")

    def again(self, ring: Keyring, raw: str) -> str:
        """Return a raw value sealed anew, as it is sent to the database."""
        value = json.loads(raw) if self.is_json else raw
        sealed = ring.seal(ring.open(value, self.place), self.place)
        return json.dumps(sealed) if self.is_json else sealed


def sealed_columns() -> Iterator[Sealed]:
    """Yield every sealed column, table by table."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, (Encrypted, EncryptedJson)):
                yield Sealed(table, column, column.type.place)


def count_by_key(session: Session, names: tuple[str, ...]) -> dict[str, int]:
    """Return how many values were sealed with each key, and under "" those that name none of them."""
    counts = dict.fromkeys((*names, ""), 0)
    for sealed in sealed_columns():
        parts = [sa.func.count(sa.case((sealed.by(name), 1))) for name in names]
        filled = sa.func.count(sa.case((sealed.raw.is_not(None), 1)))
        *each, every = session.connection().execute(sa.select(*parts, filled).select_from(sealed.table)).one()
        for name, number in zip(names, each, strict=True):
            counts[name] += number
        counts[""] += every - sum(each)
    return counts


def reseal(session: Session, ring: Keyring, progress: Progress) -> int:
    """Seal every value that has another key with the current one, and commit batch by batch; return how many.

    Others may write meanwhile: a value that changed under us is left and looked at again, and running processes take
    the new key within LOOK_AGAIN seconds, for which this waits first.
    """
    time.sleep(LOOK_AGAIN + 0.5)
    total = 0
    for sealed in sealed_columns():
        done, last = 0, None
        while True:
            rows = _some(session, ring, sealed, last)
            if rows:
                done += _write(session, ring, sealed, rows)
                progress(sealed.place, done)
            elif last is None:
                break
            last = rows[-1][0] if rows else None  # to the end, then once more from the beginning
        total += done
    return total


def _some(session: Session, ring: Keyring, sealed: Sealed, last: Any) -> list[Any]:
    as_installation(session, because="keys rotate")
    key = sealed.table.c.id
    wanted = sa.select(key, sealed.raw).where(sealed.raw.is_not(None), ~sealed.by(ring.current))
    if last is not None:
        wanted = wanted.where(key > last)
    return list(session.connection().execute(wanted.order_by(key).limit(BATCH)))


def _write(session: Session, ring: Keyring, sealed: Sealed, rows: list[Any]) -> int:
    """Write one batch with what the log says of it, in one transaction."""
    connection, column, written = session.connection(), sealed.column, []
    new = sa.bindparam("new", type_=sa.Text())
    value = sa.cast(new, sa.JSON()) if sealed.is_json and connection.dialect.name == "postgresql" else new
    update = (
        sealed.table.update()
        .where(sealed.table.c.id == sa.bindparam("key"), sealed.raw == sa.bindparam("old", type_=sa.Text()))
        .values({column.name: sa.type_coerce(value, sa.Text())})
    )
    for key, old in rows:
        if connection.execute(update, {"key": key, "old": old, "new": sealed.again(ring, old)}).rowcount:
            written.append(key)
    if record := protected_tables().get(sealed.table.name):
        log.restate(session, record, written)
    session.commit()
    return len(written)
