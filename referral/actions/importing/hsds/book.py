"""What an import knows while it goes on: the records that stand, the rows it has read, what it makes."""

import hashlib
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Location,
    Organization,
    Phone,
    Program,
    Record,
    Schedule,
    Service,
    ServiceArea,
    ServiceAtLocation,
    ServiceTerm,
    Taxonomy,
    TaxonomyTerm,
)
from models.base import new_key
from referral.actions.importing.hsds.folder import Row
from referral.actions.importing.hsds.report import Fate
from referral.actions.importing.hsds.values import ids

R = TypeVar("R", bound=Record)


class Skipped(Exception):
    """The row at hand says nothing new."""


EXTERNAL = (Organization, Program, Location, Service, Phone, Schedule)
"""Records that keep the source and the id they came with."""


class Book:
    """The records of one source, by the ids that the source gives them."""

    def __init__(self, session: Session, source: str, at: datetime) -> None:
        self.session, self.source, self.at = session, source, at
        self.records: dict[type[Any], dict[Any, Any]] = {record: self._own(record) for record in EXTERNAL}
        terms = session.scalars(sa.select(TaxonomyTerm).where(TaxonomyTerm.taxonomy == Taxonomy.IMPORTED))
        self.records[TaxonomyTerm] = {term.code: term for term in terms}
        own = sa.select(Service.id).where(Service.external_source == source).scalar_subquery()
        self.records[ServiceAtLocation] = self._pairs(ServiceAtLocation, "location_id", own)
        self.records[ServiceTerm] = self._pairs(ServiceTerm, "term_id", own)
        self.records[ServiceArea] = self._pairs(ServiceArea, "name", own)
        self.read: dict[type[Any], dict[str, Any]] = {record: {} for record in (*EXTERNAL, TaxonomyTerm)}
        """Records of rows read this time; only these may be referred to."""
        self.refused: dict[type[Any], set[str]] = {record: set() for record in (*EXTERNAL, TaxonomyTerm)}
        self.at_locations: dict[str, ServiceAtLocation] = {}
        self.contacts: dict[str, Row] = {}
        self.addressed: dict[uuid.UUID, int] = {}
        self.rows_of: dict[tuple[str, str], Row] = {}
        self.joined: set[tuple[uuid.UUID, uuid.UUID]] = set()
        self.lines: set[tuple[str, tuple[str, ...]]] = set()

    def _own(self, record: Any) -> dict[str, Any]:
        found = self.session.scalars(sa.select(record).where(record.external_source == self.source))
        return {line.external_id: line for line in found}

    def _pairs(self, record: Any, other: str, services: Any) -> dict[Any, Any]:
        found = self.session.scalars(sa.select(record).where(record.service_id.in_(services)))
        return {(line.service_id, getattr(line, other)): line for line in found}

    def term_code(self, key: str) -> str:
        """Return under which code a term of this source is kept: of at most 64 signs, and different in each source."""
        code = f"{self.source}:{key}"
        if len(code) <= 64:
            return code
        return f"{hashlib.blake2s(self.source.encode(), digest_size=6).hexdigest()}:{key}"

    def own_id(self, row: Row, record: type[Any], *columns: str) -> str:
        """Return a row's id; reject the row where it has none, or where another row of the file has the same."""
        key = row.required(*(columns or ("id",)))
        column = row.find(*(columns or ("id",)))[0]
        if key in self.read[record] or key in self.refused[record]:
            raise row.reject(column, "duplicate_id", row=self.rows_of[record.__name__, key].number)
        self.refused[record].add(key)  # until the row is kept
        self.rows_of[record.__name__, key] = row
        return key

    def line_id(self, row: Row, record: type[Any], *parents: str) -> str:
        """Return the id of a line whose id may repeat, because the source joined it to each of its parents.

        A further line with the same id gets one of its own, made of its parents, and a note; the same line again is
        skipped.
        """
        key = row.required("id")
        whole = (record.__name__, tuple(row.cells.values()))
        if whole in self.lines:
            self.tell(row, Fate.SKIPPED)
            row.note("id", "same_line_again")
            raise Skipped
        self.lines.add(whole)
        if key not in self.read[record]:
            return key
        joined = "|".join(row.cells.get(parent, "") for parent in parents)
        own = f"{key[:46]}:{hashlib.blake2s(joined.encode(), digest_size=8).hexdigest()}"
        if own in self.read[record]:
            raise row.reject("id", "duplicate_id", row=self.rows_of[record.__name__, key].number)
        row.note("id", "repeated_id")
        return own

    def one(self, row: Row, record: type[R], *columns: str) -> R | None:
        """Return the record that a row refers to, or None; what cannot be found is noted."""
        column, text = row.find(*columns)
        keys = ids(text)
        if not keys:
            return None
        known: dict[str, R] = self.read[record]
        found = [known[key] for key in keys if key in known]
        if not found:
            row.note(column, self._why(record, keys))
            return None
        if len(keys) > 1:
            row.note(column, "several_ids", used=next(key for key in keys if key in known))
        return found[0]

    def must(self, row: Row, record: type[R], *columns: str) -> R:
        """Return the record that a row refers to; reject the row where there is none."""
        row.required(*columns)
        column, text = row.find(*columns)
        known: dict[str, R] = self.read[record]
        keys = ids(text)
        found = [key for key in keys if key in known]
        if not found:
            raise row.reject(column, self._why(record, keys))
        if len(keys) > 1:
            row.note(column, "several_ids", used=found[0])
        return known[found[0]]

    def _why(self, record: type[Any], keys: Iterable[str]) -> str:
        return "refers_to_rejected" if set(keys) & self.refused[record] else "unknown_reference"

    def fits(self, row: Row, record: type[Any], values: dict[str, Any], columns: dict[str, str]) -> None:
        """Reject a row with a text that is longer than its column; PostgreSQL would refuse it, SQLite would not."""
        for name, value in values.items():
            most = getattr(record.__table__.c[name].type, "length", None)
            if isinstance(value, str) and most and len(value) > most:
                raise row.reject(columns.get(name, name), "too_long", most=most, length=len(value))

    def keep(
        self, row: Row, record: type[R], key: Any, values: dict[str, Any], *, own: str | None = None, **columns: str
    ) -> R:
        """Make the record of a row, or bring it up to date, and write down which.

        `own` is the row's id where the record is kept under another key; `columns` tell from which column of the file
        a value comes, where the names differ.
        """
        values = {name: value.replace("\0", "") if isinstance(value, str) else value for name, value in values.items()}
        self.fits(row, record, values, columns)
        found: R | None = self.records[record].get(key)
        if found is None:
            marks = {"external_source": self.source, "external_id": key} if record in EXTERNAL else {}
            self.fits(row, record, marks, {"external_id": "id", "external_source": "id"})
            found = record(id=new_key(), **marks, **values)
            self.session.add(found)
            self.records[record][key] = found
            self.tell(row, Fate.MADE)
        else:
            self.tell(row, Fate.CHANGED if update(found, values) else Fate.SAME)
        if record in self.read:
            self.read[record][own or key] = found
            self.refused[record].discard(own or key)
            self.rows_of.setdefault((record.__name__, own or key), row)
        return found

    def tell_changed(self, row: Row) -> None:
        """Write down that a row which had nothing new changed something after all."""
        if row.file.fates.get(row.number) is not Fate.MADE:
            row.file.fates[row.number] = Fate.CHANGED

    @staticmethod
    def tell(row: Row, fate: Fate) -> None:
        """Write down what became of a row; a row that did several things tells the strongest."""
        strength = [Fate.SKIPPED, Fate.SAME, Fate.CHANGED, Fate.MADE, Fate.REJECTED]
        before = row.file.fates.get(row.number)
        row.file.fates[row.number] = fate if before is None else max(before, fate, key=strength.index)


def update(record: Any, values: dict[str, Any]) -> bool:
    """Set what differs and say whether anything did."""
    different = {name: value for name, value in values.items() if getattr(record, name) != value}
    for name, value in different.items():
        setattr(record, name, value)
    return bool(different)
