"""From a form to what is known of a person, and back."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from sqlalchemy.orm import Session
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from models import Account, AreaUse, Household, Person
from referral import codes
from referral.actions.people import PersonFacts, StatusFacts
from referral.i18n import _, in_language
from referral.intake.fields import village_choices
from referral.intake.forms import MOST_STATUSES, CorrectForm, PersonForm
from referral.queries import households, people
from referral.words import word


@dataclass(frozen=True)
class Reading:
    """What a form says, or None where it has errors; the errors stand in the form."""

    facts: PersonFacts
    household: Household | None


def is_sent(session: Session, actor: Account, form: PersonForm, person: Person | None = None) -> bool:
    """Give a form its lists, and say whether it was sent whole and without errors.

    The button for one more status sends what was typed too, only to show it again with another line.
    """
    more = request.method == "POST" and "add_status" in request.form
    if more and len(form.statuses.entries) < MOST_STATUSES:
        form.statuses.append_entry()
    _prepare(session, actor, form)
    if person is not None:
        _keep_places(form, person)
    return request.method == "POST" and not more and form.validate()


def carried_over(arguments: Mapping[str, str]) -> dict[str, object]:
    """Return what was typed into the search, each in its field, and the household to join."""
    typed = arguments.get("q", "").strip()
    carried: dict[str, object] = {"household_number": arguments.get("household")}
    if people.ID_NUMBER.fullmatch(typed):
        return carried | {"id_number": typed}
    if typed.replace("-", "").isdigit():
        return carried | {"phone": typed}
    return carried | {"name": typed}


def _prepare(session: Session, actor: Account, form: PersonForm) -> None:
    townships = people.villages_in_reach(session, actor)
    form.area_code.choices = village_choices(townships, _("Choose the village"))
    form.hukou_area.choices = village_choices(townships, _("Same as the residence"))
    form.emergency_area.choices = village_choices(townships, _("Same as the residence"))
    listed = [SelectChoice(value="", label=_("None"))]
    listed += [
        SelectChoice(value=line.code, label=f"{line.code} {in_language(line)}") for line in people.categories(session)
    ]
    for entry in form.statuses:
        entry.form.category.choices = listed


def _keep_places(form: PersonForm, person: Person) -> None:
    """Offer the places that a person has outside the list too, so that correcting a name moves nobody."""
    own = {AreaUse.RESIDENCE: person.area} | {place.use: place.area for place in person.areas}
    fields = {
        AreaUse.RESIDENCE: form.area_code,
        AreaUse.HUKOU: form.hukou_area,
        AreaUse.EMERGENCY: form.emergency_area,
    }
    for use, area in own.items():
        listed: list[SelectChoice] = list(fields[use].choices or ())
        if area.code not in {choice.value for choice in listed}:
            fields[use].choices = [*listed, SelectChoice(value=area.code, label=in_language(area))]


def read(session: Session, actor: Account, form: PersonForm, person: Person | None = None) -> Reading | None:
    """Return what a valid form says; None, with words in the form, where the county or household is not known.

    The ID number and the card of a known person stay where the form is silent on them: it never shows them.
    """
    places = _places(session, form)
    household = None
    if form.household_number.data:
        household = households.household_numbered(session, actor, form.household_number.data)
        if household is None:
            form.household_number.errors = [
                _("There is no such household that you may see. Look it up under People, or leave this empty.")
            ]
    if places is None or (form.household_number.data and household is None):
        return None
    number = form.id_number.data or (person.id_number if person else None)
    facts = PersonFacts(
        name=str(form.name.data),
        area_code=form.area_code.data,
        sex=codes.sex(number) if number else form.sex.data,
        born_on=codes.birth_date(number) if number else form.born_on.data,
        id_number=number,
        phone=form.phone.data,
        bank_card=_bank_card(form, person),
        contact_preference=form.contact_preference.data,
        contact_note=form.contact_note.data,
        language=form.language.data,
        hukou_kind=form.hukou_kind.data,
        address=form.address.data,
        relation_to_head=form.relation_to_head.data,
        places=places,
        statuses=_statuses(form),
        features=frozenset(form.features.data or ()),
    )
    return Reading(facts, household)


def _bank_card(form: PersonForm, person: Person | None) -> str | None:
    if isinstance(form, CorrectForm) and form.no_bank_card.data:
        return None
    typed: str | None = form.bank_card.data
    return typed or (person.bank_card if person else None)


def _statuses(form: PersonForm) -> list[StatusFacts]:
    parts = [entry.form for entry in form.statuses if entry.form.category.data]
    return [
        StatusFacts(
            part.category.data,
            part.valid_from.data,
            part.recognised_by.data,
            part.document_number.data,
            part.valid_to.data,
        )
        for part in parts
        if part.valid_from.data
    ]


def _places(session: Session, form: PersonForm) -> dict[AreaUse, tuple[str, str | None]] | None:
    places: dict[AreaUse, tuple[str, str | None]] = {}
    code = form.hukou_area.data
    if form.hukou_elsewhere.data:
        counties = people.counties_named(session, form.hukou_elsewhere.data)
        exact = [area for area in counties if form.hukou_elsewhere.data in {area.name, area.code[:6]}]
        found = exact if len(exact) == 1 else counties
        if len(found) != 1:
            names = _(", ").join(f"{area.name} {area.code[:6]}" for area in found)
            form.hukou_elsewhere.errors = [
                _("Several counties are called so. Please type the six digits: %(names)s.", names=names)
                if found
                else _("No county is called so. Please type its full name as on the map, or its six digits.")
            ]
            return None
        code = found[0].code
    if code or form.hukou_address.data:
        places[AreaUse.HUKOU] = (code or form.area_code.data, form.hukou_address.data)
    if form.emergency_area.data or form.emergency_address.data:
        places[AreaUse.EMERGENCY] = (form.emergency_area.data or form.area_code.data, form.emergency_address.data)
    return places


COMPARED = (
    "name", "id_number", "sex", "born_on", "phone", "contact_preference", "contact_note", "area_code", "address",
)  # fmt: skip


def differences(person: Person, form: PersonForm) -> list[tuple[str, object, object]]:
    """Return (label, what stands now, what was typed) for each fact in which a record and a form differ."""
    lines = []
    for name in COMPARED:
        field, stands = form[name], getattr(person, name)
        if name in {"sex", "born_on"} and (form.id_number.data or person.id_number):
            continue
        if name == "id_number":
            if not field.data:
                continue
            stands = _("known, hidden") if stands not in {None, field.data} else stands
        if field.data != stands:
            lines.append((str(field.label.text), stands, field.data))
    form.version.data = form.version.raw_data = None
    form.version.process_data(person.version)
    return lines or [(str(form.version.label.text), person.version, None)]


def plainly(value: object) -> str:
    """Return a fact as people read it."""
    if isinstance(value, enum.Enum):
        return word(value)
    return "–" if value is None else str(value)


def as_typed(person: Person) -> dict[str, Any]:
    """Return what a form shows of a person who is known: neither the ID number nor the card."""
    places = {place.use: place for place in person.areas}
    hukou, emergency = places.get(AreaUse.HUKOU), places.get(AreaUse.EMERGENCY)
    elsewhere = hukou is not None and hukou.area_code[:6] != person.area_code[:6]
    columns = (
        "name", "sex", "born_on", "phone", "contact_preference", "contact_note", "language", "area_code", "address",
        "hukou_kind", "relation_to_head", "version",
    )  # fmt: skip
    return {column: getattr(person, column) for column in columns} | {
        "household_number": person.household.number,
        "hukou_area": hukou.area_code if hukou and not elsewhere else "",
        "hukou_elsewhere": hukou.area_code[:6] if hukou and elsewhere else None,
        "hukou_address": hukou.address if hukou else None,
        "emergency_area": emergency.area_code if emergency else "",
        "emergency_address": emergency.address if emergency else None,
        "features": [feature.kind for feature in person.features],
        "statuses": [
            {
                "category": status.category_code,
                "recognised_by": status.recognised_by,
                "document_number": status.document_number,
                "valid_from": status.valid_from,
                "valid_to": status.valid_to,
            }
            for status in sorted(person.statuses, key=lambda status: status.category_code)
        ],
    }
