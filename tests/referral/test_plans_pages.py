"""Pages of plans: made, changed and carried out by both sides, in both languages, in few queries."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import icalendar
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import (
    Account,
    Consent,
    ContactResult,
    DataKind,
    DeliveryRound,
    FreeDays,
    Person,
    PlanKind,
    PlannedStatus,
    PlannedVisit,
    Referral,
    Role,
    RoundSignOff,
    ServicePlan,
    Visit,
    VisitKind,
)
from referral import clock
from referral.access import as_installation
from referral.actions import planned, plans, referrals
from referral.actions.meals import put_in_order
from tests.factories import make_account, make_capacity, make_need, make_station, refer
from tests.queries import counted
from tests.visits import Visitor, outside


class House:
    """A provider with one client, and the station that looks after them."""

    def __init__(self, app: Flask, session: Session) -> None:
        self.app, self.session, at = app, session, clock.now() - timedelta(days=3)
        need = make_need(session, at=at)
        person = session.get_one(Person, need.person_id)
        person.station_id = need.station_id = make_station(session).id
        self.person = person
        capacity = make_capacity(session, places=9)
        self.referral: Referral = refer(session, need, capacity, at=at)
        self.referral.station_id = person.station_id
        house = self.referral.organization_id
        self.officer = make_account(session, Role.PROVIDER_OFFICER, organization_id=house)
        self.worker = make_account(session, Role.STATION_WORKER, organization_id=person.station_id)
        referrals.accept(session, self.referral, by=self.officer, at=at)
        referrals.start(session, self.referral, by=self.officer, at=at)

    def plan(self, **values: object) -> ServicePlan:
        usual: dict[str, object] = {
            "kind": PlanKind.RECURRING, "rule": "FREQ=DAILY", "free_days": FreeDays.KEEP,
            "starts_on": clock.today() - timedelta(days=2), "minutes": 60, "units": Decimal(1),
        }  # fmt: skip
        at = clock.now() - timedelta(days=2)
        terms = plans.PlanTerms(**usual | values)  # type: ignore[arg-type]
        return plans.make(self.session, self.referral, terms, by=self.officer, at=at)

    def visitor(self, account: Account) -> Visitor:
        return Visitor(self.app, self.session, account.login)

    def open_ones(self) -> list[PlannedVisit]:
        found = sa.select(PlannedVisit).where(PlannedVisit.status == PlannedStatus.PLANNED)
        fresh = found.order_by(PlannedVisit.due_on).execution_options(populate_existing=True)
        visits = list(self.session.scalars(fresh))
        self.session.commit()  # holds no lock while pages are asked for
        return visits


@pytest.fixture
def house(app: Flask) -> Iterator[House]:
    with outside(app) as session:
        as_installation(session, because="a test")
        yield House(app, session)


FORM = {
    "kind": "recurring", "rhythm": "weekly", "days": ["TU", "FR"], "every": "1", "free_days": "next_working_day",
    "minutes": "90", "units": "1.5", "note": "6-301",
}  # fmt: skip


def test_a_provider_plans_changes_and_ends(house: House) -> None:
    officer, key = house.visitor(house.officer), house.referral.id
    assert f"/referrals/{key}/plan" in officer.in_both(f"/inbox/{key}")
    officer.in_both(f"/referrals/{key}/plan")
    today = clock.today()
    wrong = officer.send(f"/referrals/{key}/plan", 422, **FORM | {"days": [], "starts_on": f"{today}"})
    assert "6-301" in wrong
    officer.send(f"/referrals/{key}/plan", **FORM | {"starts_on": f"{today}"})
    plan = house.session.scalars(sa.select(ServicePlan)).one()
    house.session.commit()
    assert (plan.rule, plan.units, plan.minutes) == ("FREQ=WEEKLY;BYDAY=TU,FR", Decimal("1.5"), 90)
    page = officer.in_both(f"/plans/{plan.id}")
    assert "每周星期二、星期五" in page or "每周周二、周五" in page
    officer.in_both(f"/plans/{plan.id}/change")
    before = len(house.open_ones())
    officer.send(f"/plans/{plan.id}/change", **FORM | {"starts_on": f"{today}", "rhythm": "daily"})
    assert len(house.open_ones()) > before
    officer.in_both(f"/plans/{plan.id}/hold")
    officer.send(f"/plans/{plan.id}/hold", reason="in_hospital")
    assert [one for one in house.open_ones() if one.due_on > today] == []
    officer.in_both(f"/plans/{plan.id}")
    officer.send(f"/plans/{plan.id}/resume")
    assert len(house.open_ones()) > before
    officer.in_both(f"/plans/{plan.id}/end")
    officer.send(f"/plans/{plan.id}/end")
    officer.in_both(f"/plans/{plan.id}")
    assert officer.send(f"/plans/{plan.id}/resume", 409)


def test_a_station_sees_and_moves_what_is_promised_to_its_people(house: House) -> None:
    plan = house.plan()
    worker = house.visitor(house.worker)
    assert f"/plans/{plan.id}" in worker.in_both(f"/referrals/{house.referral.id}")
    assert f"/plans/{plan.id}" in worker.in_both(f"/people/{house.person.id}")
    assert house.person.name in worker.in_both("/plans/week?all=1")
    late, *_rest = house.open_ones()
    worker.in_both(f"/plans/visits/{late.id}/move")
    worker.send(f"/plans/visits/{late.id}/move", 422, to=f"{clock.today() - timedelta(days=1)}", reason="weather")
    worker.send(f"/plans/visits/{late.id}/move", to=f"{clock.today()}", reason="weather", promise="下午来")
    worker.send(f"/plans/visits/{late.id}/move", 409, to=f"{clock.today()}", reason="weather")
    second = house.open_ones()[0]
    worker.in_both(f"/plans/visits/{second.id}/miss")
    worker.send(f"/plans/visits/{second.id}/miss", 422, reason="other")
    worker.send(f"/plans/visits/{second.id}/miss", reason="worker_absent")
    assert "下午来" in worker.in_both(f"/plans/{plan.id}")


def test_others_find_nothing(house: House) -> None:
    plan = house.plan()
    visit = house.open_ones()[0]
    for role, place in ((Role.PROVIDER_OFFICER, {}), (Role.STATION_WORKER, {"organization_id": make_station(
        house.session).id})):  # fmt: skip
        other = make_account(house.session, role, **place or {"organization_id": make_station(house.session).id})
        visitor = house.visitor(other)
        for address in (f"/plans/{plan.id}", f"/plans/{plan.id}/change", f"/plans/visits/{visit.id}/move"):
            assert visitor.client.get(address).status_code == 404
        assert house.person.name not in visitor.page("/plans/week?all=1")


def test_a_call_takes_from_the_plan_once(house: House) -> None:
    plan = house.plan(kind=PlanKind.ON_CALL, rule=None, units_total=Decimal(2))
    officer = house.visitor(house.officer)
    officer.in_both(f"/plans/{plan.id}")
    officer.in_both(f"/plans/{plan.id}/call")
    call = {"on": f"{clock.today()}", "units": "1", "promise": "想理发", "entry_key": "one"}
    officer.send(f"/plans/{plan.id}/call", **call)
    officer.send(f"/plans/{plan.id}/call", **call)
    assert len(house.open_ones()) == 1
    officer.send(f"/plans/{plan.id}/call", 422, **call | {"entry_key": "two", "units": "2"})


def test_a_round_is_signed_once_and_a_meal_not_taken_counts_nothing(house: House) -> None:
    plan = house.plan(kind=PlanKind.MEALS, minutes=15)
    officer = house.visitor(house.officer)
    officer.in_both("/plans/rounds")
    house.session.commit()
    delivery = DeliveryRound(
        organization_id=house.referral.organization_id, area_code=house.referral.area_code, name="一线"
    )
    house.session.add(delivery)
    house.session.flush()
    put_in_order(house.session, delivery, [plan.id])
    house.session.commit()
    officer.in_both("/plans/rounds")
    officer.in_both(f"/plans/rounds/{delivery.id}/stops")
    officer.send(f"/plans/rounds/{delivery.id}/stops", **{"name": "午餐一线", f"stop-{plan.id}": "1", "active": "y"})
    days = [clock.today() - timedelta(days=1), clock.today()]
    for day, result in zip(days, ("met_person", "nobody_home"), strict=True):
        address = f"/plans/rounds/{delivery.id}?day={day}"
        officer.in_both(address)
        meal = next(one for one in house.open_ones() if one.due_on == day)
        officer.send(address, 422)
        officer.send(address, **{f"result-{meal.id}": result})
        officer.send(address, 409)
        officer.in_both(address)
    house.session.expire_all()
    entries = house.session.scalars(sa.select(Visit).order_by(Visit.started_at)).all()
    assert [(one.kind, one.contact_result, one.units) for one in entries] == [
        (VisitKind.DELIVERY, ContactResult.MET_PERSON, Decimal(1)),
        (VisitKind.DELIVERY, ContactResult.NOBODY_HOME, Decimal(0)),
    ]
    signed = house.session.scalars(sa.select(RoundSignOff).order_by(RoundSignOff.day)).all()
    assert [(one.taken, one.not_taken) for one in signed] == [(1, 0), (0, 1)]
    states = house.session.scalars(sa.select(PlannedVisit.status).where(PlannedVisit.visit_id.is_not(None)))
    assert sorted(states) == [PlannedStatus.DONE, PlannedStatus.MISSED]


def test_a_calendar_holds_no_name_and_ends_when_it_is_taken_back(house: House) -> None:
    house.plan(worker_id=house.officer.id, at_time=clock.now().astimezone(clock.SHANGHAI).time().replace(
        hour=9, minute=30, second=0, microsecond=0), note="王奶奶家后门")  # fmt: skip
    officer = house.visitor(house.officer)
    officer.in_both("/plans/calendar")
    page = officer.client.post("/plans/calendar").get_data(as_text=True)
    secret = page.split("/calendar/")[1].split(".ics")[0]
    stranger = house.app.test_client()
    answer = stranger.get(f"/calendar/{secret}.ics")
    assert answer.status_code == 200
    assert answer.mimetype == "text/calendar"
    text = answer.get_data(as_text=True)
    forbidden = (house.person.name, house.person.number, house.referral.number, "王奶奶", str(house.person.id))
    assert not [word for word in forbidden if word in text]
    assert secret not in str(house.session.execute(sa.text("SELECT * FROM calendar_feed")).all())
    house.session.commit()
    found = icalendar.Calendar.from_ical(text)
    events = found.walk("VEVENT")
    assert len(events) == len([one for one in house.open_ones() if one.due_on <= clock.today() + timedelta(days=42)])
    assert {str(event["SUMMARY"]) for event in events} == {"上门"}
    begins = events[0].decoded("DTSTART")
    assert (begins.hour, begins.utcoffset()) == (9, timedelta(hours=8))
    again = stranger.get(f"/calendar/{secret}.ics", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert stranger.get("/calendar/wrong.ics").status_code == 404
    officer.client.post("/plans/calendar", data={"revoke": "1"})
    assert stranger.get(f"/calendar/{secret}.ics").status_code == 404


def test_a_provider_reads_no_more_than_the_person_agreed_to(house: House) -> None:
    plan = house.plan(note="有心脏病")
    for consent in house.session.scalars(sa.select(Consent)):
        for kind in DataKind:
            setattr(consent, kind.value, False)
        consent.contact = True
    officer = house.visitor(house.officer)
    for address in (f"/plans/{plan.id}", "/plans/week", f"/plans/{plan.id}/change"):
        page = officer.in_both(address)
        assert house.person.name not in page
        assert "有心脏病" not in page


@pytest.mark.parametrize(("address", "most"), [("/plans/week?all=1", 12), ("/plans/{key}", 14), ("/plans/rounds", 9)])
def test_pages_ask_few_questions_however_many_visits_there_are(house: House, address: str, most: int) -> None:
    plan = house.plan()
    officer = house.visitor(house.officer)
    address = address.format(key=plan.id)
    officer.client.get(address)
    with house.app.app_context(), counted() as statements:
        assert officer.client.get(address).status_code == 200
    assert len(statements) <= most, "\n".join(statements)
    assert planned.units_left(house.session, plan) is None
