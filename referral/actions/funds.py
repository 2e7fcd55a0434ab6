"""Keeping funds: their amount and period, and which offers draw on them."""

from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Capacity, Fund, Organization
from models.errors import DomainError
from referral.actions.upkeep import changed


class FundTooSmall(DomainError):
    """Less was stated than is promised and spent; `least` is the smallest possible amount."""

    code = "fund_too_small"

    def __init__(self, least: Decimal) -> None:
        super().__init__(str(least))
        self.least = least


def add_fund(
    session: Session, organization: Organization, *, name: str, amount: Decimal, starts_on: date, ends_on: date
) -> Fund:
    """Enter money of an organization for a period."""
    fund = Fund(organization_id=organization.id, name=name, amount=amount, starts_on=starts_on, ends_on=ends_on)
    session.add(fund)
    session.flush()
    return fund


def change_fund(session: Session, fund: Fund, *, name: str, amount: Decimal, starts_on: date, ends_on: date) -> None:
    """Change a fund; raise FundTooSmall below what is promised and spent.

    One statement checks and writes, so that money promised at this moment cannot be stated away.
    """
    statement = (
        sa.update(Fund)
        .where(Fund.id == fund.id, Fund.promised + Fund.spent <= sa.literal(amount, Fund.__table__.c.amount.type))
        .values(name=name, amount=amount, starts_on=starts_on, ends_on=ends_on, version=Fund.version + 1)
        .execution_options(synchronize_session=False)
    )
    done = changed(session, statement)
    session.refresh(fund)
    if not done:
        raise FundTooSmall(fund.promised + fund.spent)


def draw_on(session: Session, capacity: Capacity, fund: Fund | None) -> None:
    """Let an offer draw on a fund, or on none. What its referrals hold of a fund stays as it is."""
    session.execute(
        sa.update(Capacity)
        .where(Capacity.id == capacity.id)
        .values(fund_id=fund.id if fund else None, version=Capacity.version + 1)
        .execution_options(synchronize_session=False)
    )
    session.refresh(capacity)
