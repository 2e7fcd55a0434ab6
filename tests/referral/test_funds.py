"""Hours and money that referrals hold: taken, used, given back, never beyond what there is."""

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Capacity,
    CapacityKind,
    DeclineReason,
    Fund,
    Need,
    OutcomeReason,
    ReferralOutcome,
    Reservation,
    Role,
    ServiceAtLocation,
)
from models.errors import AmountMissing, FundShort, NoPlaceLeft
from models.need import YUAN, whole_a_month
from referral.access.viewer import looking
from referral.actions import capacity as capacities
from referral.actions import referrals
from tests.factories import AT, make_account, make_capacity, make_fund, make_need, make_term, refer


class Desk:
    """An offer paid from a fund, a need for it, and somebody who takes the steps."""

    def __init__(self, session: Session, *, amount: int = 1000, **extra: Any) -> None:
        self.session = session
        self.term = make_term(session)
        self.fund = make_fund(session, amount=amount)
        self.capacity = make_capacity(session, term=self.term, places=5, fund_id=self.fund.id, **extra)
        self.by = make_account(session, Role.COORDINATOR)

    def need(self, value: int | None) -> Need:
        """A need of so many yuan."""
        return make_need(self.session, term=self.term, estimated_value=None if value is None else Decimal(value))

    def send(self, value: int | None) -> Any:
        """A referral of such a need."""
        return refer(self.session, self.need(value), self.capacity, by=self.by)

    @property
    def money(self) -> tuple[int, int]:
        """What is promised and spent."""
        self.session.expire(self.fund)
        return int(self.fund.promised), int(self.fund.spent)


def test_a_referral_holds_its_money_and_spends_it_when_help_begins(session_on_both: Session) -> None:
    desk = Desk(session_on_both)
    referral = desk.send(600)
    assert desk.money == (600, 0)
    assert session_on_both.scalars(sa.select(Reservation.amount)).one() == 600
    with pytest.raises(FundShort):
        desk.send(401)
    desk.send(400)
    assert desk.money == (1000, 0)
    referrals.accept(session_on_both, referral, by=desk.by, at=AT)
    referrals.start(session_on_both, referral, by=desk.by, at=AT)
    assert desk.money == (400, 600)
    referrals.complete(
        session_on_both,
        referral,
        by=desk.by,
        at=AT,
        outcome=ReferralOutcome.SERVED,
        units_delivered=Decimal(1),
        outcome_reason=OutcomeReason.AS_PLANNED,
    )
    assert desk.money == (400, 600)


@pytest.mark.parametrize("end", ["reject", "cancel", "fail", "not_served", "in_error"])
def test_money_goes_back_when_a_referral_ends_without_help(session_on_both: Session, end: str) -> None:
    desk, session = Desk(session_on_both), session_on_both
    referral = desk.send(600)
    step: dict[str, Any] = {"by": desk.by, "at": AT}
    if end == "reject":
        referrals.reject(session, referral, reason=DeclineReason.FULL, **step)
    elif end == "cancel":
        referrals.cancel(session, referral, reason=DeclineReason.OTHER, reason_text="nicht", **step)
    else:
        referrals.accept(session, referral, **step)
        referrals.start(session, referral, **step)
        assert desk.money == (0, 600)
        if end == "fail":
            referrals.fail(session, referral, reason=DeclineReason.OTHER, reason_text="nicht", **step)
        elif end == "in_error":
            referrals.enter_in_error(session, referral, note="irrtümlich", **step)
        else:
            referrals.complete(
                session,
                referral,
                outcome=ReferralOutcome.NOT_SERVED,
                units_delivered=Decimal(0),
                outcome_reason=OutcomeReason.NOT_REACHED,
                **step,
            )
    assert desk.money == (0, 0)
    assert session.scalars(sa.select(Capacity.reserved + Capacity.used)).one() == 0


def test_what_was_partly_given_stays_spent(session_on_both: Session) -> None:
    desk, session = Desk(session_on_both), session_on_both
    referral = desk.send(600)
    referrals.accept(session, referral, by=desk.by, at=AT)
    referrals.start(session, referral, by=desk.by, at=AT)
    referrals.fail(
        session, referral, by=desk.by, at=AT, reason=DeclineReason.OTHER, reason_text="teils",
        outcome=ReferralOutcome.PARTLY_SERVED, units_delivered=Decimal(1),
    )  # fmt: skip
    assert desk.money == (0, 600)


def test_a_provider_who_sees_no_prices_moves_the_money_all_the_same(session_on_both: Session) -> None:
    desk, session = Desk(session_on_both), session_on_both
    referral = desk.send(600)
    referrals.accept(session, referral, by=desk.by, at=AT)
    officer = make_account(session, Role.PROVIDER_OFFICER, organization_id=referral.organization_id)
    session.flush()
    with looking(session, officer, because="a provider's request"):
        referrals.start(session, referral, by=officer, at=AT)
    assert desk.money == (0, 600)


def test_without_a_value_and_outside_the_period_nothing_is_promised(session_on_both: Session) -> None:
    desk = Desk(session_on_both)
    with pytest.raises(AmountMissing):
        desk.send(None)
    desk.fund.ends_on = AT.date().replace(day=1)
    session_on_both.flush()
    with pytest.raises(FundShort):
        desk.send(10)
    assert desk.money == (0, 0)


def test_cash_takes_its_quantity(session_on_both: Session) -> None:
    desk = Desk(session_on_both)
    cash = make_term(session_on_both, "M01", unit=YUAN)
    need = make_need(session_on_both, term=cash, quantity=Decimal(350), frequency="once", estimated_value=Decimal(9))
    refer(session_on_both, need, desk.capacity, by=desk.by)
    assert desk.money == (350, 0)


def test_hours_are_taken_in_one_piece_and_free_again_at_the_end(session_on_both: Session) -> None:
    session, by = session_on_both, make_account(session_on_both)
    term = make_term(session)
    capacity = make_capacity(session, term=term, places=20, kind=CapacityKind.HOURS)
    weekly = make_need(session, term=term, quantity=Decimal(3), frequency="week")
    assert weekly.hours_a_month == 13
    first = refer(session, weekly, capacity, by=by)
    assert (capacity.reserved, capacity.left) == (13, 7)
    with pytest.raises(NoPlaceLeft):
        refer(session, make_need(session, term=term, quantity=Decimal(8), frequency="month"), capacity, by=by)
    refer(session, make_need(session, term=term, quantity=Decimal(7), frequency="month"), capacity, by=by)
    assert capacity.left == 0
    referrals.accept(session, first, by=by, at=AT)
    referrals.start(session, first, by=by, at=AT)
    assert (capacity.reserved, capacity.used) == (7, 13)
    there = session.get_one(ServiceAtLocation, capacity.service_at_location_id)
    assert capacities.going_on(session, there, CapacityKind.HOURS) == 20
    referrals.complete(
        session,
        first,
        by=by,
        at=AT,
        outcome=ReferralOutcome.SERVED,
        units_delivered=Decimal(1),
        outcome_reason=OutcomeReason.AS_PLANNED,
    )
    assert (capacity.reserved, capacity.used) == (7, 0)


def test_hours_round_up_as_the_round_counts_them() -> None:
    assert [whole_a_month(given, "week") for given in (100, 150, 300)] == [5, 7, 13]
    assert [whole_a_month(given, "month") for given in (50, 100, 101)] == [1, 1, 2]


def test_no_statement_can_overdraw_a_fund(session_on_both: Session) -> None:
    fund = make_fund(session_on_both, amount=100)
    with pytest.raises(sa.exc.IntegrityError):
        session_on_both.execute(
            sa.update(Fund).where(Fund.id == fund.id).values(promised=Decimal(60), spent=Decimal(41)),
            execution_options={"synchronize_session": False},
        )
