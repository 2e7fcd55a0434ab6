"""How help ends: no referral ends without saying what was served, how much of it, and why."""

from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import OutcomeReason, Referral, ReferralOutcome, ReferralStatus, Visit
from models.errors import DomainError, ReasonMissing, WrongStep
from models.referral import NEXT_STEPS, REASONS_OF_OUTCOME
from models.visit import REACHED
from referral.access import without_scope

Outcome = ReferralOutcome


class UnitsMissing(DomainError):
    """Nobody said how much was given."""

    code = "units_missing"


class UnitsContradict(DomainError):
    """Something was served and nothing given, or the other way round."""

    code = "units_contradict"


def units_given(session: Session, referral: Referral) -> Decimal:
    """Return the units that the visits of a referral add up to. One query."""
    with without_scope(session, because="what was given under a referral counts, whoever went"):
        total = session.scalar(
            sa.select(sa.func.sum(Visit.units)).where(
                Visit.referral_id == referral.id, ~Visit.replaced, Visit.contact_result.in_(REACHED)
            )
        )
    return Decimal(0) if total is None else Decimal(total)


def say_completed(
    referral: Referral,
    *,
    outcome: ReferralOutcome,
    units: Decimal | None,
    reason: OutcomeReason | None,
    note: str | None = None,
) -> None:
    """Write the outcome of a referral that is about to be completed, before it takes the step.

    Raises WrongStep, UnitsMissing, UnitsContradict, and ReasonMissing for no reason, for one that does not fit the
    outcome, and for `other` without words.
    """
    _check_step(referral, ReferralStatus.COMPLETED)
    if units is None:
        raise UnitsMissing
    if reason is None or reason not in REASONS_OF_OUTCOME[outcome]:
        raise ReasonMissing
    if reason is OutcomeReason.OTHER and not (note or "").strip():
        raise ReasonMissing
    _check_units(outcome, units)
    referral.outcome, referral.units_delivered, referral.outcome_reason = outcome, units, reason


def say_broken_off(
    session: Session,
    referral: Referral,
    status: ReferralStatus,
    *,
    outcome: ReferralOutcome | None = None,
    units: Decimal | None = None,
) -> None:
    """Write what had been given when help broke off or was taken back: where nobody says it, the visits do.

    Something given is partly served, nothing is not served; the reason is that of the step. Help that had not begun
    and is taken back has no outcome: nothing was promised to be served.
    """
    _check_step(referral, status)
    if status is ReferralStatus.CANCELLED and referral.started_at is None:
        return
    units = units_given(session, referral) if units is None else units
    outcome = outcome or (Outcome.PARTLY_SERVED if units > 0 else Outcome.NOT_SERVED)
    _check_units(outcome, units)
    referral.outcome, referral.units_delivered = outcome, units


def _check_step(referral: Referral, status: ReferralStatus) -> None:
    if status not in NEXT_STEPS[referral.status]:
        raise WrongStep(referral.status, status)


def _check_units(outcome: ReferralOutcome, units: Decimal) -> None:
    if (outcome is Outcome.NOT_SERVED) != (units == 0):
        raise UnitsContradict
