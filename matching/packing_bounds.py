"""The relaxation of a packing, its prices, and the bound they prove in whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array

if TYPE_CHECKING:
    from matching.packing import Packing

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

FIRST_PAIRS = 10
"""Pairs of each need that the relaxation begins with."""
MOST_TURNS = 6
"""How often pairs left out are taken in at most; the bound holds in any case."""
NEAR = 1e-6


class NoRelaxation(RuntimeError):
    """The linear program gave up; the message holds its status."""


@dataclass(frozen=True, eq=False)
class Prices:
    """Of the relaxation: each in the objective's points."""

    opening: Floats
    """float64[m]: of one unit of each opening, 0 or more"""
    fund: Floats
    """float64[F]: of one yuan"""
    tier: Floats
    """float64[T']: of one person more that must be served of each tier with a number due"""
    due: Ints
    """int64[T']: how many of each tier must be served"""
    need: Floats | None = None
    """float64[n]: of serving each need once, 0 or more, where it is known"""


def reduced(packing: Packing, objective: Ints, prices: Prices) -> Floats:
    """float64[E]: what each pair costs when its units, its yuan and the person served are paid or earned."""
    graph = packing.graph
    total = objective + packing.use * prices.opening[graph.opening]
    total += packing.money * np.append(prices.fund, 0.0)[packing.fund[graph.opening]]
    return np.asarray(total - _of_tier(packing, prices)[graph.need])


def bound(packing: Packing, objective: Ints, asked: Mask, prices: Prices) -> int:
    """No plan that serves the numbers due has a lower objective; whole numbers over every pair, whatever the prices.

    Of each need the cheapest pair at the prices, or none, less what all units and yuan are worth: a relaxation
    for any prices of 0 or more (Lagrange). Prices are rounded to multiples of 1 / scale, so the sum is exact.
    """
    graph = packing.graph
    largest = max(
        float(np.abs(objective).max(initial=1)),
        float((packing.use * prices.opening[graph.opening]).max(initial=1)),
        float((packing.money * np.append(prices.fund, 0.0)[packing.fund[graph.opening]]).max(initial=1)),
        float(np.abs(prices.tier).max(initial=1)),
        float((prices.opening * graph.places).sum() / max(graph.n, 1)),
        float((prices.fund * packing.left).sum() / max(graph.n, 1)),
    )
    scale = 1 << max(0, min(40, 58 - int(np.ceil(np.log2(largest * max(graph.n + graph.m, 1) * 8)))))
    opening = np.rint(np.maximum(prices.opening, 0) * scale).astype(np.int64)
    fund = np.rint(np.maximum(prices.fund, 0) * scale).astype(np.int64)
    tier = np.rint(prices.tier * scale).astype(np.int64)
    earned = np.zeros(packing.tiers + 1, dtype=np.int64)
    earned[1 : len(tier) + 1] = tier
    total = objective * scale + packing.use * opening[graph.opening] - earned[packing.tier[graph.need]]
    total += packing.money * np.append(fund, 0)[packing.fund[graph.opening]]
    least = np.zeros(graph.n, dtype=np.int64)
    rows = np.flatnonzero(np.diff(graph.ptr) > 0)
    if len(rows):
        least[rows] = np.minimum(np.minimum.reduceat(total, graph.ptr[rows]), 0)
    least[~asked] = 0
    value = int(least.sum()) + int((tier * prices.due).sum())
    value -= int((opening * graph.places).sum()) + int((fund * packing.left).sum())
    return -(-value // scale)


def relaxed(
    packing: Packing, objective: Ints, asked: Mask, due: Ints, first: Mask | None = None
) -> tuple[Prices, Floats]:
    """The prices of the relaxation, and how much of each pair it uses (float64[E], 0..1).

    Args:
        packing: the problem.
        objective: int64[E], to be made least.
        asked: bool[n]: the others are not served.
        due: int64[T']: of tiers 1..T' exactly so many are served.
        first: bool[E]: pairs that serve so many; without them the cheapest pairs of each need may not be enough.
    """
    graph = packing.graph
    share = np.zeros(len(graph.opening))
    active = _first_pairs(packing, asked)
    if first is not None:
        active |= first & asked[graph.need]
    prices = Prices(np.zeros(graph.m), np.zeros(len(packing.left)), np.zeros(len(due)), due, np.zeros(graph.n))
    for _ in range(MOST_TURNS):
        pairs = np.flatnonzero(active)
        if not len(pairs):
            break
        prices, used = _program(packing, objective, pairs, due)
        share[:] = 0.0
        share[pairs] = used
        helpful = (
            (reduced(packing, objective, prices) + _of_need(prices)[graph.need] < -NEAR) & ~active & asked[graph.need]
        )
        if not helpful.any():
            break
        active |= helpful
    return prices, share


def _first_pairs(packing: Packing, asked: Mask) -> Mask:
    """bool[E]: the cheapest pairs of each need asked."""
    graph = packing.graph
    order = np.lexsort((graph.cost, graph.need))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - graph.ptr[:-1][graph.need[order]]
    return np.asarray((rank < FIRST_PAIRS) & asked[graph.need])


def _program(packing: Packing, objective: Ints, pairs: Ints, due: Ints) -> tuple[Prices, Floats]:
    """Prices and the share of each pair, by HiGHS' interior point."""
    graph = packing.graph
    n, m, funds = graph.n, graph.m, len(packing.left)
    need, opening, column = graph.need[pairs], graph.opening[pairs], np.arange(len(pairs))
    fund = packing.fund[opening]
    paid = np.flatnonzero((fund >= 0) & (packing.money[pairs] > 0))
    limits = csr_array(
        (
            np.concatenate([np.ones(len(pairs)), packing.use[pairs], packing.money[pairs][paid]]),
            (np.concatenate([need, n + opening, n + m + fund[paid]]), np.concatenate([column, column, paid])),
        ),
        shape=(n + m + funds, len(pairs)),
    )
    counted = np.flatnonzero(packing.tier[need] <= len(due))
    numbers = csr_array(
        (np.ones(len(counted)), (packing.tier[need[counted]] - 1, counted)), shape=(len(due), len(pairs))
    )
    solved = linprog(
        objective[pairs].astype(np.float64),
        A_ub=limits,
        b_ub=np.concatenate([np.ones(n), graph.places, packing.left]),
        A_eq=numbers if len(due) else None,
        b_eq=due if len(due) else None,
        bounds=(0, None),
        method="highs-ipm",
    )
    if solved.x is None or solved.ineqlin.marginals is None:
        raise NoRelaxation(str(solved.message))
    rows = np.maximum(-np.asarray(solved.ineqlin.marginals), 0.0)
    tier = np.asarray(solved.eqlin.marginals) if len(due) else np.zeros(0)
    return Prices(rows[n : n + m], rows[n + m :], tier, due, rows[:n]), np.asarray(solved.x)


def _of_need(prices: Prices) -> Floats:
    return np.zeros(0) if prices.need is None else prices.need


def _of_tier(packing: Packing, prices: Prices) -> Floats:
    """float64[n]: what serving each need earns by the number due of its tier."""
    earned = np.zeros(packing.tiers + 1)
    earned[1 : len(prices.tier) + 1] = prices.tier
    return np.asarray(earned[packing.tier])
