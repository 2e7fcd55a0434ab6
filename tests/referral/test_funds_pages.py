"""Pages of funds, and what a round says of money and hours."""

import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models import Capacity, CapacityKind, Fund, Organization, Role
from models.need import YUAN
from referral import clock
from referral.actions import rounds
from referral.extensions import db
from referral.transactions import transaction
from tests.factories import (
    COUNTY,
    make_account,
    make_capacity,
    make_fund,
    make_need,
    make_organization,
    make_term,
    refer,
)
from tests.pages import check_page
from tests.queries import counted, sign_in

LANGUAGES = ("zh", "en")


@pytest.fixture
def county(app: Flask) -> Iterator[Session]:
    with app.app_context():
        engine = db.engine
    with Session(engine, expire_on_commit=False) as session:
        with transaction(session):
            at = clock.now()
            organization = make_organization(session, name="慈善总会")
            fund = make_fund(session, amount=1000, at=at, organization_id=organization.id, name="临时救助金")
            cash = make_term(session, "M01", unit=YUAN, name_zh="现金", name_en="Cash")
            offer = make_capacity(session, term=cash, organization=organization, places=9, at=at, fund_id=fund.id)
            for value in (500, 400, 300, 200):
                make_need(session, term=cash, quantity=Decimal(value), frequency="once", at=at)
            care = make_term(session, "D01", unit="小时", name_zh="喘息", name_en="Respite")
            make_capacity(session, term=care, places=20, at=at, kind=CapacityKind.HOURS)
            for hours in (12, 9, 8):
                make_need(session, term=care, quantity=Decimal(hours), frequency="month", at=at)
            spent = make_need(session, term=cash, quantity=Decimal(100), frequency="once", at=at)
            refer(session, spent, offer, at=at)
            make_account(session, login="coordinator")
            make_account(session, Role.STATION_WORKER, login="worker")
        yield session


@pytest.fixture
def coordinator(client: FlaskClient, county: Session) -> FlaskClient:
    return sign_in(client, "coordinator")


def one(session: Session, record: Any) -> Any:
    with transaction(session):
        return session.scalars(sa.select(record)).first()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_stand_and_tell_what_is_left(
    app: Flask, coordinator: FlaskClient, county: Session, language: str
) -> None:
    fund, organization = one(county, Fund), one(county, Organization)
    for address in (
        "/coordination/funds",
        f"/coordination/funds/{fund.id}",
        f"/coordination/funds/{fund.id}/edit",
        f"/organizations/{organization.id}/funds/new",
    ):
        with app.app_context(), counted() as sent:
            answer = coordinator.get(address, headers={"Accept-Language": language})
        check_page(answer, language)
        assert len(sent) <= 12, "\n".join(sent)
        text = answer.get_data(as_text=True)
        if "edit" not in address and "new" not in address:
            assert "900" in text
            assert "100" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_round_says_what_it_takes_of_funds_and_how_far_it_can_be_from_the_best(
    app: Flask, coordinator: FlaskClient, county: Session, language: str
) -> None:
    with transaction(county):
        made = rounds.run_round(county, area=COUNTY, at=clock.now())
    (budget,) = made.budgets
    assert (budget["left"], budget["proposed"], budget["wanted"]) == (900, 900, 1400)
    assert budget["people"][2] > 0
    hours = made.certificate["hours"]
    assert (hours["left"], sum(hours["served"])) == (20, 5)
    assert hours["given"] in {17, 20}
    answer = coordinator.get(f"/coordination/rounds/{made.id}", headers={"Accept-Language": language})
    check_page(answer, language)
    text = answer.get_data(as_text=True)
    for section in ('id="budgets"', 'id="hours"', "临时救助金"):
        assert section in text
    if language == "en":
        assert "more people of the urgency" in text
        assert "Proved: no other plan serves more people" in text


def test_a_fund_is_entered_given_an_offer_changed_and_never_below_what_is_promised(
    coordinator: FlaskClient, county: Session
) -> None:
    organization, offer = one(county, Organization), one(county, Capacity)
    address = f"/organizations/{organization.id}/funds/new"
    said = {"name": "新基金", "amount": "5000", "starts_on": "2026-01-01", "ends_on": "2027-12-31"}
    answer = coordinator.post(address, data={**said})
    assert answer.status_code == 302
    key = uuid.UUID(answer.headers["Location"].rsplit("/", 1)[1])
    page = f"/coordination/funds/{key}"
    free = next(row.id for row in _rows(county) if row.fund_id is None)
    sent = {"offer": str(free)}
    assert coordinator.post(f"{page}/offers", data=sent).status_code == 302
    assert {row.fund_id for row in _rows(county) if row.id == free} == {key}
    assert coordinator.post(f"/coordination/funds/offers/{free}/leave").status_code == 302
    assert {row.fund_id for row in _rows(county) if row.id == free} == {None}
    old = f"/coordination/funds/{offer.fund_id}/edit"
    sent = {**said, "amount": "99"}
    answer = coordinator.post(old, data=sent, headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    assert "promised or spent already" in answer.get_data(as_text=True)
    assert coordinator.post(old, data={**sent, "amount": "100"}).status_code == 302
    sent = {**sent, "ends_on": "2025-12-31"}
    assert coordinator.post(old, data=sent).status_code == 422


def _rows(session: Session) -> Any:
    with transaction(session):
        return session.execute(sa.select(Capacity.id, Capacity.fund_id)).all()


def test_funds_are_the_coordinators_alone(app: Flask, county: Session) -> None:
    worker = sign_in(app.test_client(), "worker")
    fund = one(county, Fund)
    for address in ("/coordination/funds", f"/coordination/funds/{fund.id}"):
        assert worker.get(address).status_code in {403, 404}
