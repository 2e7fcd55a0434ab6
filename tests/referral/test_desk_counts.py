"""The figures of a coordinator's desk: counted in ranges of an index or in one look, they are the same."""

from collections import Counter
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import NeedStatus, Urgency
from referral.queries import coordinator_desk, needs_board
from tests.factories import AT, make_account, make_case, make_need
from tests.queries import counted

TODAY = AT.date()
DAYS = (0, 6, 7, 29, 30, 89, 90, 400)


def test_both_ways_of_counting_agree_on_every_band(session_on_both: Session) -> None:
    session = session_on_both
    coordinator = make_account(session)
    case = make_case(session)
    for urgency in Urgency:
        for days in DAYS:
            need = make_need(session, case=case, urgency=urgency, at=AT - timedelta(days=days))
            need.due_at = AT + timedelta(hours=days - 30)
            if days == DAYS[-1] and urgency is Urgency.LOW:
                need.status = NeedStatus.REFERRED
    session.flush()
    ways = (coordinator_desk._in_ranges, coordinator_desk._in_one_look)
    found = []
    for way in ways:
        cells: Counter[tuple[int, int]] = Counter()
        late = 0
        for rank, band, count, overdue in session.execute(way(coordinator, at=AT, today=TODAY)):
            cells[rank, band] += count
            late += overdue
        found.append(({key: count for key, count in cells.items() if count}, late))
    assert found[0] == found[1]
    assert sum(found[0][0].values()) == len(Urgency) * len(DAYS) - 1
    with counted() as sent:
        shown = coordinator_desk.waiting(session, coordinator, at=AT, today=TODAY)
    assert len(sent) == 1
    assert (shown.total, shown.overdue) == (len(Urgency) * len(DAYS) - 1, found[0][1])
    assert shown.of(Urgency.LOW) == len(DAYS) - 1
    assert shown.long == len(Urgency) * 2 - 1


def test_townships_come_as_townships_however_many_villages_they_have(session_on_both: Session) -> None:
    """The database adds villages up: ten thousand rows took most of the time of the board's page."""
    session = session_on_both
    coordinator = make_account(session)
    needs = [make_need(session, case=make_case(session)) for _ in range(3)]
    session.flush()
    told = needs_board.by_township(session, coordinator, needs_board.Filters(), at=AT, today=TODAY)
    assert told == dict(Counter((need.area_code[:9], need.urgency) for need in needs))
    waiting = needs_board.board(coordinator, needs_board.Filters(status=NeedStatus.MET), at=AT, today=TODAY)
    assert session.scalars(waiting).all() == []
    needs[0].status = NeedStatus.MET
    session.flush()
    assert [need.id for need in session.scalars(waiting)] == [needs[0].id]
    assert session.scalar(sa.select(sa.func.count()).select_from(waiting.subquery())) == 1
