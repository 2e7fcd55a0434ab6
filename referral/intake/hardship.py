"""A village assistant's report, from the form to a lead at the station."""

import uuid
from datetime import datetime

from flask import request
from sqlalchemy.orm import Session
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from models import Account, Area, Case, CaseSource, CaseStatus, Person
from referral import clock
from referral.actions import cases
from referral.actions import people as acts
from referral.i18n import _
from referral.intake.fields import village_choices
from referral.intake.forms import HardshipForm
from referral.intake.writing import demonstration
from referral.queries import people

SOMEBODY_ELSE = "new"


def prepare(session: Session, actor: Account, form: HardshipForm) -> tuple[Area | None, list[Person]]:
    """Give the form its lists. Return the village where there is one only, and who of that name is known there."""
    townships = people.villages_in_reach(session, actor)
    form.area_code.choices = village_choices(townships, _("Choose the village"))
    villages = [village for _township, found in townships for village in found]
    only = villages[0] if len(villages) == 1 else None
    if only is not None:
        form.area_code.data, form.area_code.raw_data = only.code, [only.code]
    alike = _neighbours(session, actor, form) if request.method == "POST" else []
    form.known.choices = [SelectChoice(value=str(person.id), label=_described(person)) for person in alike]
    if alike:
        form.known.choices.append(SelectChoice(value=SOMEBODY_ELSE, label=_("Somebody else")))
    return only, alike


def _neighbours(session: Session, actor: Account, form: HardshipForm) -> list[Person]:
    found = people.likely_duplicates(
        session,
        actor,
        name=form.name.data or "",
        id_number=None,
        born_on=None,
        phone=form.phone.data,
        area_code=form.area_code.data,
    )
    return [likeness.person for likeness in found]


def _described(person: Person) -> str:
    """Return a name with the decade of life; more of a known person is not for the village to see."""
    age = person.age(clock.today())
    if age is None:
        return person.name
    first = age // 10 * 10
    return _("%(name)s, %(age)s years", name=person.name, age=f"{first}–{first + 9}")


def report(session: Session, form: HardshipForm, *, by: Account, at: datetime) -> Case:
    """Write a lead down, for somebody known or somebody new, and return it."""
    person = people.person_in_scope(session, by, uuid.UUID(form.known.data)) if _is_known(form) else None
    if person is None:
        facts = acts.PersonFacts(name=str(form.name.data), area_code=form.area_code.data, phone=form.phone.data)
        station = people.station_for(session, facts.area_code)
        person = acts.take_in(session, facts, station=station, at=at, demonstration=demonstration())
    case = cases.open_case(
        session,
        person,
        source=CaseSource.VILLAGE_REPORT,
        urgency=form.urgency.data,
        summary=_with_phone(session, form, person),
        by=by,
        at=at,
        status=CaseStatus.LEAD,
    )
    case.person = person
    return case


def coarse(case: Case) -> tuple[str, str, str]:
    """Return what a village may know of its report: words, tone and icon."""
    if case.status is CaseStatus.LEAD:
        return _("Waiting for the station"), "warning", "clock"
    if case.status is CaseStatus.EXITED:
        return _("Closed by the station"), "neutral", "door-exit"
    if case.status in {CaseStatus.CONCLUDED, CaseStatus.REVISITED}:
        return _("Help is done"), "success", "circle-check"
    return _("The station is on it"), "primary", "heart-handshake"


def _is_known(form: HardshipForm) -> bool:
    return bool(form.known.data) and form.known.data != SOMEBODY_ELSE


def _with_phone(session: Session, form: HardshipForm, person: Person) -> str:
    """Return what happened; with the telephone, where a known person has another one."""
    if form.phone.data and not people.has_phone(session, person, form.phone.data):
        return f"{form.summary.data}\n{_('Phone')}: {form.phone.data}"
    return str(form.summary.data)
