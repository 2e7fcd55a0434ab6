"""Filling in an instrument: the sheet with its sealed answers, its score as an outcome, and when it is due again."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    AssessmentOccasion,
    Case,
    CaseStatus,
    InstrumentVersion,
    MeasureDue,
    Mode,
    Outcome,
    Sheet,
    VersionState,
)
from models.base import new_key
from models.errors import DomainError
from referral.actions.red_flags import raise_flags
from referral.actions.revisits import DayInFuture
from referral.clock import local_date
from referral.instruments import scoring

Occasion = AssessmentOccasion
ENDED = (CaseStatus.EXITED,)
Answers = Mapping[str, Decimal | int | bool | None]


class AlreadyTaken(DomainError):
    """This instrument was taken of this person on this day already: correct that sheet instead."""

    code = "already_taken"

    def __init__(self, sheet: Sheet | None) -> None:
        super().__init__("taken already")
        self.sheet = sheet


class NotOffered(DomainError):
    """The instrument is switched off, or this version is a draft."""

    code = "not_offered"


def take(
    session: Session,
    case: Case,
    version: InstrumentVersion,
    *,
    answers: Answers,
    occasion: AssessmentOccasion,
    on: date,
    mode: Mode,
    by: Account,
    at: datetime,
    note: str | None = None,
    entry_key: str | None = None,
    corrects: Sheet | None = None,
) -> Sheet:
    """Keep a filled-in sheet, its outcome, its next day and its red flags, all in one; return the sheet.

    `version` comes with its instrument. The same `entry_key` of the same account returns the sheet that exists.
    Raises NotOffered, DayInFuture, AlreadyTaken, and NotAChoice for an answer that the item does not offer.
    """
    if entry_key and (known := _sent_before(session, by, entry_key)) is not None:
        return known
    if version.state is not VersionState.PUBLISHED or not (version.instrument.active or corrects):
        raise NotOffered
    if on > local_date(at):
        raise DayInFuture
    found = scoring.score(version.definition, answers)
    sheet = Sheet(
        id=new_key(at),
        person_id=case.person_id,
        case_id=case.id,
        version_id=version.id,
        occasion=occasion,
        taken_on=on,
        mode=mode,
        asked_by_id=by.id,
        answers={name: _plain(value) for name, value in answers.items() if value is not None},
        score=found.score,
        missing_items=found.missing,
        band=found.band,
        note=note,
        entry_key=entry_key,
        corrects_id=corrects.id if corrects else None,
    )
    sheet.outcome_id = _outcome(session, sheet, version, corrects).id
    session.add(sheet)
    if corrects is not None:
        corrects.replaced = True
    session.flush()
    _next_day(session, case, version, sheet)
    raise_flags(session, sheet, case, found.flags, by=by, at=at)
    return sheet


def drop_dues(session: Session, case: Case, *, at: datetime) -> None:
    """Let go of what was still to be asked of a case that ended early: it counts as missing."""
    for due in session.scalars(_open_dues(case)):
        due.dropped_on = local_date(at)
    session.flush()


def _sent_before(session: Session, by: Account, entry_key: str) -> Sheet | None:
    return session.scalars(
        sa.select(Sheet).where(Sheet.asked_by_id == by.id, Sheet.entry_key == entry_key)
    ).one_or_none()


def _plain(value: Decimal | float | bool) -> int | str | bool | float:
    return str(value) if isinstance(value, Decimal) else value


def _outcome(session: Session, sheet: Sheet, version: InstrumentVersion, corrects: Sheet | None) -> Outcome:
    """Write the score where reports read it; a correction gives the outcome of its sheet the right score."""
    code = version.instrument.code
    outcome = session.get(Outcome, corrects.outcome_id) if corrects and corrects.outcome_id else None
    if outcome is None:
        outcome = Outcome(id=new_key(), person_id=sheet.person_id, case_id=sheet.case_id, measure=code)
        session.add(outcome)
    same = sa.select(Outcome.id).where(
        Outcome.case_id == sheet.case_id,
        Outcome.measure == code,
        Outcome.occasion == sheet.occasion,
        Outcome.taken_on == sheet.taken_on,
        Outcome.id != outcome.id,
    )
    with session.no_autoflush:
        if session.scalar(same) is not None:
            if sa.inspect(outcome).pending:
                session.expunge(outcome)
            raise AlreadyTaken(None)
    outcome.occasion, outcome.taken_on, outcome.score = sheet.occasion, sheet.taken_on, sheet.score
    outcome.missing_items, outcome.mode, outcome.taken_by_id = sheet.missing_items, sheet.mode, sheet.asked_by_id
    outcome.instrument_version_id = version.id
    session.flush()
    return outcome


def _open_dues(case: Case) -> sa.Select[MeasureDue]:
    return sa.select(MeasureDue).where(
        MeasureDue.case_id == case.id, MeasureDue.done_on.is_(None), MeasureDue.dropped_on.is_(None)
    )


def _next_day(session: Session, case: Case, version: InstrumentVersion, sheet: Sheet) -> None:
    """Close what was due of this instrument and say when it is due again, unless the case ended early."""
    instrument = version.instrument
    due = session.scalars(_open_dues(case).where(MeasureDue.instrument_id == instrument.id)).one_or_none()
    if due is not None:
        if due.after_sheet_id == sheet.corrects_id:  # the same day asked again changes nothing but the sheet
            due.after_sheet_id = sheet.id
            return
        due.done_on, due.sheet_id = sheet.taken_on, sheet.id
        session.flush()
    if instrument.follow_up_days is None or case.status in ENDED or sheet.corrects_id is not None:
        return
    session.add(
        MeasureDue(
            person_id=case.person_id,
            case_id=case.id,
            station_id=case.station_id,
            instrument_id=instrument.id,
            after_sheet_id=sheet.id,
            due_on=sheet.taken_on + timedelta(days=instrument.follow_up_days),
        )
    )
    session.flush()
