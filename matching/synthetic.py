"""A city that does not exist, for tests and measurements: seeded, of any size, of the real arrays' types.

Townships are clusters of people around centres of different weight; services are of many types, some common
and some rare; about 15 % fewer places than needs, unevenly spread, so that a round has something to decide.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from matching.eligibility import Rule
from matching.problem import Needs, Openings, PairFacts, Problem

TYPES = 24
NEEDS_PER_TOWNSHIP = 500
TOWNSHIPS_PER_COUNTY = 10
CITY = (32.2, 119.45)
"""Latitude and longitude of the middle, degrees."""
DISTANCE_OF_TOWNSHIPS = 0.03
"""Degrees of latitude; a city grows in area with its people, not in density."""
FIRST_COUNTY = 321101_000_000
NEEDS_PER_OPENING = 10
SHORT = 0.85
"""Places per need."""


def city(needs: int, seed: int = 0) -> Problem:
    """A city of so many needs and a tenth as many openings. The same seed gives the same city."""
    rng = np.random.default_rng([needs, seed])
    townships = max(needs // NEEDS_PER_TOWNSHIP, 5)
    spread = DISTANCE_OF_TOWNSHIPS * np.sqrt(townships)
    centres = np.column_stack([rng.normal(CITY[0], spread, townships), rng.normal(CITY[1], 1.2 * spread, townships)])
    weight = rng.dirichlet(np.full(townships, 2.0))
    kinds = rng.dirichlet(np.linspace(4.0, 0.6, TYPES))
    people = _needs(rng, needs, centres, weight, kinds)
    openings = _openings(rng, needs, centres, weight, kinds)
    return Problem(people, openings, _facts(rng, people, openings), districts=townships)


def _spot(
    rng: Generator, centre: NDArray[np.float64], spread: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return rng.normal(centre[:, 0], spread), rng.normal(centre[:, 1], spread * 1.2)


def _code(township: NDArray[np.int64]) -> NDArray[np.int64]:
    county, street = np.divmod(township, TOWNSHIPS_PER_COUNTY)
    return np.asarray(FIRST_COUNTY + county * 1_000_000 + (street + 1) * 1_000)


def _tie_keys(rng: Generator, size: int) -> NDArray[np.uint64]:
    return rng.integers(0, 2**63, size, dtype=np.uint64)


def _bits(rng: Generator, size: int, chances: list[float]) -> NDArray[np.uint64]:
    bits = np.zeros(size, dtype=np.uint64)
    for bit, chance in enumerate(chances):
        bits |= (rng.random(size) < chance).astype(np.uint64) << np.uint64(bit)
    return bits


def _needs(
    rng: Generator, n: int, centres: NDArray[np.float64], weight: NDArray[np.float64], kinds: NDArray[np.float64]
) -> Needs:
    township = rng.choice(len(weight), n, p=weight)
    latitude, longitude = _spot(rng, centres[township], 0.03)
    unknown = rng.random(n) < 0.02
    latitude[unknown] = longitude[unknown] = np.nan
    minor = rng.random(n) < 0.12
    return Needs.make(
        n,
        service_type=rng.choice(TYPES, n, p=kinds).astype(np.int32),
        tier=rng.choice([1, 2, 3, 4], n, p=[0.1, 0.2, 0.4, 0.3]).astype(np.int8),
        waiting_days=np.minimum(rng.exponential(40, n), 720).astype(np.int32),
        area=_code(township) + rng.integers(1, 40, n),
        district=township.astype(np.int32),
        household=rng.integers(0, max(n * 2 // 3, 1), n).astype(np.int32),
        latitude=latitude,
        longitude=longitude,
        age=np.where(minor, rng.integers(0, 18, n), np.clip(rng.normal(68, 14, n), 18, 101)).astype(np.int16),
        sex=rng.integers(1, 3, n).astype(np.int8),
        statuses=_bits(rng, n, [0.5, 0.2, 0.2, 0.1, 0.05]),
        features=_bits(rng, n, [0.3, 0.3, 0.15, 0.1, 0.1, 0.05]),
        languages=np.where(rng.random(n) < 0.06, 1 << rng.integers(0, 3, n), 0).astype(np.uint32),
        wanted_times=np.where(rng.random(n) < 0.3, rng.integers(1, 1 << 21, n), 0).astype(np.uint32),
        worker_sex=np.where(rng.random(n) < 0.08, rng.integers(1, 3, n), 0).astype(np.int8),
        language_is_hard=rng.random(n) < 0.02,
        quantity=rng.integers(1, 9, n).astype(np.float64),
        tie_key=_tie_keys(rng, n),
    )


def _openings(
    rng: Generator, needs: int, centres: NDArray[np.float64], weight: NDArray[np.float64], kinds: NDArray[np.float64]
) -> Openings:
    m = max(needs // NEEDS_PER_OPENING, 2 * TYPES)
    township = rng.choice(len(weight), m, p=0.6 * weight + 0.4 / len(weight))
    latitude, longitude = _spot(rng, centres[township], 0.02)
    reach = rng.choice(4, m, p=[0.55, 0.32, 0.1, 0.03])  # radius, townships, county, anywhere
    service_type = rng.choice(TYPES, m, p=kinds)
    service_type[:TYPES] = np.arange(TYPES)
    share = rng.lognormal(0, 0.5, m)
    wanted, offered = kinds[service_type] * needs * SHORT, np.bincount(service_type, share, TYPES)[service_type]
    ranges = np.where(reach == 1, 1 + (rng.random(m) < 0.4), reach == 2)
    ptr = np.concatenate([[0], np.cumsum(ranges)]).astype(np.int64)
    owner = np.repeat(np.arange(m), ranges)
    second = np.arange(len(owner)) - ptr[owner]
    low = _code((township[owner] + second) % len(weight))
    low = np.where(reach[owner] == 2, low // 1_000_000 * 1_000_000, low)
    high = low + np.where(reach[owner] == 2, 999_999, 999)
    return Openings.make(
        m,
        service_type=service_type.astype(np.int32),
        places=np.floor(share / offered * wanted + rng.random(m)).astype(np.int32),
        latitude=latitude,
        longitude=longitude,
        radius_km=np.where(reach == 0, rng.choice([2.0, 3.0, 5.0, 8.0, 15.0], m), np.nan),
        min_age=np.where(rng.random(m) < 0.25, 60, -1).astype(np.int16),
        max_age=np.full(m, -1, dtype=np.int16),
        sex=np.where(rng.random(m) < 0.03, rng.integers(1, 3, m), 0).astype(np.int8),
        statuses_any=np.where(rng.random(m) < 0.2, 0b11, 0).astype(np.uint64),
        features_any=np.where(rng.random(m) < 0.1, 0b111, 0).astype(np.uint64),
        languages=_bits(rng, m, [0.5, 0.2, 0.1]).astype(np.uint32),
        times=np.where(rng.random(m) < 0.5, rng.integers(1, 1 << 21, m), 0).astype(np.uint32),
        worker_sex=rng.choice([0, 1, 2, 3], m, p=[0.3, 0.1, 0.3, 0.3]).astype(np.uint8),
        serves_minors_checked=rng.random(m) < 0.8,
        licence_valid=rng.random(m) < 0.98,
        accepting=rng.random(m) < 0.97,
        units_per_place=np.where(rng.random(m) < 0.1, 6.0, np.nan),
        provider=rng.integers(0, max(m // 3, 1), m).astype(np.int32),
        quality=rng.integers(300, 1001, m).astype(np.int32),
        p_accept=rng.beta(8, 2, m),
        p_complete=rng.beta(9, 1, m),
        tie_key=_tie_keys(rng, m),
        area_ptr=ptr,
        area_ranges=np.column_stack([low, high]),
    )


def _facts(rng: Generator, needs: Needs, openings: Openings) -> PairFacts:
    n, m = len(needs), len(openings)
    barred, known = max(n // 50, 1), max(n // 5, 1)
    return PairFacts(
        forbidden_need=rng.integers(0, n, barred).astype(np.int32),
        forbidden_opening=rng.integers(0, m, barred).astype(np.int32),
        forbidden_rule=rng.choice([int(Rule.CONSENT), int(Rule.REJECTED_BEFORE)], barred).astype(np.uint32),
        continuity_need=rng.integers(0, n, known).astype(np.int32),
        continuity_provider=rng.integers(0, int(openings.provider.max()) + 1, known).astype(np.int32),
    )
