"""Needs whose provider said no, or nothing: which of them still wait for a new proposal, and how things stand there."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from matching import Problem
from models import (
    Account,
    Capacity,
    Decision,
    Need,
    NeedStatus,
    Person,
    Proposal,
    Referral,
    ReferralStatus,
    Role,
    Round,
    RoundKind,
    RoundStatus,
)
from models.area import code_range
from referral.queries.gathering.board import Board, gather_where

REFUSED = (ReferralStatus.REJECTED, ReferralStatus.EXPIRED)
LOOK_BACK = timedelta(days=7)
"""A refusal that nothing followed for so long is left to the next round."""
REST_AFTER_FAILURE = timedelta(hours=1)
"""So long nothing is tried again over an area whose last follow-up could not be computed."""
OPEN_ROUNDS = (RoundStatus.PROPOSED, RoundStatus.APPLYING)
DECIDED = (Decision.ACCEPTED, Decision.CHANGED)


def coordinated_areas(session: Session) -> list[str]:
    """Return the areas that have a coordinator, the smallest first. One query."""
    found = session.scalars(
        sa.select(Account.area_code).where(Account.role == Role.COORDINATOR, Account.active).distinct()
    )
    return sorted((str(code) for code in found if code), key=lambda code: (_size(code), code))


def _size(code: str) -> int:
    first, last = code_range(code)
    return int(last) - int(first)


def to_follow(session: Session, at: datetime) -> dict[str, list[uuid.UUID]]:
    """Return the open needs that were refused and had no proposal since, by the smallest area with a coordinator.

    An area whose last follow-up failed rests for an hour. Three queries.
    """
    last = (
        sa.select(Referral.need_id, sa.func.max(Referral.ended_at).label("ended"))
        .where(Referral.status.in_(REFUSED), Referral.ended_at.between(at - LOOK_BACK, at))
        .group_by(Referral.need_id)
        .subquery()
    )
    since = (
        sa.select(Proposal.id)
        .join(Round, Round.id == Proposal.round_id)
        .where(Proposal.need_id == Need.id, Round.at >= last.c.ended)
    )
    statement = (
        sa.select(Need.id, Need.area_code)
        .join(last, last.c.need_id == Need.id)
        .join(Person, Person.id == Need.person_id)
        .where(Need.status == NeedStatus.OPEN, Person.frozen_at.is_(None), ~since.exists())
        .order_by(Need.id)
    )
    waiting = list(session.execute(statement))
    if not waiting:
        return {}
    failed = set(
        session.scalars(
            sa.select(Round.area_code).where(
                Round.kind == RoundKind.FOLLOW_UP,
                Round.status == RoundStatus.FAILED,
                Round.at > at - REST_AFTER_FAILURE,
            )
        )
    )
    found: dict[str, list[uuid.UUID]] = {}
    ranges = [(area, code_range(area)) for area in coordinated_areas(session)]
    for key, code in waiting:
        area = next((area for area, (first, last_) in ranges if first <= code <= last_), None)
        if area is not None and area not in failed:
            found.setdefault(area, []).append(key)
    return found


@dataclass(frozen=True)
class Held:
    """A proposal that nobody has decided on yet: it may move."""

    proposal_id: uuid.UUID
    version: int
    capacity_id: uuid.UUID


@dataclass(frozen=True, eq=False)
class Standing:
    """How things stand around refused needs: what may move, and what is decided and stays."""

    board: Board
    """Open needs of the same kinds of help and those that may move; places without those promised by decisions"""
    today: NDArray[np.int32]
    """int32[n]: the opening proposed to each need now; -1 none"""
    refused: NDArray[np.int64]
    """Rows of the refused needs"""
    by_whom: Mapping[uuid.UUID, tuple[uuid.UUID, str]]
    """Refused need → the place it was refused by, and how (rejected or expired)"""
    held: Mapping[uuid.UUID, Held]
    stamp: tuple[int, int]
    """How many decided proposals there were, and the sum of their versions"""


def stands(session: Session, area: str, needs: Sequence[uuid.UUID], at: datetime) -> Standing:
    """Return how things stand around refused needs. Fifteen queries, whatever the size; seventeen with funds."""
    terms = sa.select(Need.term_id).where(Need.id.in_(needs))
    first, last = code_range(area)
    halted = sa.select(Person.id).where(Person.frozen_at.is_not(None))
    found: Iterable[Any] = session.execute(
        sa.select(Proposal.need_id, Proposal.id, Proposal.version, Proposal.capacity_id)
        .join(Round, Round.id == Proposal.round_id)
        .join(Need, Need.id == Proposal.need_id)
        .where(_may_move(area), Need.status == NeedStatus.PROPOSED, Need.term_id.in_(terms))
    )
    held = {need: Held(*rest) for need, *rest in found}
    movable = sa.select(Proposal.need_id).join(Round, Round.id == Proposal.round_id).where(_may_move(area))
    condition = sa.and_(
        Need.term_id.in_(terms),
        Need.area_code.between(first, last),
        Need.person_id.not_in(halted),
        sa.or_(Need.status == NeedStatus.OPEN, sa.and_(Need.status == NeedStatus.PROPOSED, Need.id.in_(movable))),
    )
    board = gather_where(session, condition, at)
    promised, stamp = promises(session)
    openings = {key: row for row, key in enumerate(board.capacity_ids)}
    rows = {key: row for row, key in enumerate(board.need_ids)}
    today = np.full(len(board.need_ids), -1, dtype=np.int32)
    for need, one in held.items():
        if need in rows:
            today[rows[need]] = openings.get(one.capacity_id, -1)
    refused = np.array(sorted(rows[need] for need in needs if need in rows), dtype=np.int64)
    problem = _without(board.problem, [(openings[key], *taken) for key, taken in promised.items() if key in openings])
    problem = _without_others(session, replace(board, problem=problem), rows)
    return Standing(replace(board, problem=problem), today, refused, _by_whom(session, needs), held, stamp)


def _may_move(area: str) -> sa.ColumnElement[bool]:
    """Proposals of open rounds within an area that nobody has decided on."""
    return sa.and_(open_within(area), Proposal.decision == Decision.UNDECIDED, Proposal.capacity_id.is_not(None))


def open_within(area: str) -> sa.ColumnElement[bool]:
    """Return the condition for rounds within an area whose proposals wait to be decided on or carried out."""
    return sa.and_(Round.status.in_(OPEN_ROUNDS), Round.area_code.between(*code_range(area)))


def promises(session: Session) -> tuple[dict[uuid.UUID, tuple[int, int]], tuple[int, int]]:
    """Return how many places decisions not yet carried out will take, by place, and how many whole yuan of its fund;
    and a stamp that any decision changes.

    One query.
    """
    yuan = sa.func.sum(sa.type_coerce(Proposal.amount, sa.BigInteger))
    statement = (
        sa.select(Proposal.capacity_id, sa.func.count(), sa.func.sum(Proposal.version), yuan)
        .join(Round, Round.id == Proposal.round_id)
        .where(Round.status.in_(OPEN_ROUNDS), Proposal.decision.in_(DECIDED), Proposal.capacity_id.is_not(None))
        .group_by(Proposal.capacity_id)
    )
    found: list[Any] = list(session.execute(statement))
    stamp = (sum(row[1] for row in found), sum(int(row[2]) for row in found))
    return {row[0]: (row[1], -(-int(row[3] or 0) // 100)) for row in found}, stamp


def _without(problem: Problem, promised: Iterable[tuple[int, int, int]]) -> Problem:
    places, left = problem.openings.places.copy(), problem.fund_left.copy()
    for row, count, yuan in promised:
        places[row] = max(places[row] - count, 0)
        if (fund := int(problem.openings.fund[row])) >= 0:
            left[fund] = max(left[fund] - yuan, 0)
    return replace(problem, openings=replace(problem.openings, places=places), fund_left=left)


def _without_others(session: Session, board: Board, rows: Mapping[uuid.UUID, int]) -> Problem:
    """Take from the funds what undecided proposals of other kinds of help would take. One query where there are any."""
    problem = board.problem
    if not board.fund_ids:
        return problem
    left, fund = problem.fund_left.copy(), {key: number for number, key in enumerate(board.fund_ids)}
    statement = (
        sa.select(Proposal.need_id, Capacity.fund_id, sa.type_coerce(Proposal.amount, sa.BigInteger))
        .join(Round, Round.id == Proposal.round_id)
        .join(Capacity, Capacity.id == Proposal.capacity_id)
        .where(
            Round.status.in_(OPEN_ROUNDS),
            Proposal.decision == Decision.UNDECIDED,
            Proposal.amount.is_not(None),
            Capacity.fund_id.in_(board.fund_ids),
        )
    )
    for need, key, hundredths in session.execute(statement):
        if need not in rows and key is not None:
            left[fund[key]] -= -(-int(hundredths) // 100)
    return replace(problem, fund_left=np.maximum(left, 0))


def _by_whom(session: Session, needs: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[uuid.UUID, str]]:
    statement = (
        sa.select(Referral.need_id, Referral.capacity_id, Referral.status)
        .where(Referral.need_id.in_(needs), Referral.status.in_(REFUSED))
        .order_by(Referral.ended_at)
    )
    rows: Iterable[Any] = session.execute(statement)
    return {need: (capacity, str(status)) for need, capacity, status in rows}
