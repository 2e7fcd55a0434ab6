"""Every change of a watched record becomes an entry in the transaction that makes it, whoever wrote it and how.

What the session writes row by row and what it sends as one statement are both remembered; just before the commit the
rows are read as they now stand, and one entry for each is written with its digest. The locks are held until then, so
the order of the entries is the order of the changes.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.orm import ORMExecuteState, Session

from models import Case, LogKind, Need, Person, Referral, Visit
from referral.log.entries import (
    AnySession,
    Remembered,
    Values,
    entry,
    insert,
    read,
    remembered,
    rows_of_reads,
    who_looks,
)
from referral.log.protected import protected, protected_tables
from referral.log.shown import shown_columns
from referral.log.states import State, states
from referral.row_security import see_all_rows
from referral.transactions import writing

MANY = 50
"""From so many rows of one statement on, entries hold many rows each."""
TOGETHER = 500
"""Rows in one such entry."""


@dataclass
class Touch:
    """What the transaction has done to one row."""

    kind: LogKind
    columns: set[str] = field(default_factory=set)
    old: dict[str, Any] = field(default_factory=dict)
    new: dict[str, Any] = field(default_factory=dict)
    many: bool = False

    def then(self, later: "Touch") -> "Touch | None":
        """Return both as one; None where a row was made and taken away again."""
        if later.kind is LogKind.DELETE and self.kind is LogKind.CREATE:
            return None
        if later.kind is LogKind.DELETE:
            return later
        kind = LogKind.CHANGE if self.kind is LogKind.DELETE else self.kind
        return Touch(kind, self.columns | later.columns, later.old | self.old, self.new | later.new, self.many)


def touch(session: AnySession, record: type[Any], key: UUID, done: Touch) -> None:
    """Remember that a row of a watched record was written."""
    touched = remembered(session).touched
    place = (record, key.hex)
    whole = touched[place].then(done) if place in touched else done
    if whole is None:
        del touched[place]
    else:
        touched[place] = whole


@event.listens_for(Session, "after_flush")
def _flushed(session: Session, _context: Any) -> None:
    watched = protected()
    for one in session.new:
        if type(one) in watched:
            touch(session, type(one), one.id, Touch(LogKind.CREATE))
    for one in session.dirty:
        if type(one) in watched and session.is_modified(one):
            touch(session, type(one), one.id, _difference(one))
    for one in session.deleted:
        if type(one) in watched:
            touch(session, type(one), one.id, Touch(LogKind.DELETE))


def _difference(one: Any) -> Touch:
    """Return which columns of a record are about to change, with the values that may stand in the log."""
    done = Touch(LogKind.CHANGE)
    kind: Any = type(one)
    state, shown = sa.inspect(one), shown_columns(kind)
    for attribute in state.mapper.column_attrs:
        history = state.attrs[attribute.key].history
        if not history.has_changes():
            continue
        done.columns.add(attribute.key)
        if attribute.key in shown:
            done.old[attribute.key] = _value(history.deleted[0]) if history.deleted else None
            done.new[attribute.key] = _value(history.added[0]) if history.added else None
    return done


def _value(value: Any) -> Any:
    if isinstance(value, UUID):
        return value.hex
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


@event.listens_for(Session, "do_orm_execute", retval=True)
def _executed(state: ORMExecuteState) -> Any:
    """Remember the rows that one statement writes: those it names, else those it gives back."""
    if not (state.is_insert or state.is_update or state.is_delete):
        return None
    record = _record_of(state.statement)
    if record is None:
        return None
    kind = LogKind.CREATE if state.is_insert else LogKind.CHANGE if state.is_update else LogKind.DELETE
    columns = (
        {getattr(c, "key", str(c)) for c in getattr(state.statement, "_values", None) or ()}
        if state.is_update
        else set()
    )
    given = state.parameters if isinstance(state.parameters, list) else None
    if kind is LogKind.CREATE and given and all("id" in row for row in given):
        keys: list[UUID] = [row["id"] for row in given]
        result = state.invoke_statement()
    else:
        result, keys = _with_keys(state, record)
    for key in keys:
        touch(state.session, record, key, Touch(kind, columns, many=len(keys) >= MANY))
    return result


def _record_of(statement: Any) -> type[Any] | None:
    table = getattr(statement, "table", None)
    return protected_tables().get(getattr(table, "name", ""))


class Counted(IteratorResult[Any]):
    """The rows a statement gave back, without the keys that were asked for besides, and how many it touched."""

    rowcount: int


def _with_keys(state: ORMExecuteState, record: type[Any]) -> tuple[Counted, list[UUID]]:
    """Run a statement that also gives back the keys of the rows it writes."""
    statement: Any = state.statement
    answer = state.invoke_statement(statement=statement.returning(statement.table.c.id.label("log_key")))
    names = list(answer.keys())
    rows: Sequence[Any] = answer.all()
    counted = Counted(SimpleResultMetaData(names[:-1]), iter([tuple(row)[:-1] for row in rows]))
    counted.rowcount = len(rows)
    return counted, [row[-1] for row in rows]


@event.listens_for(Session, "before_commit")
def _write(session: Session) -> None:
    """Write everything that the transaction has to say, as its last statement."""
    if session.in_nested_transaction():
        return
    session.flush()
    there = remembered(session)
    if not (there.touched or there.notes or there.kept or there.reads) or not writing():
        return
    connection = session.connection()
    if there.touched:
        # What was written may lie outside what the writer may see: a new file of somebody else's station.
        see_all_rows(connection)
    rows = [*_changes(session, connection, there), *there.notes, *there.kept, *rows_of_reads(there)]
    insert(connection, rows)
    for done in (there.touched, there.notes, there.kept):
        done.clear()


def _changes(session: Session, connection: sa.Connection, there: Remembered) -> list[Values]:
    by_record: dict[type[Any], dict[str, Touch]] = defaultdict(dict)
    for (record, key), done in there.touched.items():
        by_record[record][key] = done
    who = who_looks(session)
    rows: list[Values] = []
    for record, touches in by_record.items():
        table = record.__tablename__
        now = {state.id: state for state in states(connection, record, touches)}
        many = [key for key, done in touches.items() if done.many and key in now and done.kind is not LogKind.DELETE]
        for start in range(0, len(many), TOGETHER):
            some = many[start : start + TOGETHER]
            facts = {"records": [[key, now[key].digest] for key in some]}
            rows.append(entry(touches[some[0]].kind, who, record_type=table, facts=facts))
        alone = touches.keys() - set(many)
        rows += [
            one for key in touches if key in alone and (one := _change(who, table, key, touches[key], now.get(key)))
        ]
    return rows


def _change(who: Any, table: str, key: str, done: Touch, now: State | None) -> Values | None:
    kind = done.kind
    if now is None:
        if kind is LogKind.CREATE:
            return None  # made and rolled back to a savepoint
        kind = LogKind.DELETE
    elif kind is LogKind.DELETE:
        kind = LogKind.CHANGE
    facts: dict[str, Any] = {}
    if kind is LogKind.CHANGE:
        facts = {"columns": sorted(done.columns)}
        if done.new:
            facts |= {"old": done.old, "new": done.new}
    return entry(
        kind,
        who,
        record_type=table,
        record_id=key,
        person_id=now.person_id if now else None,
        facts=facts,
        digest=now.digest if now else None,
    )


@event.listens_for(Session, "after_soft_rollback")
def _rolled_back(session: Session, previous: Any) -> None:
    if not previous.nested:
        there = remembered(session)
        there.touched.clear()
        there.notes.clear()


def restate(session: Session, record: type[Any], keys: Iterable[UUID]) -> None:
    """Renew the digests of rows that were written past the session, such as with new keys or by a migration."""
    for key in keys:
        touch(session, record, key, Touch(LogKind.CHANGE, many=True))


def _loaded(one: Any, context: Any, *_rest: Any) -> None:
    if context is not None:
        key = one.__dict__.get("id" if isinstance(one, Person) else "person_id")
        read(context.session, (key,))


for _record in (Person, Case, Need, Referral, Visit):
    event.listen(_record, "load", _loaded)
    event.listen(_record, "refresh", _loaded)
