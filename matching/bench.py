"""How fast a round is, how much it serves and how much memory it takes, on a synthetic city.

The round runs in a process of its own, so that its memory is its own; the fastest of a few runs counts, for a
machine that others share is never faster than it is. networkx solves the same blocks for comparison.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from matching.assign import Clock, best_plan, solve
from matching.graph import Block, Graph
from matching.params import Params
from matching.restore import Order
from matching.synthetic import city
from matching.transport import solve_block

CORE = ("order", "candidates", "scores", "split", "solve", "prices", "ties", "certificate")
"""What the bar of a round counts; explanations and baselines are timed apart."""
ORACLE_SECONDS = 60.0
"""About so long networkx may take; at larger sizes it solves a sample of the blocks."""
ORACLE_PAIRS = 90_000
"""Pairs networkx solves in about that time."""


def bench_round(needs: int, seed: int = 0, *, oracle: bool = True) -> dict[str, Any]:
    """Figures of one round over a city of so many needs; see `dev.py bench` for the keys."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as own:
        figures = own.submit(_round, needs, seed).result()
    if oracle:
        figures |= _against_networkx(needs, seed)
    return figures


def _round(needs: int, seed: int) -> dict[str, Any]:
    problem, params = city(needs, seed), Params()
    solve(city(200, seed), params)  # loads every library before memory and time are counted
    _forget_peak()
    before = _memory_mb("VmRSS")
    runs = [solve(problem, params, seed=seed)]
    peak = _memory_mb("VmHWM")
    runs += [solve(problem, params, seed=seed) for _ in range(2 if needs <= 20_000 else 1)]
    best = min(runs, key=lambda run: sum(run.seconds[part] for part in CORE))
    return {
        "needs": needs,
        "seconds": round(sum(best.seconds[part] for part in CORE), 4),
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
    }


def _forget_peak() -> None:
    """Let the peak be counted from now (Linux)."""
    switch = Path("/proc/self/clear_refs")
    if switch.exists():
        switch.write_text("5")


def _memory_mb(line: str) -> float | None:
    """A line of the process's status in MB; None where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    found = [row.split()[1] for row in status.read_text().splitlines() if row.startswith(line)]
    return int(found[0]) / 1024 if found else None


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
        start = perf_counter()
        chosen = solve_block(block.graph)
        ours += perf_counter() - start
        start = perf_counter()
        value = networkx_value(block.graph)
        theirs += perf_counter() - start
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
