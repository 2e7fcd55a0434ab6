"""What each job does, on both databases: expiry, reminders, notices, dead rounds, new periods."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    CalendarDay,
    Capacity,
    CapacityKind,
    CheckKind,
    DayKind,
    Message,
    MessageKind,
    Need,
    NeedStatus,
    ProviderCheck,
    Referral,
    ReferralStatus,
    Reservation,
    Round,
    RoundStatus,
)
from models.errors import AlreadyReferred
from referral import clock, jobs
from referral.actions import capacity, places, referrals, upkeep
from tests.factories import AT, COUNTY, make_account, make_capacity, make_need, make_organization, refer
from tests.referral.clockwork import after, job, requested

# Referrals that wait


def test_a_referral_nobody_answered_expires_and_its_need_and_place_are_free(session_on_both: Session) -> None:
    session = session_on_both
    referral = requested(session)
    counts = jobs.run(session, job("expire_referrals"), after(referral)).counts
    assert counts == {"expired": 1, "skipped": 0, "offered": 0}
    session.expire_all()
    assert referral.status is ReferralStatus.EXPIRED
    assert session.get_one(Need, referral.need_id).status is NeedStatus.OPEN
    assert session.get_one(Capacity, referral.capacity_id).reserved == 0


def test_a_referral_that_still_has_time_is_left_alone(session_on_both: Session) -> None:
    referral = requested(session_on_both)
    assert referral.answer_by is not None
    before = jobs.run(session_on_both, job("expire_referrals"), referral.answer_by - timedelta(seconds=1))
    assert before.counts == {"expired": 0, "skipped": 0, "offered": 0}


def test_one_referral_that_was_answered_meanwhile_does_not_stop_the_others(
    session_on_both: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_on_both
    first, second = requested(session), requested(session)
    real = referrals.expire

    def answered_first(session: Session, referral: Referral, *, at: datetime) -> None:
        if referral.id == first.id:
            raise AlreadyReferred
        real(session, referral, at=at)

    monkeypatch.setattr(upkeep.referrals, "expire", answered_first)
    report = jobs.run(session, job("expire_referrals"), after(first))
    assert report.counts == {"expired": 1, "skipped": 1, "offered": 0}
    session.expire_all()
    assert (first.status, second.status) == (ReferralStatus.REQUESTED, ReferralStatus.EXPIRED)


def test_a_provider_is_reminded_once_on_each_of_the_last_two_working_days(session_on_both: Session) -> None:
    session = session_on_both
    referral = requested(session)  # Monday; normal urgency: to be answered by Thursday 24:00
    remind = job("remind_providers")
    for day, hour, reminded in [(1, 0, 0), (2, 0, 1), (2, 2, 0), (3, 0, 1), (3, 2, 0)]:
        at = AT + timedelta(days=day, hours=hour)
        assert jobs.run(session, remind, at).counts == {"reminded": reminded}, (day, hour)
    session.expire_all()
    assert referral.reminded_at == AT + timedelta(days=3)
    told = session.scalars(sa.select(Message).where(Message.kind == MessageKind.REFERRAL_REMINDER)).all()
    assert {message.organization_id for message in told} == {referral.organization_id}
    assert sorted(message.facts["days"] for message in told) == [0, 1]


def test_the_last_days_to_answer_are_working_days(session_on_both: Session) -> None:
    session = session_on_both
    thursday = AT.date() + timedelta(days=3)
    referral = requested(session)
    session.add(CalendarDay(day=thursday, kind=DayKind.HOLIDAY, note="停工", source="测试"))
    session.commit()
    for day, left in [(1, 1), (2, 0)]:
        assert jobs.run(session, job("remind_providers"), AT + timedelta(days=day)).counts == {"reminded": 1}
        told = sa.select(Message.facts).where(Message.kind == MessageKind.REFERRAL_REMINDER)
        assert [facts["days"] for facts in session.scalars(told.order_by(Message.id.desc()).limit(1))] == [left]
    assert referral.id


# What the coordinators and providers are told


def test_coordinators_are_told_once_of_a_need_that_is_overdue(session_on_both: Session) -> None:
    session = session_on_both
    need = make_need(session)
    session.commit()
    tell = job("tell_of_overdue_needs")
    assert jobs.run(session, tell, need.due_at - timedelta(seconds=1)).counts == {"told": 0}
    assert jobs.run(session, tell, need.due_at).counts == {"told": 1}
    assert jobs.run(session, tell, need.due_at + timedelta(days=1)).counts == {"told": 0}
    message = session.scalars(sa.select(Message).where(Message.kind == MessageKind.NEED_OVERDUE)).one()
    assert (message.area_code, message.facts) == (need.area_code, {"number": need.number})


def test_a_check_that_ends_soon_is_told_of_once_unless_it_was_renewed(session_on_both: Session) -> None:
    session = session_on_both
    soon, renewed = make_organization(session, area_code=COUNTY), make_organization(session, area_code=COUNTY)
    day = AT.date()

    def check(organization: Any, ends: date) -> ProviderCheck:
        begins = ends - timedelta(days=365)
        return ProviderCheck(
            organization_id=organization.id, kind=CheckKind.CHILD_SAFETY, valid_from=begins, valid_to=ends
        )

    in_time = day + timedelta(days=30)
    session.add_all([check(soon, in_time), check(renewed, in_time), check(renewed, day + timedelta(days=300))])
    session.add(check(make_organization(session), day + timedelta(days=31)))
    session.commit()
    tell = job("tell_of_checks")
    assert jobs.run(session, tell, AT).counts == {"told": 2}  # the organization and the coordinators
    assert jobs.run(session, tell, AT + timedelta(days=1)).counts == {"told": 2}  # the one of 31 days, now 30
    readers = session.execute(sa.select(Message.organization_id, Message.area_code).order_by(Message.written_at)).all()
    assert (soon.id, None) in [tuple(reader) for reader in readers]
    assert renewed.id not in [reader[0] for reader in readers]


# Rounds and periods


def test_a_round_whose_computation_died_is_marked_as_failed(session_on_both: Session) -> None:
    session = session_on_both
    coordinator = make_account(session)

    def running(number: str, since: timedelta, area: str) -> Round:
        return Round(
            number=number, area_code=area, status=RoundStatus.RUNNING, at=AT, seed=1, params={},
            started_by_id=coordinator.id, started_at=AT - since,
        )  # fmt: skip

    from tests.factories import OTHER_COUNTY, make_area

    dead = running("M1", timedelta(minutes=31), COUNTY)
    alive = running("M2", timedelta(minutes=5), make_area(session, OTHER_COUNTY).code)
    session.add_all([dead, alive])
    session.commit()
    assert jobs.run(session, job("fail_dead_rounds"), AT).counts == {"failed": 1}
    session.expire_all()
    assert (dead.status, alive.status) == (RoundStatus.FAILED, RoundStatus.RUNNING)


def test_places_held_at_a_time_go_on_into_the_next_period_and_are_freed_there(session_on_both: Session) -> None:
    session = session_on_both
    old = make_capacity(session, places=3, kind=CapacityKind.CONCURRENT)
    referral = refer(session, make_need(session), old, by=None, at=AT)
    there = old.service_at_location_id
    next_day = old.ends_on + timedelta(days=1)
    new = Capacity(
        service_at_location_id=there, kind=CapacityKind.CONCURRENT, starts_on=next_day,
        ends_on=next_day + timedelta(days=30), unit="次", places=2,
    )  # fmt: skip
    session.add(new)
    session.commit()
    begin = job("begin_periods")
    assert jobs.run(session, begin, clock.start_of(old.ends_on)).counts == {"carried": 0}
    assert jobs.run(session, begin, clock.start_of(next_day)).counts == {"carried": 1}
    assert jobs.run(session, begin, clock.start_of(next_day) + timedelta(hours=1)).counts == {"carried": 0}
    session.expire_all()
    assert (old.reserved, new.reserved, new.left) == (0, 1, 1)
    assert session.scalars(sa.select(Reservation)).one().capacity_id == new.id
    assert referral.capacity_id == new.id
    places.free_place(session, referral, at=AT)
    session.expire_all()
    assert (old.reserved, new.reserved) == (0, 0)


def test_a_quota_is_not_carried_into_the_next_period(session_on_both: Session) -> None:
    session = session_on_both
    old = make_capacity(session, places=3, kind=CapacityKind.QUOTA)
    refer(session, make_need(session), old, by=None, at=AT)
    next_day = old.ends_on + timedelta(days=1)
    session.add(
        Capacity(
            service_at_location_id=old.service_at_location_id, kind=CapacityKind.QUOTA, starts_on=next_day,
            ends_on=next_day + timedelta(days=30), unit="次", places=2,
        )
    )  # fmt: skip
    session.commit()
    assert capacity.begin_periods(session, clock.start_of(next_day)) == {"carried": 0}
