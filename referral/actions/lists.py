"""Editing what a city edits: holidays and code lists."""

from datetime import date

from sqlalchemy.orm import Session

from models import BeneficiaryCategory, CalendarDay, DayKind, NeedType, TaxonomyTerm, Urgency
from models.errors import DomainError
from referral.clock import SATURDAY


class DayIsPlain(DomainError):
    """A weekend is free and a weekday is worked already: nothing to write down."""

    code = "day_is_plain"


def put_day(session: Session, *, day: date, kind: DayKind, note: str, source: str) -> CalendarDay:
    """Write down a holiday on a weekday or a worked weekend day, or correct it; raise DayIsPlain.

    A holiday on a weekend is kept too, because the notices name whole periods.
    """
    if kind is DayKind.WORKING and day.weekday() < SATURDAY:
        raise DayIsPlain
    known = session.get(CalendarDay, day)
    if known is None:
        known = CalendarDay(day=day, kind=kind, note=note, source=source)
        session.add(known)
    else:
        known.kind, known.note, known.source = kind, note, source
    session.flush()
    return known


def remove_day(session: Session, day: CalendarDay) -> None:
    """Make a day plain again."""
    session.delete(day)
    session.flush()


def edit_term(session: Session, term: TaxonomyTerm, *, name_zh: str, name_en: str, active: bool) -> None:
    """Rename a term, or take it out of use; needs and services that have it keep it."""
    term.name_zh, term.name_en, term.active = name_zh, name_en, active
    session.flush()


def edit_need_type(
    session: Session, need_type: NeedType, *, name_zh: str, name_en: str, usual_answer: str, default_urgency: Urgency
) -> None:
    """Rename a type of need, and say how urgent it usually is."""
    need_type.name_zh, need_type.name_en = name_zh, name_en
    need_type.usual_answer, need_type.default_urgency = usual_answer, default_urgency
    session.flush()


def edit_category(session: Session, category: BeneficiaryCategory, *, name_zh: str, name_en: str) -> None:
    """Rename a recognised status."""
    category.name_zh, category.name_en = name_zh, name_en
    session.flush()
