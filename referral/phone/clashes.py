"""What stands in the way of an entry that comes in late: both versions, side by side; nothing is overwritten."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from models import Account, PersonStatus, Visit
from models.errors import DomainError
from referral.filters import moment
from referral.i18n import _, in_language
from referral.phone.forms import VisitForm
from referral.queries import phone_entries
from referral.words import word

Line = tuple[str, str]


@dataclass(frozen=True)
class Clash:
    """One thing that has changed meanwhile."""

    title: str
    mine: list[Line] = field(default_factory=list)
    theirs: list[Line] = field(default_factory=list)


class Clashes(DomainError):
    """An entry does not fit what stands here by now."""

    code = "phone_clash"

    def __init__(self, found: list[Clash], *, may_also: bool, choices: list[Line] | None = None) -> None:
        super().__init__()
        self.found = found
        self.may_also = may_also
        """Whether it may be saved beside what stands here."""
        self.choices = choices or []
        """Who may have been meant: value of the target, and words."""


def mark(whom: phone_entries.Whom) -> str:
    """Return how a person stands as the phone shows it, for comparing when the entry comes."""
    return f"{whom.shown}|{whom.person.area_code}"


def plain(value: Any) -> str:
    """Return a moment in words."""
    return str(getattr(moment(value), "striptags", lambda: moment(value))())


def of_form(form: VisitForm, shown: str) -> list[Line]:
    """Return what the phone had, in words."""
    said = [
        (_("Who?"), shown),
        (_("Time of coming"), plain(form.started_at.data) if form.started_at.data else ""),
        (_("Minutes"), str(form.times[1]) if form.ended_at.data else ""),
        (_("Whom did you meet?"), word(form.contact_result.data)),
        (_("Units"), str(form.units.data)),
        (_("One sentence"), form.note.data or ""),
        (_("Promised for next time"), form.promise.data or ""),
    ]
    return [(label, value) for label, value in said if value]


def of_visit(visit: Visit) -> list[Line]:
    """Return an entry that stands here, in words."""
    said = [
        (_("What was done"), in_language(visit.term)),
        (_("Time of coming"), plain(visit.started_at)),
        (_("Minutes"), str(visit.minutes)),
        (_("Whom did you meet?"), word(visit.contact_result)),
        (_("Units"), str(visit.units)),
        (_("Noted by"), visit.worker.name if visit.worker else ""),
        (_("One sentence"), visit.note or ""),
    ]
    return [(label, value) for label, value in said if value]


def of_person(whom: phone_entries.Whom) -> list[Line]:
    """Return how a person stands now."""
    return [
        (_("Who?"), whom.shown),
        (_("Village"), in_language(whom.person.area)),
        (_("State"), word(whom.person.status)),
    ]


def refuse_clashes(
    session: Session, form: VisitForm, whom: phone_entries.Whom, term_id: uuid.UUID, *, by: Account
) -> None:
    """Raise Clashes where the person or the day is no longer as the phone had it, unless the worker has decided."""
    if form.resolve.data == "also":
        return
    mine, found = of_form(form, (form.seen.data or "").partition("|")[0] or whom.shown), []
    if whom.person.status is not PersonStatus.ACTIVE:
        found.append(Clash(_("The file says something else about this person by now."), mine, of_person(whom)))
    elif form.seen.data and form.seen.data != mark(whom):
        found.append(Clash(_("The file was corrected meanwhile. Is it still the same person?"), mine, of_person(whom)))
    begin, minutes = form.times
    end = begin + timedelta(minutes=max(minutes, 1))
    for visit in phone_entries.of_the_day(session, by, whom.person.id, term_id=term_id, begin=begin, end=end):
        title = (
            _("You have written down a visit of this time already.")
            if visit.worker_id == by.id
            else _("A colleague has been there on this day.")
        )
        found.append(Clash(title, mine, of_visit(visit)))
    if found:
        raise Clashes(found, may_also=True)
