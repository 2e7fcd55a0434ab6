"""A figure that is not told, because it speaks of so few people that they could be recognised."""

from collections.abc import Sequence

from referral.i18n import _


class Withheld:
    """Stands in the place of a small figure, or of one from which a small one could be computed."""

    def __str__(self) -> str:
        return str(_("withheld"))


WITHHELD = Withheld()


FEWEST = 5
"""Fewer people than this are not told of."""


def withheld(counts: Sequence[int], besides: frozenset[int] = frozenset()) -> frozenset[int]:
    """Return the positions of a table's column that are not told; its total is taken for known.

    Those of 1 to 4 and those `besides` begin. Then the smallest of the others join, one at a time, until each of the
    first could have had another value, even for somebody who knows which of the withheld figures are the small ones.
    """
    small = {place for place, count in enumerate(counts) if 0 < count < FEWEST}
    hidden = small | besides
    others = sorted((place for place in range(len(counts)) if place not in hidden), key=lambda place: counts[place])
    others = [place for place in others if counts[place]] + [place for place in others if not counts[place]]
    while not _is_safe(counts, small, hidden) and others:
        hidden.add(others.pop(0))
    return frozenset(hidden)


def _is_safe(counts: Sequence[int], small: set[int], hidden: set[int]) -> bool:
    """Say whether each small figure could be another, by the sum of what is withheld."""
    if not small:
        return True
    known, large = sum(counts[place] for place in hidden), len(hidden) - len(small)
    most = known - (len(small) - 1) - FEWEST * large
    least = 1 if large else known - (FEWEST - 1) * (len(small) - 1)
    return min(most, FEWEST - 1) > max(least, 1)
