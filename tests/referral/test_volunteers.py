"""Volunteers' hours: true, never overwritten, at most 24 on a day; statements only from who may issue them."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import Account, Organization, Role, Volunteer, VolunteerHours, VolunteerStatement
from models.errors import ReasonMissing
from referral import clock
from referral.access import as_installation
from referral.actions import volunteers as acts
from referral.extensions import db
from referral.transactions import transaction
from tests.conftest import MakeApp
from tests.factories import AT, make_account, make_organization
from tests.queries import counted, sign_in
from tests.referral.test_applying_races import race, roomy

DAY = date(2026, 7, 8)
SOURCE = "云民函〔2026〕18号"
ENGLISH = {"Accept-Language": "en"}


def officer(session: Session) -> Account:
    return make_account(session, Role.PROVIDER_OFFICER, organization_id=make_organization(session).id)


def home(session: Session, by: Account) -> Organization:
    return session.get_one(Organization, by.organization_id)


def somebody(session: Session, by: Account, *, name: str = "陆小满", alias: bool = False) -> Volunteer:
    return acts.add_volunteer(session, home(session, by), name=name, is_alias=alias, since=DAY, at=AT)


def gave(session: Session, one: Volunteer, by: Account, hours: str = "2", **extra: Any) -> VolunteerHours:
    said: dict[str, Any] = {"day": DAY, "activity": "帮厨", "place": None, "at": AT} | extra
    return acts.record_hours(session, one, hours=Decimal(hours), by=by, **said)


def stated(session: Session, one: Volunteer, by: Account, **extra: Any) -> VolunteerStatement:
    days: dict[str, Any] = {"first": DAY, "last": DAY + timedelta(days=30)} | extra
    return acts.issue_statement(session, one, home(session, by), by=by, at=AT, **days)


# Hours


def test_a_correction_is_a_new_entry_with_a_reason_and_only_it_counts(session_on_both: Session) -> None:
    session = session_on_both
    by = officer(session)
    one = somebody(session, by)
    wrong = gave(session, one, by, "5")
    with pytest.raises(ReasonMissing):
        gave(session, one, by, "3", corrects=wrong)
    right = gave(session, one, by, "3", corrects=wrong, why="签退时间记错")
    assert (wrong.replaced, wrong.hours) == (True, Decimal(5))
    assert acts.counted(session, one, DAY, DAY) == [right]
    with pytest.raises(acts.AlreadyCorrected):
        gave(session, one, by, "4", corrects=wrong, why="再改")


def test_nobody_gives_more_than_24_hours_on_a_day(session_on_both: Session) -> None:
    session = session_on_both
    by = officer(session)
    one = somebody(session, by)
    first = gave(session, one, by, "20")
    with pytest.raises(acts.TooManyHours):
        gave(session, one, by, "4.25")
    gave(session, one, by, "4")
    gave(session, one, by, "20", corrects=first, why="同样多")  # what it replaces does not count beside it


def test_hours_recorded_at_once_do_not_pass_24_together(make_app: MakeApp, database_url: str) -> None:
    app = roomy(make_app, database_url)
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session, transaction(session):
        as_installation(session, because="a test")
        account = officer(session)
        by, key = account.id, somebody(session, account).id

    def record(session: Session, _number: int) -> str:
        as_installation(session, because="a test")
        with transaction(session):
            gave(session, session.get_one(Volunteer, key), session.get_one(Account, by), "10")
        return "recorded"

    found = race(app, 6, record)
    assert found.count("recorded") == 2, found


def test_of_corrections_made_at_once_one_holds(make_app: MakeApp, database_url: str) -> None:
    app = roomy(make_app, database_url)
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session, transaction(session):
        as_installation(session, because="a test")
        account = officer(session)
        one = somebody(session, account)
        by, key, wrong = account.id, one.id, gave(session, one, account, "5").id

    def correct(session: Session, number: int) -> str:
        as_installation(session, because="a test")
        with transaction(session):
            entry = session.get_one(VolunteerHours, wrong)
            volunteer = session.get_one(Volunteer, key)
            gave(session, volunteer, session.get_one(Account, by), str(number + 1), corrects=entry, why="w")
        return "corrected"

    found = race(app, 6, correct)
    assert found.count("corrected") == 1, found


# Statements


def test_only_an_entitled_organization_issues_statements_and_only_of_days_since_then(session_on_both: Session) -> None:
    session = session_on_both
    by = officer(session)
    one = somebody(session, by)
    gave(session, one, by)
    with pytest.raises(acts.NotEntitled):
        stated(session, one, by)
    with pytest.raises(ReasonMissing):
        acts.entitle(session, home(session, by), since=DAY, source=" ")
    acts.entitle(session, home(session, by), since=DAY + timedelta(days=60), source=SOURCE)
    with pytest.raises(acts.NotEntitled):
        stated(session, one, by)
    acts.entitle(session, home(session, by), since=DAY, source=SOURCE)
    assert stated(session, one, by).hours == Decimal(2)
    acts.entitle(session, home(session, by), since=None, source=None)
    with pytest.raises(acts.NotEntitled):
        stated(session, one, by)


def test_a_statement_wants_a_real_name_and_hours(session: Session) -> None:
    by = officer(session)
    acts.entitle(session, home(session, by), since=DAY, source=SOURCE)
    alias, idle = somebody(session, by, name="热心的老周", alias=True), somebody(session, by)
    gave(session, alias, by)
    with pytest.raises(acts.NameNeeded):
        stated(session, alias, by)
    with pytest.raises(acts.NothingToState):
        stated(session, idle, by)


def test_a_statement_stands_as_given_out_and_tells_when_hours_were_corrected(session_on_both: Session) -> None:
    session = session_on_both
    by = officer(session)
    acts.entitle(session, home(session, by), since=DAY, source=SOURCE)
    one = somebody(session, by)
    entry = gave(session, one, by, "5")
    gave(session, one, by, "2", day=DAY + timedelta(days=1))
    statement = stated(session, one, by)
    assert (statement.hours, statement.entries) == (Decimal(7), 2)
    assert acts.fingerprint(acts.counted(session, one, statement.first_day, statement.last_day)) == statement.digest
    later = gave(session, one, by, "3", corrects=entry, why="w", at=AT + timedelta(minutes=1))
    gave(session, one, by, "1", at=AT + timedelta(minutes=2))
    gave(session, one, by, "4", corrects=later, why="w", at=AT + timedelta(minutes=3))
    assert acts.fingerprint(acts.counted(session, one, statement.first_day, statement.last_day)) != statement.digest
    assert acts.fingerprint(acts.as_given_out(session, statement)) == statement.digest
    assert statement.hours == Decimal(7)
    assert stated(session, one, by).number > statement.number


# Pages


@pytest.fixture
def hall(app: Flask) -> dict[str, Any]:
    """An entitled organization with a volunteer, a correction and a statement; and one without any of it."""
    with app.app_context():
        as_installation(db.session, because="a test")
        by = officer(db.session)
        acts.entitle(db.session, home(db.session, by), since=DAY, source=SOURCE)
        one = somebody(db.session, by)
        entry = gave(db.session, one, by, "5")
        right = gave(db.session, one, by, "3", corrects=entry, why="w")
        found = {
            "own": by.login, "foreign": officer(db.session).login, "volunteer": one.id, "entry": right.id,
            "statement": stated(db.session, one, by).id, "name": one.name,
        }  # fmt: skip
        db.session.commit()
    return found


def test_a_foreign_organization_finds_no_trace_of_a_volunteer(app: Flask, hall: dict[str, Any]) -> None:
    foreign = sign_in(app.test_client(), hall["foreign"])
    of = f"/volunteers/{hall['volunteer']}"
    correct = f"/volunteers/hours/{hall['entry']}/correct"
    for address in (of, f"{of}/hours", correct, f"/statements/{hall['statement']}"):
        assert foreign.get(address).status_code == 404, address
    days = {"first": DAY.isoformat(), "last": DAY.isoformat()}
    hours = {"day": DAY.isoformat(), "hours": "1", "activity": "x", "why": "w"}
    for address, data in ((f"{of}/statements", days), (f"{of}/hours", hours), (correct, hours)):
        assert foreign.post(address, data=data).status_code == 404, address
    assert hall["name"] not in foreign.get("/volunteers").text
    with app.app_context():
        as_installation(db.session, because="a test")
        assert db.session.scalar(sa.select(sa.func.count(VolunteerHours.id))) == 2
        assert db.session.scalar(sa.select(sa.func.count(VolunteerStatement.id))) == 1


def test_hours_of_a_day_to_come_are_refused_and_what_was_typed_is_kept(app: Flask, hall: dict[str, Any]) -> None:
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    answer = sign_in(app.test_client(), hall["own"]).post(
        f"/volunteers/{hall['volunteer']}/hours",
        data={"day": tomorrow, "hours": "2", "activity": "Typed before."},
        headers=ENGLISH,
    )
    assert answer.status_code == 422
    assert "Typed before." in answer.text


@pytest.mark.parametrize("path", ["/volunteers", "/volunteers/{volunteer}", "/statements/{statement}"])
def test_a_page_sends_as_many_statements_for_many_volunteers_as_for_one(
    app: Flask, hall: dict[str, Any], path: str
) -> None:
    client, address = sign_in(app.test_client(), hall["own"]), path.format(**hall)
    client.get(address)
    with app.app_context(), counted() as few:
        assert client.get(address).status_code == 200
    with app.app_context():
        as_installation(db.session, because="a test")
        by = db.session.scalars(sa.select(Account).where(Account.login == hall["own"])).one()
        for number in range(12):
            other = somebody(db.session, by)
            gave(db.session, other, by, "1")
            gave(db.session, db.session.get_one(Volunteer, hall["volunteer"]), by, "1", day=DAY + timedelta(number + 1))
            stated(db.session, other, by)
        db.session.commit()
    with app.app_context(), counted() as many:
        assert client.get(address).status_code == 200
    assert len(many) == len(few) < 12, many
