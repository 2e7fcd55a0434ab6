"""A report as cells: which figures stand for how many, what adds up to what, and the report without some of them."""

from dataclasses import replace
from typing import Any

from models import Program
from referral.evaluation.cells_of_work import add_measured, measured_without
from referral.evaluation.rows import FUNNEL, UNKNOWN
from referral.evaluation.suppression import Tables
from referral.queries.report.figures import Change, Group, Report
from referral.withheld import WITHHELD

NOTHING: Any = WITHHELD
ANSWERED = ("waiting", "accepted", "rejected", "expired", "cancelled")
NOT_ADDED = frozenset({"change"})
"""Kinds of cells that do not add up over time: the last score in a quarter is not the sum of those of its months."""
GROUPS = {"township": "townships", "sex": "sexes", "age": "ages"}


def label_of(label: Any) -> str:
    """Return what stands for a group in a cell."""
    named = getattr(label, "code", None) or getattr(label, "value", None)
    return str(named or (label.id.hex if isinstance(label, Program) else label))


def add_report(tables: Tables, period: str, report: Report) -> list[Any]:
    """Add the cells of a report of a period, and what adds up within it; return the cells."""
    done, funnel = report.done, report.funnel
    whole = (period, "total", "")
    wanted = (period, "needs", "")
    cells = [tables.add(whole, done.persons, (done.households,)), tables.add(wanted, report.needs, (report.needs_met,))]
    kinds: dict[str, list[Any]] = {
        "service": [tables.add((period, "service", line.term.code), line.persons) for line in done.services]
    }
    for kind, name in GROUPS.items():
        kinds[kind] = [
            tables.add((period, kind, label_of(group.label)), group.persons) for group in getattr(report, name)
        ]
        needs = [
            tables.add((period, f"{kind}/needs", label_of(group.label)), group.needs, (group.needs_met,))
            for group in getattr(report, name)
        ]
        tables.total(wanted, needs)
        cells += needs
    for listed in kinds.values():
        tables.total(whole, listed)
        cells += listed
    missed = [tables.add((period, "missed", result.value), times) for result, times in done.not_reached]
    cells += [*missed, tables.add((period, "missed_total", ""), done.not_reached_total)]
    tables.total((period, "missed_total", ""), missed)
    cells += [tables.add((period, "stage", code), getattr(funnel, code)) for code in FUNNEL]
    tables.total((period, "stage", "requested"), [(period, "stage", code) for code in ANSWERED])
    reasons = [
        tables.add((period, "reason", f"{state.value}/{reason.value}"), count)
        for state, reason, count in funnel.reasons
    ]
    cells += reasons
    tables.total((period, "stage", "rejected"), [cell for cell in reasons if cell[2].startswith("rejected/")])
    for speed in report.speeds:
        timed, waits = (period, "speed", speed.code), (period, "open", speed.code)
        cells += [tables.add(timed, speed.n), tables.add(waits, speed.open)]
        if speed.code in {"first_offer", "first_service"}:
            tables.total(wanted, [timed, waits])
    tables.total((period, "speed", "answer"), [(period, "stage", "accepted"), (period, "stage", "rejected")])
    tables.total((period, "open", "answer"), [(period, "stage", "waiting")])
    cells += [tables.add((period, "change", label_of(one.measure)), one.n) for one in report.changes]
    for code, name in UNKNOWN.items():
        cells.append(tables.add((period, "gap", code), getattr(report.unknown, name)))
    cells.append(tables.add((period, "gap", "without_minutes"), done.without_minutes))
    unknown = [cell for cell in kinds["age"] if cell[2] in {"?", "None"}]
    if unknown:
        tables.total((period, "gap", "without_birth_date"), unknown)
    return cells + add_measured(tables, period, report, label_of)


def add_sums(tables: Tables, whole: str, parts: list[str]) -> None:
    """Say that the cells of a longer period are the sums of those of its parts."""
    for cell in [one for one in tables.counts if one[0] == whole and _adds_up(one[1])]:
        inside = [(part, *cell[1:]) for part in parts if (part, *cell[1:]) in tables.counts]
        if inside:
            tables.total(cell, inside)


def _adds_up(kind: str) -> bool:
    return kind not in NOT_ADDED and not kind.startswith("last/")


def without(report: Report, period: str, hidden: set[Any]) -> Report:
    """Return a report of a period without the hidden cells of any table."""

    def is_hidden(kind: str, value: str = "") -> bool:
        return (period, kind, value) in hidden

    report = replace(
        report,
        measured=measured_without(report, is_hidden, label_of),
        programs=[line for line in report.programs if not is_hidden("program", line.program.id.hex)],
    )

    done, funnel = report.done, report.funnel
    if is_hidden("total"):
        done = replace(
            done, persons=NOTHING, households=NOTHING, person_times=NOTHING, hours=NOTHING, activities=NOTHING,
            amount=NOTHING,
        )  # fmt: skip
        report = replace(report, programs=[])
    if is_hidden("needs"):
        report = replace(report, needs=NOTHING, needs_met=NOTHING)
    done = replace(
        done,
        services=[
            replace(line, persons=NOTHING, person_times=NOTHING, hours=NOTHING, units=NOTHING, amount=NOTHING)
            if is_hidden("service", line.term.code)
            else line
            for line in done.services
        ],
        months=[
            (day, NOTHING, NOTHING) if (f"{day:%Y-%m}", "total", "") in hidden else (day, times, persons)
            for day, times, persons in done.months
        ],
        not_reached=[
            (result, NOTHING if is_hidden("missed", result.value) else times) for result, times in done.not_reached
        ],
        not_reached_total=NOTHING if is_hidden("missed_total") else done.not_reached_total,
        without_minutes=NOTHING if is_hidden("gap", "without_minutes") else done.without_minutes,
    )
    stages: dict[str, Any] = {code: NOTHING for code in FUNNEL if is_hidden("stage", code)}
    funnel = replace(
        funnel,
        reasons=[
            (state, reason, NOTHING if is_hidden("reason", f"{state.value}/{reason.value}") else count)
            for state, reason, count in funnel.reasons
        ],
        **stages,
    )
    speeds = []
    for speed in report.speeds:
        if is_hidden("speed", speed.code):
            speed = replace(speed, n=NOTHING, median=None, p90=None, in_time=None)  # noqa: PLW2901
        if is_hidden("open", speed.code):
            speed = replace(speed, open=NOTHING)  # noqa: PLW2901
        speeds.append(speed)
    gaps: dict[str, Any] = {name: NOTHING for code, name in UNKNOWN.items() if is_hidden("gap", code)}
    groups: dict[str, Any] = {
        name: [
            _group(group, is_hidden(kind, label_of(group.label)), is_hidden(f"{kind}/needs", label_of(group.label)))
            for group in getattr(report, name)
        ]
        for kind, name in GROUPS.items()
    }
    changes = [_change(one) if is_hidden("change", label_of(one.measure)) else one for one in report.changes]
    unknown = replace(report.unknown, **gaps)
    return replace(report, done=done, funnel=funnel, speeds=speeds, changes=changes, unknown=unknown, **groups)


def _group(group: Group, persons: bool, needs: bool) -> Group:
    if persons:
        group = replace(group, persons=NOTHING, person_times=NOTHING, hours=NOTHING)
    return replace(group, needs=NOTHING, needs_met=NOTHING) if needs else group


def _change(change: Change) -> Change:
    """Withhold a change of few pairs: the mean of one pair is one person's score."""
    return replace(
        change, n=NOTHING, baseline=None, follow_up=None, change=None, low=None, high=None, improved=NOTHING,
        worse=NOTHING, without_follow_up=NOTHING,
    )  # fmt: skip
