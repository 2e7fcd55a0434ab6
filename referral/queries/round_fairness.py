"""How the groups of a round came out, what floors cost, and who is worse off, as its page shows it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import Account, Area, BeneficiaryCategory, Need, Round
from referral.access import scope
from referral.queries.what_matters import age_band

SHOWN = 12
"""Groups shown at once, the one served worst first; needs named at once."""


@dataclass(frozen=True)
class GroupLine:
    """One group. Its name is the record that has it, else in words by `code`."""

    code: str
    record: Area | BeneficiaryCategory | None
    wanted: int
    served: int
    without: int
    greedy: int
    floor: int
    reachable: int
    """-1 = not asked"""

    @property
    def share(self) -> float:
        """Served of wanted, 0..1."""
        return self.served / self.wanted if self.wanted else 0.0

    @property
    def short(self) -> int:
        """How many lack to the floor."""
        return max(self.floor - self.served, 0)

    @property
    def ages(self) -> tuple[int | None, int | None]:
        """First and last year of an age band."""
        return age_band(int(self.code)) or (None, None)


@dataclass(frozen=True)
class Fairness:
    """Everything the section says."""

    told: Mapping[str, Any]
    lines: Sequence[GroupLine]
    """The group served worst first"""
    worse: Sequence[Need]
    """Who is worse off than down the list, as far as the viewer may see them"""
    given_up: Sequence[Need]
    """Who would be served without floors"""

    @property
    def has_floor(self) -> bool:
        """Whether every group was to have its share."""
        return bool(self.told["share"])

    @property
    def short(self) -> Sequence[GroupLine]:
        """Groups whose floor could not be reached."""
        return [line for line in self.lines if line.short]

    def worst(self, of: str) -> float | None:
        """The share of the group served worst: `served`, `without` floors, or `greedy`."""
        shares = [getattr(line, of) / line.wanted for line in self.lines if line.wanted]
        return min(shares, default=None)

    @property
    def tiers(self) -> list[tuple[int, int, int]]:
        """Tier, served without floors and with them, where it makes a difference."""
        both = zip(self.told["served_without"], self.told["served"], strict=True)
        return [(tier, before, after) for tier, (before, after) in enumerate(both, 1) if before != after]

    @property
    def people(self) -> int:
        """How many more are served in all than without floors."""
        with_floors = sum(map(int, self.told["served"]))
        return with_floors - sum(map(int, self.told["served_without"]))

    @property
    def points(self) -> int:
        """How many points more the pairs cost than without floors."""
        with_floors = int(self.told["cost"]) - int(self.told["drawn"]["points"])
        return with_floors - int(self.told["cost_without"])


def shown(session: Session, actor: Account, round_: Round) -> Fairness | None:
    """Return what a round's page says of fairness, or None where the round kept nothing. At most two queries."""
    told = round_.fairness
    if not told:
        return None
    records = _records(session, told["by"], [group["code"] for group in told["groups"]])
    lines = [GroupLine(record=records.get(group["code"]), **group) for group in told["groups"]]
    worse, given_up = told["worse"]["needs"][:SHOWN], told["given_up"]["needs"][:SHOWN]
    named = _needs(session, actor, {*worse, *given_up})
    return Fairness(
        told,
        sorted(lines, key=lambda line: (line.share, -line.wanted, line.code)),
        [named[key] for key in worse if key in named],
        [named[key] for key in given_up if key in named],
    )


def _records(session: Session, by: str, codes: Sequence[str]) -> Mapping[str, Area | BeneficiaryCategory]:
    if by == "district":
        return {area.code: area for area in session.scalars(sa.select(Area).where(Area.code.in_(codes)))}
    if by == "status":
        found = sa.select(BeneficiaryCategory).where(BeneficiaryCategory.code.in_(codes))
        return {category.code: category for category in session.scalars(found)}
    return {}


def _needs(session: Session, actor: Account, keys: set[str]) -> dict[str, Need]:
    """Return the needs of these keys that somebody may see."""
    if not keys:
        return {}
    found = sa.select(Need).where(Need.id.in_({uuid.UUID(key) for key in keys}), scope(actor, Need))
    loaded = session.scalars(found.options(joinedload(Need.term)))
    return {str(need.id): need for need in loaded}
