"""Today's plan and the plan of an altered copy, each solved: what a scenario answers is read off both."""

from dataclasses import replace
from typing import Any

from matching import Params, solve
from referral.actions.rounding.altering import altered
from referral.actions.rounding.changing import Altered
from referral.actions.rounding.comparing import Plan, differences, figures, places
from referral.queries.gathering.board import Board
from referral.queries.gathering.groups import grouped


def plan_of(board: Board, params: Params, *, seed: int) -> Plan:
    """Return the best plan for a board as it stands."""
    found = solve(grouped(board, params.fair_by)[0], params, seed=seed)
    return Plan(board, found, [str(opening) for opening in board.capacity_ids])


def copy_of(board: Board, meant: Altered, params: Params, *, seed: int) -> Plan:
    """Return the best plan for the same needs and the altered openings."""
    copied = replace(board, problem=altered(board.problem, meant.alterations))
    return Plan(copied, solve(grouped(copied, params.fair_by)[0], params, seed=seed), meant.names)


def of_today(today: Plan, params: Params) -> dict[str, Any]:
    """Return what a scenario says of the round as it would run now."""
    return {"today": figures(today), "digest": today.board.digest, "params": params.as_dict()}


def of_both(today: Plan, copy: Plan, meant: Altered) -> dict[str, Any]:
    """Return what it says besides of a copy: its figures, who gains, loses or moves, which places are worth more."""
    return {
        "copy": figures(copy),
        "differences": differences(today, copy),
        "places": places(today, copy),
        "idle": meant.idle,
    }
