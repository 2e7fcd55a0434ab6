"""The year's visits: what was given under referrals, the stations' own rounds, and who was not reached."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from models import Account, ContactResult, Organization, Program, ReferralOutcome, ReferralStatus, Visit, VisitKind
from models.visit import REACHED
from referral.actions.seeding.cases import Matter
from referral.actions.seeding.files import pool
from referral.actions.seeding.people import NAMES, PHRASES
from referral.actions.seeding.referring import Line
from referral.actions.seeding.rows import World, key_from
from referral.actions.seeding.terms import Term
from referral.clock import local_date, start_of

COUNTED = 8891
"""Person-times of the year in the report the district is made after."""
MISSED = 331
"""Visits at which nobody was reached: they count 0."""
YEAR_DAYS = 365
MISSED_RESULTS = {
    ContactResult.NOBODY_HOME: 8,
    ContactResult.NO_ANSWER: 4,
    ContactResult.AWAY: 3,
    ContactResult.IN_HOSPITAL: 3,
    ContactResult.REFUSED: 3,
    ContactResult.WRONG_ADDRESS: 1,
}
NOTE_SHARE = 0.3
FAMILY_SHARE = 0.07
GROUP_SIZE = (7, 13)
GROUPS_A_STATION = 9
DAYS_A_MONTH = 30.4
FIRST_HOUR, LAST_HOUR = 8.5, 17.25
HOURS = {"A01": (10.5, 13.0), "E04": (15.0, 19.5), "D02": (8.0, 16.5), "C01": (9.0, 19.5)}
"""When a kind of help is given, where not all day."""
MOST_ON_A_DAY = 40


@dataclass
class Planned:
    """A visit before it has a worker and an hour."""

    day: date
    matter: Matter
    term: Term
    organization: Organization
    line: Line | None
    activity: Any = None
    hour: float | None = None


class Diary:
    """Who is where when: no worker is at two places at once."""

    def __init__(self, world: World, accounts: dict[Any, list[Account]]) -> None:
        self.world = world
        self.accounts = accounts
        self.workers: dict[Any, list[Account | str]] = {}
        self.free_from: dict[tuple[Any, int, date], datetime] = {}

    def book(self, plan: Planned, minutes: int) -> tuple[Account | str, datetime]:
        """Return a worker of the organization and a beginning; somebody new is taken on where all are busy."""
        first, last = HOURS.get(plan.term.code, (FIRST_HOUR, LAST_HOUR))
        opens, closes = start_of(plan.day) + timedelta(hours=first), start_of(plan.day) + timedelta(hours=last)
        key = plan.organization.id
        if key not in self.workers:
            self.workers[key] = [*self.accounts.get(key, ())]
            self._take_on(key)
            self._take_on(key)
        workers = self.workers[key]
        turn = self.world.rng.randrange(len(workers))
        for number in [*range(turn, len(workers)), *range(turn)]:
            begins = max(opens, self.free_from.get((key, number, plan.day), opens))
            if begins + timedelta(minutes=minutes) <= closes or begins == opens:
                break
        else:
            number, begins = len(workers), opens
            self._take_on(key)
        slack = timedelta(minutes=5 * self.world.rng.randint(1, 4))
        self.free_from[key, number, plan.day] = begins + timedelta(minutes=minutes) + slack
        return workers[number], begins

    def _take_on(self, organization: Any) -> None:
        """Add somebody of a name that nobody there has yet: workers without an account are told apart by name."""
        workers = self.workers[organization]
        while (name := self._name()) in workers:
            pass
        workers.append(name)

    def _name(self) -> str:
        names = pool(NAMES)
        return self.world.rng.choice(names["surname"]) + self.world.rng.choice(
            names["middle_female"] + names["middle_male"]
        )


def write_visits(
    world: World,
    matters: list[Matter],
    lines: list[Line],
    own: list[Term],
    accounts: dict[Any, list[Account]],
) -> None:
    """Write COUNTED visits that count and MISSED that do not.

    `own` are the terms of the stations' own work: looking in, keeping company, groups; `accounts` those who log for an
    organization. The stations' rounds make up whatever the referrals leave of the total.
    """
    stations = {station.id: station for station in world.all(Organization)}
    plans = [plan for line in lines for plan in _under(world, line)]
    plans += _groups(world, matters, own[2], stations)
    rest = COUNTED - len(plans)
    if rest < len(matters) * 4:
        raise ValueError(f"referrals alone give {len(plans)} visits: fewer a month are needed in terms.csv")
    plans += _rounds(world, matters, own[:2], stations, rest)
    missed = world.rng.sample([plan for plan in plans if plan.activity is None and not plan.term.once], MISSED)
    plans += [
        Planned(_near(world, plan), plan.matter, plan.term, plan.organization, plan.line, hour=-1.0) for plan in missed
    ]
    diary = Diary(world, accounts)
    programs = {program.id: program for program in world.all(Program)}
    for plan in sorted(plans, key=lambda plan: plan.day):
        _write(world, diary, plan, programs)
    _count_units(world, lines)


def _year_began(world: World) -> date:
    """Return the first working day of the year behind us."""
    return world.calendar.add(world.today - timedelta(days=YEAR_DAYS), 1)


def _span(world: World, line: Line) -> tuple[date, date]:
    """Return the first and last day on which help can have been given."""
    started, ended = line.referral.started_at, line.referral.ended_at
    assert started is not None  # noqa: S101  only what has begun is in the list
    last = min(local_date(ended) if ended else world.day(1), world.day(1))
    if line.referral.status is ReferralStatus.ON_HOLD:
        last = min(last, world.day(15))
    return max(local_date(started), _year_began(world)), last


def _under(world: World, line: Line) -> list[Planned]:
    """Return the visits of one referral: one hand-over of goods, or a rhythm over the time of the help."""
    term, organization = line.offer.term, line.offer.organization
    first, last = _span(world, line)
    if term.once and term.code not in ("D02", "D03", "E01"):
        days = [last if line.referral.status is ReferralStatus.COMPLETED else first]
    else:
        days = _rhythm(world, first, last, term.visits_a_month or 8)
    if line.referral.outcome is ReferralOutcome.PARTLY_SERVED and len(days) > 1:
        days = days[: max(1, round(len(days) * 0.6))]
    return [Planned(day, line.matter, term, organization, line) for day in days if day < world.today]


def _rhythm(world: World, first: date, last: date, a_month: float) -> list[date]:
    """Return working days between two days, about so many a month, each once."""
    days = (last - first).days
    gap = DAYS_A_MONTH / a_month
    found: list[date] = []
    at = world.rng.uniform(0, gap)
    while at <= days:
        day = world.calendar.add(first + timedelta(days=round(at) - 1), 1)
        if day <= last and (not found or day > found[-1]):
            found.append(day)
        at += gap * world.rng.uniform(0.6, 1.4)
    return found


def _groups(world: World, matters: list[Matter], term: Term, stations: dict[Any, Organization]) -> list[Planned]:
    """Return the stations' group sessions: each person a person-time, each session one activity."""
    plans = []
    by_station: dict[Any, list[Matter]] = defaultdict(list)
    for matter in matters:
        by_station[matter.case.station_id].append(matter)
    for station, members in by_station.items():
        for number in range(GROUPS_A_STATION):
            day = world.day(20 + number * 36 + world.rng.uniform(0, 12))
            known = [matter for matter in members if local_date(matter.case.opened_at) < day]
            group = world.rng.sample(known, min(len(known), world.rng.randint(*GROUP_SIZE)))
            activity = key_from(world.rng, start_of(day))
            hour = world.rng.choice([9.0, 9.5, 14.0, 14.5])
            plans += [Planned(day, matter, term, stations[station], None, activity, hour) for matter in group]
    return plans


def _rounds(
    world: World, matters: list[Matter], terms: list[Term], stations: dict[Any, Organization], count: int
) -> list[Planned]:
    """Return exactly so many visits of the stations themselves, in proportion to how long each case runs."""
    firsts = {
        matter.case.id: max(local_date(matter.case.first_contact_at or matter.case.opened_at), _year_began(world))
        for matter in matters
    }
    days = {matter.case.id: max((world.day(1) - firsts[matter.case.id]).days, 1) for matter in matters}
    share = count / sum(days.values())
    plans, owed = [], 0.0
    for matter in matters:
        owed += days[matter.case.id] * share
        mine = round(owed)
        owed -= mine
        for number in range(mine):
            offset = (number + world.rng.uniform(0.1, 0.9)) * days[matter.case.id] / max(mine, 1)
            day = max(world.day(days[matter.case.id] + 1 - offset), firsts[matter.case.id])
            assert matter.case.station_id is not None  # noqa: S101  every case here has one
            term = terms[0] if world.chance(0.7) else terms[1]
            plans.append(Planned(day, matter, term, stations[matter.case.station_id], None))
    return plans[:count]


def _near(world: World, plan: Planned) -> date:
    """Return a working day shortly before a visit, when somebody came in vain."""
    day = plan.day - timedelta(days=world.rng.randint(1, 4))
    while not world.calendar.is_working(day):
        day -= timedelta(days=1)
    earliest = max(local_date(plan.matter.case.opened_at), _year_began(world))
    return day if day >= earliest else plan.day


def _write(world: World, diary: Diary, plan: Planned, programs: dict[Any, Program]) -> None:
    person, term, missed = plan.matter.client.person, plan.term, plan.hour == -1.0
    minutes = world.rng.randint(term.minutes[0] // 5, term.minutes[1] // 5) * 5
    if plan.activity is not None and plan.hour is not None:
        worker: Account | str = plan.matter.worker
        begins, minutes = start_of(plan.day) + timedelta(hours=plan.hour), 100
    else:
        worker, begins = diary.book(plan, minutes)
    if missed:
        result = world.weighted(MISSED_RESULTS)
        note: str | None = pool(PHRASES)[f"missed:{result}"][0]
    else:
        result = ContactResult.MET_FAMILY if world.chance(FAMILY_SHARE) else ContactResult.MET_PERSON
        note = world.rng.choice(pool(PHRASES)[f"visit:{term.code}"]) if world.chance(NOTE_SHARE) else None
    units = _units(plan, minutes)
    world.add(
        Visit(
            person_id=person.id,
            household_id=person.household_id,
            case_id=plan.matter.case.id,
            referral_id=plan.line.referral.id if plan.line else None,
            organization_id=plan.organization.id,
            station_id=person.station_id,
            program_id=plan.line.offer.service.program_id if plan.line else None,
            term_id=term.id,
            area_code=person.area_code,
            worker_id=worker.id if isinstance(worker, Account) else None,
            worker_name=worker if isinstance(worker, str) else None,
            kind=_kind(world, plan),
            contact_result=result,
            started_at=begins,
            minutes=0 if missed else minutes,
            units=Decimal(0) if missed else units,
            unit=term.unit,
            amount=None if missed else _amount(plan, units),
            note=note,
            activity_key=plan.activity,
        ),
        begins,
    )


def _kind(world: World, plan: Planned) -> VisitKind:
    if plan.line is None and plan.activity is None:
        return VisitKind.PHONE if world.chance(0.15) else VisitKind.HOME_VISIT
    return plan.term.visit_kind


def _units(plan: Planned, minutes: int) -> Decimal:
    """Return hours in quarters, the quantity that was asked for of goods, or the units of one visit."""
    if plan.term.unit == "小时":
        return Decimal(round(minutes / 15)) / 4
    if plan.term.material and plan.line is not None:
        return plan.line.need.quantity
    return Decimal(plan.term.units)


def _amount(plan: Planned, units: Decimal) -> Decimal | None:
    """Return the value in yuan of goods, or the money itself."""
    if not plan.term.material or plan.line is None:
        return None
    return units if plan.term.unit == "元" else plan.line.need.estimated_value


def _count_units(world: World, lines: list[Line]) -> None:
    """Write on every ended referral what was given under it."""
    given: dict[Any, Decimal] = defaultdict(Decimal)
    for visit in world.all(Visit):
        if visit.referral_id is not None and visit.contact_result in REACHED:
            given[visit.referral_id] += visit.units
    for line in lines:
        if line.referral.outcome is not None:
            line.referral.units_delivered = given[line.referral.id]
