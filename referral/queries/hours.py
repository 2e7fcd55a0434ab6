"""The list of visits whose hours a supervisor decides on, with the flags, the words and the entries of each.

Only entries that stand are listed: a corrected one stands once, as corrected.
"""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, joinedload

from models import Account, HoursDecision, HoursVerdict, Visit, VisitFlag
from referral.access import get_in_scope
from referral.clock import start_of
from referral.queries.hours_decided import decidable
from referral.queries.settling import next_month

STATES = ("waiting", "flagged", "approved", "disputed", "all")
MOST = 500
"""Visits that are decided on at once."""


def to_decide(actor: Account, month: date, state: str, *, mine: uuid.UUID | None = None) -> sa.Select[Any]:
    """Return the select of the visits of a month that an actor may decide on, in a state."""
    stands = aliased(HoursDecision)
    flagged = sa.exists().where(
        VisitFlag.visit_id == Visit.id, VisitFlag.explained_at.is_(None), VisitFlag.gone_at.is_(None)
    )
    chosen: dict[str, list[sa.ColumnElement[bool]]] = {
        "waiting": [stands.id.is_(None)],
        "flagged": [stands.id.is_(None), flagged],
        "approved": [stands.verdict == HoursVerdict.APPROVED],
        "disputed": [stands.verdict == HoursVerdict.DISPUTED],
        "all": [],
    }
    statement = (
        sa.select(Visit)
        .outerjoin(stands, sa.and_(stands.visit_id == Visit.id, stands.lapsed_at.is_(None)))
        .where(
            decidable(actor),
            ~Visit.replaced,
            Visit.started_at >= start_of(month),
            Visit.started_at < start_of(next_month(month)),
            *chosen[state],
        )
        .options(
            joinedload(Visit.person),
            joinedload(Visit.term),
            joinedload(Visit.organization),
            joinedload(Visit.worker),
        )
        .order_by(Visit.started_at, Visit.id)
    )
    return statement.where(Visit.organization_id == mine) if mine else statement


def counts(session: Session, actor: Account, month: date) -> dict[str, int]:
    """Return how many visits of a month stand in each state. One statement."""
    flagged = sa.exists().where(
        VisitFlag.visit_id == Visit.id, VisitFlag.explained_at.is_(None), VisitFlag.gone_at.is_(None)
    )
    none = HoursDecision.id.is_(None)

    def number(when: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(sa.case((when, 1), else_=0)), 0)

    row = session.execute(
        sa.select(
            number(none),
            number(sa.and_(none, flagged)),
            number(HoursDecision.verdict == HoursVerdict.APPROVED),
            number(HoursDecision.verdict == HoursVerdict.DISPUTED),
            sa.func.count(),
        )
        .select_from(Visit)
        .outerjoin(HoursDecision, sa.and_(HoursDecision.visit_id == Visit.id, HoursDecision.lapsed_at.is_(None)))
        .where(
            decidable(actor),
            ~Visit.replaced,
            Visit.started_at >= start_of(month),
            Visit.started_at < start_of(next_month(month)),
        )
    ).one()
    return dict(zip(STATES, (int(value) for value in row), strict=True))


def flags_of(session: Session, visits: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[VisitFlag]]:
    """Return the flags of some visits that the rules still raise, explained ones too. One statement."""
    found: dict[uuid.UUID, list[VisitFlag]] = defaultdict(list)
    statement = (
        sa.select(VisitFlag)
        .where(VisitFlag.visit_id.in_(visits), VisitFlag.gone_at.is_(None))
        .options(joinedload(VisitFlag.explained_by))
        .order_by(VisitFlag.rule)
    )
    for flag in session.scalars(statement):
        found[flag.visit_id].append(flag)
    return found


def decisions_of(session: Session, visits: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[HoursDecision]]:
    """Return every word that was given on some visits, the last first. One statement."""
    found: dict[uuid.UUID, list[HoursDecision]] = defaultdict(list)
    statement = (
        sa.select(HoursDecision)
        .where(HoursDecision.visit_id.in_(visits))
        .options(joinedload(HoursDecision.by))
        .order_by(HoursDecision.at.desc(), HoursDecision.id.desc())
    )
    for one in session.scalars(statement):
        found[one.visit_id].append(one)
    return found


def find_visit(session: Session, actor: Account, key: uuid.UUID) -> Visit | None:
    """Return a visit whose hours the actor may decide on. One statement."""
    return session.scalar(
        sa.select(Visit)
        .where(Visit.id == key, decidable(actor))
        .options(
            joinedload(Visit.person), joinedload(Visit.term), joinedload(Visit.organization), joinedload(Visit.worker)
        )
    )


def find_flag(session: Session, actor: Account, key: uuid.UUID) -> VisitFlag | None:
    """Return a flag of a visit whose hours the actor may decide on."""
    flag: VisitFlag | None = get_in_scope(session, actor, VisitFlag, key)
    return flag if flag is not None and find_visit(session, actor, flag.visit_id) is not None else None


def chain(session: Session, visit: Visit) -> list[Visit]:
    """Return the entries that this one replaces, and that replace it, oldest first; this one is among them."""
    found = [visit]
    while found[0].corrects_id is not None:
        before = session.scalar(_entry(Visit.id == found[0].corrects_id))
        if before is None:
            break
        found.insert(0, before)
    while after := session.scalar(_entry(Visit.corrects_id == found[-1].id)):
        found.append(after)
    return found


def _entry(condition: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(Visit).where(condition).options(joinedload(Visit.term), joinedload(Visit.worker))


def month_of(text: str | None, today: date) -> date:
    """Return the first day of the month that an address names (2026-11), else of this month."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)


def month_before(month: date) -> date:
    """Return the first day of the month before."""
    return (month - timedelta(days=1)).replace(day=1)
