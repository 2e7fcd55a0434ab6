"""After a no: the best plan without the declined pair that moves as few people as possible.

The costs are those of the round; `cost * (n + 1) + [not today's]` keeps the plan the cheapest, and among the
cheapest takes the one with the fewest changes. Today's plan is then optimal but for one need, so two shortest
paths put it right: one fills the place set free, one finds the need another. The new prices prove it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matching import prices, ties
from matching.augment import Proven, fill, insert
from matching.graph import Graph, ragged
from matching.problem import Problem
from matching.result import Result

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Redone:
    """A plan put right after a decline, in the rows of the problem."""

    assignment: NDArray[np.int32]
    """int32[n]: the openings proposed now; -1 unmet"""
    moved: NDArray[np.int32]
    """Needs whose opening changed, the one declined among them"""
    exact: bool
    """Proved: no plan on these pairs is better, and none as good moves fewer people"""


def redo(
    problem: Problem,
    result: Result,
    need: int,
    *,
    accepted: NDArray[np.bool_],
    barred: NDArray[np.int64] | None = None,
    place_lost: bool = False,
    seed: int = 0,
) -> Redone:
    """The plan after `need` was declined by its opening.

    Args:
        problem: the round's problem.
        result: its result; `assignment` is today's plan.
        need: row of the need that was declined.
        accepted: bool[n], needs whose referral stands; they keep their opening.
        barred: pairs (indices into `result.candidates`) declined before.
        place_lost: the provider has no place for anybody else either.
        seed: settles ties, as in the round.

    Raises:
        ValueError: the need has no open proposal.
        prices.NotOptimal: today's plan was not optimal on these pairs.
    """
    today, declined = result.assignment, int(result.assignment[need])
    if declined < 0 or accepted[need]:
        raise ValueError(f"need {need} has no open proposal to decline")
    rows = np.flatnonzero((problem.needs.service_type == problem.needs.service_type[need]) & ~accepted)
    openings = np.flatnonzero(problem.openings.service_type == problem.needs.service_type[need])
    closed = np.append(result.chosen[need], np.zeros(0, np.int64) if barred is None else barred)
    graph, was = _open_graph(problem, result, (rows, openings), accepted, closed)
    at, declined_at = int(np.searchsorted(rows, need)), int(np.searchsorted(openings, declined))
    chosen = np.full(graph.n, -1, dtype=np.int64)
    kept = np.flatnonzero(graph.opening == was[graph.need])
    chosen[graph.need[kept]] = kept
    graph = _counting_moves(graph, was)
    plan = Proven(graph, chosen, result.prices[openings] * (graph.n + 1))
    _put_right(graph, plan, at, declined_at, place_lost)
    graph, chosen, price = plan.graph, plan.chosen, plan.price
    keys = ties.Ties(problem.needs.tie_key[rows], problem.openings.tie_key[openings], seed)
    chosen = ties.settle(graph, chosen, price, keys)
    exact = prices.primal(graph, chosen) == prices.dual(graph, price)
    assignment = today.copy()
    assignment[rows] = np.append(openings, -1)[graph.placed(chosen)]
    return Redone(assignment, np.flatnonzero(assignment != today).astype(np.int32), exact)


def _open_graph(
    problem: Problem, result: Result, table: tuple[Ints, Ints], accepted: NDArray[np.bool_], closed: Ints
) -> tuple[Graph, NDArray[np.int32]]:
    """The graph of these needs and openings without the closed pairs, and where each need is today."""
    rows, openings = table
    today, m = result.assignment, len(problem.openings)
    pairs, ptr = ragged(result.candidates.ptr, rows)
    keep = np.ones(len(pairs), dtype=np.bool_)
    found = np.searchsorted(pairs, closed)  # pairs rise with their rows
    found = found[found < len(pairs)]
    keep[found[np.isin(pairs[found], closed)]] = False
    need = np.repeat(np.arange(len(rows)), np.diff(ptr))[keep]
    pairs = pairs[keep]
    ptr = np.concatenate([[0], np.cumsum(np.bincount(need, minlength=len(rows)))]).astype(np.int64)
    local = np.full(m + 1, -1, dtype=np.int32)
    local[openings] = np.arange(len(openings), dtype=np.int32)
    held = np.bincount(today[accepted & (today >= 0)], minlength=m)
    cost, opening = result.candidates.cost[pairs].astype(np.int64), result.candidates.opening[pairs]
    if result.drawing.points:  # what chance gave counts as no worse than the best, so that the plan is optimal
        total = cost + result.prices[opening]
        best = np.full(len(rows), result.penalty.max())
        np.minimum.at(best, need, total)
        cost -= np.where(opening == today[rows][need], total - best[need], 0)
    graph = Graph(ptr, local[opening], cost, (problem.openings.places - held)[openings], result.penalty[rows])
    return graph, np.where(today[rows] >= 0, local[today[rows]], -1).astype(np.int32)


def _counting_moves(graph: Graph, was: NDArray[np.int32]) -> Graph:
    """The graph with costs that count changes behind everything else."""
    scale = graph.n + 1
    moves = graph.opening != was[graph.need]
    return replace(graph, cost=graph.cost * scale + moves, penalty=graph.penalty * scale + (was != -1))


def _with_places(graph: Graph, opening: int, more: int) -> Graph:
    places = graph.places.copy()
    places[opening] += more
    return replace(graph, places=places)


def _put_right(graph: Graph, plan: Proven, need: int, declined: int, place_lost: bool) -> None:
    """Make a plan optimal that is so but for `need`, which has just lost its place at `declined` (changes `plan`)."""
    if place_lost:
        plan.graph = _with_places(graph, declined, -1)
    else:
        fill(plan, declined, need)
    insert(plan, need)
