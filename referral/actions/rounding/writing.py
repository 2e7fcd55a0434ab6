"""What a round found, put into the database: in bulk, inside the transaction of whoever writes the round."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Capacity,
    Decision,
    Need,
    NeedStatus,
    Organization,
    Proposal,
    RoundOpening,
    Service,
    ServiceAtLocation,
)
from models.round import SORTED_FROM
from referral.access.rows import keep_told
from referral.access.viewer import ScopeMissing, viewer_of
from referral.actions.rounding.solving import Solved
from referral.bulk import CHUNK, insert, moment_text, new_keys
from referral.log.many import update_many
from referral.queries.gathering.raw import (
    Ints,
    columns,
    is_one_of,
    key_list,
    keys,
    nothing_collected,
    raw_key,
    uuids,
)

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
    position, by_provider = positions(session, found)
    with nothing_collected():
        parts = [slice(start, min(start + CHUNK, found.needs)) for start in range(0, found.needs, CHUNK)]
        for some, told in _ahead(found, parts, beside=connection.dialect.name == "postgresql"):
            rows = some.stop - some.start
            once = every | {"id": new_keys(rows), "decision": Decision.UNDECIDED.value, "version": 1}
            once |= {"position": position[some], "provider_position": by_provider[some]}
            insert(connection, Proposal.__table__, rows, once | told)
            progress(some.stop, found.needs)
        lines = every | {"id": new_keys(found.places)} | found.openings()
        insert(connection, RoundOpening.__table__, found.places, lines)
        take_needs(session, round_id, int((found.result.assignment >= 0).sum()))


def _ahead(found: Solved, parts: Sequence[slice], *, beside: bool) -> Iterator[tuple[slice, dict[str, list[Any]]]]:
    """Yield what is to be written of each part; where a server writes, the next is made while it does.

    SQLite writes in this process, row by row, and would wait for the other thread at each of them.
    """
    if not beside or len(parts) < 2:
        yield from ((some, found.proposals(some)) for some in parts)
        return
    with ThreadPoolExecutor(1, thread_name_prefix="proposals") as maker:
        waiting = maker.submit(found.proposals, parts[0])
        for some, then in zip(parts, [*parts[1:], None], strict=True):
            told = waiting.result()
            if then is not None:
                waiting = maker.submit(found.proposals, then)
            yield some, told


def positions(session: Session, found: Solved) -> tuple[list[int | None], list[int | None]]:
    """Return the place of each need in the round's list, and in its list by provider; all empty for a small round.

    By urgency, then days waited, then key. To sort 100,000 proposals for each page would be its slowest part.
    """
    if found.needs < SORTED_FROM:
        nowhere: list[int | None] = [None] * found.needs
        return nowhere, nowhere
    needs, assigned = found.board.problem.needs, found.result.assignment
    by_urgency = np.lexsort((np.arange(found.needs), -needs.waiting_days, needs.tier))
    position = np.empty(found.needs, dtype=np.int64)
    position[by_urgency] = np.arange(found.needs)
    in_turn = _by_provider(session, found)
    placed = np.flatnonzero(assigned >= 0)
    sorted_ = placed[np.lexsort((position[placed], in_turn[assigned[placed]]))]
    of_provider: list[int | None] = [None] * found.needs
    for number, row in enumerate(sorted_.tolist()):
        of_provider[row] = number
    return list(position.tolist()), of_provider


def _by_provider(session: Session, found: Solved) -> Ints:
    """Place of each opening in the order of its provider's and its service's name."""
    ids = keys(found.board.capacity_ids)
    statement = (
        sa.select(raw_key(Capacity.id))
        .join(ServiceAtLocation, ServiceAtLocation.id == Capacity.service_at_location_id)
        .join(Service, Service.id == ServiceAtLocation.service_id)
        .join(Organization, Organization.id == Service.organization_id)
        .where(is_one_of(Capacity.id, key_list(ids)))
        .order_by(Organization.name, Organization.id, Service.name, Capacity.id)
    )
    in_turn = keys(columns(session, statement)[0])
    order = np.argsort(in_turn)
    return order[np.searchsorted(in_turn[order], ids)]


def take_needs(session: Session, round_id: uuid.UUID, wanted: int) -> None:
    """Mark the `wanted` needs with a place as proposed; where one is not open any more, its proposal has failed."""
    placed = sa.and_(Proposal.round_id == round_id, Proposal.capacity_id.is_not(None))
    taken = update_many(
        session,
        Need,
        sa.update(Need)
        .where(Need.status == NeedStatus.OPEN, Need.id.in_(sa.select(Proposal.need_id).where(placed)))
        .values(status=NeedStatus.PROPOSED, version=Need.version + 1)
        .execution_options(synchronize_session=False),
    )
    if len(taken) == wanted:
        return
    of_round = keys(columns(session, sa.select(raw_key(Proposal.need_id)).where(placed))[0])
    lost = uuids(of_round[~np.isin(of_round, keys(taken))])
    for start in range(0, len(lost), 500):
        session.execute(
            sa.update(Proposal)
            .where(placed, Proposal.need_id.in_(lost[start : start + 500]))
            .values(decision=Decision.FAILED, failure="changed_meanwhile", version=Proposal.version + 1)
            .execution_options(synchronize_session=False)
        )
