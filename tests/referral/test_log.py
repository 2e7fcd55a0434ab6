"""What the log holds: every change in its transaction, every read before the answer, never a value of a person."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import Case, Feature, FeatureKind, LogEntry, LogKind, LogSeal, Need, Person, Role
from referral import clock, log
from referral.extensions import db
from referral.log import entries as log_entries
from referral.log.anchors import NoAnchor, parse
from referral.log.protected import table_of
from referral.log.sealing import seal
from referral.log.stock import take_stock
from referral.log.verifying import check
from tests.factories import make_account, make_case, make_need, make_person
from tests.queries import sign_in


def entries(session: Session, *conditions: Any) -> list[LogEntry]:
    return list(session.scalars(sa.select(LogEntry).where(*conditions).order_by(LogEntry.id)))


def of(session: Session, record: Any) -> list[tuple[str, str | None]]:
    """Kind and table of the entries of one record, in order."""
    return [(entry.kind.value, entry.record_type) for entry in entries(session, LogEntry.record_id == record.id)]


def whole(session: Session) -> bool:
    session.rollback()
    seal(session.get_bind().engine, clock.now())
    return not check(session.get_bind().engine, at=clock.now()).faults


def test_a_change_is_written_with_its_transaction_or_not_at_all(session_on_both: Session) -> None:
    session = session_on_both
    need = make_need(session)
    session.commit()
    assert of(session, need) == [("create", "need")]
    before = session.scalar(sa.select(sa.func.count(LogEntry.id)))
    need.description = "a secret of the person"
    session.flush()
    session.rollback()
    assert session.scalar(sa.select(sa.func.count(LogEntry.id))) == before
    need.description = "a secret of the person"
    session.commit()
    last = entries(session, LogEntry.record_id == need.id)[-1]
    assert (last.kind, last.person_id) == (LogKind.CHANGE, need.person_id)
    assert "description" in (last.facts or {})["columns"]
    assert "secret" not in str(last.facts)
    assert whole(session)


def test_statements_over_many_rows_are_written_too(session_on_both: Session) -> None:
    session = session_on_both
    case = make_case(session)
    one, two = make_need(session, case=case), make_need(session, case=case)
    session.commit()
    changed: Any = session.execute(
        sa.update(Need)
        .where(Need.case_id == case.id)
        .values(language="en")
        .execution_options(synchronize_session=False)
    )
    assert changed.rowcount == 2
    rows = session.execute(
        sa.update(Need)
        .where(Need.id == one.id)
        .values(language="de")
        .returning(Need.id, Need.language)
        .execution_options(synchronize_session=False)
    ).all()
    assert [tuple(row) for row in rows] == [(one.id, "de")]
    session.commit()
    assert of(session, one) == of(session, two) == [("create", "need"), ("change", "need")]
    session.execute(sa.insert(Feature), [{"person_id": case.person_id, "kind": FeatureKind.LIVES_ALONE}])
    session.commit()
    session.execute(sa.delete(Feature).where(Feature.person_id == case.person_id))
    session.commit()
    kinds = [entry.kind.value for entry in entries(session, LogEntry.record_type == "feature")]
    assert kinds == ["create", "delete"]
    assert whole(session)


def test_a_savepoint_that_is_taken_back_leaves_no_wrong_digest(session_on_both: Session) -> None:
    session = session_on_both
    need = make_need(session)
    session.commit()
    inner = session.begin_nested()
    need.language = "en"
    make_person(session)
    session.flush()
    inner.rollback()
    log.note(session, "went_on")
    session.commit()
    assert entries(session, LogEntry.code == "went_on")
    assert whole(session)


def test_many_rows_of_one_statement_share_entries(session_on_both: Session) -> None:
    session = session_on_both
    case = make_case(session)
    session.commit()
    row = {
        "case_id": case.id, "person_id": case.person_id, "household_id": case.household_id, "area_code": case.area_code,
        "term_id": make_need(session, case=case).term_id, "kind": "service", "urgency": "normal", "urgency_rank": 3,
        "quantity": 1, "unit": "次", "opened_at": clock.now(), "due_at": clock.now(),
    }  # fmt: skip
    rows = [{**row, "id": uuid.uuid4(), "number": f"X{n}"} for n in range(1200)]
    session.execute(sa.insert(table_of(Need)), rows)
    session.commit()
    together = [entry for entry in entries(session, LogEntry.record_type == "need") if entry.record_id is None]
    assert sorted(len((entry.facts or {})["records"]) for entry in together) == [200, 500, 500]
    assert whole(session)


def test_stock_is_taken_of_what_was_there_before(session_on_both: Session) -> None:
    session = session_on_both
    make_need(session)
    session.commit()
    with session.get_bind().engine.begin() as connection:
        connection.execute(sa.update(table_of(Person)).values(language="en"))
        case = connection.execute(sa.select(table_of(Case))).mappings().one()
        new = connection.execute(
            sa.insert(table_of(Case)).values({**case, "id": uuid.uuid4(), "number": "C-by-hand"}).returning(Case.id)
        ).scalar_one()
    session.rollback()
    found = check(session.get_bind().engine, at=clock.now()).faults
    assert {(fault.code, fault.record_type) for fault in found} == {
        ("record_changed", "person"),
        ("record_unknown", "case_file"),
    }
    assert take_stock(session) == 1
    log.restate(session, Person, session.scalars(sa.select(table_of(Person).c.id)))
    session.commit()
    assert new in session.scalars(sa.select(table_of(Case).c.id)).all()
    assert whole(session)


def test_keys_are_in_order_within_a_process() -> None:
    made = [log_entries.next_key() for _number in range(20_000)]
    assert made == sorted(set(made))
    assert {uuid.UUID(key).version for key in made} == {7}


def test_a_page_of_a_person_is_logged_before_the_answer(app: Flask) -> None:
    with app.app_context():
        account = make_account(db.session, Role.STATION_WORKER)
        case = make_case(db.session, person=make_person(db.session, station_id=account.organization_id))
        db.session.commit()
        login, person, worker = account.login, case.person_id, account.id
    client = sign_in(app.test_client(), login)
    assert client.get(f"/people/{person}").status_code == 200
    with app.app_context():
        (read,) = entries(db.session, LogEntry.kind == LogKind.READ, LogEntry.person_id == person)
        assert (read.account_id, read.role, read.act) == (worker, "station_worker", "read_person")
        assert client.get(f"/people/{uuid.uuid4()}").status_code == 404


def test_without_the_log_there_is_no_page(app: Flask) -> None:
    with app.app_context():
        account = make_account(db.session, Role.STATION_WORKER)
        case = make_case(db.session, person=make_person(db.session, station_id=account.organization_id))
        db.session.commit()
        login, person = account.login, case.person_id
    client = sign_in(app.test_client(), login)
    with app.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON log_entry BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    answer = client.get(f"/people/{person}")
    assert answer.status_code == 503
    with app.app_context():
        name = db.session.scalar(sa.select(table_of(Person).c.name).where(table_of(Person).c.id == person))
    assert name
    assert name not in answer.get_data(as_text=True)


def test_sealing_takes_each_entry_once_and_goes_on_the_next_day(session_on_both: Session) -> None:
    session = session_on_both
    make_need(session)
    session.commit()
    session.rollback()
    engine, now = session.get_bind().engine, clock.now()
    first = seal(engine, now)
    assert first == session.scalar(sa.select(sa.func.count(LogEntry.id)))
    session.rollback()
    assert seal(engine, now) == 0
    log.note(session, "later")
    session.commit()
    session.rollback()
    assert seal(engine, now + timedelta(days=1)) == 1
    days = session.scalars(sa.select(LogSeal.day).order_by(LogSeal.sequence)).all()
    assert len(set(days)) == 2
    assert whole(session)


def test_a_line_that_is_no_anchor_is_refused() -> None:
    good = "2026-11-22 5 " + "a" * 64
    assert [anchor.sequence for anchor in parse(["# kept at the archive", "", good])] == [5]
    with pytest.raises(NoAnchor, match="2: "):
        list(parse([good, "2026-11-22 five " + "a" * 64]))
