"""Openings that do not exist yet: a service for a township or around a point, with no places.

Put beside the openings that there are, such a cell has candidates, and a gain, like them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from matching.problem import Openings, Problem


class Cell(NamedTuple):
    """An opening that could be bought: a service for those who live in an area, or within a radius of a point."""

    service_type: int
    low: int
    """First and last twelve-digit code of the area served."""
    high: int
    latitude: float = float("nan")
    longitude: float = float("nan")
    radius_km: float | None = None
    """Serves within this distance of the point, whatever the area; None = within the area."""


def usual(problem: Problem, kind: int) -> dict[str, int | float]:
    """The rules that a new opening of a type would have: what every opening of the type asks, in its mildest form.

    Nothing is asked where one of them does not ask it, or nobody offers the type.
    """
    of = problem.openings
    rows = np.flatnonzero(of.service_type == kind)
    found: dict[str, int | float] = {}
    if not len(rows):
        return found
    for name in ("statuses_any", "features_any"):
        masks = getattr(of, name)[rows]
        found[name] = int(np.bitwise_or.reduce(masks)) if masks.all() else 0
    sexes = of.sex[rows]
    found["sex"] = int(sexes[0]) if (sexes == sexes[0]).all() else 0
    found["min_age"] = int(of.min_age[rows].min())
    found["max_age"] = int(of.max_age[rows].max()) if (of.max_age[rows] >= 0).all() else -1
    found["units_per_place"] = float("nan")
    if not np.isnan(of.units_per_place[rows]).any():
        found["units_per_place"] = float(of.units_per_place[rows].max())
    found["quality"] = int(np.median(of.quality[rows]))
    found["p_accept"] = float(of.p_accept[rows].mean())
    found["p_complete"] = float(of.p_complete[rows].mean())
    return found


def with_cells(problem: Problem, cells: Sequence[Cell]) -> Problem:
    """The problem with the cells as openings without places, under the usual rules of their types."""
    old, count = problem.openings, len(cells)
    rules = {kind: usual(problem, kind) for kind in {cell.service_type for cell in cells}}

    def rule(name: str, default: int | float) -> list[int | float]:
        return [rules[cell.service_type].get(name, default) for cell in cells]

    by_area = np.array([_by_area(cell) for cell in cells], dtype=np.bool_)
    new = Openings.make(
        count,
        service_type=np.array([cell.service_type for cell in cells], dtype=np.int32),
        places=0,
        latitude=np.array([cell.latitude for cell in cells], dtype=np.float64),
        longitude=np.array([cell.longitude for cell in cells], dtype=np.float64),
        radius_km=np.array(
            [np.nan if area else cell.radius_km for cell, area in zip(cells, by_area, strict=True)], float
        ),
        statuses_any=np.array(rule("statuses_any", 0), dtype=np.uint64),
        features_any=np.array(rule("features_any", 0), dtype=np.uint64),
        sex=np.array(rule("sex", 0), dtype=np.int8),
        min_age=np.array(rule("min_age", -1), dtype=np.int16),
        max_age=np.array(rule("max_age", -1), dtype=np.int16),
        units_per_place=np.array(rule("units_per_place", np.nan), dtype=np.float64),
        quality=np.array(rule("quality", 500), dtype=np.int32),
        p_accept=np.array(rule("p_accept", 1.0), dtype=np.float64),
        p_complete=np.array(rule("p_complete", 1.0), dtype=np.float64),
        languages=np.uint32(2**32 - 1),
        worker_sex=np.uint8(3),
        serves_minors_checked=True,
    )
    ranges = np.array(
        [[cell.low, cell.high] for cell, area in zip(cells, by_area, strict=True) if area], dtype=np.int64
    )
    joined = {
        name: np.concatenate([getattr(old, name), getattr(new, name)])
        for name, spec in Openings.__dataclass_fields__.items()
        if "dtype" in spec.metadata and name != "tie_key"
    }
    return replace(
        problem,
        openings=Openings(
            **joined,
            tie_key=np.arange(len(old) + count, dtype=np.uint64),
            area_ptr=np.concatenate([old.area_ptr, old.area_ptr[-1] + np.cumsum(by_area)]),
            area_ranges=np.concatenate([old.area_ranges, ranges.reshape(-1, 2)]),
        ),
    )


def _by_area(cell: Cell) -> bool:
    return cell.radius_km is None or np.isnan(cell.latitude)
