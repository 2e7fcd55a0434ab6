"""Finding people, and the places they may live in."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from models import (
    Account,
    Area,
    AreaLevel,
    BeneficiaryCategory,
    Case,
    CaseStatus,
    CaseStep,
    Organization,
    Person,
    PersonArea,
    ProviderKind,
    Role,
)
from models.area import township_code
from models.fingerprints import PHONE_TAIL, digits, full_id, id_number_index, phone_end_index, phone_index
from referral import log
from referral.access import get_in_scope, in_area, scope, without_scope
from referral.queries.paging import Page

ID_NUMBER = re.compile(r"\d{14,17}[\dXx]")
DIGITS = re.compile(r"[\d-]+", re.ASCII)
MOST_HITS = 200
"""A search that finds more is too wide to read; the page says so instead of counting on."""
PAGE = 25


def fold(text: str) -> str:
    """Return a text as it is compared: small letters, no blanks at the ends."""
    return " ".join(text.casefold().split())


def find_people(session: Session, actor: Account, text: str, *, number: int = 1) -> Page:
    """Return the people in an actor's scope who answer to a text, by name; at most MOST_HITS. Two queries.

    Every word must occur: a part of the name, pinyin, its initials, the file number or a phone's last digits (four or
    more). A whole ID number finds its owner only.
    """
    keys = session.scalars(
        sa.select(Person.id)
        .where(scope(actor, Person), _answers_to(session, actor, text))
        .order_by(Person.search_text, Person.id)
        .limit(MOST_HITS)
    ).all()
    number = min(max(1, number), max(1, -(-len(keys) // PAGE)))
    wanted = keys[(number - 1) * PAGE : number * PAGE]
    people = session.scalars(
        sa.select(Person)
        .where(Person.id.in_(wanted))
        .options(joinedload(Person.area).joinedload(Area.parent), joinedload(Person.station))
        .order_by(Person.search_text, Person.id)
    ).all()
    return Page(people, number, PAGE, len(keys))


def _answers_to(session: Session, actor: Account, text: str) -> sa.ColumnElement[bool]:
    text = fold(text)
    if ID_NUMBER.fullmatch(text):
        note_number_asked(session, "find")
        return Person.id_number_index == id_number_index(text)
    return sa.and_(*(word_fits(session, actor, word) for word in text.split()))


def note_number_asked(session: Session, purpose: str) -> None:
    """Write down that somebody asked for an ID number: one row, whether anybody has it or not, and never the number."""
    log.note(session, "id_number_asked", purpose=purpose, keep=True)


def word_fits(session: Session, actor: Account, word: str) -> sa.ColumnElement[bool]:
    """Return the condition that a person answers to one folded word. One query where the word is digits."""
    pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    in_text = Person.search_text.like(pattern, escape="\\")
    if not DIGITS.fullmatch(word) or len(digits(word)) < PHONE_TAIL:
        return in_text
    keys = with_phone(session, actor, word)
    return sa.or_(in_text, Person.id.in_(keys)) if keys else in_text


def with_phone(session: Session, actor: Account, ending: str) -> list[uuid.UUID]:
    """Return the keys of people in scope whose phone ends with these digits (four or more); MOST_HITS at most.

    The index knows four digits. Where more are given, the phones of whom it finds are opened and compared.
    """
    wanted = digits(ending)
    found = session.execute(
        sa.select(Person.id, Person.phone)
        .where(scope(actor, Person), Person.phone_end_index == phone_end_index(wanted))
        .order_by(Person.id)
    )
    keys = (key for key, phone in found if digits(phone or "").endswith(wanted))
    return list(islice(keys, MOST_HITS))


def person_in_scope(session: Session, actor: Account, key: uuid.UUID) -> Person | None:
    """Return a person with everything a page about one shows, if the actor may see them. Five queries."""
    found: Person | None = get_in_scope(
        session,
        actor,
        Person,
        key,
        joinedload(Person.area).joinedload(Area.parent),
        joinedload(Person.station),
        joinedload(Person.household),
        selectinload(Person.statuses),
        selectinload(Person.features),
        selectinload(Person.areas).joinedload(PersonArea.area).joinedload(Area.parent),
    )
    return found


@dataclass(frozen=True)
class Likeness:
    """Somebody who may be the same person: what agrees, and what differs."""

    person: Person
    same: tuple[str, ...]
    """Of id_number, name, born_on, phone, village."""
    different: tuple[str, ...]


def likely_duplicates(
    session: Session,
    actor: Account,
    *,
    name: str,
    id_number: str | None,
    born_on: date | None,
    phone: str | None,
    area_code: str | None,
) -> list[Likeness]:
    """Return people in scope who may be the same: the same ID number, or the same name with more that agrees.

    More is a near birth date, the phone or the village. Dates are near in the same year or on the same day of another;
    somebody of the same name of whom nothing differs counts too. An old ID number of 15 digits and its new form are
    the same. One query.
    """
    same_name = Person.name == name
    with without_scope(session, because="compare all that is known of people in scope, also what is not shown"):
        candidates = session.scalars(
            sa.select(Person)
            .where(scope(actor, Person), sa.or_(same_name, _has_number(id_number)))
            .options(joinedload(Person.area).joinedload(Area.parent), joinedload(Person.station))
            .order_by(Person.id)
            .limit(20)
        ).all()
    log.read(session, (person.id for person in candidates))
    given = {"id_number": id_number, "name": name, "born_on": born_on, "phone": phone, "village": area_code}
    found = []
    for person in candidates:
        known = {
            "id_number": id_number if id_number and _same_number(person.id_number, id_number) else person.id_number,
            "name": person.name,
            "born_on": person.born_on,
            "phone": person.phone,
            "village": person.area_code,
        }
        same = tuple(what for what in given if given[what] and given[what] == known[what])
        different = tuple(what for what in given if given[what] and known[what] and given[what] != known[what])
        likely = "id_number" in same or {"born_on", "phone", "village"} & set(same)
        if likely or _near(born_on, person.born_on) or not different:
            found.append(Likeness(person, same, different))
    return found


def has_phone(session: Session, person: Person, phone: str) -> bool:
    """Say whether this is a person's telephone, for somebody who is not shown it. One query."""
    same = sa.and_(Person.id == person.id, Person.phone_index == phone_index(phone))
    return session.scalar(sa.select(Person.id).where(same)) is not None


def _has_number(id_number: str | None) -> sa.ColumnElement[bool]:
    return Person.id_number_index == id_number_index(id_number) if id_number else sa.false()


def _same_number(one: str | None, other: str) -> bool:
    return one is not None and full_id(one) == full_id(other)


def _near(one: date | None, other: date | None) -> bool:
    if one is None or other is None:
        return False
    return one.year == other.year or (one.month, one.day) == (other.month, other.day)


def id_number_is_taken(session: Session, id_number: str, *, but: uuid.UUID | None = None) -> bool:
    """Say whether anybody (but one), seen or unseen, has an ID number. For refusing only: never tell who or where.

    The same question of the same index whether somebody has it or not; that it was asked is written down.
    """
    note_number_asked(session, "take_in")
    same = sa.and_(_has_number(id_number), Person.id != but)
    with without_scope(session, because="a number belongs to one person only, wherever the file lies"):
        return session.scalar(sa.select(Person.id).where(same).limit(1)) is not None


def villages_in_reach(session: Session, actor: Account) -> list[tuple[Area, list[Area]]]:
    """Return the villages of the actor's county by township, where people may be taken in. One query."""
    seat = actor.organization.area_code if actor.organization else actor.area_code
    if actor.role in {Role.STATION_WORKER, Role.STATION_SUPERVISOR} and seat:
        seat = seat[:6].ljust(12, "0")
    areas = session.scalars(
        sa.select(Area)
        .where(
            sa.or_(in_area(Area.code, seat), Area.code == township_code(seat or "")),
            Area.level.in_([AreaLevel.TOWNSHIP, AreaLevel.VILLAGE]),
            Area.replaced_by_code.is_(None),
        )
        .order_by(Area.code)
    ).all()
    townships = {area.code: (area, list[Area]()) for area in areas if area.level is AreaLevel.TOWNSHIP}
    for area in areas:
        if area.level is AreaLevel.VILLAGE and (above := townships.get(township_code(area.code))):
            above[1].append(area)
    return [entry for entry in townships.values() if entry[1]]


def counties_named(session: Session, text: str) -> Sequence[Area]:
    """Return counties whose name begins with a text, or that have its six-digit code; at most six. One query."""
    code = text.ljust(12, "0") if text.isdigit() else None
    named = Area.name.startswith(text, autoescape=True) if code is None else Area.code == code
    return session.scalars(
        sa.select(Area)
        .where(named, Area.level.in_([AreaLevel.COUNTY, AreaLevel.CITY]), Area.replaced_by_code.is_(None))
        .options(joinedload(Area.parent))
        .order_by(Area.name != text, Area.code)
        .limit(6)
    ).all()


def station_for(session: Session, area_code: str) -> Organization | None:
    """Return the station that looks after a village: seated in it, else in its township; None where there is none."""
    return session.scalar(
        sa.select(Organization)
        .where(Organization.kind == ProviderKind.STATION, in_area(Organization.area_code, township_code(area_code)))
        .order_by(Organization.area_code != area_code, Organization.area_code, Organization.id)
        .limit(1)
    )


def categories(session: Session) -> Sequence[BeneficiaryCategory]:
    """Return the recognised statuses in the order of their codes. One query."""
    return session.scalars(sa.select(BeneficiaryCategory).order_by(BeneficiaryCategory.code)).all()


def open_cases(session: Session, actor: Account, person_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Case]:
    """Return the newest case of each person that is not ended, by person. One query."""
    ended = (CaseStatus.EXITED, CaseStatus.CONCLUDED, CaseStatus.REVISITED)
    cases = session.scalars(
        sa.select(Case)
        .where(scope(actor, Case), Case.person_id.in_(person_ids), Case.status.not_in(ended))
        .order_by(Case.opened_at)
    )
    return {case.person_id: case for case in cases}


def own_leads(session: Session, actor: Account, *, limit: int = 20) -> Sequence[Case]:
    """Return what a village assistant reported, newest first, with the people. One query."""
    return session.scalars(
        sa.select(Case)
        .join(CaseStep, CaseStep.case_id == Case.id)
        .where(CaseStep.by_id == actor.id, CaseStep.from_status.is_(None), CaseStep.to_status == CaseStatus.LEAD)
        .options(joinedload(Case.person), joinedload(Case.station))
        .order_by(Case.opened_at.desc())
        .limit(limit)
    ).all()
