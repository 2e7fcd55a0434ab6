"""One statement that changes a watched record for a whole city: its rows come back once, and go into the log at once.

What a session sends otherwise is read again before the commit (`capture`). For seventy thousand needs that took longer
than the statement itself.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import scoped_session

from models import LogKind
from referral.access.rows import keep_told
from referral.access.viewer import ScopeMissing, viewer_of
from referral.log.capture import MANY, TOGETHER, Touch, touch
from referral.log.entries import AnySession, entry, remembered, who_looks
from referral.log.keys import log_key
from referral.log.protected import table_of
from referral.log.raw import columns_of, expression, record_digests
from referral.log.states import FOR_DIGESTS

FETCHED = 5_000


def update_many(session: AnySession, record: type[Any], statement: sa.Update) -> list[str]:
    """Change rows of a watched record by one statement, log their digests, and return their keys as 32 hex digits.

    The statement gives nothing back of its own. Inside a savepoint, which may be rolled back alone, the rows are read
    again before the commit as ever. Raises ScopeMissing unless the installation itself works.
    """
    if not viewer_of(session).unlimited:
        raise ScopeMissing("rows are changed past the session by the installation itself only")
    session = session() if isinstance(session, scoped_session) else session
    if session.in_nested_transaction():
        return [key.hex for key in session.scalars(statement.returning(record.id))]
    keep_told(session)
    table, connection = table_of(record), session.connection()
    columns = columns_of(table)
    names = [column.name for column in columns]
    dialect = connection.dialect.name
    forms = [expression(column, dialect, f'"{table.name}".') for column in columns]
    told: list[sa.ColumnElement[Any]] = list(map(sa.literal_column, forms))
    answer = connection.execute(statement.returning(*told), execution_options=FOR_DIGESTS)
    at, who, secret = names.index("id"), who_looks(session), log_key()
    notes, written = remembered(session).notes, list[str]()
    for rows in _fetched(answer):
        keys: list[str] = [row[at] for row in rows]
        if len(written) + len(keys) < MANY:
            # So few have an entry each, which names the person, as everywhere.
            changed = {getattr(column, "key", str(column)) for column in statement._values or ()}
            for one in keys:
                touch(session, record, UUID(one), Touch(LogKind.CHANGE, changed))
        else:
            pairs = list(map(list, zip(keys, record_digests(secret, table.name, names, rows), strict=True)))
            for start in range(0, len(pairs), TOGETHER):
                facts = {"records": pairs[start : start + TOGETHER]}
                notes.append(entry(LogKind.CHANGE, who, record_type=table.name, facts=facts))
        written += keys
    answer.close()
    return written


def _fetched(answer: Any) -> Iterator[Sequence[Any]]:
    while rows := answer.cursor.fetchmany(FETCHED):
        yield rows
