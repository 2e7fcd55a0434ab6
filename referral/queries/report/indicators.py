"""Indicators beside the sums of visits: needs matched, cases found early, re-visits, satisfaction."""

from collections.abc import Sequence

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.sql.util import ClauseAdapter

from models import (
    Case,
    CaseExit,
    CaseStatus,
    CaseStep,
    Need,
    Referral,
    Revisit,
    RevisitResult,
    Satisfaction,
    Visit,
    VisitFlag,
)
from models.case import PROACTIVE_SOURCES, CaseSource
from models.outcome import GOALS
from referral import clock
from referral.access import in_area, scope, without_scope
from referral.clock import end_of, start_of
from referral.queries.report.counted import count_if
from referral.queries.report.entries import Entries
from referral.queries.report.frame import Frame
from referral.queries.report.funnel import ACCEPTED
from referral.queries.report.measured import Mean, Share
from referral.queries.report.outcomes import Pair, mean_interval

AS_EXPECTED = 50
"""T score of somebody whose goals are reached as expected, by their weights."""
FOUND_OUT = (RevisitResult.LASTING, RevisitResult.PARTLY_LASTING, RevisitResult.NEED_AGAIN)


def past_due(frame: Frame) -> list[sa.ColumnElement[bool]]:
    """Return the conditions for needs opened in the period whose day had passed at its end."""
    return [*frame.needs(), Need.due_at <= end_of(frame.end)]


def taken_on() -> sa.ColumnElement[bool]:
    """Return the condition that a provider has taken a need on, whatever became of it later."""
    return sa.exists().where(Referral.need_id == Need.id, ACCEPTED)


def matched(session: Session, frame: Frame) -> Share:
    """Return needs past their day that a provider has taken on. One statement."""
    with without_scope(session, because="whether a provider has taken on a need that the reader may see"):
        whole, part = session.execute(
            sa.select(sa.func.count(), count_if(taken_on())).select_from(Need).where(*past_due(frame))
        ).one()
    return Share("match_rate", int(part), int(whole))


def leads(frame: Frame) -> list[sa.ColumnElement[bool]]:
    """Return the conditions for cases of the frame whose way here is known; imported ones were no leads."""
    return [*frame.cases(), Case.source != CaseSource.IMPORT]


def discovered(session: Session, frame: Frame) -> Share:
    """Return cases that somebody went and found, of all leads. One statement."""
    whole, part = session.execute(
        sa.select(sa.func.count(), count_if(Case.source.in_(PROACTIVE_SOURCES))).select_from(Case).where(*leads(frame))
    ).one()
    return Share("discovery", int(part), int(whole))


def cases_of(frame: Frame) -> list[sa.ColumnElement[bool]]:
    """Return the conditions for cases of any time in the frame's scope, area and program."""
    conditions = [scope(frame.actor, Case)]
    if frame.area_code:
        conditions.append(in_area(Case.area_code, frame.area_code))
    if frame.program_id:
        conditions.append(frame.served_person(Case.person_id))
    return conditions


def exits(session: Session, frame: Frame) -> list[tuple[CaseExit, int]]:
    """Return why cases ended beside the main road in the period, the most frequent first. One statement."""
    left = (
        sa.select(sa.func.max(CaseStep.at))
        .where(CaseStep.case_id == Case.id, CaseStep.to_status == CaseStatus.EXITED)
        .scalar_subquery()
    )
    with without_scope(session, because="when a case that the reader may see came to its end"):
        rows = session.execute(
            sa.select(Case.exit_reason, sa.func.count())
            .where(
                *cases_of(frame),
                Case.status == CaseStatus.EXITED,
                left >= start_of(frame.start),
                left < end_of(frame.end),
            )
            .group_by(Case.exit_reason)
        )
        return sorted(((why, n) for why, n in rows if why is not None), key=lambda one: (-one[1], one[0]))


def revisited(session: Session, frame: Frame) -> Share:
    """Return re-visits with a finding, of those that were due in the period. One statement."""
    good = sa.and_(Revisit.done_on.is_not(None), Revisit.result.in_(FOUND_OUT))
    within = sa.select(Case.id).where(*cases_of(frame))
    with without_scope(session, because="re-visits of cases that the reader may see"):
        whole, part = session.execute(
            sa.select(sa.func.count(), count_if(good))
            .select_from(Revisit)
            .where(
                Revisit.case_id.in_(within),
                Revisit.due_on.between(frame.start, frame.end),
                Revisit.dropped_on.is_(None),
                sa.or_(Revisit.due_on < clock.today(), Revisit.done_on.is_not(None)),
            )
        ).one()
    return Share("revisit_rate", int(part), int(whole))


def satisfaction(session: Session, frame: Frame) -> tuple[Share, Mean]:
    """Return the share of those asked who answered, and the mean of whole answers. One statement."""
    own = Frame(frame.actor, frame.start, frame.end, frame.area_code, frame.program_id)
    asked = [one for one in own.referrals(Satisfaction.asked_at)]  # noqa: C416  typed as conditions
    with without_scope(session, because="answers on referrals that the conditions narrow to the reader's"):
        rows = session.execute(
            sa.select(Satisfaction.answered_at, Satisfaction.score, Satisfaction.person_id)
            .join(Referral, Referral.id == Satisfaction.referral_id)
            .where(*asked)
        ).all()
    answered = [row for row in rows if row.answered_at is not None]
    silent = {row.person_id for row in rows if row.answered_at is None}
    scores = np.array([float(row.score) for row in answered if row.score is not None], dtype=float)
    low, high = mean_interval(scores)
    return (
        Share("response_rate", len(answered), len(rows), (len({row.person_id for row in answered}), len(silent))),
        Mean("satisfaction_mean", len(scores), float(scores.mean()) if len(scores) else None, low, high),
    )


def overlap(met: Entries) -> Share:
    """Return people who got the same kind of help from more than one organization, of all people served."""
    terms, organizations = len(met.lists["terms"]), len(met.lists["organizations"])
    if not len(met):
        return Share("overlap", 0, 0)
    pair = met.person.astype(np.int64) * terms + met.term
    triple = np.unique(pair * organizations + met.organization)
    same, times = np.unique(triple // organizations, return_counts=True)
    double = np.unique(same[times > 1] // terms)
    return Share("overlap", len(double), met.distinct("person"))


def flagged(session: Session, frame: Frame, entries: int) -> Share:
    """Return entries of visits with a flag that nobody has explained, of all entries. One statement."""
    standing = (
        sa.select(VisitFlag.visit_id)
        .where(VisitFlag.explained_at.is_(None), VisitFlag.gone_at.is_(None))
        .distinct()
        .cte("standing")
        .prefix_with("MATERIALIZED")
    )
    odd = sa.select(Visit).join(standing, standing.c.visit_id == Visit.id).cte("odd").prefix_with("MATERIALIZED")
    # The few flags first: with the conditions in one join SQLite looks for a flag of each visit, 5 s at a million.
    mine = ClauseAdapter(odd).traverse(sa.and_(*frame.entries()))
    with without_scope(session, because="how many of the reader's own entries look odd, without saying which"):
        part, people = session.execute(
            sa.select(sa.func.count(), sa.func.count(odd.c.person_id.distinct())).select_from(odd).where(mine)
        ).one()
    return Share("flagged", int(part), entries, (int(people), entries - int(part)))


def goals_reached(pairs: Sequence[Pair]) -> Share:
    """Return people whose goals stand at the expected level or above (T ≥ 50), of those with a later T score."""
    later = [pair.follow_up for pair in pairs if pair.measure == GOALS and pair.follow_up is not None]
    return Share("gas_reached", sum(1 for value in later if value >= AS_EXPECTED), len(later))
