"""Writing down what is needed, and what follows from it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Assessment, AssessmentOccasion, Case, CaseStatus, Domain, Mode, SelfCare
from models.errors import DomainError
from referral.actions.case_flow import move
from referral.actions.outcomes import record_outcomes


class AssessedToday(DomainError):
    """The case has an assessment of that day already."""

    code = "assessed_today"


def assess(
    session: Session,
    case: Case,
    *,
    domains: Mapping[Domain, tuple[int, str | None]],
    self_care: Mapping[SelfCare, bool],
    by: Account,
    on: date,
    at: datetime,
    who5: Sequence[int | None] = (),
    satisfaction: Sequence[int | None] = (),
    mode: Mode = Mode.ASKED,
    note: str | None = None,
) -> Assessment:
    """Write down an assessment with its scores and return it; the first of a case is the baseline.

    `domains` hold level (0 none, 1 some, 2 grave) and words; `self_care` says able or not; what was not asked is left
    out. Moves an accepted case on. Raises AssessedToday for a second one of the same day.
    """
    days = session.scalars(sa.select(Assessment.assessed_on).where(Assessment.case_id == case.id)).all()
    if on in days:
        raise AssessedToday
    assessment = Assessment(
        case_id=case.id,
        person_id=case.person_id,
        occasion=AssessmentOccasion.FOLLOW_UP if days else AssessmentOccasion.BASELINE,
        assessed_on=on,
        assessed_by_id=by.id,
        domains={domain.value: {"level": level, "note": words} for domain, (level, words) in domains.items()},
        self_care={act.value: "able" if able else "unable" for act, able in self_care.items()},
        note=note,
    )
    session.add(assessment)
    session.flush()
    record_outcomes(session, case, assessment, who5=who5, satisfaction=satisfaction, mode=mode, by=by)
    if case.first_contact_at is None:
        case.first_contact_at = at
    if case.status is CaseStatus.ACCEPTED:
        move(session, case, CaseStatus.ASSESSED, by=by, at=at)
    return assessment
