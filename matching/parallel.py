"""Many pieces of work on one `concurrent.futures` contract: one after the other, on processes, or on a Dask cluster.

What travels is a key that names the work (a stored snapshot, a record's id), never the arrays: the worker loads,
solves, and returns little. A worker that dies takes nobody's result with it: what it had in hand is tried again by
fresh ones, alone, a bounded number of times, so that a key which kills its workers is found out and the others go on.
"""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Any, Generic, ParamSpec, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
P = ParamSpec("P")

TRIES = 3
"""How often a key is tried before it is given up, when workers die over it."""
BEAT_SECONDS = 0.5


class WorkerLost(RuntimeError):
    """The workers that had this key in hand died, every time it was tried."""


@dataclass(frozen=True)
class Done(Generic[K, V]):
    """What became of one key."""

    key: K
    value: V | None
    error: Exception | None
    """What the work raised, or WorkerLost"""
    tries: int

    @property
    def result(self) -> V:
        """What the work returned; raises what it raised."""
        if self.error is not None:
            raise self.error
        return self.value  # type: ignore[return-value]


Progress = Callable[[Done[Any, Any], int, int], None]
"""progress(what just finished, how many are finished, of how many)."""
Opened = tuple[Executor, int]
"""An executor, and how many keys it works on at once."""


@dataclass(frozen=True)
class Crew:
    """Who does the work: a name, and how a fresh executor is opened."""

    name: str
    open: Callable[[], AbstractContextManager[Opened]]
    mends: bool = False
    """The executor itself puts a fresh worker in the place of one that died"""


class Serial(Executor):
    """Does the work at once, in this thread."""

    def submit(self, fn: Callable[P, V], /, *args: P.args, **kwargs: P.kwargs) -> Future[V]:
        """A future that is already done."""
        future: Future[V] = Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def serial() -> Crew:
    """One after the other, in this process."""

    @contextmanager
    def opened() -> Iterator[Opened]:
        with Serial() as executor:
            yield executor, 1

    return Crew("serial", opened)


def processes(count: int) -> Crew:
    """So many processes of this machine, started afresh (not forked), which end when this one does."""
    if count < 1:
        raise ValueError(f"a pool has 1 process or more, not {count}")

    @contextmanager
    def opened() -> Iterator[Opened]:
        pool = ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=end_with_parent)
        try:
            yield pool, count
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    return Crew(f"{count} processes", opened)


def end_with_parent() -> None:
    """Let this worker end when the process that started it is gone, even by kill -9: a pool would wait for ever."""
    parent = parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    Thread(target=watch, name="end-with-parent", daemon=True).start()


def cluster(address: str | None = None, *, workers: int = 2) -> Crew:
    """A Dask cluster: the one at `address`, or `workers` processes of this machine (needs the extra `cluster`).

    On a cluster of several machines a key must mean the same everywhere: a snapshot in a shared folder, a database.
    """

    @contextmanager
    def opened() -> Iterator[Opened]:
        import dask.config
        from dask.distributed import Client

        own = {"n_workers": workers, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
        # A key whose worker died is handed back at once: whether it is tried again is decided here, as for processes.
        with (
            dask.config.set({"distributed.scheduler.allowed-failures": 0}),
            Client(**({"address": address} if address else own)) as client,  # type: ignore[no-untyped-call]
        ):
            threads = sum(client.nthreads().values())
            with client.get_executor(pure=False) as executor:
                yield executor, max(threads, 1)

    return Crew("dask", opened, mends=True)


def each(
    work: Callable[[K], V],
    keys: Iterable[K],
    crew: Crew,
    *,
    tries: int = TRIES,
    progress: Progress = lambda _done, _finished, _total: None,
    beat: Callable[[], None] | None = None,
) -> dict[K, Done[K, V]]:
    """Do the work for every key; what became of each, in the order of the keys.

    `work` and the keys must be picklable, `work` a function of a module. An error of the work itself is kept with its
    key and not tried again; the others go on. `beat` is called about every half second while workers are busy, so that
    one can look how far they are.
    """
    order = list(dict.fromkeys(keys))
    run = _Run(work, len(order), tries, progress, beat)
    crowd, alone = deque(order), deque[K]()
    while crowd or alone:
        with crew.open() as (executor, width):
            whole = True
            while whole and (crowd or alone):
                died = run.off(alone, executor, 1) or run.off(crowd, executor, width)
                alone.extend(run.to_try_again(died))
                whole = not died or crew.mends
    return {key: run.done[key] for key in order}


class _Run(Generic[K, V]):
    """The state of one call of `each`."""

    def __init__(
        self,
        work: Callable[[K], V],
        total: int,
        tries: int,
        progress: Progress,
        beat: Callable[[], None] | None,
    ) -> None:
        self.work, self.total, self.tries, self.progress, self.beat = work, total, tries, progress, beat
        self.done: dict[K, Done[K, V]] = {}
        self.started: Counter[K] = Counter()

    def off(self, queue: deque[K], executor: Executor, width: int) -> list[K]:
        """Work the queue off, `width` keys at a time, until a worker dies; the keys in hand then."""
        in_hand: dict[Future[V], K] = {}
        died: list[K] = []
        while in_hand or (queue and not died):
            while queue and not died and len(in_hand) < width:
                key = queue.popleft()
                self.started[key] += 1
                try:
                    in_hand[executor.submit(self.work, key)] = key
                except BrokenExecutor:
                    died.append(key)
            finished = wait(in_hand, BEAT_SECONDS if self.beat else None, FIRST_COMPLETED).done
            if self.beat and not finished:
                self.beat()
            for future in finished:
                key = in_hand.pop(future)
                try:
                    value = future.result()
                except Exception as error:
                    if _is_death(error):
                        died.append(key)
                    else:
                        self._finish(key, None, error)
                else:
                    self._finish(key, value, None)
        return died

    def to_try_again(self, died: list[K]) -> Iterator[K]:
        """The keys of these that may be tried once more; the others are given up."""
        for key in died:
            if self.started[key] < self.tries:
                yield key
            else:
                self._finish(key, None, WorkerLost(f"{key}: {self.tries} workers died over it"))

    def _finish(self, key: K, value: V | None, error: Exception | None) -> None:
        self.done[key] = Done(key, value, error, self.started[key])
        self.progress(self.done[key], len(self.done), self.total)


def _is_death(error: Exception) -> bool:
    """Whether the executor failed, not the work. Dask's own error is told by its name: Dask may not be there."""
    return isinstance(error, BrokenExecutor | CancelledError) or type(error).__name__ == "KilledWorker"
