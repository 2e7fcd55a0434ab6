"""An entry of a phone or of a page, from its fields to records; each is written once."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage, MultiDict

from models import Account, PhoneOperation
from models.errors import DomainError
from referral.actions import phone as entries
from referral.phone import writing
from referral.phone.forms import EntryForm, GroupForm, LeadForm, VisitForm
from referral.queries import needs, people

FORMS: dict[PhoneOperation, type[EntryForm]] = {
    PhoneOperation.VISIT: VisitForm,
    PhoneOperation.GROUP: GroupForm,
    PhoneOperation.LEAD: LeadForm,
}
WORK = {
    PhoneOperation.VISIT: writing.write_visit,
    PhoneOperation.GROUP: writing.write_group,
    PhoneOperation.LEAD: writing.write_lead,
}
NOT_CONTENT = frozenset({"csrf_token", "resolve", "photo"})
"""What is sent beside what somebody wrote."""
Content = dict[str, list[str]]


@dataclass
class Taken:
    """What became of an entry."""

    form: EntryForm
    reply: dict[str, Any] = field(default_factory=dict)
    """Keys of what was written; empty where nothing was."""
    again: bool = False
    """It had been taken before."""
    error: DomainError | None = None

    @property
    def saved(self) -> bool:
        """Whether it stands in the database now."""
        return bool(self.reply)


def content_of(fields: MultiDict[str, str]) -> Content:
    """Return what somebody wrote, without tokens and decisions: two sendings of one entry give the same."""
    return {
        name: fields.getlist(name) for name in sorted(fields) if name not in NOT_CONTENT and any(fields.getlist(name))
    }


def blank(session: Session, operation: PhoneOperation, by: Account, **data: Any) -> EntryForm:
    """Return a form to be filled in."""
    return _prepared(session, FORMS[operation](formdata=None, data=data or None), by)


def _prepared(session: Session, form: Any, by: Account) -> EntryForm:
    prepared: EntryForm = form
    if isinstance(form, LeadForm):
        form.prepare(people.villages_in_reach(session, by))
    else:
        form.prepare(needs.terms(session))
    return prepared


def take(
    session: Session,
    operation: PhoneOperation,
    fields: MultiDict[str, str],
    *,
    by: Account,
    at: datetime,
    photo: FileStorage | None = None,
    written_at: datetime | None = None,
) -> Taken:
    """Write an entry down, or say why not.

    A form that is not valid comes back with its errors; what has changed meanwhile comes back as `error`, undone.
    """
    form = _prepared(session, FORMS[operation](formdata=fields), by)
    if not form.validate():
        return Taken(form)
    key = str(form.entry_key.data)
    picture = photo.read() if photo else b""
    content = content_of(fields) | ({"photo": [str(uuid.uuid5(uuid.NAMESPACE_OID, picture.hex()))]} if picture else {})
    try:
        # What is refused is undone here, and the page that says so still has its records.
        with session.begin_nested():
            reply, again = entries.once(
                session,
                operation,
                key,
                content,
                lambda: WORK[operation](session, form, by=by, at=at, photo=picture),
                by=by,
                at=at,
                written_at=written_at,
            )
    except DomainError as error:
        return Taken(form, error=error)
    return Taken(form, reply=reply, again=again)
