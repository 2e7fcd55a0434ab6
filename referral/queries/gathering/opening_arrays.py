"""The openings of a round as the engine's columns."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching import Openings
from models import CapacityKind
from referral.queries.gathering.codes import SEX, WORKER_BITS, Codes, mask, tie_keys
from referral.queries.gathering.rates import Rates
from referral.queries.gathering.raw import keys, numbered
from referral.queries.gathering.rows import OpeningFacts, OpeningRow

DAYS_A_MONTH = 365.25 / 12


def opening_arrays(facts: OpeningFacts, codes: Codes, rates: Rates) -> Openings:
    """Return the engine's table of openings, in the order of the facts."""
    rows = facts.openings
    funds = {key: number for number, key in enumerate(facts.fund_keys)}
    ranges = [facts.areas.get(row.service_id, ()) for row in rows]
    flat = [(int(first), int(last)) for one in ranges for first, last in one]
    return Openings.make(
        len(rows),
        service_type=numbered(keys([row.term_id for row in rows]), codes.terms)[0],
        places=_column([max(row.left, 0) for row in rows], np.int32),
        latitude=_column([row.latitude for row in rows], np.float64),
        longitude=_column([row.longitude for row in rows], np.float64),
        radius_km=_column([row.radius_km for row in rows], np.float64),
        min_age=_column([-1 if row.minimum_age is None else row.minimum_age for row in rows], np.int16),
        max_age=_column([-1 if row.maximum_age is None else row.maximum_age for row in rows], np.int16),
        sex=_column([SEX[row.sex] for row in rows], np.int8),
        statuses_any=_column([mask(facts.statuses.get(row.service_id, ()), codes.statuses) for row in rows], np.uint64),
        features_any=_column([mask(facts.features.get(row.service_id, ()), codes.features) for row in rows], np.uint64),
        languages=_column([mask(row.languages.split(), codes.languages) for row in rows], np.uint32),
        times=_column([_times(facts.times, row) for row in rows], np.uint32),
        worker_sex=_column([mask((row.worker_sexes or "").split(), WORKER_BITS) for row in rows], np.uint8),
        serves_minors_checked=_column([row.organization_id in facts.child_safety for row in rows], np.bool_),
        licence_valid=_column([row.id not in facts.unlicensed for row in rows], np.bool_),
        accepting=_column([row.accepting for row in rows], np.bool_),
        units_per_place=_column([_given_a_month(row) for row in rows], np.float64),
        provider=numbered(keys([row.organization_id for row in rows]), codes.providers)[0],
        quality=_column([rates.quality(row.organization_id) for row in rows], np.int32),
        p_accept=rates.accepts(rows),
        p_complete=rates.completes(rows),
        counts_hours=_column([row.kind == CapacityKind.HOURS for row in rows], np.bool_),
        fund=_column([-1 if row.fund_id is None else funds[row.fund_id] for row in rows], np.int32),
        tie_key=tie_keys(keys([row.id for row in rows])),
        area_ptr=np.concatenate([[0], np.cumsum([len(one) for one in ranges], dtype=np.int64)]).astype(np.int64),
        area_ranges=np.array(flat, dtype=np.int64).reshape(-1, 2),
    )


def _given_a_month(row: OpeningRow) -> float:
    """Units a month that one place gives; NaN without a limit. Periods count in whole months, at least one."""
    if row.units_per_place is None:
        return float("nan")
    months = round(((row.ends_on - row.starts_on).days + 1) / DAYS_A_MONTH)
    return row.units_per_place / max(months, 1)


def _times(times: Mapping[uuid.UUID, int], row: OpeningRow) -> int:
    """Opening times as they are stated most closely: at the place, for the service, for the location."""
    return next(
        (times[key] for key in (row.service_at_location_id, row.service_id, row.location_id) if key in times), 0
    )


def _column(values: Sequence[Any], dtype: Any) -> NDArray[Any]:
    return np.array(values, dtype=dtype)
