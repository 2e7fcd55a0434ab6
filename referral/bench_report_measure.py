"""How long the report of a city-year takes, and whether every figure of it is the one that is counted again."""

import time
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, KeptReport, Person
from referral import clock
from referral.bench_report import City, frame_of
from referral.evaluation import counting
from referral.queries.report import kept
from referral.queries.report.flat import flat
from referral.queries.report.judged import MARGIN
from referral.queries.report.report import make_report
from referral.report_again import Again, differing


def measure(session: Session, city: City, tries: int = 3) -> dict[str, Any]:
    """Return seconds that the report of the whole year takes: counted from the visits, and from kept months."""
    found: dict[str, Any] = {"people": city.people, "visits": city.visits}
    begin = time.perf_counter()
    make_report(session, frame_of(city))
    found["from the visits, s"] = round(time.perf_counter() - begin, 2)
    begin = time.perf_counter()
    # As a night later: decisions of the last hour would be read besides, and all of these are new.
    kept.keep_months(session, at=clock.now() + 2 * MARGIN)
    session.commit()
    found["keeping the months, s"] = round(time.perf_counter() - begin, 2)
    times, processor = [], []
    for _try in range(tries):
        kept._open.clear()
        session.expire_all()
        begin, used = time.perf_counter(), time.process_time()
        make_report(session, frame_of(city))
        times.append(time.perf_counter() - begin)
        processor.append(time.process_time() - used)
    found["report, s"] = round(min(times), 2)
    found["report, processor s"] = round(min(processor), 2)
    found |= _opened(session, city)
    assert session.scalar(sa.select(sa.func.count()).select_from(Person)) == city.people  # noqa: S101
    return found


def _opened(session: Session, city: City) -> dict[str, Any]:
    """Return seconds until a report is there that the clock has counted within the hour, and its bytes."""
    at = clock.now()
    # Whoever opened a kept report is named in it: somebody of the city, not the reader made up for measuring.
    somebody = session.scalars(sa.select(Account).where(Account.area_code == city.reader.area_code).limit(1)).one()
    session.expunge(somebody)
    frame = replace(frame_of(city), actor=somebody)
    counting.report(session, frame, at)
    session.commit()
    session.expunge_all()
    begin = time.perf_counter()
    _report, counted_at = counting.report(session, frame, at)
    seconds = time.perf_counter() - begin
    assert counted_at <= at  # noqa: S101
    size = session.scalar(sa.select(sa.func.length(KeptReport.body)))
    return {"kept report opened, s": round(seconds, 3), "its bytes": size}


def check(session: Session, city: City) -> tuple[int, list[str]]:
    """Return how many figures of the year were counted again in plain SQL, and those that differ, in words."""
    frame = frame_of(city)
    told = flat(make_report(session, frame))
    again = Again(session, str(frame.area_code), frame.start, frame.end, clock.today()).every()
    return len(again), differing(told, again)
