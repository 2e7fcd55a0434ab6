"""Parts taken at once, and hours given back while others wait for them, on both databases."""

from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from models import Account, Capacity, CapacityKind, Need, Referral
from models.errors import DomainError
from referral.access import as_installation
from referral.actions import answering, referrals
from referral.extensions import db
from referral.transactions import transaction
from tests.conftest import MakeApp
from tests.factories import AT, agree, make_capacity, make_need, refer
from tests.referral.test_applying_races import race, roomy
from tests.referral.test_in_part import officer_of, part

RUNNERS = 8


def test_of_answers_at_once_one_counts_and_leaves_one_rest(make_app: MakeApp, database_url: str) -> None:
    app = roomy(make_app, database_url)
    with app.app_context(), Session(db.engine) as session, transaction(session):
        as_installation(session, because="a test")
        capacity = make_capacity(session, places=100, kind=CapacityKind.HOURS)
        referral = refer(session, make_need(session, quantity=Decimal(20)), capacity)
        keys = referral.id, officer_of(session, referral).id, capacity.id

    def answer(session: Session, number: int) -> object:
        try:
            with transaction(session):
                as_installation(session, because="a test")
                put = session.get_one(Referral, keys[0])
                by = session.get_one(Account, keys[1])
                answering.answer_in_part(session, put, part(str(number + 1)), by=by, at=AT)
                return number + 1
        except StaleDataError as error:
            return error

    taken = [one for one in race(app, RUNNERS, answer) if isinstance(one, int)]
    assert len(taken) == 1
    with app.app_context(), Session(db.engine) as session:
        as_installation(session, because="a test")
        assert sorted(session.scalars(sa.select(Need.quantity))) == sorted([Decimal(taken[0]), Decimal(20 - taken[0])])
        assert session.get_one(Capacity, keys[2]).reserved == taken[0]


def test_hours_given_back_go_to_one_who_waits_for_them(make_app: MakeApp, database_url: str) -> None:
    """While a part is taken, others ask for the hours that were held: never more are held than there are."""
    app = roomy(make_app, database_url)
    with app.app_context(), Session(db.engine) as session, transaction(session):
        as_installation(session, because="a test")
        capacity = make_capacity(session, places=20, kind=CapacityKind.HOURS)
        referral = refer(session, make_need(session, quantity=Decimal(20)), capacity)
        waiting = [make_need(session, quantity=Decimal(5)) for _ in range(RUNNERS - 1)]
        for need in waiting:
            agree(session, need, capacity)
        keys = referral.id, officer_of(session, referral).id, capacity.id, [need.id for need in waiting]

    def work(session: Session, number: int) -> object:
        try:
            with transaction(session):
                as_installation(session, because="a test")
                if number == 0:
                    put, by = session.get_one(Referral, keys[0]), session.get_one(Account, keys[1])
                    answering.answer_in_part(session, put, part("9"), by=by, at=AT)
                    return "part"
                need = session.get_one(Need, keys[3][number - 1])
                referrals.request(session, need, session.get_one(Capacity, keys[2]), by=None, at=AT)
                return "held"
        except (DomainError, StaleDataError) as error:
            return error

    got = race(app, RUNNERS, work)
    assert "part" in got
    with app.app_context(), Session(db.engine) as session:
        as_installation(session, because="a test")
        capacity = session.get_one(Capacity, keys[2])
        assert capacity.reserved == 9 + 5 * got.count("held")
        assert capacity.reserved <= capacity.places
