"""A family's cash, parcel and service needs are matched in one round and stand in one plan."""

from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Capacity, Decision, Fund, Need, NeedStatus, Proposal, Role, Round
from models.need import YUAN
from referral.actions import applying, deciding, rounds
from referral.queries import households
from tests.factories import (
    AT,
    COUNTY,
    agree,
    make_account,
    make_capacity,
    make_case,
    make_fund,
    make_need,
    make_term,
)


def a_family(session: Session, *, left: int = 1000) -> tuple[dict[str, Need], Fund, Capacity]:
    """A case with three needs, offers for each, and a fund behind cash and parcels."""
    cash, parcel, service = (
        make_term(session, "M01", unit=YUAN),
        make_term(session, "M03", unit="份"),
        make_term(session),
    )
    fund = make_fund(session, amount=left)
    offers = [make_capacity(session, term=term, places=9, fund_id=fund.id) for term in (cash, parcel)]
    offers.append(make_capacity(session, term=service, places=9))
    case = make_case(session)
    needs = {
        "cash": make_need(session, case=case, term=cash, quantity=Decimal(600), frequency="once"),
        "parcel": make_need(session, case=case, term=parcel, frequency="once", estimated_value=Decimal("199.50")),
        "service": make_need(session, case=case, term=service, estimated_value=Decimal(240)),
    }
    for need, offer in zip(needs.values(), offers, strict=True):
        agree(session, need, offer)
    return needs, fund, offers[2]


def test_one_round_makes_one_plan_of_cash_parcel_and_service(session_on_both: Session) -> None:
    session = session_on_both
    needs, fund, _ = a_family(session)
    by = make_account(session, Role.COORDINATOR)
    made = rounds.run_round(session, area=COUNTY, at=AT)
    session.flush()
    found = {one.need_id: one for one in session.scalars(sa.select(Proposal).where(Proposal.round_id == made.id))}
    assert all(found[need.id].capacity_id for need in needs.values())
    assert [found[needs[name].id].amount for name in ("cash", "parcel", "service")] == [600, 200, None]
    (told,) = made.budgets
    assert (told["fund"], told["left"], told["proposed"], told["wanted"]) == (str(fund.id), 1000, 800, 800)
    session.expire_all()
    plan = households.plan_of(session, by, needs["cash"].household_id)
    assert {line.need.id for line in plan.lines} == {need.id for need in needs.values()}
    assert all(line.proposed_to is not None for line in plan.lines)
    assert plan.value() == Decimal("1039.50")
    assert deciding.accept_all(session, session.get_one(Round, made.id), by=by, at=AT) == 3
    for key in applying.to_apply(session, made.id):
        assert applying.apply_one(session, key, by=by, at=AT) is not None
    session.expire_all()
    assert session.get_one(Fund, fund.id).promised == Decimal("799.50")


def test_a_short_fund_serves_what_it_can_and_says_who_else_wanted(session_on_both: Session) -> None:
    session = session_on_both
    needs, fund, _ = a_family(session, left=700)
    made = rounds.run_round(session, area=COUNTY, at=AT)
    session.flush()
    decisions = dict(session.execute(sa.select(Proposal.need_id, Proposal.capacity_id)).all())
    placed = [name for name, need in needs.items() if decisions[need.id] is not None]
    assert len(placed) == 2
    assert "service" in placed
    (told,) = made.budgets
    assert told["proposed"] <= 700 < told["wanted"] == 800
    assert made.certificate["hours"]["served"] == [0, 0, 1, 0]
    assert session.get_one(Fund, fund.id).promised == 0, "a round only proposes"
    assert sum(need.status is NeedStatus.PROPOSED for need in needs.values()) in {0, 2}
    assert session.scalars(sa.select(Proposal.decision)).all() == [Decision.UNDECIDED] * 3
