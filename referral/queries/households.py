"""One plan for one family: what is lacking, proposed, given and refused, of both kinds of help, with its value."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from models import (
    Account,
    Area,
    Capacity,
    Decision,
    Household,
    Need,
    NeedKind,
    NeedStatus,
    Organization,
    Person,
    Program,
    Proposal,
    Referral,
    ReferralStatus,
    Service,
    ServiceAtLocation,
    TaxonomyTerm,
    Visit,
)
from models.need import ENDED_STATUSES
from models.referral import LIVE_STATUSES
from models.visit import REACHED
from referral.access import scope
from referral.clock import start_of

REFUSED = (ReferralStatus.REJECTED, ReferralStatus.EXPIRED, ReferralStatus.FAILED, ReferralStatus.CANCELLED)
HELPED_DAYS = 365
"""How far back "who helps already" looks."""


@dataclass
class PlanLine:
    """One need in a family's plan, and how far it is covered."""

    need: Need
    proposed_to: Organization | None = None
    """Whom the last round proposes; nobody has been asked yet."""
    referral: Referral | None = None
    """The referral that holds the need now, or the one that met it."""
    refused: list[Referral] = field(default_factory=list)
    given_units: Decimal = Decimal(0)
    given_value: Decimal = Decimal(0)
    """Yuan: money and goods as handed over, services at the unit price of their program."""
    last_given: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether something is still missing."""
        return self.need.status not in ENDED_STATUSES


@dataclass(frozen=True)
class Plan:
    """All needs of a family, open ones first, with their totals in yuan."""

    lines: list[PlanLine]

    @property
    def open_lines(self) -> list[PlanLine]:
        """Needs that are not ended."""
        return [line for line in self.lines if line.is_open]

    @property
    def nobody_asked(self) -> list[PlanLine]:
        """What is missing: needs that nobody has been asked to meet."""
        return [line for line in self.lines if line.need.status in {NeedStatus.OPEN, NeedStatus.PROPOSED}]

    def value(self, kind: NeedKind | None = None, *, open_only: bool = False) -> Decimal:
        """Return the estimated value of needs in yuan."""
        return sum(
            (line.need.yuan or Decimal(0) for line in self._of(kind) if line.is_open or not open_only),
            Decimal(0),
        )

    def given(self, kind: NeedKind | None = None) -> Decimal:
        """Return the value of what was given for the needs, in yuan."""
        return sum((line.given_value for line in self._of(kind)), Decimal(0))

    def _of(self, kind: NeedKind | None) -> list[PlanLine]:
        return [line for line in self.lines if kind is None or line.need.kind is kind]


@dataclass(frozen=True)
class Helper:
    """An organization that helped the family in the last year, with what."""

    organization: Organization
    term: TaxonomyTerm
    times: int
    """Person-times."""
    units: Decimal
    value: Decimal | None
    last: datetime


def household_in_scope(session: Session, actor: Account, key: uuid.UUID) -> Household | None:
    """Return a household of which the actor may see somebody, with its area. One query."""
    seen = sa.exists().where(Person.household_id == Household.id, scope(actor, Person))
    return session.scalar(
        sa.select(Household)
        .where(Household.id == key, seen)
        .options(joinedload(Household.area).joinedload(Area.parent))
    )


def household_numbered(session: Session, actor: Account, number: str) -> Household | None:
    """Return a household by its number, if the actor may see somebody of it. One query."""
    seen = sa.exists().where(Person.household_id == Household.id, scope(actor, Person))
    return session.scalar(sa.select(Household).where(Household.number == number.strip().upper(), seen))


def members(session: Session, actor: Account, household_id: uuid.UUID) -> Sequence[Person]:
    """Return the people of a household whom the actor may see, the head first. Three queries."""
    return session.scalars(
        sa.select(Person)
        .where(Person.household_id == household_id, scope(actor, Person))
        .options(selectinload(Person.statuses), selectinload(Person.features))
        .order_by(Person.relation_to_head != "head", Person.born_on, Person.id)
    ).all()


def plan_of(session: Session, actor: Account, household_id: uuid.UUID) -> Plan:
    """Return the plan of a household as far as the actor may see it. Four queries."""
    needs = session.scalars(
        sa.select(Need)
        .where(Need.household_id == household_id, scope(actor, Need))
        .options(joinedload(Need.term), joinedload(Need.person), joinedload(Need.need_type))
        .order_by(Need.urgency_rank, Need.opened_at)
    ).all()
    lines = {need.id: PlanLine(need) for need in needs}
    _add_referrals(session, lines)
    _add_given(session, lines)
    _add_proposals(session, lines)
    return Plan(sorted(lines.values(), key=lambda line: not line.is_open))


def _add_referrals(session: Session, lines: dict[uuid.UUID, PlanLine]) -> None:
    for referral in session.scalars(
        sa.select(Referral)
        .where(Referral.need_id.in_(lines), Referral.status != ReferralStatus.ENTERED_IN_ERROR)
        .options(joinedload(Referral.organization))
        .order_by(Referral.id)
    ):
        line = lines[referral.need_id]
        if referral.status in LIVE_STATUSES or referral.status is ReferralStatus.COMPLETED:
            line.referral = referral
        if referral.status in REFUSED:
            line.refused.append(referral)


def _in_fen() -> Any:
    """Return the value of one visit in fen: what was handed over, else units at the program's price."""
    whole = sa.BigInteger()
    price = sa.type_coerce(Visit.units, whole) * sa.type_coerce(Program.unit_price, whole) // 100
    return sa.func.coalesce(sa.type_coerce(Visit.amount, whole), price)


def _yuan(fen: Any) -> Decimal | None:
    return None if fen is None else Decimal(int(fen)).scaleb(-2)


def _add_given(session: Session, lines: dict[uuid.UUID, PlanLine]) -> None:
    rows = session.execute(
        sa.select(
            Referral.need_id,
            sa.func.sum(Visit.units),
            sa.func.sum(_in_fen()),
            sa.func.max(Visit.started_at, type_=Visit.started_at.type),
        )
        .select_from(Visit)
        .join(Referral, Referral.id == Visit.referral_id)
        .outerjoin(Program, Program.id == Visit.program_id)
        .where(Referral.need_id.in_(lines), ~Visit.replaced, Visit.contact_result.in_(REACHED))
        .group_by(Referral.need_id)
    )
    for need_id, units, fen, last in rows:
        line = lines[need_id]
        line.given_units, line.given_value, line.last_given = units, _yuan(fen) or Decimal(0), last


def _add_proposals(session: Session, lines: dict[uuid.UUID, PlanLine]) -> None:
    proposed = [key for key, line in lines.items() if line.need.status is NeedStatus.PROPOSED]
    if not proposed:
        return
    rows = session.execute(
        sa.select(Proposal.need_id, Organization)
        .join(Capacity, Capacity.id == Proposal.capacity_id)
        .join(ServiceAtLocation, ServiceAtLocation.id == Capacity.service_at_location_id)
        .join(Service, Service.id == ServiceAtLocation.service_id)
        .join(Organization, Organization.id == Service.organization_id)
        .where(
            Proposal.need_id.in_(proposed),
            Proposal.decision.in_([Decision.UNDECIDED, Decision.ACCEPTED, Decision.CHANGED]),
        )
        .order_by(Proposal.id)
    )
    for need_id, organization in rows:
        lines[need_id].proposed_to = organization


def helpers_of(session: Session, person_ids: Sequence[uuid.UUID], *, today: date) -> list[Helper]:
    """Return who helped these people in the last year and with what, the latest first. One query."""
    since = start_of(today - timedelta(days=HELPED_DAYS))
    last = sa.func.max(Visit.started_at, type_=Visit.started_at.type)
    sums = (
        sa.select(
            Visit.organization_id,
            Visit.term_id,
            sa.func.count().label("times"),
            sa.func.sum(Visit.units).label("units"),
            sa.func.sum(_in_fen()).label("fen"),
            last.label("last"),
        )
        .outerjoin(Program, Program.id == Visit.program_id)
        .where(
            Visit.person_id.in_(person_ids),
            Visit.started_at >= since,
            ~Visit.replaced,
            Visit.contact_result.in_(REACHED),
        )
        .group_by(Visit.organization_id, Visit.term_id)
        .subquery()
    )
    rows = session.execute(
        sa.select(Organization, TaxonomyTerm, sums.c.times, sums.c.units, sums.c.fen, sums.c.last)
        .join(sums, sums.c.organization_id == Organization.id)
        .join(TaxonomyTerm, TaxonomyTerm.id == sums.c.term_id)
        .order_by(sums.c.last.desc())
    )
    return [
        Helper(organization, term, times, units, _yuan(fen), when)
        for organization, term, times, units, fen, when in rows
    ]
