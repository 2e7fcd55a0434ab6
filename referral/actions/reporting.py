"""Keeping reports: months counted ahead, figures frozen and signed, the monthly tables of townships."""

import hashlib
import json
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from models import Account, MonthlyReport, MonthlyStatus, Snapshot
from models.encryption import keyring
from models.errors import ReasonMissing, WrongStep
from models.reporting import MONTHLY_STEPS
from referral.actions.numbering import next_number
from referral.queries.report import kept

PURPOSE = "snapshot"


def keep_months(session: Session, at: datetime) -> dict[str, int]:
    """Count ahead the months of visits whose kept sums are no longer true; return how many were."""
    return {"months": kept.keep_months(session, at=at)}


def canonical(facts: Any) -> str:
    """Return facts as the one text that JSON has for them: sorted, without blanks, no floats that differ."""
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(text: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def take_snapshot(
    session: Session, facts: dict[str, Any], *, start: date, end: date, area_code: str, by: Account, at: datetime
) -> Snapshot:
    """Freeze figures with what they mean and sign the very characters that are kept."""
    number = next_number(session, Snapshot, at)
    body = canonical({**facts, "number": number, "taken_at": at.isoformat()})
    snapshot = Snapshot(
        number=number,
        starts_on=start,
        ends_on=end,
        area_code=area_code,
        program_id=by.program_id,
        body=body,
        digest=digest(body),
        signature=keyring().fingerprint(PURPOSE, body),
        taken_by_id=by.id,
        taken_at=at,
    )
    session.add(snapshot)
    session.flush()
    return snapshot


def is_genuine(snapshot: Snapshot) -> bool:
    """Say whether a snapshot is, to the letter, what this installation signed, and its row speaks of the same."""
    said = json.loads(snapshot.body) if snapshot.body[:1] == "{" else {}
    return (
        keyring().fingerprint(PURPOSE, snapshot.body) == snapshot.signature
        and digest(snapshot.body) == snapshot.digest
        and said.get("number") == snapshot.number
        and said.get("period") == [snapshot.starts_on.isoformat(), snapshot.ends_on.isoformat()]
    )


def _move(report: MonthlyReport, status: MonthlyStatus) -> None:
    current = report.status or MonthlyStatus.DRAFT
    if status not in MONTHLY_STEPS[current]:
        raise WrongStep(current, status)
    report.status = status


def submit_month(
    session: Session, report: MonthlyReport, lines: list[Any], *, by: Account, at: datetime, remark: str | None = None
) -> MonthlyReport:
    """File a month's table with the county as it stands now; what is filed does not change when visits do."""
    _move(report, MonthlyStatus.SUBMITTED)
    report.lines, report.digest, report.remark = lines, digest(canonical(lines)), remark
    report.submitted_by_id, report.submitted_at = by.id, at
    session.add(report)
    session.flush()
    return report


def receive_month(session: Session, report: MonthlyReport, *, by: Account, at: datetime) -> None:
    """Take a month's table as received: it is final."""
    _move(report, MonthlyStatus.RECEIVED)
    report.received_by_id, report.received_at = by.id, at
    session.flush()


def return_month(session: Session, report: MonthlyReport, *, by: Account, at: datetime, reason: str | None) -> None:
    """Send a month's table back with a reason; ReasonMissing without one."""
    if not (reason or "").strip():
        raise ReasonMissing
    _move(report, MonthlyStatus.RETURNED)
    report.returned_reason, report.received_by_id, report.received_at = reason, by.id, at
    session.flush()
