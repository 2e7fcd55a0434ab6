"""Several at once draw on one fund and on one provider's hours: never beyond what there is, and nothing left lying."""

import uuid
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from models import Capacity, CapacityKind, Fund, Need
from models.errors import FundShort, NoPlaceLeft
from referral.extensions import db
from referral.transactions import transaction
from tests.conftest import MakeApp
from tests.factories import AT, agree, make_capacity, make_fund, make_need, make_term, refer
from tests.referral.test_applying_races import AT_ONCE, race, roomy, say


def two_offers(app: Flask) -> tuple[uuid.UUID, list[uuid.UUID], list[uuid.UUID]]:
    """A fund of 1,000 yuan, two offers that draw on it, and 32 needs of 300 yuan."""
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session, transaction(session):
        term, fund = make_term(session), make_fund(session, amount=1000)
        offers = [make_capacity(session, term=term, places=AT_ONCE, fund_id=fund.id) for _ in range(2)]
        needs = [make_need(session, term=term, estimated_value=Decimal(300)) for _ in range(AT_ONCE)]
        for number, need in enumerate(needs):
            agree(session, need, offers[number % 2])
        return fund.id, [offer.id for offer in offers], [need.id for need in needs]


@pytest.mark.slow
def test_of_32_at_once_three_get_300_of_1000_yuan(make_app: MakeApp, database_url: str) -> None:
    app = roomy(make_app, database_url)
    fund_id, offers, needs = two_offers(app)

    def send(session: Session, number: int) -> bool:
        with transaction(session):
            need, offer = session.get_one(Need, needs[number]), session.get_one(Capacity, offers[number % 2])
            refer(session, need, offer, by=None, at=AT, consent=False)
        return True

    found = race(app, AT_ONCE, send)
    won, lost = found.count(True), sum(isinstance(one, FundShort) for one in found)
    say(f"won {won}, fund too short for {lost}, of {AT_ONCE}")
    assert (won, lost) == (3, AT_ONCE - 3)
    with app.app_context(), Session(db.engine) as session:
        fund = session.get_one(Fund, fund_id)
        assert (fund.promised, fund.spent) == (900, 0)
        assert sum(session.get_one(Capacity, key).reserved for key in offers) == 3


@pytest.mark.slow
def test_of_32_at_once_four_get_five_of_23_hours(make_app: MakeApp, database_url: str) -> None:
    app = roomy(make_app, database_url)
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session, transaction(session):
        term = make_term(session)
        capacity = make_capacity(session, term=term, places=23, kind=CapacityKind.HOURS)
        needs = [make_need(session, term=term, quantity=Decimal(5), frequency="month") for _ in range(AT_ONCE)]
        for need in needs:
            agree(session, need, capacity)
        keys, offer = [need.id for need in needs], capacity.id

    def send(session: Session, number: int) -> bool:
        with transaction(session):
            refer(session, session.get_one(Need, keys[number]), session.get_one(Capacity, offer), at=AT, consent=False)
        return True

    found = race(app, AT_ONCE, send)
    won, lost = found.count(True), sum(isinstance(one, NoPlaceLeft) for one in found)
    say(f"won {won}, no hours left for {lost}, of {AT_ONCE}")
    assert (won, lost) == (4, AT_ONCE - 4)
    with app.app_context(), Session(db.engine) as session:
        assert session.get_one(Capacity, offer).reserved == 20
