"""Why each need came out as it did, and the least that would change it. All from arrays, after the solve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching import scoring
from matching.eligibility import Pairs, Rule
from matching.graph import Graph
from matching.params import Params
from matching.problem import Problem
from matching.result import Change, NearFailing, Reason, Reasons, Why

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Solved:
    """What the explanations are drawn from."""

    problem: Problem
    params: Params
    tiers: int
    graph: Graph
    """Pairs cheapest first within each need"""
    km: NDArray[np.float32]
    """float32[E]"""
    chosen: Ints
    gain: Ints
    loss: Ints
    root: NDArray[np.int32]
    """int32[m]: the need newly served by one more place"""
    near: NearFailing
    other: NDArray[np.int32]
    """int32[n]: the opening that a coin could have given instead; -1 none"""


def lonely(graph: Graph) -> NDArray[np.bool_]:
    """bool[n]: no opening with a place fits."""
    usable = graph.places[graph.opening] > 0
    return np.asarray(np.bincount(graph.need, usable, minlength=graph.n) == 0)


def explain(solved: Solved) -> Reasons:
    """The reasons of every need."""
    graph, openings, n = solved.graph, solved.problem.openings, solved.graph.n
    kinds = solved.problem.needs.service_type
    size = 1 + int(max(kinds.max(initial=0), openings.service_type.max(initial=0)))
    offered = np.bincount(openings.service_type, minlength=size)[kinds].astype(np.int32)
    matched = solved.chosen >= 0
    code = np.select(
        [matched, offered == 0, lonely(graph)], [Reason.MATCHED, Reason.NO_SERVICE, Reason.NO_PAIR], Reason.PRICED_OUT
    ).astype(np.int8)
    rank = np.where(matched, solved.chosen - graph.ptr[:-1] + 1, 0).astype(np.int32)
    other = _alternatives(solved, rank)
    reasons = Reasons(
        code=code,
        change=np.where(code == Reason.NO_SERVICE, Change.OFFER, Change.NONE).astype(np.int8),
        opening=np.full(n, -1, dtype=np.int32),
        rules=np.zeros(n, dtype=np.uint32),
        distance_km=np.full(n, np.nan),
        excess_km=np.full(n, np.nan),
        ahead=np.zeros(n, dtype=np.int32),
        offered=offered,
        fitting=np.diff(graph.ptr).astype(np.int32),
        rank=rank,
        held=_held(solved, code == Reason.PRICED_OUT),
        alternative=other.opening,
        alternative_why=other.why,
        alternative_extra=other.extra,
        alternative_rules=other.rules,
    )
    _queue(solved, reasons)
    _one_place(solved, reasons)
    _rules(solved, reasons)
    return reasons


def _held(solved: Solved, wanted: NDArray[np.bool_]) -> NDArray[np.int32]:
    """int32[n, T]: places at the fitting openings of the wanted needs, by the tier that holds them."""
    graph = solved.graph
    placed = graph.placed(solved.chosen)
    tier = solved.problem.needs.tier[placed >= 0] - 1
    at = np.bincount(placed[placed >= 0] * solved.tiers + tier, minlength=graph.m * solved.tiers)
    held = np.zeros((graph.n, solved.tiers), dtype=np.int32)
    rows = np.flatnonzero(wanted & (np.diff(graph.ptr) > 0))
    if len(rows):
        pairs = np.flatnonzero(wanted[graph.need])
        starts = np.searchsorted(graph.need[pairs], rows)
        held[rows] = np.add.reduceat(at.reshape(graph.m, solved.tiers)[graph.opening[pairs]], starts, axis=0)
    return held


def _tell(solved: Solved, reasons: Reasons, rows: Ints, pairs: Ints, change: Change) -> None:
    reasons.change[rows] = change
    reasons.opening[rows] = solved.graph.opening[pairs]
    reasons.distance_km[rows] = solved.km[pairs]


def _queue(solved: Solved, reasons: Reasons) -> None:
    """For unmet needs that fit somewhere: the opening with the fewest unmet needs before them."""
    graph = solved.graph
    pairs = np.flatnonzero((solved.chosen < 0)[graph.need])
    if not len(pairs):
        return
    saved = graph.penalty[graph.need[pairs]] - graph.cost[pairs]
    order = np.lexsort((-saved, graph.opening[pairs]))
    head = graph.opening[pairs][order]
    ahead = np.empty(len(pairs), dtype=np.int64)
    ahead[order] = np.arange(len(pairs)) - np.searchsorted(head, head)
    best = pairs[np.lexsort((ahead, graph.need[pairs]))]
    _, first = np.unique(graph.need[best], return_index=True)
    best = best[first]
    rows = graph.need[best].astype(np.int64)
    _tell(solved, reasons, rows, best, Change.PLACES)
    reasons.ahead[rows] = np.maximum(ahead[np.searchsorted(pairs, best)], 1)
    reasons.rules[rows] = np.where(reasons.code[rows] == Reason.NO_PAIR, Rule.NO_PLACES, 0)


def _one_place(solved: Solved, reasons: Reasons) -> None:
    """For unmet needs at the end of a chain: the opening where one more place serves them and gains most."""
    graph = solved.graph
    openings = np.flatnonzero((solved.root >= 0) & (solved.gain > 0))
    openings = openings[np.lexsort((-solved.gain[openings], solved.root[openings]))]
    rows, first = np.unique(solved.root[openings], return_index=True)
    reasons.change[rows] = Change.PLACE
    reasons.opening[rows] = openings[first]
    reasons.ahead[rows] = 0
    reasons.distance_km[rows] = np.nan
    own = np.flatnonzero(reasons.opening[graph.need] == graph.opening)
    own = own[reasons.change[graph.need[own]] == Change.PLACE]
    reasons.distance_km[graph.need[own]] = solved.km[own]


def _rules(solved: Solved, reasons: Reasons) -> None:
    """For unmet needs with a near miss: the fewest rules whose meeting serves them, or that stand in the way.

    A pair let in serves its need for sure where the need saves more than the place it takes is worth.
    """
    near, graph, openings = solved.near, solved.graph, solved.problem.openings
    rows = np.flatnonzero(solved.chosen[near.need] < 0)
    if not len(rows):
        return
    need, opening, mask, km = near.need[rows], near.opening[rows], near.mask[rows], near.distance_km[rows]
    cost = scoring.score(Pairs(solved.problem, need, opening, km), solved.params).sum(axis=0, dtype=np.int64)
    taken = np.where(graph.places[opening] > 0, solved.loss[opening], solved.gain[opening])
    sure = graph.penalty[need] - cost > taken
    alone = (reasons.code[need] == Reason.NO_PAIR) & (reasons.change[need] != Change.PLACE)
    free = (np.bitwise_count(mask) == 1) & (solved.loss[opening] == 0)
    useful = np.flatnonzero((alone & (sure | (reasons.fitting[need] == 0))) | free)
    best = useful[np.lexsort((km[useful], ~sure[useful], np.bitwise_count(mask[useful]), need[useful]))]
    who, first = np.unique(need[best], return_index=True)
    best = best[first]
    reasons.change[who] = np.where(sure[best], Change.RULE, Change.NONE)
    reasons.opening[who] = opening[best]
    reasons.rules[who] = mask[best]
    reasons.ahead[who] = 0
    reasons.distance_km[who] = km[best]
    beyond = (mask[best] & Rule.RADIUS) > 0
    reasons.excess_km[who] = np.where(beyond, km[best] - openings.radius_km[opening[best]], np.nan)


class Others(NamedTuple):
    """Columns of the alternatives, each [n, a]."""

    opening: NDArray[np.int32]
    extra: NDArray[np.int32]
    why: NDArray[np.int8]
    rules: NDArray[np.uint32]


def _alternatives(solved: Solved, rank: NDArray[np.int32]) -> Others:
    """The next openings of each matched need: fitting ones in the order of cost, then near misses."""
    graph, near, most = solved.graph, solved.near, solved.params.alternatives
    shape = (graph.n, most)
    opening, extra = np.full(shape, -1, dtype=np.int32), np.zeros(shape, dtype=np.int32)
    why, rules = np.zeros(shape, dtype=np.int8), np.zeros(shape, dtype=np.uint32)
    matched = np.flatnonzero(rank > 0)
    others = np.minimum(np.diff(graph.ptr)[matched] - 1, most)
    near_start = np.searchsorted(near.need, matched)
    near_count = np.searchsorted(near.need, matched, side="right") - near_start
    paid = graph.cost[solved.chosen[matched]]
    for column in range(most):
        here = np.flatnonzero(column < others)
        who = matched[here]
        pair = graph.ptr[who] + column + (column >= rank[who] - 1)
        opening[who, column] = graph.opening[pair]
        extra[who, column] = graph.cost[pair] - paid[here]
        full = (extra[who, column] < 0) | (extra[who, column] == 0) & (solved.gain[graph.opening[pair]] > 0)
        why[who, column] = np.where(full, Why.FULL, Why.DEARER)
        why[who[opening[who, column] == solved.other[who]], column] = Why.DRAWN
        here = np.flatnonzero((column >= others) & (column - others < near_count))
        who, miss = matched[here], (near_start + column - others)[here]
        opening[who, column], rules[who, column] = near.opening[miss], near.mask[miss]
        why[who, column] = Why.FAILED
    return Others(opening, extra, why, rules)
