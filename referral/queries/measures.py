"""What was measured of a person, what is due, which goals are followed, and which answers cannot wait."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from models import (
    Account,
    Case,
    Goal,
    Instrument,
    InstrumentVersion,
    MeasureDue,
    Outcome,
    RedFlag,
    Revisit,
    Sheet,
    VersionState,
)
from referral.access import get_in_scope, scope

SHOWN = 60


def offered(session: Session, *, also_off: bool = False) -> list[InstrumentVersion]:
    """Return the newest published version of each instrument that is offered, with its instrument. One query."""
    found = session.scalars(
        sa.select(InstrumentVersion)
        .join(InstrumentVersion.instrument)
        .where(InstrumentVersion.state == VersionState.PUBLISHED, sa.true() if also_off else Instrument.active)
        .options(joinedload(InstrumentVersion.instrument))
        .order_by(Instrument.position, Instrument.code, InstrumentVersion.number)
    )
    newest = {version.instrument.code: version for version in found}
    return list(newest.values())


def outcomes_of(session: Session, case_id: uuid.UUID) -> dict[str, list[Outcome]]:
    """Return the scores of a case by measure, each in the order they were taken. One query."""
    found: dict[str, list[Outcome]] = {}
    for one in session.scalars(
        sa.select(Outcome).where(Outcome.case_id == case_id).order_by(Outcome.taken_on, Outcome.occasion, Outcome.id)
    ):
        found.setdefault(one.measure, []).append(one)
    return found


def sheets_of(session: Session, case_id: uuid.UUID) -> Sequence[Sheet]:
    """Return the sheets of a case, newest first, with version, instrument and who asked. One query."""
    return session.scalars(
        sa.select(Sheet)
        .where(Sheet.case_id == case_id, ~Sheet.replaced)
        .options(joinedload(Sheet.version).joinedload(InstrumentVersion.instrument), joinedload(Sheet.asked_by))
        .order_by(Sheet.taken_on.desc(), Sheet.id.desc())
        .limit(SHOWN)
    ).all()


def dues_of(session: Session, case_id: uuid.UUID) -> dict[uuid.UUID, MeasureDue]:
    """Return what of a case is to be asked again, by instrument. One query."""
    found = session.scalars(
        sa.select(MeasureDue).where(
            MeasureDue.case_id == case_id, MeasureDue.done_on.is_(None), MeasureDue.dropped_on.is_(None)
        )
    )
    return {due.instrument_id: due for due in found}


def goals_of(session: Session, case_id: uuid.UUID) -> Sequence[Goal]:
    """Return the goals of a case with their ratings. Two queries."""
    goals = session.scalars(
        sa.select(Goal)
        .where(Goal.case_id == case_id)
        .options(selectinload(Goal.ratings))
        .order_by(Goal.set_on, Goal.id)
    ).all()
    for goal in goals:
        goal.ratings.sort(key=lambda one: one.rated_on)
    return goals


def open_flags(session: Session, person_id: uuid.UUID) -> Sequence[RedFlag]:
    """Return the answers of a person that nobody has acted on, with their sheet and instrument. One query."""
    sheet = joinedload(RedFlag.sheet).joinedload(Sheet.version).joinedload(InstrumentVersion.instrument)
    return session.scalars(
        sa.select(RedFlag)
        .where(RedFlag.person_id == person_id, RedFlag.handled_at.is_(None))
        .options(sheet)
        .order_by(RedFlag.raised_at)
    ).all()


def flags_of_case(session: Session, case_id: uuid.UUID) -> Sequence[RedFlag]:
    """Return the answers of a case that were acted on, newest first, with whoever acted. One query."""
    return session.scalars(
        sa.select(RedFlag)
        .where(RedFlag.case_id == case_id, RedFlag.handled_at.is_not(None))
        .options(joinedload(RedFlag.handled_by))
        .order_by(RedFlag.raised_at.desc())
    ).all()


def flags_of_station(session: Session, actor: Account, *, limit: int = 10) -> Sequence[RedFlag]:
    """Return the open tasks of the actor's own people, the oldest first, with the person. One query."""
    return session.scalars(
        sa.select(RedFlag)
        .where(RedFlag.handled_at.is_(None), scope(actor, RedFlag), RedFlag.station_id == actor.organization_id)
        .options(joinedload(RedFlag.person))
        .order_by(RedFlag.raised_at)
        .limit(limit)
    ).all()


def flag_in_scope(session: Session, actor: Account, key: uuid.UUID) -> RedFlag | None:
    """Return a task the actor may act on, with its sheet and the instrument."""
    sheet = joinedload(RedFlag.sheet).joinedload(Sheet.version).joinedload(InstrumentVersion.instrument)
    found: RedFlag | None = get_in_scope(session, actor, RedFlag, key, sheet, joinedload(RedFlag.person))
    return found


def goal_in_scope(session: Session, actor: Account, key: uuid.UUID) -> Goal | None:
    """Return a goal with its ratings, case and person."""
    case = joinedload(Goal.case).joinedload(Case.person)
    found: Goal | None = get_in_scope(session, actor, Goal, key, case, selectinload(Goal.ratings))
    return found


def sheet_in_scope(session: Session, actor: Account, key: uuid.UUID) -> Sheet | None:
    """Return a filled-in sheet with its version, instrument, case, person and who asked."""
    version = joinedload(Sheet.version).joinedload(InstrumentVersion.instrument)
    case = joinedload(Sheet.case).joinedload(Case.person)
    found: Sheet | None = get_in_scope(session, actor, Sheet, key, version, case, joinedload(Sheet.asked_by))
    return found


@dataclass(frozen=True)
class Waiting:
    """What of the actor's people is due until a day: rows, the oldest first, and how many there are."""

    rows: Sequence[Any]
    count: int


def measures_due(session: Session, actor: Account, *, until: date, limit: int = 8) -> Waiting:
    """Return the measures to be taken until a day, with person and instrument. Two queries."""
    return _waiting(session, actor, MeasureDue, until, limit, joinedload(MeasureDue.instrument))


def revisits_due(session: Session, actor: Account, *, until: date, limit: int = 8) -> Waiting:
    """Return the re-visits to be made until a day, with the person. Two queries."""
    return _waiting(session, actor, Revisit, until, limit)


def _waiting(session: Session, actor: Account, record: Any, until: date, limit: int, *more: Any) -> Waiting:
    wanted = (scope(actor, record), record.done_on.is_(None), record.dropped_on.is_(None), record.due_on <= until)
    count = session.scalar(sa.select(sa.func.count(record.id)).where(*wanted)) or 0
    if not count:
        return Waiting((), 0)
    rows = session.scalars(
        sa.select(record)
        .where(*wanted)
        .options(joinedload(record.person), *more)
        .order_by(record.due_on, record.id)
        .limit(limit)
    ).all()
    return Waiting(rows, count)
