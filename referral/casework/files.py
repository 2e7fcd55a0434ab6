"""The station's lists as files."""

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from models import Account, Person
from referral import clock
from referral.casework.case_forms import CaseloadForm
from referral.exports import Column, workbook
from referral.i18n import _, in_language
from referral.queries import cases, visits
from referral.words import word

AT_ONCE = 500
"""Cases whose visits and needs are looked up with one question."""


def shown_filters(form: Any) -> list[tuple[str, str]]:
    """Return the filters of a list with their values in words, for the second sheet."""
    notes = []
    for field in form:
        if field.data not in (None, "", False):
            options = {str(choice.value): choice.label for choice in getattr(field, "iter_choices", list)()}
            text = getattr(field.data, "value", field.data)
            notes.append((str(field.label.text), str(options.get(str(text), _("yes") if text is True else text))))
    return notes


def caseload(session: Session, actor: Account, wanted: cases.CaseloadFilter, form: CaseloadForm) -> Response:
    """Return the caseload as an Excel file."""
    found = visits.exported(session, cases.caseload(session, actor, wanted, today=clock.today()))
    parts = [found[start : start + AT_ONCE] for start in range(0, len(found), AT_ONCE)]
    rows = [row for part in parts for row in cases.caseload_rows(session, part)]
    columns: list[Column | str] = [
        _("Number"), _("Person"), _("File number"), _("Sex"), Column(_("Age"), "number"), _("Township"), _("Village"),
        _("Phone"), _("State"), _("Urgency"), _("Source"), Column(_("Opened"), "day"), Column(_("Last visit"), "day"),
        Column(_("Open needs"), "number"), Column(_("Next due"), "day"),
    ]  # fmt: skip
    lines = [
        (
            row.case.number,
            row.case.person.name,
            row.case.person.number,
            word(row.case.person.sex) if row.case.person.sex else None,
            row.case.person.age(clock.today()),
            in_language(row.case.person.area.parent) if row.case.person.area.parent else None,
            in_language(row.case.person.area),
            row.case.person.phone,
            word(row.case.status),
            word(row.case.urgency),
            word(row.case.source),
            clock.local_date(row.case.opened_at),
            clock.local_date(row.last_visit) if row.last_visit else None,
            row.open_needs,
            clock.local_date(row.next_due) if row.next_due else None,
        )
        for row in rows
    ]
    return workbook(_("Caseload"), columns, lines, notes=shown_filters(form))


def visit_list(session: Session, actor: Account, wanted: visits.VisitFilter, form: Any) -> Response:
    """Return the visits of a filter as an Excel file, with totals and their rule."""
    found = visits.exported(session, visits.visits(session, actor, wanted))
    sums = visits.totals(session, actor, wanted)
    columns: list[Column | str] = [
        Column(_("When"), "moment"), _("Person"), _("File number"), _("Village"), _("What"), _("Kind"), _("Result"),
        Column(_("Units"), "number"), _("Unit"), Column(_("Minutes"), "number"), Column(_("Value (yuan)"), "money"),
        _("Who"), _("Organization"), Column(_("What happened"), width=40),
    ]  # fmt: skip
    lines = [
        (
            visit.started_at,
            *_whom(visit.person),
            in_language(visit.term),
            word(visit.kind),
            word(visit.contact_result),
            visit.units,
            visit.unit,
            visit.minutes,
            visit.amount,
            visit.worker.name if visit.worker else visit.worker_name,
            in_language(visit.organization),
            visit.note,
        )
        for visit in found
    ]
    notes = [
        *shown_filters(form),
        (_("Person-times"), sums.person_times),
        (_("People"), sums.people),
        (_("Hours"), sums.hours),
        (_("Value (yuan)"), sums.amount),
        (_("How it is counted"), _("One person × one event that reached somebody; corrected entries count once.")),
    ]
    return workbook(_("Visits"), columns, lines, notes=notes)


def _whom(person: Person | None) -> tuple[str | None, str | None, str | None]:
    """Return name, number and village; nothing of somebody whom another station looks after by now."""
    return (person.name, person.number, in_language(person.area)) if person else (None, None, None)
