"""What a place is worth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Needs, Openings, Problem, solve
from matching.flow import Overflow, min_cost_flow
from matching.graph import Graph
from matching.prices import NotOptimal, dual, gains, primal
from matching.transport import penalties
from tests.matching.small import PARAMS, problems, with_places

many = settings(max_examples=70, deadline=None)


@many
@given(problems(), st.data())
def test_gain_and_loss_are_what_solving_again_gives(problem: Problem, data: st.DataObject) -> None:
    result = solve(problem, PARAMS)
    opening = data.draw(st.integers(0, len(problem.openings) - 1))
    again = solve(with_places(problem, opening, 1), PARAMS)
    tiers = again.served - result.served
    assert result.value - again.value == result.gain[opening]
    assert again.cost - result.cost == result.gain_cost[opening]
    assert tiers.tolist() == [int(tier == result.gain_tier[opening]) for tier in range(1, 5)]
    if problem.openings.places[opening]:
        fewer = solve(with_places(problem, opening, -1), PARAMS)
        assert fewer.value - result.value == result.loss[opening]
        lost = result.served - fewer.served
        assert lost.tolist() == [int(tier == result.loss_tier[opening]) for tier in range(1, 5)]
    else:
        assert result.loss[opening] == -1


@many
@given(problems())
def test_following_a_chain_gives_the_gain(problem: Problem) -> None:
    result = solve(problem, PARAMS)
    pair_cost = {
        (i, int(j)): int(c)
        for i in range(len(problem.needs))
        for j, c in zip(
            result.candidates.opening[result.candidates.of(i)],
            result.candidates.cost[result.candidates.of(i)],
            strict=True,
        )
    }
    penalty = (result.tiers - problem.needs.tier.astype(int) + 1) * result.base
    for opening, chain in enumerate(result.chains):
        assert bool(chain) == (result.gain[opening] > 0)
        saved, at = 0, opening
        for need, origin, goal in chain:
            assert goal == at
            assert result.assignment[need] == origin
            saved += (penalty[need] if origin < 0 else pair_cost[need, origin]) - pair_cost[need, goal]
            at = origin
        assert saved == result.gain[opening]


def test_the_chain_tells_who_moves_and_who_is_newly_served() -> None:
    """X fits A and B and sits at B; Y fits B alone. One more place at A lets X move there and Y take B."""
    needs = Needs.make(2, tier=[1, 2], statuses=[0b11, 0b10], age=40)
    openings = Openings.make(2, places=[0, 1], statuses_any=[0b01, 0b10])
    result = solve(Problem(needs, openings), PARAMS)
    assert result.assignment.tolist() == [1, -1]
    assert result.chains[0] == ((0, 1, 0), (1, -1, 1))
    assert result.gain_tier.tolist() == [2, 2]


def _graph(places: list[int]) -> Graph:
    return Graph(
        np.array([0, 2, 4]),
        np.array([0, 1, 0, 1], dtype=np.int32),
        np.array([1, 5, 2, 9]),
        np.array(places),
        np.array([100, 100]),
    )


def test_a_plan_that_can_be_bettered_is_not_proved() -> None:
    crossed = np.array([0, 3])
    with pytest.raises(NotOptimal):
        gains(_graph([1, 1]), crossed)
    best = np.array([1, 2])
    prices = gains(_graph([1, 1]), best)
    assert primal(_graph([1, 1]), best) == dual(_graph([1, 1]), prices)
    assert primal(_graph([1, 1]), crossed) > dual(_graph([1, 1]), prices)


def test_an_overfull_plan_and_a_price_below_zero_prove_nothing() -> None:
    with pytest.raises(NotOptimal):
        primal(_graph([1, 1]), np.array([0, 2]))
    with pytest.raises(NotOptimal):
        primal(_graph([1, 1]), np.array([2, -1]))
    with pytest.raises(NotOptimal):
        dual(_graph([1, 1]), np.array([0, -1]))


def test_sums_that_could_leave_64_bits_are_refused() -> None:
    with pytest.raises(Overflow):
        min_cost_flow([0], [1], [1], [1 << 61], [1, -1])
    with pytest.raises(Overflow):
        penalties(np.ones(10, dtype=np.int8), 4, 1 << 58)
