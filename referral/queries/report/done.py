"""What was done: people, person-times, hours, units, goods and money."""

from decimal import Decimal
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import TaxonomyTerm
from referral.queries.report.counted import months_of
from referral.queries.report.entries import RESULTS, Entries, total
from referral.queries.report.figures import Done, ServiceLine
from referral.queries.report.frame import Frame


def hours(minutes: int) -> Decimal:
    """Return minutes as hours to the hundredth."""
    return (Decimal(int(minutes)) / 60).quantize(Decimal("0.01"))


def hundredths(whole: int) -> Decimal:
    """Return whole hundredths as a decimal with two places."""
    return Decimal(int(whole)).scaleb(-2)


def value_of(met: Entries) -> np.ndarray:
    """Return the fen handed over by each entry, 0 where nothing was."""
    return np.asarray(np.maximum(met.amount, 0))


def what_was_done(session: Session, frame: Frame, listed: Entries) -> Done:
    """Return what was done in a frame, from its entries. One statement."""
    met = listed.where(listed.reached)
    missed = np.bincount(listed.result[~listed.reached], minlength=len(RESULTS)).tolist()
    return Done(
        persons=met.distinct("person"),
        households=met.distinct("household"),
        person_times=len(met),
        hours=hours(int(met.minutes.sum())),
        activities=met.distinct("activity"),
        amount=hundredths(int(value_of(met).sum())),
        without_minutes=int(((met.minutes == 0) & (met.amount < 0)).sum()),
        services=_services(session, met),
        months=_months(frame, met),
        not_reached=sorted(
            ((RESULTS[code], times) for code, times in enumerate(missed) if times),
            key=lambda item: (-item[1], item[0]),
        ),
        not_reached_total=sum(missed),
    )


def _services(session: Session, met: Entries) -> list[ServiceLine]:
    many = len(met.lists["terms"])
    sums: dict[str, Any] = {
        "persons": met.distinct_by("person", met.term, many),
        "times": np.bincount(met.term, minlength=many),
        "minutes": total(met.minutes, met.term, many),
        "units": total(met.units, met.term, many),
        "amount": total(value_of(met), met.term, many),
    }
    places = {met.key("terms", place): place for place in range(many) if sums["times"][place]}
    terms = session.scalars(sa.select(TaxonomyTerm).where(TaxonomyTerm.id.in_(places)))
    lines = [_line(term, {name: int(column[places[term.id]]) for name, column in sums.items()}) for term in terms]
    return sorted(lines, key=lambda line: (-line.person_times, line.term.code))


def _line(term: TaxonomyTerm, sums: dict[str, int]) -> ServiceLine:
    return ServiceLine(
        term=term,
        persons=sums["persons"],
        person_times=sums["times"],
        hours=hours(sums["minutes"]),
        units=hundredths(sums["units"]),
        amount=hundredths(sums["amount"]),
    )


def month_places(frame: Frame, listed: Entries) -> np.ndarray:
    """Return the position of each entry's month in the period, from 0."""
    borders = np.array([first.toordinal() for first in months_of(frame)[1:]])
    return np.searchsorted(borders, listed.day, side="right")


def _months(frame: Frame, met: Entries) -> list[tuple[Any, int, int]]:
    months = months_of(frame)
    places = month_places(frame, met)
    times, seen = np.bincount(places, minlength=len(months)), met.distinct_by("person", places, len(months))
    return [(first, int(times[place]), int(seen[place])) for place, first in enumerate(months)]
