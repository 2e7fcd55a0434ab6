"""Entries, calls and signatures at the same moment, on both databases: nothing is done or taken twice."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import (
    Account,
    ContactResult,
    DeliveryRound,
    FreeDays,
    Organization,
    Person,
    PlanKind,
    PlannedStatus,
    PlannedVisit,
    Referral,
    Role,
    RoundSignOff,
    ServicePlan,
    TaxonomyTerm,
    Visit,
    VisitKind,
)
from models.errors import DomainError
from referral.access import as_installation
from referral.actions import meals, plan_days, planned, plans, referrals
from referral.actions.visits import log_visit
from referral.clock import local_date
from referral.extensions import db
from referral.transactions import transaction
from tests.conftest import MakeApp
from tests.factories import AT, make_account, make_capacity, make_need, refer
from tests.referral.test_applying_races import race, roomy

RUNNERS = 8


def prepared(app: Flask, **values: Any) -> dict[str, Any]:
    """A referral under way with a plan; the keys of both and of who goes."""
    with app.app_context(), Session(db.engine) as session, transaction(session):
        as_installation(session, because="a test")
        referral = refer(session, make_need(session), make_capacity(session, places=9))
        by = make_account(session, Role.PROVIDER_OFFICER, organization_id=referral.organization_id)
        referrals.accept(session, referral, by=by, at=AT)
        referrals.start(session, referral, by=by, at=AT)
        usual: dict[str, Any] = {
            "kind": PlanKind.RECURRING, "rule": "FREQ=DAILY;INTERVAL=7", "free_days": FreeDays.KEEP,
            "starts_on": local_date(AT), "minutes": 60, "units": Decimal(1),
        }  # fmt: skip
        plan = plans.make(session, referral, plans.PlanTerms(**usual | values), by=by, at=AT)
        return {"referral": referral.id, "plan": plan.id, "by": by.id}


def test_many_entries_do_one_planned_visit_once(make_app: MakeApp, database_url: str) -> None:
    app = roomy(make_app, database_url)
    keys = prepared(app)

    def enter(session: Session, number: int) -> object:
        with transaction(session):
            as_installation(session, because="a test")
            referral, plan = session.get_one(Referral, keys["referral"]), session.get_one(ServicePlan, keys["plan"])
            visit = log_visit(
                session, person=session.get_one(Person, plan.person_id), referral=referral,
                term=session.get_one(TaxonomyTerm, plan.term_id), by=session.get_one(Account, keys["by"]),
                organization=session.get_one(Organization, plan.organization_id), kind=VisitKind.HOME_VISIT,
                contact_result=ContactResult.MET_PERSON, started_at=AT + timedelta(minutes=number), minutes=10,
                units=Decimal(1), entry_key=f"runner-{number}",
            )  # fmt: skip
            return visit.id

    entries = race(app, RUNNERS, enter)
    with app.app_context(), Session(db.engine) as session:
        as_installation(session, because="a test")
        assert session.scalar(sa.select(sa.func.count(Visit.id))) == RUNNERS
        done = session.scalars(sa.select(PlannedVisit).where(PlannedVisit.status == PlannedStatus.DONE)).all()
        assert len(done) == 1
        assert done[0].visit_id in entries
        assert done[0].due_on == local_date(AT)


def test_calls_at_once_never_take_more_than_the_plan_holds(make_app: MakeApp, database_url: str) -> None:
    app = roomy(make_app, database_url)
    keys = prepared(app, kind=PlanKind.ON_CALL, rule=None, units_total=Decimal(3))

    def call(session: Session, _number: int) -> object:
        with transaction(session):
            as_installation(session, because="a test")
            by, plan = session.get_one(Account, keys["by"]), session.get_one(ServicePlan, keys["plan"])
            return planned.call(session, plan, on=local_date(AT), by=by, at=AT).id

    answers = race(app, RUNNERS, call)
    assert sum(isinstance(answer, planned.NoUnitsLeft) for answer in answers) == RUNNERS - 3
    with app.app_context(), Session(db.engine) as session:
        as_installation(session, because="a test")
        assert planned.units_left(session, session.get_one(ServicePlan, keys["plan"])) == 0


def test_a_day_is_signed_by_one_of_many(make_app: MakeApp, database_url: str) -> None:
    app = roomy(make_app, database_url)
    keys = prepared(app, kind=PlanKind.MEALS, rule="FREQ=DAILY")
    with app.app_context(), Session(db.engine) as session, transaction(session):
        as_installation(session, because="a test")
        plan = session.get_one(ServicePlan, keys["plan"])
        delivery = DeliveryRound(organization_id=plan.organization_id, area_code=plan.area_code, name="一线")
        session.add(delivery)
        session.flush()
        meals.put_in_order(session, delivery, [plan.id])
        key, (_stop, meal), *_none = delivery.id, *meals.meals_of(session, delivery.id, local_date(AT))
        meal_id = meal.id

    def sign(session: Session, _number: int) -> object:
        with transaction(session):
            as_installation(session, because="a test")
            return meals.sign_off(
                session, session.get_one(DeliveryRound, key), day=local_date(AT), at=AT,
                by=session.get_one(Account, keys["by"]), results={meal_id: ContactResult.MET_PERSON},
            )  # fmt: skip

    answers = race(app, RUNNERS, sign)
    assert answers.count(meals.Signed(1, 0)) == 1
    assert sum(isinstance(answer, DomainError) for answer in answers) == RUNNERS - 1
    with app.app_context(), Session(db.engine) as session:
        as_installation(session, because="a test")
        assert session.scalar(sa.select(sa.func.count(RoundSignOff.id))) == 1
        assert session.scalar(sa.select(sa.func.count(Visit.id))) == 1


def test_two_nights_at_once_make_each_visit_once(make_app: MakeApp, database_url: str) -> None:
    app = roomy(make_app, database_url)
    keys = prepared(app, rule="FREQ=DAILY")
    later = AT + timedelta(days=20)

    def night(session: Session, _number: int) -> object:
        as_installation(session, because="a test")
        try:
            return plan_days.make_ahead(session, later)["made"]
        except sa.exc.IntegrityError:
            return 0

    race(app, 3, night)
    with app.app_context(), Session(db.engine) as session:
        as_installation(session, because="a test")
        days = session.scalars(
            sa.select(PlannedVisit.due_on).where(
                PlannedVisit.plan_id == keys["plan"], PlannedVisit.status == PlannedStatus.PLANNED
            )
        ).all()
        assert len(days) == len(set(days)) == 43 + 20
