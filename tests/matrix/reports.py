"""Kept reports of the matrix' district: a frozen one, a filed month, a sample with a file and a finding."""

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from models import (
    Account,
    FileSample,
    Finding,
    FindingCode,
    FindingStatus,
    MonthlyReport,
    MonthlyStatus,
    SampledFile,
    Strata,
)
from referral.actions.reporting import take_snapshot


def make_reports(
    session: Session, at: datetime, *, evaluator: Account, station: Any, officer: Account, person_id: Any
) -> dict[str, Any]:
    """The keys of one record of each kind, by its kind."""
    start, end, area = date(2026, 7, 1), date(2026, 7, 31), str(evaluator.area_code)
    records = {kind: [0, ""] for kind in ("visit", "referral", "need", "outcome")}
    said = {"period": ["2026-07-01", "2026-07-31"], "figures": {}, "records": records}
    snapshot = take_snapshot(session, said, start=start, end=end, area_code=area, by=evaluator, at=at)
    month = MonthlyReport(
        organization_id=station.id, area_code=station.area_code, month=start, status=MonthlyStatus.SUBMITTED, lines=[]
    )
    sample = FileSample(
        number="K-1", starts_on=start, ends_on=end, area_code=area, program_id=evaluator.program_id,
        strata=Strata.NONE, size=1, drawn=1, population=1, population_digest="0" * 64, seed=1,
        drawn_by_id=evaluator.id, drawn_at=at,
    )  # fmt: skip
    session.add_all([month, sample])
    session.flush()
    file = SampledFile(sample_id=sample.id, person_id=person_id, place=1, stratum="all")
    session.add(file)
    session.flush()
    finding = Finding(
        file_id=file.id, person_id=person_id, organization_id=officer.organization_id, code=FindingCode.SERVED_LATE,
        status=FindingStatus.ASKED, found_by_id=evaluator.id, found_at=at, answer_by=at,
    )  # fmt: skip
    session.add(finding)
    session.flush()
    return {
        "snapshot": snapshot.id, "month": month.id, "file_sample": sample.id, "sampled_file": file.id,
        "finding": finding.id,
    }  # fmt: skip
