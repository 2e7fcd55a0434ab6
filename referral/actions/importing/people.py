"""People with their needs: one row for each need of a person."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models import (
    Case,
    CaseSource,
    CaseStatus,
    Feature,
    Household,
    IdentityStatus,
    Need,
    Organization,
    Person,
    ProviderKind,
    RowResult,
    Urgency,
)
from models.area import code_range, township_code
from models.fingerprints import id_number_index
from models.need import ENDED_STATUSES
from referral import codes
from referral.actions.cases import open_case
from referral.actions.importing import lookups
from referral.actions.importing.people_rules import check_need, check_person
from referral.actions.importing.sheets import Sheet, set_given
from referral.actions.importing.tables import Line
from referral.actions.needs import record_need
from referral.actions.people import PersonFacts, StatusFacts, take_in
from referral.actions.search_text import search_text
from referral.clock import local_date, start_of
from referral.queries.calendar import work_calendar

OF_PERSON = ("name", "id_number", "sex", "born_on", "phone", "area", "address", "hukou_kind", "household")
ENDED_CASES = (CaseStatus.CONCLUDED, CaseStatus.REVISITED, CaseStatus.EXITED)


class PeopleSheet(Sheet):
    """A file of people. Found again by ID number, else by name, birth date and village; a need by its term."""

    def begin(self, lines: Sequence[Line]) -> None:
        """Look up lists, the people of the file who are known, and their cases, needs, statuses and features."""
        session = self.session
        self.terms, self.statuses = lookups.terms(session), lookups.statuses(session)
        self.need_types, self.calendar = lookups.need_types(session), work_calendar(session)
        self.by_id: dict[str, Any] = {}
        self.by_name: dict[tuple[str, Any, str], Any] = {}
        self.elsewhere: set[str] = set()
        self.households: dict[str, Household | None] = {}
        self.stations = self._stations()
        people = self._people(lines)
        keys = {person.id for person in people}
        self.cases: dict[Any, Case] = {}
        for case in self._of(Case, keys, Case.status.notin_(ENDED_CASES)):
            self.cases.setdefault(case.person_id, case)
        self.needs: dict[tuple[Any, uuid.UUID], list[Any]] = {}
        for need in self._of(Need, keys):
            self.needs.setdefault((need.person_id, need.term_id), []).append(need)
        self.held = {(one.person_id, one.category_code) for one in self._of(IdentityStatus, keys)}
        self.features = {(one.person_id, one.kind) for one in self._of(Feature, keys)}

    def _of(self, record: Any, keys: Iterable[uuid.UUID], *more: Any) -> Iterable[Any]:
        for part in lookups.in_parts(sorted(keys)):
            yield from self.session.scalars(
                sa.select(record).where(record.person_id.in_(part), *more).order_by(record.id)
            )

    def _stations(self) -> dict[str, Organization]:
        """Return the station of each township that has exactly one."""
        found: dict[str, list[Organization]] = {}
        first, last = self.areas.first, self.areas.last
        for station in self.session.scalars(
            sa.select(Organization).where(
                Organization.kind == ProviderKind.STATION, Organization.area_code.between(first, last)
            )
        ):
            found.setdefault(township_code(station.area_code or ""), []).append(station)
        return {code: stations[0] for code, stations in found.items() if len(stations) == 1}

    def _people(self, lines: Sequence[Line]) -> list[Person]:
        numbers = {id_number_index(code) for line in lines if (code := line.get("id_number"))}
        names = {line.get("name") for line in lines if line.get("name")}
        marks = {line.get("household") for line in lines if line.get("household")}
        found: dict[uuid.UUID, Person] = {}
        for part in lookups.in_parts(sorted(numbers)):
            for person in self.session.scalars(sa.select(Person).where(Person.id_number_index.in_(part))):
                if not self.areas.first <= person.area_code <= self.areas.last:
                    self.elsewhere.add(codes.full_id(person.id_number or ""))
                    continue
                found[person.id] = person
        inside = Person.area_code.between(*code_range(self.by.area_code or "0" * 12))
        for part in lookups.in_parts(sorted(names)):
            for person in self.session.scalars(sa.select(Person).where(Person.name.in_(part), inside)):
                found[person.id] = person
        for person in found.values():
            self._know(person, person.id_number, (person.name, person.born_on, person.area_code))
        for part in lookups.in_parts(sorted(marks)):
            own = Household.area_code.between(self.areas.first, self.areas.last)
            for household in self.session.scalars(sa.select(Household).where(Household.number.in_(part), own)):
                self.households[household.number] = household
        return list(found.values())

    def _know(self, person: Any, id_number: str | None, name: tuple[str, Any, str]) -> None:
        if id_number:
            self.by_id[codes.full_id(id_number)] = person
        if name[1] is not None:
            self.by_name.setdefault(name, person)

    def look_up(self, line: Line) -> None:
        """Find village, status, term and type of need."""
        line.found["area"] = self.looked_up(line, "area", self.areas.village)
        line.found["status"] = self.looked_up(line, "status", self.statuses.find)
        line.found["need"] = self.looked_up(line, "need", self.terms.find)
        line.found["need_type"] = self.looked_up(line, "need_type", self.need_types.find)

    def take(self, line: Line) -> RowResult:
        """Take one person with, where there is one, the need."""
        village, status, term, need_type = (line.found[key] for key in ("area", "status", "need", "need_type"))
        check_person(line, local_date(self.at))
        check_need(line, local_date(self.at))
        if line.problems:
            return RowResult.BAD
        found = self._find(line, village.code)
        about = getattr(found, "id", None)
        said = line.given(*OF_PERSON) | {"area": village.code}
        self._check_known(line, found, about, term, said)
        if line.problems:
            return RowResult.BAD
        new = found is None
        facts = line.given("name", "id_number", "sex", "born_on", "phone", "address", "hukou_kind")
        facts["area_code"] = village.code
        if new:
            found = self._take_in(line, facts, village, status)
            about = found.id
            changed = False
        else:
            changed = self._update(line, found, facts, village, status)
        self.remember(line, about, said)
        if term is not None:
            self.seen.setdefault((about, term.id), line.number)
            if not self._is_known_need(line, about, term):
                self._record(line, found, term, need_type)
                return RowResult.NEW
        elif new and not self.trial:
            self._case(found, line)
        return RowResult.NEW if new else RowResult.CHANGED if changed else RowResult.SAME

    def _find(self, line: Line, village: str) -> Any:
        number = line.get("id_number")
        if number and (found := self.by_id.get(codes.full_id(number))):
            return found
        found = self.by_name.get((line.get("name"), line.get("born_on"), village))
        if found is not None and number and found.id_number and codes.full_id(found.id_number) != codes.full_id(number):
            return None
        return found

    def _check_known(self, line: Line, found: Any, about: Any, term: Any, said: dict[str, Any]) -> None:
        """Write down what contradicts the records or an earlier line."""
        number = line.get("id_number")
        if number and codes.full_id(number) in self.elsewhere:
            line.wrong("id_number", "not_by_list")
        if found is None:
            return
        if found.name != line.get("name"):
            line.wrong("name", "other_name")
        self.agrees(line, about, said)
        if term is not None and (about, term.id) in self.seen:
            line.wrong("need", "same_row", row=self.seen[about, term.id])
        for need in self.needs.get((about, term.id), []) if term is not None else []:
            if need.status not in ENDED_STATUSES and need.quantity != line.get("quantity"):
                line.wrong("quantity", "other_need", number=need.number)

    def _take_in(self, line: Line, facts: dict[str, Any], village: Any, status: Any) -> Person:
        """Write down a new person, or think of one in a trial."""
        mark = line.get("household")
        statuses = [_status(line, status)] if status else []
        features = frozenset(line.get("features") or [])
        if self.trial:
            person = Person(id=uuid.uuid4(), **facts)
        else:
            person = take_in(
                self.session,
                PersonFacts(
                    **facts,
                    relation_to_head=line.get("relation_to_head") or "head",
                    statuses=statuses,
                    features=features,
                ),
                station=self.stations.get(township_code(village.code)),
                household=self.households.get(mark or ""),
                at=self.at,
            )
            if mark and mark not in self.households:
                self.households[mark] = self.session.get_one(Household, person.household_id)
        self._know(person, facts.get("id_number"), (person.name, person.born_on, person.area_code))
        self.held |= {(person.id, one.category_code) for one in statuses}
        self.features |= {(person.id, kind) for kind in features}
        return person

    def _update(self, line: Line, person: Person, facts: dict[str, Any], village: Any, status: Any) -> bool:
        """Bring a known person up to date; empty cells change nothing."""
        if person.id_number:
            facts.pop("id_number", None)
        moved = person.area_code != village.code
        changed = set_given(person, facts)
        if changed and person.number:
            person.search_text = search_text(person.name, person.number)
        if moved:
            person.latitude, person.longitude = village.latitude, village.longitude
        if status and (person.id, status.code) not in self.held:
            self.held.add((person.id, status.code))
            changed = True
            told = _status(line, status)
            self.keep(
                IdentityStatus(
                    person_id=person.id, category_code=told.category_code, valid_from=told.valid_from,
                    valid_to=told.valid_to,
                )
            )  # fmt: skip
        for kind in line.get("features") or []:
            if (person.id, kind) not in self.features:
                self.features.add((person.id, kind))
                self.keep(Feature(person_id=person.id, kind=kind))
                changed = True
        return changed

    def _is_known_need(self, line: Line, about: Any, term: Any) -> bool:
        """Say whether a need is written down already: one that is open, or one that ended after it was asked for."""
        since = line.get("needed_since")
        for need in self.needs.get((about, term.id), []):
            if need.status not in ENDED_STATUSES:
                return True
            if since and need.closed_at and local_date(need.closed_at) >= since:
                return True
        return False

    def _record(self, line: Line, person: Person, term: Any, need_type: Any) -> None:
        if self.trial:
            return
        since = line.get("needed_since")
        at: datetime = min(start_of(since), self.at) if since else self.at
        wishes = line.given("worker_sex") | ({"description": line.get("note")} if line.get("note") else {})
        record_need(
            self.session, self._case(person, line), term=term, quantity=line.get("quantity"), by=self.by, at=at,
            urgency=self._urgency(line, need_type), need_type=need_type, frequency=line.get("frequency") or "month",
            calendar=self.calendar, **wishes,
        )  # fmt: skip

    @staticmethod
    def _urgency(line: Line, need_type: Any) -> Urgency:
        return line.get("urgency") or (need_type.default_urgency if need_type else Urgency.NORMAL)

    def _case(self, person: Person, line: Line) -> Case:
        """Return the person's case that goes on, or open one."""
        urgency = line.get("urgency") or Urgency.NORMAL
        if person.id not in self.cases:
            self.cases[person.id] = open_case(
                self.session, person, source=CaseSource.IMPORT, urgency=urgency, by=self.by,
                at=self.at, summary=line.get("note"),
            )  # fmt: skip
        return self.cases[person.id]


def _status(line: Line, status: Any) -> StatusFacts:
    return StatusFacts(status.code, line.get("status_from"), valid_to=line.get("status_to"))
