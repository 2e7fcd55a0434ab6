"""Contracts as their sides see them, and what is left of them at the moment of referral."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from models import (
    Account,
    Contract,
    ContractHousehold,
    ContractLine,
    ContractStatus,
    Deduction,
    Need,
    Organization,
    Person,
    Program,
    Role,
    Service,
    ServiceAtLocation,
    Settlement,
    SettlementLine,
    Visit,
)
from models.errors import DomainError
from referral.access import get_in_scope, scope, without_scope

WHY = "whether a household counts already towards a contract; only yes or no comes out"


class ContractUsedUp(DomainError):
    """Nothing is left of the only contract that pays for this help."""

    code = "contract_used_up"


@dataclass(frozen=True)
class Left:
    """What is left of a contract line for one household."""

    line: ContractLine
    served: bool
    """The household is counted already: serving it once more takes no place among households."""

    @property
    def units(self) -> Decimal | None:
        """Units left; None where none were agreed."""
        return self.line.units_left

    @property
    def households(self) -> int | None:
        """Households left; None where no number was agreed."""
        return self.line.households_left

    @property
    def nothing(self) -> bool:
        """Whether nothing can be given under it any more."""
        no_units = self.units is not None and self.units <= 0
        return no_units or (not self.served and self.households is not None and self.households <= 0)

    @property
    def stops(self) -> bool:
        """Whether nobody can be referred: nothing is left, and nobody else pays."""
        return self.nothing and self.line.only_source


def left(
    session: Session,
    *,
    term_id: uuid.UUID,
    services: Iterable[ServiceAtLocation],
    household_id: uuid.UUID,
    day: date,
) -> dict[uuid.UUID, Left]:
    """Return, by place, what is left of the contract that pays for this help there on a day; two statements.

    Of several lines that fit the one with something left counts; places without a contract are not named. Their
    services must be loaded.
    """
    places = list(services)
    lines = _lines(session, {place.service.organization_id for place in places}, term_id, day)
    if not lines:
        return {}
    served = _served(session, household_id, [line.id for line in lines])
    found: dict[uuid.UUID, Left] = {}
    for place in places:
        one = _best(lines, served, place.service.organization_id, place.service.program_id)
        if one is not None:
            found[place.id] = one
    return found


def stop_where_used_up(
    session: Session, need: Need, *, organization_id: uuid.UUID, program_id: uuid.UUID | None, day: date
) -> None:
    """Raise ContractUsedUp where the only contract that pays for this help there has nothing left.

    One statement where no contract speaks of it.
    """
    lines = _lines(session, {organization_id}, need.term_id, day)
    if not lines:
        return
    household = session.scalar(sa.select(Person.household_id).where(Person.id == need.person_id))
    served = _served(session, household, [line.id for line in lines]) if household else set()
    one = _best(lines, served, organization_id, program_id)
    if one is not None and one.stops:
        raise ContractUsedUp


def _lines(session: Session, providers: set[uuid.UUID], term_id: uuid.UUID, day: date) -> Sequence[ContractLine]:
    return session.scalars(
        sa.select(ContractLine)
        .join(ContractLine.contract)
        .where(
            Contract.status == ContractStatus.IN_FORCE,
            Contract.provider_id.in_(providers),
            ContractLine.term_id == term_id,
            ContractLine.starts_on <= day,
            ContractLine.ends_on >= day,
        )
        .options(contains_eager(ContractLine.contract))
        .order_by(ContractLine.program_id.is_(None), ContractLine.starts_on, ContractLine.id)
        .execution_options(populate_existing=True)
    ).all()


def _served(session: Session, household_id: uuid.UUID, lines: list[uuid.UUID]) -> set[uuid.UUID]:
    with without_scope(session, because=WHY):
        return set(
            session.scalars(
                sa.select(ContractHousehold.line_id).where(
                    ContractHousehold.household_id == household_id, ContractHousehold.line_id.in_(lines)
                )
            )
        )


def _best(
    lines: Sequence[ContractLine], served: set[uuid.UUID], organization_id: uuid.UUID, program_id: uuid.UUID | None
) -> Left | None:
    fitting = [
        Left(line, line.id in served)
        for line in lines
        if line.contract.provider_id == organization_id and line.program_id in (None, program_id)
    ]
    return next((one for one in fitting if not one.nothing), fitting[0] if fitting else None)


def seen(actor: Account) -> sa.Select[Any]:
    """Return the select of the contracts in an actor's scope, those in force first."""
    return (
        sa.select(Contract)
        .where(scope(actor, Contract))
        .options(
            joinedload(Contract.buyer),
            joinedload(Contract.provider),
            selectinload(Contract.lines).joinedload(ContractLine.term),
        )
        .order_by(Contract.status == ContractStatus.CLOSED, Contract.ends_on.desc(), Contract.number)
    )


def find(session: Session, actor: Account, key: uuid.UUID) -> Contract | None:
    """Return a contract with its lines, if it lies in the actor's scope."""
    found: Contract | None = get_in_scope(
        session,
        actor,
        Contract,
        key,
        joinedload(Contract.buyer),
        joinedload(Contract.provider),
        selectinload(Contract.lines).joinedload(ContractLine.term),
        selectinload(Contract.lines).joinedload(ContractLine.program),
    )
    return found


def sheets(session: Session, contract: Contract) -> Sequence[Settlement]:
    """Return the sheets of a contract, the newest month and edition first. One statement."""
    return session.scalars(
        sa.select(Settlement)
        .where(Settlement.contract_id == contract.id)
        .order_by(Settlement.month.desc(), Settlement.edition.desc())
    ).all()


def find_sheet(session: Session, actor: Account, key: uuid.UUID) -> Settlement | None:
    """Return a sheet with all that is printed on it, if its contract lies in the actor's scope."""
    found: Settlement | None = get_in_scope(
        session,
        actor,
        Settlement,
        key,
        joinedload(Settlement.contract).joinedload(Contract.buyer),
        joinedload(Settlement.contract).joinedload(Contract.provider),
        joinedload(Settlement.made_by),
        joinedload(Settlement.checked_by),
        joinedload(Settlement.paid_by),
        selectinload(Settlement.lines).joinedload(SettlementLine.line).joinedload(ContractLine.term),
        selectinload(Settlement.deductions).joinedload(Deduction.by),
    )
    return found


def organizations(session: Session) -> Sequence[Organization]:
    """Return the organizations that can be a side of a contract. One statement."""
    return session.scalars(sa.select(Organization).order_by(Organization.name)).all()


def programs_of(session: Session, organization_id: uuid.UUID) -> Sequence[Program]:
    """Return the programs under which an organization's services stand, and its own. One statement."""
    return session.scalars(
        sa.select(Program).where(Program.organization_id == organization_id).order_by(Program.name)
    ).all()


def sides(session: Session, actor: Account) -> Sequence[Organization]:
    """Return the organizations whose hours an actor may see. One statement."""
    statement = sa.select(Organization).where(scope(actor, Organization))
    if actor.role is not Role.COORDINATOR:
        given = sa.select(Visit.organization_id).where(Visit.station_id == actor.organization_id)
        statement = statement.where(sa.or_(Organization.id == actor.organization_id, Organization.id.in_(given)))
    return session.scalars(statement.order_by(Organization.name)).all()


def programs_seen(session: Session, actor: Account) -> Sequence[Program]:
    """Return the programs by which hours can be narrowed. One statement."""
    statement = sa.select(Program)
    if actor.role is Role.PROVIDER_OFFICER:
        own = sa.select(Service.program_id).where(Service.organization_id == actor.organization_id)
        statement = statement.where(Program.id.in_(own))
    return session.scalars(statement.order_by(Program.name)).all()
