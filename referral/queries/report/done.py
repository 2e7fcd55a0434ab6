"""What was done: people, person-times, hours, units, goods and money."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import TaxonomyTerm, Visit
from referral.queries.report.cells import Cell, key_of, months_of
from referral.queries.report.figures import Done, ServiceLine
from referral.queries.report.frame import Frame


def hours(minutes: int) -> Decimal:
    """Return minutes as hours to the hundredth."""
    return (Decimal(int(minutes)) / 60).quantize(Decimal("0.01"))


def total(hundredths: Iterable[int]) -> Decimal:
    """Return the sum of whole hundredths as a decimal with two places."""
    return Decimal(int(sum(hundredths))).scaleb(-2)


def what_was_done(session: Session, frame: Frame, cells: Sequence[Cell]) -> Done:
    """Return what was done in a frame, from its cells. Two statements."""
    met = [cell for cell in cells if cell.reached]
    not_reached = Counter[Any]()
    for cell in cells:
        if not cell.reached:
            not_reached[cell.result] += cell.times
    activities = session.scalar(
        sa.select(sa.func.count(sa.distinct(Visit.activity_key))).where(
            *frame.visits(), Visit.activity_key.is_not(None)
        )
    )
    return Done(
        persons=len({cell.person for cell in met}),
        households=len({cell.household for cell in met}),
        person_times=sum(cell.times for cell in met),
        hours=hours(sum(cell.minutes for cell in met)),
        activities=activities or 0,
        amount=total(cell.amount for cell in met),
        services=_services(session, met),
        months=_months(frame, met),
        not_reached=sorted(not_reached.items(), key=lambda item: (-item[1], item[0])),
    )


def _services(session: Session, met: Sequence[Cell]) -> list[ServiceLine]:
    by_term: dict[Any, list[Cell]] = defaultdict(list)
    for cell in met:
        by_term[cell.term].append(cell)
    by_term = {key_of(term): cells for term, cells in by_term.items()}
    terms = session.scalars(sa.select(TaxonomyTerm).where(TaxonomyTerm.id.in_(by_term)))
    lines = [
        ServiceLine(
            term=term,
            persons=len({cell.person for cell in by_term[term.id]}),
            person_times=sum(cell.times for cell in by_term[term.id]),
            hours=hours(sum(cell.minutes for cell in by_term[term.id])),
            units=total(cell.units for cell in by_term[term.id]),
            amount=total(cell.amount for cell in by_term[term.id]),
        )
        for term in terms
    ]
    return sorted(lines, key=lambda line: (-line.person_times, line.term.code))


def _months(frame: Frame, met: Sequence[Cell]) -> list[tuple[Any, int, int]]:
    months = months_of(frame)
    times, people = Counter[int](), defaultdict[int, set[Any]](set)
    for cell in met:
        times[cell.month] += cell.times
        people[cell.month].add(cell.person)
    return [(first, times[position], len(people[position])) for position, first in enumerate(months)]
