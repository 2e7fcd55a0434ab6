"""The demonstration district: its townships and villages, and who offers what where."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from models import (
    Area,
    AreaKind,
    AreaLevel,
    CheckKind,
    Location,
    Organization,
    Phone,
    Program,
    ProviderCheck,
    ProviderKind,
    SupplyMode,
)
from referral.actions.search_text import organization_search_text
from referral.actions.seeding.files import Line, lines, whole
from referral.actions.seeding.offers import Offer, Provider, make_offer, year_of_programs
from referral.actions.seeding.rows import World
from referral.actions.seeding.terms import Term

FOLDER = "demonstration/"
DISTRICT = "321199000000"
"""A county code that no published list uses."""
CHECK_SIGNS = {CheckKind.LICENCE: "许", CheckKind.CHILD_SAFETY: "查"}


@dataclass
class District:
    """What has been built."""

    areas: dict[str, Area]
    organizations: dict[str, Organization]
    """By the short name that the lists use."""
    offers: list[Offer]
    programs: dict[str, Program]
    """By the short name that the lists use."""

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
    providers = {}
    for number, line in enumerate(lines(FOLDER + "organizations.csv")):
        organization = _organization(world, line, number)
        location = _location(world, line, organization, areas[line["area_code"]])
        providers[line["slug"]] = Provider(organization, location, _checks(world, line, organization))
    programs = {
        line["slug"]: _program(world, line, providers[line["organization"]].organization)
        for line in lines(FOLDER + "programs.csv")
    }
    offers = [
        make_offer(world, line, terms[line["term"]], providers[line["provider"]], programs.get(line["program"]))
        for line in lines(FOLDER + "services.csv")
    ]
    organizations = {slug: provider.organization for slug, provider in providers.items()}
    return District(areas, organizations, offers, programs)


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
                    reference=f"{CHECK_SIGNS[kind]}{ends:%Y%m}{world.rng.randint(100, 999)}号",
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


def _program(world: World, line: Line, organization: Organization) -> Program:
    starts, ends = year_of_programs(world.today)
    return world.add(
        Program(
            organization_id=organization.id,
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
