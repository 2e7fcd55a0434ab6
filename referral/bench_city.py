"""The synthetic city of `matching` as records, for measurements: people and their needs, providers and their places.

Written in bulk and past the log: a database for a measurement, never one for people.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from matching import Problem
from matching.synthetic import city
from models import (
    Area,
    Capacity,
    Case,
    Feature,
    FeatureKind,
    Household,
    IdentityStatus,
    Location,
    Need,
    Organization,
    Person,
    ProviderCheck,
    Referral,
    Schedule,
    Service,
    ServiceArea,
    ServiceAtLocation,
    ServiceEligibility,
    TaxonomyTerm,
    Visit,
)
from referral.bulk import insert, moment_text

CITY = "321100000000"
URGENCIES = ("critical", "high", "normal", "low")
SEXES = (None, "male", "female")
WORKER_SEXES = (None, "male", "female", "female male")
LANGUAGES = ("zh-dialect", "yue", "mn")
STATUSES = ("1", "2.1", "2.2", "3", "4")
FEATURES = ("lives_alone", "disabled", "gravely_ill", "chronically_ill", "left_behind", "cannot_self_care")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
SECOND_NEED = 0.15
"""Share of needs that belong to the person of the need before."""
Rows = dict[str, Any]


def fill(connection: sa.Connection, needs: int, *, at: datetime, seed: int = 0) -> None:
    """Write a city of so many open needs and a tenth as many openings. The same seed gives the same city."""
    problem = city(needs, seed)
    rng = np.random.default_rng([needs, seed, 1])
    areas = _areas(problem)
    for table, rows, columns in _tables(problem, areas, rng, at):
        made = {"created_at": moment_text(at)} if "created_at" in table.__table__.c else {}
        insert(connection, table.__table__, rows, made | columns)


def _keys(rng: np.random.Generator, size: int, at: datetime) -> list[str]:
    """Keys as records have them, in order (UUIDv7)."""
    since = int(at.timestamp() * 1000) - size
    noise = rng.integers(0, 2**60, (size, 2), dtype=np.uint64).tolist()
    return [
        f"{since + row:012x}7{one & 0xFFF:03x}{0x8000000000000000 | two & 0x3FFFFFFFFFFFFFFF:016x}"
        for row, (one, two) in enumerate(noise)
    ]


def _areas(problem: Problem) -> dict[str, str | None]:
    """Code → code of the division above, those above first."""
    codes = {f"{code:012d}" for code in np.unique(problem.needs.area).tolist()}
    codes |= {f"{code:012d}" for code in np.unique(problem.openings.area_ranges[:, 0]).tolist()}
    townships = {f"{code[:9]}000" for code in codes if code[6:9] != "000"}
    counties = {f"{code[:6]}000000" for code in codes}
    found: dict[str, str | None] = {CITY: None}
    found |= dict.fromkeys(sorted(counties), CITY)
    found |= {code: f"{code[:6]}000000" for code in sorted(townships)}
    return found | {code: f"{code[:9]}000" for code in sorted(codes) if code not in found}


def _picked(values: Any, numbers: NDArray[Any]) -> list[Any]:
    return [values[number] for number in numbers.tolist()]


def _degrees(values: NDArray[np.float64], digits: int) -> list[float | None]:
    return [None if np.isnan(value) else round(value, digits) for value in values.tolist()]


def _tables(
    problem: Problem, areas: dict[str, str | None], rng: np.random.Generator, at: datetime
) -> Iterator[tuple[Any, int, Rows]]:
    levels = ["city" if code == CITY else "county" if code.endswith("000000") else "township" if code.endswith("000")
              else "village" for code in areas]  # fmt: skip
    rows = {"code": list(areas), "parent_code": list(areas.values()), "level": levels, "name": list(areas)}
    yield Area, len(areas), rows
    kinds = int(problem.needs.service_type.max()) + 1
    terms = _keys(rng, kinds, at)
    yield TaxonomyTerm, kinds, {
        "id": terms, "taxonomy": "service", "code": [f"S{n:02d}" for n in range(kinds)],
        "name_zh": [f"服务{n}" for n in range(kinds)], "name_en": [f"Service {n}" for n in range(kinds)],
        "unit": "小时", "origin": "proposal", "active": True,
    }  # fmt: skip
    organizations = _keys(rng, int(problem.openings.provider.max()) + 1, at)
    yield Organization, len(organizations), {
        "id": organizations, "name": [f"机构{n}" for n in range(len(organizations))], "search_text": "",
        "kind": "social_organization", "status": "active", "version": 1,
    }  # fmt: skip
    checked = sorted(
        {int(problem.openings.provider[row]) for row in np.flatnonzero(problem.openings.serves_minors_checked)}
    )
    yield ProviderCheck, len(checked), {
        "id": _keys(rng, len(checked), at), "organization_id": [organizations[n] for n in checked],
        "kind": "child_safety", "valid_from": _day(at, -200), "valid_to": _day(at, 165),
    }  # fmt: skip
    places = _Places(problem, rng, at, terms, organizations)
    yield from places.tables()
    yield from _people(problem, rng, at, terms, places)


def _day(at: datetime, days: int) -> str:
    day: date = at.date() + timedelta(days=days)
    return day.isoformat()


class _Places:
    """The openings with the services, locations and rules behind them."""

    def __init__(
        self, problem: Problem, rng: np.random.Generator, at: datetime, terms: list[str], organizations: list[str]
    ) -> None:
        self.openings, self.rng, self.at = problem.openings, rng, at
        size = self.size = len(self.openings)
        self.providers = organizations
        self.organizations = _picked(organizations, self.openings.provider)
        self.terms = _picked(terms, self.openings.service_type)
        self.services, self.locations, self.at_locations, self.capacities = (_keys(rng, size, at) for _ in range(4))

    def tables(self) -> Iterator[tuple[Any, int, Rows]]:
        """Tables in the order in which they may be written."""
        o, size = self.openings, self.size
        yield Location, size, {
            "id": self.locations, "organization_id": self.organizations, "name": [f"地点{n}" for n in range(size)],
            "latitude": _degrees(o.latitude, 6), "longitude": _degrees(o.longitude, 6),
        }  # fmt: skip
        spoken = [
            ["zh", *(name for bit, name in enumerate(LANGUAGES) if mask >> bit & 1)] for mask in o.languages.tolist()
        ]
        yield Service, size, {
            "id": self.services, "organization_id": self.organizations, "term_id": self.terms,
            "name": [f"服务项目{n}" for n in range(size)], "status": "active", "version": 1,
            "minimum_age": _or_none(o.min_age), "maximum_age": _or_none(o.max_age), "sex": _picked(SEXES, o.sex),
            "languages": [" ".join(names) for names in spoken], "worker_sexes": _picked(WORKER_SEXES, o.worker_sex),
        }  # fmt: skip
        yield from self._rules()
        yield ServiceAtLocation, size, {
            "id": self.at_locations, "service_id": self.services, "location_id": self.locations,
            "radius_km": _degrees(o.radius_km, 3), "accepting": o.accepting.tolist(),
        }  # fmt: skip
        units = [None if np.isnan(most) else int(most * 100) for most in o.units_per_place.tolist()]
        yield Capacity, size, {
            "id": self.capacities, "service_at_location_id": self.at_locations, "kind": "concurrent",
            "starts_on": _day(self.at, -15), "ends_on": _day(self.at, 15), "unit": "小时", "units_per_place": units,
            "places": o.places.tolist(), "reserved": 0, "used": 0, "version": 1,
        }  # fmt: skip
        timed = [row for row in range(size) if o.times[row]]
        days = [
            ",".join(name for bit, name in enumerate(WEEKDAYS) if int(o.times[row]) >> 3 * bit & 7) for row in timed
        ]
        yield Schedule, len(timed), {
            "id": _keys(self.rng, len(timed), self.at), "service_at_location_id": [self.at_locations[n] for n in timed],
            "byday": days, "opens_at": "08:00:00.000000", "closes_at": "17:00:00.000000",
        }  # fmt: skip

    def _rules(self) -> Iterator[tuple[Any, int, Rows]]:
        o = self.openings
        owner = np.repeat(np.arange(self.size), np.diff(o.area_ptr))
        yield ServiceArea, len(owner), {
            "id": _keys(self.rng, len(owner), self.at), "service_id": _picked(self.services, owner),
            "area_code": [f"{code:012d}" for code in o.area_ranges[:, 0].tolist()],
        }  # fmt: skip
        for kind, codes, masks in (("status", STATUSES, o.statuses_any), ("feature", FEATURES, o.features_any)):
            rows = [
                (n, code) for n, mask in enumerate(masks.tolist()) for bit, code in enumerate(codes) if mask >> bit & 1
            ]
            yield ServiceEligibility, len(rows), {
                "id": _keys(self.rng, len(rows), self.at), "service_id": [self.services[n] for n, _ in rows],
                "kind": kind, "code": [code for _, code in rows],
            }  # fmt: skip


def _or_none(ages: NDArray[np.int16]) -> list[int | None]:
    return [None if age < 0 else age for age in ages.tolist()]


def _people(
    problem: Problem, rng: np.random.Generator, at: datetime, terms: list[str], places: _Places
) -> Iterator[tuple[Any, int, Rows]]:
    needs, n = problem.needs, len(problem.needs)
    first = np.flatnonzero((rng.random(n) >= SECOND_NEED) | (np.arange(n) == 0))
    person = np.searchsorted(first, np.arange(n), "right") - 1
    size = len(first)
    area = [f"{code:012d}" for code in needs.area[first].tolist()]
    households, people, cases = (_keys(rng, size, at) for _ in range(3))
    home = np.unique(needs.household[first], return_inverse=True)[1]
    lives_at, of_household = np.unique(home, return_index=True)
    households = households[: len(lives_at)]
    yield Household, len(households), {
        "id": households, "number": [f"HX-{row:07d}" for row in range(len(households))],
        "area_code": _picked(area, of_household), "version": 1,
    }  # fmt: skip
    ages = np.where(needs.age[first] < 0, 40, needs.age[first]).tolist()
    born = [_day(at, -age * 365 - age // 4 - row % 360 - 1) for row, age in enumerate(ages)]
    numbers = [f"PX-{row:07d}" for row in range(size)]
    languages = [
        next((name for bit, name in enumerate(LANGUAGES) if mask >> bit & 1), "zh") for mask in needs.languages.tolist()
    ]
    homes = _picked(households, home)
    yield Person, size, {
        "id": people, "number": numbers, "household_id": homes, "relation_to_head": "head", "name": "城市居民",
        "search_text": [f"城市居民 {number.lower()}" for number in numbers], "sex": _picked(SEXES, needs.sex[first]),
        "born_on": born, "contact_preference": "phone", "language": _picked(languages, first), "area_code": area,
        "latitude": _degrees(needs.latitude[first], 3), "longitude": _degrees(needs.longitude[first], 3),
        "status": "active", "demonstration": True, "version": 1,
    }  # fmt: skip
    yield from _facts(problem, rng, at, first, people)
    yield Case, size, {
        "id": cases, "number": [f"CX-{row:07d}" for row in range(size)], "person_id": people, "household_id": homes,
        "area_code": area, "status": "in_circulation", "source": "import", "urgency": "normal",
        "opened_at": moment_text(at - timedelta(days=800)), "version": 1,
    }  # fmt: skip
    keys, of_term = _keys(rng, n, at), _picked(terms, needs.service_type)
    opened = [
        moment_text(at - timedelta(days=days, seconds=row % 80_000))
        for row, days in enumerate(needs.waiting_days.tolist())
    ]
    yield Need, n, {
        "id": keys, "number": [f"NX-{row:07d}" for row in range(n)], "case_id": _picked(cases, person),
        "person_id": _picked(people, person), "household_id": _picked(homes, person),
        "area_code": _picked(area, person), "term_id": of_term, "kind": "service", "status": "open",
        "urgency": _picked(("", *URGENCIES), needs.tier), "urgency_rank": needs.tier.tolist(),
        "quantity": (needs.quantity * 100).astype(int).tolist(), "unit": "小时", "frequency": "month",
        "wanted_times": needs.wanted_times.tolist(), "worker_sex": _picked(("any", "male", "female"), needs.worker_sex),
        "language": languages, "opened_at": opened, "due_at": opened, "due_is_provisional": False, "version": 1,
    }  # fmt: skip
    facts = problem.facts
    helped = person[facts.continuity_need]
    yield Visit, len(helped), {
        "id": _keys(rng, len(helped), at), "person_id": _picked(people, helped), "household_id": _picked(homes, helped),
        "organization_id": _picked(places.providers, facts.continuity_provider),
        "term_id": terms[0], "area_code": _picked(area, helped), "kind": "home_visit", "contact_result": "met_person",
        "started_at": moment_text(at - timedelta(days=100)), "minutes": 60, "units": 100, "unit": "小时",
        "replaced": False,
    }  # fmt: skip
    refused, asked = facts.forbidden_need, facts.forbidden_opening
    whom = person[refused]
    yield Referral, len(refused), {
        "id": _keys(rng, len(refused), at), "number": [f"RX-{row:07d}" for row in range(len(refused))],
        "need_id": _picked(keys, refused), "person_id": _picked(people, whom), "area_code": _picked(area, whom),
        "service_at_location_id": _picked(places.at_locations, asked), "capacity_id": _picked(places.capacities, asked),
        "organization_id": _picked(places.organizations, asked), "status": "rejected", "reason": "full",
        "answer_by_is_provisional": False, "emergency": False, "version": 1,
        "requested_at": moment_text(at - timedelta(days=60)), "answered_at": moment_text(at - timedelta(days=58)),
    }  # fmt: skip


def _facts(
    problem: Problem, rng: np.random.Generator, at: datetime, first: NDArray[Any], people: list[str]
) -> Iterator[tuple[Any, int, Rows]]:
    kind: Any = sa.inspect(Feature).columns["kind"].type
    blinded = {code: kind.process_bind_param(FeatureKind(code), None) for code in (*FEATURES, "needs_dialect")}
    for bit, code in enumerate(STATUSES):
        rows = np.flatnonzero(problem.needs.statuses[first] >> np.uint64(bit) & np.uint64(1))
        yield IdentityStatus, len(rows), {
            "id": _keys(rng, len(rows), at), "person_id": _picked(people, rows), "category_code": code,
            "valid_from": _day(at, -300), "valid_to": None,
        }  # fmt: skip
    held = [(problem.needs.features[first] >> np.uint64(bit) & np.uint64(1), code) for bit, code in enumerate(FEATURES)]
    for has, code in [*held, (problem.needs.language_is_hard[first], "needs_dialect")]:
        rows = np.flatnonzero(has)
        yield Feature, len(rows), {
            "id": _keys(rng, len(rows), at), "person_id": _picked(people, rows), "kind": blinded[code],
        }  # fmt: skip
