"""Min-cost flow in whole numbers, by OR-tools, with the bounds that keep 64-bit sums exact."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

LIMIT = 1 << 62


class Overflow(ArithmeticError):
    """Costs are too large for exact 64-bit sums at this size."""


class NoFlow(RuntimeError):
    """Supplies cannot reach the demands, or the solver gave up; the message holds its status."""


def min_cost_flow(
    tails: ArrayLike, heads: ArrayLike, capacity: ArrayLike, cost: ArrayLike, supply: ArrayLike
) -> tuple[NDArray[np.int64], int]:
    """The flow on each arc (int64[arcs]) and its total cost.

    Nodes are 0..len(supply) - 1; `supply` is negative for a demand and sums to 0; lower bounds are 0.

    Raises:
        Overflow: (max |cost|) * (nodes + 1) or the total cost could pass 2**62.
        NoFlow: there is no feasible flow.
    """
    costs, capacities = np.asarray(cost, dtype=np.int64), np.asarray(capacity, dtype=np.int64)
    supplies = np.asarray(supply, dtype=np.int64)
    highest = int(np.abs(costs).max(initial=0))
    shipped = int(supplies[supplies > 0].sum())
    if highest * (len(supplies) + 1) >= LIMIT or highest * max(shipped, 1) >= LIMIT:
        raise Overflow(f"cost {highest} is too large for {len(supplies)} nodes and {shipped} units")
    solver = SimpleMinCostFlow()
    solver.add_arcs_with_capacity_and_unit_cost(
        np.asarray(tails, dtype=np.int32), np.asarray(heads, dtype=np.int32), capacities, costs
    )
    solver.set_nodes_supplies(np.arange(len(supplies), dtype=np.int32), supplies)
    status = solver.solve()
    if status != solver.OPTIMAL:
        raise NoFlow(f"min-cost flow: {status}")
    flows = np.asarray(solver.flows(np.arange(len(costs), dtype=np.int32)), dtype=np.int64)
    return flows, int((flows * costs).sum())
