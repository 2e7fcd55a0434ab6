"""The openings of a round: places of active services in the period of the day, with every rule they state."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, time
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Capacity,
    CheckKind,
    EligibilityKind,
    Fund,
    LawClass,
    Location,
    Need,
    Organization,
    OrganizationStatus,
    ProviderCheck,
    ProviderKind,
    Schedule,
    Service,
    ServiceArea,
    ServiceAtLocation,
    ServiceEligibility,
    ServiceStatus,
    TaxonomyTerm,
)
from models.area import code_range
from referral.access import without_scope
from referral.queries.gathering.needs import Condition, grouped
from referral.queries.gathering.raw import keys_or_none, raw_key, uuid_column, uuids
from referral.queries.gathering.rows import OpeningFacts, OpeningRow

LICENCE_NEEDED: dict[LawClass, frozenset[ProviderKind]] = {
    LawClass.CARE: frozenset({ProviderKind.PROFESSIONAL}),
    LawClass.LIVING: frozenset(),
    LawClass.COMPANIONSHIP: frozenset(),
}
"""Who must show a licence in date to be proposed, by law class of the service (default of ours, not law: nursing and
care homes work under a licence, volunteers who help with a bath do not). Whoever has shown one for care keeps it in
date, whatever kind it is."""

KEYS, UNITS = 6, OpeningRow._fields.index("units_per_place")
"""So many keys stand first in an `OpeningRow`; where the units stand."""
WEEKDAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}
PARTS_OF_DAY = ((time(0), time(12)), (time(12), time(18)), (time(18), time.max))
"""Morning, afternoon, evening."""


def read(
    session: Session, condition: Condition, *, day: date, terms: Sequence[uuid.UUID] | None = None
) -> OpeningFacts:
    """Return the openings for the terms that needs under a condition ask for, ordered by key. Five queries.

    Whoever has read the needs gives their `terms`, so that the database need not look through all needs again.
    """
    offered = sa.and_(
        Service.term_id.in_(sa.select(Need.term_id).where(condition) if terms is None else terms),
        Service.status == ServiceStatus.ACTIVE,
        Organization.status == OrganizationStatus.ACTIVE,
    )
    statement = (
        sa.select(
            raw_key(Capacity.id),
            raw_key(ServiceAtLocation.id),
            raw_key(Service.id),
            raw_key(Location.id),
            raw_key(Service.organization_id),
            raw_key(Service.term_id),
            Capacity.places - Capacity.reserved - Capacity.used,
            Location.latitude,
            Location.longitude,
            ServiceAtLocation.radius_km,
            Service.minimum_age,
            Service.maximum_age,
            Service.sex,
            Service.languages,
            Service.worker_sexes,
            ServiceAtLocation.accepting,
            Capacity.units_per_place,
            Capacity.starts_on,
            Capacity.ends_on,
            TaxonomyTerm.law_class,
            Organization.kind,
            Capacity.kind,
            raw_key(Capacity.fund_id),
        )
        .join(ServiceAtLocation, ServiceAtLocation.id == Capacity.service_at_location_id)
        .join(Service, Service.id == ServiceAtLocation.service_id)
        .join(Location, Location.id == ServiceAtLocation.location_id)
        .join(Organization, Organization.id == Service.organization_id)
        .join(TaxonomyTerm, TaxonomyTerm.id == Service.term_id)
        .where(offered, Capacity.starts_on <= day, Capacity.ends_on >= day)
        .order_by(Capacity.id)
    )
    openings = _rows(session.execute(statement).all())
    services = sa.select(Service.id).join(Organization, Organization.id == Service.organization_id).where(offered)
    rules = _keyed(
        session,
        sa.select(raw_key(ServiceEligibility.service_id), ServiceEligibility.kind, ServiceEligibility.code).where(
            ServiceEligibility.service_id.in_(services)
        ),
    )
    child_safety, unlicensed = _checks(session, openings, services, day)
    return OpeningFacts(
        openings,
        areas=_areas(session, services),
        statuses=grouped((service, code) for service, kind, code in rules if kind is EligibilityKind.STATUS),
        features=grouped((service, code) for service, kind, code in rules if kind is EligibilityKind.FEATURE),
        times=_times(session, services, day),
        child_safety=child_safety,
        unlicensed=unlicensed,
        funds=_funds(session, openings, day),
    )


def _keyed(session: Session, statement: sa.Select[*tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return the rows of a statement whose first column is a `raw_key`, which each becomes a key once, however often
    it stands there."""
    rows = session.execute(statement).all()
    return [(key, *row[1:]) for key, row in zip(uuid_column([row[0] for row in rows]), rows, strict=True)]


def _rows(rows: Sequence[Any]) -> list[OpeningRow]:
    given = list(zip(*rows, strict=True)) if rows else [()] * len(OpeningRow._fields)
    units = [most and float(most) for most in given[UNITS]]
    columns = [*map(uuid_column, given[:KEYS]), *given[KEYS:UNITS], units, *given[UNITS + 1 : -1], _funds_of(given[-1])]
    return list(map(OpeningRow, *columns))


def _funds_of(values: Sequence[Any]) -> list[uuid.UUID | None]:
    drawn, drawn_on = keys_or_none(values)
    funds: list[uuid.UUID | None] = [None] * len(values)
    for row, fund in zip(drawn.tolist(), uuids(drawn_on), strict=True):
        funds[row] = fund
    return funds


def _funds(session: Session, openings: list[OpeningRow], day: date) -> dict[uuid.UUID, int]:
    """Return whole yuan left in each fund that an opening draws on; 0 outside its period. No query without funds."""
    drawn = {row.fund_id for row in openings if row.fund_id is not None}
    if not drawn:
        return {}
    statement = sa.select(Fund.id, Fund.amount, Fund.promised, Fund.spent, Fund.starts_on, Fund.ends_on)
    with without_scope(session, because="what is left of a fund limits what a round can propose, whoever starts it"):
        rows = session.execute(statement.where(Fund.id.in_(drawn))).all()
    return {
        key: int(amount - promised - spent) if starts_on <= day <= ends_on else 0
        for key, amount, promised, spent, starts_on, ends_on in rows
    }


def _areas(session: Session, services: sa.Select[Any]) -> dict[uuid.UUID, list[tuple[str, str]]]:
    found: dict[uuid.UUID, list[tuple[str, str]]] = defaultdict(list)
    statement = sa.select(raw_key(ServiceArea.service_id), ServiceArea.area_code).where(
        ServiceArea.service_id.in_(services), ServiceArea.area_code.is_not(None)
    )
    for service, code in _keyed(session, statement.order_by(ServiceArea.service_id, ServiceArea.area_code)):
        found[service].append(code_range(str(code)))
    return found


def _checks(
    session: Session, openings: list[OpeningRow], services: sa.Select[Any], day: date
) -> tuple[frozenset[uuid.UUID], frozenset[uuid.UUID]]:
    """Return who may work with minors, and which openings want a licence and show none in date."""
    asked = sa.select(Service.organization_id).where(Service.id.in_(services))
    statement = sa.select(
        raw_key(ProviderCheck.organization_id), ProviderCheck.kind, ProviderCheck.valid_from, ProviderCheck.valid_to
    ).where(ProviderCheck.organization_id.in_(asked))
    in_date: dict[CheckKind, set[uuid.UUID]] = {kind: set() for kind in CheckKind}
    shown: set[uuid.UUID] = set()
    for organization, kind, first, last in _keyed(session, statement):
        if first <= day <= last:
            in_date[kind].add(organization)
        if kind is CheckKind.LICENCE:
            shown.add(organization)
    unlicensed = frozenset(
        opening.id
        for opening in openings
        if opening.organization_id not in in_date[CheckKind.LICENCE]
        and _must_show_licence(opening, has_shown=opening.organization_id in shown)
    )
    return frozenset(in_date[CheckKind.CHILD_SAFETY]), unlicensed


def _must_show_licence(opening: OpeningRow, *, has_shown: bool) -> bool:
    if opening.law_class is None:
        return False
    kinds = LICENCE_NEEDED[LawClass(opening.law_class)]
    return opening.provider_kind in kinds or (has_shown and bool(kinds))


def _times(session: Session, services: sa.Select[Any], day: date) -> dict[uuid.UUID, int]:
    """Return opening times under the key that each schedule names."""
    places = sa.select(ServiceAtLocation).where(ServiceAtLocation.service_id.in_(services))
    named = sa.or_(
        Schedule.service_id.in_(services),
        Schedule.service_at_location_id.in_(places.with_only_columns(ServiceAtLocation.id)),
        Schedule.location_id.in_(places.with_only_columns(ServiceAtLocation.location_id)),
    )
    in_force = sa.and_(
        sa.or_(Schedule.valid_from.is_(None), Schedule.valid_from <= day),
        sa.or_(Schedule.valid_to.is_(None), Schedule.valid_to >= day),
    )
    statement = sa.select(
        raw_key(sa.func.coalesce(Schedule.service_at_location_id, Schedule.service_id, Schedule.location_id)),
        Schedule.byday,
        Schedule.opens_at,
        Schedule.closes_at,
    ).where(named, in_force)
    found: dict[uuid.UUID, int] = defaultdict(int)
    known = cache(time_bits)
    for key, byday, opens_at, closes_at in _keyed(session, statement):
        found[key] |= known(byday, opens_at, closes_at)
    return found


def time_bits(byday: str | None, opens_at: time | None, closes_at: time | None) -> int:
    """Return the 21 bits (weekday * 3 + part of the day) in which something is open; no days or hours mean all.

    >>> bin(time_bits("MO", time(9), time(17)))
    '0b11'
    """
    days = [WEEKDAYS[word[-2:]] for word in (byday or "").upper().split(",") if word[-2:] in WEEKDAYS] or range(7)
    opens, closes = opens_at or time(0), closes_at or time.max
    if closes <= opens:
        closes = time.max
    bits = 0
    for weekday in days:
        for part, (first, last) in enumerate(PARTS_OF_DAY):
            if opens < last and closes > first:
                bits |= 1 << (weekday * 3 + part)
    return bits
