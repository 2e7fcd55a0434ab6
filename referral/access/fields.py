"""Which kinds of data a role sees of people: one table, kept to where records are loaded.

`scopes` says whose records somebody may see, this says how much of them. A record that is loaded for a page keeps the
rest back: asking for it raises FieldNotSeen, in a view, in an action and in a template. A statement that names such a
column among what it gives out is refused. What only shows a band (`coarse`) passes.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import QueryContext, Session, defer
from sqlalchemy.orm.base import PASSIVE_NO_RESULT, SQL_OK
from sqlalchemy.sql import visitors

from models import Role
from models.field_groups import FieldGroup, groups_of
from referral.access.scopes import PERSONAL
from referral.access.viewer import KEY, Viewer

G = FieldGroup
_CASEWORK = frozenset(
    {G.REFERENCE, G.IDENTITY, G.CERTIFICATES, G.CONTACT, G.HEALTH, G.FINANCE, G.NOTES, G.PROCESS, G.INSTALLATION}
)
GROUPS_SEEN: dict[Role, frozenset[FieldGroup]] = {
    Role.VILLAGE_ASSISTANT: frozenset({G.REFERENCE, G.IDENTITY, G.INSTALLATION}),
    Role.STATION_WORKER: _CASEWORK,
    Role.STATION_SUPERVISOR: _CASEWORK,
    Role.PROVIDER_OFFICER: frozenset(
        {G.REFERENCE, G.IDENTITY, G.CONTACT, G.HEALTH, G.NOTES, G.PROCESS, G.INSTALLATION}
    ),
    Role.COORDINATOR: _CASEWORK | {G.MONEY},
    Role.EVALUATOR: frozenset({G.REFERENCE, G.PROCESS, G.MONEY, G.INSTALLATION}),
    Role.ADMINISTRATOR: frozenset({G.INSTALLATION}),
    Role.AUDITOR: frozenset({G.INSTALLATION}),
}
"""What a role sees of records that lie in its scope. Consent narrows further what a provider sees of a referral.

Nobody's pages show what is restricted. A village assistant writes more than it sees.
"""
COARSE = "coarse"
RECORDS: frozenset[Any] = frozenset(PERSONAL)


class FieldNotSeen(RuntimeError):
    """Something was asked for that the role of whoever looks does not see."""


def sees(role: Role, group: FieldGroup) -> bool:
    """Say whether a role sees a group of data of people in its scope."""
    return group in GROUPS_SEEN[role]


@cache
def hidden(role: Role, record: Any) -> frozenset[str]:
    """Return the attributes of a record about people that a role does not see; empty for other records.

    A key and a reference stay for every role: without them a record could not be loaded at all.
    """
    if record not in RECORDS:
        return frozenset()
    seen = GROUPS_SEEN[role] | {G.REFERENCE}
    return frozenset(name for name, group in groups_of(record).items() if group not in seen)


@cache
def hides_anything(role: Role) -> bool:
    """Say whether a role sees less than all of some record."""
    return any(hidden(role, record) for record in RECORDS)


def coarse(value: Any) -> Any:
    """Mark an expression that tells a band only, such as a township or a span of years, and may leave for anybody."""
    return value._annotate({COARSE: True})


def limited_role(viewer: Viewer | None) -> Role | None:
    """Return the role of a viewer who sees less than all of some record, else None."""
    if viewer is None or viewer.unlimited or viewer.who is None or not hides_anything(viewer.who.role):
        return None
    return viewer.who.role


def _given_out(statement: Any) -> Iterator[Any]:
    """Return the columns that a statement and the selects inside it give out."""
    yield from getattr(statement, "_returning", None) or ()
    element: Any
    for element in visitors.iterate(statement):
        if element.__visit_name__ == "select":
            yield from element._raw_columns


def refuse_unseen(role: Role, statement: Any) -> None:
    """Raise FieldNotSeen where the columns that a statement gives out hold one that the role does not see."""
    waiting = [one for one in _given_out(statement) if one.__visit_name__ not in {"table", "alias"}]
    while waiting:
        element = waiting.pop()
        said = element._annotations
        if COARSE in said:
            continue
        mapper = said.get("parententity")
        if mapper is not None and element.__visit_name__ == "column":
            record = mapper.mapper.class_
            name = said.get("proxy_key", element.key)
            if name in hidden(role, record):
                raise FieldNotSeen(f"{record.__name__}.{name} is not for {role.value}: leave it out, or give a band")
        elif element.__visit_name__ != "select":
            # A select inside a select is met by itself, with its own columns.
            waiting.extend(element.get_children())


@cache
def _left_out(role: Role, record: Any) -> tuple[Any, ...]:
    return tuple(defer(getattr(record, name), raiseload=True) for name in sorted(hidden(role, record)))


def left_out(role: Role, statement: Any) -> list[Any]:
    """Return the options that do not even read what the role does not see of the records a statement is about."""
    found: list[Any] = []
    for element in getattr(statement, "_raw_columns", ()):
        mapper = element._annotations.get("parententity") if element.__visit_name__ == "table" else None
        if mapper is not None and getattr(mapper, "is_mapper", False):
            found.extend(_left_out(role, mapper.class_))
    return found


class _NotSeen:
    """Stands in the place of a value that whoever looks does not see."""

    def __init__(self, record: str, name: str) -> None:
        self.what = f"{record}.{name}"

    def __call__(self, _state: Any, passive: Any, *_rest: Any) -> Any:
        if not passive & SQL_OK:
            return PASSIVE_NO_RESULT
        raise FieldNotSeen(f"{self.what} is not for whoever looks: leave it out, or say why in without_scope")


@cache
def _keepers(role: Role, record: Any) -> tuple[tuple[str, _NotSeen], ...]:
    return tuple((name, _NotSeen(record.__name__, name)) for name in hidden(role, record))


def _keep_back(session: Session, one: Any) -> None:
    """Take from a loaded record what its viewer does not see, however it was loaded."""
    role = limited_role(session.info.get(KEY))
    if role is None:
        return
    state = sa.inspect(one)
    record: Any = type(one)
    keepers = _keepers(role, record)
    if not keepers:
        return
    if "callables" not in state.__dict__:
        state.callables = {}
    for name, keeper in keepers:
        state.dict.pop(name, None)
        state.callables[name] = keeper


def _loaded(one: Any, context: QueryContext, *_changed: Any) -> None:
    if context is not None:
        _keep_back(context.session, one)


for _record in PERSONAL:
    event.listen(_record, "load", _loaded)
    event.listen(_record, "refresh", _loaded)
