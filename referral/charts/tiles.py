"""A schematic map: one tile for each township, roughly where it lies, darker where there is more.

Boundaries are not shipped (their right of use is unclear), so places are tiles of one size on a grid. Each takes the
free cell nearest to its point, so that the sum of all ways is shortest; those without a point come last, in the order
given.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from referral.charts.frame import (
    EMPTY,
    INK,
    NARROW,
    SIZE,
    Chart,
    Figure,
    Show,
    drawing,
    lines_of_text,
    rect,
    sentence,
    text,
    wrap,
)
from referral.charts.heat import READ_WHITE, shade
from referral.filters import number

TILE, HIGH, GAP = 112.0, 84.0, 6.0
SPARE = 1.35
"""Cells of the grid for each place, so that neighbours need not stand in a block."""


class Tile(NamedTuple):
    """One place on the map."""

    name: str
    value: Figure
    latitude: float | None = None
    longitude: float | None = None


def tiles(title: str, head: tuple[str, str], places: Sequence[Tile], *, show: Show = number) -> Chart:
    """Return the map; `head` names the two columns of the table behind it."""
    where = on_grid([(tile.latitude, tile.longitude) for tile in places])
    columns = max((column for _row, column in where), default=0) + 1
    rows = max((row for row, _column in where), default=0) + 1
    width = max(NARROW, columns * TILE)
    wide = width / columns
    largest = max((float(tile.value) for tile in places), default=0.0) or 1.0
    parts = []
    for tile, (row, column) in zip(places, where, strict=True):
        x, y, share = column * wide + GAP / 2, row * HIGH + GAP / 2, float(tile.value) / largest
        colour = "#ffffff" if share > READ_WHITE else INK
        fill = shade(share) if tile.value else EMPTY
        parts += [
            rect(x, y, wide - GAP, HIGH - GAP, fill, f"{tile.name} {show(tile.value)}"),
            lines_of_text(x + (wide - GAP) / 2, y + 24, wrap(tile.name, wide - GAP - 8), "middle", colour),
            text(x + (wide - GAP) / 2, y + HIGH - GAP - 18, show(tile.value), "middle", colour, font_weight=700),
        ]
    described = sentence((tile.name, show(tile.value)) for tile in places)
    svg = drawing(title, described, width, rows * HIGH + SIZE / 2, parts)
    return Chart(title, svg, head, [[tile.name, tile.value] for tile in places], show, wide=width > NARROW)


def on_grid(points: Sequence[tuple[float | None, float | None]]) -> list[tuple[int, int]]:
    """Return (row, column) of each point (latitude, longitude) on a grid, north above, each cell used once."""
    known = [index for index, (north, east) in enumerate(points) if north is not None and east is not None]
    found: dict[int, tuple[int, int]] = {}
    rows = columns = 0
    if known:
        north, east = (np.array([float(points[index][axis] or 0) for index in known]) for axis in (0, 1))
        tall = float(np.ptp(north)) or 1e-9
        broad = (float(np.ptp(east)) or 1e-9) * math.cos(math.radians(float(north.mean())))
        cells = SPARE * len(known)
        columns = min(max(round(math.sqrt(cells * broad / tall)), 2), 8, len(known)) if len(known) > 1 else 1
        rows = math.ceil(cells / columns)
        down = (north.max() - north) / tall * (rows - 1)
        across = (east - east.min()) / (float(np.ptp(east)) or 1e-9) * (columns - 1)
        free = np.array([(row, column) for row in range(rows) for column in range(columns)], dtype=float)
        way = (down[:, None] - free[None, :, 0]) ** 2 + (across[:, None] - free[None, :, 1]) ** 2
        which, cell = linear_sum_assignment(way)
        taken = {known[one]: (int(free[at][0]), int(free[at][1])) for one, at in zip(which, cell, strict=True)}
        lines = {row: line for line, row in enumerate(sorted({row for row, _ in taken.values()}))}
        found = {index: (lines[row], column) for index, (row, column) in taken.items()}
        rows = len(lines)
    columns = columns or min(len(points), 4) or 1
    lost = [index for index in range(len(points)) if index not in found]
    for place, index in enumerate(lost):
        found[index] = (rows + place // columns, place % columns)
    return [found[index] for index in range(len(points))]
