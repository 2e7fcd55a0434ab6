"""PostgreSQL's own wall around volunteers: past every check of the application, an organization finds its own only."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import make_url

from models import Account, Role
from referral.access import as_installation, look_as
from referral.actions import volunteers as acts
from referral.extensions import db
from referral.log.roles import grant
from tests import databases, postgres
from tests.conftest import MakeApp
from tests.factories import COUNTY, make_area
from tests.queries import sign_in
from tests.referral.test_volunteers import DAY, SOURCE, gave, home, officer, somebody, stated

pytestmark = pytest.mark.postgres
TABLES = ("volunteer", "volunteer_hours", "volunteer_statement")
Served = tuple[Flask, dict[str, Any]]


@pytest.fixture
def served(make_app: MakeApp, postgres_url: str) -> Iterator[Served]:
    """Two organizations with a volunteer each, served by a role that owns nothing."""
    owner = make_app(postgres_url)
    keys: dict[str, Any] = {}
    with owner.app_context():
        as_installation(db.session, because="a test")
        make_area(db.session, COUNTY)
        for name in ("own", "other"):
            by = officer(db.session)
            acts.entitle(db.session, home(db.session, by), since=DAY, source=SOURCE)
            one = somebody(db.session, by)
            gave(db.session, one, by)
            stated(db.session, one, by)
            keys[name], keys[f"{name}_login"], keys[f"{name}_volunteer"] = by.organization_id, by.login, one.id
            keys["account"] = by.id
            keys["area"] = home(db.session, by).area_code
        db.session.commit()
    with postgres.working_role(databases.run_folder()) as role:
        with owner.app_context(), db.engine.begin() as connection:
            for statement in grant(connection, role):
                connection.execute(sa.text(statement))
        yield make_app(make_url(postgres_url).set(username=role).render_as_string(hide_password=False)), keys


def found(served: Served, role: Role | None, **values: Any) -> list[int]:
    app, keys = served
    with app.app_context():
        if role is not None:
            look_as(db.session, Account(id=keys["account"], role=role, **values), because="a test")
        connection = db.session.connection()
        return [int(connection.scalar(sa.text(f"SELECT count(*) FROM {name}")) or 0) for name in TABLES]


def test_each_finds_its_own_and_nobody_else_finds_anything(served: Served) -> None:
    keys = served[1]
    assert found(served, None) == [0, 0, 0]
    for role in (Role.STATION_WORKER, Role.STATION_SUPERVISOR, Role.PROVIDER_OFFICER):
        assert found(served, role, organization_id=keys["own"]) == [1, 1, 1]
        assert found(served, role, organization_id=keys["account"]) == [0, 0, 0]
    assert found(served, Role.COORDINATOR, area_code=keys["area"]) == [2, 2, 2]
    assert found(served, Role.COORDINATOR, area_code="110000000000") == [0, 0, 0]
    for role in (Role.EVALUATOR, Role.AUDITOR, Role.ADMINISTRATOR, Role.VILLAGE_ASSISTANT):
        assert found(served, role, area_code=keys["area"]) == [0, 0, 0]


def test_pages_enter_correct_and_state_behind_the_wall(served: Served) -> None:
    app, keys = served
    client = sign_in(app.test_client(), keys["own_login"])
    made = client.post("/volunteers/new", data={"name": "文竹", "since": DAY.isoformat()}).location
    hours = {"day": DAY.isoformat(), "hours": "2", "activity": "帮厨"}
    assert client.post(f"{made}/hours", data=hours).status_code == 302
    days = {"first": DAY.isoformat(), "last": DAY.isoformat()}
    assert client.get(client.post(f"{made}/statements", data=days).location).status_code == 200
    assert client.get(f"/volunteers/{keys['other_volunteer']}").status_code == 404
