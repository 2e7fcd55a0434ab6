"""The demonstration district, whole: made in memory, then written in bulk."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Case, Household, Need, Organization, Person, Referral, Role, Visit
from models.visit import REACHED
from referral import clock
from referral.actions.numbering import reset_counters
from referral.actions.search_text import search_text
from referral.actions.seeding.accounts import make_accounts
from referral.actions.seeding.agreeing import write_consents
from referral.actions.seeding.answering import write_answers
from referral.actions.seeding.asking import ask_what_if
from referral.actions.seeding.cases import move_cases, open_cases
from referral.actions.seeding.district import build_district, count_places
from referral.actions.seeding.evaluating import tell_evaluation
from referral.actions.seeding.funds import make_fund
from referral.actions.seeding.hours import make_odd, tell_hours
from referral.actions.seeding.needs import Needs
from referral.actions.seeding.outcomes import switch_on, write_outcomes
from referral.actions.seeding.people import make_people
from referral.actions.seeding.planning_ahead import write_plans
from referral.actions.seeding.reference import load_reference
from referral.actions.seeding.referring import Referring, tell_of
from referral.actions.seeding.respite import make_hours, make_parameters
from referral.actions.seeding.rows import Progress, World
from referral.actions.seeding.terms import read_terms
from referral.actions.seeding.visits import write_visits
from referral.actions.seeding.waiting import write_open, write_waiting
from referral.clock import start_of
from referral.queries.calendar import work_calendar

SEED = 20260701
OWN_WORK = ("A06", "C02", "E03")
"""What the stations do themselves: looking in, keeping company, groups."""


@dataclass(frozen=True)
class Loaded:
    """What has been written."""

    rows: int
    people: int
    services_given: int
    open_needs: int


def is_empty(session: Session) -> bool:
    """Say whether nobody uses the database yet: no account, no person, no organization."""
    return all(session.scalar(sa.select(kind.id).limit(1)) is None for kind in (Account, Person, Organization))


def load_demonstration(session: Session, *, today: date, progress: Progress) -> Loaded:
    """Write the reference lists and the district into an empty database; the same `today` gives the same rows."""
    load_reference(session, at=start_of(today), progress=progress)
    world = make_world(session, today)
    rows = world.write(session, progress)
    reset_counters(session)
    tell_hours(session, today)
    tell_evaluation(session, today)
    write_answers(session, clock.now())
    ask_what_if(session, today)
    return Loaded(
        rows=rows,
        people=len(world.all(Person)),
        services_given=sum(visit.contact_result in REACHED for visit in world.all(Visit)),
        open_needs=sum(need.status == "open" for need in world.all(Need)),
    )


def make_world(session: Session, today: date) -> World:
    """Return the district with its people and their year, not yet written. Three queries, for terms and calendar."""
    world = World(today, work_calendar(session), SEED)
    terms = read_terms(session)
    district = build_district(world, terms)
    accounts = make_accounts(world, district)
    by_organization: dict[Any, list[Account]] = {}
    for account in accounts.values():
        if account.organization_id is not None and account.role is not Role.STATION_SUPERVISOR:
            by_organization.setdefault(account.organization_id, []).append(account)
    officers = {organization: found[0] for organization, found in by_organization.items()}

    matters = open_cases(world, make_people(world, district), officers)
    referring = Referring(
        world, {one.organization_id: one for one in accounts.values() if one.role is Role.PROVIDER_OFFICER}
    )
    needs = Needs(world, district, terms, referring)
    write_open(needs, matters)
    write_waiting(needs, matters)
    needs.write_history(matters)
    write_visits(world, matters, referring.lines, [terms[code] for code in OWN_WORK], by_organization)
    move_cases(world, matters)
    count_places(district)
    make_fund(world, district)
    make_hours(world, district, terms)
    make_parameters(world, accounts["coordinator"], accounts["coordinator2"])
    write_consents(needs, matters)
    write_plans(world, referring.lines, by_organization)
    make_odd(world, accounts["station"])
    _number(world)
    write_outcomes(world, matters, accounts, switch_on(session))
    return world


def _number(world: World) -> None:
    world.number(Household, lambda household: household.created_at)
    world.number(Person, lambda person: person.created_at)
    world.number(Case, lambda case: case.opened_at)
    world.number(Need, lambda need: need.opened_at)
    world.number(Referral, lambda referral: referral.requested_at or referral.created_at)
    for person in world.all(Person):
        person.search_text = search_text(person.name, person.number)
    for referral in world.all(Referral):
        tell_of(world, referral)
