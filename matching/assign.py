"""A round: find the pairs, solve, price, prove, explain."""

from __future__ import annotations

import numpy as np

from matching import extras, fairness
from matching.params import Params
from matching.plan import Clock, Plan, best_plan, fair_plan
from matching.problem import Problem
from matching.restore import Order
from matching.result import Result
from matching.telling import tell

__all__ = ["Clock", "best_plan", "solve"]


def solve(problem: Problem, params: Params, *, seed: int = 0) -> Result:
    """The best plan for the problem, with its proof, its prices and its reasons.

    The same problem, parameters and seed give the same plan, in whatever order the rows come. The result's
    `certificate.exact` says that no plan over all feasible pairs (and, where asked for, floors) is better. Hours that
    cannot be split, funds that are short and bundles are searched: then `certificate`, `hours` and `together` hold a
    bound beside the value, and no more is claimed (see `extras`).

    Raises:
        flow.Overflow: the problem is too large for exact 64-bit sums.
        prices.NotOptimal: the solver's plan is not optimal (a fault in the solver).
    """
    if extras.wanted(problem, params):
        return extras.solve(problem, params, seed, _plain)
    return _plain(problem, params, seed)


def _plain(problem: Problem, params: Params, seed: int) -> Result:
    """Without hours, funds and bundles."""
    clock = Clock()
    with clock.part("order"):
        order = Order.of(problem)
        problem = problem.rearranged(order.needs, order.openings)
    settled = 0 if params.draw_within else seed  # what chance decides must not hang on the seed before it is drawn
    free = best_plan(problem, params, seed=settled, clock=clock)
    plan = _with_floors(problem, params, free, settled, clock) if fairness.wanted(problem, params) else free
    return tell(problem, params, free, plan, order, seed, clock)


def _with_floors(problem: Problem, params: Params, free: Plan, seed: int, clock: Clock) -> Plan:
    group, groups = problem.needs.group, problem.groups
    with clock.part("floors"):
        need = np.concatenate([free.candidates.need(), free.left.need])
        opening = np.concatenate([free.candidates.opening, free.left.opening])
        reach = fairness.Reach(need, opening, problem.openings.places.astype(np.int64), group, groups)
        served = fairness.count(group[free.chosen >= 0], groups)
        pools = fairness.pools(problem, params, reach, served, free.tiers)
    return fair_plan(problem, params, free, pools, seed=seed, clock=clock)
