"""Which cells of many tables are withheld, so that none of the small ones can be computed from all the others.

Tables overlap: a quarter is the sum of its months, a total the sum of its groups. So one plan decides for all of them.
Cells become known in stages (each month, then its quarter, then the year). A later stage never takes back what an
earlier one told; where its sums would give a small figure away, the later table gives way.

A small cell is safe if, by all equations together, it could differ by one at least, even for somebody who knows which
of the withheld cells are the small ones. That is decided by linear algebra (a direction that leaves every sum as it
is), and by a linear program where the direction does not stay within what the cells can be.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from referral.withheld import FEWEST

FAR = 1000
"""How far from its value a cell is looked for: a difference of one is all that is asked."""
Cell = Hashable
Equation = Mapping[Any, int]
"""Cell → coefficient; the sum is zero."""


@dataclass
class Tables:
    """What is offered: how many people stand behind each cell, what adds up to what, in which order it is told."""

    counts: dict[Any, int] = field(default_factory=dict)
    small: set[Any] = field(default_factory=set)
    """Cells withheld in any case."""
    equations: list[dict[Any, int]] = field(default_factory=list)
    stages: list[list[Any]] = field(default_factory=list)
    unseen: set[Any] = field(default_factory=set)
    """Cells that no table shows: nobody knows them but by taking others away."""

    def add(self, cell: Any, count: int, besides: Iterable[int] = ()) -> Any:
        """Add a cell; it is small if 1 to 4 people stand behind it, or behind another figure that it shows."""
        self.counts[cell] = count
        if any(0 < one < FEWEST for one in (count, *besides)):
            self.small.add(cell)
        return cell

    def add_unseen(self, cell: Any, count: int, besides: Iterable[int] = ()) -> Any:
        """Add a cell that no table shows, such as the rest that a part leaves of a whole."""
        self.unseen.add(cell)
        return self.add(cell, count, besides)

    def total(self, whole: Any, parts: Iterable[Any]) -> None:
        """Say that parts add up to a whole."""
        self.equations.append({whole: -1, **dict.fromkeys(parts, 1)})


def naive_plan(tables: Tables) -> set[Any]:
    """Return the small cells alone: what must not be done."""
    return set(tables.small)


def plan(tables: Tables) -> set[Any]:
    """Return the cells to withhold."""
    known: set[Any] = set()
    hidden: set[Any] = set()
    witnesses = Witnesses()
    equations: list[Equation] = []
    waiting: list[Equation] = list(tables.equations)
    for stage in tables.stages:
        fresh = set(stage)
        known |= fresh
        hidden |= fresh & (tables.small | tables.unseen)
        equations += [one for one in waiting if known.issuperset(one)]
        waiting = [one for one in waiting if not known.issuperset(one)]
        _protect(tables, equations, fresh, hidden, witnesses)
    return hidden


@dataclass
class Witnesses:
    """What shows that cells are safe: pairs of possible tables that differ by one in them, told sums alike.

    A pair stays good while further cells are withheld, and until a sum is told that tells the two apart; so most cells
    need not be proved safe again at each stage.
    """

    of_cell: dict[Any, dict[Any, float]] = field(default_factory=dict)
    """Cell → a difference of two possible tables, by cell."""
    looked_at: int = 0
    """How many equations all of them were held against."""

    def add(self, difference: dict[Any, float]) -> None:
        """Remember a difference for each cell in which it is one or more."""
        for cell, value in difference.items():
            if abs(value) >= 1 - 1e-6:
                self.of_cell.setdefault(cell, difference)

    def hold_against(self, equations: Sequence[Equation]) -> None:
        """Forget those that a sum told since tells apart; equations are only ever added at the end."""
        fresh = equations[self.looked_at :]
        self.looked_at = len(equations)
        good: dict[int, bool] = {}
        of_cell: dict[Any, list[Equation]] = defaultdict(list)
        for equation in fresh:
            for cell in equation:
                of_cell[cell].append(equation)

        def holds(difference: dict[Any, float]) -> bool:
            return all(
                abs(sum(sign * difference.get(other, 0.0) for other, sign in equation.items())) < 1e-6
                for cell in difference
                for equation in of_cell.get(cell, ())
            )

        for difference in self.of_cell.values():
            if id(difference) not in good:
                good[id(difference)] = holds(difference)
        self.of_cell = {cell: one for cell, one in self.of_cell.items() if good[id(one)]}


def _protect(
    tables: Tables, equations: Sequence[Equation], fresh: set[Any], hidden: set[Any], witnesses: Witnesses
) -> None:
    """Withhold cells of a stage until each small one that is known is safe, or none of the stage is left."""
    of_cell: dict[Any, list[Equation]] = defaultdict(list)
    for equation in equations:
        for cell in equation:
            of_cell[cell].append(equation)
    while True:
        exposed = unsafe(tables, equations, hidden, witnesses)
        if not exposed:
            return
        added = {
            cell
            for one in sorted(exposed, key=repr)
            for cell in _next(tables, of_cell, fresh, hidden, one)
        }  # fmt: skip
        if not added:
            added = fresh - hidden
        if not added:
            return
        hidden |= added


def _next(
    tables: Tables, of_cell: Mapping[Any, list[Equation]], fresh: set[Any], hidden: set[Any], exposed: Any
) -> list[Any]:
    """Return what to withhold besides an exposed cell: one more cell of each sum in which too little is withheld."""
    reached, edge = {exposed}, [exposed]
    equations: list[Equation] = []
    while edge:
        for equation in of_cell.get(edge.pop(), ()):
            if any(equation is one for one in equations):
                continue
            equations.append(equation)
            more = {cell for cell in equation if cell in hidden} - reached
            reached |= more
            edge.extend(more)
    found: list[Any] = []
    fallback: list[Any] = []
    for equation in equations:
        left = [cell for cell in equation if cell in fresh and cell not in hidden]
        if not left:
            continue
        best = min(left, key=lambda cell: (tables.counts[cell] < FEWEST, tables.counts[cell], repr(cell)))
        within = sum(1 for cell in equation if cell in hidden)
        (found if within == 1 else fallback).append(best)
    return found or fallback[:1]


def unsafe(
    tables: Tables, equations: Sequence[Equation], hidden: set[Any], witnesses: Witnesses | None = None
) -> set[Any]:
    """Return the small cells among the hidden ones that all told sums together give away."""
    known = witnesses if witnesses is not None else Witnesses()
    known.hold_against(equations)
    exposed: set[Any] = set()
    for cells, matrix in _components(equations, hidden):
        small = [
            place for place, cell in enumerate(cells) if cell in tables.small and cell not in known.of_cell
        ]  # fmt: skip
        if not small or not len(matrix):
            continue
        _left, values, right = np.linalg.svd(matrix, full_matrices=False)
        rows = right[values > 1e-9 * max(1.0, float(values[0]))]
        told = rows.T @ rows
        counts = np.array([tables.counts[cell] for cell in cells], dtype=float)
        low, high = bounds(tables, cells)
        for place in small:
            if cells[place] in known.of_cell:
                continue
            if told[place, place] > 1 - 1e-7:
                exposed.add(cells[place])
                continue
            way = -told[:, place]
            way[place] += 1
            way = way / way[place]
            fits = any(
                bool(np.all((counts + s * way >= low - 1e-9) & (counts + s * way <= high + 1e-9))) for s in (1, -1)
            )
            difference = way if fits else ends_apart(matrix, counts, low, high, place)
            known.add({cell: float(value) for cell, value in zip(cells, difference, strict=True) if abs(value) > 1e-9})
            if abs(difference[place]) < 1 - 1e-6:
                exposed.add(cells[place])
    return exposed


def bounds(tables: Tables, cells: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return what somebody who knows the rule and which cells are the small ones knows of each withheld cell."""
    low, high = np.zeros(len(cells)), np.full(len(cells), np.inf)
    for place, cell in enumerate(cells):
        if 0 < tables.counts[cell] < FEWEST:
            low[place], high[place] = 1, FEWEST - 1
    return low, high


def ends_apart(matrix: np.ndarray, counts: np.ndarray, low: np.ndarray, high: np.ndarray, place: int) -> np.ndarray:
    """Return how the table with the most possible value of a cell differs from that with the least (two programs).

    Where a value has no end, it is looked for up to `FAR` above what it is.
    """
    from scipy.optimize import linprog

    goal = np.zeros(len(counts))
    limits = list(zip(low, np.minimum(high, np.maximum(counts, low) + FAR), strict=True))
    ends = []
    for sign in (1, -1):
        goal[place] = sign
        found = linprog(goal, A_eq=matrix, b_eq=matrix @ counts, bounds=limits, method="highs")
        ends.append(found.x)
    return np.asarray(ends[1] - ends[0])


def _components(equations: Sequence[Equation], hidden: set[Any]) -> list[tuple[list[Any], np.ndarray]]:
    """Return the withheld cells in groups that no told sum ties together, each with its equations."""
    head: dict[Any, Any] = {cell: cell for cell in hidden}

    def top(cell: Any) -> Any:
        while head[cell] != cell:
            head[cell] = head[head[cell]]
            cell = head[cell]
        return cell

    used = []
    for equation in equations:
        inside = [cell for cell in equation if cell in hidden]
        if inside:
            used.append((inside, equation))
            for cell in inside[1:]:
                head[top(cell)] = top(inside[0])
    groups: dict[Any, list[Any]] = defaultdict(list)
    for cell in sorted(hidden, key=repr):
        groups[top(cell)].append(cell)
    sums: dict[Any, list[tuple[list[Any], Equation]]] = defaultdict(list)
    for inside, equation in used:
        sums[top(inside[0])].append((inside, equation))
    found = []
    for key, cells in groups.items():
        place = {cell: number for number, cell in enumerate(cells)}
        matrix = np.zeros((len(sums[key]), len(cells)))
        for row, (inside, equation) in enumerate(sums[key]):
            for cell in inside:
                matrix[row, place[cell]] = equation[cell]
        found.append((cells, matrix))
    return found
