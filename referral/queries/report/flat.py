"""A report as a flat list of figures with codes, for keeping and comparing; and digests of what it was made of."""

import hashlib
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Need, Outcome, Referral, Visit
from referral.queries.report.figures import Report
from referral.queries.report.frame import Frame
from referral.queries.report.measured import LINE
from referral.withheld import Withheld

DONE = ("persons", "households", "person_times", "hours", "activities", "amount", "not_reached_total")
FUNNEL = (
    "requested", "waiting", "accepted", "rejected", "expired", "cancelled", "completed", "served", "partly_served",
    "not_served",
)  # fmt: skip
HIDDEN = "withheld"


def flat(report: Report) -> dict[str, str | None]:  # noqa: PLR0912  one branch for each table
    """Return each figure under a code that does not change with the language; None where there is no figure."""
    found: dict[str, Any] = {f"done.{name}": getattr(report.done, name) for name in DONE}
    found |= {f"needs.{name}": getattr(report, name) for name in ("needs", "needs_met")}
    for line in report.done.services:
        for name in ("persons", "person_times", "hours", "units", "amount"):
            found[f"service.{line.term.code}.{name}"] = getattr(line, name)
    for day, times, persons in report.done.months:
        found |= {f"month.{day:%Y-%m}.person_times": times, f"month.{day:%Y-%m}.persons": persons}
    for result, times in report.done.not_reached:
        found[f"not_reached.{result.value}"] = times
    found |= {f"referrals.{name}": getattr(report.funnel, name) for name in FUNNEL}
    for state, reason, count in report.funnel.reasons:
        found[f"referrals.{state.value}.{reason.value}"] = count
    for speed in report.speeds:
        for name in ("n", "median", "p90", "in_time", "open"):
            found[f"speed.{speed.code}.{name}"] = getattr(speed, name)
    for change in report.changes:
        for name in ("n", "baseline", "follow_up", "change", "low", "high", "improved", "worse"):
            found[f"change.{getattr(change.measure, 'value', change.measure)}.{name}"] = getattr(change, name)
    for kind, groups in (("township", report.townships), ("sex", report.sexes), ("age", report.ages)):
        for group in groups:
            label = getattr(group.label, "code", None) or getattr(group.label, "value", None) or group.label
            for name in ("persons", "person_times", "hours", "needs", "needs_met"):
                found[f"{kind}.{label}.{name}"] = getattr(group, name)
    for one in report.programs:
        for name in ("households", "persons", "units", "spent", "per_person"):
            found[f"program.{one.program.name}.{name}"] = getattr(one, name)
    for name in ("persons_without_birth_date", "needs_without_offer", "unanswered"):
        found[f"unknown.{name}"] = getattr(report.unknown, name)
    found["unknown.without_minutes"] = report.done.without_minutes
    return {code: _text(value) for code, value in (found | _measured(report)).items()}


def _measured(report: Report) -> dict[str, Any]:
    measured = report.measured
    found: dict[str, Any] = {"referrals.acceptance": report.funnel.acceptance}
    for share in measured.shares:
        found |= {f"share.{share.code}.{name}": getattr(share, name) for name in ("part", "whole", "value")}
    for mean in measured.means:
        found |= {f"mean.{mean.code}.{name}": getattr(mean, name) for name in ("n", "mean", "low", "high")}
    for line in measured.lines:
        found |= {f"unit.{line.unit}.{name}": getattr(line, name) for name in (*LINE, "completion")}
    found |= {f"exit.{why.value}": count for why, count in measured.exits}
    for fund in measured.funds:
        for name in ("persons", "units", "spent", "per_unit"):
            found[f"fund.{fund.source}.{name}"] = getattr(fund, name)
    for cost in measured.costs:
        found |= {f"cost.{cost.code}.{name}": getattr(cost, name) for name in ("outcomes", "each")}
    for one in measured.compared:
        label = getattr(one.label, "code", None) or getattr(one.label, "value", None)
        label = label or getattr(one.label, "name", None) or one.label
        for name in ("persons", "n", "baseline", "follow_up", "change", "low", "high"):
            found[f"group.{one.kind}.{label}.{name}"] = getattr(one, name)
    return found


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, Withheld):
        return HIDDEN
    return (
        f"{value:.6f}" if isinstance(value, float) else str(value.normalize() if isinstance(value, Decimal) else value)
    )


def digests(session: Session, frame: Frame) -> dict[str, list[Any]]:
    """Return of each kind of record how many stand behind a frame, and the SHA-256 of what is counted of them."""
    selects: dict[str, Any] = {
        "visit": sa.select(Visit.id, Visit.contact_result, Visit.minutes, Visit.units, Visit.amount)
        .where(*frame.entries())
        .order_by(Visit.id),
        "referral": sa.select(Referral.id, Referral.status, Referral.outcome)
        .where(*frame.referrals())
        .order_by(Referral.id),
        "need": sa.select(Need.id, Need.status).where(*frame.needs()).order_by(Need.id),
        "outcome": sa.select(Outcome.id, Outcome.score)
        .where(frame.served_person(Outcome.person_id), Outcome.taken_on <= frame.end)
        .order_by(Outcome.id),
    }
    found: dict[str, list[Any]] = {}
    for name, statement in selects.items():
        made, count = hashlib.sha256(), 0
        for row in session.execute(statement):
            made.update(("|".join("" if value is None else str(value) for value in row) + "\n").encode())
            count += 1
        found[name] = [count, made.hexdigest()]
    return found
