"""Raising flags on implausible visits, and explaining them away with a reason. Nothing is ever deleted."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, FlagRule, NotePrint, Visit, VisitFlag
from models.errors import DomainError, ReasonMissing
from referral.access import without_scope
from referral.clock import local_date, start_of
from referral.prints import note_print
from referral.queries.plausible import findings
from referral.queries.plausible.gather import Gathered, Prints, gather, limits
from referral.queries.plausible.rules import Finding
from referral.queries.plausible.which import around, of_period

WHY = "flags are raised on what the rules found, whoever logged it; only the rule and its figures are kept"
AT_ONCE = 500
Found = dict[tuple[int, FlagRule], Finding]


class OwnVisit(DomainError):
    """Nobody explains, approves or disputes what they have done themselves."""

    code = "own_visit"


def write_prints(session: Session, visits: Iterable[Visit]) -> int:
    """Keep the prints of notes, but of those too short to be compared; return how many."""
    written, least = 0, limits(session)["copied_signs"]
    for visit in visits:
        if not visit.note:
            continue
        whole, sketch, signs = note_print(visit.note, _worker(visit))
        if signs >= least:
            session.add(NotePrint(visit_id=visit.id, whole=whole, sketch=sketch))
            written += 1
    session.flush()
    return written


def _worker(visit: Any) -> str:
    return visit.worker_id.hex if visit.worker_id else f"{visit.organization_id.hex} {visit.worker_name}"


def look_at(session: Session, visits: Sequence[Visit], *, at: datetime) -> int:
    """Hold some visits against all others of their workers and people, and renew their flags; return how many stand.

    The prints of their notes are written first. The number of statements does not grow with the number of visits.
    """
    if not visits:
        return 0
    with without_scope(session, because=WHY):
        write_prints(session, _without_print(session, visits))
        gathered, found = _judge(session, around(visits))
        return renew(session, gathered, found, [visit.id for visit in visits], at=at)


def _without_print(session: Session, visits: Sequence[Visit]) -> list[Visit]:
    keys = [visit.id for visit in visits if visit.note]
    if not keys:
        return []
    have = set(session.scalars(sa.select(NotePrint.visit_id).where(NotePrint.visit_id.in_(keys))))
    return [visit for visit in visits if visit.note and visit.id not in have]


def _judge(
    session: Session, conditions: Sequence[sa.ColumnElement[bool]], new_prints: Prints | None = None
) -> tuple[Gathered, Found]:
    in_force = limits(session)
    gathered = gather(session, conditions, in_force, new_prints)
    return gathered, findings(gathered, in_force)


def _some(keys: Sequence[uuid.UUID]) -> Iterator[Sequence[uuid.UUID]]:
    for start in range(0, len(keys), AT_ONCE):
        yield keys[start : start + AT_ONCE]


def month_of(day: date) -> tuple[date, date]:
    """Return the first and the last day of a month."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def look_at_month(session: Session, month: date, *, at: datetime) -> Callable[[], dict[str, int]]:
    """Judge all visits of a month; return what is left to write, so that nobody waits while it is computed."""
    first, last = month_of(month)
    inside = (Visit.started_at >= start_of(first), Visit.started_at < start_of(last + timedelta(days=1)))
    new_prints = _prints_of(session, inside)
    gathered, found = _judge(session, of_period(first, last), new_prints)
    days = range(first.toordinal(), last.toordinal() + 1)
    keys = [key for key, day in zip(gathered.keys, gathered.day.tolist(), strict=True) if day in days]

    def write() -> dict[str, int]:
        with without_scope(session, because=WHY):
            there = _printed(session, list(new_prints))
            rows = [
                {"visit_id": key, "whole": one[0], "sketch": one[1]}
                for key, one in new_prints.items()
                if key not in there
            ]
            if rows:
                session.execute(sa.insert(NotePrint), rows)
            return {"visits": len(keys), "flags": renew(session, gathered, found, keys, at=at)}

    return write


def _prints_of(session: Session, inside: Sequence[sa.ColumnElement[bool]]) -> dict[uuid.UUID, tuple[str, str]]:
    """Return the prints of a period's notes that have none yet."""
    with without_scope(session, because=WHY):
        rows = session.execute(
            sa.select(Visit.id, Visit.note, Visit.worker_id, Visit.worker_name, Visit.organization_id)
            .outerjoin(NotePrint, NotePrint.visit_id == Visit.id)
            .where(*inside, Visit.note.is_not(None), NotePrint.id.is_(None), ~Visit.replaced)
        ).all()
    prints: dict[uuid.UUID, tuple[str, str]] = {}
    least = limits(session)["copied_signs"]
    for row in rows:
        whole, sketch, signs = note_print(row.note or "", _worker(row))
        if signs >= least:
            prints[row.id] = (whole, sketch)
    return prints


def _printed(session: Session, keys: list[uuid.UUID]) -> set[uuid.UUID]:
    return {
        key
        for some in _some(keys)
        for key in session.scalars(sa.select(NotePrint.visit_id).where(NotePrint.visit_id.in_(some)))
    }


def renew(session: Session, gathered: Gathered, found: Found, keys: Sequence[uuid.UUID], *, at: datetime) -> int:
    """Write what was found about some visits, and mark what no longer holds; return how many flags stand."""
    wanted = set(keys)
    there = {
        (flag.visit_id, flag.rule): flag
        for some in _some(keys)
        for flag in session.scalars(sa.select(VisitFlag).where(VisitFlag.visit_id.in_(some)))
    }
    now: set[tuple[uuid.UUID, FlagRule]] = set()
    for (place, rule), one in found.items():
        key = gathered.keys[place]
        if key not in wanted:
            continue
        now.add((key, rule))
        other = gathered.keys[one.other] if one.other >= 0 else None
        flag = there.get((key, rule))
        if flag is None:
            session.add(VisitFlag(visit_id=key, rule=rule, other_id=other, facts=one.facts, raised_at=at))
        elif flag.gone_at is not None:
            flag.gone_at, flag.facts, flag.other_id = None, one.facts, other
    for place_there, flag in there.items():
        if place_there not in now and flag.gone_at is None:
            flag.gone_at = at
    session.flush()
    return sum((key, rule) not in there or there[key, rule].stands for key, rule in now)


def explain(session: Session, flag: VisitFlag, visit: Visit, *, reason: str | None, by: Account, at: datetime) -> None:
    """Explain a flag away; who and when is kept. Raises ReasonMissing without words, OwnVisit for one's own visit."""
    if visit.worker_id == by.id:
        raise OwnVisit
    if not (reason or "").strip():
        raise ReasonMissing
    if flag.explained_at is None:
        flag.explained_at, flag.explained_by_id, flag.reason = at, by.id, reason
    session.flush()


def take_back(session: Session, flag: VisitFlag, visit: Visit, *, by: Account) -> None:
    """Let a flag stand again that was explained; the log keeps that it had been."""
    if visit.worker_id == by.id:
        raise OwnVisit
    flag.explained_at = flag.explained_by_id = flag.reason = None
    session.flush()


def look_at_hours(session: Session, at: datetime) -> Callable[[Session, datetime], dict[str, int]]:
    """Judge this month's visits and last month's; the job's part before its transaction."""
    today = local_date(at)
    months = (today, today.replace(day=1) - timedelta(days=1))
    writes = [look_at_month(session, month, at=at) for month in months]

    def write(_session: Session, _at: datetime) -> dict[str, int]:
        counts: dict[str, int] = {}
        for one in writes:
            for name, count in one().items():
                counts[name] = counts.get(name, 0) + count
        return counts

    return write
