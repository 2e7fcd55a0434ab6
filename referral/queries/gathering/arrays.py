"""From columns to the engine's arrays: needs, openings and pairs, each in a module of its own."""

import hashlib
from dataclasses import fields
from datetime import date, datetime

import numpy as np

from matching import Problem
from referral.queries.gathering.codes import Codes
from referral.queries.gathering.need_arrays import need_arrays
from referral.queries.gathering.opening_arrays import opening_arrays
from referral.queries.gathering.pair_arrays import pair_arrays
from referral.queries.gathering.rates import Rates
from referral.queries.gathering.rows import History, NeedFacts, OpeningFacts


def problem(needs: NeedFacts, openings: OpeningFacts, history: History, *, at: datetime, day: date) -> Problem:
    """Return the problem of a round; rows in the order of the facts given."""
    codes = Codes.of(needs, openings, history)
    people = need_arrays(needs, codes, at=at, day=day)
    return Problem(
        people,
        opening_arrays(openings, codes, Rates.of(history)),
        pair_arrays(needs, openings.openings, history, codes),
        districts=int(people.district.max(initial=-1)) + 1,
        fund_left=np.array([openings.funds[key] for key in openings.fund_keys], dtype=np.int64),
    )


def digest(given: Problem) -> str:
    """Return the SHA-256 of every array of a problem: what was decided on, in 64 characters."""
    total = hashlib.sha256()
    for table in (given.needs, given.openings, given.facts):
        for spec in fields(table):
            array = np.ascontiguousarray(getattr(table, spec.name))
            total.update(f"{spec.name}{array.dtype}{array.shape}".encode())
            total.update(array.tobytes())
    total.update(given.fund_left.tobytes())
    return total.hexdigest()
