"""What was read, written after the transaction and before the answer leaves."""

import structlog
from sqlalchemy.exc import SQLAlchemyError

from models.errors import DomainError
from referral.log.entries import AnySession, insert, remembered, rows_of_reads

log = structlog.get_logger()


class NotWritten(DomainError):
    """The log could not be written, so the page is not shown."""

    code = "log_not_written"


def write_reads(session: AnySession) -> None:
    """Write what the session has read and not yet written, on a connection of its own.

    Call it when the session's transaction has ended: SQLite has one write lock. Raises NotWritten.
    """
    there = remembered(session)
    if not there.reads and not there.kept:
        return
    rows = [*there.kept, *rows_of_reads(there)]
    there.kept.clear()
    try:
        with session.get_bind().engine.begin() as connection:
            insert(connection, rows)
    except SQLAlchemyError as error:
        log.error("log_not_written", error=type(error).__name__)
        raise NotWritten from error
