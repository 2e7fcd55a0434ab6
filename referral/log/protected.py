"""Which records the log watches: every change of one is an entry, and the newest entry holds its digest."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

import models
from models import Base


@dataclass(frozen=True)
class Protected:
    """How a watched record is tied to a person, and under which column people speak of it."""

    person: str | None = None
    """SQL of the person's key: a column of the table, or a query from one; None where nobody's file is touched."""
    named: str | None = None
    """Column with the number that people speak of it by."""


WATCHED: dict[str, Protected] = {
    "Person": Protected("id", "number"),
    "Household": Protected(None, "number"),
    "IdentityStatus": Protected("person_id"),
    "Feature": Protected("person_id"),
    "PersonArea": Protected("person_id"),
    "Case": Protected("person_id", "number"),
    "CaseStep": Protected("(SELECT c.person_id FROM case_file c WHERE c.id = case_step.case_id)"),
    "Assessment": Protected("person_id"),
    "Need": Protected("person_id", "number"),
    "Referral": Protected("person_id", "number"),
    "ReferralEvent": Protected("(SELECT r.person_id FROM referral r WHERE r.id = referral_event.referral_id)"),
    "ServicePlan": Protected("person_id"),
    "PlannedVisit": Protected("person_id"),
    "Visit": Protected("person_id"),
    "VisitDetail": Protected("(SELECT v.person_id FROM visit v WHERE v.id = visit_detail.visit_id)"),
    "VisitPicture": Protected("(SELECT v.person_id FROM visit v WHERE v.id = visit_picture.visit_id)"),
    "Outcome": Protected("person_id"),
    "VisitFlag": Protected("(SELECT v.person_id FROM visit v WHERE v.id = visit_flag.visit_id)"),
    "HoursDecision": Protected("(SELECT v.person_id FROM visit v WHERE v.id = hours_decision.visit_id)"),
    "Contract": Protected(None, "number"),
    "ContractLine": Protected(None),
    "Settlement": Protected(None),
    "SettlementLine": Protected(None),
    "SettlementItem": Protected("(SELECT v.person_id FROM visit v WHERE v.id = settlement_item.visit_id)"),
    "Deduction": Protected(None),
    "VolunteerHours": Protected(None),
    "VolunteerStatement": Protected(None, "number"),
    "Sheet": Protected("person_id"),
    "RedFlag": Protected("person_id"),
    "Goal": Protected("person_id"),
    "GoalRating": Protected("person_id"),
    "Confirmation": Protected("person_id"),
    "Contradiction": Protected("person_id"),
    "Revisit": Protected("person_id"),
    "Satisfaction": Protected("person_id"),
    "Consent": Protected("person_id"),
    "EmergencyReview": Protected("(SELECT r.person_id FROM referral r WHERE r.id = emergency_review.referral_id)"),
    "GlassAccess": Protected("person_id"),
    "RightsRequest": Protected("person_id"),
    "Finding": Protected("person_id"),
    "Snapshot": Protected(None, "number"),
    "MonthlyReport": Protected(None),
    "Program": Protected(None),
    "Account": Protected(None, "login"),
}
"""By the name of the record's class."""


@cache
def protected() -> dict[type[Any], Protected]:
    """Return the watched records."""
    return {getattr(models, name): how for name, how in WATCHED.items() if hasattr(models, name)}


@cache
def protected_tables() -> dict[str, type[Base]]:
    """Return the watched records by the name of their table."""
    return {record.__tablename__: record for record in protected()}


def table_of(record: type[Any]) -> sa.Table:
    """Return the table of a record."""
    table = sa.inspect(record).local_table
    assert isinstance(table, sa.Table)  # noqa: S101  no record here is mapped to a join
    return table
