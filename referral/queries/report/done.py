"""What was done: people, person-times, hours, units, goods and money."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import TaxonomyTerm, Visit
from models.visit import REACHED
from referral.clock import end_of
from referral.queries.report.figures import Done, ServiceLine
from referral.queries.report.frame import Frame

PERSONS = sa.func.count(sa.distinct(Visit.person_id))
HOUSEHOLDS = sa.func.count(sa.distinct(Visit.household_id))
PERSON_TIMES = sa.func.count(Visit.id)
MINUTES = sa.func.coalesce(sa.func.sum(Visit.minutes), 0)
UNITS: sa.ColumnElement[Decimal] = sa.func.coalesce(sa.func.sum(Visit.units), 0)
AMOUNT: sa.ColumnElement[Decimal] = sa.func.coalesce(sa.func.sum(Visit.amount), 0)
ACTIVITIES = sa.func.count(sa.distinct(Visit.activity_key))


def hours(minutes: int) -> Decimal:
    """Return minutes as hours to the hundredth."""
    return (Decimal(int(minutes)) / 60).quantize(Decimal("0.01"))


def what_was_done(session: Session, frame: Frame) -> Done:
    """Return what was done in a frame. Four statements."""
    persons, households, times, minutes, activities, amount = session.execute(
        sa.select(PERSONS, HOUSEHOLDS, PERSON_TIMES, MINUTES, ACTIVITIES, AMOUNT).where(*frame.visits())
    ).one()
    not_reached = session.execute(
        sa.select(Visit.contact_result, PERSON_TIMES)
        .where(*frame.entries(), Visit.contact_result.not_in(REACHED))
        .group_by(Visit.contact_result)
        .order_by(PERSON_TIMES.desc(), Visit.contact_result)
    ).all()
    return Done(
        persons=persons,
        households=households,
        person_times=times,
        hours=hours(minutes),
        activities=activities,
        amount=amount,
        services=_services(session, frame),
        months=list(_months(session, frame)),
        not_reached=[(result, count) for result, count in not_reached],
    )


def _services(session: Session, frame: Frame) -> list[ServiceLine]:
    sums = (
        sa.select(
            Visit.term_id,
            PERSONS.label("persons"),
            PERSON_TIMES.label("times"),
            MINUTES.label("minutes"),
            UNITS.label("units"),
            AMOUNT.label("amount"),
        )
        .where(*frame.visits())
        .group_by(Visit.term_id)
        .subquery()
    )
    rows = session.execute(
        sa.select(TaxonomyTerm, sums.c.persons, sums.c.times, sums.c.minutes, sums.c.units, sums.c.amount)
        .join(sums, sums.c.term_id == TaxonomyTerm.id)
        .order_by(sums.c.times.desc(), TaxonomyTerm.code)
    ).all()
    return [
        ServiceLine(term, persons, times, hours(minutes), units, amount)
        for term, persons, times, minutes, units, amount in rows
    ]


def months_of(frame: Frame) -> list[date]:
    """Return the first day of each month that a frame touches."""
    first, months = frame.start.replace(day=1), []
    while first <= frame.end:
        months.append(first)
        first = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return months


def _months(session: Session, frame: Frame) -> Iterator[tuple[date, int, int]]:
    """Months are told apart by their borders in China, the same on every database."""
    months = months_of(frame)
    borders = [end_of(date.fromordinal(first.toordinal() - 1)) for first in months[1:]]
    number: sa.ColumnElement[int] = sa.case(
        *((Visit.started_at < border, position) for position, border in enumerate(borders)), else_=len(borders)
    )
    if not borders:
        number = sa.literal(0)
    labelled = sa.select(number.label("month"), Visit.person_id).where(*frame.visits()).subquery()
    rows = session.execute(
        sa.select(labelled.c.month, sa.func.count(), sa.func.count(sa.distinct(labelled.c.person_id))).group_by(
            labelled.c.month
        )
    ).all()
    found = {month: (times, persons) for month, times, persons in rows}
    for position, first in enumerate(months):
        yield first, *found.get(position, (0, 0))
