"""The invented people of the demonstration: households, statuses, features, homes."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from models import (
    Area,
    AreaKind,
    AreaUse,
    ContactPreference,
    Feature,
    FeatureKind,
    Household,
    HukouKind,
    IdentityStatus,
    Organization,
    Person,
    PersonArea,
    Sex,
)
from models.area import township_code
from referral.actions.seeding.district import District
from referral.actions.seeding.files import pool
from referral.actions.seeding.rows import World

NAMES = "demonstration/names.csv"
PHRASES = "demonstration/phrases.csv"
ID_PLACE = "321199"
"""Place code of the invented district: no real resident ID begins with it."""
ID_SIGNS = "10X98765432"
ID_WEIGHTS = tuple(2 ** (17 - place) % 11 for place in range(17))
F = FeatureKind


@dataclass(frozen=True)
class Member:
    """One place in a kind of household."""

    profile: str
    """elder, disabled, ill, child, carer or adult: which kinds of help are likely."""
    relation: str
    ages: tuple[int, int]
    sex: Sex | None = None
    features: dict[FeatureKind, float] = field(default_factory=dict)


ELDER = {F.CHRONICALLY_ILL: 0.7, F.PARTLY_SELF_CARE: 0.35, F.CANNOT_SELF_CARE: 0.08}
CHILD = {F.LEFT_BEHIND: 0.5}
HOUSEHOLDS: dict[str, tuple[int, tuple[Member, ...]]] = {
    "lone elder": (40, (Member("elder", "head", (68, 91), None, ELDER | {F.LIVES_ALONE: 1}),)),
    "elder couple": (
        14,
        (
            Member("elder", "head", (67, 86), Sex.MALE, ELDER | {F.CANNOT_SELF_CARE: 0.3}),
            Member("elder", "spouse", (65, 84), Sex.FEMALE, ELDER | {F.IS_CARER: 0.5, F.CANNOT_SELF_CARE: 0}),
        ),
    ),
    "disabled with old parent": (
        10,
        (
            Member("elder", "head", (66, 80), None, {F.CHRONICALLY_ILL: 0.6, F.IS_CARER: 1}),
            Member(
                "disabled", "child", (28, 50), None, {F.DISABLED: 1, F.SEVERELY_DISABLED: 0.6, F.CARER_OLD_OR_ILL: 1}
            ),
        ),
    ),
    "grandparent with child": (
        7,
        (
            Member("elder", "head", (60, 75), Sex.FEMALE, ELDER | {F.IS_CARER: 1, F.CANNOT_SELF_CARE: 0}),
            Member("child", "grandchild", (7, 15), None, CHILD | {F.LEFT_BEHIND: 1}),
        ),
    ),
    "single parent": (
        3,
        (
            Member("carer", "head", (31, 46), None, {F.SINGLE_PARENT: 1}),
            Member("child", "child", (5, 15), None, CHILD),
        ),
    ),
    "single parent of two": (
        2,
        (
            Member("carer", "head", (33, 47), Sex.FEMALE, {F.SINGLE_PARENT: 1}),
            Member("child", "child", (10, 16), None, CHILD),
            Member("child", "child", (4, 9), None, CHILD),
        ),
    ),
    "gravely ill": (
        8,
        (
            Member("ill", "head", (42, 63), None, {F.GRAVELY_ILL: 1, F.NO_WORK_ABILITY: 0.6, F.PARTLY_SELF_CARE: 0.4}),
            Member("carer", "spouse", (40, 62), None, {F.IS_CARER: 1}),
        ),
    ),
    "disabled child": (
        6,
        (
            Member("carer", "head", (30, 45), Sex.FEMALE, {F.IS_CARER: 1}),
            Member("child", "child", (4, 15), None, {F.DISABLED: 1, F.SEVERELY_DISABLED: 0.5, F.PARTLY_SELF_CARE: 0.6}),
        ),
    ),
    "adult alone": (5, (Member("adult", "head", (24, 57), None, {F.LIVES_ALONE: 0.6, F.CHRONICALLY_ILL: 0.4}),)),
}
"""Kinds of household: how many of them, and who lives in each. Together 95 households of 147 people."""

STATUS_CHOICES: dict[str, dict[str, float]] = {
    "elder": {"1.2": 3, "2.1": 4, "3.1": 3, "4.1": 1, "5.1": 1, "": 1.5},
    "disabled": {"2.2": 5, "2.1": 2, "3.1": 2},
    "ill": {"4.1": 5, "2.2": 2, "3.1": 2, "9.2": 1},
    "child": {"6.2": 2, "6.4": 4, "6.5": 3, "2.1": 2, "6.1": 0.5},
    "carer": {"3.1": 3, "2.1": 2, "5.2": 1, "": 3},
    "adult": {"9.2": 2, "2.1": 2, "8.1": 1, "": 2},
}
DIALECT_SHARE = 0.13
MOVED_HERE_SHARE = 0.08


@dataclass
class Client:
    """A person with what the history is made from."""

    person: Person
    profile: str
    held: set[str]
    """Codes of statuses (also their categories) and of features."""
    village: Area


def make_people(world: World, district: District) -> list[Client]:
    """Make all households and their people, spread over the villages."""
    kinds = [kind for kind, (count, _) in HOUSEHOLDS.items() for _ in range(count)]
    world.rng.shuffle(kinds)
    villages = district.villages * 2
    world.rng.shuffle(villages)
    names: set[str] = set()
    clients: list[Client] = []
    for kind, village in zip(kinds, villages, strict=False):
        begun = world.rng.uniform(345, 395) if world.chance(0.7) else world.rng.uniform(90, 345)
        at = world.moment(world.day(begun))
        household = world.add(Household(area_code=village.code), at)
        surname, home = _free_surname(world), _home(world, village)
        for member in HOUSEHOLDS[kind][1]:
            own = surname if member.relation in ("head", "child", "grandchild") else _free_surname(world)
            person = _person(
                world,
                district,
                member,
                household=household,
                surname=own,
                home=home,
                names=names,
                number=len(clients),
            )
            clients.append(Client(person, member.profile, _held(world, person, member, village), village))
    return clients


def _free_surname(world: World) -> str:
    return world.rng.choice(pool(NAMES)["surname"])


def _home(world: World, village: Area) -> tuple[str, float, float]:
    """Return an address in a village and its place."""
    group, house = world.rng.randint(1, 9), world.rng.randint(1, 120)
    number = f"{house}号" if village.kind is AreaKind.URBAN else f"{group}组{house}号"
    spread = 0.004 if village.kind is AreaKind.URBAN else 0.008
    latitude = round((village.latitude or 0) + world.rng.uniform(-spread, spread), 5)
    return number, latitude, round((village.longitude or 0) + world.rng.uniform(-spread, spread), 5)


def _person(
    world: World,
    district: District,
    member: Member,
    *,
    household: Household,
    surname: str,
    home: tuple[str, float, float],
    names: set[str],
    number: int,
) -> Person:
    village = district.areas[household.area_code]
    township = district.areas[township_code(village.code)]
    sex = member.sex or world.rng.choice([Sex.FEMALE, Sex.MALE])
    age = world.rng.randint(*member.ages)
    born = world.today - timedelta(days=round(age * 365.25) + world.rng.randint(5, 355))
    station = district.stations[[town.code for town in _townships(district)].index(township.code)]
    adult = age >= 14
    person = world.add(
        Person(
            household_id=household.id,
            relation_to_head=member.relation,
            name=_name(world, surname, sex, age, names),
            sex=sex,
            born_on=born,
            id_number=id_number(born, sex, 11 + number % 480),
            phone=f"13900000{number:03d}" if adult and not world.chance(0.1) else None,
            hukou_kind=HukouKind.URBAN if village.kind is AreaKind.URBAN else HukouKind.RURAL,
            area_code=village.code,
            address=home[0],
            latitude=home[1],
            longitude=home[2],
            station_id=station.id,
            demonstration=True,
        ),
        household.created_at,
    )
    person.contact_preference = _preference(world, person, age)
    return person


def _townships(district: District) -> list[Area]:
    return [area for area in district.areas.values() if area.code.endswith("000") and area.parent_code is not None][1:]


def _name(world: World, surname: str, sex: Sex, age: int, names: set[str]) -> str:
    generation = "old" if age >= 60 else "middle" if age >= 22 else "young"
    while True:
        name = surname + world.rng.choice(pool(NAMES)[f"{generation}_{sex}"])
        if name not in names:
            names.add(name)
            return name


def _preference(world: World, person: Person, age: int) -> ContactPreference:
    if person.phone is None:
        return ContactPreference.THROUGH_FAMILY if age < 18 else ContactPreference.THROUGH_VILLAGE
    return ContactPreference(
        world.weighted({ContactPreference.PHONE: 6, ContactPreference.HOME_VISIT: 3, ContactPreference.MESSAGE: 1})
    )


def id_number(born: date, sex: Sex, sequence: int) -> str:
    """Return a resident ID number of the invented district with its check sign (GB 11643: weights 2^(18−i) mod 11).

    The sequence's last digit is made odd for men, even for women.
    """
    sequence = sequence * 2 + (sex is Sex.MALE)
    digits = f"{ID_PLACE}{born:%Y%m%d}{sequence % 1000:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, ID_WEIGHTS, strict=True))
    return digits + ID_SIGNS[total % 11]


def _held(world: World, person: Person, member: Member, village: Area) -> set[str]:
    """Make the person's features, statuses and further addresses; return what service rules may ask for."""
    held: set[str] = set()
    features = [kind for kind, share in member.features.items() if world.chance(share)]
    if member.profile == "elder" and world.chance(DIALECT_SHARE):
        features.append(F.NEEDS_DIALECT)
        person.language = "zh-dialect"
    if F.CANNOT_SELF_CARE in features and F.PARTLY_SELF_CARE in features:
        features.remove(F.PARTLY_SELF_CARE)
    for kind in features:
        world.add(Feature(person_id=person.id, kind=kind, since=world.day(world.rng.uniform(400, 2500))))
        held.add(kind)
    codes = [world.weighted(STATUS_CHOICES[member.profile])]
    if F.DISABLED in features:
        codes.append("7.2" if F.SEVERELY_DISABLED in features else "7.1")
    for code in filter(None, codes):
        _status(world, person, code)
        held |= {code, code.split(".")[0]}
    if world.chance(MOVED_HERE_SHARE):
        other = world.rng.choice([area for area in world.all(Area) if area.code.startswith(village.code[:6])][6:])
        world.add(
            PersonArea(person_id=person.id, use=AreaUse.HUKOU, area_code=other.code, address=f"{other.name}(户籍)")
        )
    return held


def _status(world: World, person: Person, code: str) -> None:
    """Recognise a status; rigid expenditure and grave hardship hold for at most 12 months."""
    short = code in ("4.1", "9.2")
    since = world.day(world.rng.uniform(60, 330) if short else world.rng.uniform(380, 2200))
    world.add(
        IdentityStatus(
            person_id=person.id,
            category_code=code,
            recognised_by=pool(PHRASES)[f"body:{code.split('.', maxsplit=1)[0]}"][0],
            document_number=f"云民认〔{since.year}〕{world.rng.randint(1, 980):04d}号",
            valid_from=since,
            valid_to=since + timedelta(days=364) if short else None,
        )
    )


def station_of(district: District, person: Person) -> Organization:
    """Return the station that looks after a person."""
    return next(station for station in district.stations if station.id == person.station_id)
