"""A city-year of visits, made up in bulk, and how long its report takes: `referral bench-report`.

Everything in it is invented by a seed. It is written past the records and past the log, into a database of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    Area,
    AreaKind,
    AreaLevel,
    Base,
    ContactResult,
    Location,
    Organization,
    Program,
    ProviderKind,
    Role,
    Service,
    ServiceAtLocation,
    Taxonomy,
    TaxonomyTerm,
)
from models.base import new_key
from referral import bulk, clock
from referral.bench_report_work import Visits, Work
from referral.queries.report.frame import Frame

COUNTY = "990001000000"
YEAR = 2025
TOWNSHIPS, VILLAGES = 12, 10
VISITS_EACH = 60
"""Services for one person in a year: the published figure of Zhenjiang New District, 8,891 for 147 people."""
TERMS = (("A01", "餐"), ("A02", "次"), ("A03", "小时"), ("B01", "次"), ("B02", "小时"), ("C01", "次"), ("M01", "元"))
RESULTS = [result.value for result in ContactResult]
CHANCES = [0.78, 0.12, *[0.1 / 8] * 8]


@dataclass(frozen=True)
class City:
    """What was made: the reader of it, and how many."""

    reader: Account
    people: int
    visits: int


def taxonomy(code: str) -> Taxonomy:
    """Return the list that a code stands in."""
    return Taxonomy.MATERIAL if code.startswith("M") else Taxonomy.SERVICE


def _base(session: Session) -> tuple[list[str], list[Organization], list[Program], list[TaxonomyTerm], list[Any]]:
    """Make divisions, organizations, programs, terms and entries of the catalogue."""
    session.add(Area(code=COUNTY, level=AreaLevel.COUNTY, name="试验县", name_en="Trial County"))
    session.flush()
    villages = []
    for township in range(1, TOWNSHIPS + 1):
        code = f"{COUNTY[:6]}{township:03}000"
        session.add(Area(code=code, parent_code=COUNTY, level=AreaLevel.TOWNSHIP, name=f"试验{township}镇"))
        session.flush()
        for village in range(1, VILLAGES + 1):
            kind = AreaKind.URBAN if village <= VILLAGES // 3 else AreaKind.RURAL
            name = f"试验{township}镇{village}村"
            villages.append(f"{code[:9]}{village:03}")
            session.add(Area(code=villages[-1], parent_code=code, level=AreaLevel.VILLAGE, name=name, kind=kind))
    session.flush()
    organizations = [
        Organization(name=f"试验社工站{n}", kind=ProviderKind.STATION, area_code=COUNTY) for n in range(TOWNSHIPS)
    ]
    session.add_all(organizations)
    session.flush()
    programs = [
        Program(organization_id=organizations[n].id, name=f"试验项目{n}", unit_price=20 + n, quota_households=500)
        for n in range(6)
    ]
    known = {(term.taxonomy, term.code): term for term in session.scalars(sa.select(TaxonomyTerm))}
    terms = [
        known.get((taxonomy(code), code))
        or TaxonomyTerm(taxonomy=taxonomy(code), code=code, name_zh=f"服务{code}", name_en=code, unit=unit)
        for code, unit in TERMS
    ]
    session.add_all([*programs, *terms])
    session.flush()
    places = []
    for number, program in enumerate(programs):
        service = Service(organization_id=program.organization_id, program_id=program.id, name=f"试验服务{number}")
        location = Location(organization_id=program.organization_id, name=f"试验地点{number}", area_code=COUNTY)
        session.add_all([service, location])
        session.flush()
        place = ServiceAtLocation(service_id=service.id, location_id=location.id)
        session.add(place)
        session.flush()
        places.append(place)
    return villages, organizations, programs, terms, places


def _moments(seconds: np.ndarray) -> list[str]:
    start = np.datetime64(f"{YEAR - 1}-12-31T16:00:00", "s")
    return [text.replace("T", " ") + ".000000" for text in np.datetime_as_string(start + seconds.astype("m8[s]"))]


def generate(  # noqa: PLR0915  one table after the other
    session: Session, visits: int, *, seed: int = 1, say: Callable[[str], None] = lambda _line: None
) -> City:
    """Make a city of people with a year of visits, needs, referrals and outcomes in an empty database.

    One person in sixty visits, one case each, three needs for two people, a referral for most needs, a score before
    and after for half; for visits a plan, a word on the hours, a contract and a sheet (`bench_report_work`). Commits
    nothing.
    """
    chance = np.random.default_rng(seed)
    villages, organizations, programs, terms, places = _base(session)
    people = max(visits // VISITS_EACH, 10)
    now = bulk.moment_text(clock.now())
    tables = Base.metadata.tables
    connection = session.connection()

    def put(table: str, rows: int, **given: Any) -> None:
        bulk.insert(connection, tables[table], rows, {"created_at": now, **given})
        say(f"{table}: {rows:,}")

    homes, keys, cases = bulk.new_keys(people), bulk.new_keys(people), bulk.new_keys(people)
    village = chance.integers(0, len(villages), people)
    area = [villages[place] for place in village]
    station = [organizations[place // VILLAGES].id.hex for place in village]
    household = [homes[place] for place in np.maximum(np.arange(people) - chance.integers(0, 2, people), 0)]
    born = [
        None if unknown else (date(YEAR, 1, 1) - timedelta(days=int(days))).isoformat()
        for days, unknown in zip(chance.integers(0, 36000, people), chance.random(people) < 0.02, strict=True)
    ]
    sex = [("female", "male", None)[place] for place in chance.choice(3, people, p=[0.58, 0.40, 0.02])]
    put("household", people, id=homes, number=[f"TH{n}" for n in range(people)], area_code=area, version=1)
    put(
        "person", people, id=keys, number=[f"TP{n}" for n in range(people)], household_id=household, area_code=area,
        relation_to_head="head", name=[f"试验{n}" for n in range(people)], search_text="", sex=sex, born_on=born,
        contact_preference="phone", language="zh", station_id=station, status="active", demonstration=_true(session),
        version=1,
    )  # fmt: skip
    opened = chance.integers(0, 300 * 86400, people)
    put(
        "case_file", people, id=cases, number=[f"TC{n}" for n in range(people)], person_id=keys, household_id=household,
        station_id=station, area_code=area, status="in_circulation", urgency="normal", opened_at=_moments(opened),
        source=[("visit", "self", "village_report", "hotline")[place] for place in chance.integers(0, 4, people)],
        first_contact_at=_some(_moments(opened + chance.integers(3600, 4 * 86400, people)), chance, 0.9), version=1,
    )  # fmt: skip

    many = people * 3 // 2
    whose = chance.integers(0, people, many)
    needs = bulk.new_keys(many)
    begun = opened[whose] + chance.integers(0, 5 * 86400, many)
    term = chance.integers(0, len(terms), many)
    asked = chance.random(many) < 0.9
    fate = chance.choice(5, many, p=[0.5, 0.2, 0.12, 0.1, 0.08])
    fate[~asked] = -1
    put(
        "need", many, id=needs, number=[f"TN{n}" for n in range(many)], case_id=[cases[one] for one in whose],
        person_id=[keys[one] for one in whose], household_id=[household[one] for one in whose],
        station_id=[station[one] for one in whose], area_code=[area[one] for one in whose],
        term_id=[terms[one].id.hex for one in term], kind="service", urgency="normal", urgency_rank=3, quantity=400,
        status=["met" if one == 0 else "being_served" if one == 1 else "open" for one in fate], unit="次",
        frequency="month", wanted_times=0, worker_sex="any", language="zh", opened_at=_moments(begun),
        due_at=_moments(begun + 7 * 86400), due_is_provisional=_false(session), version=1,
    )  # fmt: skip
    rows = np.flatnonzero(asked)
    referrals = bulk.new_keys(len(rows))
    sent = begun[rows] + chance.integers(1800, 9 * 86400, len(rows))
    ends = fate[rows]
    chosen = chance.integers(0, len(places), len(rows))
    heard = _moments(sent + chance.integers(600, 4 * 86400, len(rows)))
    put(
        "referral", len(rows), id=referrals, number=[f"TR{n}" for n in range(len(rows))],
        need_id=[needs[one] for one in rows], person_id=[keys[whose[one]] for one in rows],
        service_at_location_id=[places[one].id.hex for one in chosen],
        organization_id=[programs[one].organization_id.hex for one in chosen],
        station_id=[station[whose[one]] for one in rows], area_code=[area[whose[one]] for one in rows],
        status=[("completed", "in_progress", "rejected", "expired", "requested")[one] for one in ends],
        reason=["full" if one == 2 else None for one in ends],
        outcome=["served" if one == 0 else None for one in ends], requested_at=_moments(sent),
        answer_by=_moments(sent + 3 * 86400), answer_by_is_provisional=_false(session), emergency=_false(session),
        answered_at=[at if one <= 2 else None for at, one in zip(heard, ends, strict=True)], version=1,
    )  # fmt: skip
    work = Work(
        session, chance, put, county=COUNTY, year=YEAR, organizations=organizations, programs=programs, terms=terms
    )
    work.of_referrals(
        referrals, [keys[whose[one]] for one in rows], [area[whose[one]] for one in rows], term[rows].tolist()
    )
    work.of_people(cases, keys)
    of_person: dict[int, int] = dict(zip(whose[rows].tolist(), range(len(rows)), strict=True))

    half = np.flatnonzero(chance.random(people) < 0.5)
    before = chance.integers(4, 15, len(half)) * 400
    for occasion, start, score in (
        ("baseline", 0, before),
        ("follow_up", 300, np.minimum(before + chance.integers(-3, 8, len(half)) * 400, 10000)),
    ):
        put(
            "outcome", len(half), id=bulk.new_keys(len(half)), person_id=[keys[one] for one in half],
            case_id=[cases[one] for one in half], measure="who5", occasion=occasion, mode="asked", missing_items=0,
            taken_on=[(date(YEAR, 1, 1) + timedelta(days=start + int(day))).isoformat()
                      for day in chance.integers(1, 60, len(half))],
            score=score.tolist(),
        )  # fmt: skip

    program = [*(one.id.hex for one in programs), None]
    for first in range(0, visits, 100_000):
        count = min(100_000, visits - first)
        who = chance.integers(0, people, count)
        behind = [of_person.get(one) for one in who.tolist()]
        which = chance.integers(0, len(terms), count)
        money = which == len(terms) - 1
        kinds = np.array(["home_visit", "on_site", "group", "phone"])[chance.integers(0, 4, count)]
        ids, paid_by = bulk.new_keys(count), chance.integers(0, len(program), count)
        seconds, units = chance.integers(0, 365 * 86400, count), (chance.integers(1, 9, count) * 25).tolist()
        result, gone = chance.choice(len(RESULTS), count, p=CHANCES), chance.random(count) < 0.01
        bulk.insert(
            connection, tables["visit"], count,
            {
                "id": ids, "created_at": now, "person_id": [keys[one] for one in who],
                "household_id": [household[one] for one in who], "case_id": [cases[one] for one in who],
                "referral_id": [None if one is None else referrals[one] for one in behind],
                "organization_id": [station[one] for one in who], "station_id": [station[one] for one in who],
                "program_id": [program[one] for one in paid_by],
                "term_id": [terms[one].id.hex for one in which], "area_code": [area[one] for one in who],
                "worker_name": "试验", "kind": np.where(money, "delivery", kinds).tolist(),
                "contact_result": np.array(RESULTS)[result].tolist(),
                "started_at": _moments(seconds),
                "minutes": np.where(money, 0, chance.integers(0, 9, count) * 15).tolist(),
                "units": units,
                "unit": [terms[one].unit for one in which],
                "amount": [int(fen) if given else None
                           for fen, given in zip(chance.integers(1000, 90000, count), money, strict=True)],
                "activity_key": [f"{one:032x}" if group else None
                                 for one, group in zip(chance.integers(1, visits // 8 + 2, count),
                                                       kinds == "group", strict=True)],
                "replaced": [bool(one) if connection.dialect.name == "postgresql" else int(one) for one in gone],
            },
        )  # fmt: skip
        begin = date(YEAR, 1, 1)
        work.of_visits(
            Visits(
                ids,
                [keys[one] for one in who],
                [area[one] for one in who],
                behind,
                paid_by.tolist(),
                which.tolist(),
                [begin + timedelta(days=int(one)) for one in seconds // 86400],
                units,
                ((result < 2) & ~gone).tolist(),
            )
        )  # fmt: skip
        say(f"visit: {first + count:,}")
    session.flush()
    reader = Account(id=new_key(), role=Role.COORDINATOR, area_code=COUNTY, login="bench", name="bench")
    return City(reader, people, visits)


def _true(session: Session) -> Any:
    return "true" if session.get_bind().dialect.name == "postgresql" else 1


def _false(session: Session) -> Any:
    return "false" if session.get_bind().dialect.name == "postgresql" else 0


def _some(values: list[str], chance: np.random.Generator, share: float) -> list[str | None]:
    return [value if kept else None for value, kept in zip(values, chance.random(len(values)) < share, strict=True)]


def frame_of(city: City) -> Frame:
    """Return the whole year of the city."""
    return Frame(city.reader, date(YEAR, 1, 1), date(YEAR, 12, 31), COUNTY)
