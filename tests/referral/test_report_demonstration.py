"""The report on the demonstration: recomputed by other means, its records behind it, its page in both languages."""

import html
import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import Account
from referral import clock
from referral.access import look_as
from referral.evaluation.codes import DERIVED, definition_of
from referral.evaluation.definitions import ALL, DEFINITIONS
from referral.evaluation.sheets import figure_sheets
from referral.evaluation.sheets_of_work import SHOWN, codebook
from referral.extensions import db
from referral.queries.report import records
from referral.queries.report.flat import flat
from referral.queries.report.frame import Frame
from referral.queries.report.report import make_report
from referral.report_again import Again, differing
from tests.conftest import MakeApp
from tests.queries import counted, sign_in


@pytest.fixture
def demo(demo_app: Flask) -> Iterator[Session]:
    with demo_app.app_context():
        yield db.session()


READERS = pytest.mark.parametrize("login", ["coordinator", "evaluator"])
"""One who sees the whole district, and one who sees a program of it."""


def frame_of(session: Session, login: str) -> Frame:
    account = session.scalars(sa.select(Account).where(Account.login == login)).one()
    last = session.scalar(sa.text("select max(date(started_at, '+8 hours')) from visit"))
    end = date.fromisoformat(last)
    return Frame(account, end - timedelta(days=200), end - timedelta(days=20), account.area_code)


def rows(session: Session, table: str) -> pd.DataFrame:
    return pd.read_sql(f"select * from {table}", session.connection().connection.driver_connection)


def looking(session: Session, frame: Frame) -> None:
    """Look as the reader, so that the scope is added to every statement."""
    look_as(session, frame.actor, because="read_report")


@READERS
def test_figures_agree_with_pandas_on_the_demonstration(demo: Session, login: str) -> None:
    frame = frame_of(demo, login)
    visits = rows(demo, "visit")
    looking(demo, frame)
    report = make_report(demo, frame)
    if login == "evaluator":
        visits = visits[visits.program_id == frame.actor.program_id.hex]
    visits["day"] = (pd.to_datetime(visits.started_at, format="ISO8601") + pd.Timedelta(hours=8)).dt.date
    mine = visits[(visits.day >= frame.start) & (visits.day <= frame.end) & (visits.replaced == 0)]
    met = mine[mine.contact_result.isin(["met_person", "met_family"])]
    assert len(met) > (2000 if login == "coordinator" else 100)
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


@pytest.mark.parametrize("whole_year", [True, False])
def test_every_figure_is_that_of_plain_sql(demo_on_both: str, make_app: MakeApp, whole_year: bool) -> None:
    with make_app(demo_on_both).app_context():
        session = db.session()
        reader = session.scalars(sa.select(Account).where(Account.login == "coordinator")).one()
        today = clock.today()
        start, end = (date(today.year, 1, 1), today.replace(day=1) - timedelta(days=1)) if whole_year else (
            today - timedelta(days=131), today - timedelta(days=4)
        )  # fmt: skip
        frame = Frame(reader, start, end, reader.area_code)
        looking(session, frame)
        told = flat(make_report(session, frame))
        again = Again(session, str(reader.area_code), start, end, today).every()
        assert len(again) > 400
        assert not differing(told, again)
        told["share.coverage.part"] = "1"
        assert differing(told, again) == [f"share.coverage.part: 1 in the report, {again['share.coverage.part']} "
                                          "counted again"]  # fmt: skip


def test_every_figure_has_a_definition_that_stands_on_page_and_in_codebook(demo_app: Flask, demo: Session) -> None:
    frame = frame_of(demo, "coordinator")
    looking(demo, frame)
    report = make_report(demo, frame)
    counted_again = {definition_of(code) for code in flat(report)}
    # Reasons stand there as far as a case ended so.
    assert counted_again | DERIVED | {"exits"} == set(ALL)
    with demo_app.test_request_context():
        sheets = figure_sheets(report)
        assert len(sheets) == len(SHOWN)
        assert {code for codes in SHOWN for code in codes} == set(ALL)
        book = codebook(frame.start, frame.end)
        assert [row[0] for row in book.rows] == list(ALL)
        assert not [row for row in book.rows if not all(row)]
    page = sign_in(demo_app.test_client(), "coordinator", "yuanqiao-demo").get("/report?start=2026-01-01")
    text = html.unescape(page.get_data(as_text=True))
    missing = [
        code for code, one in ALL.items() if str(one.formula) not in text and in_chinese(one.formula) not in text
    ]
    assert not missing


def in_chinese(text: object) -> str:
    catalogue = json.loads(Path("referral/translations/zh/evaluation.json").read_text())
    return str(catalogue.get(str(text), text))


def test_an_evaluators_needs_referrals_and_cases_are_those_of_the_program(demo: Session) -> None:
    frame = frame_of(demo, "evaluator")
    program = frame.actor.program_id.hex
    services, entries, referrals, visits, needs, cases = (
        rows(demo, table) for table in ("service", "service_at_location", "referral", "visit", "need", "case_file")
    )
    looking(demo, frame)
    report = make_report(demo, frame)
    own = entries[entries.service_id.isin(services[services.program_id == program].id)].id
    asked = referrals[referrals.service_at_location_id.isin(own)]
    given = visits[visits.program_id == program]
    behind = referrals[referrals.id.isin(given.referral_id.dropna())]
    sample = needs[needs.id.isin({*asked.need_id, *behind.need_id})]

    def in_period(moments: pd.Series) -> pd.Series:
        days = (pd.to_datetime(moments, format="ISO8601") + pd.Timedelta(hours=8)).dt.date
        return (days >= frame.start) & (days <= frame.end)

    opened = sample[in_period(sample.opened_at)]
    assert 10 < report.needs == len(opened) < len(needs)
    assert report.needs_met == opened.status.isin(["met", "partly_met"]).sum()
    assert report.funnel.requested == (in_period(asked.requested_at) & (asked.status != "entered_in_error")).sum() > 10
    through = cases[cases.id.isin({*sample.case_id, *given.case_id.dropna()})]
    first = next(speed for speed in report.speeds if speed.code == "first_contact")
    assert first.n + first.open == in_period(through.opened_at).sum() > 3


@READERS
def test_every_figure_opens_exactly_its_records(demo: Session, login: str) -> None:
    frame = frame_of(demo, login)
    looking(demo, frame)
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


@READERS
def test_every_listing_works_and_every_figure_has_a_definition(demo: Session, login: str) -> None:
    frame = frame_of(demo, login)
    looking(demo, frame)
    for figure in records.LISTINGS:
        listed = records.listing(frame, figure, None)
        assert listed is not None
        assert records.page_of(demo, listed, 1).number == 1
        assert figure in ALL
    assert len(ALL) == sum(len(lines) for lines in DEFINITIONS.values())
    assert records.listing(frame, "no_such_figure", None) is None
    assert records.listing(frame, "not_reached", "no_such_result") is None


@READERS
def test_a_report_needs_few_statements(demo: Session, login: str) -> None:
    frame = frame_of(demo, login)
    looking(demo, frame)
    with counted() as sent:
        make_report(demo, frame)
    assert len(sent) <= 34
