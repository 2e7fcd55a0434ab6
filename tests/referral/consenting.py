"""Somebody who has agreed to nothing, and a provider: what the tests of consent share."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    Capacity,
    ConsentWay,
    DataKind,
    Decision,
    Message,
    MessageKind,
    Need,
    Organization,
    Person,
    Proposal,
    Referral,
    Role,
    Round,
)
from referral.access import scope
from referral.actions import consents, deciding, rounds, sending
from referral.actions.consents import Agreed
from tests.factories import (
    AT,
    COUNTY,
    make_account,
    make_capacity,
    make_case,
    make_need,
    make_notice,
    make_person,
    make_station,
    make_term,
    provider_of,
)

WRITTEN = Agreed(kinds=DataKind, way=ConsentWay.WRITTEN)


class Board:
    """A need of somebody who has agreed to nothing, and one provider with one place."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.station = make_station(session)
        self.worker = make_account(session, Role.STATION_WORKER, organization_id=self.station.id)
        self.supervisor = make_account(session, Role.STATION_SUPERVISOR, organization_id=self.station.id)
        self.person = make_person(session, station_id=self.station.id)
        self.case = make_case(session, person=self.person)
        self.term = make_term(session)
        self.need: Need = make_need(session, case=self.case, term=self.term)
        self.capacity: Capacity = make_capacity(session, term=self.term)
        self.provider: Organization = session.get_one(Organization, provider_of(session, self.capacity))
        self.officer: Account = make_account(session, Role.PROVIDER_OFFICER, organization_id=self.provider.id)
        make_notice(session)

    def give(self, agreed: Agreed = WRITTEN, person: Person | None = None) -> consents.Given:
        return consents.give(self.session, person or self.person, [self.provider], agreed, by=self.worker, at=AT)

    def request(self, **extra: Any) -> Referral:
        return sending.request(self.session, self.need, self.capacity, by=self.worker, at=AT, **extra)

    def left(self) -> int:
        self.session.refresh(self.capacity)
        return self.capacity.left

    def told(self, kind: MessageKind) -> list[Message]:
        return list(self.session.scalars(sa.select(Message).where(Message.kind == kind).order_by(Message.id)))

    def seen_by_provider(self) -> list[Referral]:
        return list(self.session.scalars(sa.select(Referral).where(scope(self.officer, Referral))))

    def proposal(self) -> Any:
        """The key of an accepted proposal of a round over the county."""
        made = rounds.run_round(self.session, area=COUNTY, at=AT)
        deciding.accept_all(self.session, self.session.get_one(Round, made.id), by=self.supervisor, at=AT)
        return self.session.scalars(sa.select(Proposal.id).where(Proposal.decision == Decision.ACCEPTED)).one()
