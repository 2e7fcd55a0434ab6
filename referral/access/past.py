"""What would get past `walls.narrow`: text inside statements, selects that are no record's, records read again.

SQLAlchemy adds the scope to selects of records. A select whose columns only wrap a record's (a window function) is none
to it, text inside a statement is looked into by nobody, and a record that is known already is read again by its key.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.sql import visitors

from referral.access.scopes import scope
from referral.access.viewer import KEY, LOOKING, ScopeMissing, Viewer
from referral.access.walls import NAMED, SEEN, TABLES

DATA = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


@event.listens_for(Session, "do_orm_execute")
def refuse_unnarrowed(state: ORMExecuteState) -> None:
    """Raise ScopeMissing for a statement whose scope would be lost on the way, and narrow what is read again."""
    viewer: Viewer | None = state.session.info.get(KEY)
    if viewer is None or viewer.unlimited:
        return
    statement: Any = state.statement
    if state.is_column_load and (mapper := state.bind_mapper) is not None and mapper.local_table in TABLES:
        # Where the record has left the scope, or was found for a reason that is over, there is nothing more to read.
        within = sa.false() if viewer.who is None else scope(viewer.who, mapper.class_)
        state.statement = statement.where(within)
        return
    element: Any
    for element in visitors.iterate(statement):
        kind = element.__visit_name__
        if kind == "column" and element.is_literal and NAMED.search(element.name):
            raise ScopeMissing("text inside a statement names the table of a personal record")
        if kind == "select" and _is_no_records_but_names_one(element):
            raise ScopeMissing("a select of nothing but expressions about a personal record: name it by select_from")


def _is_no_records_but_names_one(select: Any) -> bool:
    if select._propagate_attrs.get("compile_state_plugin") == "orm":
        return False
    waiting = [*select._raw_columns, *select._from_obj]
    while waiting:
        element = waiting.pop()
        kind = element.__visit_name__
        if kind == "select":
            continue  # met by itself
        if kind == "column" and element.table in TABLES and "parententity" in element._annotations:
            return True
        waiting.extend(element.get_children())
    return False


@event.listens_for(sa.Engine, "before_cursor_execute")
def refuse_drivers_text(
    _connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _several: bool
) -> None:
    """While a request is answered, refuse a text that was given to the driver and names a personal record's table."""
    if not LOOKING.get() or context is None or context.invoked_statement is not None:
        return
    if SEEN in context.execution_options:
        return
    if statement.lstrip().upper().startswith(DATA) and NAMED.search(statement):
        raise ScopeMissing("personal records read past the session, in the driver's own text")
