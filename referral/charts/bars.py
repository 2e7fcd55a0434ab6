"""Bars that lie (for names) and columns that stand (for months)."""

from collections.abc import Sequence

from markupsafe import Markup

from referral.charts.frame import (
    EMPTY,
    INK,
    NARROW,
    PALETTE,
    QUIET,
    SIZE,
    WIDE,
    Chart,
    Figure,
    Show,
    drawing,
    grid,
    legend,
    lines_of_text,
    rect,
    sentence,
    text,
    ticks,
    width_of,
    wrap,
)
from referral.filters import number


def bars(
    title: str,
    head: tuple[str, str],
    rows: Sequence[tuple[str, Figure]],
    *,
    show: Show = number,
    colour: str = PALETTE[0],
) -> Chart:
    """Return one bar a row, in the order given; `head` names the two columns of the table behind it."""
    largest = max((float(value) for _label, value in rows), default=0.0) or 1.0
    shown = [show(value) for _label, value in rows]
    room = min(max((width_of(label) for label, _value in rows), default=0) + 2, NARROW * 0.4)
    end = max((width_of(words) for words in shown), default=0) + 10
    length = NARROW - room - 12 - end
    parts, y = list[Markup](), 4.0
    for (label, value), words in zip(rows, shown, strict=True):
        lines = wrap(label, room)
        height = max(30.0, len(lines) * SIZE * 1.2 + 10)
        middle = y + height / 2
        wide = length * float(value) / largest
        parts += [
            lines_of_text(room, middle, lines, "end"),
            rect(room + 12, middle - 9, length, 18, EMPTY),
            rect(room + 12, middle - 9, max(wide, 2.0 if value else 0.0), 18, colour, f"{label} {words}"),
            text(NARROW, middle, words, "end", INK, font_weight=600),
        ]
        y += height
    svg = drawing(title, sentence(zip((label for label, _v in rows), shown, strict=True)), NARROW, y + 4, parts)
    return Chart(title, svg, head, [[label, value] for label, value in rows], show)


def columns(
    title: str,
    head: str,
    labels: Sequence[str],
    series: Sequence[tuple[str, Sequence[Figure | None]]],
    *,
    show: Show = number,
    stacked: bool = False,
) -> Chart:
    """Return groups of columns, or stacks; `head` says what the labels are (Month). Missing figures leave a gap."""
    colours = [PALETTE[index % len(PALETTE)] for index in range(len(series))]
    above, top = legend([name for name, _values in series], colours, WIDE) if len(series) > 1 else (Markup(""), 0.0)
    sums = [[float(values[index] or 0) for _name, values in series] for index in range(len(labels))]
    marks = ticks(max((sum(one) if stacked else max(one, default=0.0) for one in sums), default=0.0))
    left = max(width_of(show(mark)) for mark in marks) + 8
    plot, bottom = WIDE - left, 8 + top + 220.0

    def at(value: float) -> float:
        return bottom - 210 * value / marks[-1]

    parts = [above, *grid(marks, at, left, show)]
    slot = plot / max(len(labels), 1)
    thick = min(slot * 0.7 / (1 if stacked else max(len(series), 1)), 46.0)
    every = -(-max((width_of(label) for label in labels), default=1) + 8) // -slot if labels else 1
    for index, label in enumerate(labels):
        middle = left + slot * (index + 0.5)
        base, across = 0.0, middle - thick * (1 if stacked else len(series)) / 2
        for place, (name, values) in enumerate(series):
            value = values[index]
            if value is None:
                continue
            x = across if stacked else across + place * thick
            upper, lower = at(base + float(value)), at(base)
            parts.append(rect(x + 1, upper, thick - 2, lower - upper, colours[place], f"{label} {name} {show(value)}"))
            base += float(value) if stacked else 0.0
        if index % max(int(every), 1) == 0:
            parts.append(text(middle, bottom + 16, label, "middle", QUIET))
    described = sentence(
        (f"{name} {labels[i]}", show(v)) for name, vs in series for i, v in enumerate(vs) if v is not None
    )
    svg = drawing(title, described, WIDE, bottom + 30, parts)
    rows = [[label, *(values[index] for _name, values in series)] for index, label in enumerate(labels)]
    return Chart(title, svg, (head, *(name for name, _values in series)), rows, show, wide=True)
