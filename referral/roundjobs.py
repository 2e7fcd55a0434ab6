"""What the clock does with rounds: follow refusals, compute a round at night, look ahead. Each in short transactions.

A job here may be ended anywhere: what it has begun is a round that waits, and the next run computes it.
"""

from collections import Counter
from datetime import datetime, time

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from models import Round, RoundKind, RoundStatus, ScenarioStatus
from referral import clock, previewwork, roundwork
from referral.actions import following, nightly
from referral.actions.upkeep import Counts
from referral.queries import previews, refusals
from referral.transactions import transaction


def follow_refusals(session: Session, at: datetime) -> Counts:
    """Propose something new for needs that were refused, with as few changes for others as possible."""
    with transaction(session):
        counts = following.start_follow_ups(session, at)
    return counts | dict(_compute_waiting(session, RoundKind.FOLLOW_UP))


def nightly_rounds(session: Session, at: datetime) -> Counts:
    """Compute a round over each area with a coordinator, where there is something new; it only proposes."""
    since = clock.start_of(clock.local_date(at))
    with transaction(session):
        counts = nightly.start_nightly(session, at, since=since)
    return dict(counts + _compute_waiting(session, RoundKind.NIGHTLY))


def look_ahead(session: Session, at: datetime) -> Counts:
    """Compute, for each area with a coordinator, what a round would propose now, where that was long ago."""
    minutes = int(current_app.config.get("PREVIEW_MINUTES") or 0)
    counts: Counter[str] = Counter()
    with transaction(session):
        areas = refusals.coordinated_areas(session) if minutes else []
    for area in areas:
        with transaction(session):
            due = previewwork.is_due(previews.newest(session, area), at, minutes=minutes)
            key = previewwork.ask(session, area, at=at).id if due else None
        if key is not None:
            counts["looked" if previewwork.compute_preview(session, key) is ScenarioStatus.DONE else "broken"] += 1
    return dict(counts)


def _compute_waiting(session: Session, kind: RoundKind) -> Counter[str]:
    """Compute the rounds of a kind that wait, those that a run before left among them; return what became of them."""
    with transaction(session):
        waiting = session.scalars(
            sa.select(Round.id).where(Round.kind == kind, Round.status == RoundStatus.WAITING).order_by(Round.id)
        ).all()
    counts: Counter[str] = Counter()
    for key in waiting:
        status = roundwork.compute(session, key)
        with transaction(session):
            stage = session.get_one(Round, key, populate_existing=True).stage
        if status is RoundStatus.DISCARDED:
            counts[stage] += 1
        elif status is RoundStatus.FAILED:
            counts["broken"] += 1
        else:
            counts["proposed"] += 1
    return counts


def nightly_at() -> time | None:
    """Return when the round of the night is due in China, None where it is switched off."""
    configured = str(current_app.config.get("NIGHTLY_ROUND") or "")
    return time.fromisoformat(configured) if configured and configured != "off" else None


def night_has_come(at: datetime) -> bool:
    """Say whether the round of the night is due."""
    due = nightly_at()
    return due is not None and at.astimezone(clock.SHANGHAI).time() >= due
