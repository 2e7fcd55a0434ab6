"""The monthly table of a township: what is filed stays, only the county receives it, and no step is left out."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import Account, ContactResult, MonthlyReport, MonthlyStatus, Role, Visit, VisitKind
from models.errors import ReasonMissing, WrongStep
from models.reporting import MONTHLY_STEPS
from referral import clock
from referral.access import as_installation
from referral.actions import reporting
from referral.actions.visits import log_visit
from referral.evaluation.periods import over
from referral.extensions import db
from referral.queries.report import monthly
from referral.transactions import transaction
from tests.conftest import MakeApp
from tests.factories import AT, COUNTY, make_account, make_area, make_person, make_station, make_term
from tests.queries import sign_in
from tests.referral.test_applying_races import race, roomy

JULY = date(2026, 7, 1)
FIRST = datetime(2026, 7, 1, 1, 0, tzinfo=UTC)
ENGLISH = {"Accept-Language": "en"}


def station_of(session: Session, *, visits: int = 3, first: datetime = FIRST) -> Account:
    """The supervisor of a station that met one person so often, and nobody once."""
    station, term = make_station(session), make_term(session)
    worker = make_account(session, Role.STATION_WORKER, organization_id=station.id)
    person = make_person(session, station_id=station.id)
    for number in range(visits + 1):
        met = number < visits
        log_visit(
            session, person=person, term=term, organization=station, by=worker, kind=VisitKind.HOME_VISIT,
            contact_result=ContactResult.MET_PERSON if met else ContactResult.NOBODY_HOME,
            started_at=first + timedelta(days=number), minutes=30 if met else 0, units=Decimal(1 if met else 0),
        )  # fmt: skip
    return make_account(session, Role.STATION_SUPERVISOR, organization_id=station.id)


def filed(session: Session, by: Account, *, status: MonthlyStatus | None = None) -> MonthlyReport:
    """A month of the account's station, put into a state."""
    assert by.organization_id is not None
    area = make_area(session).code
    report = MonthlyReport(organization_id=by.organization_id, area_code=area, month=JULY, status=MonthlyStatus.DRAFT)
    lines = monthly.lines_of(session, by, by.organization_id, JULY)
    reporting.submit_month(session, report, lines, by=by, at=AT)
    if status is not None:
        report.status = status
        report.returned_reason = "r" if status is MonthlyStatus.RETURNED else None
        session.flush()
    return report


# Figures


def test_a_line_tells_persons_person_times_households_and_units_and_the_total_counts_people_once(
    session_on_both: Session,
) -> None:
    session = session_on_both
    by = station_of(session)
    lines = filed(session, by).lines
    assert [[line[0], *line[2:6]] for line in lines] == [["A02", 1, 3, 1, 300], ["", 1, 3, 1, 0], ["", 1, 3, 1, 0]]


def test_lines_agree_with_plain_sql(district: Session) -> None:
    """The first station's last month but one of the demonstration, counted another way."""
    by = district.scalars(sa.select(Account).where(Account.login == "supervisor")).one()
    report = district.scalars(sa.select(MonthlyReport).where(MonthlyReport.organization_id == by.organization_id)).one()
    found = district.execute(
        sa.text(
            "SELECT t.code, count(DISTINCT v.person_id), count(*), count(DISTINCT v.household_id) FROM visit v "
            "JOIN taxonomy_term t ON t.id = v.term_id WHERE v.organization_id = :station AND NOT v.replaced "
            "AND v.contact_result IN ('met_person', 'met_family') "
            "AND strftime('%Y-%m', v.started_at, '+8 hours') = :month GROUP BY t.code ORDER BY t.code"
        ),
        {"station": report.organization_id.hex, "month": f"{report.month:%Y-%m}"},
    ).all()
    told: dict[str, list[int]] = {}
    for code, _kind, persons, times, households, *_rest in report.lines:
        if code:
            sums = told.setdefault(code, [0, 0, 0])
            told[code] = [sums[0] + persons, sums[1] + times, sums[2] + households]
    assert {code: list(rest) for code, *rest in found} == told
    assert len(told) > 1


def test_what_is_filed_does_not_change_when_visits_do(session_on_both: Session) -> None:
    session = session_on_both
    by = station_of(session)
    report = filed(session, by)
    before, digest = [*report.lines], report.digest
    session.execute(sa.update(Visit).values(replaced=True))
    session.flush()
    session.expire_all()
    assert (report.lines, report.digest) == (before, digest)
    assert reporting.digest(reporting.canonical(report.lines)) == digest
    assert by.organization_id is not None
    assert monthly.lines_of(session, by, by.organization_id, JULY) == []


# Steps

PAIRS = [(one, two) for one in MonthlyStatus for two in MonthlyStatus]


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_a_month_goes_only_where_it_may(session: Session, before: MonthlyStatus, after: MonthlyStatus) -> None:
    by = station_of(session, visits=1)
    county = make_account(session, Role.COORDINATOR, area_code=COUNTY)
    report = filed(session, by, status=before)
    ways: dict[MonthlyStatus, Any] = {
        MonthlyStatus.SUBMITTED: lambda: reporting.submit_month(session, report, [], by=by, at=AT),
        MonthlyStatus.RECEIVED: lambda: reporting.receive_month(session, report, by=county, at=AT),
        MonthlyStatus.RETURNED: lambda: reporting.return_month(session, report, by=county, at=AT, reason="r"),
    }
    if after in MONTHLY_STEPS[before]:
        ways[after]()
        assert report.status is after
    elif after in ways:
        with pytest.raises(WrongStep):
            ways[after]()
        assert report.status is before
    else:
        assert after is MonthlyStatus.DRAFT, "there is no verb that leads back to a draft"


def test_sending_back_wants_a_reason(session: Session) -> None:
    report = filed(session, station_of(session, visits=1))
    county = make_account(session, Role.COORDINATOR, area_code=COUNTY)
    for reason in (None, "", "  "):
        with pytest.raises(ReasonMissing):
            reporting.return_month(session, report, by=county, at=AT, reason=reason)
    assert report.status is MonthlyStatus.SUBMITTED


def test_of_those_who_receive_and_send_back_at_once_one_decides(make_app: MakeApp, database_url: str) -> None:
    app = roomy(make_app, database_url)
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session, transaction(session):
        as_installation(session, because="a test")
        key = filed(session, station_of(session, visits=1)).id
        county = make_account(session, Role.COORDINATOR, area_code=COUNTY).id

    def decide(session: Session, number: int) -> str:
        as_installation(session, because="a test")
        with transaction(session):
            report, by = session.get_one(MonthlyReport, key), session.get_one(Account, county)
            if number % 2:
                reporting.receive_month(session, report, by=by, at=AT)
            else:
                reporting.return_month(session, report, by=by, at=AT, reason="r")
        return "decided"

    found = race(app, 6, decide)
    assert found.count("decided") == 1, found


# Pages


@pytest.fixture
def offices(app: Flask) -> dict[str, str]:
    """Two stations of one county with last month's visits, its coordinator, and one of another county."""
    month = next(period for period in over(clock.today()) if period.months == 1)
    first = clock.start_of(month.start) + timedelta(hours=9)
    with app.app_context():
        as_installation(db.session, because="a test")
        make_area(db.session, "110101000000")
        found = {
            "month": month.code,
            "own": station_of(db.session, first=first).login,
            "other": station_of(db.session, first=first).login,
            "county": make_account(db.session, Role.COORDINATOR, area_code=COUNTY).login,
            "foreign": make_account(db.session, Role.COORDINATOR, area_code="110101000000").login,
        }
        db.session.commit()
    return found


def test_a_month_is_filed_sent_back_filed_again_and_received(app: Flask, offices: dict[str, str]) -> None:
    station, county = (sign_in(app.test_client(), offices[name]) for name in ("own", "county"))
    filing = f"/months?month={offices['month']}"
    address = station.post(filing, data={"remark": "r"}).location
    assert station.post(filing, data={}).status_code == 409  # it is with the county
    assert county.post(f"{address}/return", data={"remark": "Hours are missing."}).status_code == 302
    assert "Hours are missing." in station.get(address, headers=ENGLISH).text
    assert station.post(filing, data={}).location == address
    assert county.post(f"{address}/receive").status_code == 302
    assert county.post(f"{address}/return", data={"remark": "Too late."}).status_code == 409
    assert station.post(filing, data={}).status_code == 409


def test_another_station_and_another_county_find_no_trace_of_it(app: Flask, offices: dict[str, str]) -> None:
    station = sign_in(app.test_client(), offices["own"])
    address = station.post(f"/months?month={offices['month']}", data={}).location
    for name in ("other", "foreign"):
        client = sign_in(app.test_client(), offices[name])
        assert client.get(address).status_code == 404
        assert client.get(f"{address}.xlsx").status_code == 404
        assert address not in client.get(f"/months?month={offices['month']}").text
    foreign = sign_in(app.test_client(), offices["foreign"])
    assert foreign.post(f"{address}/receive").status_code == 404
    assert station.post(f"{address}/receive").status_code == 404  # nobody receives one's own


def test_a_reason_that_is_missing_or_too_long_sends_nothing_back_and_is_kept(
    app: Flask, offices: dict[str, str]
) -> None:
    station, county = (sign_in(app.test_client(), offices[name]) for name in ("own", "county"))
    address = station.post(f"/months?month={offices['month']}", data={}).location
    long = "typed " * 100
    for reason in ("", "  ", long):
        answer = county.post(f"{address}/return", data={"remark": reason})
        assert answer.status_code == 422
        assert reason.strip() in answer.text
    with app.app_context():
        as_installation(db.session, because="a test")
        assert db.session.scalars(sa.select(MonthlyReport.status)).one() is MonthlyStatus.SUBMITTED


def test_a_remark_that_is_too_long_files_nothing_and_is_kept(app: Flask, offices: dict[str, str]) -> None:
    long = "typed " * 100
    answer = sign_in(app.test_client(), offices["own"]).post(f"/months?month={offices['month']}", data={"remark": long})
    assert answer.status_code == 422
    assert long.strip() in answer.text
    with app.app_context():
        as_installation(db.session, because="a test")
        assert db.session.scalars(sa.select(MonthlyReport)).all() == []
