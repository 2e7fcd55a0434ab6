"""How fast a round is, how much it serves and how much memory it takes, on synthetic cities.

Rounds run in processes of their own, so that their memory is their own; the fastest of a few runs counts, for a
machine that others share is never faster than it is. networkx solves the same blocks for comparison. From
`PROVINCE_FROM` needs on there are several cities, stored as snapshots and solved by their keys on two processes.
"""

from __future__ import annotations

import os
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

import numpy as np

from matching.assign import best_plan, solve
from matching.cities import Told, solve_city
from matching.decline import redo
from matching.graph import Block, Graph
from matching.memory import forget_peak, held_mb, peak_mb
from matching.parallel import each, processes
from matching.params import Params
from matching.plan import Clock
from matching.problem import Problem
from matching.restore import Order
from matching.result import Result
from matching.snapshots import Snapshot, store
from matching.synthetic import city
from matching.transport import solve_block

CORE = ("order", "candidates", "scores", "split", "solve", "prices", "ties", "certificate")
"""What the bar of a round counts; explanations and baselines are timed apart."""
ORACLE_SECONDS = 60.0
"""About so long networkx may take; at larger sizes it solves a sample of the blocks."""
ORACLE_PAIRS = 330_000
"""Pairs networkx solves in about that time."""
DECLINES = 60
"""Needs whose proposal is declined, one after the other, each against the round's own plan."""
PROVINCE_FROM, CITY_NEEDS, WORKERS = 500_000, 50_000, 2


def bench_round(needs: int, seed: int = 0, *, oracle: bool = True, runs: int | None = None) -> dict[str, Any]:
    """Figures of one round over so many needs; see `dev.py bench` for the keys."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    if needs >= PROVINCE_FROM:
        figures = _province(needs, seed, runs or 1)
    else:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as own:
            figures = own.submit(_round, needs, seed, runs or (5 if needs <= 20_000 else 3)).result()
        if oracle:
            figures |= _against_networkx(needs, seed)
    return figures | {"load_before": None if load is None else round(load, 2)}


def _round(needs: int, seed: int, runs: int) -> dict[str, Any]:
    problem, params = city(needs, seed), Params()
    warm = city(200, seed)
    _declined(warm, solve(warm, params), 1)  # loads every library before memory and time are counted
    forget_peak()
    before = held_mb()
    tried: list[tuple[float, float, Result]] = []
    peak = None
    for _ in range(runs):
        begin, worked = perf_counter(), process_time()
        result = solve(problem, params, seed=seed)
        share = min((process_time() - worked) / (perf_counter() - begin), 1.0)
        tried.append((_core(result.seconds), share, result))
        peak = peak_mb() if peak is None else peak
    _, share, best = min(tried, key=lambda one: one[0] * one[1])
    declines = _declined(problem, best, DECLINES)
    return {
        "needs": needs,
        "seconds": round(_core(best.seconds), 4),
        "processor_share": round(share, 3),
        "parts": {part: round(spent, 4) for part, spent in best.seconds.items()},
        "certified": best.certificate.exact,
        "served": int(best.served.sum()),
        "served_greedy": int(best.greedy.served.sum()),
        "served_first_come": int(best.first_come.served.sum()),
        "served_by_tier": best.served.tolist(),
        "served_greedy_by_tier": best.greedy.served.tolist(),
        "served_first_come_by_tier": best.first_come.served.tolist(),
        "pairs": best.certificate.pairs,
        "components": best.certificate.components,
        "peak_mb": None if peak is None or before is None else round(peak - before, 1),
        "process_mb": peak,
        "decline_p95_ms": declines[0],
        "decline_processor_ms": declines[1],
        "runs": runs,
    }


def _core(seconds: dict[str, float]) -> float:
    return sum(seconds[part] for part in CORE)


def _declined(problem: Problem, result: Result, count: int) -> tuple[float, float]:
    """Milliseconds within which 95 % of plans are put right after one decline: of the clock, and of the processor."""
    placed = np.flatnonzero(result.assignment >= 0)
    accepted = np.zeros(len(problem.needs), dtype=np.bool_)
    chosen = np.random.default_rng(0).choice(placed, min(count, len(placed)), replace=False)
    spent = []
    for need in chosen.tolist():
        begin, worked = perf_counter(), process_time()
        redone = redo(problem, result, need, accepted=accepted)
        spent.append((perf_counter() - begin, process_time() - worked))
        if not redone.exact:
            raise ArithmeticError(f"the plan after the decline of need {need} is not proved")
    clock, processor = np.percentile(spent, 95, axis=0).tolist()
    return round(clock * 1000, 1), round(processor * 1000, 1)


def _province(needs: int, seed: int, runs: int) -> dict[str, Any]:
    """Cities of `CITY_NEEDS` needs on `WORKERS` processes, from snapshots in a folder."""
    seeds = [seed + number for number in range(needs // CITY_NEEDS)]
    with TemporaryDirectory(prefix="yuanqiao-bench-") as folder:
        keys = list(each(partial(_store, folder=folder), seeds, processes(WORKERS)).values())
        snapshots = [one.result for one in keys]
        found = []
        for _ in range(runs):
            begin = perf_counter()
            told = each(partial(solve_city, params=Params(), seed=seed), snapshots, processes(WORKERS))
            found.append((perf_counter() - begin, [one.result for one in told.values()]))
        wall, cities = min(found, key=lambda run: _busiest(run[1]))
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as own:
            decline = own.submit(_declined_city, snapshots[0], seed).result()
    peaks = [one.peak_mb for one in cities if one.peak_mb is not None]
    served, greedy, first = (
        np.sum([getattr(one, name) for one in cities], axis=0).tolist()
        for name in ("served", "served_greedy", "served_first_come")
    )
    return {
        "needs": sum(one.needs for one in cities),
        "seconds": round(_busiest(cities), 4),
        "processor_share": round(sum(one.share for one in cities) / len(cities), 3),
        "parts": {
            part: round(sum(one.seconds[part] for one in cities), 4) for part in dict.fromkeys(cities[0].seconds)
        },
        "certified": all(one.exact for one in cities),
        "served": sum(served),
        "served_greedy": sum(greedy),
        "served_first_come": sum(first),
        "served_by_tier": served,
        "served_greedy_by_tier": greedy,
        "served_first_come_by_tier": first,
        "cities": len(cities),
        "workers": WORKERS,
        "wall_seconds": round(wall, 2),
        "process_mb": max(peaks, default=None),
        "decline_p95_ms": decline[0],
        "decline_processor_ms": decline[1],
        "runs": runs,
    }


def _busiest(cities: list[Told]) -> float:
    """Seconds of the worker with most to do, counting what the bar of a round counts, and loading."""
    spent: defaultdict[int, float] = defaultdict(float)
    for one in cities:
        spent[one.process] += one.seconds["load"] + _core(one.seconds)
    return max(spent.values())


def _store(seed: int, folder: str) -> Snapshot:
    return store(city(CITY_NEEDS, seed), Path(folder) / f"{seed}.npz")


def _declined_city(key: Snapshot, seed: int) -> tuple[float, float]:
    problem = key.load()
    result = solve(problem, Params(), seed=seed)
    return _declined(problem, result, DECLINES)


def _against_networkx(needs: int, seed: int) -> dict[str, Any]:
    """Both solvers on the same blocks: all, or a sample by size that networkx can do in about a minute."""
    problem = city(needs, seed)
    order = Order.of(problem)
    plan = best_plan(problem.rearranged(order.needs, order.openings), Params(), seed=seed, clock=Clock())
    size = int(max(plan.parts.of_need.max(), plan.parts.of_opening.max())) + 1
    blocks = [block for block in plan.parts.blocks(np.ones(size, np.bool_)) if len(block.pairs)]
    sample = _sample(blocks)
    ours = theirs = 0.0
    agree = True
    for block in sample:
        start = process_time()  # of the processor, which a busy machine stretches less than the clock's
        chosen = solve_block(block.graph)
        ours += process_time() - start
        start = process_time()
        value = networkx_value(block.graph)
        theirs += process_time() - start
        agree &= value == int(block.graph.pay(chosen).sum())
    return {
        "networkx_ratio": round(theirs / ours, 1) if ours else None,
        "networkx_seconds": round(theirs, 3),
        "networkx_same_blocks_seconds": round(ours, 4),
        "networkx_blocks": f"{len(sample)} of {len(blocks)}",
        "networkx_agrees": bool(agree),
    }


def _sample(blocks: list[Block]) -> list[Block]:
    """All blocks, or every k-th by size so that their pairs stay below `ORACLE_PAIRS`."""
    ranked = sorted(blocks, key=lambda block: len(block.pairs))
    for step in range(1, len(ranked) + 1):
        chosen = ranked[step // 2 :: step]
        if sum(len(block.pairs) for block in chosen) <= ORACLE_PAIRS:
            return chosen
    return ranked[:1]


def networkx_value(graph: Graph) -> int:
    """The optimal value of a graph by networkx's `network_simplex`: the oracle of the tests."""
    import networkx as nx

    flow: Any = nx.DiGraph()
    flow.add_node("sink", demand=graph.n)
    flow.add_nodes_from((("need", need) for need in range(graph.n)), demand=-1)
    for opening, places in enumerate(graph.places.tolist()):
        flow.add_edge(("opening", opening), "sink", capacity=places, weight=0)
    for need, penalty in enumerate(graph.penalty.tolist()):
        flow.add_edge(("need", need), "sink", capacity=1, weight=penalty)
    rows = zip(graph.need.tolist(), graph.opening.tolist(), graph.cost.tolist(), strict=True)
    flow.add_edges_from(((("need", i), ("opening", j), {"capacity": 1, "weight": c}) for i, j, c in rows))
    value, _ = nx.network_simplex(flow)
    return int(value)
