"""How a case moves by itself when its needs are put to providers and answered."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Case, CaseStatus, CaseStep, Need, Referral, ReferralStatus
from models.case import NEXT_STEPS


def move(
    session: Session, case: Case, status: CaseStatus, *, by: Account | None, at: datetime, note: str | None = None
) -> None:
    """Take a step and write down who took it; raise WrongStep where the table has no such step."""
    before = case.status
    case.move_to(status)
    session.add(
        CaseStep(
            case_id=case.id,
            from_status=before,
            to_status=status,
            at=at,
            by_id=by.id if by else None,
            note=note,
        )
    )
    session.flush()


def put_in_circulation(session: Session, case_id: uuid.UUID, *, by: Account | None, at: datetime) -> None:
    """Put a case into circulation (流转) with its first referral; a case that is there already stays."""
    case = session.get_one(Case, case_id)
    if CaseStatus.IN_CIRCULATION in NEXT_STEPS[case.status]:
        move(session, case, CaseStatus.IN_CIRCULATION, by=by, at=at)


def note_answer(session: Session, case: Case, *, by: Account | None, at: datetime) -> None:
    """Mark a case as answered (反馈) once no referral of it waits for an answer."""
    if case.status is not CaseStatus.IN_CIRCULATION:
        return
    session.flush()
    waiting = session.scalar(
        sa.select(Referral.id)
        .join(Need, Need.id == Referral.need_id)
        .where(Need.case_id == case.id, Referral.status == ReferralStatus.REQUESTED)
        .limit(1)
    )
    if waiting is None:
        move(session, case, CaseStatus.ANSWERED, by=by, at=at)
