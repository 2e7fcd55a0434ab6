"""Services at places, with the periods in which their places are kept."""

import math
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from models import (
    Area,
    Capacity,
    CapacityKind,
    Delivery,
    EligibilityKind,
    Location,
    Organization,
    Person,
    Program,
    Schedule,
    Service,
    ServiceArea,
    ServiceAtLocation,
    ServiceEligibility,
    SupplyMode,
)
from models.area import code_range
from referral.actions.seeding.files import Line, clock, whole
from referral.actions.seeding.rows import World
from referral.actions.seeding.terms import Term

KM_PER_DEGREE = 111.32
CONFIRMED_DAYS = (3, 9, 16, 24, 38, 62, 130)
"""How long ago providers last confirmed their entries; the last is long enough to be called out of date."""


@dataclass(frozen=True)
class Provider:
    """An organization with its place and the days of its check for work with children, if it has one."""

    organization: Organization
    location: Location
    children_check: tuple[date, date] | None


@dataclass
class Offer:
    """A service at a place as the history needs it: whom it takes, and the periods its places are kept in."""

    line: Line
    term: Term
    provider: Provider
    service: Service
    at_location: ServiceAtLocation
    now: Capacity
    before: Capacity | None
    """The period before, of help that takes a place for a time; a quota has only its present one."""
    areas: list[tuple[str, str]]
    statuses: set[str]
    features: set[str]
    live: int = 0
    """Places held or used now, as the history is written."""
    free: int = field(init=False)
    """Places that shall be left; negative where the number of places is fixed beforehand."""

    def __post_init__(self) -> None:
        """Read the list's two ways of stating places: `+2` shall be left, `50` are there."""
        self.free = int(self.line["places"]) if self.line["places"].startswith("+") else -1

    @property
    def organization(self) -> Organization:
        """Who offers it."""
        return self.provider.organization

    def checked_for_children(self, day: date) -> bool:
        """Say whether the provider's check for work with children is in date."""
        check = self.provider.children_check
        return check is not None and check[0] <= day <= check[1]

    def takes(self, person: Person, held: set[str], day: date) -> bool:
        """Say whether a person with these statuses and features fits; checks of the provider are not asked for."""
        age = person.age(day) or 0
        return (
            (self.service.minimum_age or 0) <= age <= (self.service.maximum_age or 200)
            and (not self.areas or any(low <= person.area_code <= high for low, high in self.areas))
            and (self.at_location.radius_km is None or self.distance(person) <= self.at_location.radius_km)
            and (not self.statuses or bool(self.statuses & held))
            and (not self.features or bool(self.features & held))
        )

    def distance(self, person: Person) -> float:
        """Return kilometres from the place to a person's home."""
        return kilometres(self.provider.location, person)


def kilometres(a: Location | Person | Area, b: Location | Person | Area) -> float:
    """Return the distance in a district's plane."""
    latitude, longitude = a.latitude or 0.0, a.longitude or 0.0
    north = latitude - (b.latitude or 0.0)
    east = (longitude - (b.longitude or 0.0)) * math.cos(math.radians(latitude))
    return KM_PER_DEGREE * math.hypot(north, east)


def year_of_programs(today: date) -> tuple[date, date]:
    """Return the first and last day of the programs' present year; it began eight months ago."""
    begins = months_later(today.replace(day=1), -8)
    return begins, months_later(begins, 12) - timedelta(days=1)


def months_later(first: date, months: int) -> date:
    """Return the first day of a month so many months later (or, negative, earlier)."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)


def make_offer(world: World, line: Line, term: Term, provider: Provider, program: Program | None) -> Offer:
    """Make a service at a place with its hours, conditions and periods."""
    confirmed = world.moment(world.day(world.rng.choice(CONFIRMED_DAYS)))
    service = world.add(
        Service(
            organization_id=provider.organization.id,
            program_id=program.id if program else None,
            term_id=term.id,
            name=line["name"],
            description=line["description"] or None,
            minimum_age=whole(line["minimum_age"]),
            maximum_age=whole(line["maximum_age"]),
            languages=line["languages"],
            worker_sexes=line["worker_sexes"] or None,
            supply_mode=SupplyMode(line["supply_mode"]),
            assured_on=confirmed.date(),
        )
    )
    at_location = world.add(
        ServiceAtLocation(
            service_id=service.id,
            location_id=provider.location.id,
            delivery=Delivery(line["delivery"]),
            radius_km=float(line["radius_km"]) if line["radius_km"] else None,
            accepting=line["accepting"] == "yes",
            confirmed_at=confirmed,
        )
    )
    world.add(
        Schedule(
            service_at_location_id=at_location.id,
            freq="WEEKLY",
            byday=line["byday"],
            opens_at=clock(line["opens_at"]),
            closes_at=clock(line["closes_at"]),
        )
    )
    for code in line["areas"].split():
        world.add(ServiceArea(service_id=service.id, area_code=code))
    for kind in (EligibilityKind.STATUS, EligibilityKind.FEATURE):
        for code in line["statuses" if kind is EligibilityKind.STATUS else "features"].split():
            world.add(ServiceEligibility(service_id=service.id, kind=kind, code=code))
    before, now = _periods(world, line, term, at_location, confirmed)
    return Offer(
        line,
        term,
        provider,
        service,
        at_location,
        now,
        before,
        areas=[code_range(code) for code in line["areas"].split()],
        statuses=set(line["statuses"].split()),
        features=set(line["features"].split()),
    )


def _periods(
    world: World, line: Line, term: Term, at_location: ServiceAtLocation, stated_at: datetime
) -> tuple[Capacity | None, Capacity]:
    """Make the present period, and the one before it where places are kept for a time. Counts come at the end."""
    first = world.today.replace(day=1)
    if line["kind"] == CapacityKind.QUOTA:
        spans = [year_of_programs(world.today)]
    else:
        spans = [
            (months_later(first, -14), first - timedelta(days=1)),
            (first, months_later(first, 3) - timedelta(days=1)),
        ]
    made = []
    for starts, ends in spans:
        months = (ends.year - starts.year) * 12 + ends.month - starts.month + 1
        most = Decimal(line["units_per_place"]) if line["units_per_place"] else None
        made.append(
            world.add(
                Capacity(
                    service_at_location_id=at_location.id,
                    kind=CapacityKind(line["kind"]),
                    starts_on=starts,
                    ends_on=ends,
                    unit=term.unit,
                    units_per_place=most * months if most is not None and not term.once else most,
                    places=0,
                    reserved=0,
                    used=0,
                    stated_at=stated_at if starts <= world.today <= ends else None,
                )
            )
        )
    return (made[0], made[1]) if len(made) == 2 else (None, made[0])
