"""Rows that the page and the workbook share."""

import enum
from typing import Any

from models import Area
from referral.evaluation.definitions import ALL
from referral.i18n import _, in_language
from referral.queries.report.figures import Funnel, Report
from referral.words import word

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
    return _("Not recorded") if label in {None, "?"} else _("%(band)s years", band=label)
