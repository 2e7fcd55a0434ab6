"""Several approve, and several settle, at once: nothing is approved twice, no quota passed, no month settled twice."""

import uuid
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Contract, ContractLine, HoursDecision, Settlement
from referral.access import as_installation
from referral.actions import hours, settling
from referral.extensions import db
from referral.transactions import transaction
from tests.conftest import MakeApp
from tests.paying import OCTOBER_5, SEPTEMBER, apart, bought
from tests.referral.test_applying_races import race, roomy

AT_ONCE = 8


@pytest.mark.slow
def test_eight_approve_the_same_visits_at_once_and_no_quota_is_passed(make_app: MakeApp, database_url: str) -> None:
    app = roomy(make_app, database_url)
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session, transaction(session):
        as_installation(session, because="a test")
        to = bought(session, units=9)
        keys = [visit.id for visit in apart(session, to, 12)]
        by, line = to.supervisor.id, to.line.id

    def approve(session: Session, number: int) -> int:
        as_installation(session, because="a test")
        with transaction(session):
            chosen = keys[number:] + keys[:number]
            return len(hours.approve(session, chosen, by=session.get_one(Account, by), at=OCTOBER_5).approved)

    found = race(app, AT_ONCE, approve)
    assert sum(one for one in found if isinstance(one, int)) == len(keys), found
    with app.app_context(), Session(db.engine) as session:
        as_installation(session, because="a test")
        assert session.scalar(sa.select(sa.func.count()).select_from(HoursDecision)) == len(keys)
        drawn = session.get_one(ContractLine, line)
        assert (drawn.units_drawn, drawn.households_drawn) == (8, 4)
        beyond = sa.select(sa.func.count()).where(HoursDecision.beyond_quota.is_(sa.true()))
        assert session.scalar(beyond) == len(keys) - 4


@pytest.mark.slow
def test_of_eight_who_settle_a_month_at_once_one_does(make_app: MakeApp, database_url: str) -> None:
    app = roomy(make_app, database_url)
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session, transaction(session):
        as_installation(session, because="a test")
        to = bought(session)
        hours.approve(session, [visit.id for visit in apart(session, to, 3)], by=to.supervisor, at=OCTOBER_5)
        by, contract = to.coordinator.id, to.contract.id

    def settle(session: Session, _number: int) -> uuid.UUID:
        as_installation(session, because="a test")
        with transaction(session):
            of = session.get_one(Contract, contract)
            return settling.make_out(session, of, SEPTEMBER, by=session.get_one(Account, by), at=OCTOBER_5).id

    found = race(app, AT_ONCE, settle)
    assert sum(isinstance(one, uuid.UUID) for one in found) == 1
    assert sum(isinstance(one, settling.MonthSettled) for one in found) == AT_ONCE - 1, found
    with app.app_context(), Session(db.engine) as session:
        [sheet] = session.scalars(sa.select(Settlement)).all()
        assert (sheet.month, sheet.payable) == (date(2026, 9, 1), 180)
