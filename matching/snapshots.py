"""Problems in files, and the keys that name them: what is sent to a worker instead of arrays."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from matching.problem import Needs, Openings, PairFacts, Problem
from matching.synthetic import city

TABLES: dict[str, Any] = {"needs": Needs, "openings": Openings, "facts": PairFacts}


@dataclass(frozen=True, order=True)
class Snapshot:
    """The key of a problem stored by `store`; on a cluster the path must be one that every worker can read."""

    path: str

    def load(self) -> Problem:
        """The problem stored there."""
        return load(Path(self.path))


@dataclass(frozen=True, order=True)
class Synthetic:
    """The key of an invented city, which each worker makes for itself."""

    needs: int
    seed: int = 0

    def load(self) -> Problem:
        """The city of that size and seed."""
        return city(self.needs, self.seed)


Key = Snapshot | Synthetic


def store(problem: Problem, path: Path) -> Snapshot:
    """Write a problem to a file, whole or not at all, and return its key."""
    columns: dict[str, NDArray[Any]] = {}
    for part in fields(problem):
        value = getattr(problem, part.name)
        if part.name in TABLES:
            columns |= {f"{part.name}.{spec.name}": getattr(value, spec.name) for spec in fields(value)}
        else:
            columns[part.name] = np.asarray(value)
    write(path, columns)
    return Snapshot(str(path))


def load(path: Path) -> Problem:
    """The problem in a file of `store`; BadProblem where its columns do not fit together."""
    with np.load(path, allow_pickle=False) as stored:
        columns: dict[str, Any] = dict(stored)
    parts = {name: columns.pop(name) for name in list(columns) if "." not in name}
    given: dict[str, Any] = {name: int(value) if value.ndim == 0 else value for name, value in parts.items()}
    for name, table in TABLES.items():
        given[name] = table(**{spec.name: columns[f"{name}.{spec.name}"] for spec in fields(table)})
    return Problem(**given)


def write(path: Path, columns: dict[str, NDArray[Any]]) -> None:
    """Write columns to a file under another name first, so that nobody ever reads half of it."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            _save(file, columns)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _save(file: BinaryIO, columns: dict[str, NDArray[Any]]) -> None:
    np.savez(file, **columns)  # type: ignore[arg-type]
