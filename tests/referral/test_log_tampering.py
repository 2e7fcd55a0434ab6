"""Whatever is bent in the log, or in a record behind the application's back, is found and named. On both databases."""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import LogEntry, LogKind, LogSeal, Program, Visit
from referral import clock
from referral.log import keys
from referral.log.anchors import Anchor, anchors
from referral.log.protected import table_of
from referral.log.raw import ENTRY_COLUMNS
from tests.referral.logs import PUBLIC, chain_anew, disarm, look, write_some

Bend = Callable[[sa.Connection], object]


@contextmanager
def attacked(session: Session) -> Iterator[sa.Connection]:
    """A connection on which the attacker works; nothing of it stays."""
    session.rollback()
    with session.get_bind().engine.connect() as connection:
        disarm(connection)
        yield connection
        connection.rollback()


def other(column: sa.Column[Any], value: Any) -> Any:
    """Another value for a column."""
    if isinstance(column.type, sa.Uuid):
        return uuid.uuid4()
    special: dict[str, Callable[[], Any]] = {
        "at": lambda: value + timedelta(microseconds=1),
        "kind": lambda: LogKind.NOTE if value is not LogKind.NOTE else LogKind.READ,
        "facts": lambda: (value or {}) | {"more": 1},
        "day": lambda: value - timedelta(days=1),
        "sequence": lambda: value + 1000,
    }
    if column.name in special:
        return special[column.name]()
    return "x" if not value else value[:-1] + ("0" if value[-1] != "0" else "1")


def test_an_untouched_log_is_whole(session_on_both: Session) -> None:
    write_some(session_on_both)
    with attacked(session_on_both) as connection:
        proof = look(connection)
        assert proof.faults == []
        assert proof.entries > 8
        assert proof.records > 5


def test_every_changed_column_of_every_entry_is_named(session_on_both: Session) -> None:
    write_some(session_on_both)
    tried = 0
    rows = session_on_both.execute(sa.select(table_of(LogEntry))).mappings().all()
    for row in rows:
        for column in table_of(LogEntry).c:
            with attacked(session_on_both) as connection:
                value = other(column, row[column.name])
                connection.execute(sa.update(LogEntry).where(LogEntry.id == row["id"]).values({column.name: value}))
                first = look(connection).faults[0]
            assert first.entry_id == row["id"].hex, column.name
            assert first.code == ("entry_missing" if column.name == "id" else "entry_changed")
            tried += 1
    assert tried >= len(rows) * 16 >= 128


def test_every_changed_column_of_every_seal_is_named(session_on_both: Session) -> None:
    write_some(session_on_both)
    rows = session_on_both.execute(sa.select(table_of(LogSeal))).mappings().all()
    for row in rows:
        for column in table_of(LogSeal).c:
            with attacked(session_on_both) as connection:
                value = other(column, row[column.name])
                connection.execute(
                    sa.update(LogSeal).where(LogSeal.sequence == row["sequence"]).values({column.name: value})
                )
                faults = look(connection).faults
            named = {fault.sequence for fault in faults} | {fault.entry_id for fault in faults}
            assert {row["sequence"], row["entry_id"].hex} & named, column.name


def test_every_deleted_row_is_named(session_on_both: Session) -> None:
    write_some(session_on_both)
    seals = session_on_both.execute(sa.select(LogSeal.sequence, LogSeal.entry_id)).all()
    for sequence, entry_id in seals:
        with attacked(session_on_both) as connection:
            connection.execute(sa.delete(LogEntry).where(LogEntry.id == entry_id))
            first = look(connection).faults[0]
            assert (first.code, first.sequence, first.entry_id) == ("entry_missing", sequence, entry_id.hex)
        with attacked(session_on_both) as connection:
            connection.execute(sa.delete(LogSeal).where(LogSeal.sequence == sequence))
            faults = look(connection).faults
            assert faults[0].sequence == sequence or faults[0].entry_id == entry_id.hex
            assert any(fault.code == "unsealed" and fault.entry_id == entry_id.hex for fault in faults)
    assert len(seals) > 8


def test_rows_in_another_order_are_named(session_on_both: Session) -> None:
    write_some(session_on_both)
    (one, first), (two, second) = session_on_both.execute(
        sa.select(LogSeal.sequence, LogSeal.entry_id).where(LogSeal.sequence.in_([3, 6])).order_by(LogSeal.sequence)
    ).all()
    with attacked(session_on_both) as connection:
        for sequence, key in ((one, uuid.uuid4()), (two, first), (one, second)):
            connection.execute(sa.update(LogSeal).where(LogSeal.sequence == sequence).values(entry_id=key))
        found = look(connection).faults[0]
        assert (found.code, found.sequence) == ("seal_changed", 3)
    with attacked(session_on_both) as connection:
        for before, after in ((3, 900), (6, 3), (900, 6)):
            connection.execute(sa.update(LogSeal).where(LogSeal.sequence == before).values(sequence=after))
        assert look(connection).faults[0].sequence == 3


def test_a_cut_off_end_is_seen_with_anchors_only(session_on_both: Session) -> None:
    write_some(session_on_both)
    held = anchors(session_on_both)
    with attacked(session_on_both) as connection:
        last = connection.execute(sa.select(LogSeal.entry_id).order_by(LogSeal.sequence.desc()).limit(1)).scalar_one()
        connection.execute(sa.delete(LogSeal).where(LogSeal.entry_id == last))
        connection.execute(sa.delete(LogEntry).where(LogEntry.id == last))
        assert look(connection).faults == []  # a note: no record tells of it
        found = look(connection, anchors=held).faults[0]
        assert (found.code, found.sequence) == ("cut_off", held[-1].sequence)
    wrong = [Anchor(held[-1].day, held[-1].sequence, "0" * 64)]
    with attacked(session_on_both) as connection:
        assert look(connection, anchors=wrong).faults[0].code == "other_than_anchor"


@pytest.mark.parametrize("with_seal", [False, True])
def test_a_forged_entry_is_named(session_on_both: Session, with_seal: bool) -> None:
    write_some(session_on_both)
    forged = uuid.uuid4()
    with attacked(session_on_both) as connection:
        connection.execute(
            sa.insert(LogEntry).values(id=forged, at=clock.now(), kind=LogKind.NOTE, code="x", mac="0" * 64)
        )
        if with_seal:
            connection.execute(sa.insert(LogSeal).values(sequence=999, entry_id=forged, day=clock.today(), digest="1"))
        found = look(connection).faults
        assert forged.hex in {fault.entry_id for fault in found}
        assert {fault.code for fault in found} & {"foreign_entry", "entry_changed"}


def test_a_visit_changed_behind_the_back_is_named(session_on_both: Session) -> None:
    made = write_some(session_on_both)
    key = uuid.UUID(made["visit"])
    for change in ({"units": 9}, {"minutes": 61}, {"amount": 5}, {"person_id": uuid.uuid4()}, {"note": "x"}):
        with attacked(session_on_both) as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(
                    "SET session_replication_role = replica"
                )  # foreign keys off, as an owner can
            else:
                connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            connection.execute(sa.update(table_of(Visit)).where(table_of(Visit).c.id == key).values(change))
            first = look(connection).faults[0]
            connection.rollback()
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SET session_replication_role = DEFAULT")
        assert (first.code, first.record_type, first.record_id) == ("record_changed", "visit", made["visit"]), change
        assert first.sequence


def test_a_deleted_and_an_added_record_are_named(session_on_both: Session) -> None:
    made = write_some(session_on_both)
    with attacked(session_on_both) as connection:
        connection.execute(sa.delete(table_of(Visit)).where(table_of(Visit).c.id == uuid.UUID(made["visit"])))
        first = look(connection).faults[0]
        assert (first.code, first.record_id) == ("record_deleted", made["visit"])
    new = uuid.uuid4()
    with attacked(session_on_both) as connection:
        row = connection.execute(sa.select(table_of(Visit))).mappings().one()
        connection.execute(
            sa.insert(table_of(Visit)).values({**row, "id": new, "entry_key": None, "corrects_id": None})
        )
        first = look(connection).faults[0]
        assert (first.code, first.record_id) == ("record_unknown", new.hex)


def bends(made: dict[str, str]) -> list[Bend]:
    """What an attacker may do before computing the chain anew."""
    visit, entry = table_of(Visit), table_of(LogEntry)
    facts = json.dumps({"pages": 4, "x": 1}, separators=(",", ":"))
    return [
        lambda c: c.execute(sa.update(entry).where(entry.c.code == "second").values(code="third")),
        lambda c: c.execute(sa.delete(entry).where(entry.c.code == "second")),
        lambda c: c.execute(sa.update(entry).where(entry.c.code == "file_shown").values(account_id=uuid.uuid4())),
        lambda c: c.execute(sa.update(entry).where(entry.c.code == "file_shown").values(facts=json.loads(facts))),
        lambda c: c.execute(sa.delete(entry).where(entry.c.code == "file_shown")),
        lambda c: c.execute(sa.update(visit).where(visit.c.id == uuid.UUID(made["visit"])).values(minutes=61)),
    ]


def test_a_chain_without_a_key_of_its_own_would_miss_most(
    session_on_both: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant: with a key that everybody knows, who bends the log chains it anew, and nobody sees it."""
    made = write_some(session_on_both)
    missed = {"ours": 0, "mutant": 0}
    for bend in bends(made):
        with attacked(session_on_both) as connection:
            bend(connection)
            chain_anew(connection, PUBLIC)
            missed["ours"] += not look(connection).faults
            with monkeypatch.context() as patch:
                for module in ("raw", "states", "sealing", "verifying", "entries"):
                    patch.setattr(f"referral.log.{module}.log_key", lambda: PUBLIC, raising=False)
                missed["mutant"] += not [
                    fault for fault in look(connection).faults if not fault.code.startswith("record")
                ]
    assert missed["ours"] == 0
    assert missed["mutant"] == len(bends(made))
    assert keys.log_key() != PUBLIC


def test_the_database_refuses_to_change_the_log(session_on_both: Session) -> None:
    write_some(session_on_both)
    tried = 0
    for table in (table_of(LogEntry), table_of(LogSeal)):
        column = table.c["code"] if "code" in table.c else table.c["digest"]
        statements: list[Any] = [sa.update(table).values({column.name: "x"}), sa.delete(table)]
        if session_on_both.get_bind().dialect.name == "postgresql":
            statements.append(sa.text(f"TRUNCATE {table.name}"))
        for statement in statements:
            with (
                session_on_both.get_bind().engine.connect() as connection,
                pytest.raises(sa.exc.DBAPIError, match="the log only grows"),
            ):
                connection.execute(statement)
            tried += 1
    assert tried >= 4


def test_money_is_watched_too(session_on_both: Session) -> None:
    from tests.factories import make_organization

    program = Program(organization_id=make_organization(session_on_both).id, name="试点", unit_price=30)
    session_on_both.add(program)
    session_on_both.commit()
    write_some(session_on_both)
    with attacked(session_on_both) as connection:
        connection.execute(sa.update(table_of(Program)).values(unit_price=31))
        first = look(connection).faults[0]
    assert (first.code, first.record_type, first.record_id) == ("record_changed", "program", program.id.hex)


assert "mac" not in ENTRY_COLUMNS
