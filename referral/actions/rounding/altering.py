"""What if: the same problem with openings closed, enlarged, doubled, or reaching farther. Arrays in, arrays out.

Needs keep their rows and openings theirs; new openings come last. So two plans, of the problem and of its copy, can be
compared row by row.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching import Params, Problem

Rows = tuple[int, ...]


@dataclass(frozen=True)
class Close:
    """Openings take nobody on."""

    rows: Rows


@dataclass(frozen=True)
class AddPlaces:
    """Openings have so many places more (hours, where they count hours)."""

    rows: Rows
    places: int


@dataclass(frozen=True)
class AddOpening:
    """One more opening like that of a row, with places of its own, there or somewhere else."""

    row: int
    places: int
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True)
class Radius:
    """Openings go so many kilometres."""

    rows: Rows
    km: float


Alteration = Close | AddPlaces | AddOpening | Radius


def changed_params(params: Params, values: Mapping[str, Any]) -> Params:
    """Return parameters with other values put in; BadParams where they cannot be."""
    return Params.from_dict({**params.as_dict(), **values})


def altered(problem: Problem, alterations: Iterable[Alteration]) -> Problem:
    """Return the problem with the alterations made one after the other; the one given is not touched."""
    return reduce(_altered, alterations, problem)


def _altered(problem: Problem, one: Alteration) -> Problem:
    match one:
        case Close(rows):
            return _with(
                problem,
                places=_set(problem.openings.places, rows, 0),
                accepting=_set(problem.openings.accepting, rows, value=False),
            )
        case AddPlaces(rows, places):
            more = problem.openings.places.astype(np.int64)
            more[list(rows)] += places
            return _with(problem, places=np.clip(more, 0, np.iinfo(np.int32).max).astype(np.int32))
        case AddOpening():
            return _doubled(problem, one)
        case Radius(rows, km):
            return _with(problem, radius_km=_set(problem.openings.radius_km, rows, km))


def _with(problem: Problem, **columns: NDArray[Any]) -> Problem:
    return replace(problem, openings=replace(problem.openings, **columns))


def _set(column: NDArray[Any], rows: Rows, value: float) -> NDArray[Any]:
    changed = column.copy()
    changed[list(rows)] = value
    return changed


def _doubled(problem: Problem, one: AddOpening) -> Problem:
    """The same rules and provider; whom the first may not take (declined before, too much), the second may not either.

    Its tie key is made from that of the first, so that the same question gets the same answer every time.
    """
    last, first = len(problem.openings), problem.openings
    rows = [*range(last), one.row]
    columns = {spec.name: getattr(first, spec.name)[rows] for spec in fields(first) if "dtype" in spec.metadata}
    if one.latitude is not None and one.longitude is not None:
        columns["latitude"][last], columns["longitude"][last] = one.latitude, one.longitude
    columns["places"][last], columns["accepting"][last] = max(one.places, 0), True
    columns["tie_key"][last] = _free_key(first.tie_key, one.row)
    ranges = first.area_ranges[first.area_ptr[one.row] : first.area_ptr[one.row + 1]]
    openings = replace(
        first,
        **columns,
        area_ptr=np.append(first.area_ptr, first.area_ptr[-1] + len(ranges)),
        area_ranges=np.concatenate([first.area_ranges, ranges]),
    )
    facts = problem.facts
    same = facts.forbidden_opening == one.row
    facts = replace(
        facts,
        forbidden_need=np.concatenate([facts.forbidden_need, facts.forbidden_need[same]]),
        forbidden_opening=np.concatenate([facts.forbidden_opening, np.full(same.sum(), last, np.int32)]),
        forbidden_rule=np.concatenate([facts.forbidden_rule, facts.forbidden_rule[same]]),
    )
    return replace(problem, openings=openings, facts=facts)


def _free_key(keys: NDArray[np.uint64], row: int) -> np.uint64:
    taken = set(keys.tolist())
    key = int(keys[row])
    while key in taken:
        key = (key * 6364136223846793005 + 1442695040888963407) % 2**64
    return np.uint64(key)
