"""Lines over time, with a band where the figures are uncertain."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from referral.charts.frame import (
    PALETTE,
    QUIET,
    WIDE,
    Chart,
    Figure,
    Show,
    drawing,
    grid,
    legend,
    num,
    sentence,
    text,
    ticks,
    width_of,
)
from referral.filters import number
from referral.i18n import _


@dataclass(frozen=True)
class Series:
    """A line: its name, a figure for each label (None where missing), and the bounds of each figure, if known."""

    name: str
    values: Sequence[Figure | None]
    low: Sequence[Figure | None] = ()
    high: Sequence[Figure | None] = ()


def lines(title: str, head: str, labels: Sequence[str], series: Sequence[Series], *, show: Show = number) -> Chart:
    """Return lines; a missing figure breaks its line. Bounds (low, high) are drawn as a band and stand in the table."""
    colours = [PALETTE[index % len(PALETTE)] for index in range(len(series))]
    above, top = legend([one.name for one in series], colours, WIDE) if len(series) > 1 else (Markup(""), 0.0)
    known = [float(value) for one in series for value in (*one.values, *one.high) if value is not None]
    marks = ticks(max(known, default=0.0))
    left = max(width_of(show(mark)) for mark in marks) + 8
    bottom = 8 + top + 220.0
    step = (WIDE - left - 40) / max(len(labels) - 1, 1)

    def x(index: int) -> float:
        return left + 20 + step * index

    def y(value: float) -> float:
        return bottom - 210 * value / marks[-1]

    parts = [above, *grid(marks, y, left, show)]
    every = max(1, int(-(-(max((width_of(label) for label in labels), default=1) + 10) // step)))
    parts += [
        text(x(index), bottom + 16, label, "middle", QUIET) for index, label in enumerate(labels) if index % every == 0
    ]
    for one, colour in zip(series, colours, strict=True):
        for run in _runs(one):
            if one.low and one.high:
                edge = [(x(i), y(float(one.high[i] or 0))) for i in run]
                edge += [(x(i), y(float(one.low[i] or 0))) for i in reversed(run)]
                parts.append(Markup('<polygon points="{}" fill="{}" opacity=".16"/>').format(_points(edge), colour))
            points = [(x(i), y(float(one.values[i] or 0))) for i in run]
            parts.append(
                Markup(
                    '<polyline points="{}" fill="none" stroke="{}" stroke-width="2.5" stroke-linejoin="round"/>'
                ).format(_points(points), colour)
            )
            parts += [
                Markup('<circle cx="{}" cy="{}" r="4" fill="{}"><title>{}</title></circle>').format(
                    num(px), num(py), colour, f"{labels[i]} {one.name} {show(one.values[i] or 0)}"
                )
                for i, (px, py) in zip(run, points, strict=True)
            ]
    described = sentence(
        (f"{one.name} {labels[i]}", show(v)) for one in series for i, v in enumerate(one.values) if v is not None
    )
    return Chart(
        title,
        drawing(title, described, WIDE, bottom + 30, parts),
        _head(head, series),
        _rows(labels, series),
        show,
        True,
    )


def _runs(one: Series) -> list[list[int]]:
    """Return the stretches of a line without a missing figure."""
    flags = groupby(range(len(one.values)), key=lambda index: one.values[index] is not None)
    return [list(run) for there, run in flags if there]


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{num(x)},{num(y)}" for x, y in points)


def _head(head: str, series: Sequence[Series]) -> list[str]:
    found = [head]
    for one in series:
        found.append(one.name)
        if one.low and one.high:
            found += [_("%(name)s, from", name=one.name), _("%(name)s, to", name=one.name)]
    return found


def _rows(labels: Sequence[str], series: Sequence[Series]) -> list[list[str | Figure | None]]:
    rows: list[list[str | Figure | None]] = []
    for index, label in enumerate(labels):
        row: list[str | Figure | None] = [label]
        for one in series:
            row.append(one.values[index])
            if one.low and one.high:
                row += [one.low[index], one.high[index]]
        rows.append(row)
    return rows
