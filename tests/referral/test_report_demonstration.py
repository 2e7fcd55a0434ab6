"""The report on the demonstration: recomputed by other means, its records behind it, its page in both languages."""

import io
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pandas as pd
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models import Account
from referral.evaluation.definitions import ALL, DEFINITIONS
from referral.extensions import db
from referral.queries.report import records
from referral.queries.report.frame import Frame
from referral.queries.report.report import make_report
from tests.pages import check_page
from tests.queries import counted, sign_in


@pytest.fixture
def demo(demo_app: Flask) -> Iterator[Session]:
    with demo_app.app_context():
        yield db.session()


def evaluator_frame(session: Session) -> Frame:
    account = session.scalars(sa.select(Account).where(Account.login == "evaluator")).one()
    last = session.scalar(sa.text("select max(date(started_at, '+8 hours')) from visit"))
    end = date.fromisoformat(last)
    return Frame(account, end - timedelta(days=200), end - timedelta(days=20), account.area_code)


def test_figures_agree_with_pandas_on_the_demonstration(demo: Session) -> None:
    frame = evaluator_frame(demo)
    report = make_report(demo, frame)
    visits = pd.read_sql("select * from visit", demo.connection().connection.driver_connection)
    visits["day"] = (pd.to_datetime(visits.started_at, format="ISO8601") + pd.Timedelta(hours=8)).dt.date
    mine = visits[(visits.day >= frame.start) & (visits.day <= frame.end) & (visits.replaced == 0)]
    met = mine[mine.contact_result.isin(["met_person", "met_family"])]
    assert len(met) > 2000
    done = report.done
    assert done.person_times == len(met)
    assert done.persons == met.person_id.nunique()
    assert done.households == met.household_id.nunique()
    assert done.hours == (Decimal(int(met.minutes.sum())) / 60).quantize(Decimal("0.01"))
    assert done.amount * 100 == int(met.amount.sum())
    assert done.not_reached_total == len(mine) - len(met)
    by_term = met.groupby("term_id").agg(times=("id", "size"), units=("units", "sum"))
    assert sorted((line.person_times, int(line.units * 100)) for line in done.services) == sorted(
        zip(by_term.times, by_term.units, strict=True)
    )
    assert sum(times for _, times, _ in done.months) == len(met)
    assert sum(group.person_times for group in report.townships) == len(met)
    assert sum(group.person_times for group in report.sexes) == len(met)
    assert sum(group.person_times for group in report.ages) == len(met)


def test_every_figure_opens_exactly_its_records(demo: Session) -> None:
    frame = evaluator_frame(demo)
    report = make_report(demo, frame)
    expected = {
        "persons": report.done.persons,
        "person_times": report.done.person_times,
        "not_reached": report.done.not_reached_total,
        "requested": report.funnel.requested,
        "accepted": report.funnel.accepted,
        "rejected": report.funnel.rejected,
        "expired": report.funnel.expired,
        "completed": report.funnel.completed,
        "never_offered": report.unknown.needs_without_offer,
        "unanswered": report.unknown.unanswered,
        "needs": report.needs,
        "needs_met": report.needs_met,
    }
    for figure, value in expected.items():
        listed = records.listing(frame, figure, None)
        assert listed is not None
        assert len(records.all_of(demo, listed)) == value, figure
    for line in report.done.services:
        listed = records.listing(frame, "person_times", line.term.code)
        assert listed is not None
        assert len(records.all_of(demo, listed)) == line.person_times


def test_every_listing_works_and_every_figure_has_a_definition(demo: Session) -> None:
    frame = evaluator_frame(demo)
    for figure in records.LISTINGS:
        listed = records.listing(frame, figure, None)
        assert listed is not None
        assert records.page_of(demo, listed, 1).number == 1
        assert figure in ALL
    assert len(ALL) == sum(len(lines) for lines in DEFINITIONS.values())
    assert records.listing(frame, "no_such_figure", None) is None
    assert records.listing(frame, "not_reached", "no_such_result") is None


def test_a_report_needs_few_statements(demo: Session) -> None:
    frame = evaluator_frame(demo)
    with counted() as sent:
        make_report(demo, frame)
    assert len(sent) <= 16


@pytest.fixture
def reader(demo_app: Flask) -> FlaskClient:
    return sign_in(demo_app.test_client(), "evaluator", "yuanqiao-demo")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    "address",
    ["/report", "/report/definitions", "/report/records?figure=person_times", "/report/records?figure=requested",
     "/report/records?figure=persons", "/report/records?figure=needs", "/report/records?figure=first_contact"],
)  # fmt: skip
def test_the_evaluators_pages_are_whole(reader: FlaskClient, address: str, language: str) -> None:
    reader.set_cookie("language", language)
    answer = reader.get(address)
    assert answer.status_code == 200
    check_page(answer, language)


def test_the_evaluator_never_reads_a_name(demo_app: Flask, reader: FlaskClient) -> None:
    with demo_app.app_context():
        names = set(db.session.scalars(sa.text("select name from person")))
    for figure in records.LISTINGS:
        text = reader.get(f"/report/records?figure={figure}").get_data(as_text=True)
        assert not [name for name in names if name in text], figure


def test_a_wrong_period_is_explained_and_kept(reader: FlaskClient) -> None:
    answer = reader.get("/report?start=2026-09-01&end=2026-08-01")
    assert answer.status_code == 422
    assert "2026-09-01" in answer.get_data(as_text=True)
    answer = reader.get("/report?start=gestern")
    assert answer.status_code == 422
    assert "gestern" in answer.get_data(as_text=True)


def test_the_workbook_holds_every_table_and_the_definitions(reader: FlaskClient) -> None:
    answer = reader.get("/report/export")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        assert sum(name.startswith("xl/worksheets/sheet") for name in book.namelist()) == 11
    assert reader.get("/report/chart/months.svg").data.startswith(b"<svg")
    assert reader.get("/report/chart/nothing.svg").status_code == 404


def test_for_a_minute_page_charts_and_workbook_tell_the_same(demo_app: Flask, reader: FlaskClient) -> None:
    reader.get("/report")
    kept = demo_app.extensions["report_figures"]
    first = dict(kept)
    for address in ("/report", "/report/export", "/report/chart/months.svg"):
        assert reader.get(address).status_code == 200
    assert dict(kept) == first
    reader.get("/report?area=321199100000")
    assert len(kept) == 2


def test_after_a_minute_figures_are_counted_anew(
    demo_app: Flask, reader: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader.get("/report")
    (before,) = demo_app.extensions["report_figures"].values()
    monkeypatch.setattr("referral.evaluation.kept.KEPT_FOR", timedelta(0))
    reader.get("/report")
    (after,) = demo_app.extensions["report_figures"].values()
    assert after is not before
    assert after.report.done.months == before.report.done.months
    assert after.report.funnel == before.report.funnel


def test_readers_with_another_scope_never_share_figures(demo_app: Flask, reader: FlaskClient) -> None:
    reader.get("/report")
    sign_in(demo_app.test_client(), "supervisor", "yuanqiao-demo").get("/report")
    assert len(demo_app.extensions["report_figures"]) == 2
