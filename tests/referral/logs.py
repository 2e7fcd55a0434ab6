"""A small log to bend, and an attacker with the rights of the database's owner."""

import hashlib
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import ContactResult, LogEntry, LogSeal, Person, TaxonomyTerm, VisitKind
from referral import clock, log
from referral.actions.visits import log_visit
from referral.log.raw import ENTRY_COLUMNS, entry_mac, seal_digest
from referral.log.sealing import entry_columns, seal
from referral.log.verifying import Proof, verify
from tests.factories import AT, make_account, make_need, make_organization

PUBLIC = hashlib.sha256(b"a key that everybody knows").digest()


def write_some(session: Session) -> dict[str, str]:
    """Make a few records, change and note some, seal; return keys as hex by name."""
    need = make_need(session)
    worker = make_account(session)
    term = session.get_one(TaxonomyTerm, need.term_id)
    visit = log_visit(
        session,
        person=session.get_one(Person, need.person_id),
        term=term,
        organization=make_organization(session),
        by=worker,
        kind=VisitKind.HOME_VISIT,
        contact_result=ContactResult.MET_PERSON,
        started_at=AT - timedelta(hours=1),
        minutes=60,
        units=Decimal(1),
    )
    session.commit()
    need.description = "words that stand in no log"
    log.note(session, "file_shown", person_id=need.person_id, purpose="test", pages=3)
    session.commit()
    log.note(session, "second")
    session.commit()
    keys = {"need": need.id.hex, "visit": visit.id.hex, "person": need.person_id.hex}
    session.rollback()
    seal(session.get_bind().engine, clock.now())
    return keys


def disarm(connection: sa.Connection) -> None:
    """Take away what stops the attacker: an owner can."""
    if connection.dialect.name == "postgresql":
        for table in ("log_entry", "log_seal"):
            connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    else:
        for table in ("log_entry", "log_seal"):
            for verb in ("update", "delete"):
                connection.exec_driver_sql(f"DROP TRIGGER {table}_no_{verb}")
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")


def look(connection: sa.Connection, **more: Any) -> Proof:
    """Verify as somebody would three minutes later."""
    return verify(connection, at=clock.now() + timedelta(minutes=3), **more)


def chain_anew(connection: sa.Connection, key: bytes) -> None:
    """Compute every HMAC and every seal again with a key: what an attacker does who has it."""
    connection.execute(sa.delete(LogSeal))
    columns = entry_columns(connection.dialect.name)
    rows = connection.exec_driver_sql(f"SELECT {columns} FROM log_entry e ORDER BY e.id").all()
    before, day = "", clock.today()
    for sequence, (*values, _old) in enumerate(rows, 1):
        mac = entry_mac(key, values)
        entry_id = uuid.UUID(values[ENTRY_COLUMNS.index("id")])
        connection.execute(sa.update(LogEntry).where(LogEntry.id == entry_id).values(mac=mac))
        before = seal_digest(key, before, sequence, day.isoformat(), mac)
        connection.execute(sa.insert(LogSeal).values(sequence=sequence, entry_id=entry_id, day=day, digest=before))
