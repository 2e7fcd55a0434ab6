"""What a worker's phone shows: whom to see today, and what was written down."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import (
    Account,
    ContactResult,
    Referral,
    RiskGrade,
    Role,
    Visit,
    VisitDetail,
)
from models.referral import GOING_ON_STATUSES
from referral import clock, log
from referral.access import scope
from referral.queries import clients, plans, risks, station_desk, visits
from referral.queries.inbox import Names

MOST = 20
"""People whom a phone may keep for a day."""
RISKS = {RiskGrade.HIGH: 0, RiskGrade.RAISED: 1, RiskGrade.USUAL: 2}


@dataclass(frozen=True)
class Stop:
    """One person to be seen."""

    kind: str
    """people or referrals: what the key names."""
    key: uuid.UUID
    person_id: uuid.UUID
    name: str | None
    """None where the person has not agreed that the provider knows it."""
    number: str
    village: Any
    term: Any
    risk: RiskGrade | None
    """Empty for a provider: it rests on what the station alone knows."""
    last_at: datetime | None = None
    last_result: ContactResult | None = None
    promise: str | None = None
    due: date | None = None
    done: bool = False


@dataclass(frozen=True)
class Hamlet:
    """The stops of one village."""

    area: Any
    stops: list[Stop]


def day(session: Session, actor: Account, today: date) -> list[Hamlet]:
    """Return whom the actor should see today, by village; who was seen today stands last. At most 14 queries."""
    found = _planned(session, actor, today)
    of_plans = {stop.person_id for stop in found}
    others = of_provider if actor.role is Role.PROVIDER_OFFICER else _of_station
    found += [stop for stop in others(session, actor, today) if stop.person_id not in of_plans]
    found = found[: 2 * MOST]
    told = _last_told(session, actor, [stop.person_id for stop in found], today)
    of_station = actor.role is not Role.PROVIDER_OFFICER
    risk = risks.of_people(session, actor, {stop.person_id for stop in found}, today) if of_station else {}
    found = [replace(stop, risk=risk.get(stop.person_id)) for stop in found]
    filled = sorted((_filled(stop, told.get(stop.person_id), today) for stop in found), key=_order)
    villages = (list(group) for _name, group in groupby(filled, key=lambda stop: name_of(stop.village)))
    return [Hamlet(stops[0].village, stops) for stops in villages]


def _planned(session: Session, actor: Account, today: date) -> list[Stop]:
    """Return the visits that plans promise for today or before, one for each referral, the oldest first."""
    lines = {line.referral_id: line for line in reversed(plans.due(session, actor, today))}
    found = sorted(lines.values(), key=lambda line: line.due_on)[:MOST]
    log.read(session, (line.person_id for line in found))
    return [
        Stop(
            "referrals",
            line.referral_id,
            line.person_id,
            line.person_name,
            _number(line),
            line.village,
            line.term,
            None,
            line.last_visit,
            line.last_result,
            line.promise,
            line.due_on,
        )
        for line in found
    ]


def _number(line: plans.Line) -> str:
    """Return what stands for somebody whose name the actor may not know."""
    return f"…{line.referral_id.hex[-6:]}"


def name_of(village: Any) -> str:
    """Return the Chinese name of an area or of a pair of names; empty where it is not known."""
    return (village.name_zh if isinstance(village, Names) else village.name) or ""


def _order(stop: Stop) -> tuple[Any, ...]:
    risk = RISKS.get(stop.risk, len(RISKS)) if stop.risk else len(RISKS)
    return name_of(stop.village), stop.done, risk, stop.due or date.max, stop.number


def _of_station(session: Session, actor: Account, today: date) -> list[Stop]:
    villages, _count = station_desk.visits_due(session, actor, today=today)
    rows = sorted((row for village in villages for row in village.rows), key=lambda row: row.visit_due)[:MOST]
    known = {row.case.person_id for row in rows}
    stops = [
        Stop(
            "people",
            row.case.person_id,
            row.case.person_id,
            row.case.person.name,
            row.case.person.number,
            row.case.person.area,
            None,
            None,
            due=row.visit_due,
        )
        for row in rows
    ]
    recent = [person for person in visits.recent_people(session, actor, limit=8) if person.id not in known]
    more = recent[: max(0, MOST - len(stops))]
    return stops + [Stop("people", one.id, one.id, one.name, one.number, one.area, None, None) for one in more]


def of_provider(session: Session, actor: Account, today: date) -> list[Stop]:
    """Return the people whom a provider is helping. One query."""
    going = clients.clients(actor, clients.Month(today.year, today.month)).where(Referral.status.in_(GOING_ON_STATUSES))
    rows = session.execute(going.limit(MOST)).all()
    log.read(session, (row.person_id for row in rows))
    return [
        Stop(
            "referrals",
            row.id,
            row.person_id,
            row.person_name,
            row.number,
            Names(row.village_zh, row.village_en),
            Names(row.name_zh, row.name_en),
            None,
        )
        for row in rows
    ]


def _last_told(
    session: Session, actor: Account, keys: Sequence[uuid.UUID], today: date
) -> dict[uuid.UUID, tuple[datetime | None, ContactResult | None, str | None]]:
    """Return of each person the newest visit that the actor may see, and what was promised at the newest that says."""
    newest: dict[uuid.UUID, tuple[datetime | None, ContactResult | None, str | None]] = {}
    rows = session.execute(
        sa.select(Visit.person_id, Visit.started_at, Visit.contact_result, VisitDetail.promise)
        .outerjoin(VisitDetail, VisitDetail.visit_id == Visit.id)
        .where(
            Visit.person_id.in_(keys),
            scope(actor, Visit),
            ~Visit.replaced,
            Visit.started_at >= clock.start_of(today - timedelta(days=180)),
        )
        .order_by(Visit.started_at.desc())
        .limit(MOST * 40)
    )
    for person_id, at, result, promise in rows:
        last_at, last_result, said = newest.get(person_id, (None, None, None))
        newest[person_id] = (last_at or at, last_result or result, said or promise)
    return newest


def _filled(stop: Stop, told: tuple[datetime | None, ContactResult | None, str | None] | None, today: date) -> Stop:
    if told is None:
        return stop
    last_at, result, promise = told
    promise = stop.promise or promise
    done = last_at is not None and clock.local_date(last_at) == today
    return Stop(**{**stop.__dict__, "last_at": last_at, "last_result": result, "promise": promise, "done": done})


def written_today(session: Session, actor: Account, today: date) -> Sequence[Visit]:
    """Return what the actor wrote down today, newest first; at most twenty. One query."""
    return session.scalars(
        sa.select(Visit)
        .where(Visit.worker_id == actor.id, scope(actor, Visit), Visit.started_at >= clock.start_of(today))
        .options(joinedload(Visit.term))
        .order_by(Visit.started_at.desc())
        .limit(MOST)
    ).all()
