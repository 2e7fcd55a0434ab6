"""Plans: what they promise ahead, what becomes of it, and that nothing is done twice."""

from datetime import timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    CalendarDay,
    Case,
    ContactResult,
    DayKind,
    DeclineReason,
    FreeDays,
    Message,
    MessageKind,
    Organization,
    Person,
    PlanKind,
    PlannedReason,
    PlannedStatus,
    PlannedVisit,
    PlanStatus,
    Referral,
    Role,
    ServicePlan,
    TaxonomyTerm,
    Visit,
    VisitKind,
)
from models.errors import ReasonMissing, WrongStep
from models.plan import PLAN_STEPS, PLANNED_STEPS
from referral.actions import plan_days, planned, plans, referrals
from referral.actions.visits import log_visit
from referral.clock import local_date
from referral.queries import plans as queries
from referral.queries.plan_balance import balance
from referral.recurring import RuleNotUnderstood
from tests.factories import AT, make_account, make_capacity, make_need, make_station, refer

TODAY = local_date(AT)


@pytest.fixture
def helped(session: Session) -> Referral:
    """A referral that a provider has taken on and begun."""
    referral = refer(session, make_need(session), make_capacity(session, places=9))
    by = make_account(session, Role.PROVIDER_OFFICER, organization_id=referral.organization_id)
    referrals.accept(session, referral, by=by, at=AT)
    referrals.start(session, referral, by=by, at=AT)
    return referral


def worker_of(session: Session, referral: Referral) -> Any:
    return make_account(session, Role.PROVIDER_OFFICER, organization_id=referral.organization_id)


def terms(**values: Any) -> plans.PlanTerms:
    usual: dict[str, Any] = {
        "kind": PlanKind.RECURRING,
        "rule": "FREQ=DAILY",
        "free_days": FreeDays.KEEP,
        "starts_on": TODAY,
        "minutes": 60,
        "units": Decimal(1),
    }
    return plans.PlanTerms(**usual | values)


def make(session: Session, referral: Referral, **values: Any) -> ServicePlan:
    return plans.make(session, referral, terms(**values), by=worker_of(session, referral), at=AT)


def of(session: Session, plan: ServicePlan, *statuses: PlannedStatus) -> list[PlannedVisit]:
    found = sa.select(PlannedVisit).where(PlannedVisit.plan_id == plan.id).order_by(PlannedVisit.due_on)
    return list(session.scalars(found.where(PlannedVisit.status.in_(statuses)) if statuses else found))


def enter(session: Session, referral: Referral, *, days: int = 0, **values: Any) -> Visit:
    person = session.get_one(Person, referral.person_id)
    plan = session.scalars(sa.select(ServicePlan).where(ServicePlan.referral_id == referral.id)).one()
    usual: dict[str, Any] = {
        "person": person,
        "term": session.get_one(TaxonomyTerm, plan.term_id),
        "organization": session.get_one(Organization, referral.organization_id),
        "by": worker_of(session, referral),
        "kind": VisitKind.HOME_VISIT,
        "contact_result": ContactResult.MET_PERSON,
        "started_at": AT + timedelta(days=days),
        "minutes": 60,
        "units": Decimal(1),
        "referral": referral,
    }
    return log_visit(session, **usual | values)


def test_visits_are_made_ahead_once(session: Session, helped: Referral) -> None:
    plan = make(session, helped)
    made = of(session, plan)
    assert [one.due_on for one in made] == [TODAY + timedelta(days=n) for n in range(43)]
    assert plan_days.remake(session, plan, today=TODAY, at=AT) == {"made": 0, "called_off": 0}
    session.commit()
    later = AT + timedelta(days=10)
    assert plan_days.make_ahead(session, later)["made"] == 10
    assert plan_days.make_ahead(session, later)["plans"] == 0
    assert len(of(session, plan)) == 53


def test_a_changed_plan_leaves_alone_what_was_done_missed_or_moved(session: Session, helped: Referral) -> None:
    plan = make(session, helped)
    enter(session, helped)
    first = of(session, plan)
    by = worker_of(session, helped)
    planned.move(session, first[2], to=TODAY + timedelta(days=3), by=by, at=AT, reason=PlannedReason.PERSON_ASKED)
    planned.miss(session, first[5], by=by, at=AT, reason=PlannedReason.AWAY)
    plans.change(session, plan, terms(rule="FREQ=DAILY;INTERVAL=7", minutes=90), by=by, at=AT)
    kept = {one.due_on: one for one in of(session, plan) if one.reason is not PlannedReason.PLAN_CHANGED}
    assert kept[TODAY].status is PlannedStatus.DONE
    assert kept[TODAY].minutes == 60
    assert kept[TODAY + timedelta(days=2)].status is PlannedStatus.MOVED
    assert kept[TODAY + timedelta(days=3)].moved_from_id == first[2].id
    assert kept[TODAY + timedelta(days=5)].status is PlannedStatus.CANCELLED
    weekly = [one for one in kept.values() if one.status is PlannedStatus.PLANNED and one.slot]
    assert [one.due_on for one in weekly] == [TODAY + timedelta(days=7 * n) for n in range(1, 7)]
    assert {one.minutes for one in weekly} == {90}
    # and back: the days that were called off by the change are promised again, those by hand are not
    plans.change(session, plan, terms(), by=by, at=AT)
    assert len(of(session, plan, PlannedStatus.PLANNED)) == 43 - 3 + 1


def test_a_published_year_remakes_what_was_provisional(session: Session, helped: Referral) -> None:
    plan = make(session, helped, free_days=FreeDays.SKIP)
    assert all(one.provisional for one in of(session, plan))  # no holidays are known at all
    holiday = next(one.due_on for one in of(session, plan) if one.due_on.weekday() < 5)
    session.add(CalendarDay(day=holiday, kind=DayKind.HOLIDAY, note="Test", source="Test"))
    session.commit()
    plan_days.make_ahead(session, AT)
    session.expire_all()
    open_ones = of(session, plan, PlannedStatus.PLANNED)
    assert holiday not in {one.due_on for one in open_ones}
    assert not any(one.provisional for one in open_ones if one.due_on.year == holiday.year)


def test_a_plan_with_a_limit_promises_no_more(session: Session, helped: Referral) -> None:
    plan = make(session, helped, units=Decimal("1.5"), units_total=Decimal(6))
    assert len(of(session, plan)) == 4
    assert planned.units_left(session, plan) == 0


def test_a_plan_follows_its_referral(session: Session, helped: Referral) -> None:
    plan, by = make(session, helped), worker_of(session, helped)
    enter(session, helped)
    referrals.hold(session, helped, by=by, at=AT, reason=DeclineReason.NO_FUNDS)
    assert plan.status.value == "on_hold"
    assert [one.due_on for one in of(session, plan, PlannedStatus.PLANNED)] == []
    referrals.resume(session, helped, by=by, at=AT + timedelta(days=2))
    assert plan.status is PlanStatus.ACTIVE
    assert of(session, plan, PlannedStatus.PLANNED)[0].due_on == TODAY + timedelta(days=2)
    with pytest.raises(plans.PlanExists):
        make(session, helped)


def test_an_entry_does_the_nearest_visit_once(session: Session, helped: Referral) -> None:
    plan = make(session, helped, rule="FREQ=DAILY;INTERVAL=4")
    first, second = of(session, plan)[:2]
    visit = enter(session, helped, days=1)
    assert (first.status, first.visit_id) == (PlannedStatus.DONE, visit.id)
    assert second.status is PlannedStatus.PLANNED
    again = enter(session, helped, days=1, started_at=AT + timedelta(days=1, hours=1))
    assert (second.status, second.visit_id) == (PlannedStatus.DONE, again.id)
    assert planned.fulfil(session, enter(session, helped, days=0, entry_key="far")) is None


def test_nobody_at_home_and_somebody_in_the_afternoon(session: Session, helped: Referral) -> None:
    plan = make(session, helped, rule="FREQ=DAILY;INTERVAL=7")
    first = of(session, plan)[0]
    enter(session, helped, contact_result=ContactResult.NOBODY_HOME)
    assert (first.status, first.reason) == (PlannedStatus.MISSED, PlannedReason.NOBODY_HOME)
    later = enter(session, helped, started_at=AT + timedelta(hours=3))
    assert (first.status, first.visit_id, first.reason) == (PlannedStatus.DONE, later.id, None)


def test_a_correction_stands_for_what_it_corrects(session: Session, helped: Referral) -> None:
    plan = make(session, helped, rule="FREQ=DAILY;INTERVAL=7")
    first = of(session, plan)[0]
    wrong = enter(session, helped)
    right = enter(session, helped, corrects=wrong, contact_result=ContactResult.REFUSED)
    assert (first.status, first.reason, first.visit_id) == (PlannedStatus.MISSED, PlannedReason.REFUSED, right.id)
    assert of(session, plan)[1].status is PlannedStatus.PLANNED


@pytest.mark.parametrize(("before", "after"), list(product(PlannedStatus, PlannedStatus)))
def test_every_pair_of_states_of_a_planned_visit(before: PlannedStatus, after: PlannedStatus) -> None:
    one = PlannedVisit(status=before)
    if after in PLANNED_STEPS[before]:
        one.move_to(after, reason=PlannedReason.WEATHER)
        assert one.status is after
    else:
        with pytest.raises(WrongStep):
            one.move_to(after, reason=PlannedReason.WEATHER)
        assert one.status is before


@pytest.mark.parametrize(("before", "after"), list(product(PlanStatus, PlanStatus)))
def test_every_pair_of_states_of_a_plan(before: PlanStatus, after: PlanStatus) -> None:
    plan = ServicePlan(status=before)
    if after in PLAN_STEPS[before]:
        plan.move_to(after, at=AT, reason=PlannedReason.WEATHER)
        assert plan.status is after
    else:
        with pytest.raises(WrongStep):
            plan.move_to(after, at=AT, reason=PlannedReason.WEATHER)
        assert plan.status is before


def test_what_must_be_explained_is(session: Session, helped: Referral) -> None:
    plan, by = make(session, helped), worker_of(session, helped)
    first = of(session, plan)[0]
    for reason, text in ((None, None), (PlannedReason.OTHER, " "), (PlannedReason.PLAN_ENDED, "x")):
        with pytest.raises(ReasonMissing):
            planned.miss(session, first, by=by, at=AT, reason=reason, reason_text=text)
    with pytest.raises(planned.DayPassed):
        planned.move(session, first, to=TODAY - timedelta(days=1), by=by, at=AT, reason=PlannedReason.WEATHER)
    with pytest.raises(ReasonMissing):
        plans.hold(session, plan, reason=None, at=AT)  # type: ignore[arg-type]


def test_calls_take_from_the_plan(session: Session, helped: Referral) -> None:
    plan = make(session, helped, kind=PlanKind.ON_CALL, rule=None, units_total=Decimal(3))
    by = worker_of(session, helped)
    assert of(session, plan) == []
    one = planned.call(session, plan, on=TODAY, by=by, at=AT, entry_key="a")
    assert planned.call(session, plan, on=TODAY, by=by, at=AT, entry_key="a").id == one.id
    planned.call(session, plan, on=TODAY, by=by, at=AT, units=Decimal(2))
    with pytest.raises(planned.NoUnitsLeft):
        planned.call(session, plan, on=TODAY, by=by, at=AT)
    planned.miss(session, one, by=by, at=AT, reason=PlannedReason.PERSON_ASKED)
    assert planned.units_left(session, plan) == 1


def test_several_attempts_in_vain_are_told_of_once(session: Session, helped: Referral) -> None:
    make(session, helped)
    station = make_station(session)
    helped.station_id = station.id
    person = session.get_one(Person, helped.person_id)
    person.station_id = station.id
    supervisor = make_account(session, Role.STATION_SUPERVISOR, organization_id=station.id)
    by = worker_of(session, helped)
    case = sa.select(Case.status, Case.exit_reason).where(Case.person_id == person.id)
    before = session.execute(case).one()

    def told() -> list[Message]:
        return list(session.scalars(sa.select(Message).where(Message.kind == MessageKind.NO_CONTACT)))

    for hour in range(4):  # one morning is no sign yet
        enter(session, helped, by=by, contact_result=ContactResult.NOBODY_HOME, started_at=AT + timedelta(minutes=hour))
    assert told() == []
    enter(session, helped, by=by, days=1, contact_result=ContactResult.NO_ANSWER)
    enter(session, helped, by=by, days=2, contact_result=ContactResult.NO_ANSWER)
    messages = told()
    assert sorted(str(message.account_id) for message in messages) == sorted([str(by.id), str(supervisor.id)])
    assert person.name not in str(messages[0].facts)
    assert messages[0].facts["number"] == person.number
    assert messages[0].facts["results"] == ["no_answer", "nobody_home"]
    assert session.execute(case).one() == before
    enter(session, helped, by=by, days=3)  # found: a new run is told of anew
    for day in (4, 5, 6):
        enter(session, helped, by=by, days=day, contact_result=ContactResult.AWAY)
    assert len(told()) == 4


def test_what_is_due_today_and_overdue(session: Session, helped: Referral) -> None:
    worker = worker_of(session, helped)
    plan = make(session, helped, starts_on=TODAY, rule="FREQ=DAILY;INTERVAL=2", worker_id=worker.id)
    lines = queries.due(session, worker, TODAY + timedelta(days=4))
    assert [line.due_on for line in lines] == [TODAY + timedelta(days=n) for n in (0, 2, 4)]
    assert lines[0].days_late(TODAY + timedelta(days=4)) == 4
    assert queries.due(session, worker_of(session, helped), TODAY) == []
    week = queries.week(session, worker_of(session, helped), TODAY, everybody=True)
    assert [line.due_on for line in week] == [TODAY + timedelta(days=n) for n in (0, 2, 4, 6)]
    assert balance(session, plan, TODAY + timedelta(days=4)).open == 3


def test_rules_that_never_give_a_day_are_refused(session: Session, helped: Referral) -> None:
    with pytest.raises(RuleNotUnderstood):
        make(session, helped, rule="FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30")
