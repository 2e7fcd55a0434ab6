"""Who carries whom: carriers at the left, what they carry at the right, lines as thick as they carry people.

Drawn narrow, so that a phone shows it without scrolling. Whoever much hangs on is marked by a sign and in words, not
by colour alone.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from markupsafe import Markup

from referral.charts.frame import (
    PALETTE,
    SIZE,
    Chart,
    Show,
    drawing,
    lines_of_text,
    named,
    num,
    sentence,
    text,
    wrap,
)
from referral.filters import number

WIDTH, LEFT, RIGHT, STEP, NODE = 420.0, 150.0, 146.0, 46.0, 10.0
THICKEST, THINNEST = 16.0, 1.5
CARRIER, CARRIED, WARNED = PALETTE[1], PALETTE[0], PALETTE[4]


class Link(NamedTuple):
    """So many people of one kind, carried by one carrier."""

    carrier: str
    carried: str
    helped: int
    """Helped now."""
    planned: int
    """A round would propose them."""


def carriers(
    title: str, head: tuple[str, str, str, str], links: Sequence[Link], warned: Collection[str], *, show: Show = number
) -> Chart:
    """Return the drawing; `head` names the four columns of the table behind it, `warned` the carriers to be marked.

    Carriers and what they carry stand in the order in which they first appear.
    """
    left = list(dict.fromkeys(link.carrier for link in links))
    right = list(dict.fromkeys(link.carried for link in links))
    height = max(len(left), len(right), 1) * STEP
    at_left = {name: height * (place + 0.5) / len(left) for place, name in enumerate(left)}
    at_right = {name: height * (place + 0.5) / len(right) for place, name in enumerate(right)}
    most = max((link.helped + link.planned for link in links), default=1) or 1
    x0, x1 = LEFT + NODE, WIDTH - RIGHT - NODE
    parts = []
    for link in sorted(links, key=lambda one: -(one.helped + one.planned)):
        people = link.helped + link.planned
        a, b, middle = at_left[link.carrier], at_right[link.carried], (x0 + x1) / 2
        parts.append(
            Markup(
                '<path d="M{} {}C{m} {} {m} {} {} {}" fill="none" stroke="{}" stroke-width="{}" '
                'stroke-opacity=".5"{}>{}</path>'
            ).format(
                num(x0), num(a), num(a), num(b), num(x1), num(b),
                WARNED if link.carrier in warned else CARRIER,
                num(max(THICKEST * people / most, THINNEST)),
                "" if link.helped else Markup(' stroke-dasharray="5 4"'),
                named("title", f"{link.carrier} → {link.carried} {show(people)}"),
                m=num(middle),
            )
        )  # fmt: skip
    sums_left = {name: sum(one.helped + one.planned for one in links if one.carrier == name) for name in left}
    sums_right = {name: sum(one.helped + one.planned for one in links if one.carried == name) for name in right}
    for name, y in at_left.items():
        mark = name in warned
        parts.append(_dot(LEFT + NODE / 2, y, WARNED if mark else CARRIER))
        if mark:
            parts.append(text(LEFT + NODE / 2, y, "!", "middle", "#ffffff", font_weight=700, font_size=12))
        parts.append(lines_of_text(LEFT - 8, y, wrap(f"{name} {show(sums_left[name])}", LEFT - 10), "end"))
    for name, y in at_right.items():
        parts.append(_dot(WIDTH - RIGHT - NODE / 2, y, CARRIED))
        parts.append(lines_of_text(WIDTH - RIGHT + 8, y, wrap(f"{name} {show(sums_right[name])}", RIGHT - 10)))
    described = sentence((f"{link.carrier} → {link.carried}", show(link.helped + link.planned)) for link in links)
    svg = drawing(title, described, WIDTH, height + SIZE / 2, parts)
    return Chart(title, svg, head, [list(link) for link in links], show)


def _dot(x: float, y: float, fill: str) -> Markup:
    return Markup('<circle cx="{}" cy="{}" r="8" fill="{}"/>').format(num(x), num(y), fill)
