"""Hours from the entry to the approval: who may say what, what a flag holds back, what a correction lets lapse."""

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import (
    DisputeReason,
    FlagRule,
    HoursDecision,
    HoursVerdict,
    NotePrint,
    Role,
    VisitFlag,
    VisitKind,
)
from models.errors import ReasonMissing
from models.visit import ContactResult
from referral.access import looking
from referral.actions import flags, hours
from referral.actions.flags import OwnVisit
from referral.actions.visits import log_visit
from referral.queries import hours as hours_queries
from referral.queries import hours_lines
from tests.factories import make_account, make_person
from tests.paying import OCTOBER_5, SEPTEMBER, apart, bought, given
from tests.queries import counted


def standing(session: Session, visit_id: object) -> HoursDecision | None:
    return session.scalar(
        sa.select(HoursDecision).where(HoursDecision.visit_id == visit_id, HoursDecision.lapsed_at.is_(None))
    )


def test_many_are_approved_at_once_and_draw_on_the_contract(session: Session) -> None:
    to = bought(session)
    visits = apart(session, to, 5)
    done = hours.approve(session, [visit.id for visit in visits], by=to.supervisor, at=OCTOBER_5)
    assert (len(done.approved), done.flagged, done.own, done.beyond) == (5, [], [], 0)
    assert (to.line.units_drawn, to.line.households_drawn) == (10, 5)
    assert all(standing(session, visit.id).line_id == to.line.id for visit in visits)


def test_statements_of_an_approval_do_not_grow_with_the_visits(session: Session) -> None:
    numbers = []
    for count in (3, 30):
        to = bought(session)
        keys = [visit.id for visit in apart(session, to, count)]
        session.expire_all()
        with counted() as sent:
            hours.approve(session, keys, by=to.supervisor, at=OCTOBER_5)
        numbers.append(len([one for one in sent if not one.startswith("INSERT")]))
    assert numbers[1] <= numbers[0] + 2


def test_a_household_counts_once(session: Session) -> None:
    to = bought(session)
    person = make_person(session, station_id=to.station.id)
    keys = [given(session, to, person=person, at=OCTOBER_5 - timedelta(days=day, hours=-9)).id for day in (10, 12, 14)]
    hours.approve(session, keys, by=to.supervisor, at=OCTOBER_5)
    assert (to.line.units_drawn, to.line.households_drawn) == (6, 1)


def test_beyond_the_quota_is_approved_and_draws_nothing(session: Session) -> None:
    to = bought(session, units=5)
    done = hours.approve(session, [visit.id for visit in apart(session, to, 3)], by=to.supervisor, at=OCTOBER_5)
    assert (len(done.approved), done.beyond) == (3, 1)
    assert to.line.units_drawn == 4


def test_the_database_itself_refuses_to_pass_a_quota(session: Session) -> None:
    to = bought(session, units=5)
    to.line.units_drawn = Decimal(6)
    with pytest.raises(IntegrityError):
        session.flush()


def test_a_flagged_visit_waits_until_it_is_explained(session: Session) -> None:
    to = bought(session)
    long, usual = given(session, to, minutes=400), given(session, to)
    done = hours.approve(session, [long.id, usual.id], by=to.supervisor, at=OCTOBER_5)
    assert (done.approved, done.flagged) == ([usual.id], [long.id])
    [flag] = session.scalars(sa.select(VisitFlag).where(VisitFlag.visit_id == long.id)).all()
    assert flag.rule is FlagRule.TOO_LONG
    assert flag.facts == {"minutes": 400, "limit": 240.0}
    with pytest.raises(ReasonMissing):
        flags.explain(session, flag, long, reason=" ", by=to.supervisor, at=OCTOBER_5)
    flags.explain(session, flag, long, reason="夜间陪护", by=to.supervisor, at=OCTOBER_5)
    assert (flag.explained_by_id, flag.explained_at) == (to.supervisor.id, OCTOBER_5)
    again = hours.approve(session, [long.id], by=to.supervisor, at=OCTOBER_5)
    assert again.approved == [long.id]


def test_nobody_decides_on_their_own_visit(session: Session) -> None:
    to = bought(session)
    own = given(session, to, worker_id=to.supervisor.id, minutes=400)
    flags.look_at(session, [own], at=OCTOBER_5)
    [flag] = session.scalars(sa.select(VisitFlag).where(VisitFlag.visit_id == own.id)).all()
    with pytest.raises(OwnVisit):
        flags.explain(session, flag, own, reason="夜间陪护", by=to.supervisor, at=OCTOBER_5)
    with pytest.raises(OwnVisit):
        hours.dispute(session, own, reason=DisputeReason.NOT_GIVEN, words=None, by=to.supervisor, at=OCTOBER_5)
    assert hours.approve(session, [own.id], by=to.supervisor, at=OCTOBER_5).own == [own.id]


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.STATION_SUPERVISOR, True),
        (Role.COORDINATOR, True),
        (Role.STATION_WORKER, False),
        (Role.PROVIDER_OFFICER, False),
    ],
)
def test_a_providers_hours_are_for_the_supervisor_and_the_coordinator(session: Session, role: Role, may: bool) -> None:
    to = bought(session)
    extra = {"organization_id": to.station.id} if role in (Role.STATION_SUPERVISOR, Role.STATION_WORKER) else {}
    if role is Role.PROVIDER_OFFICER:
        extra = {"organization_id": to.provider.id}
    by = make_account(session, role, **extra)
    done = hours.approve(session, [given(session, to).id], by=by, at=OCTOBER_5)
    assert bool(done.approved) is may


def test_a_stations_own_hours_are_not_for_the_coordinator_unless_the_supervisor_went(session: Session) -> None:
    to = bought(session)
    worker = make_account(session, Role.STATION_WORKER, organization_id=to.station.id)
    by_worker = given(session, to, organization_id=to.station.id, worker_id=worker.id)
    by_supervisor = given(session, to, organization_id=to.station.id, worker_id=to.supervisor.id)
    done = hours.approve(session, [by_worker.id, by_supervisor.id], by=to.coordinator, at=OCTOBER_5)
    assert done.approved == [by_supervisor.id]
    assert hours.approve(session, [by_worker.id], by=to.supervisor, at=OCTOBER_5).approved == [by_worker.id]


def test_a_dispute_needs_a_reason_and_gives_back_what_was_drawn(session: Session) -> None:
    to = bought(session)
    visit = given(session, to)
    hours.approve(session, [visit.id], by=to.supervisor, at=OCTOBER_5)
    with pytest.raises(ReasonMissing):
        hours.dispute(session, visit, reason=None, words=None, by=to.supervisor, at=OCTOBER_5)
    with pytest.raises(ReasonMissing):
        hours.dispute(session, visit, reason=DisputeReason.OTHER, words="", by=to.supervisor, at=OCTOBER_5)
    hours.dispute(session, visit, reason=DisputeReason.NOT_GIVEN, words=None, by=to.supervisor, at=OCTOBER_5)
    assert (to.line.units_drawn, to.line.households_drawn) == (0, 0)
    words = session.scalars(sa.select(HoursDecision).order_by(HoursDecision.id)).all()
    assert [word.verdict for word in words] == [HoursVerdict.APPROVED, HoursVerdict.DISPUTED]
    assert words[0].lapsed_at == OCTOBER_5
    # A disputed one can be approved after all; then the dispute lapses.
    assert hours.approve(session, [visit.id], by=to.coordinator, at=OCTOBER_5).approved == [visit.id]
    assert to.line.units_drawn == 2


def test_a_correction_lets_the_approval_lapse_and_must_be_approved_anew(session: Session) -> None:
    to = bought(session)
    visit = given(session, to)
    hours.approve(session, [visit.id], by=to.supervisor, at=OCTOBER_5)
    corrected = log_visit(
        session, person=session.get_one(type(make_person(session)), visit.person_id), term=to.term,
        organization=to.provider, by=to.worker, kind=VisitKind.HOME_VISIT, contact_result=ContactResult.MET_PERSON,
        started_at=visit.started_at, minutes=30, units=Decimal(1), corrects=visit,
    )  # fmt: skip
    assert visit.replaced
    assert standing(session, visit.id) is None
    assert to.line.units_drawn == 0
    assert hours.approve(session, [visit.id], by=to.supervisor, at=OCTOBER_5).settled == [visit.id]
    assert hours.approve(session, [corrected.id], by=to.supervisor, at=OCTOBER_5).approved == [corrected.id]
    assert to.line.units_drawn == 1
    assert [one.id for one in hours_queries.chain(session, corrected)] == [visit.id, corrected.id]


def test_a_new_visit_is_flagged_at_once_and_no_longer_when_it_is_corrected(session: Session) -> None:
    to = bought(session)
    one = {"term": to.term, "organization": to.provider, "by": to.worker, "kind": VisitKind.HOME_VISIT,
           "contact_result": ContactResult.MET_PERSON, "minutes": 60, "units": Decimal(1)}  # fmt: skip
    begins = OCTOBER_5 - timedelta(days=20, hours=-9)
    log_visit(session, person=make_person(session), started_at=begins, **one)
    second = make_person(session)
    clash = log_visit(session, person=second, started_at=begins + timedelta(minutes=30), **one)
    assert [flag.rule for flag in session.scalars(sa.select(VisitFlag))] == [FlagRule.WORKER_TWICE]
    log_visit(session, person=second, started_at=begins + timedelta(minutes=90), **one, corrects=clash)
    assert not [flag for flag in session.scalars(sa.select(VisitFlag)) if flag.stands]


def test_prints_of_notes_hold_no_words_and_differ_from_worker_to_worker(session: Session) -> None:
    to = bought(session)
    note = "上门打扫卫生并陪老人聊了半天家常，情绪稳定，约好下周再来看望"
    other = make_account(session, Role.PROVIDER_OFFICER, organization_id=to.provider.id)
    visits = [given(session, to, note=note), given(session, to, note=f"9月3日 {note}。"),
              given(session, to, note=note, worker_id=other.id)]  # fmt: skip
    flags.look_at(session, visits, at=OCTOBER_5)
    prints = {one.visit_id: one for one in session.scalars(sa.select(NotePrint))}
    same, later, elsewhere = (prints[visit.id] for visit in visits)
    assert same.whole != later.whole  # 月 and 日 are letters: the sketch sees that they are nearly the same
    assert same.whole != elsewhere.whole
    assert same.sketch != elsewhere.sketch
    assert not any(word in one.sketch + one.whole for one in prints.values() for word in ("卫生", "老人"))


def test_the_line_of_hours_goes_from_the_plan_to_the_payment(session: Session) -> None:
    to = bought(session, units=5)
    visits = apart(session, to, 4)
    given(session, to, contact_result=ContactResult.NOBODY_HOME, units=Decimal(0), minutes=0)
    hours.approve(session, [visit.id for visit in visits[:3]], by=to.supervisor, at=OCTOBER_5)
    hours.dispute(session, visits[3], reason=DisputeReason.NOT_GIVEN, words=None, by=to.supervisor, at=OCTOBER_5)
    for by in hours_lines.BY:
        with looking(session, to.coordinator, because="a test"):
            wanted = hours_lines.HoursFilter(month=SEPTEMBER, by=by, organization_id=to.provider.id)
            [one] = hours_lines.line(session, to.coordinator, wanted)
        assert (one.visits, one.delivered, one.approved, one.disputed, one.contracted) == (4, 8, 6, 2, 4), by
        assert (one.hours, one.paid, one.planned) == (2, 0, 0)
