"""Changes of a scenario as data: what each is about, its range, and which rows of the arrays it touches."""

import enum
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Area, Capacity
from referral.actions.rounding.altering import AddOpening, AddPlaces, Alteration, Close, Radius
from referral.queries.gathering.board import Board


class ChangeKind(enum.StrEnum):
    """What a copy may differ in."""

    CLOSE_ORGANIZATION = "close_organization"
    CLOSE_SERVICE = "close_service"
    """A service at one location."""
    ADD_PLACES = "add_places"
    ADD_OPENING = "add_opening"
    """Another one like an opening, with places of its own, there or in another division."""
    RADIUS = "radius"
    PARAMETER = "parameter"


ABOUT: Mapping[ChangeKind, str] = {
    ChangeKind.CLOSE_ORGANIZATION: "organization",
    ChangeKind.CLOSE_SERVICE: "service_at_location",
    ChangeKind.ADD_PLACES: "capacity",
    ChangeKind.ADD_OPENING: "capacity",
    ChangeKind.RADIUS: "service_at_location",
    ChangeKind.PARAMETER: "parameter",
}
"""Under which name a change keeps the key of what it is about."""
RANGES: Mapping[ChangeKind, tuple[float, float]] = {
    ChangeKind.ADD_PLACES: (1, 100_000),
    ChangeKind.ADD_OPENING: (1, 100_000),
    ChangeKind.RADIUS: (0.1, 1_000),
}
"""Smallest and largest value; kinds that are not named have none."""


@dataclass(frozen=True)
class Altered:
    """What the changes of a scenario mean for the arrays of one moment."""

    alterations: list[Alteration]
    names: list[str]
    """Of each opening of the copy: its key, or "+" and the key of the one it is like."""
    idle: list[int]
    """Changes that touch nothing: no open need asks for that kind of help, or it has no places today."""


def parameter_values(changes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the parameters that changes name, with their new values."""
    return {one["parameter"]: one["value"] for one in changes if one["change"] == ChangeKind.PARAMETER}


def altered_by(session: Session, board: Board, changes: Sequence[Mapping[str, Any]]) -> Altered:
    """Return what changes mean for a board. At most two queries."""
    rows = {capacity: row for row, capacity in enumerate(board.capacity_ids)}
    at_place = _rows_by_place(session, rows, changes)
    points = _points(session, changes)
    found = Altered([], [str(key) for key in board.capacity_ids], [])
    for number, change in enumerate(changes):
        kind = ChangeKind(change["change"])
        if kind is ChangeKind.PARAMETER:
            continue
        key = uuid.UUID(change[ABOUT[kind]])
        touched: tuple[int, ...]
        if kind is ChangeKind.CLOSE_ORGANIZATION:
            touched = tuple(row for row, organization in enumerate(board.organization_ids) if organization == key)
        elif ABOUT[kind] == "capacity":
            touched = (rows[key],) if key in rows else ()
        else:
            touched = tuple(at_place.get(key, ()))
        if not touched:
            found.idle.append(number)
            continue
        found.alterations.append(_alteration(kind, touched, change, points))
        if kind is ChangeKind.ADD_OPENING:
            found.names.append(f"+{key}")
    return found


def _alteration(
    kind: ChangeKind,
    rows: tuple[int, ...],
    change: Mapping[str, Any],
    points: Mapping[str, tuple[float | None, float | None]],
) -> Alteration:
    match kind:
        case ChangeKind.ADD_PLACES:
            return AddPlaces(rows, int(change["value"]))
        case ChangeKind.ADD_OPENING:
            return AddOpening(rows[0], int(change["value"]), *points.get(change.get("area") or "", (None, None)))
        case ChangeKind.RADIUS:
            return Radius(rows, float(change["value"]))
    return Close(rows)


def _rows_by_place(
    session: Session, rows: Mapping[uuid.UUID, int], changes: Sequence[Mapping[str, Any]]
) -> dict[uuid.UUID, list[int]]:
    keys = {uuid.UUID(one["service_at_location"]) for one in changes if "service_at_location" in one}
    found: dict[uuid.UUID, list[int]] = {}
    if keys:
        statement = sa.select(Capacity.id, Capacity.service_at_location_id).where(
            Capacity.service_at_location_id.in_(keys)
        )
        for capacity, place in session.execute(statement):
            if capacity in rows:
                found.setdefault(place, []).append(rows[capacity])
    return found


def _points(session: Session, changes: Sequence[Mapping[str, Any]]) -> dict[str, tuple[float | None, float | None]]:
    codes = {one["area"] for one in changes if one.get("area")}
    if not codes:
        return {}
    statement = sa.select(Area.code, Area.latitude, Area.longitude).where(Area.code.in_(codes))
    return {code: (latitude, longitude) for code, latitude, longitude in session.execute(statement)}
