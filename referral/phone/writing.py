"""What an entry asks for, done: a visit, a group session, a call for help."""

import uuid
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from models import (
    Account,
    CaseSource,
    CaseStatus,
    ContactResult,
    Organization,
    PersonStatus,
    PictureKind,
    ReferralStatus,
    TaxonomyTerm,
    Visit,
    VisitDetail,
    VisitKind,
)
from models.errors import DomainError
from models.visit import REACHED
from referral.actions import cases, delivery, pictures, referrals, visits
from referral.actions import people as acts
from referral.i18n import _, in_language
from referral.phone.clashes import Clash, Clashes, of_form, refuse_clashes
from referral.phone.forms import DoneForm, GroupForm, LeadForm, VisitForm
from referral.queries import needs, people, phone_entries

Reply = dict[str, Any]


class PersonGone(DomainError):
    """Somebody is no longer in the worker's reach."""

    code = "person_gone"


class NotClearWho(Clashes):
    """A name that nobody or several people answer to."""

    code = "not_clear_who"


def whom(session: Session, by: Account, target: str) -> phone_entries.Whom:
    """Return whom a target names; raises PersonGone where the worker no longer reaches them."""
    kind, _sign, key = target.partition(":")
    try:
        wanted = uuid.UUID(key)
    except ValueError:
        raise PersonGone from None
    found = (phone_entries.referral_now if kind == "referrals" else phone_entries.person_now)(session, by, wanted)
    if found is None:
        raise PersonGone
    return found


def target_of(found: phone_entries.Whom) -> str:
    """Return what names somebody on the phone."""
    return f"referrals:{found.referral.id}" if found.referral else f"people:{found.person.id}"


def write_visit(session: Session, form: VisitForm, *, by: Account, at: datetime, photo: bytes) -> Reply:
    """Write one visit down with its detail and pictures; raises Clashes, PersonGone and what the records refuse."""
    decided = form.resolve.data or ""
    chosen = decided.removeprefix("target=") if decided.startswith("target=") else str(form.target.data or "")
    found = whom(session, by, chosen) if chosen else _named(session, form, by)
    term_id = found.referral.need.term_id if found.referral else uuid.UUID(form.term.data)
    refuse_clashes(session, form, found, term_id, by=by)
    visit = _log(session, form, found, by=by, at=at, kind=form.kind.data, result=form.contact_result.data,
                 amount=form.amount.data, entry_key=str(form.entry_key.data))  # fmt: skip
    session.add(
        VisitDetail(
            visit_id=visit.id,
            attitude=form.attitude.data,
            seen_needs=form.needs.data or None,
            promise=form.promise.data,
            arrived_at=form.started_at.data if form.checked_in.data else None,
            left_at=form.ended_at.data if form.checked_out.data else None,
        )
    )
    _keep_pictures(session, visit, photo, form.photo_data.data, form.signature_data.data)
    session.flush()
    return {"visits": [str(visit.id)]}


def _named(session: Session, form: VisitForm, by: Account) -> phone_entries.Whom:
    """Return the one whom a typed name means; raises NotClearWho with those who may be meant."""
    found = phone_entries.named(session, by, form.who.data or "")
    if len(found) == 1:
        return found[0]
    choices = [(target_of(one), _described(one)) for one in found] or [
        (f"people:{person.id}", f"{person.name} · {in_language(person.area)}")
        for person in phone_entries.alike(session, by, form.who.data or "")
    ]
    title = _("Who is “%(text)s”?", text=form.who.data or "")
    raise NotClearWho([Clash(title, of_form(form, form.who.data or ""))], may_also=False, choices=choices)


def _described(found: phone_entries.Whom) -> str:
    if found.referral is not None:
        return f"{found.shown} · {in_language(found.referral.need.term)}"
    return f"{found.shown} · {in_language(found.person.area)} · {found.person.number}"


def _log(
    session: Session,
    form: DoneForm,
    found: phone_entries.Whom,
    *,
    by: Account,
    at: datetime,
    kind: VisitKind,
    result: ContactResult,
    entry_key: str,
    amount: Any = None,
    activity_key: uuid.UUID | None = None,
    note: str | None = None,
) -> Visit:
    begin, minutes = form.times
    common: dict[str, Any] = {
        "kind": kind,
        "contact_result": result,
        "started_at": begin,
        "minutes": min(minutes, 24 * 60),
        "units": form.units.data,
        "amount": amount,
        "note": note or form.note.data,
        "entry_key": entry_key,
        "activity_key": activity_key,
    }
    if found.referral is not None and found.referral.organization_id == by.organization_id:
        return delivery.log_delivery(session, found.referral, by=by, at=at, **common)
    if found.referral is not None:  # a station looks after what it has asked of somebody else
        need = found.referral.need
        return visits.log_visit(
            session,
            person=found.person,
            term=need.term,
            organization=_organization(by),
            by=by,
            referral=found.referral,
            case=need.case,
            **common,
        )
    term = session.get_one(TaxonomyTerm, uuid.UUID(form.term.data))
    going = needs.going_on(session, by, found.person.id)
    own = next(
        (one for one in going if one.organization_id == by.organization_id and one.need.term_id == term.id), None
    )
    if own and own.status is ReferralStatus.ACCEPTED and result in REACHED:
        referrals.start(session, own, by=by, at=at)
    case = own.need.case if own else people.open_cases(session, by, [found.person.id]).get(found.person.id)
    return visits.log_visit(
        session,
        person=found.person,
        term=term,
        organization=_organization(by),
        by=by,
        referral=own,
        case=case,
        **common,
    )


def _organization(by: Account) -> Organization:
    if by.organization is None:
        raise ValueError(f"account {by.id} logs visits for no organization")
    return by.organization


def _keep_pictures(session: Session, visit: Visit, photo: bytes, photo_data: str | None, signature: str | None) -> None:
    data = photo or (pictures.from_address(photo_data) if photo_data else b"")
    if data:
        pictures.keep(session, visit, pictures.remake(data, PictureKind.PHOTO), PictureKind.PHOTO)
    if signature:
        drawn = pictures.remake(pictures.from_address(signature), PictureKind.SIGNATURE)
        pictures.keep(session, visit, drawn, PictureKind.SIGNATURE)


def write_group(session: Session, form: GroupForm, *, by: Account, at: datetime, photo: bytes) -> Reply:
    """Write one session down, an entry for each who came; raises Clashes for names that nobody can place."""
    came = [whom(session, by, target) for target in form.people.data or ()]
    lost = []
    for line in form.lines:
        found = phone_entries.named(session, by, line)
        if len(found) == 1:
            came.append(found[0])
        else:
            lost.append(line)
    away = [one.shown for one in came if one.person.status is not PersonStatus.ACTIVE]
    also = form.resolve.data == "also"
    if (lost and not (also and came)) or (away and not also):
        raise Clashes(_unplaced(form, lost, away), may_also=bool(came))
    activity = uuid.uuid5(by.id, str(form.entry_key.data))
    note = form.note.data
    if lost:
        note = "\n".join(filter(None, [note, _("Also came: %(names)s", names="、".join(lost))]))
    unique = {target_of(one): one for one in came}
    written = [
        _log(session, form, one, by=by, at=at, kind=VisitKind.GROUP, result=ContactResult.MET_PERSON, note=note,
             entry_key=f"{str(form.entry_key.data)[:31]}:{(one.referral or one.person).id.hex}", activity_key=activity)
        for one in unique.values()
    ]  # fmt: skip
    _keep_pictures(session, written[0], photo, form.photo_data.data, None)
    return {"visits": [str(visit.id) for visit in written]}


def _unplaced(form: GroupForm, lost: list[str], away: list[str]) -> list[Clash]:
    begin, minutes = form.times
    mine = [
        (_("Time of coming"), f"{begin:%m-%d %H:%M}"),
        (_("Minutes"), str(minutes)),
        (_("Others who came"), "、".join(form.lines)),
    ]
    found = []
    if lost:
        names = "、".join(lost)
        then = _("The names go into the note; the others are written down.")
        found.append(Clash(_("These names are not clear: %(names)s", names=names), mine, [(_("If you save"), then)]))
    if away:
        title = _("The file says something else about these people by now: %(names)s", names="、".join(away))
        found.append(Clash(title, mine, []))
    return found


def write_lead(session: Session, form: LeadForm, *, by: Account, at: datetime, photo: bytes) -> Reply:
    """File a lead at once: for the one of that name and village whom the worker knows, else for somebody new."""
    same = [
        one
        for one in phone_entries.named(session, by, str(form.name.data))
        if one.person.area_code == form.area_code.data and one.referral is None
    ]
    if len(same) == 1:
        person = same[0].person
    else:
        facts = acts.PersonFacts(name=str(form.name.data), area_code=form.area_code.data, phone=form.phone.data)
        station = people.station_for(session, facts.area_code)
        person = acts.take_in(
            session, facts, station=station, at=at, demonstration=bool(current_app.config["DEMONSTRATION"])
        )
    summary = str(form.summary.data)
    if form.phone.data and len(same) == 1 and not people.has_phone(session, person, form.phone.data):
        summary = f"{summary}\n{_('Phone')}: {form.phone.data}"
    case = cases.open_case(
        session,
        person,
        source=CaseSource.VISIT,
        urgency=form.urgency.data,
        summary=summary,
        by=by,
        at=at,
        status=CaseStatus.LEAD,
    )
    return {"case": case.number}
