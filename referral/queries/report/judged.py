"""What was approved after a month was kept: read alone and written into the block, so that no late word is missed.

A block says up to which moment decisions are surely counted in, how many there were by then and how many of them had
lapsed. While both numbers still hold, whatever came or lapsed later is all there is to read.
"""

import json
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import HoursDecision, HoursVerdict, Visit
from referral.access import without_scope
from referral.queries.report.entries import COLUMNS, Entries, key_bytes

MARGIN = timedelta(hours=1)
"""Longer than any transaction: a decision written at a moment is seen by whoever counts so much later."""
STANDS = sa.and_(HoursDecision.visit_id == Visit.id, HoursDecision.lapsed_at.is_(None))
APPROVED = sa.case((HoursDecision.verdict == HoursVerdict.APPROVED, HoursDecision.units))
CONTRACTED = sa.case(
    (sa.and_(HoursDecision.verdict == HoursVerdict.APPROVED, HoursDecision.line_id.is_not(None)), HoursDecision.units)
)


class Judged(NamedTuple):
    """Up to when decisions are counted in, how many there were, and how many of them had lapsed by then."""

    until: datetime
    decisions: int
    lapsed: int

    def text(self) -> str:
        """Return it as it is kept."""
        return json.dumps([self.until.isoformat(), self.decisions, self.lapsed])

    @classmethod
    def read(cls, text: str) -> "Judged":
        """Return what was kept."""
        until, decisions, lapsed = json.loads(text)
        return cls(datetime.fromisoformat(until), decisions, lapsed)


def first_key(at: datetime) -> UUID:
    """Return the least key that a record made at a moment can have (UUIDv7: milliseconds first)."""
    return UUID(int=(int(at.timestamp() * 1000) & (1 << 48) - 1) << 80)


def judged(session: Session, until: datetime) -> Judged:
    """Return how many decisions were made, and how many had lapsed, by a moment. Two statements on indexes alone."""
    with without_scope(session, because="whether what is kept of approved hours is still true"):
        made = session.scalar(sa.select(sa.func.count()).where(HoursDecision.id < first_key(until))) or 0
        gone = session.scalar(sa.select(sa.func.count()).where(HoursDecision.lapsed_at < until)) or 0
    return Judged(until, made, gone)


class Word(NamedTuple):
    """What stands of a visit now, and the month it belongs to by its moment."""

    visit: bytes
    started_at: datetime
    approved: int
    contracted: int


def words_since(session: Session, until: datetime) -> list[Word]:
    """Return what stands now of each visit on which a word was said or taken back since. One statement."""
    since = sa.select(HoursDecision.visit_id).where(
        sa.or_(HoursDecision.id >= first_key(until), HoursDecision.lapsed_at >= until)
    )
    raw = sa.types.NullType()
    statement = (
        sa.select(
            sa.type_coerce(Visit.id, raw),
            Visit.started_at,
            sa.type_coerce(APPROVED, raw),
            sa.type_coerce(CONTRACTED, raw),
        )
        .select_from(Visit)
        .outerjoin(HoursDecision, STANDS)
        .where(Visit.id.in_(since))
    )
    with without_scope(session, because="approved units for sums of visits that the frame narrows to the reader's"):
        return [
            Word(key_bytes(key), at, approved or 0, contracted or 0)
            for key, at, approved, contracted in session.execute(statement)
        ]


def told_of(block: Entries, keys: np.ndarray, words: list[Word]) -> Entries:
    """Return a block with the words said since written into it; words on visits of other months change nothing."""
    order = np.argsort(keys)
    wanted = np.array([word.visit for word in words], dtype="S16")
    found = np.searchsorted(keys, wanted, sorter=order)
    columns: dict[str, Any] = {name: block.columns[name] for name in COLUMNS}
    approved, contracted = columns["approved"].copy(), columns["contracted"].copy()
    for word, key, place in zip(words, wanted, found, strict=True):
        if place < len(keys) and keys[order[place]] == key:
            approved[order[place]], contracted[order[place]] = word.approved, word.contracted
    return Entries({**columns, "approved": approved, "contracted": contracted}, block.lists)
