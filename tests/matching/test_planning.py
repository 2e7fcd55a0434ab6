"""What more places are worth: curves against solving again, purchases against trying all."""

from dataclasses import replace
from itertools import combinations_with_replacement

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Needs, Openings, Problem, solve
from matching.cells import Cell, usual, with_cells
from matching.params import Params
from matching.planning import Ground, allocate, blocks, buy, curve, ground
from tests.matching.small import PARAMS, problems, with_places

many = settings(max_examples=60, deadline=None)
LOW = 321181_001_000


def _cells(problem: Problem, radius: float | None = None) -> list[Cell]:
    """Two villages and both types."""
    kinds = sorted(set(problem.needs.service_type.tolist()))
    return [
        Cell(kind, LOW + village, LOW + village, 32.0, 119.0 + 0.05 * village, radius)
        for kind in kinds
        for village in range(2)
    ]


def _value(there: Ground, more: dict[int, int]) -> tuple[int, list[int]]:
    """Value and people served by tier with so many more places, solved anew."""
    problem = there.problem
    for opening, count in more.items():
        problem = with_places(problem, opening, count)
    again = solve(problem, replace(PARAMS, nearest_per_class=10_000))
    penalty = (again.tiers - problem.needs.tier.astype(np.int64) + 1) * there.base
    return int(penalty[again.assignment < 0].sum()) + again.cost, again.served.tolist()


@many
@given(problems(), st.sampled_from([None, 3.0]))
def test_each_step_of_a_curve_is_what_solving_again_gives(problem: Problem, radius: float | None) -> None:
    there = ground(problem, PARAMS, _cells(problem, radius))
    for block in blocks(there, range(there.parts.graph.m)):
        for opening in block.openings.tolist():
            steps = curve(block, opening, 4)
            before, served = _value(there, {})
            assert [step.gain for step in steps] == sorted((step.gain for step in steps), reverse=True)
            for count, step in enumerate(steps, 1):
                after, now = _value(there, {opening: count})
                assert before - after == step.gain
                newly = (np.array(now) - served).tolist()
                assert newly == [int(tier == step.tier) for tier in range(1, 5)]
                assert there.problem.needs.tier[step.need] == step.tier
                before, served = after, now
            if len(steps) < 4:
                assert sum(_value(there, {opening: len(steps) + 1})[1]) == sum(served)


@settings(max_examples=40, deadline=None)
@given(problems(most_needs=9, most_openings=4), st.integers(1, 3))
def test_taking_the_best_place_each_time_is_the_best_of_all_spreads(problem: Problem, places: int) -> None:
    """Also where cells take people from each other: two cells with a radius reach the same people."""
    there = ground(problem, PARAMS, [*_cells(problem, 6.0), *_cells(problem)])
    taken = allocate(blocks(there, there.cells), there.cells, places)
    whole = _value(there, {})[0]
    assert all(step.opening in there.cells for step in taken)
    spread = {opening: sum(step.opening == opening for step in taken) for opening in there.cells}
    served = _value(there, spread)[1]
    best = [
        _value(there, {cell: tried.count(cell) for cell in tried})
        for tried in combinations_with_replacement(there.cells, places)
    ]
    assert served == max((tried for _, tried in best), key=lambda tried: tried)
    if len(taken) == places:
        assert whole - sum(step.gain for step in taken) == min(value for value, _ in best)


@settings(max_examples=40, deadline=None)
@given(problems(most_needs=9, most_openings=4), st.data())
def test_a_purchase_stays_within_its_budget_and_its_bound_holds(problem: Problem, data: st.DataObject) -> None:
    there = ground(problem, PARAMS, _cells(problem, 6.0))
    cost = {cell: data.draw(st.integers(0, 5)) for cell in there.cells}
    budget, places = data.draw(st.integers(0, 9)), 3
    found = blocks(there, there.cells)
    curves = {cell: curve(block, cell, places) for block in found for cell in block.openings.tolist() if cell in cost}
    bought = buy(found, cost, budget, places, curves)
    assert bought.spent == sum(cost[step.opening] for step in bought.steps) <= budget
    assert len(bought.steps) <= places
    start = np.cumsum(_value(there, {})[1])
    ours = bought.newly(4)
    spread = {cell: sum(step.opening == cell for step in bought.steps) for cell in there.cells}
    if found:
        assert (np.cumsum(_value(there, spread)[1]) - start).tolist() == ours
    for count in range(places + 1):
        for tried in combinations_with_replacement(there.cells, count):
            if sum(cost[cell] for cell in tried) <= budget and found:
                reached = np.cumsum(_value(there, {cell: tried.count(cell) for cell in tried})[1]) - start
                assert all(reached <= bought.bounds)
    assert all(mine <= most for mine, most in zip(ours, bought.bounds, strict=False))


def test_with_one_price_a_budget_buys_the_best_places() -> None:
    needs = Needs.make(4, service_type=0, tier=[3, 1, 2, 1], area=[LOW, LOW, LOW + 1, LOW + 1], age=40)
    there = ground(Problem(needs, Openings.make(0)), PARAMS, [Cell(0, LOW, LOW), Cell(0, LOW + 1, LOW + 1)])
    found = blocks(there, there.cells)
    curves = {cell: curve(block, cell, 3) for block in found for cell in block.openings.tolist()}
    assert [[step.tier for step in curves[cell]] for cell in (0, 1)] == [[1, 3], [1, 2]]
    bought = buy(found, {0: 100, 1: 100}, 350, 10, curves)
    assert sorted(step.tier for step in bought.steps) == [1, 1, 2]
    assert bought.newly(4) == bought.bounds == [2, 3, 3, 3]


def test_a_cheap_place_may_cost_an_urgent_person_and_the_bound_says_so() -> None:
    """One critical person for 300 or three low ones for 100 each: urgency goes first, the bound tells of three."""
    needs = Needs.make(4, service_type=[0, 1, 1, 1], tier=[1, 4, 4, 4], area=LOW, age=40)
    there = ground(Problem(needs, Openings.make(0)), PARAMS, [Cell(0, LOW, LOW), Cell(1, LOW, LOW)])
    found = blocks(there, there.cells)
    curves = {cell: curve(block, cell, 5) for block in found for cell in block.openings.tolist()}
    bought = buy(found, {0: 300, 1: 100}, 300, 5, curves)
    assert bought.newly(4) == [1, 1, 1, 1]
    assert bought.bounds == [1, 1, 1, 3]


def test_a_new_opening_asks_what_all_of_its_type_ask() -> None:
    openings = Openings.make(
        3, service_type=[0, 0, 1], min_age=[60, 70, 18], max_age=[-1, 90, 60], statuses_any=[1, 2, 4], sex=[2, 2, 0],
        units_per_place=[4.0, 8.0, np.nan],
    )  # fmt: skip
    given_ = Problem(Needs.make(2, service_type=[0, 1], age=[65, 30], sex=2, statuses=3, area=LOW), openings)
    assert usual(given_, 0) | {} == {
        "statuses_any": 3, "features_any": 0, "sex": 2, "min_age": 60, "max_age": -1, "units_per_place": 8.0,
        "quality": 500, "p_accept": 1.0, "p_complete": 1.0,
    }  # fmt: skip
    assert usual(given_, 1)["max_age"] == 60
    assert usual(given_, 7) == {}
    whole = with_cells(given_, [Cell(0, LOW, LOW)])
    assert whole.openings.min_age.tolist() == [60, 70, 18, 60]
    assert whole.openings.places[-1] == 0


def test_a_radius_reaches_over_the_border_and_without_a_point_the_area_counts() -> None:
    needs = Needs.make(2, latitude=[32.0, 32.0], longitude=[119.0, 119.02], area=[LOW, LOW + 1], age=40)
    cells = [
        Cell(0, LOW, LOW, 32.0, 119.0, 5.0),
        Cell(0, LOW, LOW, 32.0, 119.0, None),
        Cell(0, LOW, LOW, radius_km=5.0),
    ]
    there = ground(Problem(needs, Openings.make(0)), PARAMS, cells)
    assert np.bincount(there.parts.graph.opening).tolist() == [2, 1, 1]


def test_types_that_count_hours_have_no_curve() -> None:
    openings = Openings.make(2, service_type=[0, 1], places=[10, 0], counts_hours=[True, False])
    given_ = Problem(Needs.make(2, service_type=[0, 1], age=40, area=LOW), openings)
    there = ground(given_, Params(), [Cell(1, LOW, LOW)])
    assert there.skipped == {0}
    assert there.chosen.tolist() == [-1, -1]
    assert [step.need for step in curve(blocks(there, there.cells)[0], 2, 5)] == [1]
    with pytest.raises(ValueError, match="hours"):
        ground(given_, Params(), [Cell(0, LOW, LOW)])
