"""A plan put right around needs that were declined, when today's plan is only known from records.

Time has passed since it was made: needs came, places went, chances changed, so today's plan need not be the best any
more. Only the components of the declined needs are solved again, over all their feasible pairs. Whoever has a place
proposed today keeps it unless another plan serves somebody more urgent, or saves `steady` points for each person it
moves; among equals the plan with the fewest moves wins. Prices prove that, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from matching import baselines, chains, explain, near, prices, ties
from matching.candidates import extended, find
from matching.graph import Graph, split
from matching.params import Params
from matching.problem import PairFacts, Problem
from matching.result import Candidates, Certificate, Move, Reasons
from matching.transport import optimum, penalties, tier_base

Ints = NDArray[np.int64]
Rows = NDArray[np.int32]
STEADY = 50
"""Points (of 1,000) that each move must be worth (default of ours: a twentieth of a perfect fit)."""


@dataclass(frozen=True, eq=False)
class Told:
    """A plan of some needs with its reasons; see `Result` for what each part holds."""

    candidates: Candidates
    chosen: Ints
    assignment: Rows
    reasons: Reasons
    certificate: Certificate
    served: Ints
    wanted: Ints
    greedy: Ints
    """int64[T]: served by going down the list"""
    first_come: Ints
    gain: Ints
    gain_tier: NDArray[np.int8]
    chains: tuple[tuple[Move, ...], ...]


@dataclass(frozen=True, eq=False)
class Around:
    """The components of declined needs, solved again."""

    rows: Ints
    """int64[k]: the needs in them, as rows of the problem given"""
    told: Told
    """Of these needs; the openings are those of the problem given"""
    moved: NDArray[np.bool_]
    """bool[k]: whose opening is not today's"""
    steady: int


@dataclass(frozen=True, eq=False)
class _Solved:
    plain: Graph
    kept: Graph
    candidates: Candidates
    chosen: Ints
    tiers: int
    base: int


def around(
    problem: Problem, params: Params, today: Rows, declined: Ints, *, seed: int = 0, steady: int = STEADY
) -> Around:
    """The best plan of the components of `declined`, with as few moves as it can be had with.

    Args:
        problem: needs that may be given a place, and openings with the places left for them. Declined pairs are
            among its forbidden ones.
        params: as of a round. Floors, drawing and hours are a whole round's business and not looked at here.
        today: int32[n], the opening proposed to each need today; -1 none.
        declined: rows of the needs that were declined.
        seed: settles ties, as in a round.
        steady: points that each move must be worth.
    """
    rows = component(problem, params, declined)
    part = only(problem, rows)
    was = today[rows]
    candidates, left = find(part, params)
    if len(left):
        candidates = extended(part, params, candidates, left.need, left.opening)
    tiers = max(params.tiers, int(part.needs.tier.max(initial=1)))
    widest = len(part.openings)
    base = tier_base(2 * widest)  # a move costs up to `steady` more than a pair
    graph = Graph(
        candidates.ptr,
        candidates.opening,
        candidates.cost.astype(np.int64),
        part.openings.places.astype(np.int64),
        penalties(part.needs.tier, tiers, base),
    )
    kept, counted = _weighed(graph, was, steady)
    chosen = optimum(split(counted))
    price = prices.gains(counted, chosen)
    keys = ties.Ties(part.needs.tie_key, part.openings.tie_key, seed)
    chosen = ties.settle(counted, chosen, price, keys)
    exact = prices.primal(counted, chosen) == prices.dual(counted, price)
    told = _told(part, params, _Solved(graph, kept, candidates, chosen, tiers, base), exact=exact)
    return Around(rows, told, told.assignment != was, steady)


def component(problem: Problem, params: Params, declined: Ints) -> Ints:
    """Rows of all needs that compete with the declined ones, directly or through others; these among them."""
    candidates, left = find(problem, params)
    need = np.concatenate([candidates.need(), left.need])
    opening = np.concatenate([candidates.opening, left.opening])
    usable = problem.openings.places[opening] > 0
    n, m = len(problem.needs), len(problem.openings)
    links = csr_array((np.ones(int(usable.sum()), np.int8), (need[usable], opening[usable] + n)), shape=(n + m, n + m))
    _, label = connected_components(links, directed=False)
    return np.flatnonzero(np.isin(label[:n], label[declined]))


def only(problem: Problem, rows: Ints) -> Problem:
    """The problem of these needs (rows in rising order) and all its openings."""
    facts = problem.facts
    forbidden, known = np.isin(facts.forbidden_need, rows), np.isin(facts.continuity_need, rows)
    return replace(
        problem,
        needs=problem.needs.take(rows),
        facts=PairFacts(
            np.searchsorted(rows, facts.forbidden_need[forbidden]).astype(np.int32),
            facts.forbidden_opening[forbidden],
            facts.forbidden_rule[forbidden],
            np.searchsorted(rows, facts.continuity_need[known]).astype(np.int32),
            facts.continuity_provider[known],
        ),
    )


def _weighed(graph: Graph, was: Rows, steady: int) -> tuple[Graph, Graph]:
    """The graph with what each move must be worth, and the same counting moves behind everything else."""
    held, moves = was >= 0, graph.opening != was[graph.need]
    kept = replace(graph, cost=graph.cost + steady * (moves & held[graph.need]), penalty=graph.penalty + steady * held)
    scale = graph.n + 1
    return kept, replace(kept, cost=kept.cost * scale + moves, penalty=kept.penalty * scale + held)


def _told(part: Problem, params: Params, solved: _Solved, *, exact: bool) -> Told:
    """The plan with its reasons, as of a round. What a place is worth counts what a move must be worth."""
    kept, chosen, tiers = solved.kept, solved.chosen, solved.tiers
    price, loss = prices.gains(kept, chosen), prices.losses(kept, chosen)
    pair, root = chains.predecessors(kept, chosen, price)
    missed = near.misses(part, params, explain.lonely(kept))
    reasons = explain.explain(
        explain.Solved(
            problem=part,
            params=params,
            tiers=tiers,
            graph=kept,
            km=solved.candidates.distance_km,
            chosen=chosen,
            gain=price,
            loss=loss,
            root=root,
            near=missed,
            other=np.full(kept.n, -1, dtype=np.int32),
        )
    )
    primal, dual = prices.primal(kept, chosen), prices.dual(kept, price)
    steps = (price + solved.base // 2) // solved.base
    needs = part.needs
    return Told(
        candidates=solved.candidates,
        chosen=chosen,
        assignment=solved.plain.placed(chosen),
        reasons=reasons,
        certificate=Certificate(primal, dual, exact and primal == dual, split(kept).count, len(kept.opening), 0, 0, 1),
        served=baselines.by_tier(needs.tier[chosen >= 0], tiers),
        wanted=baselines.by_tier(needs.tier, tiers),
        greedy=baselines.greedy(solved.plain, needs.tier, needs.waiting_days, tiers).served,
        first_come=baselines.first_come(solved.plain, needs.tier, needs.waiting_days, tiers).served,
        gain=price,
        gain_tier=np.where(steps > 0, tiers + 1 - steps, 0).astype(np.int8),
        chains=tuple(chains.stories(kept, chosen, pair)),
    )
