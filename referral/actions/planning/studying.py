"""What a study finds out, from arrays to counts: nothing in it names a person or a need."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching import Params
from matching.cells import Cell
from matching.planning import Block, Ground, Step, allocate, blocks, buy, curve, ground
from referral.actions.planning import networking
from referral.queries.gathering.whole import Whole

CURVE_LONG = 20
"""Places on a curve."""
CURVES_MOST = 150
"""Curves drawn: of what would be bought, then of the cells with most unmet; a district has fewer cells than this."""
EXISTING_MOST = 15
"""Openings that exist whose curve is told."""
PLACES_MOST = 500
TOWNSHIP = 1000
"""Codes of one township, twelve digits."""
MONTHS = 12
Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class Asked:
    """What a coordinator wants to know."""

    places: int = 30
    budget: int | None = None
    """Whole yuan a year."""
    price: int | None = None
    """Yuan a place and year, where no price is known."""
    radius_km: float | None = None
    """How far a new opening reaches from the middle of its township; None = it serves the township."""

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Asked":
        """Return what was stored."""
        return cls(**{name: stored[name] for name in cls.__dataclass_fields__ if name in stored})


@dataclass(eq=False)
class Study:
    """A study at work."""

    whole: Whole
    params: Params
    asked: Asked
    progress: Progress = field(default=lambda _stage, _share: None)

    @cached_property
    def town(self) -> NDArray[np.int64]:
        """int64[n]: the first code of each need's township."""
        return self.whole.board.problem.needs.area // TOWNSHIP * TOWNSHIP

    @cached_property
    def cells(self) -> list[tuple[int, int]]:
        """(service type, first code of the township) wherever somebody waits for a type that counts places."""
        problem, waits = self.whole.board.problem, self.whole.carrier < 0
        hours = set(problem.openings.service_type[problem.openings.counts_hours].tolist())
        found = np.unique(np.stack([problem.needs.service_type[waits], self.town[waits]], axis=1), axis=0)
        return [(kind, town) for kind, town in found.tolist() if kind not in hours]

    @cached_property
    def ground(self) -> Ground:
        """Everything solved once, with the cells in it."""
        offers = []
        for kind, town in self.cells:
            north, east = self.whole.points.get(f"{town:012d}", (math.nan, math.nan))
            offers.append(Cell(kind, town, town + TOWNSHIP - 1, north, east, self.asked.radius_km))
        return ground(self.whole.board.problem, self.params, offers, self.whole.carrier < 0)

    @cached_property
    def prices(self) -> dict[int, int]:
        """Yuan that a place of each service type costs in a year, where a price is known or given."""
        found = {}
        for kind in {kind for kind, _ in self.cells}:
            known = self.whole.prices.get(self.whole.terms[kind])
            if known is not None:
                found[kind] = math.ceil(float(known) * self._units_a_year(kind))
            elif self.asked.price is not None:
                found[kind] = self.asked.price
        return found

    def _units_a_year(self, kind: int) -> float:
        """Units that one place gives in a year: what openings of the type give, else what people ask for on average.

        1 where help is wanted once and nobody says how much of it a place gives.
        """
        problem = self.whole.board.problem
        given = problem.openings.units_per_place[problem.openings.service_type == kind]
        given = given[~np.isnan(given)]
        wanted = problem.needs.quantity[problem.needs.service_type == kind]
        monthly = float(np.median(given)) if len(given) else float(wanted.mean())
        return monthly * MONTHS or 1.0

    def run(self) -> dict[str, Any]:
        """Return the result as plain values."""
        there = self.ground
        self.progress("curves", 35)
        found = blocks(there, range(there.parts.graph.m))
        mine = [block for block in found if (block.openings >= there.offered).any()]
        bought = allocate(mine, there.cells, self.asked.places)
        wanted = self._most_wanted(bought)
        curves = self._curves(mine, wanted[:CURVES_MOST], max(CURVE_LONG, self.asked.places))
        spent: dict[str, Any] = {"spent": None, "bounds": None, "unpriced": []}
        if self.asked.budget is not None:
            bought, spent = self._within_budget(mine, curves, whole=len(wanted) <= CURVES_MOST)
        self.progress("network", 75)
        return {
            **self._counts(),
            "cells": list(self._told(curves)),
            "bought": [[step.opening - there.offered, step.tier] for step in bought],
            **spent,
            "curves_all": len(wanted) <= CURVES_MOST,
            "existing": list(self._existing(found)),
            "network": networking.network(self.whole, there, self.town, self.progress),
        }

    def _counts(self) -> dict[str, Any]:
        there, tiers = self.ground, self.whole.board.problem.needs.tier
        waits = self.whole.carrier < 0
        served = there.chosen >= 0
        return {
            "waiting": int(waits.sum()),
            "helped": int((~waits).sum()),
            "wanted": by_tier(tiers[waits], there.tiers),
            "served": by_tier(tiers[served], there.tiers),
            "skipped": [str(self.whole.terms[kind]) for kind in sorted(there.skipped) if kind in self.whole.terms],
        }

    def _most_wanted(self, bought: Iterable[Step]) -> list[int]:
        """Rows of the cells that would serve somebody: those bought first, then by what their first place gives."""
        there = self.ground
        useful = [cell for cell in there.cells if there.tier_of(int(there.gains[cell]))]
        first = dict.fromkeys(step.opening for step in bought)
        return [*first, *sorted(set(useful) - set(first), key=lambda cell: (-int(there.gains[cell]), cell))]

    def _curves(self, found: list[Block], cells: list[int], most: int) -> dict[int, list[Step]]:
        wanted, curves = set(cells), dict[int, list[Step]]()
        for block in found:
            for cell in block.openings.tolist():
                if cell in wanted:
                    curves[cell] = curve(block, cell, most)
                    self.progress("curves", 35 + 40 * len(curves) // len(wanted))
        return curves

    def _within_budget(
        self, found: list[Block], curves: Mapping[int, list[Step]], *, whole: bool
    ) -> tuple[list[Step], dict[str, Any]]:
        cost = {
            cell: self.prices[kind]
            for cell, (kind, _town) in zip(self.ground.cells, self.cells, strict=True)
            if kind in self.prices
        }
        purchase = buy(found, cost, self.asked.budget or 0, self.asked.places, curves)
        useful = {self.cells[cell - self.ground.offered][0] for cell in curves}
        unpriced = [str(self.whole.terms[kind]) for kind in sorted(useful) if kind not in self.prices]
        return purchase.steps, {
            "spent": purchase.spent,
            "bounds": purchase.bounds if whole else None,
            "unpriced": unpriced,
        }

    def _told(self, curves: Mapping[int, list[Step]]) -> Iterable[dict[str, Any]]:
        there, problem = self.ground, self.whole.board.problem
        waits, unmet = self.whole.carrier < 0, (self.whole.carrier < 0) & (there.chosen < 0)
        key = problem.needs.service_type.astype(np.int64) * 10**12 + self.town
        waiting = Counter(key[waits].tolist())
        lacking: dict[int, Counter[int]] = {}
        for group, tier in zip(key[unmet].tolist(), problem.needs.tier[unmet].tolist(), strict=True):
            lacking.setdefault(group, Counter())[tier] += 1
        for cell, (kind, town) in zip(there.cells, self.cells, strict=True):
            group = kind * 10**12 + town
            yield {
                "term": str(self.whole.terms[kind]),
                "town": f"{town:012d}",
                "waiting": waiting[group],
                "unmet": [lacking.get(group, Counter())[tier] for tier in range(1, there.tiers + 1)],
                "price": self.prices.get(kind),
                "curve": [step.tier for step in curves[cell][:CURVE_LONG]] if cell in curves else None,
            }

    def _existing(self, found: list[Block]) -> Iterable[dict[str, Any]]:
        """The openings where more places would serve most, with their curves."""
        there = self.ground
        useful = [
            (-int(block.gains[block.at(opening)]), opening, block)
            for block in found
            for opening in block.openings.tolist()
            if opening < there.offered and there.tier_of(int(block.gains[block.at(opening)]))
        ]
        for _gain, opening, block in sorted(useful, key=lambda one: one[:2])[:EXISTING_MOST]:
            yield {
                "capacity": str(self.whole.board.capacity_ids[opening]),
                "curve": [step.tier for step in curve(block, opening, CURVE_LONG)],
            }


def by_tier(tiers: NDArray[np.int8], most: int) -> list[int]:
    """Return how many of each tier."""
    return np.bincount(tiers - 1, minlength=most).tolist()  # type: ignore[no-any-return]
