"""The re-visit (回访) of a concluded case: due some working days later, with its date and what it found."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Case, CaseStatus, Revisit, RevisitResult, RevisitWay
from models.base import new_key
from models.errors import DomainError, ReasonMissing, WrongStep
from referral.actions import case_flow
from referral.clock import local_date
from referral.queries import thresholds
from referral.queries.calendar import work_calendar

Result = RevisitResult


class DayInFuture(DomainError):
    """Something was written down before it can have happened."""

    code = "day_in_future"


def plan(
    session: Session, case: Case, *, at: datetime, working_days: int | None = None, after: str = "revisit_days"
) -> Revisit:
    """Plan the re-visit of a case, once: an open one stays as it is. Without days, the limit `after` says when."""
    known = open_revisit(session, case)
    if known is not None:
        return known
    working_days = thresholds.number(session, after) if working_days is None else working_days
    due = work_calendar(session).deadline(at, working_days)
    planned = Revisit(
        id=new_key(at),
        case_id=case.id,
        person_id=case.person_id,
        station_id=case.station_id,
        due_on=work_calendar(session).add(local_date(at), working_days),
        due_is_provisional=due.provisional,
    )
    session.add(planned)
    session.flush()
    return planned


def open_revisit(session: Session, case: Case) -> Revisit | None:
    """Return the re-visit of a case that is still to be made. One query."""
    return session.scalars(
        sa.select(Revisit).where(Revisit.case_id == case.id, Revisit.done_on.is_(None), Revisit.dropped_on.is_(None))
    ).one_or_none()


def carry_out(
    session: Session,
    case: Case,
    *,
    result: RevisitResult | None,
    way: RevisitWay | None,
    on: date,
    by: Account,
    at: datetime,
    note: str | None = None,
) -> Revisit:
    """Write down the re-visit, and move the case from concluded to revisited.

    Nobody reached: the case stays concluded and the next try is due soon. Help needed again: the case is re-visited
    and goes back into circulation. Raises ReasonMissing without a result or a way, WrongStep for a case that is not
    concluded, DayInFuture.
    """
    if result is None or way is None:
        raise ReasonMissing
    if case.status is not CaseStatus.CONCLUDED:
        raise WrongStep(case.status, CaseStatus.REVISITED)
    if on > local_date(at):
        raise DayInFuture
    visit = open_revisit(session, case) or plan(session, case, at=at, working_days=0)
    visit.done_on, visit.done_by_id, visit.way, visit.result, visit.note = on, by.id, way, result, note
    session.flush()
    if result is Result.NOT_REACHED:
        plan(session, case, at=at, after="revisit_again_days")
        return visit
    case_flow.move(session, case, CaseStatus.REVISITED, by=by, at=at, note=note)
    if result is Result.NEED_AGAIN:
        case_flow.move(session, case, CaseStatus.IN_CIRCULATION, by=by, at=at)
        case.concluded_at = None
    session.flush()
    return visit


def drop(session: Session, case: Case, *, at: datetime) -> None:
    """Let go of a re-visit of a case that was taken up again."""
    planned = open_revisit(session, case)
    if planned is not None:
        planned.dropped_on = local_date(at)
        session.flush()
