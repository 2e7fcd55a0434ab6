"""A sankey: how much flows from each need to each kind of help to each provider."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from referral.charts.frame import (
    PALETTE,
    SIZE,
    WIDE,
    Chart,
    Figure,
    Show,
    drawing,
    lines_of_text,
    named,
    num,
    rect,
    sentence,
    width_of,
    wrap,
)
from referral.filters import number

THICK, GAP, LABEL = 15.0, 14.0, 0.2


@dataclass
class _Node:
    """A block of the drawing, in its layer, with what flows in and out of it."""

    name: str
    layer: int = 0
    y: float = 0.0
    size: float = 0.0
    entering: list["_Link"] = field(default_factory=list)
    leaving: list["_Link"] = field(default_factory=list)

    @property
    def value(self) -> float:
        return max(sum(link.value for link in self.entering), sum(link.value for link in self.leaving))


@dataclass
class _Link:
    """A band from one block to another; `start` and `end` are its upper edge at both, `size` its height."""

    source: _Node
    target: _Node
    value: float
    start: float = 0.0
    end: float = 0.0
    size: float = 0.0


def sankey(
    title: str, head: tuple[str, str, str], flows: Sequence[tuple[str, str, Figure]], *, show: Show = number
) -> Chart:
    """Return flows (from, to, how much) as bands between layers. Raises ValueError where they run in a circle.

    `head` names the three columns of the table behind it. Blocks keep the order that crosses least (two sweeps of
    barycentres, ties in the order given).
    """
    nodes, links = _graph([flow for flow in flows if flow[2]])
    layers = _layers(nodes)
    _order(layers)
    most = max((len(layer) for layer in layers), default=1)
    height = max(220.0, min(560.0, most * 56.0))
    _place(layers, height)
    left = min(_widest(layers[:1], show), WIDE * LABEL)
    right = min(_widest(layers[1:][-1:], show), WIDE * LABEL)
    step = (WIDE - left - right - THICK) / max(len(layers) - 1, 1)

    def x(node: _Node) -> float:
        return left + node.layer * step

    parts = [_band(link, x(link.source) + THICK, x(link.target), show) for link in links]
    for layer in layers:
        for node in layer:
            colour = PALETTE[node.layer % len(PALETTE)]
            words = f"{node.name} {show(node.value)}"
            parts.append(rect(x(node), node.y, THICK, node.size, colour, words))
            first = node.layer == 0
            last = node.layer == len(layers) - 1
            room = left if first else right if last else step - THICK - 12
            parts.append(
                lines_of_text(
                    x(node) - 7 if first else x(node) + THICK + 7,
                    node.y + node.size / 2,
                    wrap(words, room - 7),
                    "end" if first else "start",
                )
            )
    svg = drawing(title, sentence((f"{a} → {b}", show(v)) for a, b, v in flows), WIDE, height + 8, parts)
    return Chart(title, svg, head, [list(flow) for flow in flows], show, wide=True)


def _graph(flows: Sequence[tuple[str, str, Figure]]) -> tuple[list[_Node], list[_Link]]:
    nodes: dict[str, _Node] = {}
    links = []
    for source, target, value in flows:
        link = _Link(nodes.setdefault(source, _Node(source)), nodes.setdefault(target, _Node(target)), float(value))
        link.source.leaving.append(link)
        link.target.entering.append(link)
        links.append(link)
    return list(nodes.values()), links


def _layers(nodes: list[_Node]) -> list[list[_Node]]:
    """Put each block one layer right of the furthest block that flows into it."""
    for _sweep in range(len(nodes) + 1):
        moved = False
        for node in nodes:
            layer = max((link.source.layer + 1 for link in node.entering), default=0)
            moved, node.layer = moved or layer != node.layer, layer
        if not moved:
            break
    else:
        raise ValueError("the flows run in a circle")
    layers = defaultdict[int, list[_Node]](list)
    for node in nodes:
        layers[node.layer].append(node)
    return [layers[number] for number in range(len(layers))]


def _order(layers: list[list[_Node]]) -> None:
    """Sort the blocks of each layer by where their neighbours lie, so that bands cross little."""
    for _sweep in range(4):
        for layer in layers[1:]:
            _sort(layer, layers, backwards=True)
        for layer in reversed(layers[:-1]):
            _sort(layer, layers, backwards=False)


def _sort(layer: list[_Node], layers: list[list[_Node]], *, backwards: bool) -> None:
    place = {id(node): index for other in layers for index, node in enumerate(other)}

    def middle(node: _Node) -> float:
        pairs = (
            [(place[id(link.source)], link.value) for link in node.entering]
            if backwards
            else [(place[id(link.target)], link.value) for link in node.leaving]
        )
        weight = sum(value for _index, value in pairs)
        return sum(index * value for index, value in pairs) / weight if weight else place[id(node)]

    layer.sort(key=middle)


def _place(layers: list[list[_Node]], height: float) -> None:
    """Give each block its height and top, and each band its place at both ends. All layers use one scale."""
    scale = min(
        ((height - GAP * (len(layer) - 1)) / (sum(node.value for node in layer) or 1.0) for layer in layers),
        default=1.0,
    )
    for layer in layers:
        used = sum(node.value * scale for node in layer) + GAP * (len(layer) - 1)
        y = 4 + (height - used) / 2
        for node in layer:
            node.y, node.size = y, node.value * scale
            y += node.size + GAP
    for layer in layers:
        for node in layer:
            start = end = node.y
            for link in sorted(node.leaving, key=lambda link: link.target.y):
                link.start, link.size = start, link.value * scale
                start += link.size
            for link in sorted(node.entering, key=lambda link: link.source.y):
                link.end = end
                end += link.value * scale


def _band(link: _Link, x0: float, x1: float, show: Show) -> Markup:
    middle = (x0 + x1) / 2
    a, b, c, d = (num(v) for v in (link.start, link.end, link.end + link.size, link.start + link.size))
    path = (
        f"M{num(x0)} {a}C{num(middle)} {a} {num(middle)} {b} {num(x1)} {b}"
        f"L{num(x1)} {c}C{num(middle)} {c} {num(middle)} {d} {num(x0)} {d}Z"
    )
    hint = f"{link.source.name} → {link.target.name} {show(link.value)}"
    return Markup('<path d="{}" fill="{}" opacity=".32">{}</path>').format(
        path, PALETTE[link.source.layer % len(PALETTE)], named("title", hint)
    )


def _widest(layers: list[list[_Node]], show: Show) -> float:
    """Return the room that the labels of a layer want beside it."""
    words = (width_of(f"{node.name} {show(node.value)}", SIZE) for layer in layers for node in layer)
    return max(words, default=0.0) + 10
