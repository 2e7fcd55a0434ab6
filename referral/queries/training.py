"""What referrals of the past can teach: one row for each, with only what was known at the moment it was requested.

The installation reads it, for a job. No names, numbers or words; of the person only what groups are judged by.
"""

import uuid
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from matching.distance import between, unit_vectors
from matching.past import Known, shrunken
from models import (
    Area,
    LearnedKind,
    Location,
    Need,
    Organization,
    Person,
    Referral,
    ReferralStatus,
    Service,
    ServiceAtLocation,
    TaxonomyTerm,
)
from models.person import completed_years
from referral.clock import local_date
from referral.i18n import lazy
from referral.queries.gathering.rates import STRENGTH, USUAL_ACCEPTED, USUAL_COMPLETED

YEAR = timedelta(days=365).total_seconds()
MONTH = timedelta(days=30).total_seconds()
AT_ONCE = 5_000
TOWNSHIP_DIGITS = 9
NONE = "none"
"""Code of a service without a law class (material aid), and of a group that is not known."""
AGES = ((18, "under_18"), (60, "from_18"), (80, "from_60"))
OLDEST = "from_80"
USUAL = {LearnedKind.ACCEPTANCE: USUAL_ACCEPTED, LearnedKind.COMPLETION: USUAL_COMPLETED}
OPENING_FEATURES = ("rate", "known", "load", "asked", "term_rate", "weekday", "provider_kind", "law_class")
"""What is known of a place before anybody is proposed for it: the chance of a round is made of these alone."""
PAIR_FEATURES = ("km", "tier", "waiting")
"""What depends on the need as well: kept to see what it would add, not used in rounds."""
GROUPS = ("sex", "age_band", "township", "tier")
"""By which the chances are judged; but for the urgency none of them is ever learned from."""
LEFT_OUT: dict[str, Any] = {
    "sex_and_age": lazy("Sex and age of the person: whoever was refused more often in the past must not wait longer "
                        "for it. They only serve to check that the chances are right in every group."),
    "statuses": lazy("Aid statuses, disability, illness and other features: sensitive personal information that the "
                     "purpose does not need (PIPL Art. 6 and 28). Rules that ask for them stand in the catalogue."),
    "place": lazy("Where the person lives: a village would stand for its people. The distance is measured from the "
                  "village, and only to see what it would add."),
    "words": lazy("Names, numbers, notes and what the need says in words: they stay in the file."),
    "after": lazy("Everything that became known after the request: answers, visits, later changes of address."),
}  # fmt: skip
"""What is kept out on purpose, and why."""


@dataclass(frozen=True, eq=False)
class Past:
    """Referrals that were requested, as parallel columns, oldest first. Moments are seconds; NaN = not happened."""

    requested: NDArray[np.float64]
    answered: NDArray[np.float64]
    """When it was known whether the provider takes it on; NaN also where it was withdrawn before an answer."""
    accepted: NDArray[np.bool_]
    finished: NDArray[np.float64]
    """When it was known whether accepted help came to its end."""
    completed: NDArray[np.bool_]
    over: NDArray[np.float64]
    """When it ceased to be live."""
    provider: NDArray[np.int32]
    term: NDArray[np.int32]
    provider_kind: NDArray[np.str_]
    law_class: NDArray[np.str_]
    weekday: NDArray[np.str_]
    tier: NDArray[np.float64]
    waiting: NDArray[np.float64]
    km: NDArray[np.float64]
    """From the village of the referral, as it was, to the place of the service."""
    sex: NDArray[np.str_]
    age_band: NDArray[np.str_]
    township: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.requested)

    def take(self, rows: NDArray[Any]) -> "Past":
        """The same columns with these rows alone."""
        return replace(self, **{spec.name: getattr(self, spec.name)[rows] for spec in fields(self)})


@dataclass(frozen=True, eq=False)
class Table:
    """What teaches: features of each row, its outcome, and when the outcome became known. Oldest request first."""

    columns: dict[str, NDArray[Any]]
    groups: dict[str, NDArray[np.str_]]
    outcome: NDArray[np.bool_]
    requested: NDArray[np.float64]
    known: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.outcome)


def read(session: Session, at: datetime) -> Past:
    """Return the referrals requested up to a moment, with what was known of them by then. One query, read in parts.

    Whatever was entered in error never was a referral. What kind of provider and of service it is stands in the
    catalogue, which keeps no history: that is read as it is today.
    """
    statement = (
        sa.select(
            Referral.requested_at,
            Referral.answered_at,
            Referral.ended_at,
            Referral.status,
            Referral.organization_id,
            TaxonomyTerm.id,
            Organization.kind,
            TaxonomyTerm.law_class,
            Need.urgency_rank,
            Need.opened_at,
            Area.latitude,
            Area.longitude,
            Location.latitude,
            Location.longitude,
            Referral.area_code,
            Person.sex,
            Person.born_on,
        )
        .join(Need, Need.id == Referral.need_id)
        .join(Person, Person.id == Referral.person_id)
        .join(Area, Area.code == Referral.area_code)
        .join(Organization, Organization.id == Referral.organization_id)
        .join(ServiceAtLocation, ServiceAtLocation.id == Referral.service_at_location_id)
        .join(Location, Location.id == ServiceAtLocation.location_id)
        .join(Service, Service.id == ServiceAtLocation.service_id)
        .outerjoin(TaxonomyTerm, TaxonomyTerm.id == Service.term_id)
        .where(
            Referral.requested_at <= at,
            Referral.status.not_in((ReferralStatus.DRAFT, ReferralStatus.ENTERED_IN_ERROR)),
        )
        .order_by(Referral.requested_at, Referral.id)
        .execution_options(yield_per=AT_ONCE)
    )
    numbers = {name: array("d") for name in ("requested", "answered", "finished", "over", "tier", "waiting")}
    places = array("d")
    flags = {"accepted": array("b"), "completed": array("b")}
    indexes: dict[str, dict[uuid.UUID | None, int]] = {"provider": {}, "term": {}}
    keys = {name: array("l") for name in indexes}
    words: dict[str, Words] = {name: Words() for name in WORDS}
    rows: Iterable[Any] = session.execute(statement)
    for row in rows:
        requested, answered, ended, status, provider, term, kind, law, tier, opened, *where, area, sex, born = row
        refused, expired = status is ReferralStatus.REJECTED, status is ReferralStatus.EXPIRED
        decided = answered or (ended if expired else None)
        done = status in (ReferralStatus.COMPLETED, ReferralStatus.FAILED)
        for name, moment in (
            ("requested", requested),
            ("answered", decided),
            ("finished", ended if done else None),
            ("over", ended or (answered if refused else None)),
        ):
            numbers[name].append(_seconds(moment, at))
        numbers["tier"].append(tier)
        numbers["waiting"].append(max((requested - opened).days, 0))
        places.extend(np.nan if degrees is None else degrees for degrees in where)
        flags["accepted"].append(not refused and not expired)
        flags["completed"].append(status is ReferralStatus.COMPLETED)
        for name, key in (("provider", provider), ("term", term)):
            keys[name].append(indexes[name].setdefault(key, len(indexes[name])))
        day = local_date(requested)
        for name, word in (
            ("provider_kind", kind.value),
            ("law_class", law.value if law else NONE),
            ("weekday", str(day.weekday())),
            ("sex", sex.value if sex else NONE),
            ("age_band", age_band(born, day)),
            ("township", area[:TOWNSHIP_DIGITS]),
        ):
            words[name].add(word)
    columns: dict[str, Any] = {name: np.array(values, dtype=np.float64) for name, values in numbers.items()}
    columns |= {name: np.array(values, dtype=np.bool_) for name, values in flags.items()}
    columns |= {name: np.array(values, dtype=np.int32) for name, values in keys.items()}
    columns |= {name: column.done() for name, column in words.items()}
    return Past(km=_apart(places), **columns)


def _apart(places: "array[float]") -> NDArray[np.float64]:
    """Return the kilometres between the two places of each row; NaN where one is not known."""
    degrees = np.array(places, dtype=np.float64).reshape(-1, 4)
    here, there = unit_vectors(degrees[:, 0], degrees[:, 1]), unit_vectors(degrees[:, 2], degrees[:, 3])
    return between(here, there).astype(np.float64)


WORDS = ("provider_kind", "law_class", "weekday", "sex", "age_band", "township")


class Words:
    """A column of codes, kept as numbers while it grows: a hundred thousand words would be megabytes."""

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}
        self.rows = array("l")

    def add(self, word: str) -> None:
        """One more row."""
        self.rows.append(self.codes.setdefault(word, len(self.codes)))

    def done(self) -> NDArray[np.str_]:
        """str[k]: the column."""
        return np.array(list(self.codes) or [""], dtype=np.str_)[np.array(self.rows, dtype=np.int64)]


def _seconds(moment: datetime | None, at: datetime) -> float:
    return np.nan if moment is None or moment > at else moment.timestamp()


def age_band(born_on: date | None, day: date) -> str:
    """Return the band of somebody's age on a day."""
    if born_on is None:
        return NONE
    years = completed_years(born_on, day)
    return next((code for below, code in AGES if years < below), OLDEST)


def table(past: Past, kind: LearnedKind) -> Table:
    """Return the rows that teach about acceptance (every referral answered) or completion (every one ended).

    Rates, counts and load of a row are made of facts known strictly before its request: no row knows its own outcome,
    nor that of any other that was still open.
    """
    known, outcome = (
        (past.answered, past.accepted) if kind is LearnedKind.ACCEPTANCE else (past.finished, past.completed)
    )
    rows = np.flatnonzero(~np.isnan(known))
    asked = past.take(rows)
    columns = standing(past, kind, provider=asked.provider, term=asked.term, at=asked.requested)
    columns |= {name: getattr(asked, name) for name in ("weekday", "provider_kind", "law_class", *PAIR_FEATURES)}
    groups = {name: getattr(asked, name) for name in ("sex", "age_band", "township")}
    groups["tier"] = asked.tier.astype(np.int64).astype(np.str_)
    return Table(columns, groups, outcome[rows], asked.requested, known[rows])


def standing(
    past: Past,
    kind: LearnedKind,
    *,
    provider: NDArray[np.int32],
    term: NDArray[np.int32],
    at: NDArray[np.float64],
) -> dict[str, NDArray[np.float64]]:
    """Return how each provider and each service stood at each moment: what was known strictly before it."""
    known, outcome = (
        (past.answered, past.accepted) if kind is LearnedKind.ACCEPTANCE else (past.finished, past.completed)
    )
    hits = np.where(outcome, 1.0, 0.0)

    def last_year(keys: NDArray[np.int32], asked: NDArray[np.int32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return Known(keys, known, hits).within(asked, at, YEAR), Known(keys, known).within(asked, at, YEAR)

    of_provider, of_term = last_year(past.provider, provider), last_year(past.term, term)
    requests, ends = Known(past.provider, past.requested), Known(past.provider, past.over)
    return {
        "rate": shrunken(*of_provider, USUAL[kind], STRENGTH),
        "known": np.log1p(of_provider[1]),
        "load": np.log1p(requests.before(provider, at) - ends.before(provider, at)),
        "asked": np.log1p(requests.within(provider, at, MONTH)),
        "term_rate": shrunken(*of_term, USUAL[kind], STRENGTH),
    }
