"""The same work on every crew, and what becomes of it when a worker is killed."""

import os
import subprocess
import sys
import time
from dataclasses import fields, replace
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching import Params, Problem, solve
from matching.cities import divided, solve_city, solve_in_shares
from matching.parallel import Crew, Done, WorkerLost, cluster, each, processes, serial
from matching.snapshots import Synthetic, load, store
from matching.synthetic import city
from tests.matching.laborers import die_always, die_once, square
from tests.matching.small import problems

HERE = Path(__file__).resolve().parents[2]
CREWS = [serial(), processes(2), cluster(workers=2)]
SEVERAL = CREWS[1:]
by_name = pytest.mark.parametrize("crew", CREWS, ids=lambda crew: crew.name)
with_workers = pytest.mark.parametrize("crew", SEVERAL, ids=lambda crew: crew.name)
pytestmark = pytest.mark.filterwarnings("ignore:Port .* is already in use", "ignore::ResourceWarning")


@by_name
def test_every_key_is_done_once_and_told_when_it_is(crew: Crew) -> None:
    told: list[tuple[int, int]] = []

    def progress(_done: Done[int, tuple[int, int]], finished: int, total: int) -> None:
        told.append((finished, total))

    done = each(square, [5, 1, 4, 1, -1], crew, progress=progress)
    assert [(key, one.tries) for key, one in done.items()] == [(5, 1), (1, 1), (4, 1), (-1, 1)]
    assert [done[key].result[0] for key in (5, 1, 4)] == [25, 1, 16]
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert (done[5].result[1] == os.getpid()) == (crew.name == "serial")
    assert isinstance(done[-1].error, ValueError)  # an error of the work stays with its key
    with pytest.raises(ValueError, match="negative"):
        _ = done[-1].result


@with_workers
def test_what_a_killed_worker_had_in_hand_is_done_by_a_fresh_one(crew: Crew, tmp_path: Path) -> None:
    done = each(die_once, [(str(tmp_path), number) for number in range(6)], crew)
    assert [one.result for one in done.values()] == [0, 10, 20, 30, 40, 50]
    assert done[str(tmp_path), 2].tries == 2


@with_workers
def test_a_key_that_kills_every_worker_is_given_up_and_the_others_are_not(crew: Crew, tmp_path: Path) -> None:
    done = each(die_always, [(str(tmp_path), number) for number in range(6)], crew, tries=2)
    assert [one.value for one in done.values()] == [0, 10, None, 30, 40, 50]
    assert isinstance(done[str(tmp_path), 2].error, WorkerLost)
    assert (tmp_path / "deaths").read_text() == "xx"


def test_workers_end_when_whoever_started_them_is_killed(tmp_path: Path) -> None:
    work = (
        "from matching.parallel import each, processes\nfrom tests.matching.laborers import note_and_wait\n"
        f"each(note_and_wait, [({str(tmp_path)!r}, 0), ({str(tmp_path)!r}, 1)], processes(2))\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", work], cwd=HERE)
    try:
        _until(lambda: all((tmp_path / f"{n}.pid").exists() and (tmp_path / f"{n}.pid").read_text() for n in (0, 1)))
        workers = [int((tmp_path / f"{n}.pid").read_text()) for n in (0, 1)]
    finally:
        parent.kill()
        parent.wait()
    _until(lambda: not any(_lives(worker) for worker in workers))


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _until(true: object, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_pool_needs_a_worker() -> None:
    with pytest.raises(ValueError, match="1 process"):
        processes(0)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(problems(types=3))
def test_a_snapshot_gives_back_the_problem(tmp_path: Path, problem: Problem) -> None:
    key = store(problem, tmp_path / "one.npz")
    again = key.load()
    for name in ("needs", "openings", "facts"):
        for spec in fields(getattr(problem, name)):
            one, two = getattr(getattr(problem, name), spec.name), getattr(getattr(again, name), spec.name)
            assert one.dtype == two.dtype
            assert np.array_equal(one, two, equal_nan=one.dtype.kind == "f")
    assert (again.districts, again.groups) == (problem.districts, problem.groups)
    assert [path.name for path in tmp_path.iterdir()] == ["one.npz"]


def test_half_a_snapshot_is_never_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store(city(200, 1), tmp_path / "city.npz")

    def break_off(*_args: object, **_columns: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(np, "savez", break_off)
    with pytest.raises(OSError, match="no space"):
        store(city(200, 2), tmp_path / "city.npz")
    assert np.array_equal(load(tmp_path / "city.npz").needs.tie_key, city(200, 1).needs.tie_key)
    assert [path.name for path in tmp_path.iterdir()] == ["city.npz"]


def test_every_crew_gives_the_same_plans(tmp_path: Path) -> None:
    keys = [store(city(400, seed), tmp_path / f"{seed}.npz") for seed in range(3)] + [Synthetic(300, 7)]
    work = partial(solve_city, params=Params(), seed=5, folder=str(tmp_path))
    told = [each(work, keys, crew) for crew in CREWS]
    for key in keys:
        one, *others = (run[key].result for run in told)
        plain = solve(key.load(), Params(), seed=5)
        assert one.exact
        assert (one.served, one.value) == (tuple(plain.served.tolist()), plain.value)
        assert one.plan
        with np.load(one.plan) as written:
            assert np.array_equal(written["assignment"], plain.assignment)
            assert np.array_equal(written["gain"], plain.gain)
        assert all((other.digest, other.value, other.served) == (one.digest, one.value, one.served) for other in others)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(problems(most_needs=30, most_openings=12, types=5), st.integers(2, 4), st.integers(0, 99))
def test_a_city_divided_among_workers_has_the_plan_of_one(
    tmp_path: Path, problem: Problem, shares: int, seed: int
) -> None:
    key = store(problem, tmp_path / "one.npz")
    placed = solve_in_shares(key, Params(), serial(), seed=seed, shares=shares)
    assert np.array_equal(placed, solve(problem, Params(), seed=seed).assignment)


@pytest.mark.parametrize("crew", SEVERAL, ids=lambda crew: crew.name)
def test_a_city_divided_among_processes_has_the_plan_of_one(crew: Crew) -> None:
    placed = solve_in_shares(Synthetic(3000, 4), Params(), crew, seed=2, shares=3)
    assert np.array_equal(placed, solve(city(3000, 4), Params(), seed=2).assignment)


def test_a_city_is_not_divided_where_something_joins_its_types() -> None:
    problem = city(500)
    assert len(divided(problem, Params(), 3)) == 3
    assert sorted(kind for share in divided(problem, Params(), 3) for kind in share) == list(range(24))
    for params in (Params(fair_floor=700), Params(fair_share=True), Params(weight_together=50, weight_waiting=50)):
        assert len(divided(problem, params, 3)) == 1
    funded = replace(problem.openings, fund=np.zeros(len(problem.openings), np.int32))
    assert len(divided(replace(problem, openings=funded, fund_left=np.array([100])), Params(), 3)) == 1
