"""Requests of people about their data: written down with a clock, answered by doing or with a reason of law."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    MessageKind,
    Person,
    RefusalGround,
    RightsAsker,
    RightsKind,
    RightsRequest,
    RightsState,
    Role,
)
from models.errors import DomainError, ReasonMissing
from models.rights import RIGHTS_DAYS
from referral import log
from referral.access import without_scope
from referral.actions.erasing import empty_file
from referral.actions.numbering import next_number
from referral.messages import tell
from referral.queries.calendar import work_calendar
from referral.queries.rights import Obstacles, obstacles

LEADING = (Role.STATION_SUPERVISOR, Role.COORDINATOR)
AT_ONCE = 200


class AlreadyAsked(DomainError):
    """The same is asked for already and waits for its answer."""

    code = "already_asked"


class SecondPersonNeeded(DomainError):
    """A file is emptied by a supervisor or coordinator who did not write the request down."""

    code = "second_person"


class LeaderNeeded(DomainError):
    """Ending a halt and emptying a file are for supervisors and coordinators."""

    code = "leader_needed"


class KeptForNow(DomainError):
    """Help is going on, or the law asks for the records still."""

    code = "kept_for_now"

    def __init__(self, found: Obstacles) -> None:
        super().__init__("kept for now")
        self.found = found


def record(
    session: Session,
    person: Person,
    *,
    kind: RightsKind,
    asker: RightsAsker,
    by: Account,
    at: datetime,
    asker_name: str | None = None,
    note: str | None = None,
    asked_at: datetime | None = None,
) -> RightsRequest:
    """Write down what somebody asks, with the day by which it is answered. Raises AlreadyAsked, ReasonMissing.

    A guardian or representative is named, else ReasonMissing. The clock runs from the day of asking.
    """
    if asker is not RightsAsker.SELF and not (asker_name or "").strip():
        raise ReasonMissing
    same = sa.select(RightsRequest.id).where(
        RightsRequest.person_id == person.id, RightsRequest.kind == kind, RightsRequest.state == RightsState.OPEN
    )
    if session.scalar(same):
        raise AlreadyAsked
    asked_at = asked_at or at
    due = work_calendar(session).deadline(asked_at, RIGHTS_DAYS)
    request = RightsRequest(
        number=next_number(session, RightsRequest, at),
        kind=kind,
        person_id=person.id,
        station_id=person.station_id,
        area_code=person.area_code,
        asker=asker,
        asker_name=asker_name,
        note=note,
        asked_at=asked_at,
        due_at=due.at,
        due_is_provisional=due.provisional,
        recorded_by_id=by.id,
    )
    session.add(request)
    session.flush()
    return request


def do(session: Session, request: RightsRequest, *, by: Account, at: datetime, answer: str | None = None) -> None:
    """Do what is asked and answer the request.

    Raises WrongStep where it is answered, ReasonMissing for an explanation without words, LeaderNeeded,
    SecondPersonNeeded, KeptForNow.
    """
    if request.kind in (RightsKind.EXPLANATION, RightsKind.CORRECTION) and not (answer or "").strip():
        raise ReasonMissing
    if request.kind in (RightsKind.DELETION, RightsKind.UNFREEZE) and by.role not in LEADING:
        raise LeaderNeeded
    request.move_to(RightsState.DONE, by=by, at=at, answer=answer)
    session.flush()
    person = _locked(session, request)
    if request.kind is RightsKind.FREEZE:
        person.frozen_at = person.frozen_at or at
    elif request.kind is RightsKind.UNFREEZE:
        person.frozen_at = None
    elif request.kind is RightsKind.DELETION:
        _delete(session, request, person, by=by, at=at)
    session.flush()
    log.note(session, f"rights_{request.kind.value}", person_id=request.person_id, record=request)


def _locked(session: Session, request: RightsRequest) -> Person:
    """Return the person, locked, so that nothing begins in the file between the look and the deed."""
    with without_scope(session, because="doing what a person asks of their own file"):
        return session.scalars(
            sa.select(Person)
            .where(Person.id == request.person_id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        ).one()


def _delete(session: Session, request: RightsRequest, person: Person, *, by: Account, at: datetime) -> None:
    if by.id == request.recorded_by_id:
        raise SecondPersonNeeded
    found = against(session, request, at)
    if not found.none:
        raise KeptForNow(found)
    empty_file(session, person, at=at)


def against(session: Session, request: RightsRequest, at: datetime) -> Obstacles:
    """Return what stands against emptying the file, wherever it lies."""
    with without_scope(session, because="whether help goes on anywhere"):
        return obstacles(session, request.person_id, at)


def refuse(
    session: Session, request: RightsRequest, *, ground: RefusalGround, answer: str, by: Account, at: datetime
) -> None:
    """Refuse a request with the ground in law and words for the person. Raises WrongStep, ReasonMissing."""
    request.move_to(RightsState.REFUSED, by=by, at=at, answer=answer, ground=ground)
    session.flush()
    log.note(session, "rights_refused", person_id=request.person_id, record=request, ground=ground.value)


def tell_of_overdue_requests(session: Session, at: datetime) -> dict[str, int]:
    """Tell the station and the coordinators once of each request whose time is up. For the jobs."""
    late = (
        sa.select(RightsRequest)
        .where(RightsRequest.state == RightsState.OPEN, RightsRequest.due_at <= at)
        .order_by(RightsRequest.due_at)
        .limit(AT_ONCE)
    )
    written = 0
    for request in session.scalars(late):
        facts = {"number": request.number, "key": str(request.id)}
        readers = [("area", {"area_code": request.area_code})]
        if request.station_id:
            readers.append(("station", {"organization_id": request.station_id}))  # type: ignore[dict-item]
        for name, reader in readers:
            once = f"{name}:{request.number}"
            written += tell(session, MessageKind.RIGHTS_OVERDUE, once=once, at=at, facts=facts, **reader)
    return {"told": written}
