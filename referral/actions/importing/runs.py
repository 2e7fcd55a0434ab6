"""An upload from its preview to its end: applied, or thrown away."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, ImportKind, ImportRow, ImportRun, ImportStatus, RowResult
from models.base import new_key
from models.errors import WrongStep
from referral.access import without_scope
from referral.actions.importing.capacity import CapacitySheet
from referral.actions.importing.organizations import OrganizationSheet
from referral.actions.importing.people import PeopleSheet
from referral.actions.importing.sheets import Sheet
from referral.actions.importing.tables import Line, Table, read_lines

SHEETS: dict[ImportKind, type[Sheet]] = {
    ImportKind.ORGANIZATIONS: OrganizationSheet,
    ImportKind.PEOPLE: PeopleSheet,
    ImportKind.CAPACITY: CapacitySheet,
}


def preview(
    session: Session, *, kind: ImportKind, name: str, data: bytes, table: Table, by: Account, at: datetime
) -> ImportRun:
    """Keep what a file holds and what each row would do, and return the run. Nothing else is changed.

    `table` is what `read_table` made of `data`; it is read before, because reading may take long and needs no
    database.
    """
    lines = read_lines(kind, table.columns, table.rows)
    results = SHEETS[kind](session, by, at, trial=True).run(lines)
    run = ImportRun(
        id=new_key(), kind=kind, file_name=name[-255:], digest=hashlib.sha256(data).hexdigest(), by_id=by.id,
        columns=table.columns,
    )  # fmt: skip
    session.add(run)
    session.flush()
    rows = [
        {
            "id": new_key(),
            "run_id": run.id,
            "row_number": line.number,
            "cells": line.cells,
            "result": result,
            "problems": line.problems,
        }
        for line, result in zip(lines, results, strict=True)
    ]
    with without_scope(session, because="the rows of the file that this account has just brought"):
        session.execute(sa.insert(ImportRow), rows)
    return run


def apply(session: Session, run: ImportRun, *, at: datetime, by: Account) -> None:
    """Write the good rows. Each is asked once more, because the records may have changed since the preview.

    Raises WrongStep for a run that was applied or thrown away already.
    """
    _only_once(run)
    rows = session.scalars(
        sa.select(ImportRow)
        .where(ImportRow.run_id == run.id, ImportRow.result != RowResult.BAD)
        .order_by(ImportRow.row_number)
    ).all()
    lines = read_lines(run.kind, run.columns, [(row.row_number, row.cells) for row in rows])
    results = SHEETS[run.kind](session, by, at, trial=False).run(lines)
    _note(rows, lines, results)
    run.status, run.applied_at = ImportStatus.APPLIED, at
    session.flush()


def _note(rows: Sequence[ImportRow], lines: Sequence[Line], results: Sequence[RowResult]) -> None:
    """Write down what the rows did where it is not what the preview said."""
    for row, line, result in zip(rows, lines, results, strict=True):
        if row.result is not result:
            row.result = result
        if line.problems:
            row.problems = line.problems


def discard(session: Session, run: ImportRun) -> None:
    """Throw a preview away, with the cells it held; raise WrongStep for a run that is no preview any more."""
    _only_once(run)
    session.execute(
        sa.delete(ImportRow).where(ImportRow.run_id == run.id), execution_options={"synchronize_session": False}
    )
    run.status = ImportStatus.DISCARDED
    session.flush()


def _only_once(run: ImportRun) -> None:
    if run.status is not ImportStatus.PREVIEW:
        raise WrongStep(run.status, ImportStatus.APPLIED)
