"""Money that several openings draw on: never more than is left, and what more of it would buy.

Each fund is one row over the yuan of all pairs that draw on it. Its price, from the relaxation, is Lagrange's: what
one more yuan saves. Where a fund is not scarce its price is 0 and the plan is the one without it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.graph import Graph
from matching.packing import Packed, Packing, pack

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Budgets:
    """What a plan takes of each of F funds, and what more of it would do."""

    left: Ints
    """int64[F]: yuan left before"""
    proposed: Ints
    """int64[F]: yuan the plan takes, never above `left`"""
    wanted: Ints
    """int64[F]: yuan of all needs that fit an opening of the fund, whether served or not"""
    price: NDArray[np.float64]
    """float64[F]: points that one more yuan saves at the margin, with the numbers served as they are"""
    people: NDArray[np.float64]
    """float64[F, T]: people of each tier that one more yuan serves at the margin of the relaxation"""


def amounts(graph: Graph, amount: Ints, fund: NDArray[np.int32]) -> Ints:
    """int64[E]: yuan each pair takes: the need's amount where the opening draws on a fund, else 0."""
    return np.where(fund[graph.opening] >= 0, amount[graph.need], 0).astype(np.int64)


def overdrawn(graph: Graph, chosen: Ints, amount: Ints, fund: NDArray[np.int32], left: Ints) -> NDArray[np.bool_]:
    """bool[F]: funds of which a plan takes more than is left."""
    return np.asarray(taken(graph, chosen, amount, fund, len(left)) > left)


def taken(graph: Graph, chosen: Ints, amount: Ints, fund: NDArray[np.int32], funds: int) -> Ints:
    """int64[F]: yuan a plan takes of each fund."""
    placed = graph.placed(chosen)
    drawn = np.flatnonzero((placed >= 0) & (np.append(fund, -1)[placed] >= 0))
    total = np.zeros(funds, dtype=np.int64)
    np.add.at(total, fund[placed[drawn]], amount[drawn])
    return total


def report(packing: Packing, packed: Packed, chosen: Ints) -> Budgets:
    """What a plan (int64[n], pairs of `packing`) says of its funds; `packed` holds the prices."""
    graph = packing.graph
    fund = packing.fund[graph.opening]
    drawn = np.flatnonzero(fund >= 0)
    wanted = np.zeros(len(packing.left), dtype=np.int64)
    _, first = np.unique(graph.need[drawn].astype(np.int64) * (len(wanted) + 1) + fund[drawn], return_index=True)
    np.add.at(wanted, fund[drawn[first]], packing.money[drawn[first]])
    _, proposed = packing.used(chosen)
    return Budgets(packing.left, proposed, wanted, packed.fund_price, packed.fund_people)


def plan_budgets(  # noqa: PLR0917
    graph: Graph,
    amount: Ints,
    fund: NDArray[np.int32],
    left: Ints,
    tier: NDArray[np.int8],
    tiers: int,
    *,
    effort: float = 10.0,
    seed: int = 0,
) -> tuple[Packed, Budgets]:
    """One place a pair, and of the fund of its opening the need's amount; tier by tier, then by cost.

    Args:
        graph: pairs.
        amount: int64[n], yuan.
        fund: int32[m], -1 where none limits.
        left: int64[F], yuan.
        tier: int8[n], 1 is served first.
        tiers: T.
        effort: deterministic seconds to search (see `packing`); whatever is found carries its bounds.
        seed: of the search.
    """
    ones = np.ones(len(graph.opening), dtype=np.int64)
    packing = Packing(graph, tier, tiers, ones, fund, amounts(graph, amount, fund), left)
    packed = pack(packing, effort=effort, seed=seed)
    return packed, report(packing, packed, packed.chosen)
