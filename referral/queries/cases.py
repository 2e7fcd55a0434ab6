"""The caseload, and what one case stands at."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from models import (
    Account,
    Area,
    Assessment,
    Case,
    CaseStatus,
    CaseStep,
    Need,
    Outcome,
    Person,
    Referral,
    Urgency,
    Visit,
)
from models.need import ENDED_STATUSES, WAITING_STATUSES
from models.referral import ReferralStatus
from models.visit import REACHED
from referral.access import get_in_scope, in_area, scope
from referral.clock import start_of
from referral.queries.people import fold, word_fits

CLOSED = (CaseStatus.CONCLUDED, CaseStatus.REVISITED, CaseStatus.EXITED)
ACTIVE = tuple(status for status in CaseStatus if status not in CLOSED and status is not CaseStatus.LEAD)
"""Cases whose people are visited."""
VISIT_EVERY_DAYS = {Urgency.CRITICAL: 7, Urgency.HIGH: 14, Urgency.NORMAL: 30, Urgency.LOW: 90}
"""How often somebody should be seen, by the urgency of the case (proposal of this platform)."""


def case_in_scope(session: Session, actor: Account, key: uuid.UUID) -> Case | None:
    """Return a case with its person and station, if the actor may see it. One query."""
    found: Case | None = get_in_scope(
        session,
        actor,
        Case,
        key,
        joinedload(Case.person).joinedload(Person.area).joinedload(Area.parent),
        joinedload(Case.person).joinedload(Person.station),
        joinedload(Case.household),
        joinedload(Case.station),
    )
    return found


def needs_going_on(session: Session, case: Case) -> int:
    """Return how many needs of a case are not ended."""
    statement = sa.select(sa.func.count(Need.id)).where(Need.case_id == case.id, Need.status.not_in(ENDED_STATUSES))
    return session.scalar(statement) or 0


def needs_of(session: Session, case: Case) -> Sequence[Need]:
    """Return the needs of a case, open ones first. One query."""
    return session.scalars(
        sa.select(Need)
        .where(Need.case_id == case.id)
        .options(joinedload(Need.term), joinedload(Need.need_type))
        .order_by(Need.status.in_(ENDED_STATUSES), Need.urgency_rank, Need.opened_at)
    ).all()


def steps_of(session: Session, case: Case) -> Sequence[tuple[CaseStep, Account | None]]:
    """Return the steps of a case with who took them, newest first. One query."""
    rows = session.execute(
        sa.select(CaseStep, Account)
        .outerjoin(Account, Account.id == CaseStep.by_id)
        .where(CaseStep.case_id == case.id)
        .order_by(CaseStep.at.desc(), CaseStep.id.desc())
    )
    return [(step, by) for step, by in rows]


def assessments_of(session: Session, case: Case) -> Sequence[Assessment]:
    """Return the assessments of a case, newest first. One query."""
    return session.scalars(
        sa.select(Assessment)
        .where(Assessment.case_id == case.id)
        .order_by(Assessment.assessed_on.desc(), Assessment.id.desc())
    ).all()


def outcomes_of(session: Session, case: Case) -> Sequence[Outcome]:
    """Return the scores of a case in the order they were taken. One query."""
    return session.scalars(
        sa.select(Outcome).where(Outcome.case_id == case.id).order_by(Outcome.measure, Outcome.taken_on, Outcome.id)
    ).all()


@dataclass(frozen=True)
class CaseloadFilter:
    """What a caseload is narrowed to; everything may be left out."""

    text: str | None = None
    status: str | None = None
    """A CaseStatus, `active` (the default), `closed` or `all`."""
    urgency: Urgency | None = None
    area_code: str | None = None
    mine: bool = False
    overdue: bool = False
    """Only people not seen for longer than the urgency of the case allows."""
    sort: str = "-opened"


@dataclass(frozen=True)
class CaseloadRow:
    """One case in the list: when its person was last seen, what is open, what is due next."""

    case: Case
    last_visit: datetime | None
    open_needs: int
    next_due: datetime | None

    @property
    def visit_due(self) -> date:
        """The day by which the person should be seen again."""
        since = (self.last_visit or self.case.opened_at).date()
        return since + timedelta(days=VISIT_EVERY_DAYS[self.case.urgency])


SORTS: dict[str, Any] = {
    "number": Case.number,
    "person": Person.name,
    "opened": Case.opened_at,
    "status": Case.status,
}


def caseload(session: Session, actor: Account, wanted: CaseloadFilter, *, today: date) -> sa.Select[Any]:
    """Return the select of the cases in the actor's scope that fit a filter."""
    statement = (
        sa.select(Case)
        .where(scope(actor, Case), *_conditions(session, actor, wanted, today))
        .options(selectinload(Case.person).joinedload(Person.area).joinedload(Area.parent))
    )
    if wanted.text or wanted.sort.lstrip("-") == "person":
        statement = statement.join(Person, Person.id == Case.person_id)
    key = SORTS.get(wanted.sort.lstrip("-"), Case.opened_at)
    return statement.order_by(key.desc() if wanted.sort.startswith("-") else key, Case.id)


def _conditions(session: Session, actor: Account, wanted: CaseloadFilter, today: date) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [Case.status.in_(_statuses(wanted.status))]
    if wanted.text:
        conditions += [
            sa.or_(word_fits(session, actor, word), Case.number == word.upper()) for word in fold(wanted.text).split()
        ]
    if wanted.urgency:
        conditions.append(Case.urgency == wanted.urgency)
    if wanted.area_code:
        conditions.append(in_area(Case.area_code, wanted.area_code))
    if wanted.mine:
        conditions.append(Case.worker_id == actor.id)
    if wanted.overdue:
        conditions.append(not_seen_in_time(today))
    return conditions


def _statuses(status: str | None) -> Sequence[CaseStatus]:
    if status in {None, "", "active"}:
        return ACTIVE
    if status == "closed":
        return CLOSED
    return tuple(CaseStatus) if status not in set(CaseStatus) else (CaseStatus(status),)


def not_seen_in_time(today: date) -> sa.ColumnElement[bool]:
    """Return the condition that the person of a case has not been seen for longer than its urgency allows."""
    ways = []
    for urgency, days in VISIT_EVERY_DAYS.items():
        since = start_of(today - timedelta(days=days) + timedelta(days=1))
        seen = sa.exists().where(
            Visit.person_id == Case.person_id,
            Visit.started_at >= since,
            ~Visit.replaced,
            Visit.contact_result.in_(REACHED),
        )
        ways.append(sa.and_(Case.urgency == urgency, Case.opened_at < since, ~seen))
    return sa.or_(*ways)


def caseload_rows(session: Session, cases: Sequence[Case]) -> list[CaseloadRow]:
    """Return cases with last visit, open needs and next deadline. Three queries, however many cases."""
    people, keys = [case.person_id for case in cases], [case.id for case in cases]
    seen: dict[uuid.UUID, datetime] = {  # noqa: C416  to a type checker a row is no pair
        person_id: last
        for person_id, last in session.execute(
            sa.select(Visit.person_id, sa.func.max(Visit.started_at, type_=Visit.started_at.type))
            .where(Visit.person_id.in_(people), ~Visit.replaced, Visit.contact_result.in_(REACHED))
            .group_by(Visit.person_id)
        )
    }
    needs: dict[uuid.UUID, tuple[int, datetime | None]] = {
        case_id: (count, due)
        for case_id, count, due in session.execute(
            sa.select(
                Need.case_id,
                sa.func.count(),
                sa.func.min(sa.case((Need.status.in_(WAITING_STATUSES), Need.due_at)), type_=Need.due_at.type),
            )
            .where(Need.case_id.in_(keys), Need.status.not_in(ENDED_STATUSES))
            .group_by(Need.case_id)
        )
    }
    answers: dict[uuid.UUID, datetime | None] = {  # noqa: C416  to a type checker a row is no pair
        case_id: answer_by
        for case_id, answer_by in session.execute(
            sa.select(Need.case_id, sa.func.min(Referral.answer_by, type_=Referral.answer_by.type))
            .join(Need, Need.id == Referral.need_id)
            .where(Need.case_id.in_(keys), Referral.status == ReferralStatus.REQUESTED)
            .group_by(Need.case_id)
        )
    }
    rows = []
    for case in cases:
        count, due = needs.get(case.id, (0, None))
        dues = [moment for moment in (due, answers.get(case.id)) if moment is not None]
        rows.append(CaseloadRow(case, seen.get(case.person_id), count, min(dues, default=None)))
    return rows


def newest_case(session: Session, actor: Account, person_id: uuid.UUID) -> Case | None:
    """Return the case of a person that goes on, else the one opened last; None without any. One query."""
    return session.scalar(
        sa.select(Case)
        .where(Case.person_id == person_id, scope(actor, Case))
        .order_by(Case.status.in_(CLOSED), Case.opened_at.desc())
        .limit(1)
    )
