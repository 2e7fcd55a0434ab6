"""How far a provider's past can be trusted: shares drawn towards a prior, the more the less is known (beta prior)."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from referral.queries.gathering.rows import History, Track

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


@dataclass(frozen=True)
class Rates:
    """Chances and quality of each organization."""

    tracks: Mapping[uuid.UUID, Track]
    satisfaction: Mapping[uuid.UUID, tuple[int, float]]

    @classmethod
    def of(cls, history: History) -> "Rates":
        """Return the rates of a history."""
        return cls(history.tracks, history.satisfaction)

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
