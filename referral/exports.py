"""Files that leave the platform: Excel workbooks and CSV, safe to open and easy to read on.

A cell is never a formula: what people typed may start with `=`. Workbooks store such text as text; CSV has no types,
so it gets an apostrophe in front.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter
from flask import Response, send_file

from referral import clock
from referral.i18n import _
from referral.taking_out import last_line

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_CELL = 32_767
DANGEROUS = tuple("=+-@\t\r\n＝＋－＠")
"""What spreadsheets take for the beginning of a formula, in CSV."""
NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\]")
NOT_IN_FILE_NAMES = re.compile(r"[^\w（）()-]+")
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True)
class Column:
    """One column of an export. `kind` is text, number, money, percent, day or moment; `width` is in characters."""

    title: Any
    kind: str = "text"
    width: int | None = None


FORMATS = {
    "number": "#,##0.##",
    "money": "#,##0.00",
    "percent": "0.0%",
    "day": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm",
}
WIDTHS = {"text": 18, "number": 11, "money": 13, "percent": 10, "day": 12, "moment": 17}
Columns = Sequence["Column | str"]


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook; cells as in `workbook`."""

    title: str
    columns: Columns
    rows: Iterable[Sequence[Any]]


def workbook(
    title: str, columns: Columns, rows: Iterable[Sequence[Any]], *, notes: Sequence[tuple[str, Any]] = ()
) -> Response:
    """Return an Excel file with one sheet of rows and, where `notes` are given, one that says what it shows.

    `title` names file and sheet. Cells may be str, numbers, Decimal, date, aware datetime (shown in Asia/Shanghai),
    bool, UUID or None. `notes` are (what, value) pairs: filters, period, rule of counting.
    """
    return workbook_of(title, [Sheet(title, columns, rows)], notes=notes)


def workbook_of(title: str, sheets: Sequence[Sheet], *, notes: Sequence[tuple[str, Any]] = ()) -> Response:
    """Return an Excel file of several sheets, and one that says what they show where `notes` are given."""
    data = io.BytesIO(workbook_bytes(sheets, notes=notes))
    return send_file(data, mimetype=XLSX, as_attachment=True, download_name=f"{file_name(title)}.xlsx", max_age=0)


def workbook_bytes(sheets: Sequence[Sheet], *, notes: Sequence[tuple[str, Any]] = ()) -> bytes:
    """Return the bytes of such a file."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out,
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    for sheet in sheets:
        _write_sheet(book, sheet.title, as_columns(sheet.columns), sheet.rows)
    if notes:
        about = [(_("Exported at"), clock.now()), *notes]
        columns = [Column(_("What"), width=24), Column(_("Value"), width=60)]
        _write_sheet(book, _("About this file"), columns, about, people=False)
    book.close()
    return out.getvalue()


def csv_file(title: str, columns: Columns, rows: Iterable[Sequence[Any]]) -> Response:
    """Return the same as CSV, UTF-8 with a mark at its start so that Excel reads the Chinese."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([neutral(str(column.title)) for column in as_columns(columns)])
    lines = [[neutral(plain(value)) for value in row] for row in rows]
    writer.writerows(lines)
    if line := last_line(len(lines)):
        writer.writerow([neutral(line)])
    data = io.BytesIO(b"\xef\xbb\xbf" + out.getvalue().encode())
    return send_file(data, mimetype="text/csv", as_attachment=True, download_name=f"{file_name(title)}.csv", max_age=0)


def as_columns(columns: Columns) -> list[Column]:
    """Return columns, with plain texts made columns of text."""
    return [column if isinstance(column, Column) else Column(column) for column in columns]


def file_name(title: str) -> str:
    """Return a title with today's date, fit for a file's name."""
    return f"{NOT_IN_FILE_NAMES.sub('_', title).strip('_') or 'yuanqiao'}_{clock.today():%Y%m%d}"


def neutral(value: Any) -> Any:
    """Return a CSV cell that no spreadsheet takes for a formula; numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and value.startswith(DANGEROUS) else value


def plain(value: Any) -> Any:
    """Return a value as CSV shows it."""
    if isinstance(value, datetime):
        return f"{value.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return value
    return "" if value is None else str(value)


def _write_sheet(
    book: Any, title: str, columns: list[Column], rows: Iterable[Sequence[Any]], *, people: bool = True
) -> None:
    sheet = book.add_worksheet(NOT_IN_SHEET_NAMES.sub(" ", title)[:31].strip("' ") or None)
    head = book.add_format({"bold": True, "bg_color": "#E3F1EF", "bottom": 1, "text_wrap": True, "valign": "top"})
    formats = {kind: book.add_format({"num_format": code, "valign": "top"}) for kind, code in FORMATS.items()}
    formats["text"] = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    for number, column in enumerate(columns):
        sheet.set_column(number, number, column.width or WIDTHS.get(column.kind, 18))
    sheet.freeze_panes(1, 0)
    for number, column in enumerate(columns):
        sheet.write_string(0, number, str(column.title), head)
    last = 0
    for last, row in enumerate(rows, 1):
        for number, (column, value) in enumerate(zip(columns, row, strict=True)):
            own = formats[column.kind] if column.kind in FORMATS else None
            _write_cell(sheet, (last, number), value, own, formats)
    if columns:
        sheet.autofilter(0, 0, max(last, 1), len(columns) - 1)
    if people and (line := last_line(last)):
        sheet.write_string(last + 2, 0, NOT_IN_XML.sub("", line))


def _write_cell(sheet: Any, at: tuple[int, int], value: Any, own: Any, formats: dict[str, Any]) -> None:
    match value:
        case None:
            return
        case datetime():
            local = value.astimezone(clock.SHANGHAI).replace(tzinfo=None)
            sheet.write_datetime(*at, local, formats["moment"])
        case date():
            sheet.write_datetime(*at, value, formats["day"])
        case int() | float() | Decimal() if not isinstance(value, bool):
            sheet.write_number(*at, value, own or formats["number"])
        case _:
            sheet.write_string(*at, NOT_IN_XML.sub("", str(value))[:LONGEST_CELL], formats["text"])
