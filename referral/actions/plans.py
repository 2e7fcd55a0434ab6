"""Making, changing and ending the plan of a referral, and making its visits ahead."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    FreeDays,
    Need,
    PlanKind,
    PlannedReason,
    PlanStatus,
    Referral,
    ReferralStatus,
    Service,
    ServiceAtLocation,
    ServicePlan,
    TaxonomyTerm,
    Visit,
)
from models.errors import DomainError
from models.plan import LIVE_PLANS
from models.referral import GOING_ON_STATUSES
from referral import recurring
from referral.actions.plan_days import call_off, remake
from referral.actions.planned import fulfil
from referral.clock import local_date

__all__ = ["NotTakenOn", "PlanExists", "PlanTerms", "change", "end", "follow", "fulfil", "hold", "make", "resume"]


class PlanExists(DomainError):
    """The referral has a plan already."""

    code = "plan_exists"


class NotTakenOn(DomainError):
    """Nobody has taken the referral on, or it has ended: there is nothing to plan."""

    code = "not_taken_on"


class PlanPeriod(DomainError):
    """The plan would end before it begins."""

    code = "plan_period"


@dataclass(frozen=True)
class PlanTerms:
    """What, how often, by whom, until when."""

    kind: PlanKind
    rule: str | None
    starts_on: date
    minutes: int
    units: Decimal
    ends_on: date | None = None
    free_days: FreeDays = FreeDays.SKIP
    at_time: time | None = None
    units_total: Decimal | None = None
    worker_id: object = None
    note: str | None = None

    def columns(self) -> dict[str, object]:
        """Return the columns of the plan; raise RuleNotUnderstood or PlanPeriod."""
        if self.ends_on is not None and self.ends_on < self.starts_on:
            raise PlanPeriod
        rule = None if self.kind is PlanKind.ON_CALL else recurring.check(self.rule or "")
        return asdict(self) | {"rule": rule}


def make(session: Session, referral: Referral, terms: PlanTerms, *, by: Account, at: datetime) -> ServicePlan:
    """Plan the help of a referral that was taken on, with the visits of the next weeks.

    Raises NotTakenOn, PlanExists, RuleNotUnderstood, PlanPeriod.
    """
    if referral.status not in GOING_ON_STATUSES:
        raise NotTakenOn
    if session.scalar(sa.select(ServicePlan.id).where(ServicePlan.referral_id == referral.id)):
        raise PlanExists
    term, program_id = _what(session, referral)
    plan = ServicePlan(
        referral_id=referral.id,
        person_id=referral.person_id,
        organization_id=referral.organization_id,
        station_id=referral.station_id,
        area_code=referral.area_code,
        program_id=program_id,
        term_id=term.id,
        unit=term.unit or "次",
        made_by_id=by.id,
        **terms.columns(),
    )
    if referral.status is ReferralStatus.ON_HOLD:
        plan.status, plan.reason = PlanStatus.ON_HOLD, PlannedReason.PLAN_ON_HOLD
    session.add(plan)
    session.flush()
    remake(session, plan, today=local_date(at), at=at)
    return plan


def _what(session: Session, referral: Referral) -> tuple[TaxonomyTerm, object]:
    term_id = session.scalar(sa.select(Need.term_id).where(Need.id == referral.need_id))
    program_id = session.scalar(
        sa.select(Service.program_id)
        .join(ServiceAtLocation, ServiceAtLocation.service_id == Service.id)
        .where(ServiceAtLocation.id == referral.service_at_location_id)
    )
    return session.get_one(TaxonomyTerm, term_id), program_id


def change(session: Session, plan: ServicePlan, terms: PlanTerms, *, by: Account, at: datetime) -> None:
    """Change a live plan: what is still to come is remade; what was done, missed or moved by somebody stays."""
    if plan.status not in LIVE_PLANS:
        raise NotTakenOn
    columns = terms.columns()
    if plan.kind is not terms.kind:
        call_off(session, plan, PlannedReason.PLAN_CHANGED, after=local_date(at), at=at)
    for name, value in columns.items():
        setattr(plan, name, value)
    session.flush()
    remake(session, plan, today=local_date(at), at=at)


def hold(session: Session, plan: ServicePlan, *, reason: PlannedReason, at: datetime) -> None:
    """Pause a plan, with a reason: what is still to come is called off."""
    plan.move_to(PlanStatus.ON_HOLD, at=at, reason=reason)
    call_off(session, plan, PlannedReason.PLAN_ON_HOLD, after=local_date(at), at=at)


def resume(session: Session, plan: ServicePlan, *, at: datetime) -> None:
    """Go on after a pause: the visits of the next weeks are made again, from tomorrow."""
    plan.move_to(PlanStatus.ACTIVE, at=at)
    remake(session, plan, today=local_date(at), at=at)


def end(
    session: Session,
    plan: ServicePlan,
    *,
    at: datetime,
    status: PlanStatus = PlanStatus.ENDED,
    reason: PlannedReason | None = None,
) -> None:
    """End a plan, or cancel it with a reason: what is still to come is called off; what was done stays."""
    plan.move_to(status, at=at, reason=reason)
    if plan.ends_on is None or plan.ends_on > local_date(at):
        plan.ends_on = max(plan.starts_on, local_date(at))
    call_off(session, plan, PlannedReason.PLAN_ENDED, after=local_date(at), at=at)


def follow(session: Session, referral: Referral, *, at: datetime) -> None:
    """Let the plan of a referral go the way the referral went; does nothing where there is none."""
    if referral.status not in FOLLOWED:
        return
    plan = session.scalar(sa.select(ServicePlan).where(ServicePlan.referral_id == referral.id))
    if plan is None or plan.status not in LIVE_PLANS:
        return
    if referral.status is ReferralStatus.ON_HOLD:
        if plan.status is PlanStatus.ACTIVE:
            hold(session, plan, reason=PlannedReason.PLAN_ON_HOLD, at=at)
    elif referral.status is ReferralStatus.IN_PROGRESS:
        if plan.status is PlanStatus.ON_HOLD and plan.reason is PlannedReason.PLAN_ON_HOLD:
            resume(session, plan, at=at)
    elif referral.status in (ReferralStatus.CANCELLED, ReferralStatus.ENTERED_IN_ERROR) and not _began(session, plan):
        end(session, plan, at=at, status=PlanStatus.CANCELLED, reason=PlannedReason.PLAN_ENDED)
    else:
        end(session, plan, at=at)


FOLLOWED = frozenset(
    {
        ReferralStatus.ON_HOLD,
        ReferralStatus.IN_PROGRESS,
        ReferralStatus.COMPLETED,
        ReferralStatus.FAILED,
        ReferralStatus.CANCELLED,
        ReferralStatus.ENTERED_IN_ERROR,
    }
)


def _began(session: Session, plan: ServicePlan) -> bool:
    return session.scalar(sa.select(Visit.id).where(Visit.referral_id == plan.referral_id).limit(1)) is not None
