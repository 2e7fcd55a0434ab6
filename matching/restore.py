"""From the canonical order of a solve back to the rows of the caller."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from matching.graph import ragged
from matching.problem import Problem
from matching.reports import Drawing, Fairness
from matching.result import Baseline, Candidates, Move, NearFailing, Reasons, Result

Ints = NDArray[np.int64]
Column = TypeVar("Column", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Order:
    """Canonical row k is the caller's row `needs[k]`, or `openings[k]`."""

    needs: Ints
    openings: Ints

    @classmethod
    def of(cls, problem: Problem) -> Order:
        """By tie key: an order that does not depend on the caller's."""
        return cls(np.argsort(problem.needs.tie_key), np.argsort(problem.openings.tie_key))

    @property
    def need_at(self) -> Ints:
        """int64[n]: canonical row of each of the caller's needs."""
        return _inverse(self.needs)

    @property
    def opening_at(self) -> Ints:
        """int64[m]: canonical row of each of the caller's openings."""
        return _inverse(self.openings)

    def named(self, opening: NDArray[np.int32]) -> NDArray[np.int32]:
        """Canonical openings as the caller's; -1 stays."""
        return np.append(self.openings, -1).astype(np.int32)[opening]

    def assignment(self, placed: NDArray[np.int32]) -> NDArray[np.int32]:
        """int32[n] in the caller's rows and openings."""
        return self.named(placed)[self.need_at]

    def candidates(self, found: Candidates, chosen: Ints) -> tuple[Candidates, Ints]:
        """The candidates, and where the chosen pairs lie in them."""
        pairs, ptr = ragged(found.ptr, self.need_at)
        moved = ptr[:-1] - found.ptr[:-1][self.need_at]
        taken = chosen[self.need_at]
        turned = Candidates(
            ptr, self.named(found.opening)[pairs], found.cost[pairs], found.parts[pairs], found.distance_km[pairs]
        )
        return turned, np.where(taken >= 0, taken + moved, -1)

    def near(self, near: NearFailing) -> NearFailing:
        """Near misses, sorted by the caller's needs."""
        need = self.needs[near.need].astype(np.int32)
        order = np.argsort(need, kind="stable")
        return NearFailing(need[order], self.named(near.opening)[order], near.mask[order], near.distance_km[order])

    def reasons(self, reasons: Reasons) -> Reasons:
        """The reasons in the caller's rows."""
        turned = {spec.name: getattr(reasons, spec.name)[self.need_at] for spec in fields(reasons)}
        turned["opening"] = self.named(turned["opening"])
        turned["alternative"] = self.named(turned["alternative"])
        return Reasons(**turned)

    def baseline(self, baseline: Baseline) -> Baseline:
        """The same for a baseline."""
        return replace(baseline, assignment=self.assignment(baseline.assignment))

    def chains(self, told: list[tuple[Move, ...]]) -> tuple[tuple[Move, ...], ...]:
        """The chains, by the caller's openings."""
        needs, openings = self.needs.tolist(), [*self.openings.tolist(), -1]
        turned = [tuple(Move(needs[i], openings[a], openings[b]) for i, a, b in moves) for moves in told]
        return tuple(turned[at] for at in self.opening_at.tolist())

    def by_need(self, column: NDArray[Column]) -> NDArray[Column]:
        """A column of needs in the caller's rows."""
        return column[self.need_at]

    def drawing(self, told: Drawing) -> Drawing:
        """The same for what was drawn."""
        return replace(told, propensity=told.propensity[self.need_at], other=self.named(told.other)[self.need_at])

    def fairness(self, told: Fairness) -> Fairness:
        """The needs named, as the caller's, in the caller's order."""

        def rows(needs: NDArray[np.int32]) -> NDArray[np.int32]:
            return np.sort(self.needs[needs]).astype(np.int32)

        return replace(
            told,
            given_up=rows(told.given_up),
            taken_in=rows(told.taken_in),
            worse=rows(told.worse),
            better=rows(told.better),
        )

    def result(self, told: Result) -> Result:
        """A whole result that was solved in canonical order."""
        candidates, chosen = self.candidates(told.candidates, told.chosen)
        return replace(
            told,
            assignment=self.assignment(told.assignment),
            chosen=chosen,
            candidates=candidates,
            near=self.near(told.near),
            penalty=self.by_need(told.penalty),
            prices=self.by_opening(told.prices),
            gain=self.by_opening(told.gain),
            gain_tier=self.by_opening(told.gain_tier),
            gain_cost=self.by_opening(told.gain_cost),
            loss=self.by_opening(told.loss),
            loss_tier=self.by_opening(told.loss_tier),
            chains=self.chains(list(told.chains)),
            reasons=self.reasons(told.reasons),
            greedy=self.baseline(told.greedy),
            first_come=self.baseline(told.first_come),
            fairness=self.fairness(told.fairness),
            drawing=self.drawing(told.drawing),
        )

    def by_opening(self, column: NDArray[Column]) -> NDArray[Column]:
        """A column of openings in the caller's rows."""
        return column[self.opening_at]


def _inverse(order: Ints) -> Ints:
    at = np.empty(len(order), dtype=np.int64)
    at[order] = np.arange(len(order))
    return at
