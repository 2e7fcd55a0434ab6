"""Which threshold suggestions need, judged by what workers chose later than what taught; texts never leave memory."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matching import text as words_of
from matching.judging import TAUGHT_SHARE
from models import LearnedKind, LearnedModel, Need, Person, TaxonomyTerm
from referral.actions import learning, suggestions

PRECISION = 0.8
"""Of ten times that something is offered, the help chosen is among the offers eight times."""
LEAST_JUDGED = 100
LEAST_OFFERED = 50
"""Offers at a threshold, below which their share of hits proves nothing."""


class Told(NamedTuple):
    """The words of one need, and what was chosen."""

    code: str
    words: str
    opened_at: datetime
    invented: bool
    """Words of a demonstration teach, but judge nothing: how well invented words are understood says nothing."""


def learn_words(session: Session, at: datetime) -> learning.Write:
    """Judge the suggestions if that is due, reading alone; return the writing of it."""
    if not learning.due(session, at, [LearnedKind.TERM_OF_WORDS]):
        return lambda to, _at: learning.keep(to, [])
    model = judge(read(session), at)
    return lambda to, _at: learning.keep(to, [model])


def read(session: Session) -> list[Told]:
    """Return the words of the newest needs, oldest first. One query."""
    statement = (
        sa.select(TaxonomyTerm.code, Need.description, Need.opened_at, Person.demonstration)
        .join(TaxonomyTerm, TaxonomyTerm.id == Need.term_id)
        .join(Person, Person.id == Need.person_id)
        .where(Need.description.is_not(None))
        .order_by(Need.id.desc())
        .limit(suggestions.MOST_READ)
    )
    found = [Told(row[0], row[1] or "", row[2], row[3]) for row in session.execute(statement)]
    return sorted(found, key=lambda one: one.opened_at)


def judge(told: Sequence[Told], at: datetime) -> LearnedModel:
    """Return what the later quarter of the needs says of suggestions taught by the earlier ones; new, in no session.

    The threshold that gives most offers at the stated precision is used; where none does, the usual one stays.
    """
    real = [one for one in told if not one.invented]
    later = real[int(len(real) * TAUGHT_SHARE) :]
    cut = later[0].opened_at if later else None
    judged = [one for one in later if cut and one.opened_at >= cut]
    earlier = [(one.code, one.words) for one in told if cut is None or one.opened_at < cut]
    measures: dict[str, Any] = {"judged": len(judged), "stated": PRECISION}
    shape: dict[str, Any] = {}
    verdict = "too_few"
    if len(judged) >= LEAST_JUDGED:
        suggester = suggestions.teach(earlier, suggestions.THRESHOLD)
        rankings = [suggester.ranked(one.words) for one in judged]
        codes = [one.code for one in judged]
        usual = words_of.at_threshold(rankings, codes, suggestions.THRESHOLD)
        kept = words_of.choose_threshold(rankings, codes, precision=PRECISION, least=LEAST_OFFERED)
        measures |= {"usual": usual._asdict(), "kept": kept._asdict() if kept else None}
        verdict = learning.BETTER if kept else "no_better"
        shape = {"threshold": kept.threshold} if kept else {}
    return LearnedModel(
        kind=LearnedKind.TERM_OF_WORDS,
        trained_at=at,
        cut_at=cut,
        rows=len(earlier) + len(suggestions.phrases()),
        positives=len(earlier),
        shape=shape,
        measures=measures,
        verdict=verdict,
        in_use=verdict == learning.BETTER,
    )
