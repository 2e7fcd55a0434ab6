"""Catalogues in HSDS, the standard of Open Referral: versions 2 and 3 as CSV, and Ohana's older tables.

The whole folder goes in, in the transaction of whoever calls, or nothing does. Rows that cannot be kept are reported
with row, column, value and reason; rows that vanished from the source stay, because referrals may hang on them.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from referral.actions.importing.files import FileRefused
from referral.actions.importing.hsds import catalogue, details, terms
from referral.actions.importing.hsds.book import Book, Skipped
from referral.actions.importing.hsds.folder import Rejected, Row, Sheet, read_folder
from referral.actions.importing.hsds.report import Fate, FileReport, Report

Loader = Callable[[Book, Row], None]
LOADERS: dict[str, Loader] = {
    "organizations": catalogue.organization,
    "programs": catalogue.program,
    "taxonomy_terms": terms.term,
    "locations": catalogue.location,
    "addresses": details.address,
    "mail_addresses": details.mail_address,
    "services": catalogue.service,
    "services_at_location": catalogue.service_at_location,
    "contacts": details.contact,
    "phones": details.phone,
    "schedules": details.schedule,
    "holiday_schedules": details.holiday_schedule,
    "service_areas": details.service_area,
    "languages": details.language,
    "attributes": terms.attribute,
    "service_capacity": terms.capacity,
}
SECOND_LOOK: dict[str, Loader] = {
    "organizations": catalogue.parent_of_organization,
    "taxonomy_terms": terms.parent_of_term,
}
"""What can only be joined when the whole file is read."""
LONGEST_SOURCE = 64


def import_folder(
    session: Session,
    folder: Path,
    *,
    at: datetime,
    source: str | None = None,
    progress: Callable[[FileReport], None] = lambda _report: None,
) -> Report:
    """Bring a folder of CSV files in and return what became of each row. Flushes, never commits.

    `source` is under which name the ids of the source are kept: the folder's name where none is given. A second
    import of the same source changes what differs and nothing else. `progress` is called after each file. Raises
    FileRefused: no_folder, no_catalogue, not_a_table, source_too_long.
    """
    source = source or folder.resolve().name
    if len(source) > LONGEST_SOURCE:
        raise FileRefused("source_too_long", most=LONGEST_SOURCE)
    sheets, unused, version = read_folder(folder)
    report = Report(source, version)
    with session.no_autoflush:
        book = Book(session, source, at)
        for sheet in sheets:
            report.files.append(sheet.report)
            _load(book, sheet)
            progress(sheet.report)
    report.files += unused
    return report


def _load(book: Book, sheet: Sheet) -> None:
    """Read a file's rows, then join those that refer to each other."""
    table = sheet.report.table or ""
    for load in (LOADERS[table], SECOND_LOOK.get(table)):
        if load is None:
            continue
        for row in sheet.rows:
            try:
                load(book, row)
            except Rejected:
                sheet.report.fates[row.number] = Fate.REJECTED
            except Skipped:
                pass
        book.session.flush()
