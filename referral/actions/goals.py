"""Goals in five steps: set with the person, rated over time, and their T score among the outcomes."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, AssessmentOccasion, Case, Goal, GoalRating, GoalStatus, Mode, Outcome
from models.base import new_key
from models.errors import DomainError, ReasonMissing, WrongStep
from models.goal import LEVELS
from models.outcome import GOALS
from referral.actions.revisits import DayInFuture
from referral.clock import local_date
from referral.instruments.goals import t_score

Occasion = AssessmentOccasion


class LevelsMissing(DomainError):
    """A goal needs all five steps in words, each its own."""

    code = "levels_missing"


def set_goal(
    session: Session,
    case: Case,
    *,
    title: str,
    levels: dict[int, str],
    weight: int,
    baseline_level: int,
    target_on: date,
    by: Account,
    at: datetime,
) -> Goal:
    """Set a goal with its five steps in words, and return it. Raises LevelsMissing, WrongStep for a day gone by."""
    words = [levels.get(level, "").strip() for level in LEVELS]
    if not title.strip() or not all(words) or len(set(words)) != len(words):
        raise LevelsMissing
    today = local_date(at)
    if target_on < today:
        raise WrongStep(str(target_on), "target")
    goal = Goal(
        id=new_key(at),
        person_id=case.person_id,
        case_id=case.id,
        title=title,
        levels={str(level): text for level, text in zip(LEVELS, words, strict=True)},
        weight=weight,
        baseline_level=baseline_level,
        set_on=today,
        target_on=target_on,
        status=GoalStatus.FOLLOWED,
        set_by_id=by.id,
    )
    session.add(goal)
    session.flush()
    _score(session, goal, Occasion.BASELINE, goal.set_on, by)
    return goal


def rate(
    session: Session,
    goal: Goal,
    *,
    level: int,
    on: date,
    mode: Mode,
    by: Account,
    at: datetime,
    note: str | None = None,
) -> GoalRating:
    """Write down which step is reached on a day; the same day again corrects it. Raises DayInFuture, WrongStep."""
    if goal.status is not GoalStatus.FOLLOWED or on < goal.set_on:
        raise WrongStep(goal.status, "rated")
    if on > local_date(at):
        raise DayInFuture
    rating = session.scalars(
        sa.select(GoalRating).where(GoalRating.goal_id == goal.id, GoalRating.rated_on == on)
    ).one_or_none()
    if rating is None:
        rating = GoalRating(
            id=new_key(at), goal_id=goal.id, person_id=goal.person_id, case_id=goal.case_id, rated_on=on
        )
        session.add(rating)
    rating.level, rating.mode, rating.note, rating.rated_by_id = level, mode, note, by.id
    session.flush()
    _score(session, goal, Occasion.FOLLOW_UP, on, by)
    return rating


def end_goal(session: Session, goal: Goal, *, given_up: bool, reason: str | None, by: Account, at: datetime) -> None:
    """Stop following a goal; giving it up needs a reason. Its ratings stay. Raises ReasonMissing, WrongStep."""
    if goal.status is not GoalStatus.FOLLOWED:
        raise WrongStep(goal.status, GoalStatus.ENDED)
    if given_up and not (reason or "").strip():
        raise ReasonMissing
    goal.status = GoalStatus.GIVEN_UP if given_up else GoalStatus.ENDED
    goal.end_reason, goal.ended_on = reason, local_date(at)
    session.flush()


def _score(session: Session, goal: Goal, occasion: Occasion, on: date, by: Account) -> None:
    """Keep the T score of the case's goals on a day: each at its last rating until then, else at its baseline.

    Goals that were given up count with what was reached: leaving them out would make the others look better.
    """
    case_id = goal.case_id
    goals = session.scalars(sa.select(Goal).where(Goal.case_id == case_id, Goal.set_on <= on)).all()
    rated: dict[object, int] = {}
    if occasion is Occasion.FOLLOW_UP:
        ratings = sa.select(GoalRating.goal_id, GoalRating.level).where(
            GoalRating.case_id == case_id, GoalRating.rated_on <= on
        )
        rated = {row.goal_id: row.level for row in session.execute(ratings.order_by(GoalRating.rated_on))}
    score = t_score([(one.weight, rated.get(one.id, one.baseline_level)) for one in goals])
    outcome = session.scalars(
        sa.select(Outcome).where(
            Outcome.case_id == case_id, Outcome.measure == GOALS, Outcome.occasion == occasion, Outcome.taken_on == on
        )
    ).one_or_none()
    if outcome is None:
        outcome = Outcome(person_id=goal.person_id, case_id=case_id, measure=GOALS, occasion=occasion, taken_on=on)
        session.add(outcome)
    outcome.score, outcome.mode, outcome.taken_by_id, outcome.missing_items = score, Mode.ASKED, by.id, 0
    session.flush()
