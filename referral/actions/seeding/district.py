"""The demonstration district: its townships and villages, and who offers what where."""

import math
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from models import (
    Area,
    AreaKind,
    AreaLevel,
    Capacity,
    CapacityKind,
    CheckKind,
    Delivery,
    EligibilityKind,
    Location,
    Organization,
    Person,
    Phone,
    Program,
    ProviderCheck,
    ProviderKind,
    Schedule,
    Service,
    ServiceArea,
    ServiceAtLocation,
    ServiceEligibility,
    SupplyMode,
)
from models.area import code_range
from referral.actions.search_text import organization_search_text
from referral.actions.seeding.files import Line, clock, lines, whole
from referral.actions.seeding.rows import World
from referral.actions.seeding.terms import Term

FOLDER = "demonstration/"
DISTRICT = "321199000000"
"""A county code that no published list uses."""
KM_PER_DEGREE = 111.32
CONFIRMED_DAYS = (3, 9, 16, 24, 38, 62, 130)
"""How long ago providers last confirmed their entries; the last is long enough to be called out of date."""


@dataclass
class Offer:
    """A service at a place as the history needs it: whom it takes, and the periods its places are kept in."""

    line: Line
    term: Term
    organization: Organization
    location: Location
    service: Service
    at_location: ServiceAtLocation
    now: Capacity
    before: Capacity | None
    """The period before, of help that takes a place for a time; a quota has only its present one."""
    areas: list[tuple[str, str]]
    statuses: set[str]
    features: set[str]
    children_check: tuple[date, date] | None
    """First and last day of the check for work with children."""
    live: int = 0
    """Places held or used now, as the history is written."""
    free: int = field(init=False)
    """Places that shall be left; negative where the number of places is fixed beforehand."""

    def __post_init__(self) -> None:
        """Read the list's two ways of stating places: `+2` shall be left, `50` are there."""
        self.free = int(self.line["places"]) if self.line["places"].startswith("+") else -1

    def checked_for_children(self, day: date) -> bool:
        """Say whether the provider's check for work with children is in date."""
        return self.children_check is not None and self.children_check[0] <= day <= self.children_check[1]

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
        return kilometres(self.location, person)


def kilometres(a: Location | Person | Area, b: Location | Person | Area) -> float:
    """Return the distance in a district's plane."""
    latitude, longitude = a.latitude or 0.0, a.longitude or 0.0
    north = latitude - (b.latitude or 0.0)
    east = (longitude - (b.longitude or 0.0)) * math.cos(math.radians(latitude))
    return KM_PER_DEGREE * math.hypot(north, east)


@dataclass
class District:
    """What has been built."""

    areas: dict[str, Area]
    organizations: dict[str, Organization]
    """By the short name that the lists use."""
    offers: list[Offer]

    @property
    def stations(self) -> list[Organization]:
        """The stations, in the order of their townships."""
        return [one for name, one in self.organizations.items() if name.startswith("station-")]

    @property
    def villages(self) -> list[Area]:
        """The villages, by code."""
        return [area for area in self.areas.values() if area.level is AreaLevel.VILLAGE]


def build_district(world: World, terms: dict[str, Term]) -> District:
    """Make areas, organizations, their programs, services and places."""
    areas = {}
    for line in lines(FOLDER + "areas.csv"):
        areas[line["code"]] = world.add(
            Area(
                code=line["code"],
                parent_code=line["parent_code"],
                level=AreaLevel(line["level"]),
                name=line["name"],
                name_en=line["name_en"],
                kind=AreaKind(line["kind"]) if line["kind"] else None,
                latitude=float(line["latitude"]),
                longitude=float(line["longitude"]),
            )
        )
    organizations, locations, checks = {}, {}, {}
    for number, line in enumerate(lines(FOLDER + "organizations.csv")):
        slug = line["slug"]
        organizations[slug] = _organization(world, line, number)
        locations[slug] = _location(world, line, organizations[slug], areas[line["area_code"]])
        checks[slug] = _checks(world, line, organizations[slug])
    programs = {line["slug"]: _program(world, line, organizations) for line in lines(FOLDER + "programs.csv")}
    offers = [
        _offer(world, line, terms[line["term"]], organizations, locations, programs, checks)
        for line in lines(FOLDER + "services.csv")
    ]
    return District(areas, organizations, offers)


def _organization(world: World, line: Line, number: int) -> Organization:
    organization = world.add(
        Organization(
            name=line["name"],
            alternate_name=line["name_en"],
            search_text=organization_search_text(line["name"], line["name_en"]),
            description=line["description"],
            kind=ProviderKind(line["kind"]),
            facility=line["facility"],
            area_code=line["area_code"],
            contact_name=line["contact"],
            year_incorporated=int(line["year"]),
        )
    )
    world.add(Phone(organization_id=organization.id, number=f"0511-8000{number:04d}", description="服务电话"))
    return organization


def _location(world: World, line: Line, organization: Organization, village: Area) -> Location:
    assert village.latitude is not None and village.longitude is not None  # noqa: S101, PT018  every line has both
    return world.add(
        Location(
            organization_id=organization.id,
            name=line["name"],
            alternate_name=line["name_en"],
            address=f"{village.name}{world.rng.randint(1, 88)}号",
            area_code=village.code,
            latitude=round(village.latitude + world.rng.uniform(-0.003, 0.003), 5),
            longitude=round(village.longitude + world.rng.uniform(-0.003, 0.003), 5),
        )
    )


def _checks(world: World, line: Line, organization: Organization) -> tuple[date, date] | None:
    """Make the checks that the list dates from today; return the days of the one for work with children."""
    days = None
    for kind, column, years in (
        (CheckKind.LICENCE, "licence_days", 5),
        (CheckKind.CHILD_SAFETY, "child_safety_days", 1),
    ):
        if line[column]:
            ends = world.today + timedelta(days=int(line[column]))
            days = ends - timedelta(days=365 * years - 1), ends
            world.add(
                ProviderCheck(
                    organization_id=organization.id,
                    kind=kind,
                    reference=f"{'许' if kind is CheckKind.LICENCE else '查'}{ends:%Y%m}{world.rng.randint(100, 999)}号",
                    valid_from=days[0],
                    valid_to=days[1],
                )
            )
    return days if line["child_safety_days"] else None


def count_places(district: District) -> None:
    """State the places of every period, now that it is known who holds one."""
    for offer in district.offers:
        taken = offer.now.reserved + offer.now.used
        offer.now.places = taken + offer.free if offer.free >= 0 else int(offer.line["places"])
        if offer.before is not None:
            offer.before.places = offer.now.places


def year_of_programs(today: date) -> tuple[date, date]:
    """Return the first and last day of the programs' present year; it began eight months ago."""
    begins = months_later(today.replace(day=1), -8)
    return begins, months_later(begins, 12) - timedelta(days=1)


def months_later(first: date, months: int) -> date:
    """Return the first day of a month so many months later (or, negative, earlier)."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)


def _program(world: World, line: Line, organizations: dict[str, Organization]) -> Program:
    starts, ends = year_of_programs(world.today)
    return world.add(
        Program(
            organization_id=organizations[line["organization"]].id,
            name=line["name"],
            alternate_name=line["name_en"],
            description=line["description"],
            supply_mode=SupplyMode(line["supply_mode"]),
            funding_source=line["funding_source"],
            starts_on=starts,
            ends_on=ends,
            quota_households=whole(line["quota_households"]),
            quota_units=Decimal(line["quota_units"]),
            unit_price=Decimal(line["unit_price"]) if line["unit_price"] else None,
        )
    )


def _offer(
    world: World,
    line: Line,
    term: Term,
    organizations: dict[str, Organization],
    locations: dict[str, Location],
    programs: dict[str, Program],
    checks: dict[str, tuple[date, date] | None],
) -> Offer:
    slug = line["provider"]
    confirmed = world.moment(world.day(world.rng.choice(CONFIRMED_DAYS)))
    service = world.add(
        Service(
            organization_id=organizations[slug].id,
            program_id=programs[line["program"]].id if line["program"] else None,
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
            location_id=locations[slug].id,
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
        organizations[slug],
        locations[slug],
        service,
        at_location,
        now,
        before,
        areas=[code_range(code) for code in line["areas"].split()],
        statuses=set(line["statuses"].split()),
        features=set(line["features"].split()),
        children_check=checks[slug],
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
