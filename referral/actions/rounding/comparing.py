"""Two plans for the same needs side by side: figures of each, and whose proposal differs. Codes, numbers and keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching import Result
from referral.queries.gathering.board import Board
from referral.queries.gathering.groups import IN_TOWNSHIP

LISTED = 1_000
"""Needs of each kind (gain, lose, move) that are named; all are counted."""
PLACES_LISTED = 30
"""Openings whose worth is named."""


@dataclass(frozen=True, eq=False)
class Plan:
    """A solved board, with a name for each opening: its key, or "+" and the key of the one it is like."""

    board: Board
    result: Result
    names: Sequence[str]

    @property
    def placed(self) -> NDArray[np.int32]:
        """The opening of each need, -1 without."""
        return self.result.assignment


def figures(plan: Plan) -> dict[str, Any]:
    """Return what a plan reaches: needs [wanted, served] in all, by tier, township and service; its cost and proof."""
    board, result = plan.board, plan.result
    served = plan.placed >= 0
    townships = [_township(code) for code in board.problem.needs.area.tolist()]
    pairs = result.chosen[served & (result.chosen >= 0)]
    km = result.candidates.distance_km[pairs]
    known = km[~np.isnan(km)]
    return {
        "needs": len(board.need_ids),
        "openings": int((board.problem.openings.places > 0).sum()),
        "places": int(board.problem.openings.places.sum()),
        "served": int(served.sum()),
        "greedy": int(result.greedy.served.sum()),
        "by_tier": [[int(wanted), int(got)] for wanted, got in zip(result.wanted, result.served, strict=True)],
        "by_township": _counted(townships, served),
        "by_service": _counted([str(term) for term in board.term_ids], served),
        "cost": int(result.cost),
        "value": int(result.value),
        "km": round(float(known.sum()), 1),
        "km_known": len(known),
        "scarce": int((result.gain_tier > 0).sum()),
        "exact": bool(result.certificate.exact),
    }


def _township(area: int) -> str:
    """The twelve digits of the township of a division given as a number."""
    return f"{area // IN_TOWNSHIP * IN_TOWNSHIP:012}"


def _counted(codes: Sequence[str], served: NDArray[np.bool_]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for code, got in zip(codes, served.tolist(), strict=True):
        line = found.setdefault(code, [0, 0])
        line[0] += 1
        line[1] += got
    return dict(sorted(found.items()))


def differences(today: Plan, copy: Plan) -> dict[str, Any]:
    """Return who gains a proposal, who loses one and who moves: how many, by tier and township, and their keys."""
    before, after = today.placed, copy.placed
    groups = {
        "gain": (before < 0) & (after >= 0),
        "lose": (before >= 0) & (after < 0),
        "move": (before >= 0) & (after >= 0) & (before != after),
    }
    return {name: _group(today, copy, np.flatnonzero(rows)) for name, rows in groups.items()}


def _group(today: Plan, copy: Plan, rows: NDArray[np.int64]) -> dict[str, Any]:
    """Most urgent and longest waiting first."""
    needs = today.board.problem.needs
    rows = rows[np.lexsort((needs.tie_key[rows], -needs.waiting_days[rows], needs.tier[rows]))]
    tiers = np.bincount(needs.tier[rows], minlength=today.result.tiers + 1)[1:]
    townships: dict[str, int] = {}
    for code in needs.area[rows].tolist():
        township = _township(code)
        townships[township] = townships.get(township, 0) + 1
    return {
        "count": len(rows),
        "by_tier": [int(count) for count in tiers],
        "by_township": dict(sorted(townships.items())),
        "needs": [
            [str(today.board.need_ids[row]), _name(today, row), _name(copy, row)] for row in rows[:LISTED].tolist()
        ],
    }


def _name(plan: Plan, row: int) -> str | None:
    opening = int(plan.placed[row])
    return plan.names[opening] if opening >= 0 else None


def places(today: Plan, copy: Plan) -> list[dict[str, Any]]:
    """Return the openings whose places, or whom one more place would serve, differ; the most useful first."""
    found: list[dict[str, Any]] = []
    matched = [np.bincount(plan.placed[plan.placed >= 0], minlength=len(plan.names)) for plan in (today, copy)]
    last = len(today.names)
    for row, name in enumerate(copy.names):
        plans = ((today, 0), (copy, 1)) if row < last else ((copy, 1),)
        sides: list[dict[str, Any]] = [
            {
                "places": int(plan.board.problem.openings.places[row]),
                "matched": int(matched[side][row]),
                "tier": int(plan.result.gain_tier[row]),
                "gain": int(plan.result.gain[row]),
            }
            for plan, side in plans
        ]
        if len(sides) == 1 or any(sides[0][what] != sides[1][what] for what in ("places", "tier")):
            found.append({"opening": name, "today": sides[0] if len(sides) == 2 else None, "copy": sides[-1]})
    found.sort(key=lambda one: -max(side["gain"] for side in (one["today"], one["copy"]) if side))
    return found[:PLACES_LISTED]
