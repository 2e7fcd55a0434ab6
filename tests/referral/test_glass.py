"""Break-glass: a reason, three hours, five a day, told at once, reviewed by somebody else, for reading only."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from models import Account, GlassAccess, GlassReason, GlassVerdict, LogEntry, Message, MessageKind, Person, Role
from models.errors import ReasonMissing, WrongStep
from referral.access import as_installation
from referral.actions import glass as acts
from referral.extensions import db
from referral.queries import glass
from tests.conftest import MakeApp
from tests.factories import (
    AT,
    OTHER_VILLAGE,
    TOWNSHIP,
    make_account,
    make_area,
    make_person,
    make_station,
)
from tests.queries import counted
from tests.referral.test_applying_races import race, roomy, say

WORDS = "老人在我镇走失，需要联系家属。"


@dataclass
class Field:
    """A person of another station with its supervisor, and a worker of ours with theirs."""

    person: Person
    worker: Account
    own_supervisor: Account
    their_supervisor: Account
    coordinator: Account


def field(session: Session) -> Field:
    make_area(session, OTHER_VILLAGE)
    ours, theirs = make_station(session, area_code=TOWNSHIP), make_station(session, area_code=TOWNSHIP)
    person = make_person(session, name="王桂英", station_id=theirs.id, phone="13800138000")
    person.id_number = "11010519491231002X"
    made = Field(
        person=person,
        worker=make_account(session, Role.STATION_WORKER, organization_id=ours.id),
        own_supervisor=make_account(session, Role.STATION_SUPERVISOR, organization_id=ours.id),
        their_supervisor=make_account(session, Role.STATION_SUPERVISOR, organization_id=theirs.id),
        coordinator=make_account(session, Role.COORDINATOR),
    )
    session.commit()
    return made


def opened(session: Session, f: Field, **extra: Any) -> GlassAccess:
    values: dict[str, Any] = {"asked": f.person.number, "reason": GlassReason.DANGER, "words": WORDS, "at": AT}
    return acts.open_glass(session, **({"by": f.worker} | values | extra))


def told(session: Session) -> set[Any]:
    found = session.scalars(sa.select(Message).where(Message.kind == MessageKind.GLASS_OPENED)).all()
    return {message.account_id or message.area_code for message in found}


def notes(session: Session) -> list[str | None]:
    session.commit()
    return list(session.scalars(sa.select(LogEntry.code).where(LogEntry.code.like("glass%")).order_by(LogEntry.id)))


@pytest.mark.parametrize("asked", ["the file number", "11010519491231002X", "１１０１０５１９４９１２３１００２x"])
def test_a_whole_number_opens_the_file_for_three_hours(session: Session, asked: str) -> None:
    f = field(session)
    access = opened(session, f, asked=f.person.number if asked == "the file number" else asked)
    assert access.person_id == f.person.id
    assert access.until == AT + timedelta(hours=3)
    session.commit()
    assert glass.live_persons(session, f.worker, AT + timedelta(hours=2, minutes=59)) == (f.person.id,)
    assert glass.live_persons(session, f.worker, AT + timedelta(hours=3)) == ()


@pytest.mark.parametrize("asked", ["王桂英", "P2026", "1101051949", "%", "P2026-99999", "", "13800138000"])
def test_anything_else_opens_nothing_tells_nobody_and_counts(session: Session, asked: str) -> None:
    f = field(session)
    access = opened(session, f, asked=asked)
    assert (access.person_id, access.until) == (None, None)
    assert told(session) == set()
    assert glass.left_today(session, f.worker, AT) == 4
    assert notes(session) == ["glass_missed"]


def test_both_supervisors_are_told_at_once_without_the_name(session: Session) -> None:
    f = field(session)
    opened(session, f)
    assert told(session) == {f.own_supervisor.id, f.their_supervisor.id}
    assert f.person.name not in str(session.scalars(sa.select(Message.facts)).all())
    assert notes(session) == ["glass_opened"]


def test_where_a_station_has_no_supervisor_the_coordinators_of_the_area_are_told(session: Session) -> None:
    f = field(session)
    f.their_supervisor.active = False
    opened(session, f)
    assert told(session) == {f.own_supervisor.id, f.person.area_code}


def test_a_short_reason_opens_nothing(session: Session) -> None:
    with pytest.raises(ReasonMissing):
        opened(session, field(session), words="  查一下  查一下")


def test_the_sixth_of_a_day_is_refused_and_the_next_day_begins_anew(session: Session) -> None:
    f = field(session)
    for _time in range(5):
        opened(session, f, asked="P2026-99999")
    with pytest.raises(acts.GlassSpent):
        opened(session, f)
    assert opened(session, f, at=AT + timedelta(days=1)).person_id == f.person.id


def test_a_halted_file_opens_to_supervisors_and_not_to_workers(session: Session) -> None:
    f = field(session)
    f.person.frozen_at = AT
    session.flush()
    assert opened(session, f).person_id is None
    access = acts.open_glass(
        session, asked=f.person.number, reason=GlassReason.DANGER, words=WORDS, by=f.own_supervisor, at=AT
    )
    assert access.person_id == f.person.id


def test_a_file_given_back_is_closed_at_once(session: Session) -> None:
    f = field(session)
    access = opened(session, f)
    acts.close_glass(session, access, by=f.worker, at=AT + timedelta(minutes=5))
    assert glass.live_persons(session, f.worker, AT + timedelta(minutes=6)) == ()
    assert f.worker.glass_until is None
    with pytest.raises(WrongStep):
        acts.close_glass(session, access, by=f.worker, at=AT + timedelta(minutes=7))


def test_closing_one_of_two_leaves_the_other_open(session: Session) -> None:
    f = field(session)
    other = make_person(session, station_id=f.person.station_id)
    first, second = opened(session, f), opened(session, f, asked=other.number, at=AT + timedelta(minutes=1))
    acts.close_glass(session, second, by=f.worker, at=AT + timedelta(minutes=2))
    assert f.worker.glass_until == first.until
    assert glass.live_persons(session, f.worker, AT + timedelta(minutes=3)) == (f.person.id,)


def test_an_account_without_an_open_file_costs_no_query(session: Session) -> None:
    f = field(session)
    session.refresh(f.worker)
    with counted() as sent:
        assert glass.live_persons(session, f.worker, AT) == ()
    assert sent == []


def may_review(session: Session, f: Field, access: GlassAccess) -> set[str]:
    session.commit()
    names = ("worker", "own_supervisor", "their_supervisor", "coordinator")
    return {name for name in names if glass.access_to_review(session, getattr(f, name), access.id)}


def test_the_supervisor_of_the_persons_station_reviews(session: Session) -> None:
    f = field(session)
    assert may_review(session, f, opened(session, f)) == {"their_supervisor"}


def test_without_another_supervisor_the_coordinator_of_the_area_reviews(session: Session) -> None:
    f = field(session)
    f.their_supervisor.active = False
    assert may_review(session, f, opened(session, f)) == {"coordinator", "their_supervisor"}


def test_nobody_reviews_what_they_opened_themselves(session: Session) -> None:
    f = field(session)
    access = opened(session, f)
    with pytest.raises(acts.NotToReview):
        acts.review(session, access, verdict=GlassVerdict.JUSTIFIED, note=None, by=f.worker, at=AT)


def test_a_review_tells_the_worker_and_what_was_wrong_closes_the_file(session: Session) -> None:
    f = field(session)
    access = opened(session, f)
    later = AT + timedelta(hours=1)
    with pytest.raises(ReasonMissing):
        acts.review(session, access, verdict=GlassVerdict.NOT_JUSTIFIED, note=" ", by=f.their_supervisor, at=later)
    acts.review(session, access, verdict=GlassVerdict.NOT_JUSTIFIED, note="无关", by=f.their_supervisor, at=later)
    assert access.ended_at == later
    assert f.worker.glass_until is None
    answer = session.scalars(sa.select(Message).where(Message.kind == MessageKind.GLASS_REVIEWED)).one()
    assert answer.account_id == f.worker.id
    with pytest.raises(WrongStep):
        acts.review(session, access, verdict=GlassVerdict.JUSTIFIED, note=None, by=f.their_supervisor, at=later)
    assert notes(session) == ["glass_opened", "glass_reviewed"]


# Races.


def test_two_reviews_at_once_leave_one(make_app: MakeApp, database_url: str) -> None:
    app = roomy(make_app, database_url)
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        as_installation(session, because="a test")
        f = field(session)
        access = opened(session, f)
        session.commit()

    def work(session: Session, number: int) -> object:
        as_installation(session, because="a test")
        mine, by = session.get_one(GlassAccess, access.id), session.get_one(Account, f.their_supervisor.id)
        verdict = GlassVerdict.JUSTIFIED if number % 2 else GlassVerdict.NOT_JUSTIFIED
        try:
            acts.review(session, mine, verdict=verdict, note="看过了", by=by, at=AT)
            session.commit()
        except StaleDataError as error:
            return error
        return verdict

    results = race(app, 8, work)
    won = [result for result in results if isinstance(result, GlassVerdict)]
    say(f"reviews at once: {len(results)}, kept: {len(won)}")
    assert len(won) == 1


def test_six_askings_at_once_stay_within_the_budget(make_app: MakeApp, database_url: str) -> None:
    app = roomy(make_app, database_url)
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        as_installation(session, because="a test")
        f = field(session)

    def work(session: Session, _number: int) -> object:
        as_installation(session, because="a test")
        access = opened(session, f, by=session.get_one(Account, f.worker.id))
        session.commit()
        return access.id

    results = race(app, 12, work)
    refused = [result for result in results if isinstance(result, acts.GlassSpent)]
    say(f"asked at once: {len(results)}, refused: {len(refused)}")
    assert len(results) - len(refused) == 5
