"""Requests of people about their data: whose, how late, and what stands against deletion."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import (
    Account,
    Area,
    Case,
    CaseStatus,
    Need,
    Person,
    Referral,
    RightsKind,
    RightsRequest,
    RightsState,
    Role,
    Visit,
)
from models.need import ENDED_STATUSES
from models.referral import LIVE_STATUSES
from referral.access import in_area
from referral.queries.people import person_in_scope
from referral.retention import period

Condition = sa.ColumnElement[bool]
ENDED_CASES = (CaseStatus.CONCLUDED, CaseStatus.REVISITED, CaseStatus.EXITED)


def in_reach(actor: Account) -> Condition:
    """Return the condition for the requests an actor sees: of the station's people, or of the area's."""
    if actor.role in (Role.STATION_WORKER, Role.STATION_SUPERVISOR):
        return RightsRequest.station_id == actor.organization_id
    if actor.role is Role.COORDINATOR:
        return in_area(RightsRequest.area_code, actor.area_code)
    return sa.false()


def open_requests(session: Session, actor: Account, *, limit: int = 20) -> Sequence[RightsRequest]:
    """Return what waits for an answer, the most overdue first. One query."""
    return session.scalars(
        sa.select(RightsRequest)
        .where(in_reach(actor), RightsRequest.state == RightsState.OPEN)
        .options(joinedload(RightsRequest.person))
        .order_by(RightsRequest.due_at, RightsRequest.id)
        .limit(limit)
    ).all()


def listed(actor: Account, state: RightsState | None) -> sa.Select[RightsRequest]:
    """Return the select of an actor's requests; open ones by their clock, answered ones newest first."""
    statement = sa.select(RightsRequest).where(in_reach(actor)).options(joinedload(RightsRequest.person))
    if state is RightsState.OPEN:
        return statement.where(RightsRequest.state == state).order_by(RightsRequest.due_at, RightsRequest.id)
    if state is not None:
        statement = statement.where(RightsRequest.state == state)
    return statement.order_by(RightsRequest.asked_at.desc(), RightsRequest.id.desc())


def request_in_reach(session: Session, actor: Account, key: uuid.UUID) -> RightsRequest | None:
    """Return one request with its person and who recorded and answered it."""
    return session.scalar(
        sa.select(RightsRequest)
        .where(RightsRequest.id == key, in_reach(actor))
        .options(
            joinedload(RightsRequest.person).joinedload(Person.area).joinedload(Area.parent),
            joinedload(RightsRequest.recorded_by),
            joinedload(RightsRequest.handled_by),
        )
    )


def copy_in_reach(session: Session, actor: Account, key: uuid.UUID) -> RightsRequest | None:
    """Return a request for a copy whose person the actor may see; None for one that was refused or is another kind."""
    found = request_in_reach(session, actor, key)
    if found is None or found.kind is not RightsKind.COPY or found.state is RightsState.REFUSED:
        return None
    return found if person_in_scope(session, actor, found.person_id) else None


def of_person(session: Session, person_id: uuid.UUID) -> Sequence[RightsRequest]:
    """Return the requests of one person, the newest first. One query."""
    return session.scalars(
        sa.select(RightsRequest)
        .where(RightsRequest.person_id == person_id)
        .order_by(RightsRequest.asked_at.desc(), RightsRequest.id)
        .limit(10)
    ).all()


@dataclass(frozen=True)
class Obstacles:
    """What stands against emptying a file now."""

    cases: int
    needs: int
    referrals: int
    kept_until: datetime | None
    """Until when records of help given are kept by law; empty where no help was given or the time is over."""

    @property
    def help_goes_on(self) -> bool:
        """Whether the person is being helped."""
        return bool(self.cases or self.needs or self.referrals)

    @property
    def none(self) -> bool:
        """Whether nothing stands against it."""
        return not self.help_goes_on and self.kept_until is None


def obstacles(session: Session, person_id: uuid.UUID, at: datetime) -> Obstacles:
    """Return what stands against emptying a person's file at a moment. Four queries.

    Counts what the viewer may not see too, where the caller has lifted the scope.
    """

    def count(record: type[Case] | type[Need] | type[Referral], going_on: Condition) -> int:
        statement = sa.select(sa.func.count(record.id)).where(record.person_id == person_id, going_on)
        return session.scalar(statement) or 0

    last = session.scalar(
        sa.select(sa.func.max(Visit.started_at, type_=Visit.started_at.type)).where(Visit.person_id == person_id)
    )
    kept_until = period("service_record").end(last) if last else None
    return Obstacles(
        cases=count(Case, Case.status.not_in(ENDED_CASES)),
        needs=count(Need, Need.status.not_in(ENDED_STATUSES)),
        referrals=count(Referral, Referral.status.in_(LIVE_STATUSES)),
        kept_until=kept_until if kept_until and kept_until > at else None,
    )
