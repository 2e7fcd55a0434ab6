"""What speaks against a pair, in whole points, each part kept so that it can be told.

0 is a perfect fit; the parts add up to the cost, which never passes `COST_CAP`. Points are whole numbers, so
that a sum is exact and a round can be proved.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matching.eligibility import Pairs
from matching.params import Params
from matching.problem import Problem
from matching.result import PARTS

Points = NDArray[np.int16]


def score(pairs: Pairs, params: Params) -> Points:
    """int16[len(PARTS), k]: the parts of every pair's cost, in the order of `PARTS`."""
    parts = np.empty((len(PARTS), len(pairs)), dtype=np.int16)
    parts[0] = distance(pairs, params)
    parts[1] = continuity(pairs, params)
    parts[2] = language(pairs, params)
    parts[3] = worker_sex(pairs, params)
    parts[4] = quality(pairs.problem, params)[pairs.opening]
    parts[5] = uptake(pairs.problem, params)[pairs.opening]
    parts[6] = waiting(pairs.problem, params)[pairs.need]
    return parts


def _whole(points: NDArray[np.float64] | NDArray[np.float32]) -> Points:
    return np.floor(points + 0.5).astype(np.int16)


def distance(pairs: Pairs, params: Params) -> Points:
    """In proportion to the kilometres, in full from `far_km` on; a fixed number where they are unknown."""
    share = np.minimum(pairs.km / np.float32(params.far_km), np.float32(1)) * np.float32(params.weight_distance)
    unknown = np.isnan(share)
    if unknown.any():
        share[unknown] = params.unknown_distance
    return _whole(share)


def continuity(pairs: Pairs, params: Params) -> Points:
    """Against every organization but those which helped the person before, where there are such; and against every one
    but those which serve another need of the person in the plan looked for."""
    facts = pairs.problem.facts
    points = _but_those(pairs, facts.continuity_need, facts.continuity_provider, params.weight_continuity)
    if len(facts.together_need):
        points += _but_those(pairs, facts.together_need, facts.together_provider, params.weight_together)
    return points


def _but_those(pairs: Pairs, need: NDArray[np.int32], organization: NDArray[np.int32], weight: int) -> Points:
    """Points against pairs of the needs named with every organization but those named with them."""
    provider = pairs.problem.openings.provider
    points = np.zeros(len(pairs), dtype=np.int16)
    if not len(need):
        return points
    has_history = np.zeros(len(pairs.problem.needs), dtype=np.bool_)
    has_history[need] = True
    rows = np.flatnonzero(has_history[pairs.need])
    width = 2 + max(int(provider.max(initial=0)), int(organization.max()))
    known = np.unique(need.astype(np.int64) * width + organization + 1)
    asked = pairs.need[rows].astype(np.int64) * width + provider[pairs.opening[rows]] + 1
    at = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    points[rows] = np.where(known[at] == asked, 0, weight)
    return points


def language(pairs: Pairs, params: Params) -> Points:
    """Against openings that do not speak a language wished for (a required one is a hard rule)."""
    wanted = pairs.problem.needs.languages[pairs.need]
    spoken = pairs.problem.openings.languages[pairs.opening]
    silent = (wanted != 0) & ((wanted & spoken) == 0)
    return np.where(silent, params.weight_language, 0).astype(np.int16)


def worker_sex(pairs: Pairs, params: Params) -> Points:
    """Against openings that do not say whether the man or woman asked for can come."""
    wanted = pairs.problem.needs.worker_sex[pairs.need]
    able = pairs.problem.openings.worker_sex[pairs.opening]
    return np.where((wanted != 0) & (able == 0), params.weight_worker_sex, 0).astype(np.int16)


def quality(problem: Problem, params: Params) -> Points:
    """int16[m]: against openings in proportion to what they lack to quality 1000."""
    lack = 1 - np.clip(problem.openings.quality, 0, 1000) / 1000
    return _whole(lack * params.weight_quality)


def uptake(problem: Problem, params: Params) -> Points:
    """int16[m]: against openings in proportion to the chance that the help does not come about."""
    chance = np.clip(problem.openings.p_accept, 0, 1) * np.clip(problem.openings.p_complete, 0, 1)
    return _whole((1 - chance) * params.weight_uptake)


def waiting(problem: Problem, params: Params) -> Points:
    """int16[n]: against needs in proportion to what they lack to the longest wait that counts."""
    waited = np.clip(problem.needs.waiting_days / params.waiting_full_days, 0, 1)
    return _whole((1 - waited) * params.weight_waiting)
