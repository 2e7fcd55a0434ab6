"""Solving cities by their keys, on any crew: what a worker does, and how one city is divided among workers."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
from numpy.typing import NDArray

from matching.assign import solve
from matching.memory import peak_mb
from matching.parallel import Crew, each
from matching.params import Params
from matching.problem import PairFacts, Problem
from matching.snapshots import Key, write

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Told:
    """What a worker says of a city: counts, never rows. The plan itself is in the file `plan`, where one is written."""

    needs: int
    served: tuple[int, ...]
    """By tier, as the two below"""
    served_greedy: tuple[int, ...]
    served_first_come: tuple[int, ...]
    value: int
    exact: bool
    digest: str
    """Of the assignment: the same on every crew"""
    seconds: dict[str, float]
    """Of each part of the solve; `load` is the reading of the snapshot"""
    share: float
    """Of a processor that the worker got meanwhile: below 1 where others use the machine too"""
    peak_mb: float | None
    """Most memory the worker has held so far, its libraries with it; None where the system does not tell"""
    process: int
    plan: str | None


def solve_city(key: Key, params: Params, seed: int = 0, folder: str | None = None) -> Told:
    """Load a city, solve it, and say how it came out; with `folder` the plan is written there as well."""
    begin, worked = perf_counter(), process_time()
    problem = key.load()
    loading = perf_counter() - begin
    result = solve(problem, params, seed=seed)
    share = (process_time() - worked) / (perf_counter() - begin)
    digest = sha256(result.assignment.tobytes()).hexdigest()
    plan = Path(folder) / f"{digest[:24]}.plan.npz" if folder else None
    if plan:
        write(plan, {"assignment": result.assignment, "gain": result.gain, "loss": result.loss})
    return Told(
        needs=len(problem.needs),
        served=_counts(result.served),
        served_greedy=_counts(result.greedy.served),
        served_first_come=_counts(result.first_come.served),
        value=result.value,
        exact=result.certificate.exact,
        digest=digest,
        seconds={"load": loading} | result.seconds,
        share=round(min(share, 1.0), 3),
        peak_mb=peak_mb(),
        process=os.getpid(),
        plan=str(plan) if plan else None,
    )


def _counts(by_tier: Ints) -> tuple[int, ...]:
    return tuple(int(count) for count in by_tier)


@dataclass(frozen=True)
class Share:
    """Part of a city: its needs and openings of these service types."""

    city: Key
    types: tuple[int, ...]


def solve_in_shares(city: Key, params: Params, crew: Crew, *, seed: int = 0, shares: int = 2) -> NDArray[np.int32]:
    """int32[n]: the opening of each need (-1 unmet) in the plan that `solve` finds, found by several workers.

    No pair joins two service types, so types are solved apart. Where something joins them (fairness between groups,
    a fund, one person's needs, hours, draws) the city stays whole.
    """
    problem = city.load()
    placed = np.full(len(problem.needs), -1, dtype=np.int32)
    wanted = divided(problem, params, shares)
    done = each(partial(solve_share, params=params, seed=seed), [Share(city, types) for types in wanted], crew)
    for share, one in done.items():
        needs, openings = rows_of(problem, share.types)
        placed[needs] = np.append(openings, -1)[one.result]
    return placed


def solve_share(share: Share, params: Params, seed: int = 0) -> NDArray[np.int32]:
    """int32[needs of the share]: the opening of each, as a row among the share's openings; -1 unmet."""
    whole = share.city.load()
    needs, openings = rows_of(whole, share.types)
    return solve(restricted(whole, needs, openings), params, seed=seed).assignment


def divided(problem: Problem, params: Params, shares: int) -> list[tuple[int, ...]]:
    """The service types in at most so many shares of about equal work; one share where types hang together."""
    kinds = np.union1d(problem.needs.service_type, problem.openings.service_type)
    if joined(problem, params) or shares < 2:
        return [tuple(kinds.tolist())]
    size = int(kinds.max(initial=0)) + 1
    work = np.bincount(problem.needs.service_type, minlength=size) * np.bincount(
        problem.openings.service_type, minlength=size
    )
    load, found = [0] * shares, [[] for _ in range(shares)]  # type: tuple[list[int], list[list[int]]]
    for kind in sorted(kinds.tolist(), key=lambda kind: (-work[kind], kind)):
        least = load.index(min(load))
        load[least] += int(work[kind]) + 1
        found[least].append(kind)
    return [tuple(sorted(share)) for share in found if share]


def joined(problem: Problem, params: Params) -> bool:
    """Whether anything makes the plan of one service type depend on another's."""
    return bool(
        params.fair_floor
        or params.fair_share
        or params.weight_together
        or params.draw_within
        or (problem.openings.fund >= 0).any()
        or problem.openings.counts_hours.any()
    )


def rows_of(problem: Problem, types: tuple[int, ...]) -> tuple[Ints, Ints]:
    """Rows of the needs and of the openings of these types."""
    return (
        np.flatnonzero(np.isin(problem.needs.service_type, types)),
        np.flatnonzero(np.isin(problem.openings.service_type, types)),
    )


def restricted(problem: Problem, needs: Ints, openings: Ints) -> Problem:
    """The problem of these rows alone, with the pair facts among them."""
    need_at, opening_at = _places(needs, len(problem.needs)), _places(openings, len(problem.openings))
    facts = problem.facts
    barred = (need_at[facts.forbidden_need] >= 0) & (opening_at[facts.forbidden_opening] >= 0)
    known = need_at[facts.continuity_need] >= 0
    kept = PairFacts(
        forbidden_need=need_at[facts.forbidden_need[barred]],
        forbidden_opening=opening_at[facts.forbidden_opening[barred]],
        forbidden_rule=facts.forbidden_rule[barred],
        continuity_need=need_at[facts.continuity_need[known]],
        continuity_provider=facts.continuity_provider[known],
    )
    return replace(problem, needs=problem.needs.take(needs), openings=problem.openings.take(openings), facts=kept)


def _places(rows: Ints, size: int) -> NDArray[np.int32]:
    at = np.full(size, -1, dtype=np.int32)
    at[rows] = np.arange(len(rows), dtype=np.int32)
    return at
