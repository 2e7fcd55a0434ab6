"""Plans of a packing: rounded from the relaxation, then bettered a neighbourhood at a time by CP-SAT."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

if TYPE_CHECKING:
    from ortools.sat.python.cp_model import CpModel, IntVar

    from matching.packing import Packing

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

AT_ONCE = 10
"""Openings of a first neighbourhood."""
WAITING = 20
"""Unmet needs looked at in one neighbourhood, the most urgent first."""
BEST = 4
"""Pairs of each need looked at in a neighbourhood, by reduced cost."""
WHOLE = 400
"""A problem of at most so many pairs is searched as a whole, and may be proved."""
EACH = 0.1
"""Deterministic seconds of one neighbourhood."""
BUILD = 1e-5
"""Deterministic seconds that a pair in a model counts for, beside the search."""


def repaired(packing: Packing, share: Floats, dear: Floats) -> Ints:
    """int64[n]: a plan that holds: pairs used in full by the relaxation first, then tier by tier the likeliest.

    Of one tier those come first who take least; of one need's pairs those used most, then those of least `dear`.
    """
    graph = packing.graph
    left, money = graph.places.tolist(), packing.left.tolist()
    result = np.full(graph.n, -1, dtype=np.int64)
    size = np.zeros(graph.n, dtype=np.int64)
    np.maximum.at(size, graph.need, packing.use)
    likely = np.round(share, 4)
    order = np.lexsort((dear, -likely, size[graph.need], packing.tier[graph.need], likely < 1))
    needs, openings = graph.need.tolist(), graph.opening.tolist()
    uses, pays, funds = packing.use.tolist(), packing.money.tolist(), packing.fund.tolist()
    taken = [False] * graph.n
    for pair in order.tolist():
        who, at = needs[pair], openings[pair]
        fund = funds[at]
        if not taken[who] and uses[pair] <= left[at] and (fund < 0 or pays[pair] <= money[fund]):
            result[who], taken[who] = pair, True
            left[at] -= uses[pair]
            if fund >= 0:
                money[fund] -= pays[pair]
    return result


@dataclass
class Search:
    """A plan and the effort left to better it."""

    packing: Packing
    chosen: Ints
    dear: Floats
    """float64[E]: reduced costs, to tell which pairs and which neighbours are worth a look"""
    effort: float
    seed: int

    def run(self) -> bool:
        """Better the plan until the effort is used up or nothing helps; True where it is proved the best."""
        graph = self.packing.graph
        if not len(graph.opening):
            return True
        if len(graph.opening) <= WHOLE and self._better(np.arange(graph.m), self.effort)[1]:
            return True
        order = np.random.default_rng(self.seed)
        near = self._neighbours()
        size = AT_ONCE
        while self.effort > 0 and size <= 2 * AT_ONCE:
            helped = 0
            for opening in order.permutation(np.flatnonzero(np.diff(near.indptr) > 0)).tolist():
                if self.effort <= 0:
                    break
                span = slice(near.indptr[opening], near.indptr[opening + 1])
                ranked = near.indices[span][np.lexsort((near.indices[span], -near.data[span]))]
                group = np.union1d(ranked[:size], [opening])
                helped += self._better(group, EACH * size / AT_ONCE)[0]
            if helped * 50 < graph.m:
                size *= 2
        return False

    def _neighbours(self) -> csr_array:
        """How many needs two openings could share at small reduced cost."""
        graph = self.packing.graph
        least = np.full(graph.n, np.inf)
        np.minimum.at(least, graph.need, self.dear)
        rank = np.lexsort((self.dear, graph.need))
        place = np.empty(len(rank), dtype=np.int64)
        place[rank] = np.arange(len(rank)) - graph.ptr[:-1][graph.need[rank]]
        pairs = np.flatnonzero(place < 6)
        to = csr_array((np.ones(len(pairs)), (graph.need[pairs], graph.opening[pairs])), shape=(graph.n, graph.m))
        fund = self.packing.fund
        drawn = np.flatnonzero(fund >= 0)
        by_fund = csr_array(
            (np.full(len(drawn), 0.5), (fund[drawn], drawn)), shape=(max(len(self.packing.left), 1), graph.m)
        )
        return csr_array(to.T @ to + by_fund.T @ by_fund)

    def _better(self, openings: Ints, effort: float) -> tuple[bool, bool]:
        """Search among these openings; says whether that helped, and whether it is proved that no more can."""
        from ortools.sat.python import cp_model

        packing, graph = self.packing, self.packing.graph
        pairs, spare, money = self._free(openings)
        if not len(pairs):
            return False, True
        need, opening = graph.need[pairs], graph.opening[pairs]
        must = self._must(np.unique(need))
        worth = weights(packing, pairs, must) - graph.cost[pairs]
        model = cp_model.CpModel()
        takes = [model.new_bool_var("") for _ in range(len(pairs))]
        for rows in _groups(need):
            if must[need[rows[0]]]:
                model.add_exactly_one([takes[row] for row in rows])
            elif len(rows) > 1:
                model.add_at_most_one([takes[row] for row in rows])
        for rows in _groups(opening):
            units = packing.use[pairs[rows]]
            if units.sum() > spare[opening[rows[0]]]:
                _at_most(model, takes, rows, units, int(spare[opening[rows[0]]]))
        fund = packing.fund[opening]
        for rows in _groups(fund):
            yuan = packing.money[pairs[rows]]
            if fund[rows[0]] >= 0 and yuan.sum() > money[fund[rows[0]]]:
                _at_most(model, takes, rows, yuan, int(money[fund[rows[0]]]))
        model.maximize(cp_model.LinearExpr.weighted_sum(takes, worth.tolist()))
        held = np.isin(pairs, self.chosen)
        for var, start in zip(takes, held.tolist(), strict=True):
            model.add_hint(var, start)
        solver = cp_model.CpSolver()
        solver.parameters.max_deterministic_time = min(effort, max(self.effort, 0.01))
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = self.seed % (1 << 31)
        solver.parameters.linearization_level = 2
        solver.parameters.symmetry_level = 0
        solver.parameters.relative_gap_limit = 0.0
        status = solver.solve(model)
        self.effort -= solver.response_proto.deterministic_time + BUILD * len(pairs)
        if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            return False, False
        used = np.array([solver.boolean_value(var) for var in takes])
        helped = int(worth[used].sum()) > int(worth[held].sum())
        if helped:
            self.chosen[need[held]] = -1
            self.chosen[need[used]] = pairs[used]
        return helped, status == cp_model.OPTIMAL

    def _must(self, needs: Ints) -> Mask:
        """bool[n]: needs of the tiers of which all of these are served: none of them may lose its help."""
        tier, served = self.packing.tier[needs], self.chosen[needs] >= 0
        short = int(tier[~served].min(initial=self.packing.tiers + 1))
        must = np.zeros(self.packing.graph.n, dtype=np.bool_)
        must[needs] = tier < short
        return must

    def _free(self, openings: Ints) -> tuple[Ints, Ints, Ints]:
        """The pairs in play, and the units (int64[m]) and yuan (int64[F]) that the others leave."""
        packing, graph = self.packing, self.packing.graph
        inside = np.zeros(graph.m, dtype=np.bool_)
        inside[openings] = True
        pairs = np.flatnonzero(inside[graph.opening])
        need = graph.need[pairs]
        placed = graph.placed(self.chosen)
        here = inside[placed] & (placed >= 0)
        waiting = np.unique(need[placed[need] < 0])
        if len(openings) < graph.m and len(waiting) > WAITING:
            least = np.full(graph.n, np.inf)
            np.minimum.at(least, need, self.dear[pairs])
            waiting = waiting[np.lexsort((waiting, least[waiting], packing.tier[waiting]))][:WAITING]
        play = here.copy()
        play[waiting] = True
        units, yuan = packing.used(np.where(here, -1, self.chosen))
        pairs, need = pairs[play[need]], need[play[need]]
        if len(openings) < graph.m:
            order = np.lexsort((self.dear[pairs], need))
            rank = np.empty(len(order), dtype=np.int64)
            rank[order] = np.arange(len(order)) - np.searchsorted(need, need)
            pairs = pairs[(rank < BEST) | (pairs == self.chosen[need])]
        return pairs, graph.places - units, packing.left - yuan


def weights(packing: Packing, pairs: Ints, must: Mask) -> Ints:
    """int64[pairs]: what serving a need is worth, so that no number of needs of later tiers, and no cost, weighs as
    much as one of an earlier tier; 0 for those who must be served anyhow (bool[n]).

    Raises:
        OverflowError: the numbers do not fit into 62 bits; look at fewer needs.
    """
    graph = packing.graph
    needs, first = np.unique(graph.need[pairs], return_index=True)
    dearest = np.maximum.reduceat(graph.cost[pairs], first)
    cheapest = np.where(must[needs], np.minimum.reduceat(graph.cost[pairs], first), 0)
    counts = np.bincount(packing.tier[needs[~must[needs]]], minlength=packing.tiers + 1)
    worth, below = np.zeros(packing.tiers + 1, dtype=np.int64), int((dearest - cheapest).sum())
    for tier in range(packing.tiers, 0, -1):
        if counts[tier]:
            worth[tier] = below + 1
            below += int(worth[tier]) * int(counts[tier])
            if below >= 1 << 61:
                raise OverflowError(f"{len(needs)} needs in {packing.tiers} tiers")
    return np.where(must[graph.need[pairs]], 0, worth[packing.tier[graph.need[pairs]]])


def _at_most(model: CpModel, takes: list[IntVar], rows: Ints, weight: Ints, most: int) -> None:
    from ortools.sat.python import cp_model

    terms = cp_model.LinearExpr.weighted_sum([takes[row] for row in rows], weight.tolist())
    model.add(terms <= most)


def _groups(label: NDArray[np.int32]) -> list[Ints]:
    """Rows of each label."""
    order = np.argsort(label, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(label[order])) + 1) if len(order) else []
