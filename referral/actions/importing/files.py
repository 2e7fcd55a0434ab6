"""What was uploaded: recognised by its content, read within limits, refused with a reason."""

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from models.errors import DomainError

MEGABYTE = 1024 * 1024
MAX_BYTES = 20 * MEGABYTE
MAX_ROWS = 20_000
MAX_UNPACKED = 100 * MEGABYTE
MAX_RATIO = 150
"""A sheet of numbers packs 10 to 20 times; a bomb 300 times and more. Small members may pack better."""
MAX_MEMBERS = 1_000
MEMORY = 1024 * MEGABYTE
SECONDS = 10
HEADING_ROWS = 10
"""The heading stands within this many rows; titles above it are left out."""
Rows = list[list[Any]]


class FileRefused(DomainError):
    """A file that is not read at all; `reason` names why, for the words of `words`."""

    code = "file_refused"

    def __init__(self, reason: str, **facts: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.facts = facts


def read_sheets(name: str, data: bytes) -> list[Rows]:
    """Return the sheets of a workbook, or the one table of a text file, as rows of cells.

    Cells are text, numbers, booleans or None; dates are ISO text. Raises FileRefused: empty, too_large, too_many_rows,
    pdf, old_workbook, other_workbook, web_page, not_a_table, renamed_workbook, renamed_text, bomb, broken, too_heavy.
    """
    if not data.strip(b"\0 \t\r\n"):
        raise FileRefused("empty")
    if len(data) > MAX_BYTES:
        raise FileRefused("too_large", size=round(len(data) / MEGABYTE))
    ending = Path(name).suffix.lower()
    if data.startswith(b"%PDF"):
        raise FileRefused("pdf")
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileRefused("old_workbook")
    if data.startswith(b"PK\x03\x04"):
        _check_package(data)
        if ending not in {".xlsx", ".xlsm"}:
            raise FileRefused("renamed_workbook", ending=ending or name)
        return _read_workbook(data)
    text = decode(data)
    if re.match(r"\s*<(!doctype|html|table|\?xml|meta)", text[:200], re.IGNORECASE):
        raise FileRefused("web_page")
    if ending in {".xlsx", ".xlsm", ".xls"}:
        raise FileRefused("renamed_text", ending=ending)
    rows = _read_text(text)
    if len(rows) > MAX_ROWS + HEADING_ROWS:
        raise FileRefused("too_many_rows", most=MAX_ROWS)
    return [rows]


def _check_package(data: bytes) -> None:
    """Look at the list of a package's parts before anything is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise FileRefused("broken") from None
    unpacked = sum(part.file_size for part in parts)
    names = {part.filename for part in parts}
    if (
        len(parts) > MAX_MEMBERS
        or unpacked > MAX_UNPACKED
        or any(part.file_size > MEGABYTE and part.file_size > MAX_RATIO * max(1, part.compress_size) for part in parts)
    ):
        raise FileRefused("bomb", packed=_megabytes(len(data)), unpacked=_megabytes(unpacked))
    if "xl/workbook.xml" not in names:
        raise FileRefused("other_workbook")


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:.1f}"


def _read_workbook(data: bytes) -> list[Rows]:
    """Read a workbook in a process that may take little memory and time."""
    reader = Path(__file__).with_name("limited_reader.py")
    most = MAX_ROWS + HEADING_ROWS
    command = [sys.executable, "-I", str(reader), str(MEMORY), str(SECONDS), str(most)]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=SECONDS + 2, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise FileRefused("too_heavy") from None
    if done.returncode != 0:
        # A limit ends the reader with a signal or without memory; anything else means that the parts do not fit.
        heavy = done.returncode < 0 or b"memory" in done.stderr.lower()
        raise FileRefused("too_heavy" if heavy else "broken")
    sheets = json.loads(done.stdout)
    if any(sheet["cut"] for sheet in sheets):
        raise FileRefused("too_many_rows", most=MAX_ROWS)
    return [sheet["rows"] for sheet in sheets]


def decode(data: bytes) -> str:
    """Return the text of a file: by its mark, else UTF-8, else GB 18030 (which holds GBK); FileRefused: not_a_table."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\0" in data:
        raise FileRefused("not_a_table")
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise FileRefused("not_a_table")


def _read_text(text: str) -> Rows:
    """Return the rows of a text file; the sign between cells is the one that stands most often in its first lines."""
    csv.field_size_limit(MEGABYTE)
    head = "\n".join(text.splitlines()[:HEADING_ROWS])
    sign = max(",\t;", key=head.count)
    try:
        return [list(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=sign)]
    except csv.Error:
        raise FileRefused("not_a_table") from None
