"""The engine's answer as rows to be written: codes and numbers, and the keys of records."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching import Params, Result, solve
from referral.actions.rounding import fairness
from referral.actions.rounding.telling import NOBODY, REASONS, Teller
from referral.bulk import digits
from referral.queries.gathering.board import Board
from referral.queries.gathering.choices import rule_names
from referral.queries.gathering.groups import grouped
from referral.queries.gathering.raw import numbered, uuids


def solved(board: Board, params: Mapping[str, Any], *, seed: int) -> "Solved":
    """Return the best plan for a board; raises BadParams."""
    told = Params.from_dict(params)
    problem, groups = grouped(board, told.fair_by)
    return Solved(board, solve(problem, told, seed=seed), told.fair_by, groups)


@dataclass(frozen=True, eq=False)
class Solved:
    """A solved board."""

    board: Board
    result: Result
    fair_by: str = ""
    groups: Sequence[str] = ()
    """Codes of the groups that fairness looked at."""

    @property
    def needs(self) -> int:
        """How many needs were decided on."""
        return len(self.board.need_keys)

    @property
    def places(self) -> int:
        """How many openings there were."""
        return len(self.board.capacity_ids)

    @property
    def seconds(self) -> dict[str, float]:
        """Wall-clock seconds of each part."""
        return self.result.seconds

    @property
    def served(self) -> tuple[int, int, int]:
        """Needs served by the optimum, going down the list by urgency, and first come first served."""
        result = self.result
        return int(result.served.sum()), int(result.greedy.served.sum()), int(result.first_come.served.sum())

    @property
    def served_by_tier(self) -> list[list[int]]:
        """The same three for each tier, most urgent first."""
        result = self.result
        tiers = zip(result.served, result.greedy.served, result.first_come.served, strict=True)
        return [[int(value) for value in tier] for tier in tiers]

    @cached_property
    def teller(self) -> Teller:
        """What is said of each need and opening."""
        return Teller(self.board, self.result)

    def proposals(self, some: slice) -> dict[str, list[Any]]:
        """Columns of `proposal` for some of the needs, one row for each, as the database holds them."""
        result = self.result
        chosen, assigned = result.chosen[some], result.assignment[some].tolist()
        pairs = np.maximum(chosen, 0)
        capacities = self._capacities
        matched = (chosen >= 0).tolist()
        proposed = [capacities[max(opening, NOBODY)] for opening in assigned]

        def of_pair(values: NDArray[Any]) -> list[Any]:
            if not len(values):
                return [None] * len(matched)
            found = values[pairs]
            known = (chosen >= 0) & ~np.isnan(found)
            return [value if has else None for value, has in zip(found.tolist(), known.tolist(), strict=True)]

        chances = result.propensity[some].tolist()
        return {
            "need_id": digits(self.board.need_keys[some].tobytes()),
            "capacity_id": proposed,
            "proposed_capacity_id": proposed,
            "cost": of_pair(result.candidates.cost),
            "parts": self.teller.parts(some),
            "distance_km": of_pair(self._kilometres),
            "amount": self._amounts(some),
            "propensity": [chance if has else None for chance, has in zip(chances, matched, strict=True)],
            "explanation": self.teller.explanations(some),
        }

    @cached_property
    def _capacities(self) -> list[str | None]:
        """Key of each opening; the last entry, which -1 finds, is nothing."""
        return [*(key.hex for key in self.board.capacity_ids), None]

    @cached_property
    def _kilometres(self) -> NDArray[np.float64]:
        """Distance of each pair as it is stored."""
        kilometres: NDArray[np.float64] = self.result.candidates.distance_km.astype(np.float64)
        return kilometres.round(3)

    def _amounts(self, some: slice) -> list[int | None]:
        """Hundredths of a yuan that each proposed place would take of its fund."""
        needs, openings = self.board.problem.needs, self.board.problem.openings
        if not self.board.fund_ids:
            return [None] * len(needs.amount[some])
        drawn = np.append(openings.fund, NOBODY)[self.result.assignment[some]] >= 0
        yuan = needs.amount[some].tolist()
        return [amount * 100 if has else None for amount, has in zip(yuan, drawn.tolist(), strict=True)]

    def budgets(self) -> list[dict[str, Any]]:
        """For each fund: yuan left, proposed and wanted, and whom 1,000 yuan more would serve, by tier."""
        told = self.result.budgets
        if told is None:
            return []
        return [
            {
                "fund": str(key),
                "left": int(told.left[row]),
                "proposed": int(told.proposed[row]),
                "wanted": int(told.wanted[row]),
                "points": round(float(told.price[row]) * 1000, 1),
                "people": [round(float(each) * 1000, 2) for each in told.people[row]],
            }
            for row, key in enumerate(self.board.fund_ids)
        ]

    def beyond(self) -> dict[str, Any]:
        """What was searched instead of proved: hours and money with their bounds, and people with several needs."""
        hours, together = self.result.hours, self.result.together
        told: dict[str, Any] = {}
        if hours is not None:
            told["hours"] = {
                "needs": hours.needs,
                "served": hours.served.tolist(),
                "most": hours.most.tolist(),
                "left": hours.hours_left,
                "given": hours.hours_given,
                "value": hours.value,
                "bound": hours.value_bound,
                "gap": round(hours.gap, 6),
            }
        if together is not None:
            told["together"] = {**asdict(together), "gap": round(together.gap, 6)}
        return told

    def openings(self) -> dict[str, list[Any]]:
        """Columns of `round_opening`, one row for every opening, as the database holds them."""
        result, size = self.result, len(self.board.capacity_ids)
        return {
            "capacity_id": [key.hex for key in self.board.capacity_ids],
            "places": self.board.problem.openings.places.tolist(),
            "matched": np.bincount(result.assignment[result.assignment >= 0], minlength=size).tolist(),
            "price": result.prices.tolist(),
            "gain": result.gain.tolist(),
            "gain_tier": [tier or None for tier in result.gain_tier.tolist()],
            "chain": self.teller.chains(),
        }

    def fairness(self) -> dict[str, Any]:
        """How the groups came out and what their floors cost, and who is worse off than down the list."""
        return fairness.told(self.board, self.result, self.fair_by, self.groups)

    def certificate(self) -> dict[str, Any]:
        """The proof, the fingerprint of what was decided on, and why the unmet stay unmet, in groups."""
        board, result, reasons = self.board, self.result, self.result.reasons
        groups: Counter[tuple[str, str]] = Counter()
        unmet = np.flatnonzero(result.assignment < 0)
        place, terms = numbered(self.board.term_keys[unmet])
        told = np.column_stack([reasons.code[unmet], reasons.rules[unmet], place])
        for (number, mask, term), count in zip(*_counted(told), strict=True):
            code, rules = REASONS[number], rule_names(mask)
            groups[code, rules[0] if code == "no_pair" and rules else str(uuids(terms)[term])] += count
        return {
            **asdict(result.certificate),
            **self.beyond(),
            "digest": board.digest,
            "cost": result.cost,
            "wanted": [int(count) for count in result.wanted],
            "unmet": [
                [code, about, count] for (code, about), count in sorted(groups.items(), key=lambda g: (-g[1], g[0]))
            ],
        }


def _counted(rows: NDArray[Any]) -> tuple[list[list[int]], list[int]]:
    """Return the different rows, and how often each occurs."""
    different, counts = np.unique(rows.astype(np.int64), axis=0, return_counts=True)
    return different.tolist(), counts.tolist()
