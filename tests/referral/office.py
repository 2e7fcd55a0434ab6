"""An office with a person whose data somebody asks about, for the tests of their rights."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import (
    Account,
    Capacity,
    ContactResult,
    FeatureKind,
    Need,
    Organization,
    Person,
    Referral,
    ReferralStatus,
    RightsAsker,
    RightsKind,
    RightsRequest,
    Role,
    Visit,
    VisitKind,
)
from models.person import Feature
from referral.access import as_installation
from referral.actions import rights as acts
from referral.actions.numbering import next_number
from referral.extensions import db
from tests.factories import (
    AT,
    TOWNSHIP,
    make_account,
    make_person,
    make_station,
    make_term,
)

TOLD = (
    "王桂英",
    "13800138000",
    "幸福路3号",
    "找儿子",
    "老伴去世",
    "老人说膝盖疼",
    "11010519491231002X",
    "摔伤",
    "要人做饭",
)


@contextmanager
def asked_of(app: Flask) -> Iterator[Session]:
    with app.app_context():
        as_installation(db.session, because="a test")
        yield db.session()


@dataclass
class Office:
    """A person with a worker, two supervisors of the station and a coordinator."""

    person: Person
    worker: Account
    supervisor: Account
    second: Account
    coordinator: Account


def office(session: Session, *, id_number: str | None = "11010519491231002X") -> Office:
    station = make_station(session, area_code=TOWNSHIP)
    person = make_person(
        session, name="王桂英", station_id=station.id, phone="13800138000", address="幸福路3号", contact_note="找儿子"
    )
    person.id_number = id_number
    session.add(Feature(person_id=person.id, kind=FeatureKind.LIVES_ALONE, note="老伴去世"))
    of_station: dict[str, Any] = {"organization_id": station.id}
    made = Office(
        person=person,
        worker=make_account(session, Role.STATION_WORKER, **of_station),
        supervisor=make_account(session, Role.STATION_SUPERVISOR, **of_station),
        second=make_account(session, Role.STATION_SUPERVISOR, **of_station),
        coordinator=make_account(session, Role.COORDINATOR),
    )
    session.commit()
    return made


def ask(session: Session, o: Office, kind: RightsKind = RightsKind.COPY, **extra: Any) -> RightsRequest:
    values: dict[str, Any] = {"asker": RightsAsker.SELF, "by": o.worker, "at": AT, "kind": kind}
    return acts.record(session, o.person, **(values | extra))


def halt(session: Session, o: Office) -> None:
    acts.do(session, ask(session, o, RightsKind.FREEZE), by=o.worker, at=AT)


def some_visit(session: Session, o: Office) -> Any:
    visit = Visit(
        person_id=o.person.id, household_id=o.person.household_id, organization_id=o.worker.organization_id,
        station_id=o.worker.organization_id, term_id=make_term(session).id, area_code=o.person.area_code,
        worker_id=o.worker.id, kind=VisitKind.HOME_VISIT, contact_result=ContactResult.MET_PERSON, started_at=AT,
        minutes=30, units=Decimal(1), unit="次", note="老人说膝盖疼",
    )  # fmt: skip
    session.add(visit)
    session.flush()
    return visit


def live_referral(session: Session, need: Need, capacity_id: Any) -> Referral:
    place = session.get_one(Capacity, capacity_id)
    asked = session.scalars(sa.select(Organization.id)).first()
    return Referral(
        number=next_number(session, Referral, AT), need_id=need.id, person_id=need.person_id,
        service_at_location_id=place.service_at_location_id, capacity_id=place.id, organization_id=asked,
        area_code=need.area_code, status=ReferralStatus.DRAFT,
    )  # fmt: skip
