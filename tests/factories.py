"""Records for tests. Each function asks only for what matters to the test and makes up the rest."""

import itertools
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    Area,
    AreaLevel,
    Capacity,
    Case,
    CaseSource,
    Consent,
    ConsentNotice,
    ConsentPurpose,
    ConsentWay,
    DataKind,
    Fund,
    Household,
    Location,
    Need,
    Organization,
    Person,
    Program,
    ProviderKind,
    Referral,
    Role,
    Service,
    ServiceArea,
    ServiceAtLocation,
    Sex,
    Taxonomy,
    TaxonomyTerm,
    Urgency,
)
from referral.actions import referrals
from referral.actions.needs import record_need
from referral.actions.numbering import next_number
from referral.passwords import hash_password

AT = datetime(2026, 9, 14, 2, 0, tzinfo=UTC)
"""A Monday, 10:00 in China, with no holiday near it."""
COUNTY = "321199000000"
TOWNSHIP = "321199001000"
VILLAGE = "321199001001"
OTHER_COUNTY = "321198000000"
OTHER_VILLAGE = "321198001001"
PASSWORD = "a password for tests"
_hash = hash_password(PASSWORD)
_next = itertools.count(1)


def number() -> int:
    """The next number, for what must be unique."""
    return next(_next)


def make_area(session: Session, code: str = VILLAGE, **extra: Any) -> Area:
    """The division of a code, with those above it."""
    known = session.get(Area, code)
    if known:
        return known
    levels = [(2, AreaLevel.PROVINCE), (4, AreaLevel.CITY), (6, AreaLevel.COUNTY), (9, AreaLevel.TOWNSHIP),
              (12, AreaLevel.VILLAGE)]  # fmt: skip
    parent: Area | None = None
    for digits, level in levels:
        above = code[:digits].ljust(12, "0")
        area = session.get(Area, above)
        if area is None:
            own = extra if above == code else {}
            values = {"name": f"区划{above}", "name_en": f"Area {above}", "latitude": 32.1, "longitude": 119.6} | own
            area = Area(code=above, level=level, parent_code=parent.code if parent else None, **values)
            session.add(area)
            session.flush()
        parent = area
        if above == code:
            return area
    raise ValueError(code)


def make_term(session: Session, code: str = "A02", **extra: Any) -> TaxonomyTerm:
    """A term of service, or of material aid where the code begins with M."""
    taxonomy = Taxonomy.MATERIAL if code.startswith("M") else Taxonomy.SERVICE
    known = session.scalar(sa.select(TaxonomyTerm).where(TaxonomyTerm.taxonomy == taxonomy, TaxonomyTerm.code == code))
    if known:
        return known
    values: dict[str, Any] = {"name_zh": f"项目{code}", "name_en": f"Term {code}", "unit": "次"}
    term = TaxonomyTerm(taxonomy=taxonomy, code=code, **(values | extra))
    session.add(term)
    session.flush()
    return term


def make_organization(session: Session, **extra: Any) -> Organization:
    """An organization of the county."""
    n = number()
    area = make_area(session, extra.pop("area_code", COUNTY))
    values: dict[str, Any] = {"name": f"机构{n}", "search_text": f"机构{n}", "kind": ProviderKind.SOCIAL_ORGANIZATION}
    organization = Organization(area_code=area.code, **(values | extra))
    session.add(organization)
    session.flush()
    return organization


def make_station(session: Session, **extra: Any) -> Organization:
    """A social-work station."""
    return make_organization(session, kind=ProviderKind.STATION, **extra)


def make_capacity(
    session: Session,
    *,
    term: TaxonomyTerm | None = None,
    organization: Organization | None = None,
    places: int = 1,
    at: datetime = AT,
    area_code: str | None = None,
    service: dict[str, Any] | None = None,
    at_location: dict[str, Any] | None = None,
    **extra: Any,
) -> Capacity:
    """Places of a new service of an organization, in a period around `at`."""
    term = term or make_term(session)
    organization = organization or make_organization(session)
    location = Location(organization_id=organization.id, name="中心", latitude=32.1, longitude=119.6)
    offered = Service(organization_id=organization.id, term_id=term.id, name=f"服务{number()}", **(service or {}))
    session.add_all([location, offered])
    session.flush()
    if area_code:
        session.add(ServiceArea(service_id=offered.id, area_code=make_area(session, area_code).code))
    there = ServiceAtLocation(service_id=offered.id, location_id=location.id, **(at_location or {}))
    session.add(there)
    session.flush()
    values: dict[str, Any] = {
        "starts_on": at.date() - timedelta(days=60),
        "ends_on": at.date() + timedelta(days=60),
        "unit": term.unit or "次",
    }
    capacity = Capacity(service_at_location_id=there.id, places=places, **(values | extra))
    session.add(capacity)
    session.flush()
    return capacity


def make_person(session: Session, *, at: datetime = AT, **extra: Any) -> Person:
    """A woman of 70 in a household of her own."""
    n = number()
    make_notice(session)  # every installation has one
    area = make_area(session, extra.pop("area_code", VILLAGE))
    household = extra.pop("household", None)
    if household is None:
        household = Household(number=next_number(session, Household, at), area_code=area.code)
        session.add(household)
        session.flush()
    values: dict[str, Any] = {
        "name": f"测试{n}",
        "search_text": f"测试{n} ceshi{n} cs{n}",
        "sex": Sex.FEMALE,
        "born_on": date(1956, 3, 1),
        "latitude": 32.1,
        "longitude": 119.6,
        "demonstration": True,
    }
    person = Person(
        number=next_number(session, Person, at), household_id=household.id, area_code=area.code, **(values | extra)
    )
    session.add(person)
    session.flush()
    return person


def make_case(session: Session, *, person: Person | None = None, at: datetime = AT, **extra: Any) -> Case:
    """An accepted case."""
    person = person or make_person(session, at=at)
    values: dict[str, Any] = {"source": CaseSource.VISIT, "opened_at": at, "station_id": person.station_id}
    case = Case(
        number=next_number(session, Case, at),
        person_id=person.id,
        household_id=person.household_id,
        area_code=person.area_code,
        **(values | extra),
    )
    session.add(case)
    session.flush()
    return case


def make_need(session: Session, *, case: Case | None = None, at: datetime = AT, **extra: Any) -> Need:
    """An open need, by default for four house cleanings a month."""
    case = case or make_case(session, at=at)
    values: dict[str, Any] = {
        "term": extra.pop("term", None) or make_term(session),
        "quantity": Decimal(4),
        "urgency": Urgency.NORMAL,
    }
    return record_need(session, case, at=at, **(values | extra))


def make_program(session: Session, **extra: Any) -> Program:
    """A program of some organization."""
    organization_id = extra.pop("organization_id", None) or make_organization(session).id
    program = Program(organization_id=organization_id, **({"name": f"项目{number()}"} | extra))
    session.add(program)
    session.flush()
    return program


def make_account(session: Session, role: Role = Role.COORDINATOR, **extra: Any) -> Account:
    """An account of a role, with the organization or the area it needs. Its password is PASSWORD.

    It is a demonstration's own, which signs in without a second factor in a demonstration.
    """
    n = number()
    values: dict[str, Any] = {"login": f"user{n}", "name": f"用户{n}", "password_hash": _hash, "demonstration": True}
    if role in {Role.STATION_WORKER, Role.STATION_SUPERVISOR, Role.PROVIDER_OFFICER} and "organization_id" not in extra:
        make = make_organization if role is Role.PROVIDER_OFFICER else make_station
        values["organization_id"] = make(session).id
    if role in {Role.COORDINATOR, Role.EVALUATOR, Role.VILLAGE_ASSISTANT} and "area_code" not in extra:
        values["area_code"] = make_area(session, VILLAGE if role is Role.VILLAGE_ASSISTANT else COUNTY).code
    if role is Role.EVALUATOR:
        values |= {"program_id": extra.get("program_id") or make_program(session).id, "valid_until": date(2099, 12, 31)}
    account = Account(role=role, **(values | extra))
    session.add(account)
    session.flush()
    return account


def make_notice(session: Session) -> ConsentNotice:
    """What is read to people before they agree."""
    known = session.scalar(sa.select(ConsentNotice).where(ConsentNotice.version == 1))
    if known:
        return known
    notice = ConsentNotice(
        kind=ConsentPurpose.HELP, version=1, text_zh="告知书正文", text_en="Text of the notice",
        valid_from=AT - timedelta(days=365),
    )  # fmt: skip
    session.add(notice)
    session.flush()
    return notice


def make_consent(
    session: Session,
    person_id: Any,
    organization_id: Any,
    *,
    kinds: Iterable[DataKind] = DataKind,
    at: datetime = AT,
    **extra: Any,
) -> Consent:
    """A written consent of a person to an organization for two years, by default to everything."""
    values: dict[str, Any] = {
        "way": ConsentWay.WRITTEN,
        "given_at": at - timedelta(days=1),
        "expires_at": at + timedelta(days=730),
        "notice_id": make_notice(session).id,
    } | {kind.value: True for kind in kinds}
    consent = Consent(person_id=person_id, organization_id=organization_id, **(values | extra))
    session.add(consent)
    session.flush()
    return consent


def provider_of(session: Session, capacity: Capacity) -> Any:
    """The key of the organization whose places these are."""
    there = sa.select(Service.organization_id).join(ServiceAtLocation)
    return session.scalars(there.where(ServiceAtLocation.id == capacity.service_at_location_id)).one()


def agree(session: Session, need: Need, capacity: Capacity, *, at: datetime = AT, **extra: Any) -> Consent | None:
    """Let the person of a need agree to the provider of some places, unless that is so already."""
    receiver = provider_of(session, capacity)
    known = sa.select(Consent.id).where(
        Consent.person_id == need.person_id,
        Consent.organization_id == receiver,
        Consent.withdrawn_at.is_(None),
        Consent.replaced_at.is_(None),
    )
    return None if session.scalar(known) else make_consent(session, need.person_id, receiver, at=at, **extra)


def refer(
    session: Session,
    need: Need,
    capacity: Capacity,
    *,
    by: Account | None = None,
    at: datetime = AT,
    consent: bool = True,
    **extra: Any,
) -> Referral:
    """A need put to the provider of some places, with the person's consent unless told otherwise."""
    if consent:
        agree(session, need, capacity, at=at)
    return referrals.request(session, need, capacity, by=by, at=at, **extra)


def make_fund(session: Session, *, amount: int = 1000, at: datetime = AT, **extra: Any) -> Fund:
    """Money of some organization in a period around `at`."""
    organization_id = extra.pop("organization_id", None) or make_organization(session).id
    values: dict[str, Any] = {
        "name": f"基金{number()}",
        "starts_on": at.date() - timedelta(days=60),
        "ends_on": at.date() + timedelta(days=60),
        "amount": Decimal(amount),
    }
    fund = Fund(organization_id=organization_id, **(values | extra))
    session.add(fund)
    session.flush()
    return fund
