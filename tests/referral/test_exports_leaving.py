"""Every file that leaves the platform: no cell is a formula, and lists of people leave for a reason that is kept."""

import io
import re
import uuid
import zipfile
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from models import LogEntry
from referral.actions.seeding.accounts import PASSWORD
from referral.extensions import db
from tests import databases
from tests.enemies import FORMULAS, plant
from tests.journeys.preparing import previewed_import
from tests.queries import sign_in

PEOPLE = {
    "casework.export_cases": ("station", "/cases.xlsx"),
    "casework.export_visits": ("station", "/visits.xlsx"),
    "providers.export_clients": ("charity", "/clients.xlsx"),
    "coordination.export_needs": ("coordinator", "/coordination/needs.xlsx"),
    "coordination.export_unmet": ("coordinator", "/coordination/planning/unmet.xlsx"),
    "casework.export_hours": ("supervisor", "/hours.xlsx"),
    "coordination.export_settlement": ("coordinator", "/settlements/{settlement}.xlsx"),
    "evaluation.list_records": ("coordinator", "/report/records?figure=persons&as=xlsx"),
}
"""Lists of people, by endpoint: who may take them, and where."""
NO_PEOPLE = {
    "coordination.download_import": ("coordinator", "/imports/{import}/file"),
    "coordination.export_services": ("coordinator", "/catalogue.xlsx"),
    "evaluation.export_report": ("evaluator", "/report/export"),
    "evaluation.export_chart": ("evaluator", "/report/chart/{chart}.xlsx"),
}
"""Counts, offers, and one's own upload, which only its sender gets back, to mend it and send it again."""
OTHERWISE = {
    "coordination.download_template": "an empty form to fill in",
    "evaluation.show_chart": "a drawing of counts",
    "coordination.download_planning_chart": "a drawing of counts",
    "coordination.export_places": "places to buy, with counts of people, the small ones withheld",
    "coordination.export_scenario": "counts of people today and in a copy, the small ones withheld",
    "coordination.download_scenario_chart": "a drawing of counts, the small ones withheld",
    "coordination.export_network": "counts of people, the small ones withheld",
    "admin.export_retention": "kinds of records with their numbers, without names",
    "evaluation.export_snapshot": "frozen figures, the small ones withheld",
    "evaluation.export_month": "a station's monthly table: counts of people by service, as the township asks for it",
    "plans.download_calendar": "times and villages without names, behind an address that only its owner holds",
    "oversight.download_anchors": "digests of the log, without a person",
    "casework.export_copy": "the person's own file, for a request that is written down and logged with it",
}
"""Files for which no reason is asked, and why; each has tests of its own."""


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with databases.application(
        databases.on_sqlite("demo", tmp_path_factory.mktemp("leaving")), DEMONSTRATION=True
    ) as app:
        yield app


def ready(app: Flask, login: str, address: str) -> tuple[FlaskClient, str]:
    """Somebody who has signed in, and the address with its parts."""
    client = sign_in(app.test_client(), login, PASSWORD)
    if "{import}" in address:
        address = address.replace("{import}", previewed_import(app).rsplit("/", 1)[-1])
    if "{chart}" in address:
        found = re.search(r"/report/chart/([a-z_]+)\.xlsx", client.get("/report").text)
        assert found
        address = address.replace("{chart}", found[1])
    if "{settlement}" in address:
        with app.app_context():
            settled = db.session.scalars(sa.text("SELECT id FROM settlement ORDER BY id")).first()
        address = address.replace("{settlement}", str(uuid.UUID(settled)))
    return client, address


def with_purpose(address: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}purpose=supervision"


def parts(answer: TestResponse) -> dict[str, str]:
    """The sheets and texts of a workbook."""
    with zipfile.ZipFile(io.BytesIO(answer.get_data())) as book:
        names = [name for name in book.namelist() if name.startswith("xl/") and name.endswith(".xml")]
        return {name: book.read(name).decode() for name in names}


def formulas(answer: TestResponse) -> list[str]:
    """The parts of a workbook in which a cell is a formula, or a link."""
    return [name for name, text in parts(answer).items() if re.search(r"<f[ >/]|<hyperlink|t=\"str\"", text)]


def test_every_export_is_in_one_of_the_tables(demonstration: Flask) -> None:
    files = ("export_", "download_", "show_chart")
    known = {**PEOPLE, **NO_PEOPLE, **OTHERWISE}
    routes = {rule.endpoint for rule in demonstration.url_map.iter_rules()}
    assert {one for one in routes if one.split(".")[-1].startswith(files)} | {"evaluation.list_records"} == set(known)
    asked = {name for name, view in demonstration.view_functions.items() if hasattr(view, "asks_reason")}
    assert asked == set(PEOPLE)


@pytest.mark.slow
@pytest.mark.parametrize("turn", [0, 3, 6])
def test_no_cell_of_any_export_is_a_formula(demonstration: Flask, turn: int) -> None:
    with demonstration.app_context():
        planted = plant(db.engine, FORMULAS, turn)
    assert len(planted.texts) > 40
    seen: set[str] = set()
    for login, address in {**PEOPLE, **NO_PEOPLE}.values():
        client, where = ready(demonstration, login, address)
        answer = client.get(with_purpose(where))
        assert answer.status_code == 200, (where, answer.status_code)
        assert formulas(answer) == [], where
        seen |= set(re.findall(r"CNRY\d{3}", "".join(parts(answer).values())))
    assert len(seen) >= 8, "what was planted must come out as text"


def test_a_formula_would_be_found() -> None:
    """The mutant: a workbook whose writer guesses what a cell is."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    book.add_worksheet().write(0, 0, "=1+1")
    book.close()
    assert formulas(TestResponse([out.getvalue()], "200 OK", {}, None))  # type: ignore[arg-type]


@pytest.mark.parametrize("endpoint", PEOPLE)
def test_a_list_of_people_leaves_for_a_reason_only(demonstration: Flask, endpoint: str) -> None:
    login, address = PEOPLE[endpoint]
    client, where = ready(demonstration, login, address)
    asked = client.get(where)
    assert asked.status_code == 200
    assert asked.mimetype == "text/html"
    assert 'name="purpose"' in asked.text
    assert client.get(f"{where}{'&' if '?' in where else '?'}purpose=curiosity").status_code == 422
    answer = client.get(with_purpose(where))
    assert answer.mimetype.startswith("application/vnd.openxmlformats")
    text = "".join(parts(answer).values())
    assert f"（{login}）" in text
    assert "督导本机构人员" in text
    with demonstration.app_context(), db.engine.connect() as connection:
        notes = connection.execute(
            sa.select(LogEntry.purpose, LogEntry.facts).where(LogEntry.code == "export").order_by(LogEntry.id.desc())
        ).first()
    assert notes is not None
    assert notes.purpose == "supervision"
    assert notes.facts["endpoint"] == endpoint
    assert notes.facts["rows"] > 0
