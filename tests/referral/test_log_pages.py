"""The auditor's pages and the list of looks: what they show, what they do not, and that they only show."""

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from models import LogEntry, LogKind, Person, Role
from referral import clock, log
from referral.access import as_installation
from referral.extensions import db
from referral.log.anchors import parse
from referral.log.sealing import seal
from referral.vocabulary.log import NOTES
from tests.factories import make_account, make_case, make_need, make_person
from tests.pages import check_page
from tests.queries import sign_in

ENGLISH = {"Accept-Language": "en"}
HERE = Path(__file__).resolve().parents[2]


@pytest.fixture
def people(app: Flask) -> dict[str, str]:
    """A worker, a coordinator, an auditor, and somebody whose file there is."""
    app.config["DEMONSTRATION"] = True
    with app.app_context():
        as_installation(db.session, because="test")
        worker = make_account(db.session, Role.STATION_WORKER, demonstration=True)
        auditor = make_account(db.session, Role.AUDITOR, demonstration=True)
        stranger = make_account(db.session, Role.STATION_WORKER, demonstration=True)
        case = make_case(db.session, person=make_person(db.session, station_id=worker.organization_id))
        make_need(db.session, case=case)
        db.session.commit()
        person = db.session.get_one(Person, case.person_id)
        found = {
            "worker": worker.login,
            "auditor": auditor.login,
            "stranger": stranger.login,
            "person": str(person.id),
            "name": person.name,
            "number": person.number,
        }
        db.session.rollback()
        seal(db.engine, clock.now())
    return found


def as_(app: Flask, people: dict[str, str], who: str) -> FlaskClient:
    return sign_in(app.test_client(), people[who])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_auditors_pages_stand_and_name_nobody(app: Flask, people: dict[str, str], language: str) -> None:
    as_(app, people, "worker").get(f"/people/{people['person']}")
    client = as_(app, people, "auditor")
    for address in ("/oversight", "/oversight/entries", f"/oversight/entries?file={people['number']}"):
        answer = client.get(address, headers={"Accept-Language": language})
        check_page(answer, language)
        assert people["name"] not in answer.get_data(as_text=True)
    shown = client.get(f"/oversight/entries?file={people['number']}&kind=read").get_data(as_text=True)
    assert people["number"] in shown
    assert people["worker"] in shown
    assert client.get("/oversight/entries?file=P0000-00000").status_code == 200
    assert client.get(f"/people/{people['person']}").status_code == 404


def test_verifying_by_button_is_itself_logged_and_names_what_is_broken(app: Flask, people: dict[str, str]) -> None:
    client = as_(app, people, "auditor")
    assert client.post("/oversight/verify").status_code == 302
    assert "0" in client.get("/oversight", headers=ENGLISH).get_data(as_text=True)
    with app.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE need SET quantity = 900")
    client.post("/oversight/verify", headers=ENGLISH)
    page = client.get("/oversight", headers=ENGLISH)
    check_page(page, "en")
    assert "the record was changed behind the application" in page.get_data(as_text=True)
    with app.app_context():
        notes = db.session.scalars(
            sa.select(LogEntry).where(LogEntry.code == "log_verified").order_by(LogEntry.id)
        ).all()
        assert [(note.facts or {})["faults"] for note in notes] == [0, 1]
        assert {note.role for note in notes} == {"auditor"}


def test_the_anchors_are_a_file_that_verify_reads(app: Flask, people: dict[str, str], tmp_path: Path) -> None:
    answer = as_(app, people, "auditor").get("/oversight/anchors")
    assert "attachment" in answer.headers["Content-Disposition"]
    held = tmp_path / "anchors.txt"
    held.write_bytes(answer.get_data())
    assert list(parse(held.read_text().splitlines()))
    runner = app.test_cli_runner()
    assert runner.invoke(args=["audit", "verify", "--anchors", str(held)]).exit_code == 0
    held.write_text(re.sub(r"\b[0-9a-f]{64}\b", "0" * 64, held.read_text()))
    bent = runner.invoke(args=["audit", "verify", "--anchors", str(held)])
    assert bent.exit_code == 1
    assert "seal " in bent.output or "封印" in bent.output


def test_who_looks_after_a_person_sees_who_has_looked(app: Flask, people: dict[str, str]) -> None:
    client = as_(app, people, "worker")
    client.get(f"/people/{people['person']}")
    for language in ("zh", "en"):
        page = client.get(f"/people/{people['person']}/looks", headers={"Accept-Language": language})
        check_page(page, language)
    assert "Social worker" in page.get_data(as_text=True)
    assert f"/people/{people['person']}/looks" in client.get(f"/people/{people['person']}").get_data(as_text=True)
    assert as_(app, people, "stranger").get(f"/people/{people['person']}/looks").status_code == 404
    assert as_(app, people, "auditor").get(f"/people/{people['person']}/looks").status_code == 404


def test_no_other_role_reads_the_log(app: Flask, people: dict[str, str]) -> None:
    client = as_(app, people, "worker")
    for address in ("/oversight", "/oversight/entries", "/oversight/anchors"):
        assert client.get(address).status_code == 404
    assert client.post("/oversight/verify").status_code == 404


@pytest.mark.checkout
def test_nothing_in_the_program_writes_the_log_but_its_own_package() -> None:
    """No route, action or command names its tables in a writing statement."""
    writing = re.compile(
        r"(insert|update|delete)\(\s*Log(Entry|Seal)|(INSERT INTO|UPDATE|DELETE FROM) log_", re.IGNORECASE
    )
    found = [
        str(file.relative_to(HERE))
        for folder in ("referral", "models")
        for file in (HERE / folder).rglob("*.py")
        if writing.search(file.read_text("utf-8"))
    ]
    assert sorted(found) == ["referral/log/entries.py", "referral/log/sealing.py"]


@pytest.mark.checkout
def test_every_note_that_the_program_writes_has_words() -> None:
    call = re.compile(r'(?:\blog\.note|\b_tell)\(\s*[\w.]+,\s*(?:account, )?"([a-z_]+)"(?: if \w+ else "([a-z_]+)")?')
    codes = {
        code
        for file in (HERE / "referral").rglob("*.py")
        if file.parent.name != "log"
        for match in call.findall(file.read_text("utf-8"))
        for code in match
        if code
    }
    assert len(codes) > 15
    assert codes - NOTES.keys() == set()


def test_a_note_on_a_refused_request_stays(app: Flask) -> None:
    with app.app_context():
        as_installation(db.session, because="test")
        log.note(db.session, "gone")
        log.note(db.session, "stays", keep=True)
        db.session.rollback()
        log.write_reads(db.session)
        codes = db.session.scalars(sa.select(LogEntry.code).where(LogEntry.kind == LogKind.NOTE)).all()
        assert codes == ["stays"]
