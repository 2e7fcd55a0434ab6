"""Estimates of other weights on a simulation whose truth is known, and refusals where there is too little."""

import numpy as np
import pytest

from matching.policy import LEAST_ROWS, Estimate, Logged, prefers, rescaled, weigh

BEFORE, AFTER = np.array([300.0, 200.0]), np.array([100.0, 600.0])
PARTS = 400


def simulated(rows: int, seed: int, *, guess: float = 0.0) -> tuple[Logged, float]:
    """Coins between two places each, and the true value of choosing by the changed weights.

    A place far away (first part) is taken on more rarely; quality (second part) helps. `guess` spoils expectations.
    """
    rng = np.random.default_rng(seed)
    parts = rng.uniform(0, 1, (rows, 2, 2)) * BEFORE
    true = np.clip(0.9 - 0.1 * parts[:, :, 0] / BEFORE[0] - 0.7 * parts[:, :, 1] / BEFORE[1], 0.02, 0.98)
    taken = rng.integers(0, 2, rows)
    row = np.arange(rows)
    cost = np.stack([rescaled(parts[:, option], BEFORE, AFTER) for option in (0, 1)], axis=1)
    target = prefers(cost[row, taken], cost[row, 1 - taken])
    expected = np.clip(true + guess, 0, 1)
    logged = Logged(
        propensity=np.full(rows, 0.5),
        target=target,
        reward=(rng.random(rows) < true[row, taken]).astype(np.float64),
        guess=expected[row, taken],
        guess_target=np.where(target > 0.5, expected[row, taken], expected[row, 1 - taken]),
    )
    return logged, float(true[row, cost.argmin(axis=1)].mean())


def estimated(rows: int, seed: int, **extra: float) -> tuple[Estimate, float]:
    logged, truth = simulated(rows, seed, **extra)
    found = weigh(logged)
    assert isinstance(found, Estimate)
    return found, truth


def test_all_three_find_the_truth_and_what_was_done_does_not() -> None:
    found, truth = estimated(20_000, 1)
    for one in (found.ips, found.snips, found.doubly_robust):
        assert one.mean == pytest.approx(truth, abs=0.02)
        assert one.low < truth < one.high
    assert truth - found.now.mean > 0.05  # the plain mean would have said that nothing changes
    assert found.gain == pytest.approx(found.doubly_robust.mean - found.now.mean)
    assert found.gain > 5 * found.gain_error
    assert found.effective == pytest.approx(10_000, rel=0.05)


def test_wrong_expectations_do_not_mislead_and_right_ones_make_it_closer() -> None:
    wrong, truth = estimated(20_000, 2, guess=-0.5)
    assert wrong.doubly_robust.mean == pytest.approx(truth, abs=0.025)
    right, _ = estimated(20_000, 2)
    assert right.doubly_robust.high - right.doubly_robust.low < wrong.doubly_robust.high - wrong.doubly_robust.low
    assert right.doubly_robust.high - right.doubly_robust.low < right.ips.high - right.ips.low


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    hits = np.zeros(3)
    for seed in range(200):
        found, truth = estimated(600, 100 + seed)
        hits += [one.low <= truth <= one.high for one in (found.ips, found.snips, found.doubly_robust)]
    assert (hits >= 180).all(), hits  # 190 of 200 expected; fewer than 180 would be chance once in a million


def test_too_little_is_refused_and_said_why() -> None:
    logged, _ = simulated(1000, 3)
    sure = Logged(np.ones(1000), logged.target, logged.reward, logged.guess, logged.guess_target)
    assert weigh(sure) == "no_draws"
    few, _ = simulated(LEAST_ROWS - 1, 3)
    assert weigh(few) == "too_few"
    never = Logged(logged.propensity, np.zeros(1000), logged.reward, logged.guess, logged.guess_target)
    assert weigh(never) == "too_thin"
    nobody = Logged(np.zeros(1000), logged.target, logged.reward, logged.guess, logged.guess_target)
    with pytest.raises(ValueError, match="no chance"):
        weigh(nobody)
    assert weigh(Logged(*(np.zeros(0) for _ in range(5)))) == "no_draws"


def test_parts_follow_their_weights_and_ties_are_tossed() -> None:
    parts = np.array([[300.0, 0.0], [30.0, 100.0]])
    assert rescaled(parts, BEFORE, AFTER).tolist() == [100.0, 310.0]
    assert rescaled(parts, np.array([300.0, 0.0]), AFTER).tolist() == [100.0, 10.0]
    assert prefers(np.array([1.0, 2.0, 2.0]), np.array([2.0, 1.0, 2.0])).tolist() == [1.0, 0.0, 0.5]
