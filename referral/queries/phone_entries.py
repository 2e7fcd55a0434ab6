"""Whom an entry of a phone is about as it stands now, and what stands in the way of one that comes in late."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, joinedload

from models import Account, Need, Person, Referral, Role, TaxonomyTerm, Visit, VisitDetail, VisitPicture
from models.area import Area
from models.visit import REACHED
from referral import clock
from referral.access import get_in_scope, scope
from referral.queries import inbox, people, visits
from referral.queries.phone import of_provider


@dataclass(frozen=True)
class Whom:
    """Whom an entry is about, as it stands now."""

    person: Person
    referral: Referral | None
    shown: str
    """The name that the actor may know, else the referral's number."""


def person_now(session: Session, actor: Account, key: uuid.UUID) -> Whom | None:
    """Return a person of the station. Two queries."""
    loaded = (joinedload(Person.area).joinedload(Area.parent),)
    found: Person | None = (
        get_in_scope(session, actor, Person, key, *loaded) if actor.role is not Role.PROVIDER_OFFICER else None
    )
    return Whom(found, None, found.name) if found else None


def referral_now(session: Session, actor: Account, key: uuid.UUID) -> Whom | None:
    """Return a referral with all that a visit is written down from. Two queries."""
    need = joinedload(Referral.need)
    found: Referral | None = get_in_scope(
        session,
        actor,
        Referral,
        key,
        need.options(joinedload(Need.person).joinedload(Person.area), joinedload(Need.term), joinedload(Need.case)),
        joinedload(Referral.organization),
        joinedload(Referral.service_at_location),
    )
    if found is None or found.requested_at is None:
        return None
    name: str | None = found.need.person.name
    if actor.role is Role.PROVIDER_OFFICER:
        name = inbox.known_name(session, actor, found.id)
    return Whom(found.need.person, found, name or found.number)


def named(session: Session, actor: Account, text: str) -> list[Whom]:
    """Return who may be meant by a name or a number typed without a network; at most six. Two queries."""
    typed = text.strip()
    if not typed:
        return []
    if actor.role is Role.PROVIDER_OFFICER:
        stops = [stop for stop in of_provider(session, actor, clock.today()) if typed in (stop.name, stop.number)]
        return [whom for stop in stops[:6] if (whom := referral_now(session, actor, stop.key))]
    same = sa.or_(Person.name == typed, Person.number == typed.upper())
    found = session.scalars(
        sa.select(Person)
        .where(scope(actor, Person), same, Person.erased_at.is_(None))
        .options(joinedload(Person.area).joinedload(Area.parent))
        .order_by(Person.id)
        .limit(6)
    ).all()
    return [Whom(person, None, person.name) for person in found]


def alike(session: Session, actor: Account, text: str) -> Sequence[Person]:
    """Return who answers to part of a name, for whoever has to say who was meant; at most six."""
    if actor.role is Role.PROVIDER_OFFICER or not text.strip():
        return []
    page = people.find_people(session, actor, text.strip())
    return page.items[:6]


def of_the_day(
    session: Session, actor: Account, person_id: uuid.UUID, *, term_id: uuid.UUID, begin: datetime, end: datetime
) -> Sequence[Visit]:
    """Return entries that may be the same visit: own ones of the same time, a colleague's of the same help and day."""
    at = clock.local_date(begin)
    found = session.scalars(
        sa.select(Visit)
        .where(
            Visit.person_id == person_id,
            Visit.organization_id == actor.organization_id,
            ~Visit.replaced,
            Visit.started_at >= clock.start_of(at),
            Visit.started_at < clock.end_of(at),
        )
        .options(joinedload(Visit.worker), joinedload(Visit.term))
        .order_by(Visit.started_at)
    ).all()

    def clashes(visit: Visit) -> bool:
        if visit.worker_id != actor.id:
            return visit.term_id == term_id
        return visit.started_at < end and begin < visit.started_at + timedelta(minutes=max(visit.minutes, 1))

    return [visit for visit in found if clashes(visit)]


def promise_of(session: Session, actor: Account, person_id: uuid.UUID) -> tuple[datetime, str] | None:
    """Return when and what was last promised to somebody. One query."""
    row = session.execute(
        sa.select(Visit.started_at, VisitDetail.promise)
        .join(VisitDetail, VisitDetail.visit_id == Visit.id)
        .where(Visit.person_id == person_id, scope(actor, Visit), ~Visit.replaced, VisitDetail.promise.is_not(None))
        .order_by(Visit.started_at.desc())
        .limit(1)
    ).first()
    return (row[0], row[1] or "") if row else None


def last_seen(session: Session, actor: Account, person_id: uuid.UUID) -> Visit | None:
    """Return the newest entry about somebody that reached them, in the actor's scope. One query."""
    return session.scalar(
        sa.select(Visit)
        .where(Visit.person_id == person_id, scope(actor, Visit), ~Visit.replaced, Visit.contact_result.in_(REACHED))
        .options(joinedload(Visit.term), joinedload(Visit.worker))
        .order_by(Visit.started_at.desc())
        .limit(1)
    )


def own_entry(session: Session, actor: Account, key: uuid.UUID) -> Visit | None:
    """Return a visit that the actor wrote down. One query."""
    found: Visit | None = get_in_scope(
        session, actor, Visit, key, joinedload(Visit.term), joinedload(Visit.organization)
    )
    return found if found and found.worker_id == actor.id else None


def usual_term(session: Session, actor: Account, whom: Whom) -> TaxonomyTerm | None:
    """Return the help that an entry most likely speaks of."""
    if whom.referral is not None:
        return whom.referral.need.term
    last = visits.last_visit(session, actor, whom.person.id)
    return last.term if last else visits.usual_term(session)


def beside(session: Session, visit: Visit) -> tuple[VisitDetail | None, Sequence[VisitPicture]]:
    """Return what a visit tells beside its hours, and its pictures without their pixels. Two queries."""
    detail = session.scalar(sa.select(VisitDetail).where(VisitDetail.visit_id == visit.id))
    pictures = session.scalars(
        sa.select(VisitPicture)
        .where(VisitPicture.visit_id == visit.id)
        .options(defer(VisitPicture.image))
        .order_by(VisitPicture.kind)
    ).all()
    return detail, pictures
