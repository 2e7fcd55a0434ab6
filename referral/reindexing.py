"""Making every fingerprint anew with another index key, in one transaction, while nothing else runs."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Base, Person
from models.encryption import BlindCode
from models.fingerprints import indexes
from models.keyring import Keyring
from referral import log
from referral.access import as_installation
from referral.log.protected import protected_tables

BATCH = 1000


class DoneBefore(Exception):
    """The database holds the new fingerprints already: only the file had not been put in its place."""


def reindex(session: Session, old: Keyring, new: Keyring) -> int:
    """Write fingerprints of people and codes of lists with the new key, and commit; return how many people there are.

    Raises DoneBefore where that has been done.
    """
    as_installation(session, because="keys reindex")
    _codes(session, old, new)
    count = _people(session, new)
    session.commit()
    return count


def _codes(session: Session, old: Keyring, new: Keyring) -> None:
    connection = session.connection()
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if not isinstance(column.type, BlindCode):
                continue
            raw, place = sa.type_coerce(column, sa.String()), column.type.place
            for code in column.type.codes:
                before, after = (ring.fingerprint(place, code.value)[:32] for ring in (old, new))
                if connection.scalar(sa.select(sa.exists().where(raw == after))):
                    raise DoneBefore
                connection.execute(
                    table.update().where(raw == before).values({column.name: sa.literal(after, sa.String())})
                )
            if record := protected_tables().get(table.name):
                log.restate(session, record, connection.scalars(sa.select(table.c.id)).all())


def _people(session: Session, new: Keyring) -> int:
    table, connection = Base.metadata.tables["person"], session.connection()
    update = (
        sa.update(table)
        .where(table.c.id == sa.bindparam("key"))
        .values({name: sa.bindparam(name) for name in ("id_number_index", "phone_index", "phone_end_index")})
    )
    last, total = None, 0
    while True:
        wanted = sa.select(table.c.id, table.c.id_number, table.c.phone).order_by(table.c.id).limit(BATCH)
        rows = connection.execute(wanted if last is None else wanted.where(table.c.id > last)).all()
        if not rows:
            return total
        lines = [
            {"key": row.id} | indexes("id_number", row.id_number, new) | indexes("phone", row.phone, new)
            for row in rows
        ]
        connection.execute(update, lines)
        log.restate(session, Person, [row.id for row in rows])
        last, total = rows[-1].id, total + len(rows)
