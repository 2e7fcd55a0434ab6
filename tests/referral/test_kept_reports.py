"""Reports that take long to count are kept: the same figures come back, for the same scope only, never too old."""

import zlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import Account, KeptReport, Visit
from referral import clock
from referral.access import as_installation
from referral.actions import reporting
from referral.actions.seeding.accounts import PASSWORD
from referral.evaluation import counting
from referral.evaluation.figures_as_bytes import Unreadable, pack, unpack
from referral.evaluation.periods import latest_quarter
from referral.extensions import db
from referral.queries.report.frame import Frame
from referral.queries.report.report import home_area, make_report
from referral.transactions import reading
from tests.queries import counted, sign_in


@pytest.fixture
def district(demo_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """Everything counts as slow."""
    monkeypatch.setattr(counting, "SLOW", 0.0)
    with demo_app.app_context():
        as_installation(db.session, because="a test")
        yield db.session()


def frame_of(session: Session, login: str) -> Frame:
    account = session.scalars(sa.select(Account).where(Account.login == login)).one()
    today = clock.today()
    return Frame(account, clock.a_year_back(today), today, home_area(session, account))


def kept(session: Session) -> list[KeptReport]:
    session.commit()
    return list(session.scalars(sa.select(KeptReport).execution_options(populate_existing=True)))


@pytest.mark.parametrize("login", ["coordinator", "supervisor"])
def test_figures_come_back_from_bytes_as_they_went(district: Session, login: str) -> None:
    report = make_report(district, frame_of(district, login))
    assert unpack(district, pack(report)) == report
    assert report.done.persons > 0


def test_a_year_of_told_tables_comes_back_as_it_went(district: Session) -> None:
    account = district.scalars(sa.select(Account).where(Account.login == "evaluator")).one()
    quarter = latest_quarter(clock.today())
    frame = Frame(account, quarter.start, quarter.end, home_area(district, account))
    year, at = counting.year(district, frame, clock.now())
    again, counted_at = counting.year(district, frame, clock.now())
    assert counted_at == at
    assert again == year
    assert again.hidden
    assert counting.year(district, frame, at + timedelta(minutes=5), anew=True)[1] == at + timedelta(minutes=5)


@pytest.mark.parametrize("body", [b"", b"torn", pack([1])[:-3], zlib.compress(b'{"of": "Account", "has": {}}')])
def test_torn_bytes_are_counted_anew(district: Session, body: bytes) -> None:
    frame = frame_of(district, "coordinator")
    counting.report(district, frame, clock.now())
    district.execute(sa.update(KeptReport).values(body=body))
    district.commit()
    with pytest.raises(Unreadable):
        unpack(district, body)
    report, _at = counting.report(district, frame, clock.now())
    assert report == make_report(district, frame)


@pytest.mark.parametrize("thing", [object(), b"bytes", Account])
def test_nothing_else_is_packed(thing: Any) -> None:
    with pytest.raises(TypeError):
        pack([thing])


def test_what_is_kept_opens_without_counting_and_says_when_it_was_counted(district: Session) -> None:
    frame, at = frame_of(district, "coordinator"), clock.now()
    first, _at = counting.report(district, frame, at)
    with counted() as sent:
        again, counted_at = counting.report(district, frame, at + timedelta(minutes=50))
    assert (again, counted_at) == (first, at)
    assert len(sent) <= 7
    assert not [one for one in sent if "FROM visit" in one]


def test_whoever_has_another_scope_finds_nothing_of_it(district: Session) -> None:
    at = clock.now()
    names = {counting.name_of(frame_of(district, login), tables=False) for login in ("coordinator", "supervisor")}
    assert len(names) == 2
    counting.report(district, frame_of(district, "coordinator"), at)
    frame = frame_of(district, "supervisor")
    report, _at = counting.report(district, frame, at)
    assert report == make_report(district, frame)
    assert len(kept(district)) == 2


def test_a_late_entry_is_told_after_the_clock_has_counted(district: Session) -> None:
    frame, at = frame_of(district, "coordinator"), clock.now()
    before, _at = counting.report(district, frame, at)
    district.execute(sa.update(Visit).values(replaced=True))
    district.commit()
    later = at + timedelta(minutes=60)
    assert counting.report(district, frame, later)[0] == before
    assert counting.count_reports(district, later) == {"counted": 1, "ahead": 0, "forgotten": 0}
    report, counted_at = counting.report(district, frame, later)
    assert counted_at == later
    assert report.done.persons == 0


def test_nothing_kept_is_told_once_it_is_too_old(district: Session) -> None:
    frame, at = frame_of(district, "coordinator"), clock.now()
    counting.report(district, frame, at)
    district.execute(sa.update(Visit).values(replaced=True))
    district.commit()
    report, counted_at = counting.report(district, frame, at + counting.LASTS)
    assert counted_at == at + counting.LASTS
    assert report.done.persons == 0


def test_what_nobody_opens_is_forgotten(district: Session) -> None:
    counting.report(district, frame_of(district, "coordinator"), clock.now())
    district.commit()
    late = clock.now() + counting.OPENED_LATELY + timedelta(hours=1)
    assert counting.count_reports(district, late) == {"counted": 0, "ahead": 0, "forgotten": 1}
    assert kept(district) == []


def test_a_year_up_to_today_goes_on_to_the_next_day(district: Session) -> None:
    counting.report(district, frame_of(district, "coordinator"), clock.now())
    district.commit()
    counting.count_reports(district, clock.now() + timedelta(days=1))
    (row,) = kept(district)
    assert row.ends_on == clock.today() + timedelta(days=1)
    assert row.starts_on == clock.a_year_back(row.ends_on)


def test_a_page_that_only_reads_keeps_it_beside_itself(district: Session) -> None:
    district.rollback()
    with reading():
        counting.report(district, frame_of(district, "coordinator"), clock.now())
        district.rollback()
    assert len(kept(district)) == 1


def test_what_is_quick_is_not_kept(district: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "SLOW", 600.0)
    counting.report(district, frame_of(district, "coordinator"), clock.now())
    assert kept(district) == []


@pytest.mark.parametrize("login", ["coordinator", "evaluator"])
def test_readers_of_much_find_their_first_page_counted_ahead(
    demo_app: Flask, district: Session, monkeypatch: pytest.MonkeyPatch, login: str
) -> None:
    client = sign_in(demo_app.test_client(), login, PASSWORD)
    monkeypatch.setattr(counting, "MANY", 1)
    reporting.keep_months(district, clock.now())
    district.commit()
    found = counting.count_reports(district, clock.now())
    assert found == {"counted": 0, "ahead": len(kept(district)), "forgotten": 0}
    assert found["ahead"] > 0
    assert counting.count_reports(district, clock.now())["ahead"] == 0

    def make_report(*_given: Any) -> None:
        raise AssertionError("counted again")

    monkeypatch.setattr(counting, "make_report", make_report)
    assert client.get("/report").status_code == 200


def test_nothing_is_counted_ahead_where_there_is_little(demo_app: Flask, district: Session) -> None:
    sign_in(demo_app.test_client(), "coordinator", PASSWORD)
    reporting.keep_months(district, clock.now())
    district.commit()
    assert counting.count_reports(district, clock.now()) == {"counted": 0, "ahead": 0, "forgotten": 0}
