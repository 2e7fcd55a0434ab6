"""What a round found, put into the database: in bulk, inside the transaction of whoever writes the round."""

import uuid
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Decision, Need, NeedStatus, Proposal, RoundOpening
from referral.access.rows import keep_told
from referral.access.viewer import ScopeMissing, viewer_of
from referral.actions.rounding.solving import Solved
from referral.bulk import CHUNK, insert, moment_text, new_keys
from referral.queries.gathering.raw import keys, raw_key, uuids

Written = Callable[[int, int], None]
"""written(proposals so far, of)."""


def silently(_written: int, _of: int) -> None:
    """Tell nobody how far the writing is."""


def write_plan(session: Session, round_id: uuid.UUID, found: Solved, *, at: datetime, progress: Written) -> None:
    """Write a proposal for every need and a line for every opening; needs with a place are `proposed` from now on.

    Raises ScopeMissing unless the installation itself works: bulk writes pass the wall around personal records.
    """
    if not viewer_of(session).unlimited:
        raise ScopeMissing("a round is written by the installation itself")
    session.flush()
    keep_told(session)
    connection = session.connection()
    every = {"round_id": round_id.hex, "created_at": moment_text(at)}
    for start in range(0, found.needs, CHUNK):
        rows = min(CHUNK, found.needs - start)
        once = every | {"id": new_keys(rows), "decision": Decision.UNDECIDED.value, "version": 1}
        insert(connection, Proposal.__table__, rows, once | found.proposals(slice(start, start + rows)))
        progress(start + rows, found.needs)
    insert(connection, RoundOpening.__table__, found.places, every | {"id": new_keys(found.places)} | found.openings())
    take_needs(session, round_id)


def take_needs(session: Session, round_id: uuid.UUID) -> None:
    """Mark needs with a place as proposed; where one is not open any more, its proposal has failed."""
    placed = sa.and_(Proposal.round_id == round_id, Proposal.capacity_id.is_not(None))
    taken = session.execute(
        sa.update(Need)
        .where(Need.status == NeedStatus.OPEN, Need.id.in_(sa.select(Proposal.need_id).where(placed)))
        .values(status=NeedStatus.PROPOSED, version=Need.version + 1)
        .returning(raw_key(Need.id))
        .execution_options(synchronize_session=False)
    )
    wanted = session.execute(sa.select(raw_key(Proposal.need_id)).where(placed))
    lost = uuids(keys(sorted({row[0] for row in wanted}.difference(row[0] for row in taken))))
    for start in range(0, len(lost), 500):
        session.execute(
            sa.update(Proposal)
            .where(placed, Proposal.need_id.in_(lost[start : start + 500]))
            .values(decision=Decision.FAILED, failure="changed_meanwhile", version=Proposal.version + 1)
            .execution_options(synchronize_session=False)
        )
