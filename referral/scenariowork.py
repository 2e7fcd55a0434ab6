"""Computing a scenario in its own short transactions, while a page shows how far it is."""

import uuid
from collections.abc import Callable
from time import perf_counter

import structlog
from sqlalchemy.orm import Session

from matching import Params
from models import Scenario, ScenarioKind, ScenarioStatus
from referral import clock
from referral.actions import scenarios
from referral.actions.rounding.beside import copy_of, of_both, of_today, plan_of
from referral.actions.rounding.changing import altered_by
from referral.queries.gathering.board import gather_if_begun
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
        today = plan_of(board, now, seed=seed)
        seconds["today"] = perf_counter() - started
        answer = of_today(today, now)
        if not alone:
            stage("solving_copy", 60)
            started = perf_counter()
            copy = copy_of(board, meant, copied, seed=seed)
            seconds["copy"] = perf_counter() - started
            stage("comparing", 90)
            answer |= of_both(today, copy, meant)
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
