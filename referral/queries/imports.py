"""Files that were brought: the list of them, and what is in one."""

import uuid
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, ImportRow, ImportRun, ImportStatus, RowResult
from referral.access import get_in_scope, scope


def newest_first(actor: Account) -> sa.Select[Any]:
    """Return the actor's uploads, newest first."""
    return sa.select(ImportRun).where(scope(actor, ImportRun)).order_by(ImportRun.id.desc())


def find_run(session: Session, actor: Account, key: uuid.UUID) -> ImportRun | None:
    """Return an upload of the actor's, or None."""
    run: ImportRun | None = get_in_scope(session, actor, ImportRun, key)
    return run


def counts(session: Session, runs: Iterable[uuid.UUID]) -> dict[uuid.UUID, dict[RowResult, int]]:
    """Return for each upload how many rows have each result."""
    found: dict[uuid.UUID, dict[RowResult, int]] = {key: dict.fromkeys(RowResult, 0) for key in runs}
    statement = (
        sa.select(ImportRow.run_id, ImportRow.result, sa.func.count())
        .where(ImportRow.run_id.in_(found))
        .group_by(ImportRow.run_id, ImportRow.result)
    )
    for run, result, number in session.execute(statement):
        found[run][result] = number
    return found


def rows(run: ImportRun, result: RowResult | None) -> sa.Select[Any]:
    """Return the rows of an upload, of one result or all, in the order of the file."""
    statement = sa.select(ImportRow).where(ImportRow.run_id == run.id).order_by(ImportRow.row_number)
    return statement if result is None else statement.where(ImportRow.result == result)


def twin(session: Session, run: ImportRun) -> ImportRun | None:
    """Return the last upload of exactly the same file by the same account that was applied, or None."""
    return session.scalars(
        sa.select(ImportRun)
        .where(
            ImportRun.digest == run.digest,
            ImportRun.kind == run.kind,
            ImportRun.by_id == run.by_id,
            ImportRun.id != run.id,
            ImportRun.status == ImportStatus.APPLIED,
        )
        .order_by(ImportRun.id.desc())
        .limit(1)
    ).first()


def find_account(session: Session, login: str) -> Account | None:
    """Return the account that signs in by a name, for the command line, or None."""
    return session.scalars(sa.select(Account).where(Account.login == login, Account.active)).one_or_none()
