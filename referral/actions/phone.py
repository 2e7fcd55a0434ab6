"""Each entry from a phone is written once: whoever sends it again gets the reply that the first one got."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from models import Account, PhoneEntry, PhoneOperation
from models.base import new_key
from models.encryption import keyring
from models.errors import DomainError

KEPT = timedelta(days=90)
"""How long the key of an entry is remembered."""
Reply = dict[str, Any]


class PhoneKeyReused(DomainError):
    """The key of an entry came again with something else under it."""

    code = "entry_key_reused"


def once(
    session: Session,
    operation: PhoneOperation,
    key: str,
    content: dict[str, Any],
    work: Callable[[], Reply],
    *,
    by: Account,
    at: datetime,
    written_at: datetime | None = None,
) -> tuple[Reply, bool]:
    """Do the work of an entry and return its reply; a second time return the first reply and True.

    The key is claimed in the transaction of the work: where the work raises or the transaction is rolled back, nothing
    was taken and the entry may come again. Raises PhoneKeyReused for another content under the same key.
    """
    body = keyring().fingerprint("phone entry", canonical(content))
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    claimed = session.execute(
        insert(PhoneEntry)
        .values(
            id=new_key(at),
            created_at=at,
            account_id=by.id,
            operation=operation,
            key=key,
            body_hash=body,
            reply={},
            written_at=written_at,
            taken_at=at,
        )
        .on_conflict_do_nothing(index_elements=["account_id", "operation", "key"])
        .returning(PhoneEntry.id)
    ).scalar()
    if claimed is None:
        return _before(session, operation, key, body, by), True
    reply = work()
    session.execute(
        sa.update(PhoneEntry)
        .where(PhoneEntry.id == claimed)
        .values(reply=reply)
        .execution_options(synchronize_session=False)
    )
    return reply, False


def _before(session: Session, operation: PhoneOperation, key: str, body: str, by: Account) -> Reply:
    row = session.execute(
        sa.select(PhoneEntry.body_hash, PhoneEntry.reply).where(
            PhoneEntry.account_id == by.id, PhoneEntry.operation == operation, PhoneEntry.key == key
        )
    ).one()
    if row.body_hash != body:
        raise PhoneKeyReused
    reply: Reply = row.reply
    return reply


def canonical(content: dict[str, Any]) -> str:
    """Return a content as one text: the same whoever wrote its JSON."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def forget_old_entries(session: Session, at: datetime) -> dict[str, int]:
    """Forget the keys of entries taken more than 90 days ago; what was written stays."""
    gone: Any = session.execute(
        sa.delete(PhoneEntry).where(PhoneEntry.taken_at < at - KEPT).execution_options(synchronize_session=False)
    )
    return {"forgotten": gone.rowcount}
