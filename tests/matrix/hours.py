"""A subject's flagged visit, and a contract, a sheet and a volunteer of its station; names stand for nobody here."""

import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from models import (
    Contract,
    ContractStatus,
    FlagRule,
    Settlement,
    VisitFlag,
    Volunteer,
    VolunteerHours,
    VolunteerStatement,
)
from tests.factories import make_organization, number

FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)


def make_hours(
    session: Session, *, visit_id: uuid.UUID, station_id: uuid.UUID, area_code: str, author_id: uuid.UUID, at: datetime
) -> dict[str, Any]:
    """Return the keys of what was made, by kind of record."""
    buyer, provider = make_organization(session), make_organization(session)
    flag = VisitFlag(visit_id=visit_id, rule=FlagRule.TOO_LONG, facts={"minutes": 400, "limit": 240}, raised_at=at)
    contract, draft = (
        Contract(
            number=f"M-{number()}", name="合同", buyer_id=buyer.id, provider_id=provider.id, area_code=area_code,
            starts_on=FIRST, ends_on=LAST, status=status, signed_on=FIRST,
        )
        for status in (ContractStatus.IN_FORCE, ContractStatus.DRAFT)
    )  # fmt: skip
    volunteer = Volunteer(
        number=f"V{number()}", organization_id=station_id, name="志愿者", since=at.date() - timedelta(days=9)
    )
    session.add_all([flag, contract, draft, volunteer])
    session.flush()
    sheet = Settlement(
        contract_id=contract.id, month=FIRST, edition=1, gross=Decimal(0), deducted=Decimal(0), adjusted=Decimal(0),
        payable=Decimal(0), made_by_id=author_id, made_at=at,
    )  # fmt: skip
    entry = VolunteerHours(
        volunteer_id=volunteer.id, day=FIRST, hours=Decimal(2), activity="帮厨", recorded_by_id=author_id,
        recorded_at=at,
    )  # fmt: skip
    statement = VolunteerStatement(
        number=f"Z{number()}", volunteer_id=volunteer.id, organization_id=station_id, name="志愿者", first_day=FIRST,
        last_day=LAST, hours=Decimal(2), entries=1, digest="0" * 64, issued_by_id=author_id, issued_at=at,
    )  # fmt: skip
    session.add_all([sheet, entry, statement])
    session.flush()
    return {
        "flag": flag.id, "contract": contract.id, "draft_contract": draft.id, "settlement": sheet.id,
        "volunteer": volunteer.id, "volunteer_entry": entry.id, "statement": statement.id,
    }  # fmt: skip
