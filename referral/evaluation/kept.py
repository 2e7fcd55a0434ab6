"""The figures of a report, kept for a minute, so that page, charts and workbook tell the same and open quickly."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app

from models.field_groups import FieldGroup
from referral import clock
from referral.access import sees
from referral.evaluation.small_cells import without_small
from referral.extensions import db
from referral.queries.report.figures import Report
from referral.queries.report.frame import Frame
from referral.queries.report.report import make_report

KEPT_FOR = timedelta(minutes=1)
MOST = 32
"""Reports kept at a time, in each process; the oldest goes first."""
_lock = threading.Lock()


@dataclass(frozen=True)
class Figures:
    """A report and the moment it was counted."""

    report: Report
    at: datetime


def figures(frame: Frame) -> Figures:
    """Return the report of a frame, counted now or within the last minute for readers with the same scope."""
    actor, now = frame.actor, clock.now()
    scope = (actor.role, actor.organization_id, actor.area_code, actor.program_id)
    key = (*scope, frame.start, frame.end, frame.area_code, frame.program_id)
    kept: dict[Any, Figures] = current_app.extensions.setdefault("report_figures", {})
    with _lock:
        found = kept.get(key)
    if found is not None and now - found.at < KEPT_FOR:
        return found
    report = make_report(db.session, frame)
    counted = Figures(report if sees(actor.role, FieldGroup.IDENTITY) else without_small(report), now)
    with _lock:
        kept.pop(key, None)
        while len(kept) >= MOST:
            kept.pop(next(iter(kept)))
        kept[key] = counted
    return counted
