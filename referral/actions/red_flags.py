"""Answers that cannot wait: an urgent task for worker and supervisor in the same transaction as the answer."""

from datetime import datetime

from sqlalchemy.orm import Session

from models import Account, Case, FlagHandling, MessageKind, Person, RedFlag, Sheet
from models.base import new_key
from models.errors import DomainError, ReasonMissing
from referral.actions.contradicting import supervisors
from referral.messages import tell


class AlreadyHandled(DomainError):
    """Somebody has acted already."""

    code = "already_handled"


def raise_flags(
    session: Session, sheet: Sheet, case: Case, codes: tuple[str, ...], *, by: Account, at: datetime
) -> list[RedFlag]:
    """Open a task for each code, and tell whoever asked, the case's worker and the station's supervisors at once.

    The message names the file by its number and never what was answered. A station without a supervisor is told whole.
    """
    flags = [
        RedFlag(
            id=new_key(at),
            sheet_id=sheet.id,
            person_id=sheet.person_id,
            case_id=sheet.case_id,
            station_id=case.station_id,
            code=code,
            raised_at=at,
        )
        for code in codes
    ]
    session.add_all(flags)
    session.flush()
    for flag in flags:
        _tell(session, flag, case, by, at)
    return flags


def handle(
    session: Session, flag: RedFlag, *, handling: FlagHandling, done: str | None, by: Account, at: datetime
) -> None:
    """Say what was done; the banner goes. Raises ReasonMissing without words, AlreadyHandled."""
    if flag.handled_at is not None:
        raise AlreadyHandled
    if not (done or "").strip():
        raise ReasonMissing
    flag.handling, flag.done, flag.handled_at, flag.handled_by_id = handling, done, at, by.id
    session.flush()


def _tell(session: Session, flag: RedFlag, case: Case, by: Account, at: datetime) -> None:
    number = session.get_one(Person, flag.person_id).number
    leading = supervisors(session, case.station_id)
    accounts = dict.fromkeys([by.id, case.worker_id, *(one.id for one in leading)])
    for key in accounts:
        if key is not None:
            facts = {"number": number, "key": str(flag.person_id)}
            tell(session, MessageKind.RED_FLAG, once=f"{flag.id}:{key}", at=at, account_id=key, facts=facts)
    if not leading:
        whom = {"organization_id": case.station_id} if case.station_id else {"area_code": case.area_code}
        facts = {"number": number, "key": str(flag.person_id)}
        tell(session, MessageKind.RED_FLAG, once=f"{flag.id}:all", at=at, facts=facts, **whom)
