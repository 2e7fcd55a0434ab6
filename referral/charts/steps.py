"""What each further one gives: a box for the first, the second, … with the number of its kind in it.

Rows of boxes, for curves that rise by one each time and differ only in whom they serve.
"""

from collections.abc import Sequence

from referral.charts.frame import (
    NARROW,
    PALETTE,
    Chart,
    Figure,
    Show,
    drawing,
    legend,
    lines_of_text,
    rect,
    sentence,
    text,
    wrap,
)
from referral.filters import number

ROOM, BOX, GAP, HIGH = 176.0, 34.0, 3.0, 44.0
COLOURS = (PALETTE[4], PALETTE[2], PALETTE[1], PALETTE[5])


def steps(
    title: str, head: str, rows: Sequence[tuple[str, Sequence[int]]], kinds: Sequence[str], *, show: Show = number
) -> Chart:
    """Return a row of boxes for each line: its name, and the kind (counted from 1, named by `kinds`) of each step.

    The table behind it counts the steps of each kind; `head` names its first column.
    """
    longest = max((len(line) for _name, line in rows), default=0)
    width = max(NARROW, ROOM + longest * (BOX + GAP))
    named_kinds = [f"{place} {name}" for place, name in enumerate(kinds, 1)]
    above, top = legend(named_kinds, COLOURS[: len(kinds)], width)
    parts = [above]
    for place, (name, line) in enumerate(rows):
        y = top + 8 + place * HIGH
        parts.append(lines_of_text(0, y + BOX / 2, wrap(name, ROOM - 10)))
        for step, kind in enumerate(line):
            x = ROOM + step * (BOX + GAP)
            colour = COLOURS[min(kind, len(COLOURS)) - 1]
            parts += [
                rect(x, y, BOX, BOX, colour, f"{name} {step + 1}: {kinds[kind - 1]}"),
                text(x + BOX / 2, y + BOX / 2, str(kind), "middle", "#ffffff", font_weight=600, pointer_events="none"),
            ]
    table: list[list[str | Figure | None]] = [
        [name, *(sum(kind == one for kind in line) for one in range(1, len(kinds) + 1))] for name, line in rows
    ]
    described = sentence((name, show(len(line))) for name, line in rows)
    svg = drawing(title, described, width, top + 12 + len(rows) * HIGH, parts)
    return Chart(title, svg, (head, *kinds), table, show, wide=width > NARROW)
