"""What belongs to the services and places of a catalogue: addresses, contacts, telephones, hours, languages, areas."""

from typing import Any

from models import Location, Organization, Phone, Schedule, Service, ServiceArea
from referral.actions.importing.hsds import values
from referral.actions.importing.hsds.book import Book, Skipped, update
from referral.actions.importing.hsds.catalogue import read_day
from referral.actions.importing.hsds.folder import Row
from referral.actions.importing.hsds.report import Fate

LEFT_OUT = frozenset({"unknown_reference", "refers_to_rejected"})
ADDRESS = ("address_1", "address_2", "address_3", "address_4", "city", "region", "state_province", "country")


def address(book: Book, row: Row) -> None:
    """The address of a place, in one line. A place has one; further ones are skipped."""
    place = book.must(row, Location, "location_id")
    row.required("address_1")
    row.required("city")
    if place.id in book.addressed:
        row.note("location_id", "second_address", row=book.addressed[place.id])
        book.tell(row, Fate.SKIPPED)
        return
    parts = [row.text(column) for column in ADDRESS]
    facts = {"address": ", ".join(part for part in parts if part), "postal_code": row.text("postal_code")}
    book.fits(row, Location, facts, {"address": "address_1"})
    book.addressed[place.id] = row.number
    new = place.address is None
    changed = update(place, facts)
    book.tell(row, Fate.SAME if not changed else Fate.MADE if new else Fate.CHANGED)


def mail_address(book: Book, row: Row) -> None:
    """An address for letters: checked, and kept where the place has no other."""
    if book.must(row, Location, "location_id").id in book.addressed and row.text("address_1") and row.text("city"):
        book.tell(row, Fate.SKIPPED)
    else:
        address(book, row)


def contact(book: Book, row: Row) -> None:
    """Somebody to ask for at an organization; contacts of services and places have nowhere to stand."""
    row.required("name")
    parents = ("organization_id", "service_id", "location_id", "service_at_location_id")
    if not any(row.text(parent) for parent in parents):
        raise row.reject("organization_id", "no_parent")
    if key := row.text("id"):
        book.contacts[key] = row
    owner = book.one(row, Organization, "organization_id")
    if owner is None:
        book.tell(row, Fate.SKIPPED)
        return
    facts = {"contact_name": row.required("name")}
    book.fits(row, Organization, facts, {"contact_name": "name"})
    book.tell(row, Fate.CHANGED if update(owner, facts) else Fate.SAME)


def _parents(book: Book, row: Row) -> tuple[Organization | None, Location | None, Service | None]:
    """Return to what a line belongs; reject the row where it says nothing or nothing of it can be found."""
    columns = ("organization_id", "location_id", "service_id", "service_at_location_id", "contact_id")
    if not any(row.text(column) for column in columns):
        raise row.reject("location_id" if "location_id" in row.cells else "service_id", "no_parent")
    owner = book.one(row, Organization, "organization_id")
    place, offered = book.one(row, Location, "location_id"), book.one(row, Service, "service_id")
    if (owner, place, offered) == (None, None, None):
        contact_row = book.contacts.get(row.cells.get("contact_id", ""))
        if contact_row is not None:
            owner = book.read[Organization].get(contact_row.cells.get("organization_id", ""))
            place = book.read[Location].get(contact_row.cells.get("location_id", ""))
            offered = book.read[Service].get(contact_row.cells.get("service_id", ""))
    joined = book.at_locations.get(row.cells.get("service_at_location_id", ""))
    if (owner, place, offered, joined) == (None, None, None, None):
        # What was noted as left out is now the reason for the rejection.
        left_out = [note for note in row.file.notes if note.row == row.number and note.code in LEFT_OUT]
        row.file.notes[:] = [note for note in row.file.notes if note not in left_out]
        column, why = (
            (left_out[-1].column, left_out[-1].code) if left_out else (row.find(*columns)[0], "unknown_reference")
        )
        raise row.reject(column, why)
    return owner, place, offered


def phone(book: Book, row: Row) -> None:
    """A telephone; fax and text telephones say so in their description."""
    key = book.line_id(row, Phone, "location_id", "service_id", "organization_id", "service_at_location_id")
    number = row.required("number").strip("\"' ")
    owner, place, offered = _parents(book, row)
    kind = (row.text("type", "number_type") or "").lower()
    if "number_type" in row.cells and not kind:
        row.note("number_type", "type_missing")
    special = kind if kind in {"fax", "textphone", "tty", "sms", "pager"} else None
    about = [special, row.text("department"), row.text("description")]
    facts = {
        "organization_id": owner.id if owner else None,
        "location_id": place.id if place else None,
        "service_id": offered.id if offered else None,
        "number": " ".join(number.split()),
        "extension": row.text("extension"),
        "description": "; ".join(part for part in about if part) or None,
    }
    book.keep(row, Phone, key, facts)


def schedule(book: Book, row: Row) -> None:
    """Opening hours. Words that are no weekday or no time of day are kept as text, with a note."""
    key = book.line_id(row, Schedule, "location_id", "service_id", "service_at_location_id")
    _owner, place, offered = _parents(book, row)
    joined = book.at_locations.get(row.cells.get("service_at_location_id", ""))
    words: list[str] = []
    days = _weekdays(row, words)
    opens = _hour(row, words, "opens_at", "dtstart")
    closes = _hour(row, words, "closes_at", "until")
    if opens and not closes and not words:
        raise row.reject("closes_at" if "closes_at" in row.cells else "until", "required")
    if about := row.text("description"):
        words.append(about)
    dates = read_day(row, "valid_from"), read_day(row, "valid_to")
    if not (days or opens or closes or words or any(dates)):
        raise row.reject("weekday" if "weekday" in row.cells else "byday", "says_nothing")
    facts = {
        "service_id": offered.id if offered else None,
        "location_id": place.id if place else None,
        "service_at_location_id": joined.id if joined else None,
        "freq": row.text("freq") or ("WEEKLY" if days else None),
        "byday": days,
        "opens_at": opens,
        "closes_at": closes,
        "valid_from": dates[0],
        "valid_to": dates[1],
        "description": "; ".join(words) or None,
    }
    book.keep(row, Schedule, key, facts)


def _weekdays(row: Row, words: list[str]) -> str | None:
    column, text = row.find("byday", "weekday")
    if not text:
        return None
    days = values.weekdays(text)
    if days is None:
        row.note(column, "kept_as_words")
        words.append(text)
    return days


def _hour(row: Row, words: list[str], *columns: str) -> Any:
    for column in columns:
        text = row.cells.get(column, "")
        if not text or (column in {"dtstart", "until"} and text[:4].isdigit()):
            continue  # dtstart and until are dates by the standard; some catalogues keep hours in them
        value = values.hour(text)
        if value is None:
            row.note(column, "kept_as_words")
            words.append(text)
        return value
    return None


def holiday_schedule(book: Book, row: Row) -> None:
    """Hours of special days (HSDS 1), or that it is closed on them."""
    key = f"holiday:{row.required('id')}"
    if key in book.read[Schedule]:
        raise row.reject("id", "duplicate_id", row=book.rows_of[Schedule.__name__, key].number)
    _owner, place, offered = _parents(book, row)
    closed = row.required("closed").lower() in {"true", "t", "yes", "1"}
    opens, closes = values.hour(row.text("opens_at") or ""), values.hour(row.text("closes_at") or "")
    if not closed and not (opens and closes):
        raise row.reject("closes_at" if opens else "opens_at", "required")
    facts = {
        "service_id": offered.id if offered else None,
        "location_id": place.id if place else None,
        "opens_at": opens,
        "closes_at": closes,
        "valid_from": read_day(row, "start_date"),
        "valid_to": read_day(row, "end_date"),
        "description": "closed" if closed else None,
    }
    book.keep(row, Schedule, key, facts)


def language(book: Book, row: Row) -> None:
    """A language in which a service is given; languages of places have nowhere to stand."""
    if not row.text("service_id") and not row.text("location_id") and not row.text("phone_id"):
        raise row.reject("service_id", "no_parent")
    column, name = row.find("code", "name", "language")
    code = values.language_code(row.required("code", "name", "language"))
    if code is None:
        raise row.reject(column, "unknown_language", name=name)
    if not row.text("service_id"):
        book.tell(row, Fate.SKIPPED)
        row.note("location_id", "no_place_for_it")
        raise Skipped
    offered = book.must(row, Service, "service_id")
    spoken = set(offered.languages.split())
    if code in spoken:
        book.tell(row, Fate.SAME)
        return
    offered.languages = " ".join(sorted(spoken | {code}))
    book.tell(row, Fate.MADE)


def service_area(book: Book, row: Row) -> None:
    """Where a service is given, in words: divisions of other countries are not kept."""
    offered = book.must(row, Service, "service_id")
    name = row.required("name", "service_area", "description")
    facts = {"service_id": offered.id, "name": name, "extent": row.text("extent", "description")}
    book.keep(row, ServiceArea, (offered.id, name), facts)
