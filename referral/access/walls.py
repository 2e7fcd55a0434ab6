"""The wall around personal records: no statement of a session passes without somebody's scope on it.

A query in a page may forget its scope; this adds it. What cannot be narrowed (plain text, tables instead of records,
writes in bulk) is refused, unless the installation itself works or the code names a reason (`viewer.without_scope`).
"""

import re
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.sql import visitors
from sqlalchemy.sql.selectable import Alias, TextualSelect

from referral.access.fields import left_out, limited_role, refuse_unseen
from referral.access.rows import keep_told
from referral.access.rules import RuleTable
from referral.access.scopes import PERSONAL, scope
from referral.access.viewer import KEY, LOOKING, ScopeMissing, Viewer, Who, viewer_of

TABLES: dict[Any, type[Any]] = {record.__table__: record for record in PERSONAL}
NAMES = frozenset(table.name for table in TABLES)
SEEN = "narrowed"
"""Execution option of a statement that came through a session, and so past `narrow`."""
NOBODY = Viewer(None, "nobody has said who looks")
NAMED = re.compile(rf"\b({'|'.join(sorted(NAMES))})\b")


def _kinds(statement: Any) -> tuple[set[type[Any]], bool]:
    """Return the personal records in a statement, and whether one stands there in a way that cannot be narrowed.

    What comes from a record carries its entity as an annotation; what comes from its table does not, and loader
    criteria would pass it by. So would plain text inside a statement that names such a table.
    """
    tables: set[type[Any]] = set()
    entities: set[type[Any]] = set()
    bare = False
    element: Any
    for element in visitors.iterate(statement):
        kind = element.__visit_name__
        if kind == "table":
            if isinstance(element, sa.Table):
                if element in TABLES:
                    (entities if "parententity" in element._annotations else tables).add(TABLES[element])
            else:
                bare = bare or (element.name in NAMES and not isinstance(element, RuleTable))
        elif kind == "column":
            source = element.table
            record = TABLES.get(source.element if isinstance(source, Alias) else source)
            if record is None:
                continue
            if "parententity" in element._annotations:
                entities.add(record)
            elif isinstance(source, Alias):
                bare = True
            else:
                # As `Session.get` writes it; narrowed with the record where that is in the statement too.
                tables.add(record)
        elif kind == "textclause":
            bare = bare or bool(NAMED.search(element.text))
    return tables | entities, bare or bool(tables - entities)


@event.listens_for(Session, "do_orm_execute")
def narrow(state: ORMExecuteState) -> None:
    """Put the viewer's scope on a statement, or refuse it."""
    statement: Any = state.statement
    keep_told(state.session)
    state.update_execution_options(**{SEEN: True})
    viewer = state.session.info.get(KEY)
    if viewer is not None and viewer.unlimited:
        return
    if isinstance(statement, sa.TextClause | TextualSelect):
        _refuse(state.session, "a statement in plain text")
        return
    kinds, bare = _kinds(statement)
    if not kinds and not bare and not getattr(statement, "_with_options", ()):
        return
    if kinds or bare:
        viewer = viewer_of(state.session)
    elif viewer is None:
        # Loading options may lead from other records to personal ones: for nobody there are none.
        viewer = NOBODY
    if bare:
        _refuse(state.session, "the table of a personal record instead of the record")
    if state.is_insert or ((state.is_update or state.is_delete) and not state.is_orm_statement):
        _refuse(state.session, "a write in bulk")
    if getattr(statement, "_from_statement", None) is not None or statement.__visit_name__ == "orm_from_statement":
        _refuse(state.session, "from_statement")
    if kinds and (role := limited_role(viewer)):
        refuse_unseen(role, statement)
        if state.is_select and not state.is_relationship_load and not state.is_column_load:
            statement = statement.options(*left_out(role, statement))
    state.statement = statement.options(*_criteria(viewer))


def _refuse(session: Session, what: str) -> None:
    viewer_of(session)
    raise ScopeMissing(f"{what} cannot be narrowed to who looks: use records, or without_scope with a reason")


def _criteria(viewer: Viewer) -> list[Any]:
    """Return the loader criteria of a viewer for every personal record; worked out once for each."""
    made: list[Any] | None = viewer.kept.get("criteria")
    if made is None:
        made = viewer.kept["criteria"] = [
            with_loader_criteria(record, _condition(viewer.who, record), include_aliases=True) for record in PERSONAL
        ]
    return made


def _condition(who: Who | None, record: type[Any]) -> Any:
    return sa.false() if who is None else scope(who, record)


@event.listens_for(sa.Engine, "before_execute")
def refuse_past_session(_connection: Any, statement: Any, _several: Any, _one: Any, options: Mapping[str, Any]) -> None:
    """While a request is answered, refuse to read personal records on a bare connection."""
    if not LOOKING.get() or SEEN in options or not isinstance(statement, sa.sql.Executable):
        return
    if isinstance(statement, sa.Select | sa.CompoundSelect) and (found := _kinds(statement)[0] or _kinds(statement)[1]):
        raise ScopeMissing(f"personal records read past the session: {found}")
    if isinstance(statement, sa.TextClause) and NAMED.search(statement.text):
        raise ScopeMissing("personal records read past the session, in plain text")
