"""Opening a case and leading it to its end."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Case, CaseExit, CaseSource, CaseStatus, CaseStep, ClosedReason, Need, Person, Urgency
from models.errors import DomainError, ReasonMissing
from models.need import WAITING_STATUSES
from referral.actions import measuring, revisits
from referral.actions.case_flow import move
from referral.actions.needs import close_unmet
from referral.actions.numbering import next_number
from referral.queries.cases import needs_going_on


class NeedsGoOn(DomainError):
    """A case cannot end while somebody is asked to help, or helps."""

    code = "needs_go_on"


CLOSED_BECAUSE = {
    CaseExit.REFUSED: ClosedReason.PERSON_REFUSED,
    CaseExit.WITHDRAWN: ClosedReason.NO_LONGER_NEEDED,
    CaseExit.LOST_CONTACT: ClosedReason.LOST_CONTACT,
    CaseExit.MOVED_AWAY: ClosedReason.LOST_CONTACT,
    CaseExit.DIED: ClosedReason.DIED,
    CaseExit.DUPLICATE: ClosedReason.ENTERED_IN_ERROR,
    CaseExit.NOT_IN_NEED: ClosedReason.NO_LONGER_NEEDED,
}
"""What the reason for ending a case says of needs that nobody has taken up."""


def open_case(
    session: Session,
    person: Person,
    *,
    source: CaseSource,
    urgency: Urgency,
    by: Account,
    at: datetime,
    summary: str | None = None,
    status: CaseStatus = CaseStatus.ACCEPTED,
) -> Case:
    """Open a case of a person with the station that looks after them, and return it."""
    case = Case(
        number=next_number(session, Case, at),
        person_id=person.id,
        household_id=person.household_id,
        station_id=person.station_id,
        worker_id=by.id if by.organization_id and by.organization_id == person.station_id else None,
        area_code=person.area_code,
        status=status,
        source=source,
        urgency=urgency,
        summary=summary,
        opened_at=at,
    )
    session.add(case)
    session.flush()
    session.add(CaseStep(case_id=case.id, from_status=None, to_status=status, at=at, by_id=by.id))
    session.flush()
    return case


def accept_lead(session: Session, case: Case, *, by: Account, at: datetime, note: str | None = None) -> None:
    """Take up a lead; whoever takes it looks after it."""
    move(session, case, CaseStatus.ACCEPTED, by=by, at=at, note=note)
    if case.worker_id is None:
        case.worker_id = by.id
    session.flush()


def conclude(session: Session, case: Case, *, by: Account, at: datetime, note: str | None = None) -> None:
    """End the handling of a case (办结) and plan its re-visit; raise NeedsGoOn while a need is open or being served."""
    if needs_going_on(session, case):
        raise NeedsGoOn
    move(session, case, CaseStatus.CONCLUDED, by=by, at=at, note=note)
    case.concluded_at = at
    revisits.plan(session, case, at=at)
    session.flush()


def exit_case(
    session: Session, case: Case, *, by: Account, at: datetime, reason: CaseExit | None, note: str | None = None
) -> None:
    """End a case beside the main road, with the reason; its waiting needs close with it.

    Raises ReasonMissing, and NeedsGoOn while a provider is asked or helps: take those referrals back first.
    """
    if reason is None:
        raise ReasonMissing
    waiting = session.scalars(sa.select(Need).where(Need.case_id == case.id, Need.status.in_(WAITING_STATUSES))).all()
    for need in waiting:
        close_unmet(session, need, at=at, reason=CLOSED_BECAUSE[reason])
    if needs_going_on(session, case):
        raise NeedsGoOn
    case.exit_reason, case.exit_note = reason, note
    move(session, case, CaseStatus.EXITED, by=by, at=at, note=note)
    measuring.drop_dues(session, case, at=at)


def reopen(session: Session, case: Case, *, by: Account, at: datetime, note: str | None) -> None:
    """Take a case up again, with the reason; raise ReasonMissing without one."""
    if not note:
        raise ReasonMissing
    exited = case.status is CaseStatus.EXITED
    move(session, case, CaseStatus.ACCEPTED if exited else CaseStatus.IN_CIRCULATION, by=by, at=at, note=note)
    case.concluded_at = case.exit_reason = case.exit_note = None
    revisits.drop(session, case, at=at)
    session.flush()
