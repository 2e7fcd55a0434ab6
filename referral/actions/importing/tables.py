"""From a file to lines: where the heading stands, which column is which, what each cell means."""

import dataclasses
import re
from collections.abc import Iterable
from typing import Any

from models import ImportKind
from referral.actions.importing import cells
from referral.actions.importing.cells import Cell, WrongCell
from referral.actions.importing.fields import FIELDS, Field, heading, headings
from referral.actions.importing.files import HEADING_ROWS, MAX_ROWS, FileRefused, Rows, read_sheets

Question = tuple[str, str, Cell]
EXAMPLE = re.compile(r"(示例|例如|例|example|e\.g\.)\s*[:：]", re.IGNORECASE)
"""How the first cell of a row begins that shows how to fill the others, and is not read."""
ADDED = frozenset({"错误", "problems", "结果", "result"})
"""Columns that we put into a file when it is downloaded again; they are not read."""
SHOWN = 200
"""Signs of a wrong cell that are kept with the problem."""


@dataclasses.dataclass
class Line:
    """One row of the file: cells as typed by heading, values by key, and what is wrong."""

    number: int
    cells: dict[str, Cell]
    columns: dict[str, str]
    """Key → heading in this file."""
    values: dict[str, Any] = dataclasses.field(default_factory=dict)
    problems: list[dict[str, Any]] = dataclasses.field(default_factory=list)

    found: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Key → the record that a cell names."""

    def get(self, key: str) -> Any:
        """Return the value of a column; None where the cell is empty, wrong or missing."""
        return self.values.get(key)

    def given(self, *keys: str) -> dict[str, Any]:
        """Return the values of these columns that are not empty."""
        return {key: self.values[key] for key in keys if self.values.get(key) is not None}

    def wrong(self, key: str, code: str, **facts: Any) -> None:
        """Write down that the cell of a column is wrong."""
        column = self.columns.get(key, key)
        value = cells.typed(self.cells.get(column))[:SHOWN]
        self.problems.append({"column": column, "key": key, "value": value, "code": code, "facts": facts})


@dataclasses.dataclass(frozen=True)
class Table:
    """The part of a file that holds rows: headings in order, and (row number, cells by heading)."""

    columns: list[str]
    rows: list[tuple[int, dict[str, Cell]]]


def read_table(kind: ImportKind, name: str, data: bytes) -> Table:
    """Return the table of a file. The heading may stand below titles; examples and empty rows are left out.

    Raises FileRefused: what `read_sheets` raises, no_headings, headings_missing, heading_twice, no_rows,
    too_many_rows.
    """
    sheets = read_sheets(name, data)
    place = max(
        ((_score(kind, rows, number), -sheet, -number) for sheet, rows in enumerate(sheets)
         for number in range(min(HEADING_ROWS, len(rows)))),
        default=(0, 0, 0),
    )  # fmt: skip
    if place[0] < 2:
        raise FileRefused("no_headings", headings=_wanted(FIELDS[kind]))
    rows, number = sheets[-place[1]], -place[2]
    columns = _heading_row(rows, number)
    known = _columns(kind, columns)
    if missing := [field for field in FIELDS[kind] if field.required and field.key not in known]:
        raise FileRefused("headings_missing", headings=_wanted(missing))
    kept = [
        (line, dict(zip(columns, [*row, *[None] * (len(columns) - len(row))], strict=False)))
        for line, row in enumerate(rows[number + 1 :], number + 2)
        if any(not cells.is_empty(cell) for cell in row) and not _is_example(row)
    ]
    if not kept:
        raise FileRefused("no_rows")
    if len(kept) > MAX_ROWS:
        raise FileRefused("too_many_rows", most=MAX_ROWS)
    return Table(columns, kept)


def _wanted(fields: Iterable[Field]) -> list[str]:
    return [str(field.label) for field in fields if field.required]


def _score(kind: ImportKind, rows: Rows, number: int) -> int:
    """Return how many columns of a kind of file a row names."""
    known = headings(kind)
    return len({known[name] for cell in rows[number] if (name := heading(cells.typed(cell))) in known})


def _heading_row(rows: Rows, number: int) -> list[str]:
    """Return the headings; where one is merged with the cell above, the words stand there. Doubles get a number."""
    above = rows[number - 1] if number else []
    row = [_as_typed(cell) for cell in rows[number]]
    width = max((len(line) for line in rows), default=0)
    names: list[str] = []
    for place in range(width):
        name = row[place] if place < len(row) else ""
        if not name and sum(bool(cells.typed(cell)) for cell in above) > 1 and place < len(above):
            name = _as_typed(above[place])
        name = name[:64] or f"({place + 1})"
        names.append(name if name not in names else f"{name} ({place + 1})")
    while (
        names
        and names[-1] == f"({len(names)})"
        and all(len(line) < len(names) or cells.is_empty(line[len(names) - 1]) for line in rows[number + 1 :])
    ):
        names.pop()
    return names


def _as_typed(cell: Any) -> str:
    return "" if cells.is_empty(cell) else " ".join(str(cell).split())


def _is_example(row: list[Any]) -> bool:
    first = next((cells.typed(cell) for cell in row if not cells.is_empty(cell)), "")
    return bool(EXAMPLE.match(first))


def _columns(kind: ImportKind, names: Iterable[str]) -> dict[str, str]:
    """Return key → heading; FileRefused: heading_twice where two headings mean the same column."""
    known = headings(kind)
    found: dict[str, str] = {}
    for name in names:
        key = known.get(heading(name))
        if key is None or heading(name) in ADDED:
            continue
        if key in found:
            raise FileRefused("heading_twice", first=found[key], second=name)
        found[key] = name
    return found


def unused_columns(kind: ImportKind, names: Iterable[str]) -> list[str]:
    """Return the headings of a file that no column answers to."""
    known = headings(kind)
    return [name for name in names if heading(name) not in known and heading(name) not in ADDED and name[0] != "("]


def read_lines(kind: ImportKind, columns: list[str], rows: Iterable[tuple[int, dict[str, Cell]]]) -> list[Line]:
    """Return the lines of a table with their cells read; what cannot be read is written down as a problem."""
    known = _columns(kind, columns)
    fields = [field for field in FIELDS[kind] if field.key in known]
    remembered: dict[Question, Any] = {}
    lines = []
    for number, row in rows:
        line = Line(number, row, known)
        for field in fields:
            _read_cell(line, field, remembered)
        lines.append(line)
    return lines


def _read_cell(line: Line, field: Field, remembered: dict[Question, Any]) -> None:
    cell = line.cells.get(line.columns[field.key])
    question = (field.key, type(cell).__name__, cell)
    if question not in remembered:
        try:
            remembered[question] = field.read(cell)
        except WrongCell as wrong:
            remembered[question] = wrong
    answer = remembered[question]
    if isinstance(answer, WrongCell):
        line.wrong(field.key, answer.code, **answer.facts)
    elif answer is None and field.required:
        line.wrong(field.key, "required")
    else:
        line.values[field.key] = answer
