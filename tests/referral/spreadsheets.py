"""Files as people bring them, made for tests."""

import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter


def workbook(
    rows: Sequence[Sequence[Any]], *, formats: dict[int, str] | None = None, merge: str | None = None
) -> bytes:
    """An Excel workbook with one sheet. Numbers stay numbers; dates get the format of their column in `formats`."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    made = {column: book.add_format({"num_format": form}) for column, form in (formats or {}).items()}
    if merge:
        sheet.merge_range(0, 0, 0, 5, merge)
    for number, row in enumerate(rows, 1 if merge else 0):
        for column, value in enumerate(row):
            if value is None:
                continue
            if column in made and not isinstance(value, str):
                sheet.write_datetime(number, column, value, made[column])
            elif isinstance(value, str):
                sheet.write_string(number, column, value)
            else:
                sheet.write(number, column, value)
    book.close()
    return out.getvalue()


def text(rows: Sequence[Sequence[Any]], encoding: str = "utf-8-sig") -> bytes:
    """A CSV file."""
    return "\r\n".join(",".join(f'"{cell}"' for cell in row) for row in rows).encode(encoding)
