"""The needs of a study: those who wait and those who are helped now, with the places there are for both."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from models import Area, AreaLevel, Need, NeedStatus, Person, Program, Referral, Service
from models.area import code_range
from models.need import WAITING_STATUSES
from models.referral import GOING_ON_STATUSES
from referral.queries.gathering.board import Board, gather_where

MOST = "999999999999"
"""The last twelve-digit code there can be."""


@dataclass(frozen=True, eq=False)
class Whole:
    """A board with who helps whom."""

    board: Board
    carrier: NDArray[np.int32]
    """int32[n]: number of the organization that helps each need now; -1 = it waits"""
    organizations: list[uuid.UUID]
    """By number; those of the openings and those that help"""
    provider: NDArray[np.int32]
    """int32[m]: number of the organization of each opening"""
    terms: dict[int, uuid.UUID]
    """Of each service type of the arrays"""
    points: dict[str, tuple[float, float]]
    """Township (twelve digits) → latitude and longitude, where known"""
    prices: Mapping[uuid.UUID, Decimal]
    """Term → yuan a unit, the middle of what the programs that offer it pay"""


def gather_whole(session: Session, area: str, at: datetime) -> Whole:
    """Return all who wait in an area and all who are helped there by an accepted referral. Fifteen queries.

    Needs whose provider has not answered yet hold a place and are not helped: they are in neither group. People who
    have asked for a halt do not wait for anything here.
    """
    first, last = code_range(area)
    helped = sa.select(Referral.need_id).where(
        Referral.status.in_(GOING_ON_STATUSES), Referral.area_code.between(first, last)
    )
    halted = sa.select(Person.id).where(Person.frozen_at.is_not(None))
    waits = sa.and_(Need.status.in_(WAITING_STATUSES), Need.person_id.not_in(halted))
    carried = sa.and_(Need.status.in_((NeedStatus.REFERRED, NeedStatus.BEING_SERVED)), Need.id.in_(helped))
    board = gather_where(session, sa.and_(Need.area_code.between(first, last), sa.or_(waits, carried)), at)
    going_on = sa.select(Referral.need_id, Referral.organization_id).where(
        Referral.status.in_(GOING_ON_STATUSES), Referral.area_code.between(first, last)
    )
    helpers: dict[uuid.UUID, uuid.UUID] = {need: helper for need, helper in session.execute(going_on)}  # noqa: C416  rows
    organizations = sorted({*board.organization_ids, *helpers.values()})
    number = {key: place for place, key in enumerate(organizations)}
    kinds = board.problem.needs.service_type.tolist()
    return Whole(
        board,
        np.array([number[helpers[key]] if key in helpers else -1 for key in board.need_ids], dtype=np.int32),
        organizations,
        np.array([number[key] for key in board.organization_ids], dtype=np.int32),
        dict(zip(kinds, board.term_ids, strict=True)),
        _points(session, first, last),
        unit_prices(session),
    )


def _points(session: Session, first: str, last: str) -> dict[str, tuple[float, float]]:
    statement = sa.select(Area.code, Area.latitude, Area.longitude).where(
        Area.level == AreaLevel.TOWNSHIP,
        Area.code.between(first, last),
        Area.latitude.is_not(None),
        Area.longitude.is_not(None),
    )
    return {code: (float(north or 0), float(east or 0)) for code, north, east in session.execute(statement)}


def unit_prices(session: Session) -> dict[uuid.UUID, Decimal]:
    """Return what a unit of each kind of help costs in yuan: the middle of what programs pay for it. One query."""
    statement = (
        sa.select(Service.term_id, Program.unit_price)
        .join(Program, Program.id == Service.program_id)
        .where(Service.term_id.is_not(None), Program.unit_price.is_not(None), Program.unit_price > 0)
    )
    found: dict[Any, list[Decimal]] = {}
    for term, price in session.execute(statement):
        found.setdefault(term, []).append(Decimal(price or 0))
    return {term: sorted(prices)[len(prices) // 2] for term, prices in found.items()}
