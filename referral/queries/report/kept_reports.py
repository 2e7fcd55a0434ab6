"""Reports that were counted a while ago: where they lie, and the records that their figures name."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    Account,
    Area,
    BeneficiaryCategory,
    KeptMonth,
    KeptReport,
    Organization,
    Program,
    Role,
    TaxonomyTerm,
)
from referral.access import without_scope

RECORDS: dict[str, Any] = {
    one.__name__: one for one in (Area, BeneficiaryCategory, Organization, Program, TaxonomyTerm)
}
"""Records that a report names things by."""


def key_of(record: Any) -> str:
    """Return the key of a record that a report names something by: a UUID, or the code of an area, as text."""
    return str(record.code if isinstance(record, Area) else record.id)


def records_of(session: Session, wanted: Mapping[str, Collection[str]]) -> dict[tuple[str, str], Any]:
    """Return records by table and key, with a statement for each table; those that are gone are left out.

    Raises KeyError for a table that no report names things by, ValueError for what is no key.
    """
    return {
        (name, key_of(one)): one
        for name, keys in wanted.items()
        for one in session.scalars(select(RECORDS[name]).where(_is_one_of(name, keys)))
    }


def _is_one_of(name: str, keys: Collection[str]) -> Any:
    return Area.code.in_(keys) if name == "Area" else RECORDS[name].id.in_([UUID(key) for key in keys])


def report_counted_after(session: Session, name: str, moment: datetime) -> KeptReport | None:
    """Return the report kept under a name where it was counted after a moment."""
    with without_scope(session, because="figures counted for readers of this very scope"):
        return session.scalar(select(KeptReport).where(KeptReport.name == name, KeptReport.counted_at > moment))


def kept_report(session: Session, name: str) -> KeptReport | None:
    """Return the report kept under a name, however old."""
    return session.scalar(select(KeptReport).where(KeptReport.name == name))


def names_kept(session: Session) -> list[str]:
    """Return the names of all reports that are kept, those opened last first."""
    return list(session.scalars(select(KeptReport.name).order_by(KeptReport.opened_at.desc())))


def entries_since(session: Session, day: date) -> int:
    """Return how many entries of visits the kept months since a day hold."""
    return session.scalar(select(func.coalesce(func.sum(KeptMonth.entries), 0)).where(KeptMonth.month >= day)) or 0


def wide_readers(session: Session, since: datetime) -> list[Account]:
    """Return who reads reports over a whole area or program and signed in since a moment, one for each scope."""
    accounts = session.scalars(
        select(Account)
        .where(Account.role.in_([Role.COORDINATOR, Role.EVALUATOR]), Account.active, Account.last_signed_in_at >= since)
        .order_by(Account.last_signed_in_at)
    )
    return list({(one.role, one.organization_id, one.area_code, one.program_id): one for one in accounts}.values())
