"""From free text to help that may be meant: at most three suggestions, or none.

Learnt once in each process from the phrases of `seed/need_phrases.csv` and from what stations wrote about past needs;
below a threshold nothing is suggested.
"""

import csv
from collections.abc import Sequence
from threading import Lock

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matching import text as learning
from models import Need, TaxonomyTerm
from referral import resources

MOST_PAST_NEEDS = 5_000
MOST_READ = 20_000
"""Newest needs that are opened to find so many different ones; opening takes 3 µs each."""
SHORTEST = 2
THRESHOLD = 0.12
"""Below this nothing is suggested. Chosen by reading: small talk stays under 0.11, needs mostly above 0.12."""
_learnt: dict[str, learning.Suggester] = {}
_lock = Lock()


def suggest(session: Session, words: str | None, terms: Sequence[TaxonomyTerm], *, most: int = 3) -> list[TaxonomyTerm]:
    """Return the terms that the words may mean, likeliest first; empty where it would be guessing."""
    if not words or len(words.strip()) < SHORTEST:
        return []
    by_code = {term.code: term for term in terms}
    found = _suggester(session).suggest(words, most)
    return [by_code[suggestion.label] for suggestion in found if suggestion.label in by_code]


def phrases() -> list[tuple[str, str]]:
    """Return the training phrases of the seed as (code of the term, text)."""
    with (resources.seed() / "need_phrases.csv").open(encoding="utf-8", newline="") as file:
        return [(row["code"], row["text"]) for row in csv.DictReader(file)]


def _suggester(session: Session) -> learning.Suggester:
    """Return what was learnt from this database's needs, learning it the first time."""
    address = str(session.get_bind().engine.url)
    with _lock:
        if address not in _learnt:
            past = session.execute(
                sa.select(TaxonomyTerm.code, Need.description)
                .join(TaxonomyTerm, TaxonomyTerm.id == Need.term_id)
                .where(Need.description.is_not(None))
                .order_by(Need.id.desc())
                .limit(MOST_READ)
            )
            # Sorted, so that the same needs teach the same, whatever their keys are.
            told = sorted({(code, words or "") for code, words in past})[:MOST_PAST_NEEDS]
            pairs = phrases() + told
            texts, labels = [words for _code, words in pairs], [code for code, _words in pairs]
            _learnt[address] = learning.train(texts, labels, threshold=THRESHOLD)
        return _learnt[address]
