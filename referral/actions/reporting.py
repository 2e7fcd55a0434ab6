"""Keeping reports: months counted ahead, figures frozen and signed, the monthly tables of townships."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Counter, MonthlyReport, MonthlyStatus, Snapshot
from models.encryption import keyring
from models.errors import ReasonMissing, WrongStep
from models.reporting import MONTHLY_STEPS
from referral.actions.numbering import LETTERS, next_number, number_text
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
    body = canonical({**facts, **_about(number, start, end, area_code, by.program_id), "taken_at": at.isoformat()})
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


def _about(number: str, start: date, end: date, area_code: str, program_id: UUID | None) -> dict[str, Any]:
    return {
        "number": number,
        "period": [start.isoformat(), end.isoformat()],
        "area": area_code,
        "program": program_id.hex if program_id else None,
    }


def said_in(snapshot: Snapshot) -> dict[str, Any] | None:
    """Return what a snapshot says; None where its text is no longer one that can be read."""
    try:
        said = json.loads(snapshot.body)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def is_genuine(snapshot: Snapshot) -> bool:
    """Say whether a snapshot is, to the letter, what this installation signed, and its row speaks of the same."""
    said = said_in(snapshot)
    if said is None:
        return False
    row = _about(snapshot.number, snapshot.starts_on, snapshot.ends_on, snapshot.area_code, snapshot.program_id)
    return (
        hmac.compare_digest(keyring().fingerprint(PURPOSE, snapshot.body), snapshot.signature)
        and digest(snapshot.body) == snapshot.digest
        and all(said.get(name) == value for name, value in row.items())
    )


@dataclass(frozen=True)
class Verified:
    """How many frozen reports were looked at, and the numbers of those that do not hold, in order."""

    looked_at: int
    broken: tuple[str, ...]
    missing: tuple[str, ...]
    """Numbers that were given out and whose reports are gone."""

    @property
    def holds(self) -> bool:
        """Whether every report is there and genuine."""
        return not self.broken and not self.missing


def not_genuine(session: Session, among: sa.Select[Snapshot]) -> list[str]:
    """Return the numbers of those frozen reports that are not what was signed, in order."""
    found = session.scalars(among.execution_options(yield_per=50))
    return sorted(one.number for one in found if not is_genuine(one))


def verify_snapshots(session: Session) -> Verified:
    """Check the signatures of all frozen reports, and that no number is left out."""
    broken = not_genuine(session, sa.select(Snapshot))
    numbers = set(session.scalars(sa.select(Snapshot.number)))
    return Verified(len(numbers), tuple(broken), tuple(sorted(_given_out(session) - numbers)))


def _given_out(session: Session) -> set[str]:
    """Return every number of a frozen report that was ever taken: numbers of an undone report are taken back."""
    letter = LETTERS[Snapshot]
    given: set[str] = set()
    for series, last in session.execute(
        sa.select(Counter.series, Counter.last).where(Counter.series.startswith(letter, autoescape=True))
    ):
        if (year := series.removeprefix(letter)).isdigit():
            given.update(number_text(Snapshot, int(year), value) for value in range(1, last + 1))
    return given


def _move(session: Session, report: MonthlyReport, status: MonthlyStatus) -> None:
    if sa.inspect(report).persistent:
        # Two may decide at once: the slower one waits here and finds the table moved on.
        session.refresh(report, ["status"], with_for_update=True)
    current = report.status or MonthlyStatus.DRAFT
    if status not in MONTHLY_STEPS[current]:
        raise WrongStep(current, status)
    report.status = status


def submit_month(
    session: Session, report: MonthlyReport, lines: list[Any], *, by: Account, at: datetime, remark: str | None = None
) -> MonthlyReport:
    """File a month's table with the county as it stands now; what is filed does not change when visits do."""
    _move(session, report, MonthlyStatus.SUBMITTED)
    report.lines, report.digest, report.remark = lines, digest(canonical(lines)), remark
    report.submitted_by_id, report.submitted_at = by.id, at
    session.add(report)
    session.flush()
    return report


def receive_month(session: Session, report: MonthlyReport, *, by: Account, at: datetime) -> None:
    """Take a month's table as received: it is final."""
    _move(session, report, MonthlyStatus.RECEIVED)
    report.received_by_id, report.received_at = by.id, at
    session.flush()


def return_month(session: Session, report: MonthlyReport, *, by: Account, at: datetime, reason: str | None) -> None:
    """Send a month's table back with a reason; ReasonMissing without one."""
    if not (reason or "").strip():
        raise ReasonMissing
    _move(session, report, MonthlyStatus.RETURNED)
    report.returned_reason, report.received_by_id, report.received_at = reason, by.id, at
    session.flush()
