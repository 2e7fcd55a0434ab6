"""Five walls: behind each a careless view does no harm, and with the wall switched off the run turns red."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from types import ModuleType

import pytest
import sqlalchemy as sa
from flask import Blueprint, Flask
from sqlalchemy.engine import make_url

import referral
from models import Account, Person
from referral import access
from referral.extensions import db
from referral.log.roles import grant
from tests import databases, postgres
from tests.conftest import MakeApp
from tests.matrix import run, walls
from tests.matrix.asking import Asker
from tests.matrix.lines import Expected, Line, lines
from tests.matrix.table import WHO
from tests.matrix.test_matrix import filled, routes

Off = Callable[[], AbstractContextManager[None]]


def cells(*clauses: tuple[str, int, str]) -> dict[tuple[str, str], Expected]:
    """Cells from (who, status, groups)."""
    found: dict[tuple[str, str], Expected] = {}
    for who, status, groups in clauses:
        for pair in WHO.get(who, who).split():
            role, _, subjects = pair.partition(":")
            found |= {(role, subject): Expected(status, groups) for subject in subjects.split(",")}
    return found


PEOPLE = ("CASE+", "ASKED", "assistant:own,shared,foreign")
"""Whose record of a person a role may see at all; what is written goes without the opened files."""
FORGETS = walls.line("forgets", cells(*((who, 200, "I") for who in PEOPLE)))
PRINTS = walls.line(
    "prints",
    cells(("CASE+", 200, "OIKTF"), ("ASKED", 200, "OIt"), ("assistant:own,shared,foreign", 200, "OI")),
)
BARE = walls.line("bare", {})
WRITERS = (("CASE", 200, ""), ("ASKED", 200, ""), ("assistant:own,shared,foreign", 200, ""))
WRITES = walls.line("writes", cells(*WRITERS), language="en", contact_note="smuggled")


@pytest.fixture(scope="module")
def asker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    with databases.application(databases.on_sqlite("migrated", tmp_path_factory.mktemp("walls"))) as app:
        walls.add_careless(app)
        yield filled(app)


def tried(asker: Asker, line: Line, off: Off = nullcontext) -> list[str]:
    """The faults of a run of one careless view."""
    with off():
        return run.go(asker, [line]).faults


@pytest.mark.parametrize(
    ("line", "off", "cell"),
    [
        (FORGETS, walls.without_hooks, "careless.forgets GET worker foreign: 200 instead of 404"),
        (PRINTS, walls.without_field_groups, "careless.prints GET officer shared: shows"),
        (WRITES, walls.with_all_that_is_sent, "careless.writes POST worker own: 409 instead of 200"),
        (BARE, walls.without_hooks, "careless.bare GET worker foreign: 200 instead of 404"),
    ],
)
def test_a_wall_holds_and_the_run_is_red_without_it(asker: Asker, line: Line, off: Off, cell: str) -> None:
    assert tried(asker, line) == []
    red = tried(asker, line, off)
    print(f"{line.endpoint}: {len(red)} cells red without the wall: {red[:1]}")  # noqa: T201  the counter
    assert [fault for fault in red if fault.startswith(cell)]


def test_each_careless_view_is_held_by_its_own_wall(asker: Asker) -> None:
    assert tried(asker, FORGETS, walls.without_field_groups) == []
    assert tried(asker, BARE, walls.without_field_groups) == []
    assert tried(asker, WRITES, walls.without_field_groups) == []
    assert tried(asker, FORGETS, walls.with_all_that_is_sent) == []
    assert tried(asker, PRINTS, walls.with_all_that_is_sent) == []


@pytest.fixture
def unguarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A blueprint with a view that nobody guards."""
    blueprint = Blueprint("careless", __name__)
    blueprint.add_url_rule("/careless/<uuid:key>", "asks_nobody", walls.asks_nobody)
    module = ModuleType("referral.careless")
    module.blueprint = blueprint  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "referral.careless", module)
    monkeypatch.setattr(referral, "BLUEPRINTS", (*referral.BLUEPRINTS, "careless"))


@pytest.mark.usefixtures("unguarded")
def test_the_application_does_not_start_with_an_unguarded_route(
    make_app: MakeApp, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RuntimeError, match=r"careless\.asks_nobody"):
        make_app(sqlite_url)
    monkeypatch.setattr(access, "unguarded", list)
    app = make_app(sqlite_url)
    assert routes(app) - {(line.endpoint, line.method) for line in lines()} == {("careless.asks_nobody", "GET")}
    red = run.go(filled(app), [Line("careless.asks_nobody", "GET", "person", {}, {})]).faults
    assert [fault for fault in red if fault.startswith("careless.asks_nobody GET visitor: ")]


@pytest.mark.postgres
def test_postgresql_itself_narrows_what_got_past_every_hook(make_app: MakeApp, postgres_url: str) -> None:
    owner = make_app(postgres_url)
    walls.add_careless(owner)
    with postgres.working_role(databases.run_folder()) as role:
        with owner.app_context(), db.engine.begin() as connection:
            for statement in grant(connection, role):
                connection.execute(sa.text(statement))
        url = make_url(postgres_url).set(username=role).render_as_string(hide_password=False)
        behind = make_app(url)
        walls.add_careless(behind)
        asker = filled(owner)
        assert tried(Asker(behind, asker.district), BARE, walls.without_hooks) == []
        red = tried(asker, BARE, walls.without_hooks)
        assert [fault for fault in red if fault.startswith("careless.bare GET worker foreign: 200 instead of 404")]


SMUGGLED = ("station_id", "organization_id", "area_code", "role", "version", "status", "frozen_at", "id", "number")


def test_fields_that_a_form_does_not_declare_change_nothing(app: Flask) -> None:
    asker = filled(app)
    district = asker.district
    client, other = app.test_client(use_cookies=False), str(district.keys["foreign"]["organization"])
    sent = dict.fromkeys(SMUGGLED, other) | {"role": "administrator", "status": "died", "version": "99"}
    key, account = district.keys["own"]["person"], district.account_ids["worker"]

    def rows() -> tuple[object, ...]:
        with app.app_context():
            access.as_installation(db.session, because="a test")
            person = db.session.get_one(Person, key, populate_existing=True)
            mine = db.session.get_one(Account, account, populate_existing=True)
            return person.station_id, person.status, person.frozen_at, person.number, mine.role, mine.organization_id

    before = rows()
    headers = {"Cookie": asker.cookies["worker"]}
    page = client.get(f"/people/{key}/edit", headers=headers).get_data(as_text=True)
    typed = walls.as_shown(page)
    answer = client.post(f"/people/{key}/edit", headers=headers, data=sent | typed | {"contact_note": "new words"})
    assert answer.status_code == 302
    client.post("/account", headers=headers, data=sent)
    assert rows() == before
    with app.app_context():
        access.as_installation(db.session, because="a test")
        assert db.session.get_one(Person, key).contact_note == "new words"
