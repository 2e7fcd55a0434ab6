"""A file that is halted or emptied is left alone: no change of what is known, nothing new asked or sent on.

Help that runs goes on and is written down (its referral, its visits), since records of help given must not be lost.
Seen where rows are written, so that no way of writing can forget it.
"""

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from models import (
    Assessment,
    Case,
    Feature,
    IdentityStatus,
    Need,
    Outcome,
    Person,
    PersonArea,
    Referral,
)
from models.errors import DomainError
from referral.access import without_scope

NEW_ONLY = (Case, Need, Referral)
"""What goes on in a halted file may go on; nothing of these begins."""
FACTS = (Assessment, Feature, IdentityStatus, Outcome, PersonArea)
"""What is known of a person, neither added to nor changed."""
OWN_COLUMNS = frozenset({"frozen_at", "erased_at", "version", "household_id", "station_id"})
"""Columns of a person that say how the file is kept, not what is known."""
ERASING = "erasing"
"""Key in `session.info`: the person whose file is being emptied."""
AT_ONCE = 500


class FileHalted(DomainError):
    """The person asked for a halt, or had the file emptied: nothing in it is changed or sent on."""

    code = "file_halted"


@event.listens_for(Session, "before_flush")
def _refuse(session: Session, _context: Any, _instances: Any) -> None:
    """Raise FileHalted for a change to a halted file; the people concerned are locked against a halt meanwhile."""
    touched = {key for record in session.new if (key := _added(record))}
    touched |= {key for record in (*session.dirty, *session.deleted) if (key := _changed(session, record))}
    made_now = {record.id for record in session.new if isinstance(record, Person)}
    keys = sorted(touched - made_now - {session.info.get(ERASING)})
    with session.no_autoflush:
        for start in range(0, len(keys), AT_ONCE):
            _look(session, keys[start : start + AT_ONCE])


def _look(session: Session, keys: list[uuid.UUID]) -> None:
    with without_scope(session, because="whether a file is halted"):
        rows = session.execute(
            sa.select(Person.frozen_at, Person.erased_at)
            .where(Person.id.in_(keys))
            .order_by(Person.id)
            .with_for_update(key_share=True)
        ).all()
    if any(frozen or erased for frozen, erased in rows):
        raise FileHalted


def _added(record: Any) -> uuid.UUID | None:
    return record.person_id if isinstance(record, (*NEW_ONLY, *FACTS)) else None


def _changed(session: Session, record: Any) -> uuid.UUID | None:
    if isinstance(record, FACTS) and session.is_modified(record):
        return record.person_id
    if isinstance(record, Person) and session.is_modified(record):
        state = sa.inspect(record)
        changed = {attribute.key for attribute in state.attrs if attribute.history.has_changes()}
        if changed - OWN_COLUMNS:
            return record.id
    return None
