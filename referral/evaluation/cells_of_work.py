"""The cells of shares, hours in one line, money and groups: what each stands for, and how they hang together."""

from dataclasses import replace
from typing import Any, Protocol

from referral.evaluation.suppression import Tables
from referral.queries.report.figures import Report
from referral.queries.report.measured import LINE, Measured
from referral.withheld import WITHHELD

NOTHING: Any = WITHHELD
LAST_SCORE = frozenset({"gas_reached", "overlap", "match_rate"})
"""Shares of a quarter that are not sums of its months: by the last score, by distinct people, by what is past then."""
SHOWN_OF_LINE = frozenset(LINE)
PARTED = ("sex", "age", "township")
"""Kinds of groups of which everybody belongs to one."""


class Hidden(Protocol):
    """A question to the plan."""

    def __call__(self, kind: str, value: str = "") -> bool:
        """Say whether the cell of a kind and value is withheld in the period that is told of."""


def kind_of_share(code: str, side: str) -> str:
    """Return the kind of the cell of one side (part, rest, whole) of a share."""
    return f"last/{side}" if code in LAST_SCORE else f"share/{side}"


def add_measured(tables: Tables, period: str, report: Report, name_of: Any) -> list[Any]:
    """Add the cells of a period, and what adds up within it; return them."""
    measured = report.measured
    return [
        *_shares(tables, period, report),
        *(tables.add((period, "exit", why.value), count) for why, count in measured.exits),
        *_lines(tables, period, report),
        *_money(tables, period, report),
        *_groups(tables, period, report, name_of),
    ]


def _shares(tables: Tables, period: str, report: Report) -> list[Any]:
    cells = []
    for one in report.measured.shares:
        part, rest, whole = (
            (period, kind_of_share(one.code, side), one.code) for side in ("part", "rest", "whole")
        )  # fmt: skip
        behind = one.people or (0, 0)
        tables.add(part, one.part, behind[:1])
        tables.add_unseen(rest, one.whole - one.part, behind[1:])
        cells += [part, rest]
        match one.code:
            case "overlap":
                tables.total((period, "total", ""), [part, rest])
            case "gas_reached":
                tables.total((period, "change", "gas"), [part, rest])
            case "flagged":
                # All entries are those that count and those in which nobody was met: both are told elsewhere.
                told = {(period, "total", ""): -1, (period, "missed_total", ""): -1}
                tables.equations.append({**told, part: 1, rest: 1})
            case _:
                cells.append(tables.add(whole, one.whole))
                tables.total(whole, [part, rest])
        if one.code == "discovery":
            cells += _imported(tables, period, report, whole, one.whole)
    for mean in report.measured.means:
        answered = report.measured.share("response_rate").part
        scored = tables.add((period, "mean", mean.code), mean.n)
        broken = tables.add_unseen((period, "mean/broken", mean.code), answered - mean.n)
        tables.total((period, kind_of_share("response_rate", "part"), "response_rate"), [scored, broken])
        cells += [scored, broken]
    return cells


def _imported(tables: Tables, period: str, report: Report, whole: Any, count: int) -> list[Any]:
    """Tie cases that were found to those of the speed of first contact, which counts imported ones too."""
    speed = next(one for one in report.speeds if one.code == "first_contact")
    imported = tables.add_unseen((period, "imported", ""), max(speed.n + speed.open - count, 0))
    tables.equations.append(
        {(period, "speed", "first_contact"): -1, (period, "open", "first_contact"): -1, whole: 1, imported: 1}
    )
    return [imported]


def _lines(tables: Tables, period: str, report: Report) -> list[Any]:
    cells = []
    for line in report.measured.lines:
        names = (*LINE, "missed", "unapproved", "uncovered")
        at = {name: (period, f"line/{name}", line.unit) for name in names}
        for name, count in zip(names, line.people, strict=True):
            cells.append((tables.add if name in SHOWN_OF_LINE else tables.add_unseen)(at[name], count))
        tables.total(at["planned"], [at["kept"], at["missed"]])
        tables.total(at["delivered"], [at["approved"], at["unapproved"]])
        tables.total(at["approved"], [at["contracted"], at["uncovered"]])
        services = [(period, "service", one.term.code) for one in report.done.services if one.term.unit == line.unit]
        if services:
            tables.total(at["delivered"], services)
    return cells


def _money(tables: Tables, period: str, report: Report) -> list[Any]:
    total = (period, "total", "")
    cells = []
    programs: dict[str, list[Any]] = {}
    for line in report.programs:
        cell = tables.add((period, "program", line.program.id.hex), line.persons, (line.households,))
        cells.append(cell)
        if line.persons == report.done.persons:
            tables.total(total, [cell])
        if line.spent is not None:
            programs.setdefault(line.program.funding_source or "", []).append(cell)
    for fund in report.measured.funds:
        cell = tables.add((period, "fund", fund.source), fund.persons)
        tables.total(cell, programs[fund.source])
        cells.append(cell)
    if report.measured.funds:
        spent = tables.add((period, "spent", ""), sum(one.persons for one in report.measured.funds))
        tables.total(spent, [(period, "fund", one.source) for one in report.measured.funds])
        cells.append(spent)
    for cost in report.measured.costs:
        kind = "cost" if cost.code == "cost_per_served" else "last/cost"
        cell = tables.add((period, kind, cost.code), cost.outcomes)
        cells.append(cell)
        if kind == "cost":
            rest = tables.add_unseen((period, "cost/rest", cost.code), report.funnel.served - cost.outcomes)
            tables.total((period, "stage", "served"), [cell, rest])
            cells.append(rest)
    return cells


def _groups(tables: Tables, period: str, report: Report, name_of: Any) -> list[Any]:
    cells = []
    pairs = (period, "change", "who5")
    for kind in PARTED:
        parts = [
            tables.add((period, f"last/pairs/{kind}", name_of(one.label)), one.n)
            for one in report.measured.compared
            if one.kind == kind
        ]
        if parts:
            tables.total(pairs, parts)
        cells += parts
    for one in report.measured.compared:
        if one.kind in PARTED:
            continue
        label = name_of(one.label)
        mine = tables.add((period, f"last/pairs/{one.kind}", label), one.n)
        others = tables.add_unseen((period, f"last/others/{one.kind}", label), one.rest)
        tables.total(pairs, [mine, others])
        cells += [mine, others]
        if one.kind == "status":
            held = tables.add((period, "holds", label), one.persons)
            not_held = tables.add_unseen((period, "holds/not", label), report.done.persons - one.persons)
            tables.total((period, "total", ""), [held, not_held])
            cells += [held, not_held]
    return cells


def measured_without(report: Report, is_hidden: Hidden, name_of: Any) -> Measured:
    """Return the figures without the hidden cells."""
    measured = report.measured
    no_total = is_hidden("total")
    shares = []
    for one in measured.shares:
        part = is_hidden(kind_of_share(one.code, "part"), one.code)
        match one.code:
            case "overlap":
                whole = no_total
            case "gas_reached":
                whole = is_hidden("change", "gas")
            case "flagged":
                whole = no_total or is_hidden("missed_total")
            case _:
                whole = is_hidden(kind_of_share(one.code, "whole"), one.code)
        shares.append(replace(one, part=NOTHING if part else one.part, whole=NOTHING if whole else one.whole))
    means = [
        replace(one, n=NOTHING, mean=None, low=None, high=None) if is_hidden("mean", one.code) else one
        for one in measured.means
    ]
    lines = []
    for line in measured.lines:
        hidden: dict[str, Any] = {name: NOTHING for name in LINE if is_hidden(f"line/{name}", line.unit)}
        lines.append(replace(line, **hidden))
    funds = [
        replace(one, persons=NOTHING, units=NOTHING, spent=NOTHING) if is_hidden("fund", one.source) else one
        for one in measured.funds
    ]
    costs = []
    for cost in measured.costs:
        kind = "cost" if cost.code == "cost_per_served" else "last/cost"
        gone = is_hidden(kind, cost.code)
        spent = NOTHING if is_hidden("spent") else cost.spent
        costs.append(replace(cost, spent=spent, outcomes=NOTHING if gone else cost.outcomes))
    compared = []
    for group in measured.compared:
        label = name_of(group.label)
        if is_hidden(f"last/pairs/{group.kind}", label):
            group = replace(  # noqa: PLW2901
                group, n=NOTHING, rest=NOTHING, baseline=None, follow_up=None, change=None, low=None, high=None
            )
        people = {"status": "holds"}.get(group.kind, group.kind)
        value = group.label.id.hex if group.kind == "program" else label
        if no_total or is_hidden(people, value):
            group = replace(group, persons=NOTHING)  # noqa: PLW2901
        compared.append(group)
    exits = [(why, NOTHING if is_hidden("exit", why.value) else count) for why, count in measured.exits]
    return Measured(shares, means, lines, exits, [] if no_total else funds, [] if no_total else costs, compared)
