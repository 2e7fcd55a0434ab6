"""How far a provider's past can be trusted: shares drawn towards a prior, the more the less is known (beta prior).

Where a learned chance has won against them on later referrals, it stands in their place.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.uptake import Shape, chance
from models import LearnedKind

if TYPE_CHECKING:
    from referral.queries.gathering.rows import History, OpeningRow, Track

STRENGTH = 10
"""How many referrals the prior weighs as much as."""
USUAL_ACCEPTED = 0.8
USUAL_COMPLETED = 0.9
"""What is assumed of a provider of whom nothing is known (defaults of ours)."""
USUAL_QUALITY = 500
"""Middle of 0–1000, where nobody was asked."""
LOWEST, HIGHEST = 1, 5
"""Range of the satisfaction score."""


def shrunken(hits: float, of: float, usual: float) -> float:
    """Return the mean of a beta posterior: the share of hits, drawn towards what is usual.

    >>> shrunken(0, 0, 0.8)
    0.8
    """
    return (hits + STRENGTH * usual) / (of + STRENGTH)


class Standing(NamedTuple):
    """What is known of a provider or a service at a moment."""

    accepted: int
    answered: int
    completed: int
    ended: int
    load: int
    """Referrals that are live."""
    asked: int
    """Referrals requested in the month before."""

    def of(self, kind: LearnedKind) -> tuple[int, int]:
        """How often it came out well, and of how many."""
        return (self.accepted, self.answered) if kind is LearnedKind.ACCEPTANCE else (self.completed, self.ended)


NOTHING = Standing(0, 0, 0, 0, 0, 0)
USUAL = {LearnedKind.ACCEPTANCE: USUAL_ACCEPTED, LearnedKind.COMPLETION: USUAL_COMPLETED}


@dataclass(frozen=True)
class Learned:
    """Chances that are in use, and what they ask."""

    shapes: Mapping[LearnedKind, Shape]
    providers: Mapping[uuid.UUID, Standing]
    terms: Mapping[uuid.UUID | None, Standing]
    weekday: str

    def chances(self, kind: LearnedKind, rows: "Sequence[OpeningRow]") -> NDArray[np.float64]:
        """float64[m]: the chance of each opening."""
        return chance(self.shapes[kind], self.columns(kind, rows)) if rows else np.zeros(0)

    def columns(self, kind: LearnedKind, rows: "Sequence[OpeningRow]") -> dict[str, NDArray[Any]]:
        """Return the columns that taught, as they are for these openings now."""
        providers = [self.providers.get(row.organization_id, NOTHING) for row in rows]
        terms = [self.terms.get(row.term_id, NOTHING) for row in rows]
        return {
            "rate": np.array([shrunken(*one.of(kind), USUAL[kind]) for one in providers]),
            "known": np.log1p([one.of(kind)[1] for one in providers]),
            "load": np.log1p([one.load for one in providers]),
            "asked": np.log1p([one.asked for one in providers]),
            "term_rate": np.array([shrunken(*one.of(kind), USUAL[kind]) for one in terms]),
            "weekday": np.full(len(rows), self.weekday),
            "provider_kind": np.array([str(row.provider_kind) for row in rows]),
            "law_class": np.array([str(row.law_class or "none") for row in rows]),
        }


@dataclass(frozen=True)
class Rates:
    """Chances and quality of each organization."""

    tracks: "Mapping[uuid.UUID, Track]"
    satisfaction: Mapping[uuid.UUID, tuple[int, float]]
    learned: Learned | None = None

    @classmethod
    def of(cls, history: "History") -> "Rates":
        """Return the rates of a history."""
        return cls(history.tracks, history.satisfaction, history.learned)

    def accepts(self, rows: "Sequence[OpeningRow]") -> NDArray[np.float64]:
        """float64[m]: the chance that each opening's provider takes a referral on, learned where that is in use."""
        if self.learned and LearnedKind.ACCEPTANCE in self.learned.shapes:
            return self.learned.chances(LearnedKind.ACCEPTANCE, rows)
        return np.array([self.accept(row.organization_id) for row in rows], dtype=np.float64)

    def completes(self, rows: "Sequence[OpeningRow]") -> NDArray[np.float64]:
        """float64[m]: the chance that help taken on comes to its end, learned where that is in use."""
        if self.learned and LearnedKind.COMPLETION in self.learned.shapes:
            return self.learned.chances(LearnedKind.COMPLETION, rows)
        return np.array([self.complete(row.organization_id) for row in rows], dtype=np.float64)

    def accept(self, organization: uuid.UUID) -> float:
        """Chance that the organization takes a referral on."""
        track = self.tracks.get(organization)
        return shrunken(track.accepted, track.answered, USUAL_ACCEPTED) if track else USUAL_ACCEPTED

    def complete(self, organization: uuid.UUID) -> float:
        """Chance that it brings accepted help to its end."""
        track = self.tracks.get(organization)
        return shrunken(track.completed, track.ended, USUAL_COMPLETED) if track else USUAL_COMPLETED

    def quality(self, organization: uuid.UUID) -> int:
        """Satisfaction of the people it served as 0–1000."""
        answers, total = self.satisfaction.get(organization, (0, 0.0))
        share = (total - answers * LOWEST) / (HIGHEST - LOWEST)
        return round(1000 * shrunken(share, answers, USUAL_QUALITY / 1000))
