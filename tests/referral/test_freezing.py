"""Freezing a report: asked for once, done beside the request, whole or not at all, and proved ever after."""

import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import Account, ContactResult, Freezing, FreezingStatus, Role, Snapshot, VisitKind
from referral import clock, jobs
from referral.access import as_installation
from referral.actions import freezing as orders
from referral.actions.reporting import is_genuine, said_in, take_snapshot, verify_snapshots
from referral.actions.visits import log_visit
from referral.evaluation import freezing
from referral.evaluation.suppression import plan
from referral.extensions import db
from referral.transactions import transaction
from tests.conftest import MakeApp
from tests.factories import AT, COUNTY, make_account, make_area, make_person, make_program, make_station, make_term
from tests.referral.clockwork import job
from tests.referral.test_applying_races import race, roomy

START, END = date(2026, 7, 1), date(2026, 7, 31)
IN_JULY = datetime(2026, 7, 8, 2, 0, tzinfo=UTC)
PEOPLE = 12
ELSEWHERE = "110101000000"


def helped(session: Session, *, people: int = PEOPLE) -> Account:
    """The coordinator of a county in which some people were looked in on in July."""
    station, term = make_station(session), make_term(session)
    worker = make_account(session, Role.STATION_WORKER, organization_id=station.id)
    for number in range(people):
        log_visit(
            session, person=make_person(session, station_id=station.id), term=term, organization=station, by=worker,
            kind=VisitKind.HOME_VISIT, contact_result=ContactResult.MET_PERSON, minutes=30, units=Decimal(1),
            started_at=IN_JULY + timedelta(hours=number),
        )  # fmt: skip
    coordinator = make_account(session, Role.COORDINATOR, area_code=COUNTY)
    session.commit()
    return coordinator


def asked(session: Session, by: Account, at: datetime = AT) -> uuid.UUID:
    order, _new = orders.ask(session, start=START, end=END, area_code=COUNTY, by=by, at=at)
    session.commit()
    return order.id


def state(session: Session, key: uuid.UUID) -> Freezing:
    session.expire_all()
    return session.get_one(Freezing, key)


def frozen(session: Session) -> list[Snapshot]:
    return list(session.scalars(sa.select(Snapshot)))


def some_snapshot(session: Session, by: Account | None = None) -> Snapshot:
    make_area(session, COUNTY)
    by = by or make_account(session, Role.COORDINATOR, area_code=COUNTY)
    return take_snapshot(session, {"figures": {"a": "7"}}, start=START, end=END, area_code=COUNTY, by=by, at=AT)


# Orders


def test_an_order_becomes_one_signed_report_of_figures_meanings_and_digests(session_on_both: Session) -> None:
    session = session_on_both
    key = asked(session, helped(session))
    assert freezing.freeze(session, key) is FreezingStatus.DONE
    order, (snapshot,) = state(session, key), frozen(session)
    assert (order.status, order.snapshot_id, order.attempts) == (FreezingStatus.DONE, snapshot.id, 1)
    said = said_in(snapshot)
    assert said is not None
    assert is_genuine(snapshot)
    assert said["period"] == ["2026-07-01", "2026-07-31"]
    assert said["figures"]["done.persons"] == str(PEOPLE)
    assert said["records"]["visit"][0] == PEOPLE
    assert said["definitions"]["persons"]["zh"]["title"] != said["definitions"]["persons"]["en"]["title"]


def test_asking_again_while_it_is_frozen_makes_no_second_order(session_on_both: Session) -> None:
    session = session_on_both
    by = helped(session, people=0)
    first, new = orders.ask(session, start=START, end=END, area_code=COUNTY, by=by, at=AT)
    again, newer = orders.ask(session, start=START, end=END, area_code=COUNTY, by=by, at=AT)
    assert (again.id, new, newer) == (first.id, True, False)


def test_of_eight_who_begin_an_order_at_once_one_does_and_one_report_is_kept(
    make_app: MakeApp, database_url: str
) -> None:
    app = roomy(make_app, database_url)
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        as_installation(session, because="a test")
        key = asked(session, helped(session))

    def begin(session: Session, _number: int) -> bool:
        as_installation(session, because="a test")
        with transaction(session):
            return orders.begin(session, key, at=clock.now())

    assert sorted(race(app, 8, begin), key=str) == [False] * 7 + [True]


def test_a_report_whose_process_stopped_is_taken_up_again_by_the_clock(session_on_both: Session) -> None:
    session = session_on_both
    key = asked(session, helped(session), at=clock.now() - timedelta(hours=1))
    stopped = clock.now() - orders.DIES_AFTER - timedelta(minutes=1)
    assert orders.begin(session, key, at=stopped)
    session.commit()
    assert jobs.run(session, job("freeze_reports"), clock.now()).counts == {"frozen": 1, "failed": 0}
    assert state(session, key).status is FreezingStatus.DONE
    assert len(frozen(session)) == 1


def test_an_order_that_is_being_done_is_left_to_its_process(session_on_both: Session) -> None:
    session = session_on_both
    key = asked(session, helped(session, people=0))
    assert orders.begin(session, key, at=clock.now())
    session.commit()
    assert orders.wake(session, clock.now()) == []
    assert freezing.freeze(session, key) is FreezingStatus.RUNNING
    assert frozen(session) == []


def test_an_order_nobody_began_is_done_by_the_clock_after_a_moment(session_on_both: Session) -> None:
    session = session_on_both
    key = asked(session, helped(session, people=0), at=AT)
    assert orders.wake(session, AT + orders.LEFT_ALONE - timedelta(seconds=1)) == []
    assert orders.wake(session, AT + orders.LEFT_ALONE) == [key]


def test_an_order_that_stopped_too_often_is_said_to_have_failed(session_on_both: Session) -> None:
    session = session_on_both
    key = asked(session, helped(session, people=0), at=AT)
    for _attempt in range(orders.MOST_ATTEMPTS):
        assert orders.begin(session, key, at=AT)
        session.commit()
        waiting = orders.wake(session, AT + orders.DIES_AFTER + timedelta(seconds=1))
    assert waiting == []
    order = state(session, key)
    assert (order.status, order.failure) == (FreezingStatus.FAILED, "stopped")
    assert frozen(session) == []


def test_who_was_overtaken_keeps_no_report(session_on_both: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process took the order up while this one was planning: only one of them may sign."""
    session = session_on_both
    key = asked(session, helped(session))

    def slow(tables: Any) -> Any:
        later = clock.now() + timedelta(seconds=1)
        session.execute(sa.update(Freezing).values(started_at=later, attempts=2))
        session.commit()
        return plan(tables)

    monkeypatch.setattr(freezing, "plan", slow)
    assert freezing.freeze(session, key) is FreezingStatus.RUNNING
    assert frozen(session) == []
    assert state(session, key).status is FreezingStatus.RUNNING


def test_nothing_of_a_report_is_kept_when_signing_fails(
    session_on_both: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_on_both
    key = asked(session, helped(session))

    def broken(*_parts: Any, **_named: Any) -> bool:
        raise OSError("the disk is full")

    monkeypatch.setattr(orders, "finish", broken)
    assert freezing.freeze(session, key) is FreezingStatus.FAILED
    assert frozen(session) == []
    assert state(session, key).failure == "OSError"
    assert verify_snapshots(session).holds  # its number was taken back with it


def test_a_period_of_too_few_people_is_not_frozen(session_on_both: Session) -> None:
    session = session_on_both
    key = asked(session, helped(session, people=3))
    assert freezing.freeze(session, key) is FreezingStatus.FAILED
    assert state(session, key).failure == "too_few"
    assert frozen(session) == []


def test_only_a_done_order_names_a_report(session_on_both: Session) -> None:
    session = session_on_both
    key = asked(session, helped(session, people=0))
    with pytest.raises(sa.exc.IntegrityError):
        session.execute(sa.update(Freezing).where(Freezing.id == key).values(status=FreezingStatus.DONE))
    session.rollback()


# Proof


TAMPERING = (
    "body = replace(body, '7', '9')",
    "body = '{}'",
    "body = 'no text of ours'",
    "digest = '" + "0" * 64 + "'",
    "signature = '" + "0" * 64 + "'",
    "number = 'F2026-00009'",
    "starts_on = '2026-06-01'",
    "ends_on = '2026-08-31'",
    "program_id = (SELECT id FROM program)",
)


@pytest.mark.parametrize("change", TAMPERING)
def test_any_change_of_a_frozen_report_is_told(session_on_both: Session, change: str) -> None:
    session = session_on_both
    make_program(session)
    first, second = some_snapshot(session), some_snapshot(session)
    session.commit()
    assert verify_snapshots(session).holds
    session.execute(sa.text(f"UPDATE snapshot SET {change} WHERE number = '{second.number}'"))
    session.expire_all()
    found = verify_snapshots(session)
    assert not found.holds
    assert is_genuine(first)
    assert not is_genuine(second)
    assert found.broken == (second.number,)


def test_a_frozen_report_that_is_gone_is_missed(session_on_both: Session) -> None:
    session = session_on_both
    first, _second = some_snapshot(session), some_snapshot(session)
    session.flush()
    session.execute(sa.delete(Snapshot).where(Snapshot.id == first.id))
    found = verify_snapshots(session)
    assert (found.looked_at, found.missing, found.holds) == (1, ("F2026-00001",), False)


def test_the_command_names_the_first_that_does_not_hold_and_ends_with_1(app: Flask) -> None:
    with app.app_context():
        as_installation(db.session, because="a test")
        for _one in range(3):
            some_snapshot(db.session)
        db.session.commit()
    runner = app.test_cli_runner()
    whole = runner.invoke(args=["audit", "verify-reports"])
    assert (whole.exit_code, "3" in whole.output) == (0, True), whole.output
    with app.app_context():
        as_installation(db.session, because="a test")
        db.session.execute(sa.text("UPDATE snapshot SET body = replace(body, '7', '9') WHERE number > 'F2026-00001'"))
        db.session.commit()
    torn = runner.invoke(args=["audit", "verify-reports"])
    assert torn.exit_code == 1
    lines = [line for line in torn.output.splitlines() if "F2026" in line]
    assert "F2026-00002" in lines[0]
    assert "F2026-00001" not in torn.output
