"""What a round decided, why, and the proof. Frozen arrays in the order of the problem's rows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.budgets import Budgets
from matching.bundles import Together
from matching.hours import Hours
from matching.reports import Drawing, Fairness

PARTS = ("distance", "continuity", "language", "worker_sex", "quality", "uptake", "waiting")
"""Columns of `Candidates.parts`; each is points against the pair and their sum is its cost."""


class Reason(IntEnum):
    """How a need came out."""

    MATCHED = 0
    NO_SERVICE = 1
    """Nobody offers this type at all."""
    NO_PAIR = 2
    """It is offered, but no opening with a place passes every hard rule."""
    PRICED_OUT = 3
    """Openings fit, but their places serve others who come first."""


class Change(IntEnum):
    """The cheapest single change that would serve an unmet need."""

    NONE = 0
    """Matched; or no such change: `Reasons.rules` at `Reasons.opening` is then the least that stands in the way."""
    RULE = 1
    """With `Reasons.rules` met at `Reasons.opening` the need is served for sure (a place counts as a rule)."""
    PLACE = 2
    """One more place at `Reasons.opening` serves this need, by the chain of that opening."""
    PLACES = 3
    """`Reasons.ahead` unmet needs come first at `Reasons.opening`, the opening where they are fewest."""
    OFFER = 4
    """Somebody must begin to offer the type."""


class Why(IntEnum):
    """Why an alternative was not taken."""

    NONE = 0
    """No further alternative."""
    DEARER = 1
    """It fits worse: it costs `extra` points more."""
    FULL = 2
    """It fits as well or better, but its places do more good elsewhere."""
    FAILED = 3
    """A hard rule fails: see `rules`."""
    DRAWN = 4
    """It fits nearly as well, or better: chance chose between the two."""


class Move(NamedTuple):
    """One step of a chain: `need` goes from one opening to another; -1 = unserved."""

    need: int
    from_opening: int
    to_opening: int


@dataclass(frozen=True, eq=False)
class Candidates:
    """Feasible pairs as CSR by need, cheapest first within each need (E pairs)."""

    ptr: NDArray[np.int64]
    """int64[n + 1]"""
    opening: NDArray[np.int32]
    """int32[E]"""
    cost: NDArray[np.int16]
    """int16[E], 0..1000, the sum of the parts"""
    parts: NDArray[np.int16]
    """int16[E, len(PARTS)]"""
    distance_km: NDArray[np.float32]
    """float32[E]; NaN where a place is unknown"""

    def need(self) -> NDArray[np.int32]:
        """int32[E]: the need of each pair."""
        return np.repeat(np.arange(len(self.ptr) - 1, dtype=np.int32), np.diff(self.ptr))

    def of(self, need: int) -> slice:
        """Where the pairs of a need lie."""
        return slice(int(self.ptr[need]), int(self.ptr[need + 1]))


@dataclass(frozen=True, eq=False)
class NearFailing:
    """Near pairs of the same type that break a hard rule, sorted by need, fewest broken rules first."""

    need: NDArray[np.int32]
    opening: NDArray[np.int32]
    mask: NDArray[np.uint32]
    """Bits of `eligibility.Rule`"""
    distance_km: NDArray[np.float32]


@dataclass(frozen=True)
class Certificate:
    """The proof: prices for which the dual value meets the primal one, exactly, in integers."""

    primal: int
    dual: int
    exact: bool
    """primal == dual: no other plan is better."""
    components: int
    pairs: int
    """Pairs in the problem solved."""
    priced: int
    """Feasible pairs left out at first, each priced against the solution."""
    added: int
    """Of these, taken in because they could have helped."""
    rounds: int
    """Solves until no pair left out could help."""


@dataclass(frozen=True, eq=False)
class Reasons:
    """For each need (arrays of length n) how it came out and what would change it."""

    code: NDArray[np.int8]
    """`Reason`"""
    change: NDArray[np.int8]
    """`Change`"""
    opening: NDArray[np.int32]
    """The opening the change speaks of; -1 none"""
    rules: NDArray[np.uint32]
    """The smallest set of broken rules there; 0 none"""
    distance_km: NDArray[np.float64]
    """Distance to that opening; NaN unknown"""
    excess_km: NDArray[np.float64]
    """Kilometres its radius is too short; NaN where the radius is not broken"""
    ahead: NDArray[np.int32]
    """Unmet needs that come before this one at that opening"""
    offered: NDArray[np.int32]
    """Openings of the type"""
    fitting: NDArray[np.int32]
    """Openings that pass every hard rule (full ones too)"""
    rank: NDArray[np.int32]
    """Matched: place of the chosen opening among the fitting ones by cost, 1 = cheapest; else 0"""
    held: NDArray[np.int32]
    """int32[n, T]: priced out: places at the fitting openings held by needs of each tier; else 0"""
    alternative: NDArray[np.int32]
    """int32[n, a]: the next openings for a matched need; -1 none"""
    alternative_why: NDArray[np.int8]
    """int8[n, a]: `Why`"""
    alternative_extra: NDArray[np.int32]
    """int32[n, a]: points dearer (negative: cheaper, but full)"""
    alternative_rules: NDArray[np.uint32]
    """uint32[n, a]: broken rules where `Why.FAILED`"""


@dataclass(frozen=True, eq=False)
class Baseline:
    """What a simpler way of deciding reaches on the same candidates."""

    assignment: NDArray[np.int32]
    served: NDArray[np.int64]
    """int64[T]"""
    cost: int
    """Points of the pairs chosen"""


@dataclass(frozen=True, eq=False)
class Result:
    """A solved round. Rows and indices are those of the `Problem` given."""

    assignment: NDArray[np.int32]
    """int32[n]: the opening proposed, -1 unmet"""
    chosen: NDArray[np.int64]
    """int64[n]: index of the chosen pair in `candidates`, -1 unmet"""
    candidates: Candidates
    near: NearFailing
    tiers: int
    """T"""
    base: int
    """B: without floors, leaving a need of tier t unmet costs (T - t + 1) * B; with them see `Fairness.ratio`"""
    penalty: NDArray[np.int64]
    """int64[n]: what leaving each need unmet weighs beside the points of pairs, the prices of floors in it. With these
    the plan is the best one without floors as well, so that a part of it can be solved again alone"""
    value: int
    """Cost of the pairs chosen plus the penalties of the unmet, of the best plan: that before anything was drawn, of
    which certificate, prices, gains, losses and chains speak as well"""
    cost: int
    """Cost of the pairs chosen alone, `drawing.points` more than the best plan's"""
    certificate: Certificate
    served: NDArray[np.int64]
    """int64[T]: needs served, by tier"""
    wanted: NDArray[np.int64]
    """int64[T]: needs in all, by tier"""
    prices: NDArray[np.int64]
    """int64[m]: what a place costs, beside `penalty`: with both the plan is proved opening by opening"""
    gain: NDArray[np.int64]
    """int64[m]: fall of `value` with one more place there"""
    gain_tier: NDArray[np.int8]
    """int8[m]: tier of the person one more place serves (the most urgent of them, where floors let one more in by
    leaving another out); 0 = nobody more"""
    gain_cost: NDArray[np.int64]
    """int64[m]: change of `cost` with one more place there"""
    loss: NDArray[np.int64]
    """int64[m]: rise of `value` with one place fewer; 0 where a place is free; -1 where there is none"""
    loss_tier: NDArray[np.int8]
    """int8[m]: tier of the person one place fewer leaves unserved; 0 = nobody"""
    chains: tuple[tuple[Move, ...], ...]
    """For each opening with a gain: who moves when it gets one more place. First who takes that place, then who
    takes theirs, last the person newly served; empty where nothing is gained"""
    reasons: Reasons
    greedy: Baseline
    """By tier, then waiting time, each takes the cheapest place left"""
    first_come: Baseline
    """By waiting time alone"""
    fairness: Fairness
    drawing: Drawing
    seconds: dict[str, float]
    """Wall-clock seconds of each part"""
    hours: Hours | None = None
    """Of the types in which an opening counts hours or a fund is short; None where there are none"""
    budgets: Budgets | None = None
    """Of the funds; None where there are none"""
    together: Together | None = None
    """Of people with several needs; None where `weight_together` is 0 or nobody has"""

    @property
    def propensity(self) -> NDArray[np.float64]:
        """float64[n]: the chance with which each need has the place it has; 1 where nothing was drawn."""
        return self.drawing.propensity
