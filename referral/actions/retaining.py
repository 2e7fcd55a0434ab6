"""What its time is up: shown first, proposed by one, confirmed by another, removed in batches, each in the log."""

import uuid
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from models import Account, MessageKind, Person, RetentionLine, RetentionRun, RetentionState, Role
from models.errors import DomainError
from models.retention import LIVE_STATES
from referral import log
from referral.access import without_scope
from referral.actions.erasing import empty_file
from referral.actions.numbering import next_number
from referral.messages import tell
from referral.queries import retention
from referral.transactions import transaction

BATCH = 200
BATCHES_OF_A_JOB = 10
DECIDERS = (Role.ADMINISTRATOR, Role.COORDINATOR)


class RemovalUnderWay(DomainError):
    """Another removal waits for its second person, or is at work."""

    code = "removal_under_way"


class NothingToRemove(DomainError):
    """Every record is within its time."""

    code = "nothing_to_remove"


class RemovalNeedsTwo(DomainError):
    """Whoever proposed a removal does not confirm it."""

    code = "removal_needs_two"


def propose(session: Session, *, by: Account, at: datetime) -> RetentionRun:
    """Write down what would be removed now, for somebody else to confirm, and tell those who may."""
    if session.scalar(sa.select(RetentionRun.id).where(RetentionRun.state.in_(LIVE_STATES))):
        raise RemovalUnderWay
    shown = [due for due in retention.due(session, at) if due.count]
    if not shown:
        raise NothingToRemove
    run = RetentionRun(number=next_number(session, RetentionRun, at), proposed_by_id=by.id, proposed_at=at)
    session.add(run)
    session.flush()
    for due in shown:
        assert due.before is not None  # noqa: S101  what is kept has no count
        line = RetentionLine(run_id=run.id, kind=due.period.kind, before=due.before, shown=due.count, oldest=due.oldest)
        session.add(line)
    session.flush()
    log.note(session, "retention_proposed", record=run, rows=sum(due.count for due in shown))
    others = sa.select(Account.id).where(Account.role.in_(DECIDERS), Account.active, Account.id != by.id)
    for account_id in session.scalars(others):
        once, facts = f"{run.number}:{account_id}", {"number": run.number}
        tell(session, MessageKind.RETENTION_PROPOSED, once=once, at=at, account_id=account_id, facts=facts)
    return run


def confirm(session: Session, run: RetentionRun, *, by: Account, at: datetime) -> None:
    """Agree to a proposal that somebody else made. From here the records go. Raises RemovalNeedsTwo, WrongStep."""
    if by.id == run.proposed_by_id:
        raise RemovalNeedsTwo
    run.move_to(RetentionState.CONFIRMED)
    run.confirmed_by_id, run.confirmed_at = by.id, at
    session.flush()
    log.note(session, "retention_confirmed", record=run)


def discard(session: Session, run: RetentionRun, *, by: Account, at: datetime) -> None:
    """Drop a proposal; nothing was removed. Raises WrongStep."""
    run.move_to(RetentionState.DISCARDED)
    run.finished_at = at
    session.flush()
    log.note(session, "retention_discarded", record=run)


def apply_batch(session: Session, run: RetentionRun, *, at: datetime, size: int = BATCH) -> int:
    """Remove the next records of a confirmed run and return how many; 0 once all is done and the run has ended.

    A record that came back into use since it was shown no longer fits the rule and stays.
    """
    for line in sorted(run.lines, key=lambda line: line.kind):
        if line.finished:
            continue
        count = _apply(session, line, at=at, size=size)
        if count:
            line.removed += count
            session.flush()
            log.note(session, "retention_applied", record=run, kind=line.kind, rows=count)
            return count
        line.finished = True
    run.move_to(RetentionState.DONE)
    run.finished_at = at
    session.flush()
    return 0


def _apply(session: Session, line: RetentionLine, *, at: datetime, size: int) -> int:
    """Remove up to `size` records of one kind, each table in its turn."""
    with without_scope(session, because="removing what two people agreed to remove"):
        if line.kind == "person_file":
            return _empty(session, line, at=at, size=min(size, BATCH // 4))
        for table in retention.TABLES[line.kind]:
            keys = session.scalars(table.keys(line.before).limit(size)).all()
            if keys:
                gone = sa.delete(table.record).where(table.record.id.in_(keys))
                session.execute(gone.execution_options(synchronize_session=False))
                return len(keys)
    return 0


def _empty(session: Session, line: RetentionLine, *, at: datetime, size: int) -> int:
    keys = session.scalars(retention.idle_people(line.before).with_only_columns(Person.id).limit(size)).all()
    emptied = 0
    for key in keys:
        # Locked, then asked again: a case may have begun since.
        session.execute(sa.select(Person.id).where(Person.id == key).with_for_update(key_share=True))
        person = session.scalar(retention.idle_people(line.before).where(Person.id == key))
        if person is not None:
            empty_file(session, person, at=at)
            emptied += 1
    return emptied


def confirmed_run(session: Session) -> RetentionRun | None:
    """Return the run that is to be applied, with its lines."""
    return session.scalar(
        sa.select(RetentionRun)
        .where(RetentionRun.state == RetentionState.CONFIRMED)
        .options(selectinload(RetentionRun.lines))
    )


def apply_confirmed(session: Session, at: datetime) -> dict[str, int]:
    """Remove some batches of the confirmed run, if there is one. For the jobs: one transaction."""
    removed = 0
    for _batch in range(BATCHES_OF_A_JOB):
        run = confirmed_run(session)
        if run is None:
            break
        removed += apply_batch(session, run, at=at)
    return {"removed": removed}


def apply_all(session: Session, at: datetime) -> Sequence[tuple[uuid.UUID, int]]:
    """Remove the whole confirmed run, one batch a transaction; return the batches. For the command."""
    batches: list[tuple[uuid.UUID, int]] = []
    while True:
        with transaction(session):
            run = confirmed_run(session)
            if run is None:
                return batches
            batches.append((run.id, apply_batch(session, run, at=at)))
