"""Intervals, matching and rates agree with other ways to compute them, and refuse what cannot be told."""

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LogisticRegression

from referral.evaluation import statistics as s


def people(n: int, waiting: int, *, gap: float = 0.5, effect: float = 3.0, seed: int = 1):  # type: ignore[no-untyped-def]
    chance = np.random.default_rng(seed)
    treated = np.array([True] * n + [False] * waiting)
    severity = chance.normal(np.where(treated, gap, 0.0), 1)
    age = chance.normal(70, 8, n + waiting)
    exact = chance.integers(0, 2, (n + waiting, 1)).astype(float)
    change = -4 * severity + effect * treated + chance.normal(0, 1, n + waiting)
    return np.column_stack([severity, age]), exact, treated, change


def test_matching_finds_the_effect_that_plain_means_hide() -> None:
    known, exact, treated, change = people(120, 400)
    plain = change[treated].mean() - change[~treated].mean()
    found = s.compare(known, exact, treated, change)
    assert found.refused is None
    assert plain < 2
    assert found.low is not None
    assert found.effect is not None
    assert found.low < 3 < found.high  # type: ignore[operator]
    assert max(map(abs, found.after)) < 0.15 < max(map(abs, found.before))


def test_no_effect_is_told_without_overlap_or_for_few() -> None:
    assert s.compare(*people(60, 60, gap=6.0)).refused == "overlap"
    few = s.compare(*people(8, 200))
    assert few.refused == "few"
    assert few.effect is None


def test_nobody_is_matched_twice_and_only_with_somebody_alike() -> None:
    known, exact, treated, _change = people(80, 150)
    pairs = s.match(known, exact, treated)
    assert len({other for _one, other in pairs}) == len(pairs)
    assert all(treated[one] and not treated[other] and exact[one] == exact[other] for one, other in pairs)


def test_the_propensity_score_is_that_of_another_library() -> None:
    known, _exact, treated, _change = people(150, 300)
    scaled = (known - known.mean(axis=0)) / known.std(axis=0)
    # Our ridge of 0.1 is theirs of C = 10: both add ½·0.1·w² to the loss.
    other = LogisticRegression(C=10.0, tol=1e-10, max_iter=1000).fit(scaled, treated)
    assert s.propensity(known, treated.astype(float)) == pytest.approx(other.decision_function(scaled), abs=1e-4)


def test_the_bootstrap_agrees_with_scipy_and_with_its_seed() -> None:
    values = np.random.default_rng(3).gamma(2, 3, 60)
    low, high = s.bootstrap_interval(values)
    theirs = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=4000, rng=np.random.default_rng(9))
    assert low == pytest.approx(theirs.confidence_interval.low, abs=0.2)
    assert high == pytest.approx(theirs.confidence_interval.high, abs=0.2)
    assert s.bootstrap_interval(values) == (low, high)
    assert s.bootstrap_interval(values[:9]) == (None, None)


def test_the_rate_ratio_agrees_with_scipy() -> None:
    ratio, low, high = s.rate_ratio(30, 100, 20, 110) or (0, 0, 0)
    theirs = stats.contingency.relative_risk(30, 100, 20, 110)
    interval = theirs.confidence_interval(0.95)
    assert (ratio, low, high) == pytest.approx((theirs.relative_risk, interval.low, interval.high), rel=1e-5)
    assert s.rate_ratio(0, 100, 20, 110) is None


def test_rank_correlation_is_spearmans() -> None:
    chance = np.random.default_rng(5)
    dose = chance.integers(0, 30, 90).astype(float)
    change = dose + chance.normal(0, 12, 90)
    rho, low, high = s.rank_correlation(dose, change) or (0, 0, 0)
    assert rho == pytest.approx(stats.spearmanr(dose, change).statistic)
    assert low < rho < high
    assert s.rank_correlation(dose[:29], change[:29]) is None


def test_dose_bands_hold_everybody_once_or_are_not_told() -> None:
    dose = np.arange(60, dtype=float)
    bands = s.dose_bands(dose, dose / 10)
    assert sum(band.n for band in bands) == 60
    assert [band.n for band in bands] == [20, 20, 20]
    assert s.dose_bands(dose[:29], dose[:29]) == []
