"""The arithmetic of evaluation: intervals, balance, matching, rates. Numbers in, numbers out; nobody's name or key.

Methods are named where they are used, and every random one takes its seed.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from referral.queries.report.outcomes import mean_interval

LEAST_PAIRS = 10
CALIPER = 0.2
"""Of the standard deviation of the logit of the propensity score (Austin 2011)."""
LEAST_MATCHED = 0.5
"""Share of the people served for whom somebody alike was found; below it the two groups do not overlap enough."""
WORST_BALANCE = 0.25
"""Standardized mean difference after matching beyond which nothing is told (Rubin 2001)."""
GOOD_BALANCE = 0.1
DRAWS = 2000


def bootstrap_interval(values: np.ndarray, seed: int = 1, level: float = 0.95) -> tuple[float | None, float | None]:
    """Return the percentile bootstrap interval of a mean (Efron 1979); (None, None) below ten values."""
    if len(values) < LEAST_PAIRS:
        return None, None
    chance = np.random.default_rng(seed)
    means = values[chance.integers(0, len(values), (DRAWS, len(values)))].mean(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def rate_ratio(a: int, n: int, b: int, m: int) -> tuple[float, float, float] | None:
    """Return (a/n) ÷ (b/m) with its 95 % interval on the log scale (Katz 1978); None where a part is zero."""
    if not (a and b and n and m):
        return None
    ratio = (a / n) / (b / m)
    half = 1.959964 * (1 / a - 1 / n + 1 / b - 1 / m) ** 0.5
    return ratio, ratio * float(np.exp(-half)), ratio * float(np.exp(half))


def differences(treated: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the standardized mean difference of each column: (x̄₁ − x̄₀) ÷ √((s₁² + s₀²) ÷ 2)."""
    if len(treated) < 2 or len(others) < 2:
        return np.full(treated.shape[1], np.nan)
    spread = np.sqrt((treated.var(axis=0, ddof=1) + others.var(axis=0, ddof=1)) / 2)
    gap = treated.mean(axis=0) - others.mean(axis=0)
    return np.where(spread > 0, gap / np.where(spread > 0, spread, 1), np.where(gap == 0, 0.0, np.inf))


def propensity(known: np.ndarray, treated: np.ndarray, rounds: int = 50) -> np.ndarray:
    """Return the logit of being served by what was known before: logistic regression with a small ridge (IRLS)."""
    spread = known.std(axis=0)
    x = np.column_stack([np.ones(len(known)), (known - known.mean(axis=0)) / np.where(spread > 0, spread, 1)])
    weights = np.zeros(x.shape[1])
    ridge = np.diag([0.0, *[0.1] * known.shape[1]])
    for _round in range(rounds):
        chance = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        step = np.linalg.solve(
            x.T @ (x * np.maximum(chance * (1 - chance), 1e-6)[:, None]) + ridge + 1e-9 * np.eye(len(weights)),
            x.T @ (treated - chance) - ridge @ weights,
        )
        weights = weights + step
        if float(np.abs(step).max()) < 1e-8:
            break
    return np.asarray(x @ weights, dtype=float)


@dataclass(frozen=True)
class Matched:
    """People served beside people alike who still waited."""

    served: int
    waiting: int
    pairs: int
    before: list[float]
    """Standardized mean differences of what was known before, all against all."""
    after: list[float]
    effect: float | None
    """Mean of (change of the one served − change of the one who waited); None where it is refused."""
    low: float | None
    high: float | None
    boot_low: float | None
    boot_high: float | None
    refused: str | None
    """Why no effect is told: few, overlap, balance."""

    @property
    def balanced(self) -> bool:
        """Whether all differences are small after matching."""
        return all(abs(one) <= GOOD_BALANCE for one in self.after)


def match(known: np.ndarray, exact: np.ndarray, treated: np.ndarray) -> list[tuple[int, int]]:
    """Return pairs of places: each one served with the nearest still waiting, alike in what must be the same.

    Nearest on the logit of the propensity score within a caliper, without putting back, the hardest to match first;
    ties by place.
    """
    logit = propensity(known, treated.astype(float))
    reach = CALIPER * float(logit.std(ddof=1)) if len(logit) > 1 else 0.0
    free = {place for place in np.flatnonzero(~treated).tolist()}  # noqa: C416
    pairs = []
    for one in sorted(np.flatnonzero(treated).tolist(), key=lambda place: (-logit[place], place)):
        near = [
            (abs(float(logit[one] - logit[other])), other)
            for other in free
            if bool((exact[one] == exact[other]).all()) and abs(float(logit[one] - logit[other])) <= reach
        ]
        if near:
            _gap, other = min(near)
            free.discard(other)
            pairs.append((one, other))
    return pairs


def compare(known: np.ndarray, exact: np.ndarray, treated: np.ndarray, change: np.ndarray, seed: int = 1) -> Matched:
    """Return the comparison; no effect where too few are alike or the pairs still differ."""
    served, waiting = int(treated.sum()), int((~treated).sum())
    every = np.column_stack([known, exact]) if len(known) else np.zeros((0, known.shape[1] + exact.shape[1]))
    before = differences(every[treated], every[~treated]).tolist()
    nothing: dict[str, Any] = {"effect": None, "low": None, "high": None, "boot_low": None, "boot_high": None}
    if min(served, waiting) < LEAST_PAIRS:
        return Matched(served, waiting, 0, before, [], refused="few", **nothing)
    pairs = match(known, exact, treated)
    if len(pairs) < LEAST_PAIRS or len(pairs) < LEAST_MATCHED * min(served, waiting):
        return Matched(served, waiting, len(pairs), before, [], refused="overlap", **nothing)
    ones, others = (np.array(side) for side in zip(*pairs, strict=True))
    after = differences(every[ones], every[others]).tolist()
    if any(abs(one) > WORST_BALANCE for one in after):
        return Matched(served, waiting, len(pairs), before, after, refused="balance", **nothing)
    gain = change[ones] - change[others]
    low, high = mean_interval(gain)
    boot = bootstrap_interval(gain, seed)
    return Matched(
        served, waiting, len(pairs), before, after, float(gain.mean()), low, high, boot[0], boot[1], refused=None
    )


@dataclass(frozen=True)
class DoseBand:
    """People who got so much help, and how their score changed."""

    least: float
    most: float
    n: int
    change: float
    low: float | None
    high: float | None


def dose_bands(dose: np.ndarray, change: np.ndarray) -> list[DoseBand]:
    """Return thirds of people by dose with their mean change; none where a third would hold fewer than ten."""
    if len(dose) < 3 * LEAST_PAIRS:
        return []
    edges = np.quantile(dose, [1 / 3, 2 / 3])
    place = np.searchsorted(edges, dose, side="left")
    bands = []
    for number in range(3):
        mine = place == number
        if mine.sum() < LEAST_PAIRS:
            return []
        low, high = mean_interval(change[mine])
        bands.append(
            DoseBand(
                float(dose[mine].min()), float(dose[mine].max()), int(mine.sum()), float(change[mine].mean()), low, high
            )
        )
    return bands


def rank_correlation(dose: np.ndarray, change: np.ndarray) -> tuple[float, float, float] | None:
    """Return Spearman's ρ with its 95 % interval by Fisher's z (Bonett, Wright 2000); None below thirty people."""
    if len(dose) < 3 * LEAST_PAIRS or np.ptp(dose) == 0 or np.ptp(change) == 0:
        return None
    from scipy.stats import rankdata

    rho = float(np.corrcoef(rankdata(dose), rankdata(change))[0, 1])
    half = 1.959964 * ((1 + rho**2 / 2) / (len(dose) - 3)) ** 0.5
    middle = float(np.arctanh(np.clip(rho, -0.999999, 0.999999)))
    return rho, float(np.tanh(middle - half)), float(np.tanh(middle + half))
