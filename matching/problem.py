"""The problem of one round as arrays: needs, openings, and what is known of single pairs.

Nothing here has a name, an id or a record behind it: a row is a number, and only the caller knows whom it
stands for. Masks are bit sets; the caller decides which bit means which status, feature or language.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matching.tables import BadProblem, Table, column, column_of

AREA_UNKNOWN = 0
AGE_UNKNOWN = -1
MINOR_UNDER = 18
"""A minor is under 18 (Civil Code Art. 17; Law on the Protection of Minors Art. 2)."""


@dataclass(frozen=True, eq=False)
class Needs(Table):
    """n needs, each for one unit of one service or one kind of material aid."""

    service_type: NDArray[np.int32] = field(metadata=column("int32", 0))
    """Index of the term wanted; services and material aid share one code space."""
    tier: NDArray[np.int8] = field(metadata=column("int8", 1))
    """Urgency 1..T, 1 most urgent."""
    waiting_days: NDArray[np.int32] = field(metadata=column("int32", 0))
    """Days since the need was recorded."""
    area: NDArray[np.int64] = field(metadata=column("int64", AREA_UNKNOWN))
    """Twelve-digit division code as a number; 0 unknown."""
    district: NDArray[np.int32] = field(metadata=column("int32", -1))
    """Index of the township, for reporting and fairness; -1 unknown."""
    household: NDArray[np.int32] = field(metadata=column("int32", -1))
    """Index of the household; -1 unknown."""
    latitude: NDArray[np.float64] = field(metadata=column("float64", np.nan))
    """Degrees; NaN unknown."""
    longitude: NDArray[np.float64] = field(metadata=column("float64", np.nan))
    """Degrees; NaN unknown."""
    age: NDArray[np.int16] = field(metadata=column("int16", AGE_UNKNOWN))
    """Full years; -1 unknown."""
    sex: NDArray[np.int8] = field(metadata=column("int8", 0))
    """0 unknown, 1 male, 2 female."""
    statuses: NDArray[np.uint64] = field(metadata=column("uint64", 0))
    """Bit set of the aid statuses held today."""
    features: NDArray[np.uint64] = field(metadata=column("uint64", 0))
    """Bit set of features (disability, living alone, ...)."""
    languages: NDArray[np.uint32] = field(metadata=column("uint32", 0))
    """Bit set of the languages that would do; 0 = no special language needed."""
    wanted_times: NDArray[np.uint32] = field(metadata=column("uint32", 0))
    """Seven days x three parts of the day, 21 bits; 0 = any."""
    worker_sex: NDArray[np.int8] = field(metadata=column("int8", 0))
    """Sex of the worker asked for: 0 any, 1 male, 2 female."""
    language_is_hard: NDArray[np.bool_] = field(metadata=column("bool", False))
    """True where without the language there is no help at all."""
    quantity: NDArray[np.float64] = field(metadata=column("float64", 1.0))
    """Units a period wanted."""
    person: NDArray[np.int32] = field(metadata=column("int32", -1))
    """Index of the person; -1 unknown. Needs of one person are better met by few providers."""
    group: NDArray[np.int32] = field(metadata=column("int32", -1))
    """Index of the group that fairness looks at; -1 none."""
    hours: NDArray[np.int32] = field(metadata=column("int32", 1))
    """Whole hours a month that one provider must give in one piece, where an opening counts hours."""
    amount: NDArray[np.int64] = field(metadata=column("int64", 0))
    """Yuan it takes of a fund, where an opening draws on one."""
    tie_key: NDArray[np.uint64] = field(metadata=column("uint64", "row"))
    """Stable hash of the record's key; settles ties, whatever the order of the rows."""

    def __len__(self) -> int:
        return len(self.tier)


@dataclass(frozen=True, eq=False)
class Openings(Table):
    """m openings: a service at a location in a period, with the places left."""

    service_type: NDArray[np.int32] = field(metadata=column("int32", 0))
    places: NDArray[np.int32] = field(metadata=column("int32", 1))
    """Places left after reservations, 0 or more."""
    latitude: NDArray[np.float64] = field(metadata=column("float64", np.nan))
    longitude: NDArray[np.float64] = field(metadata=column("float64", np.nan))
    radius_km: NDArray[np.float64] = field(metadata=column("float64", np.nan))
    """Serves within this distance; NaN = no radius."""
    min_age: NDArray[np.int16] = field(metadata=column("int16", -1))
    """Youngest age served, in full years; -1 none."""
    max_age: NDArray[np.int16] = field(metadata=column("int16", -1))
    """Oldest age served, in full years, itself included; -1 none."""
    sex: NDArray[np.int8] = field(metadata=column("int8", 0))
    """Serves only this sex: 0 any, 1 male, 2 female."""
    statuses_any: NDArray[np.uint64] = field(metadata=column("uint64", 0))
    """One of these statuses must be held; 0 = everybody."""
    features_any: NDArray[np.uint64] = field(metadata=column("uint64", 0))
    """One of these features must be present; 0 = everybody."""
    languages: NDArray[np.uint32] = field(metadata=column("uint32", 0))
    """Bit set of languages spoken."""
    times: NDArray[np.uint32] = field(metadata=column("uint32", 0))
    """Opening times, 21 bits as `Needs.wanted_times`; 0 = not stated = any."""
    worker_sex: NDArray[np.uint8] = field(metadata=column("uint8", 0))
    """Bit 0: a male worker can come; bit 1: a female one; 0 unknown."""
    serves_minors_checked: NDArray[np.bool_] = field(metadata=column("bool", False))
    """True where the check for work with children is in date."""
    licence_valid: NDArray[np.bool_] = field(metadata=column("bool", True))
    accepting: NDArray[np.bool_] = field(metadata=column("bool", True))
    units_per_place: NDArray[np.float64] = field(metadata=column("float64", np.nan))
    """Most units a period one place can give; NaN = no limit."""
    provider: NDArray[np.int32] = field(metadata=column("int32", -1))
    """Index of the organization."""
    quality: NDArray[np.int32] = field(metadata=column("int32", 500))
    """0..1000, 1000 best."""
    p_accept: NDArray[np.float64] = field(metadata=column("float64", 1.0))
    """Chance that a referral is accepted, 0..1."""
    p_complete: NDArray[np.float64] = field(metadata=column("float64", 1.0))
    """Chance that accepted help is given to its end, 0..1."""
    counts_hours: NDArray[np.bool_] = field(metadata=column("bool", False))
    """True where `places` are hours a month and a need takes `Needs.hours` of them."""
    fund: NDArray[np.int32] = field(metadata=column("int32", -1))
    """Index of the fund each place draws on; -1 none."""
    tie_key: NDArray[np.uint64] = field(metadata=column("uint64", "row"))
    area_ptr: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """CSR pointer int64[m + 1] into `area_ranges`; empty = no opening has ranges."""
    area_ranges: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 2), dtype=np.int64))
    """int64[k, 2]: closed intervals of twelve-digit codes; an opening without any serves anywhere."""

    def __post_init__(self) -> None:
        """Check the ranges as well as the columns."""
        super().__post_init__()
        ranges = np.asarray(self.area_ranges, dtype=np.int64).reshape(-1, 2)
        ptr = np.asarray(self.area_ptr, dtype=np.int64)
        if not ptr.size:
            ptr = np.zeros(len(self) + 1, dtype=np.int64)
        if len(ptr) != len(self) + 1 or ptr[0] != 0 or ptr[-1] != len(ranges) or (np.diff(ptr) < 0).any():
            raise BadProblem("area_ptr must rise from 0 to the number of area_ranges in m + 1 steps")
        object.__setattr__(self, "area_ptr", ptr)
        object.__setattr__(self, "area_ranges", ranges)
        if (self.places < 0).any():
            raise BadProblem("places may not be negative")

    def __len__(self) -> int:
        return len(self.places)

    def take(self, rows: ArrayLike) -> Self:
        """The openings of these rows, their areas with them."""
        chosen = np.asarray(rows, dtype=np.int64)
        counts = np.diff(self.area_ptr)[chosen]
        ptr = np.concatenate([[0], np.cumsum(counts)])
        picked = np.repeat(self.area_ptr[chosen] - ptr[:-1], counts) + np.arange(ptr[-1])
        taken = {spec.name: getattr(self, spec.name)[chosen] for spec in fields(self) if "dtype" in spec.metadata}
        return replace(self, **taken, area_ptr=ptr, area_ranges=self.area_ranges[picked])


def _no_pairs() -> NDArray[np.int32]:
    return np.zeros(0, dtype=np.int32)


@dataclass(frozen=True, eq=False)
class PairFacts:
    """What is known of single pairs, as parallel int32 columns."""

    forbidden_need: NDArray[np.int32] = field(default_factory=_no_pairs)
    forbidden_opening: NDArray[np.int32] = field(default_factory=_no_pairs)
    forbidden_rule: NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, dtype=np.uint32))
    """The `Rule` broken: `Rule.REJECTED_BEFORE` or `Rule.CONSENT`."""
    continuity_need: NDArray[np.int32] = field(default_factory=_no_pairs)
    continuity_provider: NDArray[np.int32] = field(default_factory=_no_pairs)
    """Organizations that helped this person before; a pair with one of them keeps continuity."""
    together_need: NDArray[np.int32] = field(default_factory=_no_pairs)
    together_provider: NDArray[np.int32] = field(default_factory=_no_pairs)
    """Organizations that serve another need of the person in the plan looked for (see `bundles`); set by the solver."""

    def __post_init__(self) -> None:
        """Bring the columns to their types and refuse unequal lengths."""
        for spec in fields(self):
            dtype = "uint32" if spec.name == "forbidden_rule" else "int32"
            object.__setattr__(self, spec.name, column_of(spec.name, getattr(self, spec.name), dtype))
        forbidden = {len(self.forbidden_need), len(self.forbidden_opening), len(self.forbidden_rule)}
        if len(forbidden) > 1 or any(len(one) != len(other) for one, other in self._matched()):
            raise BadProblem("columns of pair facts differ in length")

    def _matched(self) -> tuple[tuple[NDArray[np.int32], NDArray[np.int32]], ...]:
        together = (self.together_need, self.together_provider)
        return ((self.continuity_need, self.continuity_provider), together)


@dataclass(frozen=True, eq=False)
class Problem:
    """Everything one round decides on."""

    needs: Needs
    openings: Openings
    facts: PairFacts = field(default_factory=PairFacts)
    districts: int = 0
    """How many townships there are; `Needs.district` is below it."""
    groups: int = 0
    """How many groups fairness looks at; `Needs.group` is below it."""
    fund_left: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """int64[F]: yuan left in each fund; `Openings.fund` is below F."""

    def __post_init__(self) -> None:
        """Refuse what no solver should see: ties that cannot be settled, indices outside the tables."""
        for table, what in ((self.needs, "needs"), (self.openings, "openings")):
            if len(np.unique(table.tie_key)) != len(table):
                raise BadProblem(f"tie_key of the {what} must be unique")
        if len(self.needs) and self.needs.tier.min() < 1:
            raise BadProblem("tier counts from 1")
        facts = self.facts
        for index, size in (
            (facts.forbidden_need, len(self.needs)),
            (facts.forbidden_opening, len(self.openings)),
            (facts.continuity_need, len(self.needs)),
            (facts.together_need, len(self.needs)),
        ):
            if len(index) and not (index.min() >= 0 and index.max() < size):
                raise BadProblem("a pair fact names a row that is not there")
        for index, size, what in (
            (self.needs.group, self.groups, "group"),
            (self.openings.fund, len(self.fund_left), "fund"),
        ):
            if index.max(initial=-1) >= size:
                raise BadProblem(f"a {what} is named that is not there")

    def rearranged(self, need_rows: NDArray[np.int64], opening_rows: NDArray[np.int64]) -> Problem:
        """The same problem with its rows in another order (`new row k` = `old row rows[k]`)."""
        need_at = np.empty(len(self.needs), dtype=np.int32)
        need_at[need_rows] = np.arange(len(self.needs), dtype=np.int32)
        opening_at = np.empty(len(self.openings), dtype=np.int32)
        opening_at[opening_rows] = np.arange(len(self.openings), dtype=np.int32)
        facts = replace(
            self.facts,
            forbidden_need=need_at[self.facts.forbidden_need],
            forbidden_opening=opening_at[self.facts.forbidden_opening],
            continuity_need=need_at[self.facts.continuity_need],
            together_need=need_at[self.facts.together_need],
        )
        needs, openings = self.needs.take(need_rows), self.openings.take(opening_rows)
        return replace(self, needs=needs, openings=openings, facts=facts)
