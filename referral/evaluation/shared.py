"""What may be told to whoever sees no names: one plan for a year of tables, asked by page, files and snapshots."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from referral.evaluation.cells import add_report, add_sums, without
from referral.evaluation.periods import Period, of_year
from referral.evaluation.suppression import Tables, plan
from referral.queries.report.figures import Report

Count = Callable[[Period], Report]


def year_tables(count: Count, year: int, today: date) -> tuple[Tables, dict[str, Report]]:
    """Return the cells of all tables of a year's periods that are over, told in their order, and the reports."""
    tables, reports = Tables(), {}
    periods = of_year(year, today)
    for period in periods:
        reports[period.code] = count(period)
        stage = add_report(tables, period.code, reports[period.code])
        parts = [one for one in periods if one.months < period.months and period.start <= one.start <= period.end]
        if parts:
            longest = max(one.months for one in parts)
            add_sums(tables, period.code, [one.code for one in parts if one.months == longest])
        tables.stages.append(stage)
    # A month is told with the quarter it belongs to, as soon as that is over: order by end, the shorter first.
    order = sorted(range(len(periods)), key=lambda place: (periods[place].end, periods[place].months))
    tables.stages = [tables.stages[place] for place in order]
    return tables, reports


@dataclass(frozen=True)
class Year:
    """The reports of a year's periods by code, as they may be told, and which cells are not told."""

    reports: dict[str, Report]
    hidden: frozenset[Any]


def told_year(count: Count, year: int, today: date) -> Year:
    """Return the reports of a year's periods without the cells that the plan withholds."""
    tables, reports = year_tables(count, year, today)
    hidden = plan(tables)
    return Year({code: without(report, code, hidden) for code, report in reports.items()}, frozenset(hidden))
