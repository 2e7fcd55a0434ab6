"""Learning from the platform's own past: train, judge, and use only what is better; one model of a kind at a time."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matching import judging
from models import LearnedKind, LearnedModel
from referral.actions.upkeep import Counts
from referral.queries import policy_evidence, training

RETRAIN_AFTER = timedelta(days=6, hours=12)
"""A week less the time a slot may wait: what was learned a day ago is not learned again."""
KEPT = 100
"""Trainings kept of each kind, for the page."""
BETTER = "better"
CHANCES = (LearnedKind.ACCEPTANCE, LearnedKind.COMPLETION)
Write = Callable[[Session, datetime], Counts]


def due(session: Session, at: datetime, kinds: Iterable[LearnedKind]) -> list[LearnedKind]:
    """Return the kinds that have not been trained for a week."""
    statement = sa.select(LearnedModel.kind, sa.func.max(LearnedModel.trained_at)).group_by(LearnedModel.kind)
    last: dict[LearnedKind, datetime] = {row[0]: row[1] for row in session.execute(statement)}
    return [kind for kind in kinds if kind not in last or last[kind] <= at - RETRAIN_AFTER]


def learn_chances(session: Session, at: datetime) -> Write:
    """Learn what is due from past referrals, reading alone; return the writing of it, which takes a moment."""
    models = learn_models(session, due(session, at, CHANCES), at)
    return lambda to, _at: keep(to, models)


def learn_models(session: Session, kinds: Sequence[LearnedKind], at: datetime) -> list[LearnedModel]:
    """Return a model of each kind with what past rounds say of the weights changed last; new, not in a session."""
    models = train(training.read(session, at), kinds, at) if kinds else []
    for model in models:
        model.measures = model.measures | {"policy": policy_evidence.of_last_change(session, model.kind)}
    return models


def train(past: training.Past, kinds: Iterable[LearnedKind], at: datetime) -> list[LearnedModel]:
    """Return a model of each kind, judged on later rows than taught it; new, not yet in a session."""
    return [_trained(training.table(past, kind), kind, at) for kind in kinds]


def _trained(table: training.Table, kind: LearnedKind, at: datetime) -> LearnedModel:
    cut, taught, judged = judging.split(table.requested, table.known)
    shape, measures, verdict = judging.trial(
        {name: table.columns[name] for name in training.OPENING_FEATURES},
        table.outcome,
        taught=taught,
        judged=judged,
        pairs={name: table.columns[name] for name in training.PAIR_FEATURES},
        groups=table.groups,
    )
    return LearnedModel(
        kind=kind,
        trained_at=at,
        cut_at=datetime.fromtimestamp(cut, UTC) if len(table) else None,
        rows=int(taught.sum()),
        positives=int(table.outcome[taught].sum()),
        shape=shape,
        measures=measures,
        verdict=verdict,
        in_use=verdict == BETTER,
    )


def keep(session: Session, models: Iterable[LearnedModel]) -> Counts:
    """Write models and retire those of the same kind, used or not: the newest word counts. Return how many."""
    counts: Counts = {"trained": 0, "in_use": 0}
    for model in models:
        retire(session, model.kind)
        session.add(model)
        session.flush()
        counts["trained"] += 1
        counts["in_use"] += model.in_use
        _forget(session, model.kind)
    return counts


def retire(session: Session, kind: LearnedKind) -> None:
    """Take the model of a kind out of use; the provider's own rate counts again."""
    changes: dict[str, Any] = {"in_use": False}
    session.execute(sa.update(LearnedModel).where(LearnedModel.kind == kind, LearnedModel.in_use).values(changes))


def _forget(session: Session, kind: LearnedKind) -> None:
    """Let go of the numbers of models long out of use; what was measured stays."""
    newest = (
        sa.select(LearnedModel.id)
        .where(LearnedModel.kind == kind)
        .order_by(LearnedModel.trained_at.desc(), LearnedModel.id.desc())
        .limit(KEPT)
    )
    old = LearnedModel.id.not_in(newest)
    session.execute(
        sa.update(LearnedModel)
        .where(LearnedModel.kind == kind, LearnedModel.in_use.is_(False), old)
        .values(shape={})
        .execution_options(synchronize_session=False)
    )
