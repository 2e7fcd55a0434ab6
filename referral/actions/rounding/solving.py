"""The engine's answer as rows to be written: codes and numbers, and the keys of records."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from matching import PARTS, Change, Params, Reason, Result, Why, solve
from referral.queries.gathering.board import Board
from referral.queries.gathering.choices import known, rule_names


def solved(board: Board, params: Mapping[str, Any], *, seed: int) -> "Solved":
    """Return the best plan for a board."""
    return Solved(board, solve(board.problem, Params.from_dict(params), seed=seed))


@dataclass(frozen=True, eq=False)
class Solved:
    """A solved board."""

    board: Board
    result: Result

    @property
    def needs(self) -> int:
        """How many needs were decided on."""
        return len(self.board.need_ids)

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

    def proposals(self) -> Iterator[dict[str, Any]]:
        """Rows of `proposal`, one for every need."""
        board, result = self.board, self.result
        candidates, reasons = result.candidates, result.reasons
        for row, (need, pair) in enumerate(zip(board.need_ids, result.chosen.tolist(), strict=True)):
            told: dict[str, Any] = {
                "code": Reason(int(reasons.code[row])).name.lower(),
                "offered": int(reasons.offered[row]),
                "fitting": int(reasons.fitting[row]),
            }
            values: dict[str, Any] = {"capacity_id": None, "cost": None, "parts": {}, "distance_km": None}
            if pair >= 0:
                values = {
                    "capacity_id": board.capacity_ids[result.assignment[row]],
                    "cost": int(candidates.cost[pair]),
                    "parts": dict(zip(PARTS, candidates.parts[pair].tolist(), strict=True)),
                    "distance_km": known(candidates.distance_km[pair], 3),
                }
                told |= {"rank": int(reasons.rank[row]), "alternatives": list(self._alternatives(row))}
            else:
                told |= self._unmet(row)
            yield {
                "need_id": need,
                "proposed_capacity_id": values["capacity_id"],
                "explanation": told,
                **values,
            }

    def _alternatives(self, row: int) -> Iterator[dict[str, Any]]:
        board, reasons = self.board, self.result.reasons
        for column, opening in enumerate(reasons.alternative[row].tolist()):
            if opening >= 0:
                yield {
                    "capacity": str(board.capacity_ids[opening]),
                    "why": Why(int(reasons.alternative_why[row, column])).name.lower(),
                    "extra": int(reasons.alternative_extra[row, column]),
                    "rules": rule_names(int(reasons.alternative_rules[row, column])),
                }

    def _unmet(self, row: int) -> dict[str, Any]:
        board, reasons = self.board, self.result.reasons
        opening = int(reasons.opening[row])
        return {
            "change": Change(int(reasons.change[row])).name.lower(),
            "capacity": str(board.capacity_ids[opening]) if opening >= 0 else None,
            "rules": rule_names(int(reasons.rules[row])),
            "distance_km": known(reasons.distance_km[row]),
            "excess_km": known(reasons.excess_km[row]),
            "ahead": int(reasons.ahead[row]),
            "held": reasons.held[row].tolist(),
        }

    def openings(self) -> Iterator[dict[str, Any]]:
        """Rows of `round_opening`, one for every opening."""
        board, result = self.board, self.result
        matched = Counter(result.assignment[result.assignment >= 0].tolist())

        def key(opening: int) -> str | None:
            return str(board.capacity_ids[opening]) if opening >= 0 else None

        for row, capacity in enumerate(board.capacity_ids):
            yield {
                "capacity_id": capacity,
                "places": int(board.problem.openings.places[row]),
                "matched": matched[row],
                "price": int(result.prices[row]),
                "gain": int(result.gain[row]),
                "gain_tier": int(result.gain_tier[row]) or None,
                "chain": [
                    [str(board.need_ids[move.need]), key(move.from_opening), key(move.to_opening)]
                    for move in result.chains[row]
                ],
            }

    def certificate(self) -> dict[str, Any]:
        """The proof, the fingerprint of what was decided on, and why the unmet stay unmet, in groups."""
        board, result, reasons = self.board, self.result, self.result.reasons
        groups: Counter[tuple[str, str]] = Counter()
        for row, chosen in enumerate(result.assignment.tolist()):
            if chosen < 0:
                code = Reason(int(reasons.code[row])).name.lower()
                rules = rule_names(int(reasons.rules[row]))
                about = rules[0] if code == "no_pair" and rules else str(board.term_ids[row])
                groups[code, about] += 1
        return {
            **asdict(result.certificate),
            "digest": board.digest,
            "cost": result.cost,
            "wanted": [int(count) for count in result.wanted],
            "unmet": [
                [code, about, count] for (code, about), count in sorted(groups.items(), key=lambda g: (-g[1], g[0]))
            ],
        }
