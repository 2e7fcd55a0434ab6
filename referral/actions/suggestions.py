"""From free text to help that may be meant: at most three suggestions, or none.

Learnt in each process, beside the requests, from the phrases of `seed/need_phrases.csv` and from what stations wrote
about past needs and then chose; learnt again when the weekly job has looked at how the suggestions did. Texts are
sealed: what is learnt of them stays in the memory of the process and is written nowhere. Below a threshold nothing is
suggested.
"""

import csv
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from threading import Lock, Thread
from typing import Any

import sqlalchemy as sa
import structlog
from flask import Flask, current_app
from sqlalchemy.orm import Session

from matching import text as learning
from models import LearnedKind, LearnedModel, Need, SuggestionShown, TaxonomyTerm
from referral import resources
from referral.access import as_installation
from referral.access.viewer import AnySession
from referral.extensions import db
from referral.transactions import reading, transaction

log = structlog.get_logger()
MOST_PAST_NEEDS = 5_000
MOST_READ = 20_000
"""Newest needs that are opened to find so many different ones; opening takes 3 µs each."""
SHORTEST = 2
THRESHOLD = 0.12
"""Below this nothing is suggested, until the past has shown a better one. Chosen by reading: small talk stays under
0.11, needs mostly above 0.12."""
MOST = 3


@dataclass(frozen=True)
class Settled:
    """What the last training of the weekly job said: which one it was, and the threshold in use."""

    model_id: uuid.UUID | None = None
    threshold: float = THRESHOLD
    in_use: bool = False


@dataclass(frozen=True, eq=False)
class Learnt:
    """What this process has learnt from a database, under which settlement."""

    suggester: learning.Suggester
    settled: Settled


_learnt: dict[str, Learnt] = {}
_at_work: set[str] = set()
_lock = Lock()


def suggest(
    session: AnySession, words: str | None, terms: Sequence[TaxonomyTerm], *, most: int = MOST
) -> list[TaxonomyTerm]:
    """Return the terms that the words may mean, likeliest first; empty where it would be guessing. One query."""
    if not words or len(words.strip()) < SHORTEST:
        return []
    by_code = {term.code: term for term in terms}
    found = _suggester(session).suggest(words, most)
    return [by_code[suggestion.label] for suggestion in found if suggestion.label in by_code]


def note_offers(session: Session, need: Need, codes: Sequence[str]) -> SuggestionShown:
    """Keep what was offered for the words of a need, nothing where the platform abstained. One query."""
    now = settled(session)
    shown = SuggestionShown(need_id=need.id, terms=list(codes[:MOST]), model_id=now.model_id if now.in_use else None)
    session.add(shown)
    session.flush()
    return shown


def prepare(session: AnySession) -> None:
    """Begin to learn, where this process has not yet, so that nobody waits who asks for suggestions in a moment."""
    if not _app().testing and _address(session) not in _learnt:
        _learn_beside(_address(session), settled(session))


def phrases() -> list[tuple[str, str]]:
    """Return the training phrases of the seed as (code of the term, text)."""
    with (resources.seed() / "need_phrases.csv").open(encoding="utf-8", newline="") as file:
        return [(row["code"], row["text"]) for row in csv.DictReader(file)]


def settled(session: AnySession) -> Settled:
    """Return what the last training said of suggestions. One query."""
    last = session.execute(
        sa.select(LearnedModel.id, LearnedModel.in_use, LearnedModel.shape)
        .where(LearnedModel.kind == LearnedKind.TERM_OF_WORDS)
        .order_by(LearnedModel.trained_at.desc(), LearnedModel.id.desc())
        .limit(1)
    ).first()
    if last is None:
        return Settled()
    return Settled(last.id, float(last.shape["threshold"]) if last.in_use else THRESHOLD, last.in_use)


def teach(past: Sequence[tuple[str, str]], threshold: float) -> learning.Suggester:
    """Return what the phrases of the seed and past needs, as (code, text), teach."""
    # Sorted, so that the same needs teach the same, whatever their keys are.
    pairs = phrases() + sorted(set(past))[:MOST_PAST_NEEDS]
    return learning.train([text for _code, text in pairs], [code for code, _text in pairs], threshold=threshold)


def _suggester(session: AnySession) -> learning.Suggester:
    """Return what was learnt; where that is not ready or not the newest, what there is, and learn beside."""
    address, now = _address(session), settled(session)
    known = _learnt.get(address)
    if known is None or known.settled != now:
        _learn_beside(address, now)
        known = _learnt.get(address)
    return known.suggester if known else _of_phrases()


@cache
def _of_phrases() -> learning.Suggester:
    return teach((), THRESHOLD)


def _address(session: AnySession) -> str:
    return str(session.get_bind().engine.url)


def _app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return]


def _learn_beside(address: str, now: Settled) -> None:
    """Learn in a thread of its own, one at a time for each database; at once and in the same thread in tests."""
    app = _app()
    with _lock:
        if address in _at_work:
            return
        _at_work.add(address)

    def learn() -> None:
        try:
            with app.app_context(), Session(db.engine) as session:
                as_installation(session, because="learning what words mean")
                with reading(), transaction(session):
                    told = [(row[0], row[1] or "") for row in session.execute(told_needs())]
                _learnt[address] = Learnt(teach(told, now.threshold), now)
        except Exception:
            log.exception("not_learnt")
        finally:
            _at_work.discard(address)

    if app.testing:
        learn()
    else:
        Thread(target=learn, name="words", daemon=True).start()


def told_needs() -> sa.Select[*tuple[Any, ...]]:
    """Select the help chosen and the words of the newest needs that have any."""
    return (
        sa.select(TaxonomyTerm.code, Need.description)
        .join(TaxonomyTerm, TaxonomyTerm.id == Need.term_id)
        .where(Need.description.is_not(None))
        .order_by(Need.id.desc())
        .limit(MOST_READ)
    )
