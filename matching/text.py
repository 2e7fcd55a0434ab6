"""From a person's own words to services that may be meant: a few suggestions, or none.

Characters, not words: Chinese has no blanks, and stations write in haste. A suggestion is only that; below a
threshold nothing is suggested, and no accuracy is claimed for texts unlike those learnt from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

MOST_FEATURES = 50_000


class Suggestion(NamedTuple):
    """A label with its score, 0..1."""

    label: str
    score: float


@dataclass(frozen=True, eq=False)
class Suggester:
    """A trained model: character 1-3-grams weighted by TF-IDF, and logistic regression over the labels."""

    labels: tuple[str, ...]
    threshold: float
    known: float
    """Share of a text's characters that must have been seen in training"""
    vectorizer: Any
    classifier: Any

    def suggest(self, text: str, most: int = 3) -> list[Suggestion]:
        """The likeliest labels, best first; empty where the text is too unlike the texts learnt from.

        The first must reach the threshold; further ones must reach a third of it.
        """
        return offered(self.ranked(text, most), self.threshold)

    def ranked(self, text: str, most: int = 3) -> list[Suggestion]:
        """The same without a threshold; empty where too few of the text's characters were ever seen."""
        folded = _folded(text)
        letters = [mark for mark in folded if mark.isalnum()]
        seen = sum(mark in self.vectorizer.vocabulary_ for mark in letters)
        if not letters or seen < self.known * len(letters):
            return []
        scores = self.classifier.predict_proba(self.vectorizer.transform([folded]))[0]
        order = np.lexsort((np.arange(len(scores)), -np.round(scores, 9)))[:most]
        return [Suggestion(self.labels[at], round(float(scores[at]), 4)) for at in order]


def offered(ranked: Sequence[Suggestion], threshold: float) -> list[Suggestion]:
    """Those of a ranking that are offered: none where the first is below the threshold, else from a third of it on."""
    if not ranked or ranked[0].score < threshold:
        return []
    return [one for one in ranked if one.score >= threshold / 3]


class Kept(NamedTuple):
    """How offers came out at a threshold."""

    threshold: float
    offered: int
    """Texts for which something was offered."""
    hits: int
    """Of these, texts whose label was among the offers."""


def at_threshold(rankings: Sequence[Sequence[Suggestion]], labels: Sequence[str], threshold: float) -> Kept:
    """How the offers of a threshold are held against what was chosen."""
    offers = [offered(one, threshold) for one in rankings]
    hits = sum(any(one.label == label for one in some) for some, label in zip(offers, labels, strict=True))
    return Kept(threshold, sum(map(bool, offers)), hits)


def choose_threshold(
    rankings: Sequence[Sequence[Suggestion]], labels: Sequence[str], *, precision: float, least: int
) -> Kept | None:
    """The threshold with most offers among those at which so large a share of them hits; None where there is none.

    A threshold at which fewer than `least` texts get an offer proves nothing. Tried are a hundred shares of the first
    scores.
    """
    first = [one[0].score for one in rankings if one]
    tried = np.unique(np.quantile(first, np.linspace(0, 1, 101))).tolist() if first else []
    found = [at_threshold(rankings, labels, threshold) for threshold in tried]
    good = [one for one in found if one.offered >= least and one.hits >= precision * one.offered]
    return max(good, key=lambda one: (one.offered, -one.threshold), default=None)


def train(texts: Sequence[str], labels: Sequence[str], *, threshold: float = 0.2, known: float = 0.6) -> Suggester:
    """A suggester from texts and the label of each; the same texts give the same suggester.

    Raises:
        ValueError: fewer than two labels, or columns of unequal length.
    """
    if len(texts) != len(labels) or len(set(labels)) < 2:
        raise ValueError("give each text a label, and at least two labels in all")
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    order = sorted(range(len(texts)), key=lambda row: (labels[row], texts[row]))
    vectorizer = TfidfVectorizer(
        analyzer="char", ngram_range=(1, 3), lowercase=False, sublinear_tf=True, max_features=MOST_FEATURES
    )
    features = vectorizer.fit_transform([_folded(texts[row]) for row in order])
    classifier = LogisticRegression(C=20.0, max_iter=500, class_weight="balanced")
    classifier.fit(features, [labels[row] for row in order])
    return Suggester(tuple(str(label) for label in classifier.classes_), threshold, known, vectorizer, classifier)


def _folded(text: str) -> str:
    """Full-width letters and digits as plain ones, lower case, blanks joined."""
    from unicodedata import normalize

    return " ".join(normalize("NFKC", text).casefold().split())
