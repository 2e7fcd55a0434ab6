"""Approving and disputing what was logged. A word is never overwritten: another one lets it lapse."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, DisputeReason, HoursDecision, HoursVerdict, Visit, VisitFlag
from models.errors import DomainError, ReasonMissing
from referral.access import without_scope
from referral.actions import contracts, flags
from referral.actions.flags import OwnVisit
from referral.queries.hours_decided import decidable

WHY = "a correction lets the word on the replaced entry lapse, whoever may give one"


class NotYours(DomainError):
    """Who may decide on these hours is somebody else."""

    code = "hours_not_yours"


class AlreadyDecided(DomainError):
    """The same was said of this visit before, or it was replaced by a correction."""

    code = "hours_already_decided"


@dataclass
class Approved:
    """What became of an approval of many: approved, and left out because of what."""

    approved: list[uuid.UUID] = field(default_factory=list)
    flagged: list[uuid.UUID] = field(default_factory=list)
    """Left out until their flags are explained."""
    own: list[uuid.UUID] = field(default_factory=list)
    settled: list[uuid.UUID] = field(default_factory=list)
    """Approved before, replaced, or not the actor's to decide."""
    beyond: int = 0
    """Of those approved: for how many no quota was left."""


def approve(session: Session, keys: Sequence[uuid.UUID], *, by: Account, at: datetime) -> Approved:
    """Approve visits; each is judged once more first. Flagged ones and the actor's own are left out.

    Safe when two approve at once: the visits are locked in the order of their keys, so the second finds them decided.
    """
    done = Approved()
    visits = _locked(session, keys, by)
    done.settled = [key for key in keys if key not in {visit.id for visit in visits}]
    standing = _standing(session, [visit.id for visit in visits])
    todo = []
    for visit in visits:
        before = standing.get(visit.id)
        if visit.worker_id == by.id:
            done.own.append(visit.id)
        elif visit.replaced or (before and before.verdict is HoursVerdict.APPROVED):
            done.settled.append(visit.id)
        else:
            todo.append(visit)
    flags.look_at(session, todo, at=at)
    flagged = _flagged(session, [visit.id for visit in todo])
    done.flagged = [visit.id for visit in todo if visit.id in flagged]
    clean = [visit for visit in todo if visit.id not in flagged]
    drawn = contracts.draw(session, clean)
    for visit in clean:
        if visit.id in standing:
            standing[visit.id].lapsed_at = at
    session.flush()
    for visit in clean:
        line, beyond = drawn.get(visit.id, (None, False))
        session.add(
            HoursDecision(
                visit_id=visit.id,
                verdict=HoursVerdict.APPROVED,
                by_id=by.id,
                at=at,
                line_id=line,
                units=visit.units,
                beyond_quota=beyond,
            )
        )
        done.approved.append(visit.id)
        done.beyond += beyond
    session.flush()
    return done


def dispute(
    session: Session, visit: Visit, *, reason: DisputeReason | None, words: str | None, by: Account, at: datetime
) -> HoursDecision:
    """Dispute a visit with a reason, also one that was approved: what it drew on a contract is given back.

    Raises OwnVisit, NotYours, ReasonMissing, AlreadyDecided.
    """
    if visit.worker_id == by.id:
        raise OwnVisit
    if reason is None or (reason is DisputeReason.OTHER and not (words or "").strip()):
        raise ReasonMissing
    found = _locked(session, [visit.id], by)
    if not found:
        raise NotYours
    before = _standing(session, [visit.id]).get(visit.id)
    if found[0].replaced or (before and before.verdict is HoursVerdict.DISPUTED):
        raise AlreadyDecided
    if before is not None:
        _lapse(session, before, found[0], at)
    decision = HoursDecision(
        visit_id=visit.id, verdict=HoursVerdict.DISPUTED, reason=reason, words=words, by_id=by.id, at=at,
        units=Decimal(0),
    )  # fmt: skip
    session.add(decision)
    session.flush()
    return decision


def lapse(session: Session, visit: Visit, *, at: datetime) -> None:
    """Let the word on an entry lapse that a correction replaces; the correction must be approved anew."""
    with without_scope(session, because=WHY):
        before = _standing(session, [visit.id]).get(visit.id)
        if before is not None:
            _lapse(session, before, visit, at)
        for flag in session.scalars(sa.select(VisitFlag).where(VisitFlag.visit_id == visit.id)):
            flag.gone_at = flag.gone_at or at
        session.flush()


def _lapse(session: Session, decision: HoursDecision, visit: Visit, at: datetime) -> None:
    contracts.give_back(session, [(decision, visit)])
    decision.lapsed_at = at
    session.flush()


def _locked(session: Session, keys: Sequence[uuid.UUID], by: Account) -> list[Visit]:
    """Return the visits that the actor may decide on, locked in the order of their keys."""
    statement = (
        sa.select(Visit)
        .where(Visit.id.in_(keys), decidable(by))
        .order_by(Visit.id)
        .with_for_update(of=Visit)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(statement))


def _standing(session: Session, keys: Sequence[uuid.UUID]) -> dict[uuid.UUID, HoursDecision]:
    statement = sa.select(HoursDecision).where(HoursDecision.visit_id.in_(keys), HoursDecision.lapsed_at.is_(None))
    return {one.visit_id: one for one in session.scalars(statement.execution_options(populate_existing=True))}


def _flagged(session: Session, keys: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    return set(
        session.scalars(
            sa.select(VisitFlag.visit_id).where(
                VisitFlag.visit_id.in_(keys), VisitFlag.explained_at.is_(None), VisitFlag.gone_at.is_(None)
            )
        )
    )
