"""Stating places, the switch "full this month", the next period, clients and contracts."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from python_calamine import CalamineWorkbook

from models import (
    Account,
    Capacity,
    CapacityKind,
    ContactResult,
    Need,
    Organization,
    Program,
    Referral,
    Role,
    Service,
    ServiceAtLocation,
    VisitKind,
)
from referral import clock
from referral.actions import capacity as actions
from referral.actions import referrals, visits
from referral.queries import clients
from tests.factories import (
    AT,
    make_account,
    make_capacity,
    make_case,
    make_need,
    make_organization,
    make_person,
    refer,
)
from tests.queries import counted
from tests.visits import Visitor, outside


@dataclass
class Place:
    """A charity with one service of three places, one of them held."""

    visitor: Visitor
    officer: Account
    capacity: Capacity
    referral: Referral
    need: Need

    def now(self) -> Capacity:
        return self.visitor.read(sa.select(Capacity).where(Capacity.id == self.capacity.id))  # type: ignore[no-any-return]

    @property
    def form(self) -> str:
        return f"/our-services/places/{self.capacity.id}"


@pytest.fixture
def place(app: Flask) -> Iterator[Place]:
    with outside(app) as session:
        now = clock.now()
        organization = make_organization(session)
        officer = make_account(session, Role.PROVIDER_OFFICER, organization_id=organization.id)
        capacity = make_capacity(session, organization=organization, places=3, at=now)
        person = make_person(session, at=now, name="李大爷")
        need = make_need(session, case=make_case(session, person=person, at=now), at=now)
        referral = refer(session, need, capacity, by=None, at=now)
        referrals.accept(session, referral, by=officer, at=now)
        yield Place(Visitor(app, session, officer.login), officer, capacity, referral, need)


def test_places_below_what_is_given_away_are_refused_with_the_number_that_is_possible(place: Place) -> None:
    place.visitor.send("/our-services/confirm")
    answer = place.visitor.send(place.form, 422, places="0", seen="")
    assert "请至少填写 1" in answer
    assert place.now().places == 3


def test_places_are_stated_and_confirmed_at_once(place: Place) -> None:
    place.visitor.in_both(place.form)
    place.visitor.send(place.form, places="5", units_per_place="22", seen="")
    assert (place.now().places, place.now().units_per_place) == (5, Decimal(22))
    entry = place.visitor.read(sa.select(ServiceAtLocation))
    assert entry.confirmed_at is not None


def test_a_place_taken_meanwhile_does_not_stop_the_statement(place: Place) -> None:
    """Every place that is taken raises the version; only another statement counts as a change."""
    session = place.visitor.session
    need = make_need(session, at=clock.now())
    refer(session, need, place.capacity, by=None, at=clock.now())
    session.commit()
    place.visitor.send(place.form, places="2", seen="")
    assert place.now().left == 0


def test_a_statement_made_meanwhile_is_not_overwritten(place: Place) -> None:
    place.visitor.send(place.form, places="5", seen="")
    answer = place.visitor.send(place.form, 409, places="9", seen="")
    assert "9" in answer
    assert place.now().places == 5


def test_places_of_others_are_not_there(app: Flask, place: Place) -> None:
    session = place.visitor.session
    stranger = Visitor(app, session, make_account(session, Role.PROVIDER_OFFICER).login)
    entry = place.capacity.service_at_location_id
    for address in (place.form, f"/our-services/{entry}/period"):
        assert stranger.client.get(address).status_code == 404
    assert stranger.client.post(f"/our-services/{entry}/accepting", data={"accepting": "no"}).status_code == 404


def test_full_this_month_and_back(place: Place) -> None:
    address = f"/our-services/{place.capacity.service_at_location_id}/accepting"
    accepting = sa.select(ServiceAtLocation.accepting)
    place.visitor.send(address, accepting="no")
    assert place.visitor.read(accepting) is False
    assert "本月已满" in place.visitor.in_both("/our-services")
    place.visitor.send(address, accepting="yes")
    assert place.visitor.read(accepting) is True


def test_confirming_takes_the_warning_away(place: Place) -> None:
    long_ago = clock.now() - timedelta(days=91)
    place.visitor.session.execute(sa.update(ServiceAtLocation).values(confirmed_at=long_ago))
    place.visitor.session.commit()
    assert "请确认" in place.visitor.page("/our-services")
    place.visitor.send("/our-services/confirm")
    assert "请确认" not in place.visitor.page("/our-services")
    assert place.visitor.read(sa.select(Service.assured_on)) == clock.today()


def period(place: Place, **changed: Any) -> dict[str, Any]:
    first = place.capacity.ends_on + timedelta(days=1)
    return {
        "kind": "concurrent",
        "starts_on": first.isoformat(),
        "ends_on": (first + timedelta(days=30)).isoformat(),
        "places": "4",
    } | changed


def test_the_next_period_needs_places_for_those_who_are_being_helped(place: Place) -> None:
    address = f"/our-services/{place.capacity.service_at_location_id}/period"
    assert "现有 1 人正在接受服务" in place.visitor.in_both(address)
    place.visitor.send(address, 422, **period(place, places="0"))
    place.visitor.send(address, 422, **period(place, starts_on=place.capacity.ends_on.isoformat()))
    place.visitor.send(address, 422, **period(place, ends_on=place.capacity.ends_on.isoformat()))
    place.visitor.send(address, **period(place))
    assert place.visitor.read(sa.select(sa.func.count(Capacity.id))) == 2
    assert "下一周期" in place.visitor.in_both("/our-services")


def test_a_new_period_after_a_gap_takes_over_who_is_being_helped_at_once(place: Place) -> None:
    session, today = place.visitor.session, clock.today()
    place.capacity.starts_on, place.capacity.ends_on = today - timedelta(days=60), today - timedelta(days=2)
    session.flush()
    entry = session.get_one(ServiceAtLocation, place.capacity.service_at_location_id)
    new = actions.open_period(
        session, entry, kind=CapacityKind.CONCURRENT, starts_on=today, ends_on=today + timedelta(days=9), unit="次",
        places=1, units_per_place=None, by=place.officer, at=clock.now(),
    )  # fmt: skip
    assert (new.reserved, new.left, place.capacity.reserved) == (1, 0, 0)
    session.commit()


@pytest.mark.parametrize(
    ("frequency", "begin", "end", "units"),
    [
        ("month", date(2026, 8, 1), None, "4"),
        ("month", date(2026, 9, 16), None, "2"),
        ("month", date(2026, 9, 1), date(2026, 9, 15), "2"),
        ("week", date(2026, 8, 1), None, "17.25"),  # 30 days are 4.2857 weeks of 4, to the quarter
        ("once", date(2026, 9, 3), None, "4"),
        ("once", date(2026, 8, 3), None, "0"),
        ("month", date(2026, 10, 1), None, "0"),
    ],
)
def test_planned_units_go_by_the_days_of_help_in_the_month(
    frequency: str, begin: date, end: date | None, units: str
) -> None:
    def noon(day: date) -> datetime:
        return clock.start_of(day) + timedelta(hours=12)

    planned = clients.planned(
        Decimal(4), frequency, clients.Month(2026, 9), begin=noon(begin), end=noon(end) if end else None
    )
    assert planned == Decimal(units)


def log(place: Place, at: datetime, units: int = 2) -> None:
    session = place.visitor.session
    loaded = (sa.orm.joinedload(Need.person), sa.orm.joinedload(Need.term))
    need = session.get_one(Need, place.need.id, options=loaded, populate_existing=True)
    organization = session.get_one(Organization, place.officer.organization_id)
    visits.log_visit(
        session,
        person=need.person,
        term=need.term,
        organization=organization,
        by=place.officer,
        kind=VisitKind.HOME_VISIT,
        contact_result=ContactResult.MET_PERSON,
        started_at=at,
        minutes=60,
        units=Decimal(units),
        referral=place.referral,
    )
    session.commit()


def test_clients_show_what_was_given_this_month_and_not_before(place: Place) -> None:
    log(place, clock.now())
    log(place, clock.now() - timedelta(days=70), units=7)
    shown = place.visitor.in_both("/clients")
    assert "李大爷" in shown
    assert "2 次" in shown
    assert "7 次" not in shown
    assert "李大爷" not in place.visitor.in_both("/clients?month=2020-01")


def test_the_export_holds_what_the_page_shows(place: Place) -> None:
    log(place, clock.now())
    answer = place.visitor.client.get("/clients.xlsx?purpose=settlement")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert sheet[1][:2] == [place.referral.number, "李大爷"]
    assert sheet[1][7] == 2


def test_what_is_left_of_a_contract_counts_households_once(place: Place) -> None:
    session = place.visitor.session
    program = Program(
        organization_id=place.officer.organization_id, name="居家服务50户", quota_households=50,
        starts_on=clock.today() - timedelta(days=10), ends_on=clock.today() + timedelta(days=10),
    )  # fmt: skip
    session.add(program)
    session.flush()
    session.execute(sa.update(Service).values(program_id=program.id))
    session.commit()
    for days in (1, 2, 40):
        log(place, clock.now() - timedelta(days=days))
    (quota,) = clients.quotas(session, place.officer, clock.today())
    session.commit()
    assert (quota.used, quota.whole, quota.left) == (1, 50, 49)
    assert "居家服务50户" in place.visitor.in_both("/clients")


def test_pages_of_places_ask_a_stated_number_of_questions(app: Flask, place: Place) -> None:
    for address, most in [("/our-services", 5), (place.form, 4), ("/clients", 9)]:
        with app.app_context(), counted() as sent:
            assert place.visitor.client.get(address).status_code == 200
        assert len(sent) <= most, "\n".join(sent)


def test_two_who_state_at_once_do_not_lose_a_place_taken_between(place: Place) -> None:
    session = place.visitor.session
    with pytest.raises(actions.TooFewPlaces) as caught:
        actions.state_places(
            session, place.capacity, places=0, units_per_place=None, seen=None, by=place.officer, at=AT
        )
    assert caught.value.least == 1
    session.rollback()
