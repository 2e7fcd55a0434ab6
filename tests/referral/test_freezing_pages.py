"""Pages of frozen reports: whole or torn, at work or failed, to the letter, and nothing for a foreign county."""

import json
import re
from datetime import date

import pytest
import sqlalchemy as sa
from flask import Flask

from models import Account, Freezing, FreezingStatus, Role, Snapshot, Visit
from referral import clock
from referral.access import as_installation
from referral.actions import freezing as orders
from referral.extensions import db
from tests.factories import COUNTY, make_account, make_area
from tests.queries import sign_in
from tests.referral.test_freezing import ELSEWHERE, asked, helped


@pytest.fixture
def readable(app: Flask) -> tuple[Flask, str]:
    with app.app_context():
        as_installation(db.session, because="a test")
        return app, helped(db.session).login


def test_a_frozen_report_is_shown_whole_and_what_would_differ_today_on_asking(readable: tuple[Flask, str]) -> None:
    app, login = readable
    client = sign_in(app.test_client(), login)
    assert client.post("/report/snapshots", data={"period": "2026-07"}).location == "/report/snapshots"
    listed = client.get("/report/snapshots", headers={"Accept-Language": "en"}).get_data(as_text=True)
    address = re.search(r"/report/snapshots/[0-9a-f-]{36}", listed)
    assert address, listed
    assert "Nothing differs" in client.get(f"{address[0]}?today=1", headers={"Accept-Language": "en"}).text
    with app.app_context():
        as_installation(db.session, because="a test")
        db.session.execute(sa.update(Visit).values(replaced=True))
        db.session.commit()
    app.extensions.pop("report_figures", None)
    differs = client.get(f"{address[0]}?today=1", headers={"Accept-Language": "en"}).text
    assert "Person-times" in differs.split("When frozen</th>")[1].split("</table>")[0]


def test_a_torn_report_is_said_to_be_so_and_its_page_still_opens(readable: tuple[Flask, str]) -> None:
    app, login = readable
    client = sign_in(app.test_client(), login)
    client.post("/report/snapshots", data={"period": "2026-07"})
    with app.app_context():
        as_installation(db.session, because="a test")
        key = db.session.scalars(sa.select(Snapshot.id)).one()
        db.session.execute(sa.text("UPDATE snapshot SET body = 'torn'"))
        db.session.commit()
    for address in ("/report/snapshots", f"/report/snapshots/{key}"):
        answer = client.get(address, headers={"Accept-Language": "en"})
        assert answer.status_code == 200
        assert "Not genuine" in answer.text


def test_an_order_at_work_and_one_that_failed_are_shown_and_are_no_reports(readable: tuple[Flask, str]) -> None:
    app, login = readable
    with app.app_context():
        as_installation(db.session, because="a test")
        by = db.session.scalars(sa.select(Account).where(Account.login == login)).one()
        asked(db.session, by, at=clock.now())
        failed, _new = orders.ask(
            db.session, start=date(2026, 6, 1), end=date(2026, 6, 30), area_code=COUNTY, by=by, at=clock.now()
        )
        failed.status, failed.failure, failed.finished_at = FreezingStatus.FAILED, "too_few", clock.now()
        db.session.commit()
    text = sign_in(app.test_client(), login).get("/report/snapshots", headers={"Accept-Language": "en"}).text
    assert "data-refresh" in text
    assert "2026-06-01 to 2026-06-30 was not frozen" in text
    assert "Nothing is frozen yet" in text


def test_a_period_that_is_no_period_keeps_the_page_and_freezes_nothing(readable: tuple[Flask, str]) -> None:
    app, login = readable
    answer = sign_in(app.test_client(), login).post("/report/snapshots", data={"period": "2026-13"})
    assert answer.status_code == 422
    with app.app_context():
        as_installation(db.session, because="a test")
        assert db.session.scalar(sa.select(sa.func.count(Freezing.id))) == 0


def test_what_was_signed_leaves_to_the_letter(readable: tuple[Flask, str]) -> None:
    app, login = readable
    client = sign_in(app.test_client(), login)
    client.post("/report/snapshots", data={"period": "2026-07"})
    with app.app_context():
        as_installation(db.session, because="a test")
        snapshot = db.session.scalars(sa.select(Snapshot)).one()
        key, body, signature = snapshot.id, snapshot.body, snapshot.signature
    answer = client.get(f"/report/snapshots/{key}.json")
    assert answer.get_data(as_text=True) == body
    assert answer.headers["X-Signature"].endswith(signature)
    assert json.loads(body)["area"] == COUNTY


def test_another_county_finds_no_trace_of_a_frozen_report(readable: tuple[Flask, str]) -> None:
    app, login = readable
    sign_in(app.test_client(), login).post("/report/snapshots", data={"period": "2026-07"})
    with app.app_context():
        as_installation(db.session, because="a test")
        key = db.session.scalars(sa.select(Snapshot.id)).one()
        make_area(db.session, ELSEWHERE)
        foreign = make_account(db.session, Role.COORDINATOR, area_code=ELSEWHERE).login
        db.session.commit()
    client = sign_in(app.test_client(), foreign)
    for address in (f"/report/snapshots/{key}", f"/report/snapshots/{key}.json"):
        assert client.get(address).status_code == 404
