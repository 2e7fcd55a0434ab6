"""Computing a scenario in its own short transactions, while a page shows how far it is."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import Any

import structlog
from sqlalchemy.orm import Session

from matching import Params, solve
from models import Scenario, ScenarioKind, ScenarioStatus
from referral import clock
from referral.actions import scenarios
from referral.actions.rounding.altering import altered
from referral.actions.rounding.changing import Altered, altered_by
from referral.actions.rounding.comparing import Plan, differences, figures, places
from referral.queries.gathering.board import Board, gather_if_begun
from referral.queries.gathering.groups import grouped
from referral.queries.parameters import in_force
from referral.transactions import reading, transaction

log = structlog.get_logger()
Progress = Callable[[str, int], None]
"""progress(stage, per cent)."""


def silently(_stage: str, _progress: int) -> None:
    """Show progress to nobody."""


def compute_scenario(session: Session, key: uuid.UUID, *, progress: Progress = silently) -> ScenarioStatus:
    """Compute a waiting scenario and return its state; one that cannot be computed, or is gone, counts as failed.

    It reads the database once and writes nothing but the scenario itself. `result` then holds "today" (figures of the
    round as it would run now) and, unless the kind is PREVIEW, "copy", "differences" and "places".
    """

    def stage(name: str, share: int) -> None:
        with transaction(session):
            scenarios.note_progress(session, key, stage=name, progress=share)
        progress(name, share)

    with transaction(session):
        if not scenarios.begin(session, key):
            known = session.get(Scenario, key)
            return known.status if known else ScenarioStatus.FAILED
    progress("gathering", 5)
    try:
        started = perf_counter()
        with reading(), transaction(session):
            asked = session.get_one(Scenario, key)
            alone, seed, copied = asked.kind is ScenarioKind.PREVIEW, asked.seed, Params.from_dict(asked.params)
            now = copied if alone else in_force(session, asked.area_code, asked.at).params
            board = gather_if_begun(session, asked.area_code, asked.at)
            meant = altered_by(session, board, asked.changes)
        seconds = {"gather": perf_counter() - started}
        stage("solving", 30)
        started = perf_counter()
        plan = solve(grouped(board, now.fair_by)[0], now, seed=seed)
        today = Plan(board, plan, [str(opening) for opening in board.capacity_ids])
        seconds["today"] = perf_counter() - started
        answer: dict[str, Any] = {"today": figures(today), "digest": board.digest, "params": now.as_dict()}
        if not alone:
            stage("solving_copy", 60)
            started = perf_counter()
            copy = _copy(board, meant, copied, seed)
            seconds["copy"] = perf_counter() - started
            stage("comparing", 90)
            answer |= {"copy": figures(copy), "differences": differences(today, copy), "places": places(today, copy)}
            answer["idle"] = meant.idle
        answer["seconds"] = {name: round(value, 3) for name, value in seconds.items()}
        with transaction(session):
            scenarios.finish(session, key, result=answer, at=clock.now())
            status = session.get_one(Scenario, key).status
    except Exception as error:
        log.exception("scenario_failed", scenario=str(key))
        with transaction(session):
            scenarios.give_up(session, key, failure=type(error).__name__, at=clock.now())
        return ScenarioStatus.FAILED
    progress("done", 100)
    return status


def _copy(board: Board, meant: Altered, params: Params, seed: int) -> Plan:
    """The same needs, the altered openings."""
    copied = replace(board, problem=altered(board.problem, meant.alterations))
    return Plan(copied, solve(grouped(copied, params.fair_by)[0], params, seed=seed), meant.names)
