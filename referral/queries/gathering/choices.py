"""Every place of one need's kind, ranked: how well each fits, and which rules stand against it."""

import math
import uuid
from dataclasses import dataclass
from typing import Any

import numpy as np

from matching import PARTS, Params, Rule
from matching.distance import between, unit_vectors
from matching.eligibility import Pairs, failed_rules
from matching.scoring import score
from referral.queries.gathering.board import Board


@dataclass(frozen=True)
class Choice:
    """One place a need could go to, in codes and numbers."""

    capacity_id: uuid.UUID
    cost: int
    """Points against it, 0–1000; 0 is a perfect fit."""
    parts: dict[str, int]
    """Part of the score → points against."""
    distance_km: float | None
    left: int
    failed: tuple[str, ...]
    """Hard rules that fail, in lower case; empty where it fits and has a place."""
    excess_km: float | None
    """Kilometres that its radius is too short, where that rule fails."""


def rule_names(mask: int) -> list[str]:
    """Return the codes of the rules in a bit mask, such as ["radius", "child_safety"]."""
    return [str(rule.name).lower() for rule in Rule if mask & rule]


def known(value: Any, digits: int = 1) -> float | None:
    """Return a figure of an array rounded for storing, None for "not known" (NaN)."""
    return None if math.isnan(value) else round(float(value), digits)


def choices(board: Board, params: Params) -> list[Choice]:
    """Return all openings for the first need of a board: those that fit by cost, then full ones, then failing ones."""
    problem = board.problem
    m = len(problem.openings)
    if not m or not len(problem.needs):
        return []
    here = unit_vectors(problem.needs.latitude[:1], problem.needs.longitude[:1])
    there = unit_vectors(problem.openings.latitude, problem.openings.longitude)
    pairs = Pairs(
        problem, np.zeros(m, np.int32), np.arange(m, dtype=np.int32), between(np.repeat(here, m, axis=0), there)
    )
    masks, parts = failed_rules(pairs), score(pairs, params)
    cost = parts.sum(axis=0)
    excess = pairs.km - problem.openings.radius_km
    broken = np.array([int(mask).bit_count() for mask in masks])
    group = np.select([masks == 0, masks == int(Rule.NO_PLACES)], [0, 1], 1 + broken)
    ranked = np.lexsort((problem.openings.tie_key, cost, group))
    return [
        Choice(
            board.capacity_ids[row],
            int(cost[row]),
            {name: int(points) for name, points in zip(PARTS, parts[:, row], strict=True)},
            known(pairs.km[row]),
            int(problem.openings.places[row]),
            tuple(rule_names(int(masks[row]))),
            known(excess[row]) if masks[row] & Rule.RADIUS else None,
        )
        for row in ranked
    ]
