"""Months of visits counted ahead: read where they are still true, counted anew where they are not.

A kept month is true while the visits of that month are as many, as many of them replaced, and the newest as new as
when it was counted: entries of visits are never overwritten, a correction is a new entry that replaces one. The check
reads one index. What was approved since is told by `judged`.
"""

import zlib
from datetime import date, datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import HoursDecision, KeptMonth, Visit
from referral.access import without_scope
from referral.clock import local_date, start_of
from referral.queries.report.entries import Entries, from_rows, key_bytes, together
from referral.queries.report.judged import (
    APPROVED,
    CONTRACTED,
    MARGIN,
    STANDS,
    Judged,
    Word,
    judged,
    told_of,
    words_since,
)

RAW = sa.types.NullType()
State = tuple[int, int, datetime | None]
"""Entries, replaced ones, when the newest was written."""
_open: dict[tuple[date, datetime, int], Entries] = {}
"""Kept months that this process has opened, by month and the moment of counting."""
MOST_OPEN = 40


def next_month(first: date) -> date:
    """Return the first day of the month after."""
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def months_between(start: date, end: date) -> list[date]:
    """Return the first day of each month that a period touches."""
    first, months = start.replace(day=1), []
    while first <= end:
        months.append(first)
        first = next_month(first)
    return months


def states(session: Session, months: list[date]) -> dict[date, State]:
    """Return what the visits of each month are now. One statement."""
    each = [
        sa.select(
            sa.literal(place).label("place"),
            sa.func.count().label("entries"),
            sa.func.coalesce(sa.func.sum(sa.cast(Visit.replaced, sa.Integer)), 0).label("replaced"),
            sa.func.max(Visit.created_at).label("newest"),
        ).where(Visit.started_at >= start_of(month), Visit.started_at < start_of(next_month(month)))
        for place, month in enumerate(months)
    ]
    if not each:
        return {}
    with without_scope(session, because="whether the sums kept of a month are still true"):
        rows = session.execute(sa.union_all(*each)).all()
    return {months[place]: (entries, int(replaced), newest) for place, entries, replaced, newest in rows}


def counted(conditions: list[sa.ColumnElement[bool]]) -> sa.Select[Any]:
    """Return the rows that `from_rows` takes, each with the key of its visit at the end, in no order."""

    def raw(column: Any) -> Any:
        return sa.type_coerce(column, RAW)

    keys = (
        Visit.person_id, Visit.household_id, Visit.activity_key, Visit.term_id, Visit.program_id, Visit.area_code,
        Visit.organization_id, Visit.unit,
    )  # fmt: skip
    numbers = (Visit.contact_result, Visit.minutes, Visit.units, Visit.amount, APPROVED, CONTRACTED, Visit.id)
    seconds = sa.cast(sa.func.floor(sa.extract("epoch", Visit.started_at)), sa.BigInteger)
    return (
        sa.select(*map(raw, keys), seconds, *map(raw, numbers))
        .select_from(Visit)
        .outerjoin(HoursDecision, STANDS)
        .where(*conditions)
    )


def read(session: Session, conditions: list[sa.ColumnElement[bool]]) -> Entries:
    """Return entries from the visits themselves; the conditions hold the reader's scope. One statement."""
    with without_scope(session, because="columns for sums of visits that the conditions narrow to the reader's"):
        return from_rows(session.execute(counted(conditions)).all())


def _of_months(months: list[date]) -> list[sa.ColumnElement[bool]]:
    within = [
        sa.and_(Visit.started_at >= start_of(month), Visit.started_at < start_of(next_month(month))) for month in months
    ]
    return [sa.or_(*within), Visit.replaced.is_(False)]


def read_months(session: Session, months: list[date]) -> Entries:
    """Return all standing entries of some months from the visits. One statement."""
    return read(session, _of_months(months))


def all_entries(session: Session, start: date, end: date) -> Entries:
    """Return the standing entries of everybody from a day to a day, from kept months where they are true.

    Two statements, three on what was approved since, one for all months that are not kept or no longer true, and one
    for each that is opened.
    """
    months = months_between(start, end)
    now = states(session, months)
    kept = {
        row.month: row
        for row in session.execute(
            sa.select(
                KeptMonth.month, KeptMonth.entries, KeptMonth.replaced, KeptMonth.newest, KeptMonth.counted_at,
                KeptMonth.judged,
            ).where(KeptMonth.month.in_(months))
        )
    }  # fmt: skip
    true = {month: row for month, row in kept.items() if _is_true(row, now[month])}
    moments = {row.judged for row in true.values()}
    held = {text for text in moments if _holds(session, text)}
    true = {month: row for month, row in true.items() if row.judged in held}
    words = words_since(session, min(Judged.read(text).until for text in held)) if held else []
    said = _by_month(words)
    blocks = [_judged(session, row, _opened(session, row), said.get(month, [])) for month, row in true.items()]
    untrue = [month for month in months if month not in true and now[month][0]]
    if untrue:
        blocks.append(read_months(session, untrue))
    found = together(blocks)
    return found.where((found.day >= start.toordinal()) & (found.day <= end.toordinal()))


def _is_true(row: Any, now: State) -> bool:
    return row.judged is not None and (row.entries, row.replaced, row.newest) == now


def _holds(session: Session, text: str) -> bool:
    """Say whether decisions up to the moment of a kept month are as many as they were then."""
    then = Judged.read(text)
    return judged(session, then.until) == then


def _by_month(words: list[Word]) -> dict[date, list[Word]]:
    found: dict[date, list[Word]] = {}
    for word in words:
        found.setdefault(local_date(word.started_at).replace(day=1), []).append(word)
    return found


def _judged(session: Session, row: Any, block: Entries, words: list[Word]) -> Entries:
    if not words:
        return block
    keys = session.scalar(sa.select(KeptMonth.keys).where(KeptMonth.month == row.month))
    return told_of(block, np.frombuffer(zlib.decompress(keys or b""), dtype="S16"), words)


def _opened(session: Session, row: Any) -> Entries:
    key = (row.month, row.counted_at, row.entries)
    found = _open.get(key)
    if found is None:
        body = session.scalar(sa.select(KeptMonth.body).where(KeptMonth.month == row.month))
        found = Entries.from_bytes(body or b"")
        while len(_open) >= MOST_OPEN:
            _open.pop(next(iter(_open)), None)
        _open[key] = found
    return found


def keep_months(session: Session, *, at: datetime) -> int:
    """Count the months anew that are not kept or no longer true, and return how many.

    What was approved since is written into the others, so that a report has little to read besides them.
    """
    first, last = session.execute(sa.select(sa.func.min(Visit.started_at), sa.func.max(Visit.started_at))).one()
    if first is None or last is None:
        return 0
    months = months_between(local_date(first), local_date(last))
    until = judged(session, at - MARGIN)
    now = states(session, months)
    light = (sa.orm.defer(KeptMonth.body), sa.orm.defer(KeptMonth.keys))
    kept = {row.month: row for row in session.scalars(sa.select(KeptMonth).options(*light))}
    true = {month: row for month, row in kept.items() if month in now and _is_true(row, now[month])}
    held = {text for text in {row.judged for row in true.values()} if text and _holds(session, text)}
    said = _by_month(words_since(session, min(Judged.read(text).until for text in held))) if held else {}
    done = 0
    for month in months:
        row = kept.get(month)
        if row is not None and month in true and row.judged in held:
            if month in said:
                row.body = _judged(session, row, _opened(session, row), said[month]).to_bytes()
                row.counted_at = at
            row.judged = until.text()
            session.flush()
            continue
        with without_scope(session, because="columns for sums of visits that are narrowed to each reader's"):
            rows = session.execute(counted(_of_months([month]))).all()
        if row is None:
            row = KeptMonth(month=month)
            session.add(row)
        row.entries, row.replaced, row.newest = now[month]
        row.body, row.counted_at = from_rows(rows).to_bytes(), at
        row.keys = zlib.compress(b"".join(key_bytes(one[-1]) for one in rows), 1)
        row.judged = until.text()
        session.flush()
        done += 1
    return done
