"""The demonstration's records agree with each other: places, referrals, needs, cases and visits."""

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Capacity,
    CapacityKind,
    Case,
    CaseStep,
    ContactResult,
    Fund,
    Need,
    NeedStatus,
    Referral,
    ReferralEvent,
    ReferralStatus,
    Reservation,
    ReservationStatus,
    Scenario,
    ScenarioStatus,
    Visit,
)
from models import case as case_steps
from models.referral import LIVE_STATUSES, NEXT_STEPS
from models.visit import REACHED
from referral.actions.seeding.asking import PLACES
from referral.clock import SHANGHAI, local_date
from referral.queries.calendar import work_calendar
from tests.referral.seeded import TODAY, count, everything

R = ReferralStatus


# Places, referrals and needs


def test_every_place_that_is_counted_is_held_by_a_referral(district: Session) -> None:
    held: dict[Any, Counter[str]] = defaultdict(Counter)
    for capacity_id, status in district.execute(sa.select(Reservation.capacity_id, Reservation.status)):
        held[capacity_id][status] += 1
    taken = 0
    for capacity in everything(district, Capacity):
        counts = held[capacity.id]
        assert (capacity.reserved, capacity.used) == (counts[ReservationStatus.HELD], counts[ReservationStatus.USED])
        assert capacity.reserved + capacity.used <= capacity.places
        taken += capacity.reserved + capacity.used
    assert taken > 100


def test_a_referral_holds_its_place_as_long_as_its_state_says(district: Session) -> None:
    rows = district.execute(
        sa.select(Referral, Reservation, Capacity)
        .join(Reservation, Reservation.referral_id == Referral.id)
        .join(Capacity, Capacity.id == Reservation.capacity_id)
    ).all()
    assert len(rows) == count(district, Referral)
    for referral, reservation, capacity in rows:
        assert referral.capacity_id == capacity.id
        if referral.status in LIVE_STATUSES:
            begun = referral.started_at is not None
            assert reservation.status is (ReservationStatus.USED if begun else ReservationStatus.HELD)
            assert capacity.starts_on <= TODAY <= capacity.ends_on
        elif referral.status is R.COMPLETED and capacity.kind is CapacityKind.QUOTA:
            assert reservation.status is ReservationStatus.USED
        else:
            assert reservation.status is ReservationStatus.RELEASED
            assert reservation.released_at == referral.ended_at


def test_a_fund_has_promised_and_spent_what_its_referrals_hold(district: Session) -> None:
    (fund,) = everything(district, Fund)
    held: Counter[ReservationStatus] = Counter()
    offers = {capacity.id for capacity in everything(district, Capacity) if capacity.fund_id == fund.id}
    for reservation in everything(district, Reservation):
        assert (reservation.amount is not None) == (reservation.capacity_id in offers)
        held[reservation.status] += reservation.amount or 0
    assert len(offers) == 2
    assert (fund.promised, fund.spent) == (held[ReservationStatus.HELD], held[ReservationStatus.USED])
    assert fund.spent > 0
    assert fund.promised + fund.spent + 40_000 <= fund.amount


def test_needs_stand_where_their_referrals_left_them(district: Session) -> None:
    last: dict[Any, Referral] = {}
    for referral in district.scalars(sa.select(Referral).order_by(Referral.requested_at)):
        assert last.get(referral.need_id) is None or last[referral.need_id].status in (R.REJECTED, R.EXPIRED)
        last[referral.need_id] = referral
    for need in everything(district, Need):
        referral = last.get(need.id)
        if referral is None:
            assert need.status in (NeedStatus.OPEN, NeedStatus.CLOSED_UNMET)
        elif referral.status in LIVE_STATUSES:
            assert need.status is (NeedStatus.BEING_SERVED if referral.started_at else NeedStatus.REFERRED)
        elif referral.status is R.COMPLETED:
            assert need.status in (NeedStatus.MET, NeedStatus.PARTLY_MET)
            assert need.closed_at == referral.ended_at
        else:
            assert need.status is NeedStatus.OPEN


def test_events_tell_each_referral_step_by_step(district: Session) -> None:
    events: dict[Any, list[ReferralEvent]] = defaultdict(list)
    for event in district.scalars(sa.select(ReferralEvent).order_by(ReferralEvent.at)):
        events[event.referral_id].append(event)
    for referral in everything(district, Referral):
        steps = events[referral.id]
        assert (steps[0].from_status, steps[0].to_status) in {(None, R.REQUESTED), (None, R.DRAFT)}
        assert steps[-1].to_status is referral.status
        for before, after in pairwise(steps):
            assert after.from_status is before.to_status
            assert after.to_status in NEXT_STEPS[before.to_status]
            assert before.at < after.at
        if referral.answered_at:
            assert referral.answered_at < referral.answer_by
        if referral.status is R.EXPIRED:
            assert referral.ended_at > referral.answer_by


# Cases and visits


def test_cases_took_only_steps_of_the_table(district: Session) -> None:
    last: dict[Any, CaseStep] = {}
    for step in district.scalars(sa.select(CaseStep).order_by(CaseStep.at, CaseStep.id)):
        before = last.get(step.case_id)
        assert step.from_status == (before.to_status if before else None)
        assert before is None or step.to_status in case_steps.NEXT_STEPS[before.to_status]
        last[step.case_id] = step
    for case in everything(district, Case):
        assert case.status is last[case.id].to_status


def test_work_is_done_on_working_days(district: Session) -> None:
    calendar = work_calendar(district)
    for at in district.scalars(sa.select(Visit.started_at)):
        assert calendar.is_working(local_date(at))
        assert 8 <= at.astimezone(SHANGHAI).hour < 20
    for at in district.scalars(sa.select(ReferralEvent.at).where(ReferralEvent.by_id.is_not(None))):
        assert calendar.is_working(local_date(at))


def test_what_was_delivered_is_what_was_visited(district: Session) -> None:
    given = dict(
        district.execute(sa.select(Visit.referral_id, sa.func.sum(Visit.units)).group_by(Visit.referral_id)).all()
    )
    for referral in district.scalars(sa.select(Referral).where(Referral.status == R.COMPLETED)):
        assert referral.units_delivered == given[referral.id]
        assert referral.units_delivered > 0


def test_who_was_not_reached_was_not_served(district: Session) -> None:
    missed = list(district.scalars(sa.select(Visit).where(Visit.contact_result.not_in(REACHED))))
    assert len(missed) > 200
    assert all(visit.units == 0 and visit.minutes == 0 and visit.amount is None and visit.note for visit in missed)
    assert len({visit.contact_result for visit in missed}) >= 5


def test_nobody_is_at_two_places_at_once(district: Session) -> None:
    days: dict[Any, list[Visit]] = defaultdict(list)
    for visit in district.scalars(sa.select(Visit).order_by(Visit.started_at)):
        if visit.activity_key is None:
            worker = visit.worker_id or (visit.organization_id, visit.worker_name)
            days[worker, local_date(visit.started_at)].append(visit)
    for visits in days.values():
        for before, after in pairwise(visits):
            assert before.started_at + timedelta(minutes=before.minutes) <= after.started_at


def test_not_reached_results_have_their_words() -> None:
    from referral.actions.seeding.files import pool
    from referral.actions.seeding.visits import MISSED_RESULTS

    assert all(pool("demonstration/phrases.csv")[f"missed:{result}"] for result in MISSED_RESULTS)
    assert ContactResult.MET_PERSON not in MISSED_RESULTS


def test_the_answer_that_is_kept_holds_today_beside_the_copy_and_serves_more(district: Session) -> None:
    kept = district.scalars(sa.select(Scenario)).one()
    assert kept.status is ScenarioStatus.KEPT
    assert local_date(kept.at) == TODAY
    today, copy = kept.result["today"], kept.result["copy"]
    assert today["exact"]
    assert copy["exact"]
    assert copy["places"] == today["places"] + PLACES
    assert today["needs"] == copy["needs"] > 0
    assert today["served"] < copy["served"] <= today["served"] + PLACES
    assert kept.result["differences"]["gain"]["count"] - kept.result["differences"]["lose"]["count"] == (
        copy["served"] - today["served"]
    )
