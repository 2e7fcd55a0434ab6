"""Taking stock: the digests of records that stood in the database before there was a log."""

from sqlalchemy.orm import Session

from models import LogKind
from referral.log.capture import TOGETHER
from referral.log.entries import Values, entry, insert, who_looks
from referral.log.protected import protected
from referral.log.states import states
from referral.log.verifying import known_records


def take_stock(session: Session) -> int:
    """Write entries for every record that the log does not know, many in one; return how many records.

    It says how they stand now and cannot say how they came to stand so: do it once, right after an upgrade.
    """
    connection = session.connection()
    known, who, count = known_records(connection), who_looks(session), 0
    rows: list[Values] = []
    for record in protected():
        table = record.__tablename__
        new = [[state.id, state.digest] for state in states(connection, record) if (table, state.id) not in known]
        count += len(new)
        for start in range(0, len(new), TOGETHER):
            facts = {"records": new[start : start + TOGETHER]}
            rows.append(entry(LogKind.CREATE, who, code="stock_taken", record_type=table, facts=facts))
    insert(connection, rows)
    return count
