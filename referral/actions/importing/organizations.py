"""Organizations with their services: one row for each service at a place."""

import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from models import (
    EligibilityKind,
    Location,
    Organization,
    Phone,
    ProviderKind,
    RowResult,
    Service,
    ServiceArea,
    ServiceAtLocation,
    ServiceEligibility,
)
from models.base import new_key
from referral.actions.importing import lookups
from referral.actions.importing.cells import folded
from referral.actions.importing.sheets import Sheet, set_given
from referral.actions.importing.tables import Line
from referral.actions.search_text import organization_search_text

OF_ORGANIZATION = ("credit_code", "kind", "area", "contact_name", "phone", "email", "description")
OF_SERVICE = ("term", "service_description", "minimum_age", "maximum_age", "sex", "fees", "supply_mode")
NEEDS_SERVICE = (*OF_SERVICE, "delivery", "location", "address", "latitude", "longitude", "service_areas", "statuses")


class OrganizationSheet(Sheet):
    """A file of organizations. Found again by credit code, else by name; a service by its name; a place by its name."""

    def begin(self, lines: Sequence[Line]) -> None:
        """Look up terms, statuses, all organizations, and what those of the file have."""
        self.terms = lookups.terms(self.session)
        self.statuses = lookups.statuses(self.session)
        self.by_code: dict[str, Organization] = {}
        self.by_name: dict[str, Organization] = {}
        for organization in self.session.scalars(sa.select(Organization).order_by(Organization.id)):
            self._know(organization)
        names = {line.get(key) for line in lines for key in ("organization", "credit_code")}
        wanted = {found.id for name in names if name and (found := self._find(name, name))}
        self.services = self._of(Service, "organization_id", wanted, "name")
        self.locations = self._of(Location, "organization_id", wanted, "name")
        self.phones = self._of(Phone, "organization_id", wanted, "number")
        served = {service.id for service in self.services.values()}
        self.at_locations = self._of(ServiceAtLocation, "service_id", served, "location_id")
        self.service_areas = self._of(ServiceArea, "service_id", served, "area_code")
        self.eligibility = self._of(ServiceEligibility, "service_id", served, "code")

    def _of(self, record: Any, owner: str, owners: set[uuid.UUID], name: str) -> dict[Any, Any]:
        """Return the records of some owners by (owner, folded name)."""
        found: dict[Any, Any] = {}
        for part in lookups.in_parts(sorted(owners)):
            for line in self.session.scalars(sa.select(record).where(getattr(record, owner).in_(part))):
                value = getattr(line, name)
                found[getattr(line, owner), folded(value) if isinstance(value, str) else value] = line
        return found

    def _know(self, organization: Organization) -> None:
        self.by_name.setdefault(folded(organization.name), organization)
        if organization.credit_code:
            self.by_code[organization.credit_code] = organization

    def _find(self, name: str, code: str | None) -> Organization | None:
        return self.by_code.get(code or "") or self.by_name.get(folded(name))

    def look_up(self, line: Line) -> None:
        """Find seat, term, areas and statuses."""
        line.found["area"] = self.looked_up(line, "area", self.areas.find)
        line.found["term"] = self.looked_up(line, "term", self.terms.find)
        line.found["areas"] = self.looked_up(line, "service_areas", self.areas.find_all) or []
        line.found["statuses"] = self.looked_up(line, "statuses", self.statuses.find_all) or []

    def take(self, line: Line) -> RowResult:
        """Take one organization with, where there is one, its service."""
        found = self._find(line.get("organization"), line.get("credit_code"))
        area = line.found["area"]
        code = line.get("credit_code")
        if found and code and found.credit_code and found.credit_code != code:
            line.wrong("credit_code", "other_code")
        about = found.id if found else folded(line.get("organization"))
        said = line.given(*OF_ORGANIZATION) | ({"area": area.code} if area else {})
        self.agrees(line, about, said)
        self._check_service(line, found)
        if line.problems:
            return RowResult.BAD
        known = found is not None
        if found is None:
            found = Organization(
                id=new_key(), name=line.get("organization"), kind=ProviderKind.SOCIAL_ORGANIZATION,
                search_text=organization_search_text(line.get("organization")),
            )  # fmt: skip
            self.keep(found)
        facts = line.given("credit_code", "kind", "contact_name", "email", "description")
        changed = set_given(found, facts | ({"area_code": area.code} if area else {}))
        self._know(found)
        self.remember(line, about, said)
        self.remember(line, found.id, said)
        changed |= self._phone(found, line.get("phone"))
        if line.get("service"):
            result = self._service(line, found)
            if result is RowResult.NEW:
                return result
            changed |= result is RowResult.CHANGED
        return RowResult.NEW if not known else RowResult.CHANGED if changed else RowResult.SAME

    def _check_service(self, line: Line, found: Organization | None) -> None:
        """Write down what is wrong with the line's service, or missing."""
        name = line.get("service")
        if name is None:
            if line.given(*NEEDS_SERVICE):
                line.wrong("service", "required")
            elif not line.problems and (folded(line.get("organization")), None) in self.seen:
                line.wrong("organization", "same_row", row=self.seen[folded(line.get("organization")), None])
            self.seen.setdefault((folded(line.get("organization")), None), line.number)
            return
        service = self.services.get((found.id, folded(name))) if found else None
        if service is None and line.get("term") is None:
            line.wrong("term", "required")
        low, high = line.get("minimum_age"), line.get("maximum_age")
        if low is not None and high is not None and high < low:
            line.wrong("maximum_age", "ages_reversed")
        if (line.get("latitude") is None) != (line.get("longitude") is None):
            line.wrong("latitude" if line.get("latitude") is None else "longitude", "required")
        about = (folded(line.get("organization")), folded(name))
        self.agrees(line, about, line.given(*OF_SERVICE))
        triple = (*about, folded(self._place(line)))
        if triple in self.seen:
            line.wrong("service", "same_row", row=self.seen[triple])
        if not line.problems:
            self.seen[triple] = line.number
            self.remember(line, about, line.given(*OF_SERVICE))

    @staticmethod
    def _place(line: Line) -> str:
        return str(line.get("location") or line.get("organization"))

    def _phone(self, organization: Organization, number: str | None) -> bool:
        if number is None or (organization.id, folded(number)) in self.phones:
            return False
        phone = Phone(organization_id=organization.id, number=number)
        self.phones[organization.id, folded(number)] = phone
        self.keep(phone)
        return True

    def _service(self, line: Line, organization: Organization) -> RowResult:
        """Write the service, its place, areas and conditions, and return what became of them together."""
        name = line.get("service")
        service = self.services.get((organization.id, folded(name)))
        new = service is None
        if service is None:
            service = Service(id=new_key(), organization_id=organization.id, name=name)
            self.services[organization.id, folded(name)] = service
            self.keep(service)
        facts = line.given("minimum_age", "maximum_age", "sex", "supply_mode")
        facts |= {"description": line.get("service_description")} if line.get("service_description") else {}
        facts |= {"fees_description": line.get("fees")} if line.get("fees") else {}
        changed = set_given(service, facts | ({"term_id": line.found["term"].id} if line.found["term"] else {}))
        place = self.locations.get((organization.id, folded(self._place(line))))
        if place is None:
            place = Location(id=new_key(), organization_id=organization.id, name=self._place(line))
            self.locations[organization.id, folded(place.name)] = place
            self.keep(place)
            changed = True
        changed |= set_given(place, line.given("address", "latitude", "longitude"))
        there = self.at_locations.get((service.id, place.id))
        if there is None:
            there = ServiceAtLocation(id=new_key(), service_id=service.id, location_id=place.id)
            self.at_locations[service.id, place.id] = there
            self.keep(there)
            new = True
        changed |= set_given(there, line.given("delivery"))
        for area in line.found["areas"]:
            changed |= self._line_of(self.service_areas, ServiceArea, service, area_code=area.code)
        for status in line.found["statuses"]:
            changed |= self._line_of(
                self.eligibility, ServiceEligibility, service, code=status.code, kind=EligibilityKind.STATUS
            )
        return RowResult.NEW if new else RowResult.CHANGED if changed else RowResult.SAME

    def _line_of(self, known: dict[Any, Any], record: Any, service: Service, **values: Any) -> bool:
        key = (service.id, folded(next(iter(values.values()))))
        if key in known:
            return False
        known[key] = record(id=new_key(), service_id=service.id, **values)
        self.keep(known[key])
        return True
