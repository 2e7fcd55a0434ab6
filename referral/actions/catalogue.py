"""Keeping the catalogue: organizations, their places, services, telephones and checks."""

import uuid
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    CheckKind,
    Location,
    Organization,
    Phone,
    ProviderCheck,
    ProviderKind,
    Service,
    ServiceArea,
    ServiceAtLocation,
)
from models.errors import ChangedMeanwhile, DomainError
from referral.actions.search_text import organization_search_text
from referral.clock import local_date


class CreditCodeTaken(DomainError):
    """Another organization has this credit code; `organization` is that one."""

    code = "credit_code_taken"

    def __init__(self, organization: Organization) -> None:
        super().__init__(organization.name)
        self.organization = organization


class CheckRecorded(DomainError):
    """A check of this kind that begins on this day is recorded already."""

    code = "check_recorded"


def same_version(record: Organization | Service, version: int) -> None:
    """Raise ChangedMeanwhile where the record was changed since the page was opened."""
    if record.version != version:
        raise ChangedMeanwhile


def add_organization(session: Session, *, name: str, kind: ProviderKind, **facts: Any) -> Organization:
    """Enter an organization and return it; raise CreditCodeTaken."""
    _free_credit_code(session, facts.get("credit_code"))
    organization = Organization(name=name, kind=kind, **facts)
    organization.search_text = organization_search_text(name, organization.alternate_name)
    session.add(organization)
    session.flush()
    return organization


def edit_organization(session: Session, organization: Organization, *, version: int, **facts: Any) -> None:
    """Change what is known of an organization; raise ChangedMeanwhile, CreditCodeTaken."""
    same_version(organization, version)
    _free_credit_code(session, facts.get("credit_code"), but=organization)
    for name, value in facts.items():
        setattr(organization, name, value)
    organization.search_text = organization_search_text(organization.name, organization.alternate_name)
    session.flush()


def _free_credit_code(session: Session, code: str | None, *, but: Organization | None = None) -> None:
    if not code:
        return
    other = session.scalar(sa.select(Organization).where(Organization.credit_code == code))
    if other is not None and other is not but:
        raise CreditCodeTaken(other)


def add_location(
    session: Session, organization: Organization, *, name: str, address: str | None, area_code: str | None
) -> Location:
    """Enter a place where an organization works, and return it. It lies where its village does until it is measured."""
    location = Location(organization_id=organization.id, name=name, address=address, area_code=area_code)
    session.add(location)
    session.flush()
    return location


def add_phone(session: Session, organization: Organization, *, number: str, description: str | None) -> Phone:
    """Enter a telephone of an organization and return it."""
    phone = Phone(organization_id=organization.id, number=number, description=description)
    session.add(phone)
    session.flush()
    return phone


def record_check(
    session: Session,
    organization: Organization,
    *,
    kind: CheckKind,
    reference: str | None,
    valid_from: date,
    valid_to: date,
) -> ProviderCheck:
    """Write down a check with its end and return it; earlier ones stay. Raise CheckRecorded for the same one again."""
    same = sa.select(ProviderCheck.id).where(
        ProviderCheck.organization_id == organization.id,
        ProviderCheck.kind == kind,
        ProviderCheck.valid_from == valid_from,
    )
    if session.scalar(same) is not None:
        raise CheckRecorded
    check = ProviderCheck(
        organization_id=organization.id, kind=kind, reference=reference, valid_from=valid_from, valid_to=valid_to
    )
    session.add(check)
    session.flush()
    return check


def add_service(
    session: Session,
    organization: Organization,
    *,
    at: datetime,
    location_ids: Iterable[uuid.UUID],
    area_codes: Iterable[str],
    delivery: Any = None,
    radius_km: float | None = None,
    **facts: Any,
) -> Service:
    """Enter a service of an organization at some of its places, for some areas, and return it."""
    service = Service(organization_id=organization.id, assured_on=local_date(at), **facts)
    session.add(service)
    session.flush()
    for location_id in location_ids:
        session.add(
            ServiceAtLocation(
                service_id=service.id, location_id=location_id, delivery=delivery, radius_km=radius_km, confirmed_at=at
            )
        )
    _set_areas(session, service, area_codes)
    session.flush()
    return service


def edit_service(
    session: Session,
    service: Service,
    *,
    version: int,
    at: datetime,
    location_ids: Iterable[uuid.UUID],
    area_codes: Iterable[str],
    delivery: Any = None,
    radius_km: float | None = None,
    **facts: Any,
) -> None:
    """Change a service; raise ChangedMeanwhile. Places may be added here, but a place with referrals stays.

    `delivery` and `radius_km` hold for the places that are added now.
    """
    same_version(service, version)
    for name, value in facts.items():
        setattr(service, name, value)
    service.assured_on = local_date(at)
    there = set(
        session.scalars(sa.select(ServiceAtLocation.location_id).where(ServiceAtLocation.service_id == service.id))
    )
    for location_id in set(location_ids) - there:
        session.add(
            ServiceAtLocation(
                service_id=service.id, location_id=location_id, delivery=delivery, radius_km=radius_km, confirmed_at=at
            )
        )
    _set_areas(session, service, area_codes)
    session.flush()


def _set_areas(session: Session, service: Service, area_codes: Iterable[str]) -> None:
    """Serve these divisions and no others; areas that came in words only stay."""
    wanted = set(area_codes)
    now = session.scalars(
        sa.select(ServiceArea).where(ServiceArea.service_id == service.id, ServiceArea.area_code.is_not(None))
    ).all()
    for area in now:
        if area.area_code not in wanted:
            session.delete(area)
    for code in sorted(wanted - {area.area_code for area in now if area.area_code}):
        session.add(ServiceArea(service_id=service.id, area_code=code))
