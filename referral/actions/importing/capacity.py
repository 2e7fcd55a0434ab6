"""Places of services in a period."""

import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from models import Capacity, CapacityKind, Fund, Location, Organization, RowResult, Service, ServiceAtLocation
from referral.actions.capacity import going_on, open_period, state_places
from referral.actions.funds import draw_on
from referral.actions.importing import lookups
from referral.actions.importing.cells import folded
from referral.actions.importing.lookups import Lookup
from referral.actions.importing.sheets import Sheet
from referral.actions.importing.tables import Line
from referral.clock import local_date


class CapacitySheet(Sheet):
    """A file of places. A period is found again by the service at its place and the day it begins."""

    def begin(self, lines: Sequence[Line]) -> None:
        """Look up the organizations, and the services and periods of those in the file."""
        self.organizations: Lookup[Organization] = Lookup()
        for organization in self.session.scalars(sa.select(Organization).order_by(Organization.name)):
            self.organizations.add(organization, organization.name, organization.credit_code)
        self.services: dict[uuid.UUID, Lookup[tuple[Service, ServiceAtLocation, Location]]] = {}
        self.periods: dict[uuid.UUID, list[Capacity]] = {}
        self.funds: dict[uuid.UUID, Lookup[Fund]] = {}
        names = {folded(line.get("organization") or "") for line in lines}
        wanted = {one.id for name in names for one in self.organizations.known.get(name, [])}
        for part in lookups.in_parts(sorted(wanted)):
            self._look_up(part)

    def _look_up(self, organizations: Sequence[uuid.UUID]) -> None:
        offered = (
            sa.select(Service, ServiceAtLocation, Location)
            .join(ServiceAtLocation, ServiceAtLocation.service_id == Service.id)
            .join(Location, Location.id == ServiceAtLocation.location_id)
            .where(Service.organization_id.in_(organizations))
            .options(joinedload(Service.term))
            .order_by(Service.name, Location.name)
        )
        for service, there, place in self.session.execute(offered):
            found = self.services.setdefault(service.organization_id, Lookup())
            found.add((service, there, place), service.name, service.alternate_name)
        periods = (
            sa.select(Capacity)
            .join(ServiceAtLocation, ServiceAtLocation.id == Capacity.service_at_location_id)
            .join(Service, Service.id == ServiceAtLocation.service_id)
            .where(Service.organization_id.in_(organizations))
            .order_by(Capacity.starts_on)
        )
        for capacity in self.session.scalars(periods):
            self.periods.setdefault(capacity.service_at_location_id, []).append(capacity)
        for fund in self.session.scalars(sa.select(Fund).where(Fund.organization_id.in_(organizations))):
            self.funds.setdefault(fund.organization_id, Lookup()).add(fund, fund.name)

    def look_up(self, line: Line) -> None:
        """Find the service at its place."""
        line.found["service"] = found = self._find(line)
        line.found["fund"] = None
        if found is not None:
            funds: Lookup[Fund] = self.funds.get(found[0].organization_id, Lookup())
            line.found["fund"] = self.looked_up(line, "fund", funds.find)

    def take(self, line: Line) -> RowResult:
        """Take the places of one period."""
        found = line.found["service"]
        starts, ends, places = line.get("starts_on"), line.get("ends_on"), line.get("places")
        if ends < starts:
            line.wrong("ends_on", "period_reversed")
        if found is None or line.problems:
            return RowResult.BAD
        service, there = found
        key = (there.id, starts)
        if key in self.seen:
            line.wrong("starts_on", "same_row", row=self.seen[key])
            return RowResult.BAD
        known = next((one for one in self.periods.get(there.id, []) if one.starts_on == starts), None)
        self._check(line, there, known)
        if line.problems:
            return RowResult.BAD
        self.seen[key] = line.number
        units, fund = line.get("units_per_place"), line.found["fund"]
        if known is None:
            kind = line.get("kind") or CapacityKind.CONCURRENT
            unit = (service.term.unit if service.term else None) or "次"
            if self.trial:
                made = Capacity(
                    service_at_location_id=there.id, starts_on=starts, ends_on=ends, places=places, kind=kind
                )
                made.reserved = made.used = 0
            else:
                made = open_period(
                    self.session, there, kind=kind, starts_on=starts, ends_on=ends, unit=unit, places=places,
                    units_per_place=units, by=self.by, at=self.at,
                )  # fmt: skip
                if fund is not None:
                    draw_on(self.session, made, fund)
            self.periods.setdefault(there.id, []).append(made)
            return RowResult.NEW
        units = known.units_per_place if units is None else units
        stated = (known.places, known.units_per_place) == (places, units)
        drawn = fund is None or known.fund_id == fund.id
        if stated and drawn:
            return RowResult.SAME
        if not self.trial and not stated:
            state_places(
                self.session, known, places=places, units_per_place=units, seen=known.stated_at, by=self.by, at=self.at
            )
        if not self.trial and not drawn:
            draw_on(self.session, known, fund)
        return RowResult.CHANGED

    def _find(self, line: Line) -> tuple[Service, ServiceAtLocation] | None:
        """Return the service at the place that a line means; what is unknown or not clear is written down."""
        organization = self.looked_up(line, "organization", self.organizations.find)
        if organization is None:
            return None
        offered = self.services.get(organization.id, Lookup())
        named = offered.known.get(folded(line.get("service") or ""), [])
        if not named:
            self.looked_up(line, "service", offered.find)
            return None
        place = line.get("location")
        if place is None:
            if len(named) > 1:
                line.wrong("location", "several_places", choices=[one[2].name for one in named[:10]])
                return None
            return named[0][:2]
        at_places: Lookup[tuple[Service, ServiceAtLocation, Location]] = Lookup()
        for one in named:
            at_places.add(one, one[2].name)
        found = self.looked_up(line, "location", at_places.find)
        return found[:2] if found else None

    def _check(self, line: Line, there: ServiceAtLocation, known: Capacity | None) -> None:
        """Write down fewer places than are given away, a period that is another one's, and what cannot be changed."""
        starts, ends, places = line.get("starts_on"), line.get("ends_on"), line.get("places")
        if known is not None:
            if known.ends_on != ends:
                line.wrong("ends_on", "other_end", day=known.ends_on.isoformat())
            if line.get("kind") not in {None, known.kind}:
                line.wrong("kind", "kind_stays")
            if places < known.reserved + known.used:
                line.wrong("places", "too_few_places", least=known.reserved + known.used)
            return
        overlapping = [one for one in self.periods.get(there.id, []) if one.starts_on <= ends and one.ends_on >= starts]
        for one in overlapping[:1]:
            line.wrong("starts_on", "overlaps", first=one.starts_on.isoformat(), last=one.ends_on.isoformat())
        if ends < local_date(self.at):
            line.wrong("ends_on", "period_over")
        kind = line.get("kind") or CapacityKind.CONCURRENT
        if kind is not CapacityKind.QUOTA and there.id in self.periods:
            least = going_on(self.session, there, kind)
            if places < least:
                line.wrong("places", "too_few_places", least=least)
