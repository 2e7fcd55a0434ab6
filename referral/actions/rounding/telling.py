"""What a round says of each need and each opening, as the JSON that is stored: made some thousand rows at a time.

Codes and numbers only; words are made of them when a page is shown.
"""

from collections.abc import Iterator
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from matching import PARTS, Change, Reason, Result, Why
from referral.actions.rounding.texts import filled, key_text, number, objects
from referral.queries.gathering.board import Board
from referral.queries.gathering.choices import rule_names

REASONS = {int(one): one.name.lower() for one in Reason}
HEADS = {number: f'{{"code":"{name}","offered":' for number, name in REASONS.items()}
WHYS = {int(one): f'{one.name.lower()}","extra":' for one in Why}
CHANGES = {int(one): one.name.lower() for one in Change}
NOBODY = -1


@cache
def rules_text(mask: int) -> str:
    """Return the codes of the rules in a bit mask as a JSON list."""
    return objects(f'"{name}"' for name in rule_names(mask))


def _masks(some: NDArray[np.uint32]) -> list[int]:
    """Return the different bit masks, each once."""
    return list(np.unique(some).tolist())


class Teller:
    """The explanations of one plan."""

    def __init__(self, board: Board, result: Result) -> None:
        self.board, self.result = board, result

    @cached_property
    def capacities(self) -> list[str]:
        """Key of each opening as JSON; the last entry, which -1 finds, is null."""
        return [*(f'"{key}"' for key in self.board.capacity_ids), "null"]

    @cached_property
    def _need_digits(self) -> str:
        return self.board.need_keys.tobytes().hex()

    def need(self, row: int) -> str:
        """Key of a need as 32 hex digits."""
        return self._need_digits[32 * row : 32 * row + 32]

    def parts(self, some: slice) -> list[str]:
        """Points of each part for the chosen pairs, `{}` where there is none."""
        pairs = self.result.chosen[some]
        form = "{" + ",".join(f'"{name}":%d' for name in PARTS) + "}"
        texts = filled(form, self.result.candidates.parts[pairs[pairs >= 0]])
        return [next(texts) if pair >= 0 else "{}" for pair in pairs.tolist()]

    def explanations(self, some: slice) -> list[str]:
        """Why this one and why not the next, or why nobody and what would help."""
        told, matched, unmet = self.result.reasons, self._matched(some), self._unmet(some)
        rows = zip(
            told.code[some].tolist(),
            told.offered[some].tolist(),
            told.fitting[some].tolist(),
            self.result.chosen[some].tolist(),
            self._drawn(some),
            strict=True,
        )
        return [
            f'{HEADS[code]}{offered},"fitting":{fitting},{next(matched) if pair >= 0 else next(unmet)}{drawn}}}'
            for code, offered, fitting, pair, drawn in rows
        ]

    def _drawn(self, some: slice) -> list[str]:
        """The place that the coin could have given instead, with its points: what other weights are judged by."""
        others = self.result.drawing.other[some].tolist()
        told = [""] * len(others)
        candidates, start = self.result.candidates, some.start or 0
        form = ",".join(f'"{name}":%d' for name in PARTS)
        for row, opening in enumerate(others):
            if opening >= 0:
                where = candidates.of(start + row)
                pair = where.start + int((candidates.opening[where] == opening).argmax())
                parts = form % tuple(candidates.parts[pair].tolist())
                told[row] = f',"drawn":{{"capacity":{self.capacities[opening]},"parts":{{{parts}}}}}'
        return told

    def _matched(self, some: slice) -> Iterator[str]:
        told = self.result.reasons
        has = self.result.chosen[some] >= 0
        alternative = told.alternative[some][has]
        named = alternative >= 0
        columns = (told.alternative_why, told.alternative_extra, told.alternative_rules)
        rows = zip(alternative[named].tolist(), *(one[some][has][named].tolist() for one in columns), strict=True)
        places, tails = self._places, {mask: f',"rules":{rules_text(mask)}}}' for mask in _masks(columns[-1][some])}
        texts = [f"{places[opening]}{WHYS[why]}{extra}{tails[mask]}" for opening, why, extra, mask in rows]
        last = 0
        for rank, end in zip(told.rank[some][has].tolist(), named.sum(axis=1).cumsum().tolist(), strict=True):
            yield f'"rank":{rank},"alternatives":[{",".join(texts[last:end])}]'
            last = end

    @cached_property
    def _places(self) -> list[str]:
        """What an alternative begins with, for each opening."""
        return [f'{{"capacity":{key},"why":"' for key in self.capacities]

    def _unmet(self, some: slice) -> Iterator[str]:
        told = self.result.reasons
        has = self.result.chosen[some] < 0
        capacities, rules = self.capacities, {mask: rules_text(mask) for mask in _masks(told.rules[some])}
        held = filled(",".join(["%d"] * told.held.shape[1]), told.held[some][has])
        columns = (told.change, told.opening, told.rules, told.distance_km, told.excess_km, told.ahead)
        for change, opening, mask, km, excess, ahead in zip(*(one[some][has].tolist() for one in columns), strict=True):
            yield (
                f'"change":"{CHANGES[change]}","capacity":{capacities[max(opening, NOBODY)]},'
                f'"rules":{rules[mask]},"distance_km":{number(km, 1)},"excess_km":{number(excess, 1)},'
                f'"ahead":{ahead},"held":[{next(held)}]'
            )

    def chains(self) -> list[str]:
        """For each opening who moves when it gets one more place: [need, from, to] each."""
        capacity = self.capacities
        return [
            objects(
                f'["{key_text(self.need(move.need))}",'
                f"{capacity[max(move.from_opening, NOBODY)]},{capacity[max(move.to_opening, NOBODY)]}]"
                for move in moves
            )
            for moves in self.result.chains
        ]
