"""What all charts share: the drawing with its title, text that wraps, scales with round figures."""

import math
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from zlib import crc32

from markupsafe import Markup, escape

from referral.filters import ENGLISH, HAN
from referral.i18n import language

INK, QUIET, LINE, EMPTY = "#16242b", "#4a5a63", "#d9e1e4", "#e9edef"
PALETTE = ("#0a5c55", "#174a82", "#8a4b08", "#5a2c82", "#a61b1b", "#4a5a63")
"""One colour a series; each is read on white with 4.5:1."""
SIZE = 15
FONTS = "system-ui, -apple-system, PingFang SC, Microsoft YaHei, Noto Sans CJK SC, Noto Sans SC, sans-serif"
NARROW, WIDE = 480, 680

Figure = float | int | Decimal
Show = Callable[[Figure], str]


@dataclass(frozen=True)
class Chart:
    """A drawing, and the figures it shows as a table (head and rows; None where a figure is missing)."""

    title: str
    svg: Markup
    head: Sequence[str]
    rows: Sequence[Sequence[str | Figure | None]]
    show: Show
    """How a figure is written."""
    wide: bool = False
    """Whether a phone should let it scroll rather than shrink it."""

    @property
    def file(self) -> str:
        """The drawing as a file of its own."""
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{self.svg}\n'


def width_of(text: str, size: float = SIZE) -> float:
    """Return the width of a text in pixels, about: Chinese signs are square, Latin ones two thirds as wide at most."""
    return sum(1.0 if unicodedata.east_asian_width(sign) in "WF" or sign in "%MW" else 0.64 for sign in text) * size


def wrap(text: str, width: float, size: float = SIZE, lines: int = 2) -> list[str]:
    """Return a text in at most so many lines of a width; Chinese breaks anywhere, words stay whole; … where cut."""
    found, line = list[str](), ""
    for piece in _pieces(text):
        if line and width_of(line + piece, size) > width:
            found.append(line.rstrip())
            line = ""
            piece = piece.lstrip()  # noqa: PLW2901
        line += piece
    found.append(line.rstrip())
    found = [part for part in found if part] or [""]
    if len(found) > lines:
        last = found[lines - 1]
        while last and width_of(last + "…", size) > width:
            last = last[:-1]
        found = [*found[: lines - 1], last + "…"]
    return [_cut(part, width, size) for part in found]


def _pieces(text: str) -> Iterable[str]:
    word = ""
    for sign in text:
        if unicodedata.east_asian_width(sign) in "WF":
            if word:
                yield word
            word = ""
            yield sign
        elif sign == " ":
            yield word
            word = " "
        else:
            word += sign
    yield word


def _cut(line: str, width: float, size: float) -> str:
    if width_of(line, size) <= width * 1.05:
        return line
    while line and width_of(line + "…", size) > width:
        line = line[:-1]
    return line + "…"


def ticks(largest: float, wanted: int = 4) -> list[float]:
    """Return round figures from 0 to the first one that is not below `largest`."""
    if largest <= 0:
        return [0.0, 1.0]
    rough = largest / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
    return [round(step * number, 10) for number in range(math.ceil(largest / step - 1e-9) + 1)]


def num(value: float) -> str:
    """Return a coordinate with at most one decimal."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


def named(element: str, words: str, **more: str) -> Markup:
    """Return a title or description for readers of screens, marked as Chinese where the page is not."""
    return Markup(f"<{element}{_attributes(more)}{_language_of(words)}>{escape(words)}</{element}>")  # noqa: S704  escaped


@lru_cache(1024)
def _once(word: str) -> str:
    """Return a colour or a keyword escaped: few of them, in each of thousands of elements."""
    return str(escape(word))


def _attributes(given: Mapping[str, object]) -> str:
    """Return attributes of an element, escaped. Put together by hand: a chart of a city's townships has thousands."""
    return "".join([f' {key.replace("_", "-")}="{escape(value)}"' for key, value in given.items()])


def _language_of(words: str) -> Markup:
    """Return the mark for words in another language than the page's."""
    if HAN.search(words):
        return Markup("") if language().code == "zh" else Markup(' lang="zh-CN"')
    return Markup(' lang="en"') if language().code == "zh" and ENGLISH.search(words) else Markup("")


def text(x: float, y: float, words: str, anchor: str = "start", fill: str = INK, **more: object) -> Markup:
    """Return one line of text at a point; y is the middle of the line."""
    return Markup(  # noqa: S704  every part is escaped
        f'<text x="{num(x)}" y="{num(y)}" text-anchor="{_once(anchor)}" dominant-baseline="central" '
        f'fill="{_once(fill)}"{_attributes(more)}{_language_of(words)}>{escape(words)}</text>'
    )


def lines_of_text(x: float, y: float, parts: Sequence[str], anchor: str = "start", fill: str = INK) -> Markup:
    """Return lines of text whose block has its middle at y."""
    first = y - (len(parts) - 1) * SIZE * 0.6
    return Markup("").join(
        text(x, first + number * SIZE * 1.2, part, anchor, fill) for number, part in enumerate(parts)
    )


def rect(  # noqa: PLR0917  the order of SVG
    x: float, y: float, width: float, height: float, fill: str, hint: str = ""
) -> Markup:
    """Return a rectangle; `hint` shows when pointed at."""
    return Markup(  # noqa: S704  every part is escaped
        f'<rect x="{num(x)}" y="{num(y)}" width="{num(max(width, 0))}" height="{num(max(height, 0))}" rx="3" '
        f'fill="{_once(fill)}">{named("title", hint) if hint else ""}</rect>'
    )


def grid(marks: Sequence[float], at: Callable[[float], float], left: float, show: Show) -> list[Markup]:
    """Return the lines across a wide plot with their figures at the left; `at` gives the height of a figure."""
    return [
        part
        for mark in marks
        for part in (
            Markup('<line x1="{}" x2="{}" y1="{y}" y2="{y}" stroke="{}"/>').format(
                num(left), WIDE, LINE if mark else QUIET, y=num(at(mark))
            ),
            text(left - 8, at(mark), show(mark), "end", QUIET),
        )
    ]


def legend(names: Sequence[str], colours: Sequence[str], width: float) -> tuple[Markup, float]:
    """Return the names of series with their colours, from the top left, and the height they take."""
    parts, x, y = list[Markup](), 0.0, 10.0
    for name, colour in zip(names, colours, strict=True):
        wide = 22 + width_of(name) + 18
        if x and x + wide > width:
            x, y = 0.0, y + 24
        parts += [rect(x, y - 7, 14, 14, colour), text(x + 20, y, name, fill=QUIET)]
        x += wide
    return Markup("").join(parts), y + 18


def drawing(title: str, description: str, width: float, height: float, parts: Iterable[Markup]) -> Markup:
    """Return the SVG with its title and description for readers of screens."""
    key = f"chart-{crc32((title + description).encode()):08x}"
    inside = [
        named("title", title, id=f"{key}-title"),
        named("desc", description, id=f"{key}-desc"),
        *parts,
    ]
    return Markup(
        '<svg class="plot" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" '
        'role="img" aria-labelledby="{key}-title {key}-desc" font-family="{fonts}" font-size="{size}">{inside}</svg>'
    ).format(w=num(width), h=num(height), key=key, fonts=FONTS, size=SIZE, inside=Markup("").join(inside))


def sentence(pairs: Iterable[tuple[str, str]]) -> str:
    """Return what a chart shows in words: "A 3; B 5"."""
    return "; ".join(f"{label} {value}" for label, value in pairs)
