"""What an administrator looks after: accounts, calendar, code lists. No cases, no people in need."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import (
    Account,
    Area,
    AreaLevel,
    BeneficiaryCategory,
    CalendarDay,
    DayKind,
    NeedType,
    Organization,
    Program,
    Role,
    Taxonomy,
    TaxonomyTerm,
)
from referral.access import get_in_scope, scope
from referral.queries.people import fold

MOST_ORGANIZATIONS = 500


def accounts(
    actor: Account, *, words: str = "", role: Role | None = None, active: bool | None = None
) -> sa.Select[Account]:
    """Return the select of accounts by role and name, with organization and area."""
    statement = (
        sa.select(Account)
        .where(scope(actor, Account))
        .options(joinedload(Account.organization), joinedload(Account.area))
        .order_by(Account.active.desc(), Account.role, Account.name, Account.id)
    )
    for word in fold(words).split():
        named = (Account.name, Account.login)
        statement = statement.where(sa.or_(*(sa.func.lower(one).contains(word, autoescape=True) for one in named)))
    if role is not None:
        statement = statement.where(Account.role == role)
    return statement if active is None else statement.where(Account.active.is_(active))


def find_account(session: Session, actor: Account, key: uuid.UUID) -> Account | None:
    """Return an account with organization and area, or None."""
    found: Account | None = get_in_scope(
        session, actor, Account, key, joinedload(Account.organization), joinedload(Account.area)
    )
    return found


def organizations(session: Session, actor: Account, words: str = "") -> Sequence[Organization]:
    """Return organizations to choose from, by name; at most MOST_ORGANIZATIONS."""
    statement = sa.select(Organization).where(scope(actor, Organization))
    for word in fold(words).split():
        statement = statement.where(Organization.search_text.contains(word, autoescape=True))
    return session.scalars(statement.order_by(Organization.name).limit(MOST_ORGANIZATIONS)).all()


def programs(session: Session) -> Sequence[Program]:
    """Return the programs that an evaluator can look at, by name; at most MOST_ORGANIZATIONS."""
    return session.scalars(sa.select(Program).order_by(Program.name, Program.id).limit(MOST_ORGANIZATIONS)).all()


def areas_in_use(session: Session) -> Sequence[Area]:
    """Return the divisions that accounts can look after: counties that have townships here, and all below them."""
    child = sa.orm.aliased(Area)
    with_townships = sa.select(child.parent_code).where(child.level == AreaLevel.TOWNSHIP)
    statement = sa.select(Area).where(
        sa.or_(Area.code.in_(with_townships), Area.level.in_((AreaLevel.TOWNSHIP, AreaLevel.VILLAGE))),
        Area.replaced_by_code.is_(None),
    )
    return session.scalars(statement.order_by(Area.code)).all()


@dataclass(frozen=True)
class Year:
    """One year of the calendar."""

    year: int
    days: Sequence[CalendarDay]

    @property
    def published(self) -> bool:
        """Whether the holidays of the year are known."""
        return any(day.kind is DayKind.HOLIDAY for day in self.days)


def calendar_year(session: Session, year: int) -> Year:
    """Return the days of a year that differ from the plain week. One query."""
    statement = sa.select(CalendarDay).where(CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31)))
    return Year(year, session.scalars(statement.order_by(CalendarDay.day)).all())


def years(session: Session, today: date) -> list[int]:
    """Return the years to look at: those with days written down, this one and the next."""
    first, last = session.execute(sa.select(sa.func.min(CalendarDay.day), sa.func.max(CalendarDay.day))).one()
    years_ = [today.year, today.year + 1, *(day.year for day in (first, last) if day)]
    return list(range(min(years_), max(years_) + 1))


def find_day(session: Session, _actor: Account, day: str) -> CalendarDay | None:
    """Return a day that differs from the plain week, or None."""
    try:
        return session.get(CalendarDay, date.fromisoformat(day))
    except ValueError:
        return None


def terms(taxonomy: Taxonomy) -> sa.Select[TaxonomyTerm]:
    """Return the select of the terms of a list in order of their codes."""
    return sa.select(TaxonomyTerm).where(TaxonomyTerm.taxonomy == taxonomy).order_by(TaxonomyTerm.code)


def need_types() -> sa.Select[NeedType]:
    """Return the select of the types of need in order of their codes."""
    return sa.select(NeedType).order_by(NeedType.domain, NeedType.code)


def categories() -> sa.Select[BeneficiaryCategory]:
    """Return the select of the recognised statuses in order of their codes."""
    return sa.select(BeneficiaryCategory).order_by(BeneficiaryCategory.code)


def find_term(session: Session, _actor: Account, key: uuid.UUID) -> TaxonomyTerm | None:
    """Return a term, or None."""
    return session.get(TaxonomyTerm, key)


def find_need_type(session: Session, _actor: Account, key: uuid.UUID) -> NeedType | None:
    """Return a type of need, or None."""
    return session.get(NeedType, key)


def find_category(session: Session, _actor: Account, key: uuid.UUID) -> BeneficiaryCategory | None:
    """Return a recognised status, or None."""
    return session.get(BeneficiaryCategory, key)
