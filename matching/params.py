"""What a round is told: weights, reach, how much to keep. Stored with the round, so that it can be run again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

COST_CAP = 1000
"""C: no pair costs more. Points against a pair, 0 is a perfect fit."""


class BadParams(ValueError):
    """A parameter is outside its range; the message says which and why."""


@dataclass(frozen=True)
class Params:
    """Parameters of a round. Weights are the most points each part can count against a pair."""

    weight_distance: int = 350
    """Full weight at `far_km` and beyond."""
    weight_continuity: int = 120
    """Counted where the person has been helped by others before and this is not one of them."""
    weight_language: int = 80
    """Counted where a language is wished (not required) and not spoken."""
    weight_worker_sex: int = 50
    """Counted where a man or a woman is asked for and the provider has not said who can come."""
    weight_quality: int = 150
    """Full weight at quality 0, none at 1000."""
    weight_uptake: int = 150
    """Times 1 - P(accept) * P(complete)."""
    weight_waiting: int = 100
    """Full weight for a need recorded today, none after `waiting_full_days`."""
    far_km: float = 20.0
    """From this distance on the distance counts in full."""
    unknown_distance: int = 175
    """Points where one of the two places is not known."""
    waiting_full_days: int = 180
    """After so many days the whole waiting bonus is earned."""
    tiers: int = 4
    """T, the number of urgency tiers; raised to the largest tier met."""
    nearest_per_class: int = 100
    """k: candidates kept for each need and each class of provider (by radius, by area, anywhere), cheapest
    first. The pairs left out are priced after the solve and taken in where they would help."""
    near_km: float = 5.0
    """A failing pair is near, and worth explaining, up to this distance (beyond its radius)."""
    near_kept: int = 4
    """Failing pairs kept for each need."""
    alternatives: int = 3
    """Alternatives named for each need that is served."""
    fair_by: str = ""
    """What fairness looks at: empty for nothing, or the name of a grouping that the caller knows (`Needs.group`)."""
    fair_floor: int = 0
    """Of a thousand needs of each group, at least so many are served where that can be done; 0 = no floor."""
    fair_share: bool = False
    """Raise the share of the group served worst as far as it goes, instead of a fixed floor."""
    weight_together: int = 0
    """Points against a pair whose provider serves none of the person's other needs in this round (bundles); 0 = off.
    Beside the other weights: the total still never passes `COST_CAP`."""
    draw_within: int = 0
    """Among places whose reduced cost is at most so many points, one is drawn by chance and its chance is kept, so that
    other weights can be judged later; 0 = always the best."""
    hours_seconds: float = 10.0
    """Most seconds to search for a plan of hours that cannot be split; the plan then carries its gap."""

    def __post_init__(self) -> None:
        """Refuse values no round can be run with."""
        weights = [getattr(self, spec.name) for spec in fields(self) if spec.name.startswith("weight_")]
        if min(weights) < 0 or sum(weights) > COST_CAP:
            raise BadParams(f"weights must be 0 or more and sum to at most {COST_CAP}, not {sum(weights)}")
        if not 0 <= self.unknown_distance <= self.weight_distance:
            raise BadParams("unknown_distance lies between 0 and weight_distance")
        if self.far_km <= 0 or self.waiting_full_days <= 0 or self.near_km < 0:
            raise BadParams("far_km and waiting_full_days are above 0, near_km is 0 or more")
        if min(self.nearest_per_class, self.tiers) < 1 or min(self.near_kept, self.alternatives) < 0:
            raise BadParams("nearest_per_class and tiers are 1 or more; the counts 0 or more")
        if not 0 <= self.fair_floor <= 1000 or not 0 <= self.draw_within <= COST_CAP or self.hours_seconds <= 0:
            raise BadParams("fair_floor and draw_within lie between 0 and 1000; hours_seconds is above 0")

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Params:
        """The parameters `as_dict` gave; missing ones take their defaults, unknown ones are refused."""
        known = {spec.name for spec in fields(cls)}
        if unknown := set(values) - known:
            raise BadParams(f"unknown parameters: {', '.join(sorted(unknown))}")
        return cls(**values)
