"""A plan put right around refused needs as rows to be written: only for whom something changes."""

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching import PARTS, Change, Params, Reason, Why
from matching.steady import Around, Told, around
from referral.queries.gathering.choices import known, rule_names
from referral.queries.refusals import Standing

WHOLE_ROUND = "whole_round"
"""Code of a refused need that only a whole round can place: its kind of help is shared out in hours, or draws on a
fund that is short."""


def redone(standing: Standing, params: dict[str, Any], *, seed: int) -> "Redone":
    """Return the plan put right around what was refused.

    Places are counted one by one here. Hours and the money of a fund are shared out by whole rounds only: where a plan
    would take more of a fund than is left, whoever was refused help that draws on one waits for the next.
    """
    openings, chosen = standing.board.problem.openings, Params.from_dict(params)
    postponed = _of_kinds(standing, openings.counts_hours)
    found = _around(standing, chosen, standing.refused[~postponed], seed=seed)
    if found is not None and _overdrawn(standing, found):
        postponed |= _of_kinds(standing, openings.fund >= 0)
        found = _around(standing, chosen, standing.refused[~postponed], seed=seed)
    return Redone(standing, found, tuple(standing.refused[postponed].tolist()))


def _of_kinds(standing: Standing, openings: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Say of each refused need whether its kind of help is among those that some openings offer."""
    problem = standing.board.problem
    return np.isin(problem.needs.service_type[standing.refused], problem.openings.service_type[openings])


def _around(standing: Standing, params: Params, refused: NDArray[np.int64], *, seed: int) -> Around | None:
    return around(standing.board.problem, params, standing.today, refused, seed=seed) if len(refused) else None


def _overdrawn(standing: Standing, found: Around) -> bool:
    """Say whether everything proposed after the change would take more of a fund than is left of it."""
    problem = standing.board.problem
    plan = standing.today.copy()
    plan[found.rows] = found.told.assignment
    fund = np.append(problem.openings.fund, -1)[plan]
    drawn = fund >= 0
    taken = np.bincount(fund[drawn], problem.needs.amount[drawn], minlength=len(problem.fund_left))
    return bool((taken > problem.fund_left).any())


@dataclass(frozen=True)
class Moved:
    """What changes for one need: the places before and after, None for none."""

    need_id: uuid.UUID
    before: uuid.UUID | None
    after: uuid.UUID | None
    told: dict[str, Any]
    """Columns of its proposal"""


@dataclass(frozen=True, eq=False)
class Redone:
    """Refused needs solved again with those around them."""

    standing: Standing
    found: Around | None
    postponed: tuple[int, ...]

    @cached_property
    def moves(self) -> list[Moved]:
        """What changes, refused needs first."""
        board, refused = self.standing.board, {int(row) for row in self.standing.refused}
        moves = [
            Moved(board.need_ids[row], None, None, {"explanation": {"code": WHOLE_ROUND}, "capacity_id": None})
            for row in self.postponed
        ]
        if self.found is None:
            return moves
        for at, row in enumerate(self.found.rows.tolist()):
            if self.found.moved[at] or row in refused:
                held = self.standing.held.get(board.need_ids[row])
                before = held.capacity_id if held else None
                opening = int(self.found.told.assignment[at])
                after = board.capacity_ids[opening] if opening >= 0 else None
                moves.append(Moved(board.need_ids[row], before, after, self._columns(self.found.told, at, row, before)))
        return sorted(moves, key=lambda one: one.need_id not in self.standing.by_whom)

    def _columns(self, plan: Told, at: int, row: int, before: uuid.UUID | None) -> dict[str, Any]:
        board, reasons = self.standing.board, plan.reasons
        told: dict[str, Any] = {
            "code": Reason(int(reasons.code[at])).name.lower(),
            "offered": int(reasons.offered[at]),
            "fitting": int(reasons.fitting[at]),
            "before": str(before) if before else None,
        }
        if board.need_ids[row] in self.standing.by_whom:
            capacity, how = self.standing.by_whom[board.need_ids[row]]
            told["refused"] = {"capacity": str(capacity), "how": how}
        pair = int(plan.chosen[at])
        if pair < 0:
            return {"capacity_id": None, "explanation": told | self._unmet(plan, at)}
        opening = int(plan.assignment[at])
        problem = board.problem
        return {
            "capacity_id": board.capacity_ids[opening],
            "cost": int(plan.candidates.cost[pair]),
            "parts": dict(zip(PARTS, plan.candidates.parts[pair].tolist(), strict=True)),
            "distance_km": known(plan.candidates.distance_km[pair], 3),
            "amount": int(problem.needs.amount[row]) if problem.openings.fund[opening] >= 0 else None,
            "explanation": told | {"rank": int(reasons.rank[at]), "alternatives": list(self._alternatives(plan, at))},
        }

    def _alternatives(self, plan: Told, at: int) -> Iterator[dict[str, Any]]:
        reasons = plan.reasons
        for column, opening in enumerate(reasons.alternative[at].tolist()):
            if opening >= 0:
                yield {
                    "capacity": str(self.standing.board.capacity_ids[opening]),
                    "why": Why(int(reasons.alternative_why[at, column])).name.lower(),
                    "extra": int(reasons.alternative_extra[at, column]),
                    "rules": rule_names(int(reasons.alternative_rules[at, column])),
                }

    def _unmet(self, plan: Told, at: int) -> dict[str, Any]:
        reasons, opening = plan.reasons, int(plan.reasons.opening[at])
        return {
            "change": Change(int(reasons.change[at])).name.lower(),
            "capacity": str(self.standing.board.capacity_ids[opening]) if opening >= 0 else None,
            "rules": rule_names(int(reasons.rules[at])),
            "distance_km": known(reasons.distance_km[at]),
            "excess_km": known(reasons.excess_km[at]),
            "ahead": int(reasons.ahead[at]),
            "held": reasons.held[at].tolist(),
        }

    def openings(self) -> Iterator[dict[str, Any]]:
        """Rows of `round_opening`, one for every opening that some need of the components fits."""
        if self.found is None:
            return
        plan, board = self.found.told, self.standing.board
        matched = Counter(plan.assignment[plan.assignment >= 0].tolist())
        needs = self.found.rows.tolist()

        def key(opening: int) -> str | None:
            return str(board.capacity_ids[opening]) if opening >= 0 else None

        for row in np.unique(plan.candidates.opening).tolist():
            yield {
                "capacity_id": board.capacity_ids[row],
                "places": int(board.problem.openings.places[row]),
                "matched": matched[row],
                "price": int(plan.gain[row]),
                "gain": int(plan.gain[row]),
                "gain_tier": int(plan.gain_tier[row]) or None,
                "chain": [
                    [str(board.need_ids[needs[move.need]]), key(move.from_opening), key(move.to_opening)]
                    for move in plan.chains[row]
                ],
            }

    def figures(self) -> dict[str, Any]:
        """Columns of the round: how much was looked at, what is served, and the proof."""
        told = [[str(one.need_id), str(one.before) if one.before else None, str(one.after) if one.after else None]
                for one in self.moves]  # fmt: skip
        proof = {
            "moves": told,
            "refused": [str(key) for key in self.standing.by_whom],
            "digest": self.standing.board.digest,
        }
        if self.found is None:
            return {"needs": len(self.postponed), "certificate": proof | {"exact": True, "primal": 0, "dual": 0}}
        plan = self.found.told
        tiers = zip(plan.served, plan.greedy, plan.first_come, strict=True)
        return {
            "needs": len(self.found.rows),
            "openings": len(np.unique(plan.candidates.opening)),
            "served": int(plan.served.sum()),
            "served_greedy": int(plan.greedy.sum()),
            "served_first_come": int(plan.first_come.sum()),
            "served_by_tier": [[int(value) for value in tier] for tier in tiers],
            "certificate": asdict(plan.certificate)
            | {"wanted": [int(count) for count in plan.wanted], "unmet": [], "steady": self.found.steady}
            | proof,
        }
