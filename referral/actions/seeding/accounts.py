"""Accounts to look around with. Their names are invented, their password is known to everybody."""

from datetime import timedelta

from models import Account, Role
from referral.actions.seeding.district import DISTRICT, District
from referral.actions.seeding.rows import World
from referral.passwords import hash_password

PASSWORD = "yuanqiao-demo"  # noqa: S105  meant to be known, for the demonstration only

EVALUATED = "home-service"
"""The program that the evaluator looks at."""
EVALUATION_LASTS = timedelta(days=365)

STATION_WORKERS = ("卞文静", "葛晓峰", "滕雅兰", "喻思源", "柳青禾")
OTHERS = (
    ("supervisor", "戚敏之", Role.STATION_SUPERVISOR, "station-1"),
    ("charity", "郁可人", Role.PROVIDER_OFFICER, "homecare"),
    ("elder", "费立春", Role.PROVIDER_OFFICER, "elder-02"),
    ("coordinator", "贺知行", Role.COORDINATOR, DISTRICT),
    ("coordinator2", "倪望舒", Role.COORDINATOR, DISTRICT),
    ("evaluator", "施若水", Role.EVALUATOR, DISTRICT),
    ("village", "乔大山", Role.VILLAGE_ASSISTANT, "321199100002"),
    ("administrator", "卫安之", Role.ADMINISTRATOR, ""),
    ("auditor", "席正言", Role.AUDITOR, ""),
)


def make_accounts(world: World, district: District) -> dict[str, Account]:
    """Make the accounts and return them by login."""
    accounts = {}
    password_hash = hash_password(PASSWORD)
    for number, (name, station) in enumerate(zip(STATION_WORKERS, district.stations, strict=True), start=1):
        login = "station" if number == 1 else f"station{number}"
        accounts[login] = _account(login, name, Role.STATION_WORKER, organization=station.id)
    for login, name, role, place in OTHERS:
        if place in district.organizations:
            accounts[login] = _account(login, name, role, organization=district.organizations[place].id)
        else:
            accounts[login] = _account(login, name, role, area=place or None)
    evaluator = accounts["evaluator"]
    evaluator.program_id = district.programs[EVALUATED].id
    evaluator.valid_until = world.today + EVALUATION_LASTS
    for account in accounts.values():
        account.password_hash = password_hash
        world.add(account)
    return accounts


def _account(login: str, name: str, role: Role, *, organization: object = None, area: str | None = None) -> Account:
    return Account(
        login=login,
        name=name,
        role=role,
        organization_id=organization,
        area_code=area,
        demonstration=True,
    )
