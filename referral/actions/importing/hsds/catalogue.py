"""Organizations, programs, places and services of a catalogue."""

from typing import Any

from models import (
    Location,
    Organization,
    Program,
    ProviderKind,
    Service,
    ServiceAtLocation,
    ServiceStatus,
)
from referral.actions.importing.hsds import values
from referral.actions.importing.hsds.book import Book
from referral.actions.importing.hsds.folder import Row
from referral.actions.search_text import organization_search_text


def read_day(row: Row, *columns: str) -> Any:
    """Return the date in the first of these columns that is not empty; reject the row where it is none."""
    column, text = row.find(*columns)
    if not text:
        return None
    try:
        day, as_wanted = values.day(text)
    except values.Unreadable as unreadable:
        raise row.reject(column, unreadable.code) from None
    if not as_wanted:
        row.note(column, "date_read_as", day=day.isoformat())
    return day


def read_whole(row: Row, column: str, most: int) -> int | None:
    """Return the whole number in a column; reject the row where it is none or outside of 0 … most."""
    text = row.text(column)
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        raise row.reject(column, "not_whole") from None
    if not number.is_integer():
        raise row.reject(column, "not_whole")
    if not 0 <= number <= most:
        raise row.reject(column, "out_of_range", least=0, most=most)
    return int(number)


def organization(book: Book, row: Row) -> None:
    """One organization. Its kind is social_organization until somebody says better."""
    key = book.own_id(row, Organization)
    name = row.required("name")
    founded = read_day(row, "date_incorporated")
    facts = {
        "name": name,
        "alternate_name": row.text("alternate_name"),
        "search_text": organization_search_text(name, row.text("alternate_name")),
        "description": row.text("description"),
        "email": row.text("email"),
        "website": row.text("website", "url"),
        "legal_status": row.text("legal_status"),
        "year_incorporated": founded.year if founded else read_whole(row, "year_incorporated", 2100),
    }
    known = book.records[Organization].get(key)
    kind = {} if known else {"kind": ProviderKind.SOCIAL_ORGANIZATION}
    book.keep(row, Organization, key, facts | kind, website="url")


def parent_of_organization(book: Book, row: Row) -> None:
    """Join an organization to the one it belongs to, once all are read."""
    found = book.read[Organization].get(row.cells.get("id", ""))
    if found is None or not row.text("parent_organization_id"):
        return
    parent = book.one(row, Organization, "parent_organization_id")
    wanted = parent.id if parent else None
    if found.parent_id != wanted:
        found.parent_id = wanted
        book.tell_changed(row)


def program(book: Book, row: Row) -> None:
    """One program of an organization."""
    key = book.own_id(row, Program)
    facts = {
        "organization_id": book.must(row, Organization, "organization_id").id,
        "name": row.required("name"),
        "alternate_name": row.text("alternate_name"),
        "description": row.text("description"),
    }
    book.keep(row, Program, key, facts)


def location(book: Book, row: Row) -> None:
    """One place. An organization that cannot be found, and coordinates that cannot be, are left out with a note."""
    key = book.own_id(row, Location)
    owner = book.one(row, Organization, "organization_id")
    latitude, longitude = _coordinates(row)
    facts = {
        "organization_id": owner.id if owner else None,
        "name": row.required("name", "alternate_name"),
        "alternate_name": row.text("alternate_name"),
        "description": row.text("description"),
        "transportation": row.text("transportation"),
        "latitude": latitude,
        "longitude": longitude,
    }
    book.keep(row, Location, key, facts)


def _coordinates(row: Row) -> tuple[float | None, float | None]:
    texts = row.text("latitude"), row.text("longitude")
    if texts == (None, None):
        return None, None
    try:
        latitude, longitude = float(texts[0] or "x"), float(texts[1] or "x")
    except ValueError:
        row.note("latitude", "bad_coordinates", other=texts[1] or "")
        return None, None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180) or latitude == longitude == 0:
        row.note("latitude", "bad_coordinates", other=texts[1] or "")
        return None, None
    return latitude, longitude


def service(book: Book, row: Row) -> None:
    """One service. Ohana's name a place instead of an organization: then it is the place's."""
    key = book.own_id(row, Service)
    place = book.must(row, Location, "location_id") if "organization_id" not in row.cells else None
    owner = place.organization_id if place else book.must(row, Organization, "organization_id").id
    if owner is None:
        raise row.reject("location_id", "no_organization")
    youngest, oldest = read_whole(row, "minimum_age", 150), read_whole(row, "maximum_age", 150)
    if youngest is not None and oldest is not None and oldest < youngest:
        raise row.reject("maximum_age", "ages_reversed")
    under = book.one(row, Program, "program_id")
    facts = {
        "organization_id": owner,
        "program_id": under.id if under else None,
        "name": row.required("name"),
        "alternate_name": row.text("alternate_name"),
        "description": row.text("description"),
        "url": row.text("url", "website"),
        "email": row.text("email"),
        "status": _status(row),
        "application_process": row.text("application_process"),
        "fees_description": row.text("fees_description", "fees"),
        "wait_time": row.text("wait_time"),
        "eligibility_description": row.text("eligibility_description", "eligibility"),
        "minimum_age": youngest,
        "maximum_age": oldest,
        "assured_on": read_day(row, "assured_date"),
    }
    known = book.records[Service].get(key)
    spoken = _languages(row)
    if spoken or not known:
        facts["languages"] = " ".join(sorted(spoken))
    kept = book.keep(row, Service, key, facts, url="website", fees_description="fees")
    if place is not None and (kept.id, place.id) not in book.records[ServiceAtLocation]:
        book.keep(row, ServiceAtLocation, (kept.id, place.id), {"service_id": kept.id, "location_id": place.id})


def _status(row: Row) -> ServiceStatus:
    text = (row.text("status") or "active").lower().replace(" ", "_")
    try:
        return ServiceStatus(text)
    except ValueError:
        raise row.reject("status", "unknown_choice", choices=", ".join(ServiceStatus)) from None


def _languages(row: Row) -> set[str]:
    spoken = set()
    for name in values.ids(row.text("languages") or ""):
        code = values.language_code(name)
        if code is None:
            row.note("languages", "unknown_language")
        else:
            spoken.add(code)
    return spoken


def service_at_location(book: Book, row: Row) -> None:
    """A service at a place."""
    offered, place = book.must(row, Service, "service_id"), book.must(row, Location, "location_id")
    pair = (offered.id, place.id)
    if pair in book.joined:
        raise row.reject("location_id", "same_pair")
    book.joined.add(pair)
    facts = {"service_id": offered.id, "location_id": place.id, "description": row.text("description")}
    kept = book.keep(row, ServiceAtLocation, pair, facts)
    if key := row.text("id"):
        book.at_locations[key] = kept
