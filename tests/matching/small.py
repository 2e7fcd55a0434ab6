"""Small problems with every kind of rule in them, and the plainest way to solve them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
from hypothesis import strategies as st

from matching import Needs, Openings, PairFacts, Params, Problem, Rule
from matching.distance import between, unit_vectors
from matching.eligibility import Pairs, failed_rules
from matching.scoring import score

PARAMS = Params()
GROUPS = 3


def problem(seed: int, n: int, m: int, *, types: int = 1) -> Problem:
    """Needs and openings within some kilometres of each other, with few values, so that ties are many."""
    rng = np.random.default_rng([seed, n, m])
    needs = Needs.make(
        n,
        service_type=rng.integers(0, types, n),
        tier=rng.integers(1, 5, n),
        waiting_days=rng.choice([0, 90, 180], n),
        area=321181_001_000 + rng.integers(0, 3, n),
        latitude=32.0 + rng.choice([0.0, 0.05], n),
        longitude=119.0 + rng.choice([0.0, 0.05, np.nan], n, p=[0.5, 0.4, 0.1]),
        age=rng.choice([-1, 10, 40, 70], n, p=[0.1, 0.1, 0.4, 0.4]),
        statuses=rng.integers(0, 4, n),
        worker_sex=rng.choice([0, 2], n),
        tie_key=rng.permutation(n) + 7,
        group=np.random.default_rng([seed, n]).integers(-1, GROUPS, n),
    )
    ranged = rng.random(m) < 0.3
    openings = Openings.make(
        m,
        service_type=rng.integers(0, types, m),
        places=rng.integers(0, 3, m),
        latitude=32.0 + rng.choice([0.0, 0.05], m),
        longitude=119.0 + rng.choice([0.0, 0.05], m),
        radius_km=rng.choice([np.nan, 1.0, 20.0], m),
        statuses_any=rng.choice([0, 1], m, p=[0.7, 0.3]),
        worker_sex=rng.integers(0, 4, m),
        serves_minors_checked=rng.random(m) < 0.7,
        licence_valid=rng.random(m) < 0.9,
        provider=rng.integers(0, 2, m),
        quality=rng.choice([500, 1000], m),
        tie_key=rng.permutation(m) + 11,
        area_ptr=np.concatenate([[0], np.cumsum(ranged)]),
        area_ranges=[[321181_001_000, 321181_001_000 + int(rng.integers(0, 3))] for _ in range(ranged.sum())],
    )
    barred = rng.random((n, m)) < 0.1
    need, opening = np.nonzero(barred)
    facts = PairFacts(
        forbidden_need=need,
        forbidden_opening=opening,
        forbidden_rule=np.full(len(need), int(Rule.CONSENT)),
        continuity_need=np.arange(0, n, 2),
        continuity_provider=np.zeros(len(range(0, n, 2)), dtype=np.int32),
    )
    return Problem(needs, openings, facts, districts=1, groups=GROUPS)


def problems(most_needs: int = 12, most_openings: int = 6, types: int = 2) -> st.SearchStrategy[Problem]:
    """Problems up to this size."""
    return st.builds(
        problem,
        st.integers(0, 10_000),
        st.integers(1, most_needs),
        st.integers(1, most_openings),
        types=st.integers(1, types),
    )


def all_pairs(given: Problem) -> Pairs:
    """Every pair of the same type."""
    need, opening = np.nonzero(given.needs.service_type[:, None] == given.openings.service_type[None, :])
    here = unit_vectors(given.needs.latitude, given.needs.longitude)[need]
    there = unit_vectors(given.openings.latitude, given.openings.longitude)[opening]
    return Pairs(given, need.astype(np.int32), opening.astype(np.int32), between(here, there))


def costs(given: Problem, params: Params = PARAMS) -> dict[tuple[int, int], int]:
    """Cost of every feasible pair (full openings too)."""
    pairs = all_pairs(given)
    pairs = pairs.where((failed_rules(pairs) & ~np.uint32(Rule.NO_PLACES)) == 0)
    total = score(pairs, params).sum(axis=0)
    return {(int(i), int(j)): int(c) for i, j, c in zip(pairs.need, pairs.opening, total, strict=True)}


def every_plan(given: Problem) -> Iterator[tuple[int, ...]]:
    """Every plan that breaks no rule and no capacity: the opening of each need, -1 for none."""
    cost, places = costs(given), given.openings.places
    options = [[-1] + [j for (i, j) in cost if i == need] for need in range(len(given.needs))]
    for plan in product(*options):
        used = [j for j in plan if j >= 0]
        if all(used.count(j) <= places[j] for j in set(used)):
            yield plan


def by_tier(given: Problem, plan: Sequence[int]) -> list[int]:
    """How many of each tier a plan serves."""
    return [sum(1 for t, j in zip(given.needs.tier, plan, strict=True) if j >= 0 and t == tier) for tier in range(1, 5)]


def by_group(given: Problem, plan: Sequence[int]) -> list[int]:
    """How many of each group a plan serves."""
    pairs = list(zip(given.needs.group, plan, strict=True))
    return [sum(1 for g, j in pairs if j >= 0 and g == group) for group in range(GROUPS)]


def best_by_trying(given: Problem, floor: Sequence[int] = (0,) * GROUPS) -> tuple[int, list[int], int]:
    """Shortfall, served by tier and cost of the best plan: fewest people short of the floors, then most of tier 1, of
    tier 2 and so on, then fewest points. By trying every plan, in exact integers."""
    cost = costs(given)

    def rank(plan: Sequence[int]) -> tuple[int, list[int], int]:
        short = sum(max(low - got, 0) for low, got in zip(floor, by_group(given, plan), strict=True))
        points = sum(cost[i, j] for i, j in enumerate(plan) if j >= 0)
        return short, [-count for count in by_tier(given, plan)], points

    short, tiers, points = min(map(rank, every_plan(given)))
    return short, [-count for count in tiers], points


def with_places(given: Problem, opening: int, more: int) -> Problem:
    """The problem with more (or fewer) places at one opening."""
    places = given.openings.places.copy()
    places[opening] += more
    return replace(given, openings=replace(given.openings, places=places))


def shuffled(given: Problem, seed: int) -> tuple[Problem, np.ndarray, np.ndarray]:
    """The problem with its rows in another order, and that order."""
    rng = np.random.default_rng(seed)
    needs, openings = rng.permutation(len(given.needs)), rng.permutation(len(given.openings))
    return given.rearranged(needs, openings), needs, openings
