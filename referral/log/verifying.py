"""Proof that the log is whole, and that the records are as the log says they were left."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from models import LogKind
from models.log import Facts
from referral import clock
from referral.log.anchors import Anchor
from referral.log.keys import log_key
from referral.log.protected import protected, protected_tables
from referral.log.raw import ENTRY_COLUMNS, entry_mac, moment_text, seal_digest
from referral.log.sealing import entry_columns
from referral.log.states import states
from referral.row_security import see_all_rows
from referral.transactions import reading

UNSEALED_AFTER = timedelta(minutes=2)
"""An entry that is older and has no seal is a fault: the sealer is not at work, or the seal was taken away."""
MOST = 50
"""Faults that are listed; the first is the one that matters."""
STEP = 20_000

_ID, _AT, _KIND = (ENTRY_COLUMNS.index(name) for name in ("id", "at", "kind"))
_TYPE, _RECORD, _FACTS, _DIGEST = (
    ENTRY_COLUMNS.index(name) for name in ("record_type", "record_id", "facts", "digest")
)
_parse = Facts().process_result_value


@dataclass(frozen=True)
class Fault:
    """What is broken: a code, and where."""

    code: str
    sequence: int | None = None
    entry_id: str | None = None
    at: str | None = None
    record_type: str | None = None
    record_id: str | None = None
    named: str | None = None


@dataclass
class Proof:
    """What verification found. Whole if there is no fault."""

    entries: int = 0
    records: int = 0
    waiting: int = 0
    """Entries that are younger than the sealer's turn."""
    faults: list[Fault] = field(default_factory=list)
    more: int = 0
    """Faults beyond those listed."""
    last: Anchor | None = None
    """The newest seal, as an anchor."""

    def add(self, fault: Fault) -> None:
        """Note a fault."""
        if len(self.faults) < MOST:
            self.faults.append(fault)
        else:
            self.more += 1


Tell = Callable[[str, int], None]
"""tell(what, rows done): progress."""
Newest = dict[tuple[str, str], tuple[str | None, int | None, str]]
"""(table, key) → newest digest (None where deleted), sequence, key of the entry."""


def verify(
    connection: sa.Connection,
    *,
    at: datetime,
    anchors: Sequence[Anchor] = (),
    tell: Tell = lambda _what, _rows: None,
    with_records: bool = True,
) -> Proof:
    """Walk through the chain from its first entry, then compare the records with their newest digests.

    `anchors` are (day, sequence, digest) kept elsewhere: without them nobody can see that the newest entries are
    missing together with their seals. One consistent look at the database.
    """
    see_all_rows(connection)
    proof, newest = Proof(), Newest()
    _chain(connection, proof, newest, {anchor.sequence: anchor for anchor in anchors}, tell)
    _unsealed(connection, proof, newest, at)
    if with_records:
        _records(connection, proof, newest, tell)
    return proof


def check(
    engine: sa.Engine,
    *,
    at: datetime,
    anchors: Sequence[Anchor] = (),
    tell: Tell = lambda _what, _rows: None,
    with_records: bool = True,
) -> Proof:
    """Verify on a connection of its own, which sees the database as it was at one moment and writes nothing."""
    with reading(), engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
            see_all_rows(connection)
        return verify(connection, at=at, anchors=anchors, tell=tell, with_records=with_records)


def known_records(connection: sa.Connection) -> Newest:
    """Return the newest digest that the log has of each record."""
    proof, newest = Proof(), Newest()
    _chain(connection, proof, newest, {}, lambda _what, _rows: None)
    _unsealed(connection, proof, newest, clock.now())
    return newest


def _chain(connection: sa.Connection, proof: Proof, newest: Newest, anchors: dict[int, Anchor], tell: Tell) -> None:
    key, expected, before, day_before = log_key(), 1, "", ""
    missing_anchors = dict(anchors)
    for sequence, entry_id, day, digest, *values, mac in _stream(connection):
        if sequence != expected:
            proof.add(Fault("seal_missing", expected))
        anchor = missing_anchors.pop(sequence, None)
        if anchor is not None and (anchor.digest, anchor.day) != (digest, day):
            proof.add(Fault("other_than_anchor", sequence, entry_id, moment_of(entry_id)))
        if values[_ID] is None:
            proof.add(Fault("entry_missing", sequence, entry_id, moment_of(entry_id)))
        elif entry_mac(key, values) != mac:
            proof.add(Fault("entry_changed", sequence, entry_id, values[_AT]))
        elif seal_digest(key, before, sequence, day, mac) != digest:
            proof.add(Fault("seal_changed", sequence, entry_id, values[_AT]))
        elif day < day_before:
            proof.add(Fault("day_goes_back", sequence, entry_id, values[_AT]))
        if values[_ID] is not None:
            _learn(newest, values, sequence)
        expected, before, day_before = sequence + 1, digest, day
        proof.entries += 1
        proof.last = Anchor(day, sequence, digest)
        if proof.entries % STEP == 0:
            tell("log_entry", proof.entries)
    tell("log_entry", proof.entries)
    for anchor in sorted(missing_anchors.values(), key=lambda one: one.sequence):
        proof.add(Fault("cut_off", anchor.sequence, None, anchor.day))


def _stream(connection: sa.Connection) -> Iterator[Any]:
    dialect = connection.dialect.name
    seal = "replace(s.entry_id::text, '-', ''), s.day::text" if dialect == "postgresql" else "s.entry_id, s.day"
    statement = (
        f"SELECT s.sequence, {seal}, s.digest, {entry_columns(dialect)} "  # noqa: S608  fixed names
        "FROM log_seal s LEFT JOIN log_entry e ON e.id = s.entry_id ORDER BY s.sequence"
    )
    streaming = connection.execution_options(stream_results=True, max_row_buffer=5000)
    try:
        yield from streaming.exec_driver_sql(statement)
    finally:
        connection.execution_options(stream_results=False)


def _learn(newest: Newest, values: Sequence[Any], sequence: int | None) -> None:
    """Note what an entry says of the state of records."""
    kind = values[_KIND]
    if kind in (LogKind.READ, LogKind.NOTE):
        return
    table = values[_TYPE]
    if values[_RECORD] is not None:
        digest = None if kind == LogKind.DELETE else values[_DIGEST]
        newest[table, values[_RECORD]] = (digest, sequence, values[_ID])
        return
    for record, digest in (_parse(values[_FACTS], None) or {}).get("records", ()):  # type: ignore[arg-type]  # no dialect
        newest[table, record] = (digest, sequence, values[_ID])


def _unsealed(connection: sa.Connection, proof: Proof, newest: Newest, at: datetime) -> None:
    key, late = log_key(), moment_text(at - UNSEALED_AFTER)
    statement = (
        f"SELECT {entry_columns(connection.dialect.name)} FROM log_entry e "  # noqa: S608  fixed names
        "WHERE NOT EXISTS (SELECT 1 FROM log_seal s WHERE s.entry_id = e.id) ORDER BY e.id"
    )
    for *values, mac in connection.exec_driver_sql(statement):
        if entry_mac(key, values) != mac:
            proof.add(Fault("foreign_entry", None, values[_ID], values[_AT]))
            continue
        proof.waiting += 1
        if values[_AT] < late:
            proof.add(Fault("unsealed", None, values[_ID], values[_AT]))
        _learn(newest, values, None)


def _records(connection: sa.Connection, proof: Proof, newest: Newest, tell: Tell) -> None:
    for record in protected():
        table = record.__tablename__
        for state in states(connection, record):
            proof.records += 1
            known = newest.pop((table, state.id), None)
            if known is None or known[0] is None:
                code = "record_unknown" if known is None else "record_is_back"
                proof.add(Fault(code, record_type=table, record_id=state.id, named=state.named))
            elif known[0] != state.digest:
                _digest, sequence, entry_id = known
                moment = moment_of(entry_id)
                proof.add(Fault("record_changed", sequence, entry_id, moment, table, state.id, state.named))
        tell(table, proof.records)
    for (table, key), (digest, sequence, entry_id) in newest.items():
        if digest is not None and table in protected_tables():
            proof.add(Fault("record_deleted", sequence, entry_id, moment_of(entry_id), table, key))


def moment_of(entry_id: str) -> str:
    """Return the moment in a key as text, empty for a key that was never one of ours."""
    try:
        return moment_text(datetime.fromtimestamp(int(entry_id[:12], 16) / 1000, UTC))
    except (ValueError, OverflowError, OSError):
        return ""
