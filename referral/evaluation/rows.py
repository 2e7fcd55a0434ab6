"""Rows that the page and the workbook share."""

import enum
from typing import Any

from models import Area, BeneficiaryCategory, Program
from referral.evaluation.definitions import ALL
from referral.evaluation.statistics import rate_ratio
from referral.i18n import _, in_language
from referral.queries.report.compared import NO_STATUS
from referral.queries.report.figures import Funnel, Group, Report
from referral.queries.report.measured import LINE, Share, UnitLine
from referral.withheld import Withheld
from referral.words import word

Ratio = tuple[float, float, float] | None

FUNNEL = (
    "requested", "waiting", "accepted", "rejected", "expired", "cancelled", "completed", "served", "partly_served",
    "not_served",
)  # fmt: skip
UNKNOWN = {
    "never_offered": "needs_without_offer",
    "unanswered": "unanswered",
    "without_birth_date": "persons_without_birth_date",
}
SPEED_TITLES = {code: ALL[code].title for code in ("first_contact", "first_offer", "answer", "first_service")}


def funnel_rows(funnel: Funnel) -> list[tuple[str, Any, int]]:
    """Return (code, title, number) of each stage."""
    return [(code, ALL[code].title, getattr(funnel, code)) for code in FUNNEL]


def unknown_rows(report: Report) -> list[tuple[str, Any, int]]:
    """Return (code, title, number) of each gap."""
    gaps = [(code, ALL[code].title, getattr(report.unknown, name)) for code, name in UNKNOWN.items()]
    return [*gaps, ("without_minutes", ALL["without_minutes"].title, report.done.without_minutes)]


def group_label(label: Any) -> str:
    """Return what a group is called."""
    if isinstance(label, Area):
        return in_language(label)
    if isinstance(label, enum.Enum):
        return word(label)
    if isinstance(label, Program):
        return label.name
    if isinstance(label, BeneficiaryCategory):
        return in_language(label)
    if label == NO_STATUS:
        return _("On no register")
    return _("Not recorded") if label in {None, "?"} else _("%(band)s years", band=label)


def share_rows(report: Report) -> list[Share]:
    """Return the shares of a report in the order of the definitions."""
    return sorted(report.measured.shares, key=lambda one: list(ALL).index(one.code))


def unit_rows(report: Report) -> list[UnitLine]:
    """Return the lines of units, less those in which nothing at all stands."""
    return [line for line in report.measured.lines if any(getattr(line, name) for name in LINE)]


def kind_word(kind: str) -> str:
    """Return what a kind of group is called."""
    return {
        "program": _("Program"),
        "township": _("Township"),
        "sex": _("Sex"),
        "age": _("Age"),
        "status": _("Recognised status"),
    }[kind]


def equity(groups: list[Group]) -> list[tuple[Group, Ratio]]:
    """Return each group with the ratio of its share of needs met to that of all others; none of withheld groups."""
    told = [one for one in groups if not isinstance(one.needs, Withheld)]
    if len(told) < len(groups):
        return []
    needs, met = sum(one.needs for one in groups), sum(one.needs_met for one in groups)
    return [(one, rate_ratio(one.needs_met, one.needs, met - one.needs_met, needs - one.needs)) for one in groups]


def tables_of_equity(report: Report) -> list[tuple[str, list[tuple[Group, Ratio]]]]:
    """Return the tables of equity by their titles."""
    kinds = ((_("Township"), report.townships), (_("Sex"), report.sexes), (_("Age"), report.ages))
    return [(title, equity(list(groups))) for title, groups in kinds]
