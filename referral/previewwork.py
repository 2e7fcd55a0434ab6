"""Looking ahead: what a round would propose if it began now. It reads, computes, and writes nothing but its answer.

Kept as a scenario without changes, the newest of each area only; what stood there a day before is carried on in it.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from matching import Params, Result, solve
from models import Account, Proposal, Round, RoundKind, RoundOpening, Scenario, ScenarioKind, ScenarioStatus
from referral import clock
from referral.actions import nightly, scenarios
from referral.actions.rounding.comparing import Plan, figures
from referral.queries import previews
from referral.queries.gathering.board import Board, gather_if_begun
from referral.transactions import reading, transaction

log = structlog.get_logger()
Progress = Callable[[str, int], None]
WORTH_LISTED = 30
"""Openings whose worth is kept, the most useful first."""


def silently(_stage: str, _progress: int) -> None:
    """Show progress to nobody."""


def ask(session: Session, area: str, *, at: datetime, by: Account | None = None) -> Scenario:
    """Write down that a look ahead is wanted, to be computed by `compute_preview`."""
    scenarios.fail_dead_scenarios(session, at)
    return scenarios.start_scenario(session, area=area, at=at, kind=ScenarioKind.PREVIEW, by=by)


def compute_preview(session: Session, key: uuid.UUID, *, progress: Progress = silently) -> ScenarioStatus:
    """Compute a look ahead and return its state; the older ones of the area are dropped once it stands."""

    def stage(name: str, share: int) -> None:
        with transaction(session):
            scenarios.note_progress(session, key, stage=name, progress=share)
        progress(name, share)

    with transaction(session):
        if not scenarios.begin(session, key):
            known = session.get(Scenario, key)
            return known.status if known else ScenarioStatus.FAILED
    try:
        began = perf_counter()
        with reading(), transaction(session):
            asked = session.get_one(Scenario, key)
            area, at, seed, params = asked.area_code, asked.at, asked.seed, Params.from_dict(asked.params)
            board = gather_if_begun(session, area, at)
            answer: dict[str, Any] = {
                "standing": nightly.standing(board),
                "since": _since_last_round(session, area, board),
                "before": _before(previews.newest(session, area), at),
            }
        seconds = {"gather": perf_counter() - began}
        stage("solving", 40)
        began = perf_counter()
        result = solve(board.problem, params, seed=seed)
        seconds["solve"] = perf_counter() - began
        answer |= {
            "today": figures(Plan(board, result, [str(opening) for opening in board.capacity_ids])),
            "worth": _worth(board, result),
            "digest": board.digest,
            "seconds": {name: round(value, 3) for name, value in seconds.items()},
        }
        with transaction(session):
            if scenarios.finish(session, key, result=answer, at=clock.now()):
                _drop_older(session, area, key)
    except Exception as error:
        log.exception("preview_failed", scenario=str(key))
        with transaction(session):
            scenarios.give_up(session, key, failure=type(error).__name__, at=clock.now())
        return ScenarioStatus.FAILED
    progress("done", 100)
    return ScenarioStatus.DONE


def _since_last_round(session: Session, area: str, board: Board) -> dict[str, Any] | None:
    """What is different from the last round over the whole area; None before the first. Three queries."""
    last = session.scalars(
        sa.select(Round)
        .where(Round.area_code == area, Round.kind != RoundKind.FOLLOW_UP, Round.stage.in_(("done", "applying")))
        .order_by(Round.created_at.desc())
        .limit(1)
    ).first()
    if last is None:
        return None
    then = set(session.scalars(sa.select(Proposal.need_id).where(Proposal.round_id == last.id)))
    now = {uuid.UUID(str(key)) for key in board.need_ids}
    places = session.scalar(sa.select(sa.func.sum(RoundOpening.places)).where(RoundOpening.round_id == last.id)) or 0
    return {
        "round": str(last.id),
        "number": last.number,
        "new": len(now - then),
        "gone": len(then - now),
        "places": int(board.problem.openings.places.sum()) - int(places),
    }


def _before(newest: Scenario | None, at: datetime) -> dict[str, Any] | None:
    """The figures of the last look ahead of an earlier day: the newest one's own, or those it carries on."""
    if newest is None:
        return None
    if clock.local_date(newest.at) < clock.local_date(at):
        today = newest.result["today"]
        day = clock.local_date(newest.at).isoformat()
        return {"day": day, "served": today["served"], "needs": today["needs"]}
    carried: dict[str, Any] | None = newest.result.get("before")
    return carried


def _worth(board: Board, result: Result) -> list[dict[str, Any]]:
    """The openings where one more place helps most, with the moves that it sets off."""

    def key(opening: int) -> str | None:
        return str(board.capacity_ids[opening]) if opening >= 0 else None

    rows = [row for row in (-result.gain).argsort(kind="stable").tolist() if result.gain[row] > 0][:WORTH_LISTED]
    return [
        {
            "capacity": key(row),
            "places": int(board.problem.openings.places[row]),
            "matched": int((result.assignment == row).sum()),
            "gain": int(result.gain[row]),
            "tier": int(result.gain_tier[row]) or None,
            "chain": [
                [str(board.need_ids[move.need]), key(move.from_opening), key(move.to_opening)]
                for move in result.chains[row]
            ],
        }
        for row in rows
    ]


def _drop_older(session: Session, area: str, key: uuid.UUID) -> None:
    session.execute(
        sa.delete(Scenario)
        .where(
            Scenario.area_code == area,
            Scenario.kind == ScenarioKind.PREVIEW,
            Scenario.id != key,
            Scenario.status.not_in(scenarios.AT_WORK),
        )
        .execution_options(synchronize_session=False)
    )


def is_due(newest: Scenario | None, at: datetime, *, minutes: int) -> bool:
    """Say whether an area should be looked at again."""
    return newest is None or newest.at <= at - timedelta(minutes=minutes)
