"""A station, a provider with a contract, people, and visits to decide on."""

import itertools
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from models import Account, ContactResult, Contract, ContractLine, Organization, Role, TaxonomyTerm, Visit, VisitKind
from referral.actions import contracts
from referral.clock import start_of
from tests.factories import COUNTY, make_account, make_organization, make_person, make_station, make_term, number

SEPTEMBER = date(2026, 9, 1)
_turns = itertools.count()
OCTOBER_5 = start_of(date(2026, 10, 5))
NOVEMBER_5 = start_of(date(2026, 11, 5))


@dataclass
class Bought:
    """A contract of a price of 30 yuan, and whoever has to do with it."""

    station: Organization
    provider: Organization
    term: TaxonomyTerm
    contract: Contract
    line: ContractLine
    supervisor: Account
    coordinator: Account
    other: Account
    worker: Account


def bought(
    session: Session, *, units: int | None = 100, households: int | None = 10, only_source: bool = True
) -> Bought:
    """Return a contract in force from August to December 2026."""
    station, provider = make_station(session), make_organization(session)
    term = make_term(session, "A02", unit="次")
    coordinator = make_account(session)
    contract = contracts.add_contract(
        session, number=f"HT-{number()}", name="居家服务", buyer=station, provider=provider, area_code=COUNTY,
        starts_on=date(2026, 8, 1), ends_on=date(2026, 12, 31), by=coordinator,
    )  # fmt: skip
    line = contracts.add_line(
        session, contract, term=term, program=None, funding_source="福彩公益金", unit_price=Decimal("30.00"),
        quota_units=None if units is None else Decimal(units), quota_households=households, only_source=only_source,
    )  # fmt: skip
    contracts.sign(session, contract, on=date(2026, 8, 1))
    return Bought(
        station, provider, term, contract, line,
        supervisor=make_account(session, Role.STATION_SUPERVISOR, organization_id=station.id),
        coordinator=coordinator,
        other=make_account(session),
        worker=make_account(session, Role.PROVIDER_OFFICER, organization_id=provider.id),
    )  # fmt: skip


def given(session: Session, to: Bought, *, person: Any = None, at: datetime | None = None, **extra: Any) -> Visit:
    """Return a visit of the provider in September, two units of thirty minutes; each on a day of its own."""
    person = person or make_person(session, station_id=to.station.id)
    turn = next(_turns)
    begins = at or start_of(SEPTEMBER) + timedelta(days=turn % 28, hours=16 + turn // 28 % 3, minutes=5)
    values: dict[str, Any] = {
        "worker_id": to.worker.id, "kind": VisitKind.HOME_VISIT, "contact_result": ContactResult.MET_PERSON,
        "minutes": 30, "units": Decimal(2), "unit": "次", "organization_id": to.provider.id,
    } | extra  # fmt: skip
    visit = Visit(
        person_id=person.id, household_id=person.household_id,
        station_id=person.station_id, term_id=to.term.id, area_code=person.area_code, started_at=begins, **values,
    )  # fmt: skip
    session.add(visit)
    session.flush()
    return visit


def apart(session: Session, to: Bought, count: int) -> list[Visit]:
    """Return visits to as many people, none of which clashes with another."""
    return [
        given(
            session, to, at=start_of(SEPTEMBER) + timedelta(days=n % 28, hours=9 + 2 * (n // 28), minutes=5 * (n % 7))
        )
        for n in range(count)
    ]
