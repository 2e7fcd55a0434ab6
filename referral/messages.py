"""Telling people: a message is a row written with the change; nothing leaves the building inside a transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from models import Message, MessageKind
from models.base import new_key


def tell(session: Session, kind: MessageKind, *, once: str, at: datetime, **reader_and_facts: Any) -> bool:
    """Write a message unless the same one was written before; return whether it is new.

    `once` names what makes it the same, such as `reminder:R2026-00012`. The reader is `account_id`,
    `organization_id` or `area_code`; `facts` hold numbers and codes, never the name of a person in need.
    """
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    statement = (
        insert(Message)
        .values(id=new_key(at), kind=kind, once=f"{kind}:{once}", written_at=at, **reader_and_facts)
        .on_conflict_do_nothing(index_elements=[Message.once])
        .returning(Message.id)
    )
    return session.execute(statement).first() is not None
