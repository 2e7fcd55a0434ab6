"""Writing down what changed for a person, in scores that can be compared."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy.orm import Session

from models import Account, Assessment, Case, Measure, Mode, Outcome, SelfCare
from models.outcome import who5_score

SATISFACTION_QUESTIONS = 3


def record_outcomes(
    session: Session,
    case: Case,
    assessment: Assessment,
    *,
    who5: Sequence[int | None],
    satisfaction: Sequence[int | None],
    mode: Mode,
    by: Account,
) -> list[Outcome]:
    """Write down the scores of an assessment and return them: self-care, WHO-5 and satisfaction as far as asked.

    `who5` are five answers of 0–5, `satisfaction` three of 1–5; None is an item without an answer. A measure of which
    nothing was asked leaves no row; one with missing items leaves a row without a score.
    """
    answers: dict[Measure, tuple[Decimal | None, int, int]] = {
        Measure.SELF_CARE: _self_care(assessment),
        Measure.WHO5: (who5_score(list(who5)), _missing(who5), len(who5)),
        Measure.SATISFACTION: (_mean(satisfaction), _missing(satisfaction), len(satisfaction)),
    }
    outcomes = [
        Outcome(
            person_id=case.person_id,
            case_id=case.id,
            measure=measure,
            occasion=assessment.occasion,
            taken_on=assessment.assessed_on,
            score=score,
            missing_items=missing,
            mode=mode,
            taken_by_id=by.id,
        )
        for measure, (score, missing, items) in answers.items()
        if missing < items
    ]
    session.add_all(outcomes)
    session.flush()
    return outcomes


def _self_care(assessment: Assessment) -> tuple[Decimal | None, int, int]:
    acts = len(SelfCare)
    missing = acts - len(assessment.self_care)
    return (Decimal(acts - assessment.acts_not_met) if not missing else None), missing, acts


def _missing(answers: Sequence[int | None]) -> int:
    return sum(1 for answer in answers if answer is None)


def _mean(answers: Sequence[int | None]) -> Decimal | None:
    given = [answer for answer in answers if answer is not None]
    if not given or len(given) < len(answers):
        return None
    return (Decimal(sum(given)) / len(given)).quantize(Decimal("0.01"), ROUND_HALF_UP)
