"""Evaluators: one program, pseudonyms, a last day; nothing by which somebody could be recognised."""

import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import load_workbook
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Account, Case, Need, Person, Program, Referral, Role, Visit
from referral import clock
from referral.access import as_installation
from referral.actions.seeding.accounts import PASSWORD as DEMO_PASSWORD
from referral.evaluation.periods import over
from referral.extensions import db
from referral.queries.report import records
from tests.factories import make_account
from tests.queries import sign_in

PSEUDONYM = re.compile(r"\b[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}\b")


@pytest.fixture
def reader(demo_app: Flask) -> FlaskClient:
    return sign_in(demo_app.test_client(), "evaluator", DEMO_PASSWORD)


def evaluator(session: Session) -> Account:
    return session.scalars(sa.select(Account).where(Account.login == "evaluator")).one()


def listed(reader: FlaskClient, figure: str) -> str:
    return reader.get(f"/report/records?figure={figure}").get_data(as_text=True)


def exported(reader: FlaskClient, figure: str) -> list[list[Any]]:
    answer = reader.get(f"/report/records?figure={figure}&as=xlsx&purpose=reporting")
    assert answer.status_code == 200
    book = load_workbook(BytesIO(answer.data))
    return [row for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python()]


def test_no_list_and_no_file_says_who_somebody_is(demo_app: Flask, reader: FlaskClient) -> None:
    with demo_app.app_context():
        as_installation(db.session, because="a test")
        told = {
            *db.session.scalars(sa.select(Person.name)),
            *(one for kind in (Person, Case, Need, Referral) for one in db.session.scalars(sa.select(kind.number))),
            *db.session.scalars(sa.text("select name from area where level in ('village', 'township')")),
            *(day.isoformat() for day in db.session.scalars(sa.select(Person.born_on)) if day),
        }  # fmt: skip
    told = {one for one in told if len(one) > 2}
    people = 0
    for figure in records.LISTINGS:
        if reader.get(f"/report/records?figure={figure}").status_code == 404:
            assert reader.get(f"/report/records?figure={figure}&as=xlsx&purpose=reporting").status_code == 404
            continue  # what the tables withhold opens no list
        page = listed(reader, figure)
        cells = " ".join(str(cell) for row in exported(reader, figure) for cell in row)
        people += len(set(PSEUDONYM.findall(page)))
        for text in (page, cells):
            assert not [one for one in told if one in text], figure
    assert people > 20


def test_page_and_file_use_the_same_pseudonyms_and_another_evaluator_others(
    demo_app: Flask, reader: FlaskClient
) -> None:
    with demo_app.app_context():
        as_installation(db.session, because="a test")
        mine = evaluator(db.session)
        make_account(db.session, Role.EVALUATOR, login="second", area_code=mine.area_code, program_id=mine.program_id)
        db.session.commit()
    shown = set(PSEUDONYM.findall(listed(reader, "persons")))
    taken = set(PSEUDONYM.findall(" ".join(str(cell) for row in exported(reader, "persons") for cell in row)))
    assert shown
    assert shown <= taken
    assert set(PSEUDONYM.findall(listed(reader, "person_times"))) <= taken
    others = set(PSEUDONYM.findall(listed(sign_in(demo_app.test_client(), "second"), "persons")))
    assert len(others) == len(shown)
    assert not others & taken


def test_nothing_of_another_program(demo_app: Flask, reader: FlaskClient) -> None:
    with demo_app.app_context():
        as_installation(db.session, because="a test")
        mine = evaluator(db.session).program_id
        others = db.session.scalars(sa.select(Program.name).where(Program.id != mine)).all()
        visits = db.session.scalar(sa.select(sa.func.count()).where(Visit.program_id == mine)) or 0
        every = db.session.scalar(sa.select(sa.func.count()).select_from(Visit)) or 0
    assert 0 < visits < every / 10
    assert len(others) > 2
    for address in ("/report", f"/report?program={mine}&area=321199100000", "/report/records?figure=person_times"):
        page = reader.get(address)
        assert page.status_code == 200
        assert not [name for name in others if name in page.get_data(as_text=True)]


def test_a_period_of_few_people_tells_nothing(demo_app: Flask, reader: FlaskClient) -> None:
    with demo_app.app_context():
        as_installation(db.session, because="a test")
        mine = evaluator(db.session)
        moments = db.session.scalars(
            sa.select(Visit.started_at).where(
                Visit.program_id == mine.program_id, Visit.contact_result == "met_person", ~Visit.replaced
            )
        ).all()
    days = [clock.local_date(moment) for moment in moments]
    months = [f"{day:%Y-%m}" for day in days]
    today = clock.today()
    empty = next(period for period in over(today) if period.months == 1 and 0 < months.count(period.code) < 5)
    period = f"period={empty.code}"
    coordinators = f"start={empty.start}&end={empty.end}"
    page = reader.get(f"/report?{period}").get_data(as_text=True)
    assert "服务的人数不足5人" in page
    assert "人次" not in page.split("<main", 1)[1]
    assert reader.get(f"/report/export?{period}").status_code == 404
    assert reader.get(f"/report/chart/months.svg?{period}").status_code == 404
    coordinator = sign_in(demo_app.test_client(), "coordinator", DEMO_PASSWORD)
    assert "服务的人数不足5人" not in coordinator.get(f"/report?{coordinators}").get_data(as_text=True)


def test_small_figures_are_withheld_on_the_page_and_in_the_file(reader: FlaskClient) -> None:
    assert "不公布" in reader.get("/report").get_data(as_text=True)
    book = load_workbook(BytesIO(reader.get("/report/export").data))
    groups = book.get_sheet_by_name("为了谁").to_python() if "为了谁" in book.sheet_names else []
    cells = [cell for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row]
    assert "不公布" in cells
    for row in groups[1:]:
        assert not [cell for cell in row[1:2] if isinstance(cell, float) and 0 < cell < 5], row


def test_the_last_day_ends_a_running_session_and_lets_nobody_in(demo_app: Flask, reader: FlaskClient) -> None:
    def last_day(days_ago: int) -> None:
        with demo_app.app_context():
            as_installation(db.session, because="a test")
            evaluator(db.session).valid_until = clock.today() - timedelta(days=days_ago)
            db.session.commit()

    last_day(0)
    assert reader.get("/report").status_code == 200
    last_day(1)
    assert "/sign-in" in reader.get("/report").headers["Location"]
    refused = demo_app.test_client().post("/sign-in", data={"login": "evaluator", "password": DEMO_PASSWORD})
    assert refused.status_code != 302


def test_the_database_wants_program_and_last_day(session_on_both: Session) -> None:
    session = session_on_both
    account = make_account(session, Role.EVALUATOR)
    session.commit()
    for missing in ("program_id", "valid_until"):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(sa.update(Account).where(Account.id == account.id).values(**{missing: None}))
    session.execute(sa.update(Account).where(Account.id == account.id).values(active=False, program_id=None))
