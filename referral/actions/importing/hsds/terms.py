"""Terms of a catalogue's taxonomies, which services they describe, and how much is free."""

from calendar import monthrange
from datetime import timedelta

import sqlalchemy as sa

from models import Capacity, CapacityKind, Service, ServiceAtLocation, ServiceTerm, Taxonomy, TaxonomyTerm
from models.base import new_key
from referral.actions.importing.hsds import values
from referral.actions.importing.hsds.book import Book, Skipped
from referral.actions.importing.hsds.catalogue import read_whole
from referral.actions.importing.hsds.folder import Row
from referral.actions.importing.hsds.report import Fate
from referral.clock import local_date

OWN = ("id", "taxonomy_recordid", "taxonomy_id")
PARENT = ("parent_id", "taxonomy_parent_recordid", "taxonomy_parent_name")


def term(book: Book, row: Row) -> None:
    """One term, kept as imported: it describes, and is not matched until somebody maps it to a term of ours."""
    key = book.own_id(row, TaxonomyTerm, *OWN)
    name = row.required("name", "term", "taxonomy_name")
    category = row.text("vocabulary", "taxonomy_vocabulary")
    facts = {
        "taxonomy": Taxonomy.IMPORTED,
        "code": book.term_code(key),
        "name_zh": name,
        "name_en": name,
        "category_zh": category,
        "category_en": category,
        "origin": "import",
        "active": (row.text("status") or "").lower() != "unpublished",
    }
    book.keep(row, TaxonomyTerm, book.term_code(key), facts, own=key, name_zh="name", name_en="name", code="id")


def parent_of_term(book: Book, row: Row) -> None:
    """Join a term to the one above it, once all are read."""
    found = book.read[TaxonomyTerm].get(row.find(*OWN)[1])
    if found is None or not row.text(*PARENT):
        return
    above = book.one(row, TaxonomyTerm, *PARENT)
    wanted = above.id if above and above.id != found.id else None
    if found.parent_id != wanted:
        found.parent_id = wanted
        book.tell_changed(row)


def attribute(book: Book, row: Row) -> None:
    """A term that describes a service; what describes something else has nowhere to stand."""
    if "link_id" in row.cells and row.text("link_entity") not in {None, "service", "services", "link_entity"}:
        row.note("link_entity", "no_place_for_it")
        book.tell(row, Fate.SKIPPED)
        raise Skipped
    offered = book.must(row, Service, *(("link_id",) if "link_id" in row.cells else ("service_id",)))
    described = book.must(row, TaxonomyTerm, "taxonomy_term_id", "taxonomy_id")
    pair = (offered.id, described.id)
    if pair in book.joined:
        raise row.reject("taxonomy_term_id", "same_pair")
    book.joined.add(pair)
    book.keep(row, ServiceTerm, pair, {"service_id": offered.id, "term_id": described.id})


def capacity(book: Book, row: Row) -> None:
    """What was free of a service on a day (HSDS 3), as the places of that month.

    Only for a service at exactly one place, because the standard does not say where. Places already given away here
    are added, and a figure that is not newer than the one we have changes nothing.
    """
    offered = book.must(row, Service, "service_id")
    available, most = read_whole(row, "available", 1_000_000), read_whole(row, "maximum", 1_000_000)
    if available is None:
        raise row.reject("available", "required")
    if most is not None and available > most:
        raise row.reject("available", "more_than_maximum", most=most)
    try:
        stated = values.moment(row.required("updated"))
    except values.Unreadable as unreadable:
        raise row.reject("updated", unreadable.code) from None
    there = [line for (key, _place), line in book.records[ServiceAtLocation].items() if key == offered.id]
    if len(there) != 1:
        raise row.reject("service_id", "not_one_place", places=len(there))
    book.session.flush()
    first = local_date(stated).replace(day=1)
    last = first + timedelta(days=monthrange(first.year, first.month)[1] - 1)
    found = book.session.scalar(
        sa.select(Capacity).where(Capacity.service_at_location_id == there[0].id, Capacity.starts_on == first)
    )
    if found is None:
        book.session.add(
            Capacity(
                id=new_key(), service_at_location_id=there[0].id, kind=CapacityKind.CONCURRENT, starts_on=first,
                ends_on=last, unit="次", places=available, stated_at=stated,
            )
        )  # fmt: skip
        book.tell(row, Fate.MADE)
    elif found.stated_at is None or found.stated_at < stated:
        found.places, found.stated_at = available + found.reserved + found.used, stated
        book.tell(row, Fate.CHANGED)
    else:
        book.tell(row, Fate.SAME)
