"""The problem of a round with the keys of the records behind its rows."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from matching import Problem
from referral.clock import local_date
from referral.queries.gathering import arrays, history, needs, openings
from referral.queries.gathering.raw import Keys, numbered, uuids


@dataclass(frozen=True, eq=False)
class Board:
    """What a round decides on: arrays, and which record each row stands for."""

    problem: Problem
    need_keys: Keys
    """Of each need, as bytes; `need_ids` for the keys that records have."""
    term_keys: Keys
    """Of each need."""
    capacity_ids: list[uuid.UUID]
    organization_ids: list[uuid.UUID]
    """Of each opening."""
    status: NDArray[np.int32]
    """Of each need, the number of the status its person holds."""
    statuses: list[str]
    """Codes of these, by number."""
    fund_ids: list[uuid.UUID] = field(default_factory=list)
    """Of each fund that openings draw on."""

    @cached_property
    def need_ids(self) -> list[uuid.UUID]:
        """Key of each need."""
        return uuids(self.need_keys)

    @cached_property
    def term_ids(self) -> list[uuid.UUID]:
        """Term of each need."""
        place, distinct = numbered(self.term_keys)
        terms = uuids(distinct)
        return [terms[one] for one in place.tolist()]

    @property
    def digest(self) -> str:
        """SHA-256 of the arrays."""
        return arrays.digest(self.problem)


def gather(session: Session, area: str, at: datetime) -> Board:
    """Return the open needs of an area and the places for them. Thirteen queries, whatever the size."""
    return _board(session, needs.open_in(area), at)


def gather_if_begun(session: Session, area: str, at: datetime) -> Board:
    """Return what a round over an area would decide on if it began now. Thirteen queries, whatever the size."""
    return _board(session, needs.open_if_begun_in(area), at)


def gather_where(session: Session, condition: needs.Condition, at: datetime) -> Board:
    """Return the needs under a condition, whatever their state, and the places for them. Thirteen queries."""
    return _board(session, condition, at)


def gather_one(session: Session, need_id: uuid.UUID, at: datetime) -> Board:
    """Return one need and the places for it. Thirteen queries."""
    return _board(session, needs.only(need_id), at)


def _board(session: Session, condition: needs.Condition, at: datetime) -> Board:
    day = local_date(at)
    people = needs.read(session, condition, day=day)
    places = openings.read(session, condition, day=day, terms=uuids(np.unique(people.terms)))
    past = history.read(session, people, at=at)
    return Board(
        arrays.problem(people, places, past, at=at, day=day),
        people.ids,
        people.terms,
        [row.id for row in places.openings],
        [row.organization_id for row in places.openings],
        *needs.first_status(people),
        places.fund_keys,
    )
