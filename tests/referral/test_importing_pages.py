"""The import pages: choose, check, apply or throw away; everything in both languages, one's own uploads only."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from models import ImportRun, ImportStatus, Person, Role
from referral.extensions import db
from tests.factories import VILLAGE, make_account, make_area
from tests.pages import check_page
from tests.queries import counted, sign_in
from tests.referral.brought import GOOD_ID, LI, PEOPLE
from tests.referral.spreadsheets import text, workbook

BAD = ["王秀英", 3.21181199001011e17, "soon", "丁岗村"]


@pytest.fixture
def coordinator(app: Flask) -> FlaskClient:
    """A coordinator who has signed in."""
    with app.app_context():
        make_area(db.session, VILLAGE, name="丁岗村")
        login = make_account(db.session).login
        db.session.commit()
    return sign_in(app.test_client(), login)


def upload(client: FlaskClient, data: bytes, name: str = "list.xlsx", kind: str = "people") -> Any:
    return client.post("/imports", data={"kind": kind, "file": (io.BytesIO(data), name)})


def brought(client: FlaskClient, *rows: list[Any]) -> str:
    answer = upload(client, workbook([PEOPLE, *rows]))
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return str(answer.location)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_are_whole_in_both_languages(coordinator: FlaskClient, language: str) -> None:
    address = brought(coordinator, BAD, LI)
    coordinator.set_cookie("language", language)
    for page in ("/imports", address, f"{address}?show=all", f"{address}?show=new", f"{address}?show=same"):
        answer = coordinator.get(page)
        assert answer.status_code == 200
        check_page(answer, language)


def test_wrong_cells_are_shown_with_row_column_value_and_what_to_write(coordinator: FlaskClient) -> None:
    coordinator.set_cookie("language", "en")
    words = coordinator.get(brought(coordinator, LI, BAD)).get_data(as_text=True)
    assert "身份证号" in words
    assert "3.21181199001011e+17" in words
    assert "Format the column as text and type the number again." in words
    assert "Write the date as 2024-05-01." in words
    assert "Import 1 row" in words


def test_the_good_rows_are_applied_and_the_others_left_out(app: Flask, coordinator: FlaskClient) -> None:
    address = brought(coordinator, LI, BAD)
    assert coordinator.post(f"{address}/apply").status_code == 302
    with app.app_context():
        assert db.session.scalars(sa.select(Person.name)).all() == ["李强"]
    assert coordinator.post(f"{address}/apply").status_code == 409
    again = coordinator.get(brought(coordinator, LI)).get_data(as_text=True)
    assert "/apply" not in again


def test_nothing_is_imported_when_nothing_is_chosen(app: Flask, coordinator: FlaskClient) -> None:
    address = brought(coordinator, LI)
    assert coordinator.post(f"{address}/discard").status_code == 302
    with app.app_context():
        assert db.session.scalars(sa.select(ImportRun.status)).all() == [ImportStatus.DISCARDED]
        assert db.session.scalars(sa.select(Person)).all() == []
    check_page(coordinator.get(address), "zh")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("data", "name"),
    [(b"", "a.xlsx"), (b"%PDF-1", "a.pdf"), (text([["a", "b"], ["1", "2"]]), "a.csv"), (b"\xd0\xcf\x11\xe0", "a.xls")],
)
def test_a_file_that_is_refused_leaves_the_choice_and_says_why(
    coordinator: FlaskClient, data: bytes, name: str, language: str
) -> None:
    coordinator.set_cookie("language", language)
    answer = upload(coordinator, data, name)
    assert answer.status_code == 422
    root = check_page(answer, language)
    chosen = [field.get("value") for field in root.iter("input") if field.get("checked") is not None]
    assert chosen == ["people"]


def test_without_a_file_or_a_kind_the_form_says_so(coordinator: FlaskClient) -> None:
    answer = coordinator.post("/imports", data={})
    assert answer.status_code == 422
    check_page(answer, "zh")


def test_the_file_comes_back_with_a_column_of_problems_and_can_be_sent_again(coordinator: FlaskClient) -> None:
    from python_calamine import CalamineWorkbook

    formula = ["=1+1", GOOD_ID, None, "丁岗村"]
    address = brought(coordinator, BAD, formula)
    answer = coordinator.get(f"{address}/file")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.data)) as package:
        assert b"<f" not in package.read("xl/worksheets/sheet1.xml").replace(b"<foot", b"")
    with CalamineWorkbook.from_filelike(io.BytesIO(answer.data)) as book:
        rows = book.get_sheet_by_index(0).to_python()
    assert rows[0][:3] == ["问题", "姓名", "身份证号"]
    assert "文本格式" in str(rows[1][0])
    assert rows[2][1] == "=1+1"
    assert upload(coordinator, answer.data).status_code == 302


def test_templates_are_handed_out_for_known_kinds_only(coordinator: FlaskClient) -> None:
    for kind in ("organizations", "people", "capacity"):
        answer = coordinator.get(f"/imports/templates/{kind}")
        assert answer.status_code == 200
        assert answer.data.startswith(b"PK")
    assert coordinator.get("/imports/templates/secrets").status_code == 404


def test_nobody_sees_another_ones_upload(app: Flask, coordinator: FlaskClient) -> None:
    address = brought(coordinator, LI)
    with app.app_context():
        others = [make_account(db.session).login, make_account(db.session, Role.STATION_WORKER).login]
        db.session.commit()
    for login in others:
        client = sign_in(app.test_client(), login)
        for page in (address, f"{address}/file"):
            assert client.get(page).status_code == 404
        assert client.post(f"{address}/apply").status_code == 404


def test_the_pages_ask_few_questions(app: Flask, coordinator: FlaskClient) -> None:
    address = brought(coordinator, *[["李强", None, f"19{year}-01-01", "丁岗村"] for year in range(30, 90)])
    with app.app_context():
        for page, most in (("/imports", 6), (address, 8)):
            with counted() as sent:
                coordinator.get(page)
            assert len(sent) <= most, "\n".join(sent)


def test_the_command_checks_first_and_writes_only_when_told(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        make_area(db.session, VILLAGE, name="丁岗村")
        login = make_account(db.session).login
        db.session.commit()
    file = tmp_path / "people.xlsx"
    file.write_bytes(workbook([PEOPLE, LI, BAD]))
    run = app.test_cli_runner().invoke
    told = run(args=["import", "people", str(file), "--by", login])
    assert told.exit_code == 0, told.output
    assert "3.21181199001011e+17" in told.output
    with app.app_context():
        assert db.session.scalars(sa.select(Person)).all() == []
    assert run(args=["import", "people", str(file), "--by", login, "--apply"]).exit_code == 0
    with app.app_context():
        assert db.session.scalars(sa.select(Person.name)).all() == ["李强"]
    assert run(args=["import", "people", str(file), "--by", "nobody"]).exit_code != 0
