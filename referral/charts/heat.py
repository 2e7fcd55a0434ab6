"""A table whose cells are darker where there is more, e.g. needs by township and kind."""

from collections.abc import Sequence

from referral.charts.frame import (
    EMPTY,
    INK,
    SIZE,
    WIDE,
    Chart,
    Figure,
    Show,
    drawing,
    lines_of_text,
    rect,
    sentence,
    text,
    width_of,
    wrap,
)
from referral.filters import number

LIGHT, DARK = (227, 241, 239), (10, 92, 85)
READ_WHITE = 0.55
"""From this share on white figures are easier to read than dark ones."""


def heat(
    title: str,
    head: str,
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Sequence[Figure | None]],
    *,
    show: Show = number,
) -> Chart:
    """Return one cell for each row and column; `head` says what the rows are. Missing figures are grey and empty."""
    known = [float(value) for line in values for value in line if value is not None]
    largest = max(known, default=0.0) or 1.0
    left = min(max((width_of(row) for row in rows), default=0) + 12, WIDE * 0.3)
    wide = (WIDE - left) / max(len(columns), 1)
    headings = [wrap(column, wide - 6, lines=3) for column in columns]
    top = max((len(lines) for lines in headings), default=1) * SIZE * 1.2 + 10
    parts = [
        lines_of_text(left + wide * (index + 0.5), top / 2, lines, "middle") for index, lines in enumerate(headings)
    ]
    for place, (row, line) in enumerate(zip(rows, values, strict=True)):
        y = top + place * 36
        parts.append(lines_of_text(left - 10, y + 18, wrap(row, left - 12), "end"))
        for index, value in enumerate(line):
            share = float(value) / largest if value is not None else 0.0
            fill = shade(share) if value else EMPTY
            words = "" if value is None else show(value)
            parts.append(rect(left + wide * index + 1, y + 1, wide - 2, 34, fill, f"{row}, {columns[index]}: {words}"))
            colour = "#ffffff" if share > READ_WHITE else INK
            parts.append(text(left + wide * (index + 0.5), y + 18, words, "middle", colour, pointer_events="none"))
    described = sentence(
        (f"{row}, {columns[index]}", show(value))
        for row, line in zip(rows, values, strict=True)
        for index, value in enumerate(line)
        if value
    )
    svg = drawing(title, described, WIDE, top + len(rows) * 36 + 4, parts)
    table = [[row, *line] for row, line in zip(rows, values, strict=True)]
    return Chart(title, svg, (head, *columns), table, show, wide=True)


def shade(share: float) -> str:
    """Return a colour between light and dark teal; the step from dark ink to white text keeps 4.5:1."""
    share = min(share, 1.0)
    share = share * 0.62 if share <= READ_WHITE else 0.72 + (share - READ_WHITE) / (1 - READ_WHITE) * 0.28
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(LIGHT, DARK, strict=True))
