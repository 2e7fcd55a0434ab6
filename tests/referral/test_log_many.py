"""One statement for a whole city: what the log holds of it is what it would hold of each row."""

from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models import LogEntry, LogKind, Need, NeedStatus
from referral import clock
from referral.access import as_installation, look_as
from referral.access.viewer import ScopeMissing
from referral.log.capture import MANY
from referral.log.many import update_many
from referral.log.raw import record_digest, record_digests
from referral.log.sealing import seal
from referral.log.verifying import check
from tests.factories import make_account, make_case, make_need

VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text())
NAMES = ("id", "name", "text", "count")


def propose() -> sa.Update:
    return (
        sa.update(Need)
        .where(Need.status == NeedStatus.OPEN)
        .values(status=NeedStatus.PROPOSED, version=Need.version + 1)
        .execution_options(synchronize_session=False)
    )


def some_needs(session: Session, count: int) -> set[str]:
    case = make_case(session)
    keys = {
        make_need(session, case=case, description='says "no"\n' if row % 3 else None).id.hex for row in range(count)
    }
    session.commit()
    return keys


def whole(session: Session) -> bool:
    session.rollback()
    seal(session.get_bind().engine, clock.now())
    return not check(session.get_bind().engine, at=clock.now()).faults


@given(st.lists(st.tuples(*[VALUES] * len(NAMES)), max_size=30))
def test_many_digests_are_the_digests_of_each(rows: list[tuple[Any, ...]]) -> None:
    key = b"k" * 32
    assert record_digests(key, "need", NAMES, rows) == [record_digest(key, "need", NAMES, row) for row in rows]


def test_quotation_marks_and_line_ends_inside_a_value_are_no_end_of_it() -> None:
    key, row = b"k" * 32, ("1", '","name":"x', 'back\\slash "and" \x00\n', "中文")
    assert record_digests(key, "need", NAMES, [row]) == [record_digest(key, "need", NAMES, row)]


@pytest.mark.parametrize("count", [3, 2 * MANY])
def test_the_log_proves_what_one_statement_wrote(session_on_both: Session, count: int) -> None:
    session = session_on_both
    keys = some_needs(session, count)
    assert set(update_many(session, Need, propose())) == keys
    session.commit()
    session.expire_all()
    assert set(session.scalars(sa.select(Need.status))) == {NeedStatus.PROPOSED}
    changes = session.scalars(sa.select(LogEntry).where(LogEntry.kind == LogKind.CHANGE)).all()
    named = {entry.record_id.hex for entry in changes if entry.record_id} if count < MANY else set()
    named |= {key for entry in changes for key, _ in (entry.facts or {}).get("records", ())}
    assert named == keys
    assert whole(session)


def test_what_is_changed_once_more_in_the_same_transaction_is_proved_too(session_on_both: Session) -> None:
    session = session_on_both
    keys = some_needs(session, MANY)
    update_many(session, Need, propose())
    one = session.scalars(sa.select(Need).order_by(Need.id).limit(1).execution_options(populate_existing=True)).one()
    one.language = "en"
    session.commit()
    assert len(keys) == MANY
    assert whole(session)


def test_what_is_rolled_back_leaves_nothing(session_on_both: Session) -> None:
    session = session_on_both
    some_needs(session, MANY)
    before = session.scalar(sa.select(sa.func.count(LogEntry.id)))
    update_many(session, Need, propose())
    session.rollback()
    session.commit()
    assert session.scalar(sa.select(sa.func.count(LogEntry.id))) == before
    with session.begin_nested() as savepoint:
        assert len(update_many(session, Need, propose())) == MANY
        savepoint.rollback()
    session.commit()
    assert whole(session)


def test_only_the_installation_itself_writes_so(session_on_both: Session) -> None:
    session = session_on_both
    some_needs(session, 1)
    look_as(session, make_account(session), because="a test")
    with pytest.raises(ScopeMissing):
        update_many(session, Need, propose())
    as_installation(session, because="a test")
