"""A round for each city of a province: one mark on all of them, computed in turn, by processes, or by a cluster.

Every city's round stands for itself: it is computed in its own transactions by a worker with its own connection, and
is proposed whole or not at all. What was stopped or failed is taken up again by the mark.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from matching.parallel import Crew, Done, Progress, each
from models import Area, Round, RoundStatus
from referral import clock, roundwork
from referral.access import as_installation
from referral.actions import deciding, rounds
from referral.extensions import db
from referral.transactions import transaction

COMPUTED = (RoundStatus.PROPOSED, RoundStatus.APPLYING, RoundStatus.APPLIED, RoundStatus.DISCARDED)
PASSED_ON = ("DATABASE_URL", "DEMONSTRATION", "SECRET_KEY")
"""Settings that a process of this machine takes over; the keys it reads where every other process does."""
PATIENCE_MS = 600_000
"""SQLite lets one process write at a time: so long may a worker wait until the others have written their cities."""


class NoCities(LookupError):
    """No division has this code, or none lies below it; `str` names it."""


@dataclass(frozen=True)
class Batch:
    """Rounds that were started together."""

    mark: str
    busy: tuple[str, ...] = ()
    """Codes of cities in which a round was being computed already, so that none was started"""


def cities_of(session: Session, code: str) -> list[str]:
    """Return the codes of the divisions directly below one, those out of use left out; raises NoCities."""
    found = session.scalars(
        sa.select(Area.code)
        .where(Area.parent_code == code, Area.replaced_by_code.is_(None), Area.code != code)
        .order_by(Area.code)
    ).all()
    if not found:
        raise NoCities(code)
    return list(found)


def start(session: Session, codes: Iterable[str], *, seed: int | None, at: datetime) -> Batch:
    """Write down a waiting round for each city, all under the number of the first; raises NoCities for a wrong code."""
    wanted, busy, mark = list(dict.fromkeys(codes)), [], ""
    known = set(session.scalars(sa.select(Area.code).where(Area.code.in_(wanted))))
    for code in wanted:
        if code not in known:
            raise NoCities(code)
        try:
            with session.begin_nested():
                started = rounds.start_round(session, area=code, seed=seed, at=at)
        except rounds.RoundAtWork:
            busy.append(code)
            continue
        mark = mark or started.number
        started.batch = mark
    session.flush()
    return Batch(mark, tuple(busy))


def of_batch(session: Session, mark: str) -> Sequence[Round]:
    """Return the rounds of a batch in the order of their cities."""
    return session.scalars(sa.select(Round).where(Round.batch == mark).order_by(Round.area_code)).all()


def to_do(session: Session, mark: str, *, applies: bool) -> list[UUID]:
    """Return the keys of the rounds that are not computed yet, and with `applies` of those not applied yet."""
    done = (RoundStatus.APPLIED, RoundStatus.DISCARDED) if applies else COMPUTED
    return [one.id for one in of_batch(session, mark) if one.status not in done]


def shares(session: Session, mark: str) -> list[int]:
    """Return how far each round of a batch is, in per cent."""
    return list(session.scalars(sa.select(Round.progress).where(Round.batch == mark)))


def do(
    app: Flask,
    keys: Iterable[UUID],
    crew: Crew,
    *,
    applies: bool = False,
    progress: Progress = lambda _done, _finished, _total: None,
    beat: Callable[[], None] | None = None,
) -> dict[UUID, Done[UUID, str]]:
    """Compute these rounds, and with `applies` make the referrals; what became of each: its state, or an error."""
    if crew.name == "serial":
        return each(partial(_here, app=app, applies=applies), keys, crew, progress=progress)
    # Over a network no address of a database and no secret is sent: workers of a cluster have settings of their own.
    settings = () if crew.name == "dask" else tuple((name, app.config[name]) for name in PASSED_ON)
    work = partial(do_elsewhere, settings=settings, applies=applies)
    return each(work, keys, crew, progress=progress, beat=beat)


def do_elsewhere(key: UUID, settings: tuple[tuple[str, Any], ...], applies: bool) -> str:
    """Do one round in a worker's process, with an application of its own; its state afterwards."""
    return _here(key, application(settings), applies)


@cache
def application(settings: tuple[tuple[str, Any], ...]) -> Flask:
    """Return the application of a worker, which waits longer for its turn to write than a page would."""
    from referral import create_app

    app = create_app(dict(settings))
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "connect", _be_patient)
    return app


def _be_patient(connection: Any, _record: Any) -> None:
    connection.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")


def _here(key: UUID, app: Flask, applies: bool) -> str:
    with app.app_context(), Session(db.engine) as session:
        as_installation(session, because="a round of several cities")
        status = _state(session, key)
        if status is RoundStatus.WAITING:
            status = roundwork.compute(session, key)
        elif status not in COMPUTED:
            status = roundwork.resume(session, key, by_id=None)
        if applies and status in {RoundStatus.PROPOSED, RoundStatus.APPLYING}:
            if status is RoundStatus.PROPOSED:
                with transaction(session):
                    deciding.accept_all(session, session.get_one(Round, key), by=None, at=clock.now())
            roundwork.apply(session, key, by_id=None)
            status = _state(session, key)
        return status.value


def _state(session: Session, key: UUID) -> RoundStatus:
    with transaction(session):
        return session.scalars(sa.select(Round.status).where(Round.id == key)).one()
