"""What changed for people: the same measure before and after, with what is missing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import AssessmentOccasion, Measure, Outcome
from models.outcome import GOALS
from referral.queries.gathering.raw import columns, plain, raw_key, uuid_column
from referral.queries.report.figures import Change
from referral.queries.report.frame import Frame

MEASURES: tuple[Measure | str, ...] = (*Measure, GOALS)


@dataclass(frozen=True)
class Pair:
    """One person's score before and after; None where it was not taken."""

    person_id: UUID
    measure: Measure | str
    baseline: float | None
    baseline_on: date | None
    follow_up: float | None
    follow_up_on: date | None


def pairs(session: Session, frame: Frame) -> list[Pair]:
    """Return the scores of everybody served in a frame, for each measure somebody has.

    The baseline is the last one taken up to the end of the period that has a later follow-up in the period, else the
    last one; the follow-up is the last one in the period after that baseline. One statement.
    """
    found: dict[tuple[UUID, Measure | str], Pair] = {}
    for person, measure, is_baseline, day, score in _scores(session, frame):
        key = (person, measure)
        known = found.get(key) or Pair(person, measure, None, None, None, None)
        if is_baseline:
            if known.follow_up is None:
                known = Pair(person, measure, score, day, None, None)
        elif day >= frame.start and known.baseline_on is not None and day > known.baseline_on:
            known = Pair(person, measure, known.baseline, known.baseline_on, score, day)
        found[key] = known
    return list(found.values())


def _scores(session: Session, frame: Frame) -> Iterator[tuple[UUID, Measure | str, bool, date, float]]:
    """Yield person, measure, whether it is a baseline, day and score of everybody served, in turn. One statement."""
    people, measures, occasions, days, scores = columns(
        session,
        sa.select(
            raw_key(Outcome.person_id), plain(Outcome.measure), plain(Outcome.occasion), plain(Outcome.taken_on),
            plain(Outcome.score),
        )
        .where(frame.served_person(Outcome.person_id), Outcome.taken_on <= frame.end, Outcome.score.is_not(None))
        .order_by(Outcome.person_id, Outcome.measure, Outcome.taken_on, Outcome.id),
    )  # fmt: skip
    named = {code: Measure(code) if code in set(Measure) else code for code in set(measures)}
    dated = {day: date.fromisoformat(day) if isinstance(day, str) else day for day in set(days)}
    return zip(
        uuid_column(people),
        map(named.__getitem__, measures),
        (occasion == AssessmentOccasion.BASELINE for occasion in occasions),
        map(dated.__getitem__, days),
        (int(hundredths) / 100 for hundredths in scores),
        strict=True,
    )


def what_changed(known: Sequence[Pair], served: int) -> list[Change]:
    """Return the change of each measure of the default pack, and of goals, among `served` people."""
    return [_change(measure, [pair for pair in known if pair.measure == measure], served) for measure in MEASURES]


def _change(measure: Measure | str, known: Sequence[Pair], served: int) -> Change:
    both = [
        (pair.baseline, pair.follow_up) for pair in known if pair.baseline is not None and pair.follow_up is not None
    ]
    before, after = (np.array(values, dtype=float) for values in (zip(*both, strict=True) if both else ((), ())))
    difference = after - before
    low, high = mean_interval(difference)
    with_baseline = sum(1 for pair in known if pair.baseline is not None)
    return Change(
        measure=measure,
        n=len(both),
        baseline=float(before.mean()) if both else None,
        follow_up=float(after.mean()) if both else None,
        change=float(difference.mean()) if both else None,
        low=low,
        high=high,
        improved=int((difference > 0).sum()),
        worse=int((difference < 0).sum()),
        cohort=served,
        without_baseline=served - with_baseline,
        without_follow_up=with_baseline - len(both),
    )


def mean_interval(values: np.ndarray, level: float = 0.95) -> tuple[float | None, float | None]:
    """Return the confidence interval of a mean: x̄ ± t(n−1)·s/√n (Student 1908). (None, None) below three values."""
    from scipy.special import stdtrit

    n = len(values)
    if n < 3:
        return None, None
    half = float(stdtrit(n - 1, (1 + level) / 2)) * float(values.std(ddof=1)) / n**0.5
    mean = float(values.mean())
    return mean - half, mean + half
