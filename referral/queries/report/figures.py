"""The figures of a report, each computed by one of its parts from SQL sums; small enough to recompute by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from models import (
    ContactResult,
    DeclineReason,
    Measure,
    Program,
    ReferralStatus,
    TaxonomyTerm,
)
from referral.queries.report.measured import Measured
from referral.withheld import Withheld


@dataclass(frozen=True)
class ServiceLine:
    """What one term of service or material aid gave."""

    term: TaxonomyTerm
    persons: int
    person_times: int
    hours: Decimal
    units: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Done:
    """What was done in the period."""

    persons: int
    households: int
    person_times: int
    hours: Decimal
    activities: int
    amount: Decimal
    without_minutes: int
    """Person-times without a duration that handed nothing over."""
    services: Sequence[ServiceLine]
    months: Sequence[tuple[date, int, int]]
    """First day of the month, person-times, persons."""
    not_reached: Sequence[tuple[ContactResult, int]]
    not_reached_total: int
    """Entries that count 0 because nobody was met."""


@dataclass(frozen=True)
class Funnel:
    """What became of the referrals put to providers in the period."""

    requested: int
    waiting: int
    accepted: int
    rejected: int
    expired: int
    cancelled: int
    """Cancelled before an answer."""
    completed: int
    served: int
    partly_served: int
    not_served: int
    reasons: Sequence[tuple[ReferralStatus, DeclineReason, int]]

    @property
    def acceptance(self) -> float | None:
        """Accepted of those that were answered or ran out, as a share; None where there are none."""
        if any(isinstance(one, Withheld) for one in (self.accepted, self.rejected, self.expired)):
            return None
        decided = self.accepted + self.rejected + self.expired
        return self.accepted / decided if decided else None


@dataclass(frozen=True)
class Speed:
    """How long one stage took, in working days with fractions."""

    code: str
    n: int
    median: float | None
    p90: float | None
    in_time: float | None
    """Share within the limit that was set for each; None where the stage has no limit."""
    open: int
    """How many are still waiting and therefore have no time yet."""


@dataclass(frozen=True)
class Change:
    """A measure before and after, for the people served who have both."""

    measure: Measure | str
    n: int
    baseline: float | None
    follow_up: float | None
    change: float | None
    low: float | None
    high: float | None
    """95 % confidence interval of the mean change (Student's t); None below three pairs."""
    improved: int
    worse: int
    cohort: int
    """People served in the period."""
    without_baseline: int
    without_follow_up: int

    @property
    def missing(self) -> int | Withheld:
        """People served of whom no change can be told."""
        return self.n if isinstance(self.n, Withheld) else self.cohort - self.n


@dataclass(frozen=True)
class Group:
    """What one group of people got."""

    label: Any
    persons: int
    person_times: int
    hours: Decimal
    needs: int
    needs_met: int

    def called(self, label: Any) -> "Group":
        """Return the same group under another label."""
        return replace(self, label=label)

    @property
    def met(self) -> float | None:
        """Needs met wholly or partly, of all needs opened, as a share."""
        if isinstance(self.needs, Withheld) or isinstance(self.needs_met, Withheld):
            return None
        return self.needs_met / self.needs if self.needs else None


@dataclass(frozen=True)
class ProgramLine:
    """What one program gave against its contract."""

    program: Program
    households: int
    persons: int
    units: Decimal
    spent: Decimal | None
    """Units times the unit price; None where the contract has no price."""

    @property
    def per_person(self) -> Decimal | None:
        """Yuan for each person served."""
        if self.spent is None or not self.persons:
            return None
        return (self.spent / self.persons).quantize(Decimal("0.01"))


@dataclass(frozen=True)
class Unknown:
    """What the report cannot say."""

    persons_without_birth_date: int
    needs_without_offer: int
    """Needs opened in the period, past their day at its end, that were never put to anybody."""
    unanswered: int
    """Referrals past their day at the end of the period without an answer."""


@dataclass(frozen=True)
class Report:
    """All figures of a frame."""

    done: Done
    funnel: Funnel
    speeds: Sequence[Speed]
    changes: Sequence[Change]
    townships: Sequence[Group]
    sexes: Sequence[Group]
    ages: Sequence[Group]
    programs: Sequence[ProgramLine]
    unknown: Unknown
    needs: int
    needs_met: int
    measured: Measured


AGE_BANDS: tuple[tuple[str, int, int], ...] = (
    ("0–17", 0, 17),
    ("18–59", 18, 59),
    ("60–79", 60, 79),
    ("80+", 80, 150),
)
"""Label, first and last completed year of life, on the last day of the period."""
