"""The figures of plans, needs, cases, re-visits, satisfaction, hours, money and groups: what each is made of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from models import CaseExit
from referral.withheld import Withheld

FEN = Decimal("0.01")


@dataclass(frozen=True)
class Share:
    """How many of how many; `code` is that of its definition."""

    code: str
    part: int
    whole: int
    people: tuple[int, int] | None = None
    """Distinct people behind the part and behind the rest, where one person can stand behind several."""

    @property
    def value(self) -> float | None:
        """Return part ÷ whole; None where there is nothing to divide by or one of them is withheld."""
        if isinstance(self.part, Withheld) or isinstance(self.whole, Withheld) or not self.whole:
            return None
        return self.part / self.whole


@dataclass(frozen=True)
class Mean:
    """A mean of so many values, with its 95 % interval (Student's t; none below three values)."""

    code: str
    n: int
    mean: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class UnitLine:
    """Hours, meals, times … in one line; units of different kinds are never added up."""

    unit: str
    planned: Decimal
    kept: Decimal
    """Units of the planned visits that were done."""
    delivered: Decimal
    approved: Decimal
    contracted: Decimal
    paid: Decimal | None
    """None in a report of one township or with days of a broken month: sheets are made for a contract and a month."""
    people: tuple[int, ...] = (0,) * 9
    """Distinct people behind each of them (households behind what was paid), then behind what was missed, what was
    delivered and not approved, and what was approved beyond any contract."""

    @property
    def completion(self) -> float | None:
        """Return units of planned visits that were done ÷ planned units."""
        if isinstance(self.planned, Withheld) or isinstance(self.kept, Withheld) or not self.planned:
            return None
        return float(self.kept / self.planned)


LINE = ("planned", "kept", "delivered", "approved", "contracted", "paid")


@dataclass(frozen=True)
class FundLine:
    """What one source of money gave, over the programs it pays for that have a unit price."""

    source: str
    programs: int
    persons: int
    units: Decimal
    spent: Decimal

    @property
    def per_unit(self) -> Decimal | None:
        """Yuan for one unit."""
        if isinstance(self.spent, Withheld) or not self.units:
            return None
        return (self.spent / self.units).quantize(FEN)


@dataclass(frozen=True)
class OutcomeCost:
    """What one outcome cost: the money of programs with a price ÷ outcomes among those they helped."""

    code: str
    spent: Decimal
    outcomes: int

    @property
    def each(self) -> Decimal | None:
        """Yuan for one outcome."""
        if isinstance(self.spent, Withheld) or isinstance(self.outcomes, Withheld) or not self.outcomes:
            return None
        return (self.spent / self.outcomes).quantize(FEN)


@dataclass(frozen=True)
class Compared:
    """Before and after (WHO-5) of one group of the people served."""

    kind: str
    """program, township, sex, age or status."""
    label: Any
    persons: int
    n: int
    rest: int
    """Pairs of all others: what taking the group from the whole would tell."""
    baseline: float | None
    follow_up: float | None
    change: float | None
    low: float | None
    high: float | None

    @property
    def missing(self) -> int | Withheld:
        """People of the group without both scores."""
        if isinstance(self.n, Withheld):
            return self.n
        return self.persons if isinstance(self.persons, Withheld) else self.persons - self.n


@dataclass(frozen=True)
class Measured:
    """All of them."""

    shares: Sequence[Share] = ()
    means: Sequence[Mean] = ()
    lines: Sequence[UnitLine] = ()
    exits: Sequence[tuple[CaseExit, int]] = ()
    funds: Sequence[FundLine] = ()
    costs: Sequence[OutcomeCost] = ()
    compared: Sequence[Compared] = field(default=())

    def share(self, code: str) -> Share:
        """Return a share by the code of its definition."""
        return next(one for one in self.shares if one.code == code)
