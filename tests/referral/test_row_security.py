"""PostgreSQL's own wall: a statement that got past every check of the application finds only rows it was told of."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import make_url

from models import Account, Feature, FeatureKind, Person, Role
from referral.access import as_installation, look_as
from referral.actions.suggestions import note_offers
from referral.actions.visits import log_visit
from referral.extensions import db
from referral.log.roles import grant
from tests import databases, postgres
from tests.conftest import MakeApp
from tests.factories import (
    AT,
    OTHER_COUNTY,
    OTHER_VILLAGE,
    make_account,
    make_capacity,
    make_case,
    make_need,
    make_person,
    make_station,
    make_term,
    provider_of,
    refer,
)

pytestmark = pytest.mark.postgres
TABLES = ("person", "case_file", "need", "referral", "visit", "feature", "suggestion_shown")
NOTHING = dict.fromkeys(TABLES, 0)
ONE_OF_EACH = dict.fromkeys(TABLES, 1)


@dataclass
class Served:
    """A database with one person of each of two stations in two counties, served by a role that owns nothing."""

    app: Flask
    keys: dict[str, Any]

    def found(self, role: Role | None, **values: Any) -> dict[str, int]:
        """How many rows of each table plain text finds on a bare connection, once it is said who looks."""
        with self.app.app_context():
            if role is not None:
                look_as(db.session, Account(id=self.keys["account"], role=role, **values), because="a test")
            connection = db.session.connection()
            return {name: int(connection.scalar(sa.text(f"SELECT count(*) FROM {name}")) or 0) for name in TABLES}


@pytest.fixture
def served(make_app: MakeApp, postgres_url: str) -> Iterator[Served]:
    owner = make_app(postgres_url)
    keys: dict[str, Any] = {}
    with owner.app_context():
        as_installation(db.session, because="a test")
        session = db.session()
        capacity = make_capacity(session, places=9)
        keys["provider"] = provider_of(session, capacity)
        keys["account"] = make_account(session).id
        for name, village in (("own", None), ("other", OTHER_VILLAGE)):
            station = make_station(session)
            place = {"area_code": village} if village else {}
            person = make_person(session, station_id=station.id, **place)
            session.add(Feature(person_id=person.id, kind=FeatureKind.LIVES_ALONE))
            need = make_need(session, case=make_case(session, person=person))
            note_offers(session, need, ["A02"])
            referral = refer(session, need, capacity)
            visitor = make_account(session, Role.STATION_WORKER, organization_id=station.id)
            log_visit(session, **_visit(person, make_term(session), station, visitor))
            keys[name], keys[f"{name}_person"] = station.id, person.id
            assert referral.id
        session.commit()
    with postgres.working_role(databases.run_folder()) as role:
        with owner.app_context(), db.engine.begin() as connection:
            for statement in grant(connection, role):
                connection.execute(sa.text(statement))
        yield Served(make_app(make_url(postgres_url).set(username=role).render_as_string(hide_password=False)), keys)


def _visit(person: Person, term: Any, station: Any, worker: Account) -> dict[str, Any]:
    from decimal import Decimal

    from models import ContactResult, VisitKind

    return {
        "person": person, "term": term, "organization": station, "by": worker,
        "kind": VisitKind.HOME_VISIT, "contact_result": ContactResult.MET_PERSON, "started_at": AT, "minutes": 30,
        "units": Decimal(1),
    }  # fmt: skip


def test_whoever_is_not_named_finds_nothing(served: Served) -> None:
    assert served.found(None) == NOTHING
    for role in (Role.ADMINISTRATOR, Role.AUDITOR):
        assert served.found(role) == NOTHING


@pytest.mark.parametrize("role", [Role.STATION_WORKER, Role.STATION_SUPERVISOR])
def test_a_station_finds_its_own(served: Served, role: Role) -> None:
    assert served.found(role, organization_id=served.keys["own"]) == ONE_OF_EACH
    assert served.found(role, organization_id=served.keys["account"]) == NOTHING


def test_a_coordinator_finds_the_area(served: Served) -> None:
    assert served.found(Role.COORDINATOR, area_code="321199000000") == ONE_OF_EACH
    assert served.found(Role.COORDINATOR, area_code=OTHER_COUNTY) == ONE_OF_EACH
    assert served.found(Role.COORDINATOR, area_code="110000000000") == NOTHING


def test_a_provider_finds_whom_it_was_asked_to_help_and_no_case(served: Served) -> None:
    found = served.found(Role.PROVIDER_OFFICER, organization_id=served.keys["provider"])
    assert found == dict.fromkeys(TABLES, 2) | {"case_file": 0, "visit": 0}


def test_an_opened_file_is_found_and_no_other(served: Served) -> None:
    def opened(account: Account) -> Account:
        account.opened_files = (served.keys["other_person"],)
        return account

    with served.app.app_context():
        worker = Account(id=served.keys["account"], role=Role.STATION_WORKER, organization_id=served.keys["account"])
        look_as(db.session, opened(worker), because="a test")
        connection = db.session.connection()
        assert connection.scalars(sa.text("SELECT id FROM person")).all() == [served.keys["other_person"]]


def test_who_looks_is_forgotten_with_the_transaction(served: Served) -> None:
    with served.app.app_context():
        as_installation(db.session, because="a test")
        assert db.session.connection().scalar(sa.text("SELECT count(*) FROM person")) == 2
        db.session.rollback()
        with db.engine.connect() as connection:
            assert connection.scalar(sa.text("SELECT count(*) FROM person")) == 0


def test_a_look_declared_in_the_middle_holds_from_then_on(served: Served) -> None:
    with served.app.app_context():
        as_installation(db.session, because="a test")
        assert db.session.scalar(sa.select(sa.func.count(Person.id))) == 2
        account = Account(id=served.keys["account"], role=Role.STATION_WORKER, organization_id=served.keys["own"])
        look_as(db.session, account, because="a test")
        assert db.session.scalar(sa.select(sa.func.count(Person.id))) == 1
        assert db.session.connection().scalar(sa.text("SELECT count(*) FROM person")) == 1


def test_the_wall_is_what_narrows(served: Served, postgres_url: str, make_app: MakeApp) -> None:
    with make_app(postgres_url).app_context(), db.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE person DISABLE ROW LEVEL SECURITY"))
    assert served.found(None) == NOTHING | {"person": 2, "feature": 2}
