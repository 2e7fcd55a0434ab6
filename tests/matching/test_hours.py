"""Hours that cannot be split."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.flow import NoFlow
from matching.hours import NoPlan, assign_hours, flow_bound


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_the_plan_is_the_cheapest_that_fits_and_no_bound_lies_above_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cost, use = rng.integers(0, 30, (3, 6)), rng.integers(1, 9, (3, 6))
    capacity = rng.integers(10, 25, 3)
    totals = [
        int(cost[list(plan), range(6)].sum())
        for plan in product(range(3), repeat=6)
        if all(
            use[agent, [job for job in range(6) if plan[job] == agent]].sum() <= capacity[agent] for agent in range(3)
        )
    ]
    if not totals:
        with pytest.raises((NoPlan, NoFlow)):
            assign_hours(cost, use, capacity, workers=1)
        return
    plan = assign_hours(cost, use, capacity, workers=1)
    assert plan.value == min(totals) == plan.bound
    assert plan.proven
    assert plan.gap == 0
    assert flow_bound(cost, use, capacity)[0] == plan.flow_bound <= plan.value
    assert cost[plan.assignment, range(6)].sum() == plan.value


def test_jobs_that_do_not_fit_unsplit_are_said_not_to_fit() -> None:
    with pytest.raises(NoPlan):
        assign_hours(np.ones((2, 3), int), np.full((2, 3), 2), np.array([3, 3]), workers=1)
    with pytest.raises(NoFlow):
        assign_hours(np.ones((1, 2), int), np.full((1, 2), 2), np.array([3]), workers=1)
    with pytest.raises(ValueError, match="at least one hour"):
        assign_hours(np.ones((1, 2), int), np.zeros((1, 2), int), np.array([3]), workers=1)
