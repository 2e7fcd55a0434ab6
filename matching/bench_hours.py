"""How close plans of hours that cannot be split come to what is proved, on synthetic cities in which all help counts
hours."""

from __future__ import annotations

from dataclasses import replace
from time import process_time
from typing import Any

import numpy as np

from matching.assign import solve
from matching.bars import Check
from matching.params import Params
from matching.problem import Problem
from matching.synthetic import city

LENGTHS, SHARES = (2, 4, 6, 8, 12, 20), (0.25, 0.3, 0.2, 0.12, 0.08, 0.05)
"""Hours a month that needs take, and how many of them."""
SIZES = (1_000, 10_000)
SECONDS = 30.0
GAPS = {1_000: 0.01}
"""The largest gap between a plan's value and what is proved. At 10,000 it is told, and no bar is held."""


def hours_city(needs: int, seed: int = 0) -> Problem:
    """The synthetic city with needs of whole hours and openings that have as many hours as their places would take."""
    problem, rng = city(needs, seed), np.random.default_rng([needs, seed, 1])
    hours = rng.choice(LENGTHS, needs, p=SHARES).astype(np.int32)
    room = np.floor(problem.openings.places * float(hours.mean())).astype(np.int32)
    counts = np.ones(len(room), dtype=np.bool_)
    return replace(
        problem,
        needs=replace(problem.needs, hours=hours),
        openings=replace(problem.openings, places=room, counts_hours=counts),
    )


def bench_hours(needs: int, seed: int = 0, *, seconds: float = SECONDS) -> dict[str, Any]:
    """Figures of a round in which every need takes hours in one piece."""
    problem, begin = hours_city(needs, seed), process_time()
    told = solve(problem, Params(hours_seconds=seconds), seed=seed).hours
    spent = process_time() - begin
    if told is None:
        raise ValueError("nothing counts hours here")
    return {
        "needs": needs,
        "processor_seconds": round(spent, 1),
        "search_seconds": seconds,
        "gap": round(told.gap, 5),
        "cost_gap": round((told.cost - told.cost_bound) / max(told.cost, 1), 5),
        "served_by_tier": told.served.tolist(),
        "most_by_tier": told.most.tolist(),
        "hours_left": told.hours_left,
        "hours_given": told.hours_given,
    }


def hours_checks(figures: dict[str, Any]) -> list[Check]:
    """The bar of the gap, where one is held, and that no plan goes beyond what is proved."""
    needs, gap = figures["needs"], figures["gap"]
    served, most = figures["served_by_tier"], figures["most_by_tier"]
    sound = gap >= 0 and figures["cost_gap"] >= 0 and all(one <= two for one, two in zip(served, most, strict=True))
    found = [Check(needs, "hours: no plan beyond its bounds", "≤", f"{served} of {most}", sound)]
    if needs in GAPS:
        bar = GAPS[needs]
        found.append(Check(needs, "hours: proved gap", f"≤ {bar:.2%}", f"{gap:.3%}", gap <= bar))
    return found
