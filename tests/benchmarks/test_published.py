"""Published instances with known optima: the solver must reach every one."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from matching.flow import min_cost_flow
from matching.graph import Graph
from matching.hours import assign_hours
from matching.prices import dual, gains, primal
from matching.transport import solve_block

FOLDER = Path(os.environ.get("YUANQIAO_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "data" / "benchmarks"
FOUND = (FOLDER / "optima.csv").exists()
ROWS = list(csv.DictReader((FOLDER / "optima.csv").read_text(encoding="utf-8").splitlines())) if FOUND else []


def _optima(folder: str) -> list[tuple[str, int]]:
    return [(row["file"], int(row["optimum"])) for row in ROWS if row["file"].startswith(folder)]


def _numbers(file: str) -> np.ndarray:
    return np.array((FOLDER / file).read_text(encoding="ascii").split(), dtype=np.int64)


def test_the_published_instances_are_there() -> None:
    assert FOUND, f"no published instances in {FOLDER}: set YUANQIAO_SHARED to the folder that holds data/benchmarks"
    assert [len(_optima(kind)) for kind in ("assignment", "network", "gap")] == [4, 1, 17]


def _assignment(file: str) -> Graph:
    size, *_ = numbers = _numbers(file)
    if len(numbers) == 1 + size * size:
        rows, cols = np.divmod(np.arange(size * size), size)
        cost = numbers[1:]
    else:
        rows, cols, cost = numbers[1:].reshape(-1, 3).T - [[1], [1], [0]]
        order = np.lexsort((cols, rows))
        rows, cols, cost = rows[order], cols[order], cost[order]
    ptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=size))])
    beyond = np.full(size, int(cost.max()) * int(size) + 1)
    return Graph(ptr, cols.astype(np.int32), cost, np.ones(size, dtype=np.int64), beyond)


@pytest.mark.parametrize(("file", "optimum"), _optima("assignment"))
def test_assignment_reaches_the_published_optimum_and_proves_it(file: str, optimum: int) -> None:
    graph = _assignment(file)
    chosen = solve_block(graph)
    assert (chosen >= 0).all()
    assert primal(graph, chosen) == dual(graph, gains(graph, chosen)) == optimum


@pytest.mark.parametrize(("file", "optimum"), _optima("network"))
def test_a_network_flow_reaches_the_published_optimum(file: str, optimum: int) -> None:
    lines = [line.split() for line in (FOLDER / file).read_text(encoding="ascii").splitlines()]
    nodes = next(int(line[2]) for line in lines if line and line[0] == "p")
    supply = np.zeros(nodes, dtype=np.int64)
    for line in lines:
        if line and line[0] == "n":
            supply[int(line[1]) - 1] = int(line[2])
    arcs = np.array([line[1:] for line in lines if line and line[0] == "a"], dtype=np.int64)
    tail, head, low, high, cost = arcs.T
    assert (low == 0).all()
    flow, value = min_cost_flow(tail - 1, head - 1, high, cost, supply)
    assert value == optimum
    balance = np.bincount(tail - 1, flow, nodes) - np.bincount(head - 1, flow, nodes)
    assert np.array_equal(balance.astype(np.int64), supply)
    assert ((flow >= 0) & (flow <= high)).all()


@pytest.mark.parametrize(("file", "optimum"), _optima("gap"))
def test_unsplittable_jobs_reach_the_published_optimum_and_prove_it(file: str, optimum: int) -> None:
    numbers = _numbers(file)
    agents, jobs = numbers[:2]
    cost, use = numbers[2 : 2 + 2 * agents * jobs].reshape(2, agents, jobs)
    capacity = numbers[2 + 2 * agents * jobs :][:agents]
    plan = assign_hours(cost, use, capacity, workers=2)
    assert plan.value == plan.bound == optimum
    taken = np.bincount(plan.assignment, use[plan.assignment, np.arange(jobs)], agents)
    assert (taken <= capacity).all()
