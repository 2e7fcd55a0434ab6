"""The figures of a frozen report in words, under the headings of the report."""

import enum
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from models import CaseExit, ContactResult, DeclineReason, Measure, ReferralStatus, Sex
from referral.evaluation.codes import definition_of
from referral.evaluation.definitions import ALL, DEFINITIONS, GROUPS
from referral.filters import number, percent
from referral.i18n import _, in_language, lazy
from referral.measure_words import measure_word
from referral.queries.report.compared import NO_STATUS
from referral.queries.report.flat import HIDDEN
from referral.words import unit_name, word

PARTS: dict[str, Any] = {
    "n": lazy("n"),
    "median": lazy("Median"),
    "p90": lazy("P90"),
    "in_time": lazy("In time"),
    "open": lazy("Still open"),
    "baseline": lazy("Before"),
    "follow_up": lazy("After"),
    "change": lazy("Mean change"),
    "low": lazy("Lower end of the interval"),
    "high": lazy("Upper end of the interval"),
    "improved": lazy("Improved"),
    "worse": lazy("Worse"),
    "part": lazy("Numerator"),
    "whole": lazy("Denominator"),
    "value": lazy("Share"),
    "mean": lazy("Mean"),
    "persons": lazy("Persons"),
    "kept": lazy("Units of planned visits that were done"),
    "completion": lazy("Share"),
    "outcomes": lazy("Outcomes"),
    "each": lazy("Yuan for each"),
}
"""What a figure is of its indicator, where that is more than one figure."""
OF_MANY = frozenset({"change", "share", "mean", "speed", "cost", "group"})
CODED: dict[str, tuple[type[enum.Enum], ...]] = {
    "not_reached": (ContactResult,),
    "exit": (CaseExit,),
    "referrals": (ReferralStatus, DeclineReason),
    "sex": (Sex,),
}
"""Tables whose lines are codes with words of their own."""
UNKNOWN = frozenset({"?", "None", NO_STATUS})


SHARES = frozenset({"value", "in_time", "completion", "acceptance"})


class Row(NamedTuple):
    """One figure in words."""

    title: str
    of: str
    value: str


def rows(figures: Mapping[str, str | None], names: Mapping[str, Any]) -> dict[str, list[Row]]:
    """Return the figures that have a value under the headings of the report; `names` are records by their codes."""
    order = {code: place for place, code in enumerate(ALL)}
    group_of = {code: group for group, codes in DEFINITIONS.items() for code in codes}
    found: dict[str, list[Row]] = {group: [] for group in GROUPS}
    told = [(definition_of(code), code, value) for code, value in figures.items() if value is not None]
    for definition, code, value in sorted(told, key=lambda one: order[one[0]]):
        found[group_of[definition]].append(Row(title_of(code), line_of(code, names), shown(code, value)))
    return {group: lines for group, lines in found.items() if lines}


def title_of(code: str) -> str:
    """Return what a kept figure is."""
    table, *rest = code.split(".")
    title = str(ALL[definition_of(code)].title)
    part = PARTS.get(rest[-1]) if table in OF_MANY or rest[-1] == "kept" else None
    return f"{title}{_(': ')}{part}" if part else title


def shown(code: str, value: str | None) -> str:
    """Return a kept figure as a reader sees it: shares in percent, others to three decimals; all else as it stands."""
    if value == HIDDEN:
        return _("withheld")
    try:
        exact = Decimal(value or "")
    except InvalidOperation:
        return value or "–"
    if code.rpartition(".")[2] in SHARES:
        return percent(float(exact), 1)
    return number(exact if exact == exact.to_integral_value() else round(exact, 3).normalize())


def line_of(code: str, names: Mapping[str, Any]) -> str:
    """Return the line of its table that a kept figure stands in; nothing for figures of the whole."""
    table, *rest = code.split(".")
    if table in {"exit", "not_reached"}:
        return _coded(table, rest)
    if table == "group":
        return _label(rest[0], ".".join(rest[1:-1]), names)
    if table == "referrals":
        return _coded(table, rest) if len(rest) > 1 else ""
    if table in {"share", "mean", "speed", "cost", "done", "needs", "unknown"}:
        return ""
    return _label(table, ".".join(rest[:-1]), names)


def _coded(table: str, codes: list[str]) -> str:
    return " · ".join(word(kind(code)) for kind, code in zip(CODED[table], codes, strict=False))


def _label(table: str, label: str, names: Mapping[str, Any]) -> str:
    named = {
        "change": lambda: measure_word(Measure(label) if label in set(Measure) else label),
        "unit": lambda: unit_name(label),
        "age": lambda: _("%(band)s years", band=label),
    }
    if table == "status" and label in UNKNOWN:
        return _("On no register")
    if label in UNKNOWN:
        return _("Not recorded")
    if table in CODED:
        return _coded(table, [label])
    if table in named:
        return named[table]()
    return in_language(names[label]) if label in names else label
