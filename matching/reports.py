"""What a round tells beside its plan: how groups came out, and what chance decided."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Fairness:
    """How each of G groups came out, what its floor asked of the others, and who is worse off than down the list.

    Without groups the arrays by group are empty; `worse` and `better` are always told.
    """

    wanted: NDArray[np.int64]
    """int64[G]: needs of each group"""
    served: NDArray[np.int64]
    """int64[G]: of these, served"""
    without: NDArray[np.int64]
    """int64[G]: served by the best plan without floors; as `served` where none was asked for"""
    greedy: NDArray[np.int64]
    """int64[G]: served by going down the list by urgency"""
    floor: NDArray[np.int64]
    """int64[G]: how many had to be served; 0 = no floor"""
    reachable: NDArray[np.int64]
    """int64[G]: how many could be served if there were nobody else; -1 = not asked"""
    price: NDArray[np.int64]
    """int64[G]: by how much `value` falls if one more of the group may stay unmet; 0 = the floor costs nothing"""
    outside: NDArray[np.int64]
    """int64[G]: needs of each group that floors do not look at: those of hours, or of a fund that is short"""
    share: int
    """Per mille asked of every group; 0 = no floor"""
    ratio: int
    """One need of a tier counts as so many of the next"""
    lexicographic: bool
    """Proved: no plan with these floors serves more of tier 1, or as many and more of tier 2, and so on"""
    served_without: NDArray[np.int64]
    """int64[T]: served by the best plan without floors, by tier"""
    cost_without: int
    """Its points"""
    given_up: NDArray[np.int32]
    """Needs served without floors and unmet with them"""
    taken_in: NDArray[np.int32]
    """Needs unmet without floors and served with them; as many as `given_up`"""
    worse: NDArray[np.int32]
    """Needs that going down the list serves, and this plan does not"""
    better: NDArray[np.int32]
    """Needs that this plan serves, and going down the list does not"""

    @property
    def shortfall(self) -> NDArray[np.int64]:
        """int64[G]: needs lacking to the floor, where it cannot be reached."""
        return np.asarray(np.maximum(self.floor - self.served, 0))

    @staticmethod
    def least(served: NDArray[np.int64], wanted: NDArray[np.int64]) -> float | None:
        """The share served of the group served worst, 0..1; None where no group wants anything."""
        asked = wanted > 0
        return float((served[asked] / wanted[asked]).min()) if asked.any() else None


@dataclass(frozen=True, eq=False)
class Drawing:
    """What chance decided among places that are nearly as good; see `drawing` for why the chances are right."""

    propensity: NDArray[np.float64]
    """float64[n]: the chance with which each need has the place it has; 1 where nothing was drawn"""
    other: NDArray[np.int32]
    """int32[n]: the opening that the coin could have given instead; -1 where nothing was drawn"""
    within: int
    """Most points that one exchange may cost"""
    exchanges: int
    """Coins that fell"""
    made: int
    """Exchanges made"""
    points: int
    """How much more the plan costs than the best one"""
    most: int
    """How much more it would cost with every exchange made"""
