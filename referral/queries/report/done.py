"""What was done: people, person-times, hours, units, goods and money."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import ContactResult, TaxonomyTerm
from referral.queries.report.counted import Entry, key_of, months_of
from referral.queries.report.figures import Done, ServiceLine
from referral.queries.report.frame import Frame


def hours(minutes: int) -> Decimal:
    """Return minutes as hours to the hundredth."""
    return (Decimal(int(minutes)) / 60).quantize(Decimal("0.01"))


def total(hundredths: Iterable[int]) -> Decimal:
    """Return the sum of whole hundredths as a decimal with two places."""
    return Decimal(int(sum(hundredths))).scaleb(-2)


def what_was_done(session: Session, frame: Frame, listed: Sequence[Entry]) -> Done:
    """Return what was done in a frame, from its entries. One statement."""
    met = [entry for entry in listed if entry.reached]
    not_reached = Counter(entry.result for entry in listed if not entry.reached)
    return Done(
        persons=len({entry.person for entry in met}),
        households=len({entry.household for entry in met}),
        person_times=len(met),
        hours=hours(sum(entry.minutes for entry in met)),
        activities=len({entry.activity for entry in met} - {None}),
        amount=total(entry.amount or 0 for entry in met),
        without_minutes=sum(1 for entry in met if not entry.minutes and entry.amount is None),
        services=_services(session, met),
        months=_months(frame, met),
        not_reached=sorted(
            ((ContactResult(code), times) for code, times in not_reached.items()),
            key=lambda item: (-item[1], item[0]),
        ),
        not_reached_total=not_reached.total(),
    )


def _services(session: Session, met: Sequence[Entry]) -> list[ServiceLine]:
    by_term: dict[Any, list[Entry]] = defaultdict(list)
    for entry in met:
        by_term[entry.term].append(entry)
    by_term = {key_of(term): listed for term, listed in by_term.items()}
    terms = session.scalars(sa.select(TaxonomyTerm).where(TaxonomyTerm.id.in_(by_term)))
    lines = [_line(term, by_term[term.id]) for term in terms]
    return sorted(lines, key=lambda line: (-line.person_times, line.term.code))


def _line(term: TaxonomyTerm, listed: Sequence[Entry]) -> ServiceLine:
    return ServiceLine(
        term=term,
        persons=len({entry.person for entry in listed}),
        person_times=len(listed),
        hours=hours(sum(entry.minutes for entry in listed)),
        units=total(entry.units for entry in listed),
        amount=total(entry.amount or 0 for entry in listed),
    )


def _months(frame: Frame, met: Sequence[Entry]) -> list[tuple[Any, int, int]]:
    times, seen = Counter(entry.month for entry in met), defaultdict[int, set[Any]](set)
    for entry in met:
        seen[entry.month].add(entry.person)
    return [(first, times[position], len(seen[position])) for position, first in enumerate(months_of(frame))]
