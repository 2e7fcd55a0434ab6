"""What if: a round on a copy beside the round as it would run now. Nothing here touches a need, a place or a round.

`scenariowork.compute_scenario` does the computation in its own short transactions.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, RoundParameters, Scenario, ScenarioKind, ScenarioStatus
from models.errors import DomainError
from referral.actions.numbering import next_number
from referral.actions.rounding.altering import changed_params
from referral.actions.rounding.changing import parameter_values
from referral.queries.parameters import in_force

AT_WORK = (ScenarioStatus.WAITING, ScenarioStatus.RUNNING)
ANSWERED = (ScenarioStatus.DONE, ScenarioStatus.KEPT)
DIES_AFTER = timedelta(minutes=30)


class ScenarioNotReady(DomainError):
    """The scenario is being computed, failed, or was thrown away."""

    code = "scenario_not_ready"


def start_scenario(
    session: Session,
    *,
    area: str,
    at: datetime,
    kind: ScenarioKind = ScenarioKind.WHAT_IF,
    changes: Sequence[Mapping[str, Any]] = (),
    parameters: RoundParameters | None = None,
    title: str | None = None,
    seed: int = 0,
    by: Account | None = None,
) -> Scenario:
    """Write a question down, to be computed by `compute_scenario`; BadParams where changed parameters cannot be.

    Its copy runs with the `parameters` given, else with those in force, and the changed ones among them.
    """
    now = in_force(session, area, at)
    copied = changed_params(now.params, parameter_values(changes)).as_dict()
    asked = Scenario(
        number=next_number(session, Scenario, at),
        kind=kind,
        area_code=area,
        title=title,
        at=at,
        seed=seed,
        params=parameters.params if parameters else copied,
        changes=[dict(one) for one in changes],
        parameters_id=parameters.id if parameters else now.version_id,
        made_by_id=by.id if by else None,
    )
    session.add(asked)
    session.flush()
    return asked


def begin(session: Session, key: uuid.UUID) -> bool:
    """Take a waiting scenario to work; False where somebody else has taken it."""
    return _step(session, key, (ScenarioStatus.WAITING,), status=ScenarioStatus.RUNNING, stage="gathering", progress=5)


def note_progress(session: Session, key: uuid.UUID, *, stage: str, progress: int) -> None:
    """Say how far a scenario is, for the page that waits for it."""
    _step(session, key, (ScenarioStatus.RUNNING,), stage=stage, progress=progress)


def finish(session: Session, key: uuid.UUID, *, result: Mapping[str, Any], at: datetime) -> bool:
    """Write the answer down; False where the scenario was given up meanwhile."""
    done = {"status": ScenarioStatus.DONE, "stage": "done", "progress": 100}
    return _step(session, key, (ScenarioStatus.RUNNING,), result=dict(result), finished_at=at, **done)


def give_up(session: Session, key: uuid.UUID, *, failure: str, at: datetime) -> None:
    """Mark a scenario as failed; nothing else was touched."""
    _step(session, key, AT_WORK, status=ScenarioStatus.FAILED, failure=failure[:64], finished_at=at)


def _step(session: Session, key: uuid.UUID, states: Sequence[ScenarioStatus], **values: Any) -> bool:
    moved = session.execute(
        sa.update(Scenario)
        .where(Scenario.id == key, Scenario.status.in_(states))
        .values(**values)
        .returning(Scenario.id)
        .execution_options(synchronize_session=False)
    ).first()
    session.expire_all()
    return moved is not None


def keep(session: Session, scenario: Scenario, *, title: str) -> None:
    """Keep an answer under a title; raises ScenarioNotReady."""
    _refuse_unless(scenario, ANSWERED)
    scenario.title, scenario.status = title, ScenarioStatus.KEPT
    session.flush()


def discard(session: Session, scenario: Scenario) -> None:
    """Throw a question and its answer away: what was asked stays on record, whom it was about does not."""
    _refuse_unless(scenario, (*ANSWERED, ScenarioStatus.FAILED))
    scenario.status, scenario.result = ScenarioStatus.DISCARDED, {}
    session.flush()


def ask_again(session: Session, scenario: Scenario, *, by: Account | None, at: datetime) -> Scenario:
    """Ask the same as things stand now; the answer there was stays. Raises ScenarioNotReady while it is computed."""
    _refuse_unless(scenario, (*ANSWERED, ScenarioStatus.FAILED, ScenarioStatus.DISCARDED))
    return start_scenario(
        session,
        area=scenario.area_code,
        at=at,
        kind=scenario.kind,
        changes=scenario.changes,
        parameters=session.get(RoundParameters, scenario.parameters_id)
        if scenario.kind is ScenarioKind.PARAMETERS and scenario.parameters_id
        else None,
        title=scenario.title,
        seed=scenario.seed,
        by=by,
    )


def _refuse_unless(scenario: Scenario, states: Sequence[ScenarioStatus]) -> None:
    if scenario.status not in states:
        raise ScenarioNotReady


def fail_dead_scenarios(session: Session, at: datetime) -> dict[str, int]:
    """Mark scenarios as failed whose computation has died, so that their pages say so."""
    died = (
        sa.update(Scenario)
        .where(Scenario.status.in_(AT_WORK), Scenario.created_at <= at - DIES_AFTER)
        .values(status=ScenarioStatus.FAILED, finished_at=at, failure="stopped")
        .returning(Scenario.id)
        .execution_options(synchronize_session=False)
    )
    return {"failed": len(session.execute(died).all())}
