"""What was done: the list of visits with its totals, and what a new entry most likely looks like."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import Account, Area, ContactResult, Person, TaxonomyTerm, Visit, VisitKind
from models.visit import REACHED
from referral.access import get_in_scope, in_area, scope
from referral.clock import start_of
from referral.queries.paging import COUNT_LIMIT, PAGE_SIZE, Page
from referral.queries.people import fold, word_fits


@dataclass(frozen=True)
class VisitFilter:
    """What a list of visits is narrowed to."""

    first: date
    last: date
    """Both days are included."""
    text: str | None = None
    kind: VisitKind | None = None
    result: ContactResult | None = None
    term_id: uuid.UUID | None = None
    area_code: str | None = None
    mine: bool = False
    sort: str = "-when"


@dataclass(frozen=True)
class Totals:
    """Sums of the visits listed. Only entries that reached somebody count, and replaced ones never do."""

    entries: int
    person_times: int
    people: int
    hours: Decimal
    amount: Decimal


SORTS: dict[str, Any] = {"when": Visit.started_at, "person": Person.name}


def visits(session: Session, actor: Account, wanted: VisitFilter) -> sa.Select[Any]:
    """Return the select of the visits in the actor's scope that fit a filter."""
    key = SORTS.get(wanted.sort.lstrip("-"), Visit.started_at)
    by_person = wanted.text or key is Person.name
    statement = sa.select(Visit)
    return (
        (statement.join(Person, Person.id == Visit.person_id) if by_person else statement)
        .where(*_conditions(session, actor, wanted))
        .options(
            joinedload(Visit.person).joinedload(Person.area),
            joinedload(Visit.term),
            joinedload(Visit.organization),
            joinedload(Visit.worker),
        )
        .order_by(key.desc() if wanted.sort.startswith("-") else key, Visit.id.desc())
    )


def page_of(session: Session, statement: sa.Select[Any], number: int, *, total: int) -> Page:
    """Return one page of a list of which the total is known already. One query."""
    number = min(max(1, number), max(1, -(-total // PAGE_SIZE)))
    rows = session.scalars(statement.limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)).all()
    return Page(rows, number, PAGE_SIZE, min(total, COUNT_LIMIT))


def totals(session: Session, actor: Account, wanted: VisitFilter) -> Totals:
    """Return the totals of a filter. One query."""
    reached = Visit.contact_result.in_(REACHED)
    statement = (
        sa.select(
            sa.func.count(),
            sa.func.sum(sa.case((reached, 1), else_=0)),
            sa.func.count(sa.distinct(sa.case((reached, Visit.person_id)))),
            sa.func.sum(sa.case((reached, Visit.minutes), else_=0)),
            sa.func.sum(Visit.amount),
        )
        .select_from(Visit)
        .where(*_conditions(session, actor, wanted))
    )
    if wanted.text:
        statement = statement.join(Person, Person.id == Visit.person_id)
    row = session.execute(statement).one()
    hours = (Decimal(row[3] or 0) / 60).quantize(Decimal("0.1"))
    return Totals(row[0], row[1] or 0, row[2], hours, row[4] or Decimal(0))


def exported(session: Session, statement: sa.Select[Any]) -> Sequence[Any]:
    """Return the records of a list for a file; at most ten times what a list counts."""
    return session.scalars(statement.limit(COUNT_LIMIT * 10)).all()


def _conditions(session: Session, actor: Account, wanted: VisitFilter) -> list[sa.ColumnElement[bool]]:
    conditions = [
        scope(actor, Visit),
        ~Visit.replaced,
        Visit.started_at >= start_of(wanted.first),
        Visit.started_at < start_of(wanted.last + timedelta(days=1)),
    ]
    if wanted.text:
        conditions += [word_fits(session, actor, word) for word in fold(wanted.text).split()]
    equal = ((Visit.kind, wanted.kind), (Visit.contact_result, wanted.result), (Visit.term_id, wanted.term_id))
    conditions += [column == value for column, value in equal if value is not None]
    if wanted.area_code:
        conditions.append(in_area(Visit.area_code, wanted.area_code))
    if wanted.mine:
        conditions.append(Visit.worker_id == actor.id)
    return conditions


def last_visit(session: Session, actor: Account, person_id: uuid.UUID) -> Visit | None:
    """Return the newest entry of the actor's organization for a person: the next one starts from it. One query."""
    return session.scalar(
        sa.select(Visit)
        .where(
            Visit.person_id == person_id,
            Visit.organization_id == actor.organization_id,
            ~Visit.replaced,
            Visit.contact_result.in_(REACHED),
        )
        .options(joinedload(Visit.term))
        .order_by(Visit.started_at.desc())
        .limit(1)
    )


def own_visit(session: Session, actor: Account, key: uuid.UUID) -> Visit | None:
    """Return an entry of the actor's own organization, for correcting it. One query."""
    found: Visit | None = get_in_scope(
        session, actor, Visit, key, joinedload(Visit.person), joinedload(Visit.term), joinedload(Visit.organization)
    )
    return found if found and found.organization_id == actor.organization_id else None


def usual_term(session: Session, code: str = "A06") -> TaxonomyTerm | None:
    """Return the term of a station's own round visits (A06, home visit and looking-after). One query."""
    return session.scalar(sa.select(TaxonomyTerm).where(TaxonomyTerm.code == code, TaxonomyTerm.active))


def in_group(session: Session, by: Account, activity_key: uuid.UUID) -> set[uuid.UUID]:
    """Return the people of a group session that was entered before. One query."""
    entries = sa.select(Visit.person_id).where(Visit.activity_key == activity_key, Visit.worker_id == by.id)
    return set(session.scalars(entries))


def people_for_group(
    session: Session, actor: Account, *, text: str | None, chosen: Sequence[uuid.UUID]
) -> Sequence[Person]:
    """Return whom a group session may be logged for: those chosen, then those who answer to a text or came last time.

    At most 60 people. Two queries.
    """
    own = sa.and_(scope(actor, Person), Person.id.not_in(chosen))
    if text:
        found = sa.select(Person).where(own, *(word_fits(session, actor, word) for word in fold(text).split()))
    else:
        came = sa.select(Visit.person_id).where(
            Visit.organization_id == actor.organization_id, Visit.kind == VisitKind.GROUP, ~Visit.replaced
        )
        recent = came.order_by(Visit.started_at.desc()).limit(60)
        found = sa.select(Person).where(own, Person.id.in_(recent))
    loaded = (joinedload(Person.area).joinedload(Area.parent),)
    first = session.scalars(
        sa.select(Person).where(scope(actor, Person), Person.id.in_(chosen)).options(*loaded).order_by(Person.name)
    ).all()
    others = session.scalars(found.options(*loaded).order_by(Person.name, Person.id).limit(60)).all()
    return [*first, *others]


def recent_people(session: Session, actor: Account, *, limit: int = 12) -> Sequence[Person]:
    """Return whom the actor saw last, newest first, for choosing with one tap. Two queries."""
    last = sa.func.max(Visit.started_at)
    keys = session.scalars(
        sa.select(Visit.person_id)
        .where(Visit.worker_id == actor.id)
        .group_by(Visit.person_id)
        .order_by(last.desc())
        .limit(limit)
    ).all()
    found = session.scalars(
        sa.select(Person)
        .where(Person.id.in_(keys), scope(actor, Person))
        .options(joinedload(Person.area).joinedload(Area.parent))
    )
    return sorted(found, key=lambda person: keys.index(person.id))
