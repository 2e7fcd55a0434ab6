"""A folder of HSDS tables as CSV: which file is which table, which version, and its rows."""

import csv
import html
import io
from dataclasses import dataclass
from pathlib import Path

from referral.actions.importing.files import FileRefused, decode
from referral.actions.importing.hsds.report import FileReport, Finding

TABLES: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "organizations": (frozenset({"organizations", "organization"}), frozenset({"name", "tax_id", "legal_status"})),
    "programs": (frozenset({"programs", "program"}), frozenset({"organization_id", "name"})),
    "taxonomy_terms": (
        frozenset({"taxonomy_terms", "taxonomy_term", "taxonomy"}),
        frozenset({"taxonomy_id", "name", "parent_id"}),
    ),
    "locations": (
        frozenset({"locations", "location"}),
        frozenset({"organization_id", "name", "latitude", "longitude"}),
    ),
    "addresses": (
        frozenset({"physical_addresses", "physical_address", "addresses", "address"}),
        frozenset({"location_id", "address_1"}),
    ),
    "mail_addresses": (
        frozenset({"mail_addresses", "postal_addresses", "postal_address"}),
        frozenset({"location_id", "attention", "address_1"}),
    ),
    "services": (frozenset({"services", "service"}), frozenset({"name", "application_process", "wait_time", "status"})),
    "services_at_location": (
        frozenset({"services_at_location", "service_at_location", "service_at_locations"}),
        frozenset({"service_id", "location_id", "description"}),
    ),
    "contacts": (frozenset({"contacts", "contact"}), frozenset({"organization_id", "name", "title", "department"})),
    "phones": (frozenset({"phones", "phone"}), frozenset({"number", "extension"})),
    "schedules": (
        frozenset({"schedules", "schedule", "regular_schedules", "regular_schedule"}),
        frozenset({"weekday", "opens_at", "closes_at"}),
    ),
    "holiday_schedules": (
        frozenset({"holiday_schedules", "holiday_schedule"}),
        frozenset({"start_date", "end_date", "closed"}),
    ),
    "service_areas": (frozenset({"service_areas", "service_area"}), frozenset({"service_id", "service_area"})),
    "languages": (frozenset({"languages", "language"}), frozenset({"service_id", "language"})),
    "attributes": (
        frozenset({"service_attributes", "service_attribute", "attributes", "attribute", "service_taxonomy"}),
        frozenset({"service_id", "taxonomy_term_id"}),
    ),
    "service_capacity": (
        frozenset({"service_capacity", "service_capacities"}),
        frozenset({"service_id", "available", "maximum"}),
    ),
}
"""Tables that are read, in the order in which they must be: the names of their files, and headings that tell them."""

ORDER = {table: place for place, table in enumerate(TABLES)}
KNOWN_BUT_NOT_USED = frozenset(
    {"accessibility", "accessibility_for_disabilities", "cost_options", "funding", "meta_table_descriptions"}
    | {"metadata", "organization_identifiers", "required_documents", "taxonomies", "taxonomy_types"}
    | {"taxonomy_terms_types", "units", "url", "urls"}
)
"""Tables of HSDS for which the platform has no place."""
VERSION_3 = {
    "services": {"fees_description", "eligibility_description", "assured_date", "minimum_age"},
    "attributes": {"link_id", "link_entity"},
    "schedules": {"timezone", "attending_type"},
    "taxonomy_terms": {"term_uri"},
    "addresses": {"address_type"},
    "organizations": {"parent_organization_id"},
}
OHANA = {"services": {"accepted_payments", "funding_sources", "audience"}, "organizations": {"date_incorporated"}}


class Rejected(Exception):
    """The row at hand cannot be kept."""


@dataclass
class Row:
    """One row: its cells by heading, and where it stands."""

    file: FileReport
    number: int
    cells: dict[str, str]

    def find(self, *columns: str) -> tuple[str, str]:
        """Return the first of these columns that is not empty, with its text; the first name and '' where all are."""
        for column in columns:
            text = self.cells.get(column, "")
            if text:
                return column, text
        return next((column for column in columns if column in self.cells), columns[0]), ""

    def text(self, *columns: str) -> str | None:
        """Return the text of the first of these columns that is not empty, or None."""
        return self.find(*columns)[1] or None

    def required(self, *columns: str) -> str:
        """Return the text of the first of these columns that is not empty; reject the row where all are."""
        column, text = self.find(*columns)
        if not text:
            raise self.reject(column, "required")
        return text

    def reject(self, column: str, code: str, **facts: object) -> Rejected:
        """Write down why the row is rejected and return the exception to raise."""
        self.file.rejections.append(Finding(self.number, column, self.cells.get(column, ""), code, facts))
        return Rejected(code)

    def note(self, column: str, code: str, **facts: object) -> None:
        """Write down that a value is not kept, or not as it stands, though the row is."""
        self.file.notes.append(Finding(self.number, column, self.cells.get(column, ""), code, facts))


@dataclass
class Sheet:
    """One file that was read."""

    report: FileReport
    columns: list[str]
    rows: list[Row]


def read_folder(folder: Path) -> tuple[list[Sheet], list[FileReport], str]:
    """Return the files to use in their order, reports of those that are not used, and the version's name.

    Raises FileRefused: no_folder, no_catalogue (nothing in it is HSDS), not_a_table.
    """
    if not folder.is_dir():
        raise FileRefused("no_folder", folder=str(folder))
    used, unused = list[tuple[int, bool, Sheet]](), list[FileReport]()
    for path in sorted(folder.glob("*.csv")):
        columns, lines = _lines(path)
        table, by_name = _table_of(path.stem.lower(), set(columns))
        report = FileReport(path.name, table)
        if table is None:
            unused.append(report)
            continue
        rows = [_row(report, number, columns, line) for number, line in enumerate(lines, 2) if any(line)]
        # Files whose names say what they are come before those that only look like it.
        used.append((ORDER[table], not by_name, Sheet(report, columns, rows)))
    sheets = [sheet for *_order, sheet in sorted(used, key=lambda entry: entry[:2])]
    if not {"organizations", "services"} & {sheet.report.table for sheet in sheets}:
        raise FileRefused("no_catalogue", folder=str(folder))
    return sheets, unused, _version(sheets)


def _lines(path: Path) -> tuple[list[str], list[list[str]]]:
    """Return headings and lines of a file, character references of web pages made plain."""
    csv.field_size_limit(10_000_000)
    try:
        lines = list(csv.reader(io.StringIO(decode(path.read_bytes()), newline="")))
    except csv.Error:
        raise FileRefused("not_a_table", file=path.name) from None
    cleaned = [[html.unescape(cell).strip() for cell in line] for line in lines]
    return ([heading.lower() for heading in cleaned[0]], cleaned[1:]) if cleaned else ([], [])


def _table_of(stem: str, columns: set[str]) -> tuple[str | None, bool]:
    """Return the table of a file and whether its name told it; by its headings where the name does not."""
    for table, (names, _headings) in TABLES.items():
        if stem in names:
            return table, True
    if stem in KNOWN_BUT_NOT_USED:
        return None, True
    fitting = [(len(headings), table) for table, (_n, headings) in TABLES.items() if headings <= columns]
    return (max(fitting)[1], False) if fitting else (None, False)


def _row(report: FileReport, number: int, columns: list[str], line: list[str]) -> Row:
    """Return a row; cells beyond the headings are named and left out, missing ones are empty."""
    row = Row(report, number, dict(zip(columns, line, strict=False)))
    if len(line) != len(columns):
        row.note("", "ragged_row", cells=len(line), headings=len(columns), extra=" ".join(line[len(columns) :]))
    return row


def _version(sheets: list[Sheet]) -> str:
    """Return which version of HSDS the headings speak of."""
    columns = {sheet.report.table: set[str]() for sheet in sheets}
    for sheet in sheets:
        columns[sheet.report.table] |= set(sheet.columns)
    for signs, version in ((VERSION_3, "HSDS 3"), (OHANA, "HSDS 1 (Ohana)")):
        if any(signs[table] & columns.get(table, set()) for table in signs):
            return version
    return "HSDS 2"
