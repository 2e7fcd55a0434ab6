"""The wall around what is written: nobody changes a record outside their scope, or ties one to a person outside it.

Looked at before each flush: records about people that change or go must lie in the scope, and so must the parents that
new ones name. What the session itself has made or found in scope in this transaction is not asked for again.
"""

from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session
from sqlalchemy.orm.interfaces import MANYTOONE

from models import Case, Household, Need, Person, Referral
from referral.access.scopes import PERSONAL, SCOPES
from referral.access.viewer import KEY, ScopeMissing, Viewer

FOUND = "found_in_scope"
PARENTS: dict[str, Any] = {
    "person_id": Person,
    "household_id": Household,
    "case_id": Case,
    "need_id": Need,
    "referral_id": Referral,
}
"""By column, the record that it names."""
RECORDS = frozenset(PERSONAL)
Wanted = dict[Any, set[Any]]


@event.listens_for(Session, "before_flush")
def check_scope(session: Session, _context: Any, _instances: Any) -> None:
    """Raise ScopeMissing where a record or a parent of a new one lies outside the scope of whoever looks."""
    viewer: Viewer | None = session.info.get(KEY)
    if viewer is None or viewer.unlimited or viewer.who is None:
        return
    known: set[tuple[Any, Any]] = session.info.setdefault(FOUND, set())
    wanted: Wanted = defaultdict(set)
    for one in session.new:
        if type(one) in RECORDS:
            _note_parents(one, wanted)
    for one in session.dirty:
        if type(one) in RECORDS and session.is_modified(one):
            wanted[type(one)].add(_key(one))
            _note_parents(one, wanted)
    for one in session.deleted:
        if type(one) in RECORDS:
            wanted[type(one)].add(_key(one))
    for record, keys in wanted.items():
        if viewer.who.role in SCOPES[record]:
            keys -= {key for kind, key in known if kind is record}
            _check(session, viewer, record, keys)
            known.update((record, key) for key in keys)


@event.listens_for(Session, "after_flush")
def _know_made(session: Session, _context: Any) -> None:
    """A case is in its maker's scope only when its first step is written too: what was made here is known."""
    known: set[tuple[Any, Any]] = session.info.setdefault(FOUND, set())
    known.update((type(one), one.id) for one in session.new if type(one) in RECORDS)


def _key(one: Any) -> Any:
    return sa.inspect(one).identity[0]


def _note_parents(one: Any, wanted: Wanted) -> None:
    """Add the parents that a record names anew."""
    state: Any = sa.inspect(one)
    for name, parent in PARENTS.items():
        if name in state.mapper.column_attrs:
            added = state.attrs[name].history.added
            wanted[parent].update(key for key in added or () if key is not None)
    for link in state.mapper.relationships:
        if link.direction is MANYTOONE and link.mapper.class_ in RECORDS:
            for other in state.attrs[link.key].history.added or ():
                if other is not None and (identity := sa.inspect(other).identity):
                    wanted[type(other)].add(identity[0])


def _check(session: Session, viewer: Viewer, record: Any, keys: set[Any]) -> None:
    if not keys:
        return
    with session.no_autoflush:
        there = set(session.scalars(sa.select(record.id).where(record.id.in_(keys))))
    if keys - there:
        raise ScopeMissing(f"{record.__name__} outside the scope would be written ({viewer.because})")


@event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, transaction: Any) -> None:
    if transaction.parent is None:
        session.info.pop(FOUND, None)
