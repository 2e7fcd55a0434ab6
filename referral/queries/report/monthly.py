"""A station's month in the township's form: services by persons, person-times and households, urban and rural apart."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Area, AreaKind, MonthlyReport, Organization, ProviderKind, Role, TaxonomyTerm, Visit
from referral.access import in_area, scope
from referral.clock import start_of
from referral.queries.report.done import value_of
from referral.queries.report.entries import total
from referral.queries.report.kept import next_month, read

KINDS = (AreaKind.URBAN.value, AreaKind.RURAL.value, "unknown")


@dataclass(frozen=True)
class MonthLine:
    """One service among the people of one kind of village; the total has no service."""

    term: TaxonomyTerm | None
    kind: str
    persons: int
    person_times: int
    households: int
    units: Decimal
    amount: Decimal


def lines_of(session: Session, actor: Account, organization_id: UUID, month: date) -> list[list[Any]]:
    """Return the lines of a station's month as they are filed. Three statements.

    A line: code of the term ("" for the total), urban, rural, unknown or all, persons, person-times, households,
    hundredths of units, unit, fen. Persons of a total are distinct: they are not the sum of the lines.
    """
    met = read(
        session,
        [
            scope(actor, Visit),
            Visit.organization_id == organization_id,
            Visit.started_at >= start_of(month),
            Visit.started_at < start_of(next_month(month)),
            Visit.replaced.is_(False),
        ],
    )
    met = met.where(met.reached)
    codes = [bytes(code).decode() for code in met.lists["areas"]]
    areas = sa.select(Area.code, Area.kind).where(Area.code.in_(codes))
    kind_of: dict[str, AreaKind | None] = {row.code: row.kind for row in session.execute(areas)}
    places = np.array([KINDS.index(getattr(kind_of.get(code), "value", "unknown")) for code in codes] or [2])
    kinds = places[met.area] if len(met) else np.zeros(0, np.int64)
    terms = [met.key("terms", place) for place in range(len(met.lists["terms"]))]
    known = {term.id: term for term in session.scalars(sa.select(TaxonomyTerm).where(TaxonomyTerm.id.in_(terms)))}
    found = _lines(met, met.term.astype(np.int64) * len(KINDS) + kinds, len(terms) * len(KINDS))
    lines: list[list[Any]] = [
        [known[terms[place // len(KINDS)]].code, KINDS[place % len(KINDS)], *figures[:4],
         known[terms[place // len(KINDS)]].unit or "", figures[4]]
        for place, figures in found
    ]  # fmt: skip
    lines.sort(key=lambda line: (line[0], KINDS.index(line[1])))
    for place, figures in _lines(met, kinds, len(KINDS)):
        lines.append(["", KINDS[place], *figures[:3], 0, "", figures[4]])
    for _place, figures in _lines(met, np.zeros(len(met), np.int64), 1):
        lines.append(["", "all", *figures[:3], 0, "", figures[4]])
    return lines


def _lines(met: Any, groups: np.ndarray, many: int) -> list[tuple[int, list[int]]]:
    times = np.bincount(groups, minlength=many)
    columns = [
        met.distinct_by("person", groups, many), times, met.distinct_by("household", groups, many),
        total(met.units, groups, many), total(value_of(met), groups, many),
    ]  # fmt: skip
    return [(place, [int(column[place]) for column in columns]) for place in range(many) if times[place]]


def in_words(session: Session, lines: list[list[Any]]) -> list[MonthLine]:
    """Return filed lines with the terms they name. One statement."""
    codes = {line[0] for line in lines}
    terms = {term.code: term for term in session.scalars(sa.select(TaxonomyTerm).where(TaxonomyTerm.code.in_(codes)))}
    return [
        MonthLine(
            terms.get(line[0]), line[1], line[2], line[3], line[4], Decimal(line[5]).scaleb(-2),
            Decimal(line[7]).scaleb(-2),
        )
        for line in lines
    ]  # fmt: skip


def filed(session: Session, actor: Account, month: date) -> list[tuple[Organization, MonthlyReport | None]]:
    """Return the stations that an actor hears from with what each has filed of a month. One statement."""
    mine = (
        in_area(Organization.area_code, actor.area_code)
        if actor.role is Role.COORDINATOR
        else Organization.id == actor.organization_id
    )
    report = sa.and_(MonthlyReport.organization_id == Organization.id, MonthlyReport.month == month)
    rows = session.execute(
        sa.select(Organization, MonthlyReport)
        .outerjoin(MonthlyReport, report)
        .where(Organization.kind == ProviderKind.STATION, mine)
        .order_by(Organization.area_code, Organization.name)
    )
    return [(organization, found) for organization, found in rows]
