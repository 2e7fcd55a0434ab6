"""Runs as a process of its own with little memory and time: reads a workbook from its input, prints its cells as JSON.

A workbook of a few kilobytes can ask a reader for gigabytes or for hours; here it can only end this process. Imports
nothing of the platform. Arguments: bytes of memory, seconds, rows at most.
"""

import json
import math
import sys
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

SHEETS = 3
COLUMNS = 100
LARGEST_EXACT = 10**15


def limit(memory: int, seconds: int) -> None:
    """Bound what this process may take, where the system can."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def plain(cell: Any) -> Any:
    """Return a cell as JSON holds it: dates as ISO text, whole numbers without a point."""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < LARGEST_EXACT:
        return int(cell)
    if isinstance(cell, float) and not math.isfinite(cell):
        return None
    return cell


def read(data: bytes, rows: int) -> list[dict[str, Any]]:
    """Return the first visible sheets: name, rows of cells, and whether there were more rows than allowed."""
    with CalamineWorkbook.from_filelike(BytesIO(data)) as book:
        visible = [
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
        ]
        sheets = []
        for name in visible[:SHEETS]:
            cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=rows + 1)
            kept = [[plain(cell) for cell in line[:COLUMNS]] for line in cells[:rows]]
            sheets.append({"name": name, "rows": kept, "cut": len(cells) > rows})
        return sheets


def main() -> None:
    """Read standard input within the limits and print the sheets."""
    memory, seconds, rows = (int(argument) for argument in sys.argv[1:4])
    data = sys.stdin.buffer.read()
    limit(memory, seconds)
    answer = json.dumps(read(data, rows), ensure_ascii=False)
    sys.stdout.buffer.write(answer.encode("utf-8", "replace"))


if __name__ == "__main__":
    main()
