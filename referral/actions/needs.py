"""Writing down what somebody lacks, and closing it."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from models import Account, Case, ClosedReason, Need, NeedKind, NeedStatus, NeedType, Taxonomy, TaxonomyTerm, Urgency
from models.case import URGENCY_TIERS, URGENCY_WORKING_DAYS
from models.errors import AlreadyReferred
from referral.actions.numbering import next_number
from referral.actions.sending import has_live_referral
from referral.clock import WorkCalendar
from referral.queries.calendar import work_calendar


def record_need(
    session: Session,
    case: Case,
    *,
    term: TaxonomyTerm,
    quantity: Decimal,
    urgency: Urgency,
    at: datetime,
    by: Account | None = None,
    need_type: NeedType | None = None,
    frequency: str = "month",
    calendar: WorkCalendar | None = None,
    **wishes: Any,
) -> Need:
    """Write down one need of a case and return it, open, with the day by which somebody should be found.

    `wishes` are further columns: description, wanted_times, worker_sex, language, preferred_organization_id,
    estimated_value. The unit is the term's, or 次 (times) where the term has none.
    """
    deadline = (calendar or work_calendar(session)).deadline(at, URGENCY_WORKING_DAYS[urgency])
    need = Need(
        number=next_number(session, Need, at),
        case_id=case.id,
        person_id=case.person_id,
        household_id=case.household_id,
        station_id=case.station_id,
        area_code=case.area_code,
        need_type_id=need_type.id if need_type else None,
        term_id=term.id,
        kind=NeedKind.MATERIAL if term.taxonomy is Taxonomy.MATERIAL else NeedKind.SERVICE,
        urgency=urgency,
        urgency_rank=URGENCY_TIERS[urgency],
        quantity=quantity,
        unit=term.unit or "次",
        frequency=frequency,
        opened_at=at,
        due_at=deadline.at,
        due_is_provisional=deadline.provisional,
        **wishes,
    )
    session.add(need)
    session.flush()
    return need


def close_unmet(session: Session, need: Need, *, at: datetime, reason: ClosedReason) -> None:
    """Close a need that was not met, with the reason; raise AlreadyReferred while somebody is working on it."""
    if has_live_referral(session, need):
        raise AlreadyReferred
    need.move_to(NeedStatus.CLOSED_UNMET, at=at, reason=reason)
    session.flush()
