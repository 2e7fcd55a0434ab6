"""The groups that fairness looks at: one number for each need, and a code for each group. Words are found elsewhere."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from matching import BadParams, Problem
from referral.queries.gathering.board import Board
from referral.queries.what_matters import AGE_BANDS

SEXES = {1: "male", 2: "female"}
IN_TOWNSHIP = 1_000
"""Below the nine digits of a township come three of a village."""
Ints = NDArray[np.int64]


def grouped(board: Board, fair_by: str) -> tuple[Problem, list[str]]:
    """Return the problem of a board with the group of each need in it, and the code of each group.

    Townships have the twelve digits of their division, sexes and statuses their codes, ages the first year of their
    band. Whose sex or age is not known is in no group; who is on no register is in one of their own. Raises BadParams.
    """
    if not fair_by:
        return board.problem, []
    if fair_by not in WAYS:
        raise BadParams(f"fair_by is one of {', '.join(WAYS)}")
    number, code = WAYS[fair_by](board)
    known = np.unique(number[number >= 0])
    group = np.where(number >= 0, np.searchsorted(known, number), -1)
    problem = board.problem
    needs = replace(problem.needs, group=group.astype(np.int32))
    return replace(problem, needs=needs, groups=len(known)), [code(one) for one in known.tolist()]


def _townships(board: Board) -> tuple[Ints, Callable[[int], str]]:
    return board.problem.needs.area // IN_TOWNSHIP, lambda number: f"{number * IN_TOWNSHIP:012d}"


def _sexes(board: Board) -> tuple[Ints, Callable[[int], str]]:
    sex = board.problem.needs.sex.astype(np.int64)
    return np.where(sex > 0, sex, -1), SEXES.__getitem__


def _ages(board: Board) -> tuple[Ints, Callable[[int], str]]:
    age = board.problem.needs.age
    firsts = np.array([0, *AGE_BANDS])
    return np.where(age >= 0, firsts[np.searchsorted(firsts, age, side="right") - 1], -1), str


def _statuses(board: Board) -> tuple[Ints, Callable[[int], str]]:
    return board.status.astype(np.int64), lambda number: board.statuses[number]


WAYS: dict[str, Callable[[Board], tuple[Ints, Callable[[int], str]]]] = {
    "district": _townships,
    "sex": _sexes,
    "age": _ages,
    "status": _statuses,
}
"""What fairness can look at: `Params.fair_by`."""
