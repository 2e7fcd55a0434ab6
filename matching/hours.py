"""Hours that cannot be split: jobs of different size into agents of limited hours (generalized assignment).

A flow in which hours may be split gives a bound in a moment; CP-SAT then looks for the best plan that splits
nothing. What comes out carries its bound, and the gap between them is always told.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.flow import min_cost_flow
from matching.graph import Graph
from matching.packing import Packed, Packing, pack

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class HoursPlan:
    """A plan for unsplittable jobs."""

    assignment: NDArray[np.int32]
    """int32[jobs]: the agent of each job"""
    value: int
    """Total cost"""
    bound: int
    """No plan costs less"""
    flow_bound: int
    """The bound when hours may be split"""

    @property
    def gap(self) -> float:
        """(value - bound) / value, 0 when proved optimal."""
        return (self.value - self.bound) / self.value if self.value else 0.0

    @property
    def proven(self) -> bool:
        """No other plan is cheaper."""
        return self.value == self.bound


class NoPlan(RuntimeError):
    """The jobs do not fit, or no plan was found in the time given."""


def flow_bound(cost: Ints, use: Ints, capacity: Ints) -> tuple[int, Ints]:
    """A lower bound on every plan, and the hours of each job with each agent (int64[agents, jobs]) that give it.

    Job i needs at least w_i = min_j use_ji hours, so hours sent as a flow at cost c_ji / w_i an hour cost no more
    than any plan. Costs an hour are rounded down to whole numbers of a fine unit.
    """
    agents, jobs = cost.shape
    need = use.min(axis=0)
    if need.min(initial=1) < 1:
        raise ValueError("every job takes at least one hour")
    unit = max(1, (1 << 40) // max(int(np.abs(cost).max(initial=1)) * int(need.sum()), 1))
    rate = np.floor_divide(cost * unit, need)
    agent, job = np.divmod(np.arange(agents * jobs), jobs)
    fits = (use <= capacity[:, None]).ravel()
    sink = agents + jobs
    flows, value = min_cost_flow(
        np.concatenate([job[fits], jobs + np.arange(agents)]),
        np.concatenate([jobs + agent[fits], np.full(agents, sink)]),
        np.concatenate([np.broadcast_to(need, cost.shape).ravel()[fits], capacity]),
        np.concatenate([rate.ravel()[fits], np.zeros(agents, np.int64)]),
        np.concatenate([need, np.zeros(agents, np.int64), [-need.sum()]]),
    )
    hours = np.zeros(agents * jobs, dtype=np.int64)
    hours[fits] = flows[: int(fits.sum())]
    return -(-value // unit), hours.reshape(cost.shape)


def assign_hours(
    cost: Ints, use: Ints, capacity: Ints, *, seconds: float = 30.0, workers: int = 2, seed: int = 0
) -> HoursPlan:
    """The cheapest plan giving every job to one agent within the agents' capacity.

    Args:
        cost: int64[agents, jobs].
        use: int64[agents, jobs], hours each job takes with each agent, 1 or more.
        capacity: int64[agents].
        seconds: most time to search; the plan then carries its gap.
        workers: threads.
        seed: of the search.

    Raises:
        NoPlan: the jobs do not fit, or nothing was found in time.
        flow.NoFlow: not even split jobs fit.
    """
    from ortools.sat.python import cp_model

    split_bound, hours = flow_bound(cost, use, capacity)
    agents, jobs = cost.shape
    model = cp_model.CpModel()
    takes = [[model.new_bool_var("") for _ in range(jobs)] for _ in range(agents)]
    for job in range(jobs):
        model.add_exactly_one(takes[agent][job] for agent in range(agents))
    for agent in range(agents):
        model.add(sum(int(use[agent, job]) * takes[agent][job] for job in range(jobs)) <= int(capacity[agent]))
    total = sum(int(cost[agent, job]) * takes[agent][job] for agent in range(agents) for job in range(jobs))
    model.add(total >= split_bound)
    model.minimize(total)
    likely = hours.argmax(axis=0)
    for job in range(jobs):
        for agent in range(agents):
            model.add_hint(takes[agent][job], agent == likely[job])
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = seed
    solver.parameters.linearization_level = 2
    status = solver.solve(model)
    if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        raise NoPlan(f"no plan for {jobs} jobs with {agents} agents: {solver.status_name(status)}")
    plan = np.array([[solver.boolean_value(var) for var in row] for row in takes])
    bound = max(split_bound, int(np.ceil(solver.best_objective_bound - 1e-6)))
    return HoursPlan(plan.argmax(axis=0).astype(np.int32), int(cost[plan].sum()), bound, split_bound)


def units(graph: Graph, hours: NDArray[np.int32], counts_hours: NDArray[np.bool_]) -> Ints:
    """int64[E]: what each pair takes of its opening: the need's hours where it counts hours, else one place."""
    return np.where(counts_hours[graph.opening], hours[graph.need], 1).astype(np.int64)


def plan_hours(
    graph: Graph,
    hours: NDArray[np.int32],
    counts_hours: NDArray[np.bool_],
    tier: NDArray[np.int8],
    tiers: int,
    *,
    effort: float = 10.0,
    seed: int = 0,
) -> Packed:
    """Needs of whole hours into openings of limited hours, along pairs, tier by tier and then by cost.

    Args:
        graph: pairs; `places` are hours where `counts_hours` (bool[m]), else places.
        hours: int32[n], 1 or more.
        tier: int8[n], 1 is served first.
        tiers: T.
        effort: deterministic seconds to search (see `packing`); whatever is found carries its bounds.
        seed: of the search.
    """
    if hours.min(initial=1) < 1:
        raise ValueError("every need takes at least one hour")
    nobody = np.full(graph.m, -1, dtype=np.int32)
    free, no_fund = np.zeros(len(graph.opening), dtype=np.int64), np.zeros(0, dtype=np.int64)
    return pack(
        Packing(graph, tier, tiers, units(graph, hours, counts_hours), nobody, free, no_fund), effort=effort, seed=seed
    )


@dataclass(frozen=True, eq=False)
class Hours:
    """What a round says of the needs that were packed: of the types in which openings count hours or money is short."""

    needs: int
    openings: int
    served: Ints
    """int64[T]"""
    most: Ints
    """int64[T]: of each tier nobody can serve more, with the tiers before as they are"""
    cost: int
    cost_bound: int
    """With these numbers served no plan costs less"""
    value: int
    """`cost` and the penalties of the unmet among these needs"""
    value_bound: int
    """No plan that serves most of tier 1, then of tier 2 and so on has a lower value"""
    hours_left: int
    """Hours of the openings that count them"""
    hours_given: int
    """Of these, given to needs"""

    @property
    def gap(self) -> float:
        """(value - bound) / value; 0 when proved."""
        return (self.value - self.value_bound) / self.value if self.value else 0.0
