"""Scenarios as pages show them: their list, the needs and places their answers speak of, and what can be changed."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import (
    Account,
    Area,
    Capacity,
    Location,
    Need,
    Organization,
    OrganizationStatus,
    Referral,
    ReferralStatus,
    RoundParameters,
    Scenario,
    ScenarioKind,
    ScenarioStatus,
    Service,
    ServiceAtLocation,
    ServiceStatus,
    TaxonomyTerm,
)
from referral.access import scope
from referral.queries.candidates import offer_loaded, offers
from referral.queries.paging import Page
from referral.queries.people import fold

SHOWN = tuple(status for status in ScenarioStatus if status is not ScenarioStatus.DISCARDED)
FOUND_AT_MOST = 8
"""Openings listed for what is looked for."""
LINES_SHOWN = 15
CARRIED = (ReferralStatus.ACCEPTED, ReferralStatus.IN_PROGRESS, ReferralStatus.ON_HOLD)


@dataclass(frozen=True)
class Line:
    """One need whose proposal differs: where it goes today and in the copy (None: nowhere)."""

    need: Need
    before: Capacity | None
    after: Capacity | None
    new: bool
    """Whether it goes to an opening that only the copy has."""


def newest_first(actor: Account) -> sa.Select[Scenario]:
    """Return the select of the questions an actor may see, thrown away ones and previews left out."""
    return (
        sa.select(Scenario)
        .where(scope(actor, Scenario), Scenario.kind == ScenarioKind.WHAT_IF, Scenario.status.in_(SHOWN))
        .options(joinedload(Scenario.made_by))
        .order_by(Scenario.created_at.desc(), Scenario.id.desc())
    )


def in_scope(session: Session, actor: Account, key: uuid.UUID) -> Scenario | None:
    """Return a question that an actor may see. One query."""
    statement = (
        sa.select(Scenario)
        .where(Scenario.id == key, scope(actor, Scenario), Scenario.kind == ScenarioKind.WHAT_IF)
        .options(joinedload(Scenario.made_by))
    )
    return session.scalars(statement).one_or_none()


def effect_of(session: Session, version: RoundParameters) -> Scenario | None:
    """Return the newest computation of what a version of the parameters would change. One query."""
    statement = (
        sa.select(Scenario)
        .where(Scenario.parameters_id == version.id, Scenario.kind == ScenarioKind.PARAMETERS)
        .options(joinedload(Scenario.made_by))
        .order_by(Scenario.created_at.desc(), Scenario.id.desc())
        .limit(1)
    )
    return session.scalars(statement).one_or_none()


def looks_dead(scenario: Scenario, at: datetime, minutes: int = 10) -> bool:
    """Say whether a question that should be computing has been silent for too long."""
    at_work = scenario.status in {ScenarioStatus.WAITING, ScenarioStatus.RUNNING}
    return at_work and (at - scenario.created_at).total_seconds() > minutes * 60


def lines(session: Session, needs: Sequence[Sequence[str | None]], number: int) -> Page:
    """Return one page of the needs of an answer, with the places they go to. At most two queries.

    Needs that are no longer in the viewer's scope are left out.
    """
    number = min(max(1, number), max(1, -(-len(needs) // LINES_SHOWN)))
    part = needs[(number - 1) * LINES_SHOWN : number * LINES_SHOWN]
    keys = {uuid.UUID(str(need)) for need, *_ in part}
    loaded = sa.select(Need).where(Need.id.in_(keys)).options(joinedload(Need.term), joinedload(Need.person))
    known = {need.id: need for need in session.scalars(loaded)} if keys else {}
    places = named_openings(session, (place for _, *ends in part for place in ends))
    found = [
        Line(known[key], places.get(before), places.get(after), str(after or "").startswith("+"))
        for need, before, after in part
        if (key := uuid.UUID(str(need))) in known
    ]
    return Page(found, number, LINES_SHOWN, len(needs))


def named_openings(session: Session, names: Iterable[str | None]) -> dict[str | None, Capacity]:
    """Return openings by the names that an answer gives them ("+" before one that is like another). One query."""
    wanted = {name for name in names if name}
    found = offers(session, {uuid.UUID(name.lstrip("+")) for name in wanted}) if wanted else {}
    return {name: found[key] for name in wanted if (key := uuid.UUID(name.lstrip("+"))) in found}


def areas_named(session: Session, codes: Iterable[str]) -> dict[str, Area]:
    """Return divisions by code. One query, none without codes."""
    wanted = set(codes)
    statement = sa.select(Area).where(Area.code.in_(wanted))
    return {area.code: area for area in session.scalars(statement)} if wanted else {}


@dataclass(frozen=True)
class Named:
    """The records that changes speak of, by key as text."""

    organizations: Mapping[str, Organization]
    places: Mapping[str, ServiceAtLocation]
    openings: Mapping[str | None, Capacity]
    areas: Mapping[str, Area]
    carried: Mapping[str, int]
    """People an organization looks after now, by its key: a round does not decide on them."""


def named(session: Session, changes: Sequence[Mapping[str, Any]]) -> Named:
    """Return what changes speak of. At most five queries."""

    def keys(name: str) -> set[uuid.UUID]:
        return {uuid.UUID(one[name]) for one in changes if name in one}

    organizations, places = keys("organization"), keys("service_at_location")
    loaded = [
        joinedload(ServiceAtLocation.service).joinedload(Service.organization),
        joinedload(ServiceAtLocation.location),
    ]
    at_places = sa.select(ServiceAtLocation).where(ServiceAtLocation.id.in_(places)).options(*loaded)
    closing = sa.select(Organization).where(Organization.id.in_(organizations))
    return Named(
        {str(one.id): one for one in session.scalars(closing)} if organizations else {},
        {str(one.id): one for one in session.scalars(at_places)} if places else {},
        named_openings(session, (one.get("capacity") for one in changes)),
        areas_named(session, (one["area"] for one in changes if one.get("area"))),
        _carried(session, organizations) if organizations else {},
    )


def _carried(session: Session, organizations: set[uuid.UUID]) -> dict[str, int]:
    statement = (
        sa.select(Referral.organization_id, sa.func.count(Referral.id))
        .where(Referral.organization_id.in_(organizations), Referral.status.in_(CARRIED))
        .group_by(Referral.organization_id)
    )
    return {str(key): count for key, count in session.execute(statement)}


def openings_found(session: Session, words: str, day: date) -> Sequence[Capacity]:
    """Return today's openings whose organization, service or kind of help is named so; the first few. One query."""
    statement = (
        sa.select(Capacity)
        .join(ServiceAtLocation, ServiceAtLocation.id == Capacity.service_at_location_id)
        .join(Service, Service.id == ServiceAtLocation.service_id)
        .join(Location, Location.id == ServiceAtLocation.location_id)
        .join(Organization, Organization.id == Service.organization_id)
        .outerjoin(TaxonomyTerm, TaxonomyTerm.id == Service.term_id)
        .where(
            Capacity.starts_on <= day,
            Capacity.ends_on >= day,
            Service.status == ServiceStatus.ACTIVE,
            Organization.status == OrganizationStatus.ACTIVE,
        )
        .options(*offer_loaded())
        .order_by(Organization.name, Service.name, Capacity.id)
        .limit(FOUND_AT_MOST)
    )
    for word in fold(words).split():
        spoken = (Service.name, TaxonomyTerm.name_zh, TaxonomyTerm.name_en)
        statement = statement.where(
            sa.or_(
                Organization.search_text.contains(word, autoescape=True),
                *(sa.func.lower(column).contains(word, autoescape=True) for column in spoken),
            )
        )
    return session.scalars(statement).all()
