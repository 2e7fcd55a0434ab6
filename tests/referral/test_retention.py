"""Retention: shown before it is done, agreed by two, in batches, in the log; nothing young or in use is touched."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from models import (
    Account,
    CaseStatus,
    ImportKind,
    ImportRow,
    ImportRun,
    JobRun,
    JobStatus,
    LogEntry,
    Message,
    MessageKind,
    Person,
    RetentionRun,
    RetentionState,
    Role,
    RowResult,
)
from models.errors import WrongStep
from referral import clock
from referral.access import as_installation
from referral.actions import retaining as acts
from referral.extensions import db
from referral.messages import tell
from referral.queries import retention
from referral.retention import Period, period, periods
from referral.retention_words import HAPPENS, KINDS
from tests.conftest import MakeApp
from tests.factories import AT, make_account, make_case, make_need, make_person
from tests.pages import check_page
from tests.queries import sign_in
from tests.referral.test_applying_races import race, roomy, say

NOW = AT + timedelta(days=11 * 366)


def old_things(session: Session, *, at: datetime = AT, messages: int = 3) -> tuple[Account, Account, Person]:
    """Two people who decide, an old file, old messages, an old import and an old run of a job."""
    first, second = make_account(session, Role.ADMINISTRATOR), make_account(session, Role.COORDINATOR)
    person = make_person(session, name="王桂英", created_at=at)
    case = make_case(session, person=person, at=at, summary="多年前")
    case.status, case.concluded_at = CaseStatus.CONCLUDED, at
    for number in range(messages):
        kind = MessageKind.ROUND_FINISHED
        tell(session, kind, once=str(number), at=at, account_id=first.id, facts={"number": "M1"})
    run = ImportRun(kind=ImportKind.PEOPLE, file_name="a.xlsx", digest="x", columns=["姓名"], created_at=at)
    session.add(run)
    session.flush()
    session.add(ImportRow(run_id=run.id, row_number=2, cells={"姓名": "王桂英"}, result=RowResult.NEW, problems=[]))
    session.add(JobRun(job="a", slot="1", status=JobStatus.FAILED, started_at=at))
    session.commit()
    return first, second, person


def due(session: Session, at: datetime) -> dict[str, int]:
    return {one.period.kind: one.count for one in retention.due(session, at) if one.count}


ALL = {"person_file": 1, "message": 3, "job_run": 1, "import_row": 1}


def test_every_kind_of_the_list_has_words_a_basis_and_a_rule() -> None:
    assert set(KINDS) == set(periods())
    for one in periods().values():
        assert one.basis_zh
        assert one.basis_en
        assert one.happens in HAPPENS
        assert (one.kind in retention.TABLES) == (one.happens == "delete")
        assert (one.number is None) <= (one.happens == "keep")


@pytest.mark.parametrize(
    ("unit", "number", "start", "end"),
    [
        ("day", 90, "2026-01-01", "2026-04-01"),
        ("year", 3, "2026-09-14", "2029-09-14"),
        ("year", 1, "2028-02-29", "2029-02-28"),
    ],
)
def test_periods_count_days_and_calendar_years(unit: str, number: int, start: str, end: str) -> None:
    one = Period("x", number, unit, "delete", "proposal", "", "", "", "")
    begun = clock.start_of(date.fromisoformat(start))
    assert one.end(begun) == clock.start_of(date.fromisoformat(end))


def test_looking_shows_what_is_past_and_changes_nothing(session: Session) -> None:
    old_things(session)
    assert due(session, AT + timedelta(days=80)) == {}
    assert due(session, AT + timedelta(days=100)) == {"import_row": 1}
    assert due(session, NOW) == ALL
    assert session.scalar(sa.select(sa.func.count(Message.id))) == 3


def test_a_moment_before_its_time_nothing_goes(session: Session) -> None:
    old_things(session)
    end = period("message").end(AT)
    assert end is not None
    assert "message" not in due(session, end)
    assert due(session, end + timedelta(seconds=1))["message"] == 3


def test_one_proposes_another_confirms_and_the_log_knows(session: Session) -> None:
    first, second, person = old_things(session)
    run = acts.propose(session, by=first, at=NOW)
    assert {line.kind: line.shown for line in session.scalars(sa.select(acts.RetentionLine))} == ALL
    with pytest.raises(acts.RemovalUnderWay):
        acts.propose(session, by=second, at=NOW)
    with pytest.raises(acts.RemovalNeedsTwo):
        acts.confirm(session, run, by=first, at=NOW)
    assert acts.apply_confirmed(session, NOW) == {"removed": 0}
    acts.confirm(session, run, by=second, at=NOW)
    session.commit()
    assert acts.apply_confirmed(session, NOW) == {"removed": 6}
    session.commit()
    assert run.state is RetentionState.DONE
    assert due(session, NOW) == {}
    assert (person.name, person.erased_at) == ("已删除", NOW)
    codes = session.scalars(
        sa.select(LogEntry.code).where(LogEntry.code.like("retention%")).order_by(LogEntry.id)
    ).all()
    assert codes == ["retention_proposed", "retention_confirmed", *["retention_applied"] * 4]
    told = session.scalars(sa.select(Message).where(Message.kind == MessageKind.RETENTION_PROPOSED)).all()
    assert [message.account_id for message in told] == [second.id]


def test_a_dropped_proposal_removes_nothing_and_another_may_follow(session: Session) -> None:
    first, second, _person = old_things(session)
    run = acts.propose(session, by=first, at=NOW)
    acts.discard(session, run, by=second, at=NOW)
    with pytest.raises(WrongStep):
        acts.confirm(session, run, by=second, at=NOW)
    assert acts.apply_confirmed(session, NOW) == {"removed": 0}
    assert due(session, NOW) == ALL
    acts.propose(session, by=second, at=NOW)


def test_nothing_past_its_time_is_nothing_to_propose(session: Session) -> None:
    first, *_others = old_things(session)
    with pytest.raises(acts.NothingToRemove):
        acts.propose(session, by=first, at=AT)


def test_a_file_that_came_back_into_use_after_it_was_shown_stays(session: Session) -> None:
    first, second, person = old_things(session)
    run = acts.propose(session, by=first, at=NOW)
    acts.confirm(session, run, by=second, at=NOW)
    make_need(session, case=make_case(session, person=person, at=NOW), at=NOW)
    session.commit()
    acts.apply_confirmed(session, NOW)
    session.commit()
    assert (person.name, person.erased_at) == ("王桂英", None)
    assert run.state is RetentionState.DONE


def test_it_goes_in_batches(session: Session) -> None:
    first, second, _person = old_things(session, messages=7)
    run = acts.propose(session, by=first, at=NOW)
    acts.confirm(session, run, by=second, at=NOW)
    session.commit()
    session.refresh(run, ["lines"])
    counts = []
    while run.state is RetentionState.CONFIRMED:
        counts.append(acts.apply_batch(session, run, at=NOW, size=3))
        session.commit()
    assert (sum(counts), max(counts)) == (10, 3)


def test_the_command_shows_without_touching_and_applies_what_was_confirmed(app: Flask) -> None:
    with app.app_context():
        as_installation(db.session, because="a test")
        first, second, _person = old_things(db.session(), at=clock.now() - timedelta(days=11 * 366))
        run = acts.propose(db.session, by=first, at=clock.now())
        acts.confirm(db.session, run, by=second, at=clock.now())
        db.session.commit()
    runner = app.test_cli_runner()
    shown = runner.invoke(args=["retention"])
    assert shown.exit_code == 0, shown.output
    assert "王桂英" not in shown.output
    applied = runner.invoke(args=["retention", "apply"])
    assert "6" in applied.output
    with app.app_context():
        as_installation(db.session, because="a test")
        assert due(db.session(), clock.now()) == {}


@contextmanager
def asked_of(app: Flask) -> Iterator[Session]:
    with app.app_context():
        as_installation(db.session, because="a test")
        yield db.session()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_shows_proposes_and_lets_another_confirm(app: Flask, language: str) -> None:
    with asked_of(app) as session:
        first, second, _person = old_things(session, at=clock.now() - timedelta(days=11 * 366))
        logins = first.login, second.login
        session.commit()
    read = {"headers": {"Accept-Language": language}}
    proposer, confirmer = (sign_in(app.test_client(), login) for login in logins)
    check_page(proposer.get("/admin/retention", **read), language)
    names = CalamineWorkbook.from_object(io.BytesIO(proposer.get("/admin/retention.xlsx").data))
    cells = str([names.get_sheet_by_name(name).to_python() for name in names.sheet_names])
    assert "王桂英" not in cells
    assert "P20" in cells
    assert proposer.post("/admin/retention/propose", **read).status_code == 302
    check_page(proposer.get("/admin/retention", **read), language)
    check_page(confirmer.get("/admin/retention", **read), language)
    with asked_of(app) as session:
        key = session.scalars(sa.select(RetentionRun.id)).one()
    assert proposer.post(f"/admin/retention/{key}/confirm").status_code == 409
    assert confirmer.post(f"/admin/retention/{key}/confirm", **read).status_code == 302
    check_page(confirmer.get("/admin/retention", **read), language)
    for _batch in range(12):
        confirmer.post(f"/admin/retention/{key}/apply", **read)
    check_page(confirmer.get("/admin/retention", **read), language)
    with asked_of(app) as session:
        assert session.get_one(RetentionRun, key).state is RetentionState.DONE
        assert due(session, clock.now()) == {}


def test_a_worker_has_no_such_page(client: FlaskClient) -> None:
    with asked_of(client.application) as session:
        login = make_account(session, Role.STATION_SUPERVISOR).login
        session.commit()
    sign_in(client, login)
    assert client.get("/admin/retention").status_code == 404


def test_two_confirmations_at_once_leave_one(make_app: MakeApp, database_url: str) -> None:
    app = roomy(make_app, database_url)
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        as_installation(session, because="a test")
        first, second, _person = old_things(session)
        run = acts.propose(session, by=first, at=NOW)
        session.commit()

    def work(session: Session, _number: int) -> object:
        as_installation(session, because="a test")
        try:
            acts.confirm(session, session.get_one(RetentionRun, run.id), by=session.get_one(Account, second.id), at=NOW)
            session.commit()
        except StaleDataError as error:
            return error
        return "confirmed"

    results = race(app, 8, work)
    say(f"confirmations at once: {len(results)}, kept: {results.count('confirmed')}")
    assert results.count("confirmed") == 1
