"""Opening a file outside one's scope for a stated reason and a limited time, giving it back, reviewing it."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, GlassAccess, GlassReason, GlassVerdict, MessageKind, Organization, Person, Role
from models.errors import DomainError, ReasonMissing, WrongStep
from models.glass import GLASS_LASTS, SHORTEST_REASON
from referral import log
from referral.access import without_scope
from referral.messages import tell
from referral.queries import glass


class GlassSpent(DomainError):
    """The account has asked as often as it may in one day."""

    code = "glass_spent"


class NotToReview(DomainError):
    """Nobody reviews what they opened themselves."""

    code = "own_glass"


def open_glass(
    session: Session, *, asked: str, reason: GlassReason, words: str, by: Account, at: datetime
) -> GlassAccess:
    """Ask for the file with exactly this file number or ID number, and return what came of it.

    Without a file the access has no person, and nobody is told; it counts in the day's budget all the same. Raises
    ReasonMissing for fewer than SHORTEST_REASON characters, GlassSpent beyond the budget.
    """
    words = words.strip()
    if len(words) < SHORTEST_REASON:
        raise ReasonMissing
    # Two requests of one account at once count one after the other.
    session.refresh(by, with_for_update=True)
    if glass.left_today(session, by, at) == 0:
        raise GlassSpent
    person = glass.file_of_number(session, asked)
    if person is not None and not _may_open(person, by):
        person = None
    access = GlassAccess(account_id=by.id, reason=reason, words=words, opened_at=at)
    if person is not None:
        access.person_id, access.station_id, access.area_code = person.id, person.station_id, person.area_code
        access.until = at + GLASS_LASTS
        by.glass_until = access.until
    session.add(access)
    session.flush()
    log.note(
        session,
        "glass_opened" if person else "glass_missed",
        person_id=access.person_id,
        record=access,
        purpose=reason.value,
    )
    if person is not None:
        _tell_of_opening(session, access, person, by=by, at=at)
    return access


def _may_open(person: Person, by: Account) -> bool:
    """Say whether break-glass reaches a file: one that is halted opens to supervisors and coordinators only."""
    return person.frozen_at is None or by.role is not Role.STATION_WORKER


def close_glass(session: Session, access: GlassAccess, *, by: Account, at: datetime) -> None:
    """Give an open file back before its time; raise WrongStep where it is not open to this account."""
    if access.account_id != by.id or not access.is_live(at):
        raise WrongStep("ended", "ended")
    _end(session, access, at=at)
    log.note(session, "glass_closed", person_id=access.person_id, record=access)


def review(
    session: Session, access: GlassAccess, *, verdict: GlassVerdict, note: str | None, by: Account, at: datetime
) -> None:
    """Say whether an opening was justified, and tell whoever did it. A file wrongly opened closes at once.

    Raises NotToReview for one's own, WrongStep where it was reviewed, ReasonMissing for a reproach without words.
    """
    if access.account_id == by.id:
        raise NotToReview
    if access.reviewed_at is not None:
        raise WrongStep("reviewed", verdict)
    if verdict is GlassVerdict.NOT_JUSTIFIED and not (note or "").strip():
        raise ReasonMissing
    access.verdict, access.review_note = verdict, note
    access.reviewed_by_id, access.reviewed_at = by.id, at
    if verdict is GlassVerdict.NOT_JUSTIFIED and access.is_live(at):
        _end(session, access, at=at)
    session.flush()
    log.note(session, "glass_reviewed", person_id=access.person_id, record=access, verdict=verdict.value)
    facts = {"number": _file_number(session, access), "verdict": verdict.value}
    tell(session, MessageKind.GLASS_REVIEWED, once=str(access.id), at=at, account_id=access.account_id, facts=facts)


def _file_number(session: Session, access: GlassAccess) -> str | None:
    with without_scope(session, because="the number of a file that was opened"):
        return session.scalar(sa.select(Person.number).where(Person.id == access.person_id))


def _end(session: Session, access: GlassAccess, *, at: datetime) -> None:
    access.ended_at = at
    session.flush()
    latest = session.scalar(
        sa.select(sa.func.max(GlassAccess.until, type_=GlassAccess.until.type)).where(
            GlassAccess.account_id == access.account_id, GlassAccess.ended_at.is_(None), GlassAccess.until > at
        )
    )
    session.get_one(Account, access.account_id).glass_until = latest
    session.flush()


def _tell_of_opening(session: Session, access: GlassAccess, person: Person, *, by: Account, at: datetime) -> None:
    """Tell the supervisors of the person's station and the worker's own; where one has no other, the coordinators.

    A message names the worker and the file number, never the person. It leads to the review for those who review.
    """
    facts = {"worker": by.name, "number": person.number, "reason": access.reason.value}
    review = facts | {"key": str(access.id)}
    for station_id, area_code, shown in (
        (person.station_id, person.area_code, review),
        (by.organization_id, _area_of(session, by), facts),
    ):
        others = [account for account in glass.supervisors(session, station_id) if account.id != by.id]
        readers: list[dict[str, Any]] = [{"account_id": account.id} for account in others]
        if not readers and area_code:
            readers = [{"area_code": area_code}]
        for reader in readers:
            once = f"{access.id}:{next(iter(reader.values()))}"
            tell(session, MessageKind.GLASS_OPENED, once=once, at=at, facts=shown, **reader)


def _area_of(session: Session, account: Account) -> str | None:
    if account.organization_id is None:
        return account.area_code
    return session.scalar(sa.select(Organization.area_code).where(Organization.id == account.organization_id))
