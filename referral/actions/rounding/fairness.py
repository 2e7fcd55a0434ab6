"""What a round keeps of fairness: groups in codes and numbers, the price, and the keys of those who are worse off."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching import Result
from referral.queries.gathering.board import Board
from referral.queries.gathering.raw import uuids

NAMED = 500
"""So many needs are named of each kind, the most urgent and longest waiting; the others are counted."""


def told(board: Board, result: Result, fair_by: str, groups: Sequence[str]) -> dict[str, Any]:
    """Return `Round.fairness`."""
    found = result.fairness
    columns = {
        "wanted": found.wanted,
        "served": found.served,
        "without": found.without,
        "greedy": found.greedy,
        "floor": found.floor,
        "reachable": found.reachable,
    }
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return {
        "by": fair_by,
        "outside": int(found.outside.sum()),
        "share": found.share,
        "lexicographic": found.lexicographic,
        "ratio": found.ratio,
        "groups": [
            {"code": code, **dict(zip(columns, row, strict=True))} for code, row in zip(groups, rows, strict=True)
        ],
        "served": result.served.tolist(),
        "served_without": found.served_without.tolist(),
        "cost": result.cost,
        "cost_without": found.cost_without,
        "drawn": {
            "within": result.drawing.within,
            "exchanges": result.drawing.exchanges,
            "points": result.drawing.points,
        },
        "worse": _named(board, found.worse),
        "better": len(found.better),
        "given_up": _named(board, found.given_up),
    }


def _named(board: Board, rows: NDArray[np.int32]) -> dict[str, Any]:
    """How many needs there are, and the keys of the first."""
    needs = board.problem.needs
    order = rows[np.lexsort((-needs.waiting_days[rows], needs.tier[rows]))]
    return {"count": len(rows), "needs": [str(key) for key in uuids(board.need_keys[order[:NAMED]])]}
