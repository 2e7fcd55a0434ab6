"""Contracts: entering them, and drawing on them. What is drawn is counted under a lock: a quota is never passed."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    Contract,
    ContractHousehold,
    ContractLine,
    ContractStatus,
    HoursDecision,
    Organization,
    Program,
    TaxonomyTerm,
    Visit,
)
from models.errors import DomainError, WrongStep
from referral.access import without_scope
from referral.clock import local_date

WHY = "what is drawn on a contract is counted whoever approves; nobody is shown the households"


class QuotaTooSmall(DomainError):
    """Less was stated than is drawn already."""

    code = "quota_too_small"


class NumberTaken(DomainError):
    """Another contract has this number."""

    code = "contract_number_taken"


def add_contract(
    session: Session,
    *,
    number: str,
    name: str,
    buyer: Organization,
    provider: Organization,
    area_code: str,
    starts_on: date,
    ends_on: date,
    by: Account,
) -> Contract:
    """Enter a contract as a draft."""
    if session.scalar(sa.select(Contract.id).where(Contract.number == number)):
        raise NumberTaken
    contract = Contract(
        number=number, name=name, buyer_id=buyer.id, provider_id=provider.id, area_code=area_code,
        starts_on=starts_on, ends_on=ends_on, made_by_id=by.id,
    )  # fmt: skip
    session.add(contract)
    session.flush()
    return contract


def add_line(
    session: Session,
    contract: Contract,
    *,
    term: TaxonomyTerm,
    program: Program | None,
    funding_source: str,
    unit_price: Decimal,
    quota_units: Decimal | None,
    quota_households: int | None,
    only_source: bool,
) -> ContractLine:
    """Add a kind of help to a contract, for the whole of its period."""
    last = session.scalar(sa.select(sa.func.max(ContractLine.number)).where(ContractLine.contract_id == contract.id))
    line = ContractLine(
        contract_id=contract.id, number=(last or 0) + 1, program_id=program.id if program else None, term_id=term.id,
        unit=term.unit or "次", funding_source=funding_source, unit_price=unit_price, quota_units=quota_units,
        quota_households=quota_households, only_source=only_source, starts_on=contract.starts_on,
        ends_on=contract.ends_on,
    )  # fmt: skip
    session.add(line)
    session.flush()
    return line


def sign(session: Session, contract: Contract, *, on: date) -> None:
    """Put a draft in force: from now on approved visits draw on it."""
    if contract.status is not ContractStatus.DRAFT:
        raise WrongStep(contract.status, ContractStatus.IN_FORCE)
    contract.status, contract.signed_on = ContractStatus.IN_FORCE, on
    session.flush()


def close(session: Session, contract: Contract) -> None:
    """End a contract: nothing more is drawn on it; its months can still be settled."""
    if contract.status is not ContractStatus.IN_FORCE:
        raise WrongStep(contract.status, ContractStatus.CLOSED)
    contract.status = ContractStatus.CLOSED
    session.flush()


def draw(session: Session, visits: Sequence[Visit]) -> dict[uuid.UUID, tuple[uuid.UUID | None, bool]]:
    """Draw approved visits on the contract lines that speak of them; return line and "beyond the quota" by visit.

    The lines are locked in the order of their keys, so that two that approve at once neither pass a quota nor wait for
    each other. A visit for which nothing is left draws nothing. Four statements, however many visits there are.
    """
    with without_scope(session, because=WHY):
        candidates = _candidates(session, visits)
        keys = sorted({line.id for lines in candidates.values() for line in lines})
        if not keys:
            return {}
        lines = {line.id: line for line in session.scalars(_locked(keys))}
        known = _known(session, keys, {visit.household_id for visit in visits})
        drawn: dict[uuid.UUID, tuple[uuid.UUID | None, bool]] = {}
        for visit in sorted(visits, key=lambda one: (one.started_at, one.id)):
            if visit.id not in candidates:
                continue
            fitting = (lines[one.id] for one in candidates[visit.id])
            taken = next((line for line in fitting if _fits(line, visit, known)), None)
            drawn[visit.id] = (taken.id if taken else None, taken is None)
            if taken is not None:
                _take(session, taken, visit, known)
        session.flush()
        return drawn


def give_back(session: Session, decisions: Iterable[tuple[HoursDecision, Visit]]) -> None:
    """Give back what approvals have drawn that no longer stand."""
    held = [(decision, visit) for decision, visit in decisions if decision.line_id is not None]
    if not held:
        return
    with without_scope(session, because=WHY):
        keys = sorted({decision.line_id for decision, _ in held if decision.line_id})
        lines = {line.id: line for line in session.scalars(_locked(keys))}
        known = _known(session, keys, {visit.household_id for _, visit in held})
        for decision, visit in held:
            assert decision.line_id is not None  # noqa: S101  filtered above
            line, served = lines[decision.line_id], known[decision.line_id, visit.household_id]
            line.units_drawn -= decision.units
            served.visits -= 1
            if served.visits == 0:
                line.households_drawn -= 1
                session.delete(served)
                del known[decision.line_id, visit.household_id]
        session.flush()


Known = dict[tuple[uuid.UUID, uuid.UUID], ContractHousehold]


def _locked(keys: Sequence[uuid.UUID]) -> sa.Select[Any]:
    return (
        sa.select(ContractLine)
        .where(ContractLine.id.in_(keys))
        .order_by(ContractLine.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _known(session: Session, lines: Sequence[uuid.UUID], households: set[uuid.UUID]) -> Known:
    statement = sa.select(ContractHousehold).where(
        ContractHousehold.line_id.in_(lines), ContractHousehold.household_id.in_(households)
    )
    found = session.scalars(statement.execution_options(populate_existing=True))
    return {(one.line_id, one.household_id): one for one in found}


def _candidates(session: Session, visits: Sequence[Visit]) -> dict[uuid.UUID, list[ContractLine]]:
    """Return the lines that speak of each visit, those of its own program first; none for visits without units."""
    counted = [visit for visit in visits if visit.units > 0]
    if not counted:
        return {}
    statement = (
        sa.select(ContractLine, Contract.provider_id)
        .join(Contract, Contract.id == ContractLine.contract_id)
        .where(
            Contract.status == ContractStatus.IN_FORCE,
            Contract.provider_id.in_({visit.organization_id for visit in counted}),
            ContractLine.term_id.in_({visit.term_id for visit in counted}),
        )
    )
    by: dict[tuple[uuid.UUID, uuid.UUID], list[ContractLine]] = defaultdict(list)
    for line, provider in session.execute(statement):
        by[provider, line.term_id].append(line)
    found: dict[uuid.UUID, list[ContractLine]] = {}
    for visit in counted:
        day = local_date(visit.started_at)
        lines = [line for line in by[visit.organization_id, visit.term_id] if _speaks_of(line, visit, day)]
        if lines:
            found[visit.id] = sorted(lines, key=lambda one: (one.program_id is None, one.starts_on, one.id))
    return found


def _speaks_of(line: ContractLine, visit: Visit, day: date) -> bool:
    return (
        line.starts_on <= day <= line.ends_on
        and line.unit == visit.unit
        and line.program_id in (None, visit.program_id)
    )


def _fits(line: ContractLine, visit: Visit, known: Known) -> bool:
    units, households = line.units_left, line.households_left
    enough = units is None or units >= visit.units
    return enough and (households is None or households > 0 or (line.id, visit.household_id) in known)


def _take(session: Session, line: ContractLine, visit: Visit, known: Known) -> None:
    line.units_drawn += visit.units
    served = known.get((line.id, visit.household_id))
    if served is None:
        line.households_drawn += 1
        served = ContractHousehold(line_id=line.id, household_id=visit.household_id, visits=0)
        session.add(served)
        known[line.id, visit.household_id] = served
    served.visits += 1
