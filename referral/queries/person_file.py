"""Everything that is kept about one person, for a copy of the file and for reading it from outside."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from models import (
    Account,
    Area,
    Assessment,
    Attitude,
    BeneficiaryCategory,
    Case,
    Confirmation,
    Consent,
    Contradiction,
    EmergencyReview,
    GlassAccess,
    Goal,
    Household,
    InstrumentVersion,
    LogEntry,
    LogKind,
    Need,
    Outcome,
    Person,
    PersonArea,
    PictureKind,
    PlannedVisit,
    Proposal,
    RedFlag,
    Referral,
    ReferralEvent,
    Revisit,
    RightsRequest,
    Satisfaction,
    SeenNeed,
    ServicePlan,
    Sheet,
    Visit,
    VisitDetail,
    VisitPicture,
)
from referral.access import without_scope
from referral.queries.people import categories

MOST_READS = 5_000
"""Lines of the log in one copy: the newest. A file that was read more often says so."""


@dataclass(frozen=True)
class Detail:
    """What a visit told beside its hours."""

    attitude: Attitude | None
    needs: tuple[SeenNeed, ...]
    promise: str | None
    arrived_at: datetime | None
    left_at: datetime | None


@dataclass(frozen=True)
class PersonFile:
    """The records of one person, each list in the order of time."""

    person: Person
    members: Sequence[Person]
    categories: dict[str, BeneficiaryCategory]
    """By the code of a recognised status."""
    cases: Sequence[Case]
    assessments: Sequence[Assessment]
    outcomes: Sequence[Outcome]
    needs: Sequence[Need]
    proposals: Sequence[Proposal]
    referrals: Sequence[Referral]
    visits: Sequence[Visit]
    consents: Sequence[Consent]
    emergencies: Sequence[EmergencyReview]
    sheets: Sequence[Sheet]
    red_flags: Sequence[RedFlag]
    goals: Sequence[Goal]
    plans: Sequence[ServicePlan]
    planned: Sequence[PlannedVisit]
    details: Sequence[tuple[Visit, Detail | None, tuple[PictureKind, ...]]]
    """Visits that told more than their hours, with the kinds of pictures that are kept of them."""
    confirmations: Sequence[Confirmation]
    satisfaction: Sequence[Satisfaction]
    contradictions: Sequence[Contradiction]
    revisits: Sequence[Revisit]
    requests: Sequence[RightsRequest]
    openings: Sequence[GlassAccess]
    reads: Sequence[tuple[LogEntry, Account | None]]


def person_file(session: Session, person_id: uuid.UUID, *, because: str) -> PersonFile:
    """Return the whole file of a person whom the caller has found and may show. About 36 queries.

    `because` says why it is gathered without the viewer's scope: a record of the person that lies with another
    station is part of the file too.
    """
    with without_scope(session, because=because):
        return _gather(session, person_id)


def _gather(session: Session, person_id: uuid.UUID) -> PersonFile:
    person = session.scalars(
        sa.select(Person)
        .where(Person.id == person_id)
        .options(
            joinedload(Person.area).joinedload(Area.parent),
            joinedload(Person.station),
            joinedload(Person.household).joinedload(Household.area),
            selectinload(Person.areas).joinedload(PersonArea.area),
            selectinload(Person.statuses),
            selectinload(Person.features),
        )
    ).one()

    def listed(record: Any, moment: Any, *options: Any) -> Sequence[Any]:
        statement = sa.select(record).where(record.person_id == person_id).options(*options)
        return session.scalars(statement.order_by(moment)).all()

    return PersonFile(
        person=person,
        members=session.scalars(
            sa.select(Person)
            .where(Person.household_id == person.household_id, Person.id != person_id)
            .order_by(Person.number)
        ).all(),
        categories={line.code: line for line in categories(session)},
        cases=listed(Case, Case.opened_at, joinedload(Case.station), selectinload(Case.steps)),
        assessments=listed(Assessment, Assessment.assessed_on),
        outcomes=listed(Outcome, Outcome.taken_on),
        needs=listed(Need, Need.opened_at, joinedload(Need.term)),
        proposals=session.scalars(
            sa.select(Proposal)
            .join(Proposal.need)
            .where(Need.person_id == person_id)
            .options(joinedload(Proposal.need).joinedload(Need.term), joinedload(Proposal.round))
            .order_by(Proposal.id)
        ).all(),
        referrals=listed(
            Referral,
            Referral.id,
            joinedload(Referral.organization),
            joinedload(Referral.need).joinedload(Need.term),
            selectinload(Referral.events).joinedload(ReferralEvent.by),
        ),
        visits=listed(
            Visit, Visit.started_at, joinedload(Visit.term), joinedload(Visit.organization), joinedload(Visit.worker)
        ),
        consents=listed(Consent, Consent.given_at, joinedload(Consent.organization)),
        emergencies=session.scalars(
            sa.select(EmergencyReview)
            .join(EmergencyReview.referral)
            .where(Referral.person_id == person_id)
            .options(joinedload(EmergencyReview.referral))
            .order_by(EmergencyReview.sent_at)
        ).all(),
        sheets=listed(Sheet, Sheet.taken_on, joinedload(Sheet.version).joinedload(InstrumentVersion.instrument)),
        red_flags=listed(
            RedFlag,
            RedFlag.raised_at,
            joinedload(RedFlag.sheet).joinedload(Sheet.version),
            joinedload(RedFlag.handled_by),
        ),
        goals=listed(Goal, Goal.set_on, selectinload(Goal.ratings)),
        plans=listed(
            ServicePlan, ServicePlan.starts_on, joinedload(ServicePlan.term), joinedload(ServicePlan.organization)
        ),
        planned=listed(PlannedVisit, PlannedVisit.due_on),
        details=_details(session, person_id),
        confirmations=listed(Confirmation, Confirmation.at, joinedload(Confirmation.referral)),
        satisfaction=listed(Satisfaction, Satisfaction.asked_at, joinedload(Satisfaction.referral)),
        contradictions=listed(Contradiction, Contradiction.opened_at, joinedload(Contradiction.referral)),
        revisits=listed(Revisit, Revisit.due_on, joinedload(Revisit.done_by)),
        requests=listed(RightsRequest, RightsRequest.asked_at, joinedload(RightsRequest.handled_by)),
        openings=listed(
            GlassAccess, GlassAccess.opened_at, joinedload(GlassAccess.account).joinedload(Account.organization)
        ),
        reads=_reads(session, person_id),
    )


def _reads(session: Session, person_id: uuid.UUID) -> Sequence[tuple[LogEntry, Account | None]]:
    rows = session.execute(
        sa.select(LogEntry, Account)
        .outerjoin(Account, Account.id == LogEntry.account_id)
        .where(LogEntry.person_id == person_id, LogEntry.kind == LogKind.READ)
        .options(joinedload(Account.organization))
        .order_by(LogEntry.id.desc())
        .limit(MOST_READS)
    )
    return [(entry, account) for entry, account in rows]


def _details(session: Session, person_id: uuid.UUID) -> Sequence[tuple[Visit, Detail | None, tuple[PictureKind, ...]]]:
    """Visits with what they told besides; never a picture itself, which may show others. Two queries."""
    pictures: dict[uuid.UUID, list[PictureKind]] = {}
    kept = (
        sa.select(VisitPicture.visit_id, VisitPicture.kind).join(VisitPicture.visit).where(Visit.person_id == person_id)
    )
    for key, kind in session.execute(kept.order_by(VisitPicture.id)):
        pictures.setdefault(key, []).append(kind)
    told = session.execute(
        sa.select(Visit, VisitDetail)
        .outerjoin(VisitDetail, VisitDetail.visit_id == Visit.id)
        .where(Visit.person_id == person_id, sa.or_(VisitDetail.id.is_not(None), Visit.id.in_(pictures)))
        .order_by(Visit.started_at)
    )
    return [(visit, _detail(detail), tuple(pictures.get(visit.id, ()))) for visit, detail in told]


def _detail(found: VisitDetail | None) -> Detail | None:
    if found is None:
        return None
    needs = tuple(SeenNeed(code) for code in found.seen_needs or ())
    return Detail(found.attitude, needs, found.promise, found.arrived_at, found.left_at)
